"""The home page."""

from itertools import accumulate

from django.db.models import Exists, OuterRef
from django.http import Http404
from wagtail.models import Page, PageViewRestriction
from wagtail.url_routing import RouteResult

from pages.carte import Carte
from pages.models.cohorte import FondamentalPage
from pages.models.enseignements import EnseignementIndexPage, EnseignementPage
from pages.models.page import SectionPage
from pages.models.territoires import ProjetPilotePage, TerritoirePage


class AccueilPage(SectionPage):
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

    class Meta:
        verbose_name = "page d’accueil"

    def route(self, request, path_components):
        """As Wagtail's, in two queries however deep the page; it then knows what is above it.

        Of what is not published, only a page that was withdrawn is found, to say so.
        """
        paths = list(accumulate([self.url_path, *(f"{slug}/" for slug in path_components)]))
        restrictions = PageViewRestriction.objects.filter(page=OuterRef("pk"))
        way = Page.objects.filter(url_path__in=["/", *paths]).order_by("depth")
        *above, last = way.annotate(restricted=Exists(restrictions))
        if last.url_path != paths[-1] or not all(step.live for step in above):
            raise Http404
        page = self if last.pk == self.pk else last.specific
        reserved = any(step.restricted for step in (*above, last))
        if not page.live and (reserved or not page.is_withdrawn):
            raise Http404
        vars(page).update(above=above, restricted=last.restricted)
        return RouteResult(page)

    def get_context(self, request, *args, **kwargs):
        territoires = TerritoirePage.objects.shown()
        return {
            **super().get_context(request, *args, **kwargs),
            "territoires": territoires,
            "carte": Carte(territoires, request, ProjetPilotePage.objects.shown()),
            "enseignements": EnseignementPage.objects.shown()[:4],
            "tous": EnseignementIndexPage.objects.live().public().first(),
            "fondamentaux": FondamentalPage.doors(request),
        }
