"""Public policies and programmes that already run, and the projects that plug into them."""

from django.apps import apps
from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import PageManager
from wagtail.search import index

from pages.blocks import BLOCKS
from pages.models.page import CORPS, INTRODUCTION, PortailPage, PortailPageQuerySet, SectionPage
from pages.models.termes import Echelle


class DispositifIndexPage(SectionPage):
    """All the programmes that the cohort's projects plug into."""

    parent_page_types = ["pages.CohortePage"]
    subpage_types = ["pages.DispositifPage"]

    class Meta:
        verbose_name = "liste des dispositifs"

    def get_context(self, request, *args, **kwargs):
        return {
            **super().get_context(request, *args, **kwargs),
            "dispositifs": DispositifPage.objects.shown().with_projets_total(),
        }


class DispositifPageQuerySet(PortailPageQuerySet):
    def shown(self):
        """What the public may see, by name, with its scale."""
        return self.live().public().order_by("title").select_related("echelle")

    def with_projets_total(self):
        """Annotate ``projets_total``: how many projects that the public may see plug into each."""
        shown = apps.get_model("pages.ProjetPilotePage").objects.shown()
        return self.annotate(
            projets_total=models.Count(
                "projets", filter=models.Q(projets__in=shown.order_by().values("pk"))
            )
        )


class DispositifPage(PortailPage):
    """A programme, who carries it, and the pilot projects that plug into it."""

    parent_page_types = ["pages.DispositifIndexPage"]
    subpage_types = []

    introduction = models.TextField("en deux phrases", max_length=400)
    porteur = models.CharField("qui le porte", max_length=150)
    echelle = models.ForeignKey(Echelle, models.PROTECT, verbose_name="échelle")
    site = models.URLField("page officielle", blank=True)
    corps = StreamField(BLOCKS, blank=True, verbose_name="corps")

    objects = PageManager.from_queryset(DispositifPageQuerySet)()

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("introduction", help_text=INTRODUCTION),
        FieldPanel("porteur"),
        FieldPanel("echelle"),
        FieldPanel("site"),
        FieldPanel("corps", help_text=CORPS),
    ]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("porteur"),
        index.SearchField("corps"),
    ]

    class Meta:
        verbose_name = "dispositif"

    def get_context(self, request, *args, **kwargs):
        return {
            **super().get_context(request, *args, **kwargs),
            "projets": self.projets.shown(),
        }
