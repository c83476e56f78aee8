"""Pages of their own, the legal notices among them."""

from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.search import index

from pages.blocks import BLOCKS
from pages.models.page import CORPS, INTRODUCTION, PortailPage

IN_FOOTER = models.Q(standardpage__show_in_footer=True) | models.Q(contactpage__show_in_footer=True)
"""Which pages of the site are shown at the foot of every page."""


class StandardPage(PortailPage):
    """A page of its own: the method, a legal notice, something a territory has to say."""

    parent_page_types = [
        "pages.AccueilPage",
        "pages.CohortePage",
        "pages.TerritoirePage",
        "pages.StandardPage",
    ]
    subpage_types = ["pages.StandardPage"]

    introduction = models.TextField("introduction", max_length=400, blank=True)
    corps = StreamField(BLOCKS, blank=True, verbose_name="corps")
    show_in_footer = models.BooleanField("lien en pied de page", default=False)

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("introduction", help_text=INTRODUCTION),
        FieldPanel("corps", help_text=CORPS),
    ]
    promote_panels = [*PortailPage.promote_panels, FieldPanel("show_in_footer")]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("corps"),
    ]

    class Meta:
        verbose_name = "page libre"
        verbose_name_plural = "pages libres"
