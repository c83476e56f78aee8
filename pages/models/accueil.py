"""The home page."""

from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField

from pages.carte import Carte
from pages.models.enseignements import EnseignementIndexPage, EnseignementPage
from pages.models.page import PortailPage
from pages.models.territoires import TerritoirePage


class AccueilPage(PortailPage):
    """The home page: what the cohort is, its map, what it learned last, one way in."""

    parent_page_types = ["wagtailcore.Page"]
    subpage_types = [
        "pages.CohortePage",
        "pages.TerritoireIndexPage",
        "pages.EnseignementIndexPage",
        "pages.PlaidoyerPage",
        "pages.TroncCommunPage",
        "pages.ContactPage",
        "pages.StandardPage",
    ]
    max_count = 1

    introduction = RichTextField("introduction", features=["bold", "italic", "link"], blank=True)

    content_panels = [*PortailPage.content_panels, FieldPanel("introduction")]

    class Meta:
        verbose_name = "page d’accueil"

    def get_context(self, request, *args, **kwargs):
        territoires = TerritoirePage.objects.shown()
        return {
            **super().get_context(request, *args, **kwargs),
            "territoires": territoires,
            "carte": Carte(territoires, request),
            "enseignements": EnseignementPage.objects.shown()[:4],
            "fondamentaux": EnseignementIndexPage.doors(),
        }
