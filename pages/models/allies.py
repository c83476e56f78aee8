"""The allies: what each brings, and to which territories."""

from django import forms
from django.db import models
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import PageManager
from wagtail.search import index

from communaute.models import Territoire
from pages.models.page import CONTACT, INTRODUCTION, PortailPage, PortailPageQuerySet, SectionPage
from pages.models.territoires import AnalyseSensiblePage, TerritoirePage


class AllieIndexPage(SectionPage):
    """All the allies of the cohort."""

    parent_page_types = ["pages.CohortePage"]
    subpage_types = ["pages.AlliePage"]

    class Meta:
        verbose_name = "liste des alliés"

    def get_context(self, request, *args, **kwargs):
        shown = Territoire.objects.filter(page__in=TerritoirePage.objects.live().public())
        supported = models.Prefetch("territoires", shown.select_related("page"))
        return {
            **super().get_context(request, *args, **kwargs),
            "allies": AlliePage.objects.shown().prefetch_related(supported),
        }


class AlliePageQuerySet(PortailPageQuerySet):
    def shown(self):
        """What the public may see, by name."""
        return self.live().public().order_by("title")


class AlliePage(PortailPage):
    """What is said of an ally; who it is stands in ``communaute.Allie``."""

    parent_page_types = ["pages.AllieIndexPage"]
    subpage_types = []

    allie = models.OneToOneField(
        "communaute.Allie", models.PROTECT, related_name="page", verbose_name="allié"
    )
    introduction = models.TextField("en deux phrases", max_length=400)
    apports = RichTextField("ce qu’il apporte", features=["bold", "italic", "ul", "link"])
    territoires = ParentalManyToManyField(
        "communaute.Territoire",
        related_name="pages_allies",
        blank=True,
        verbose_name="territoires soutenus",
    )
    site = models.URLField("site", blank=True)
    contact_email = models.EmailField("adresse de contact", blank=True)

    objects = PageManager.from_queryset(AlliePageQuerySet)()

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("allie"),
        FieldPanel("introduction", help_text=INTRODUCTION),
        FieldPanel("apports"),
        FieldPanel("territoires", widget=forms.CheckboxSelectMultiple),
        FieldPanel("site"),
        FieldPanel("contact_email", help_text=CONTACT),
    ]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("apports"),
    ]

    class Meta:
        verbose_name = "page d’allié"
        verbose_name_plural = "pages d’alliés"

    def get_context(self, request, *args, **kwargs):
        return {
            **super().get_context(request, *args, **kwargs),
            "territoires": TerritoirePage.objects.shown().filter(
                territoire__in=self.territoires.all()
            ),
            "analyses": AnalyseSensiblePage.objects.shown(request.user).filter(allie=self.allie),
        }
