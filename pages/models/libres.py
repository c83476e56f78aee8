"""Pages of their own, and the legal notices."""

from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import PageManager
from wagtail.query import PageQuerySet
from wagtail.search import index

from pages.blocks import BLOCKS
from pages.models.page import PortailPage


class StandardPageQuerySet(PageQuerySet):
    def in_footer(self):
        """What the public may see at the foot of every page, in the order of the tree."""
        return self.live().public().filter(show_in_footer=True).order_by("path")


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

    objects = PageManager.from_queryset(StandardPageQuerySet)()

    content_panels = [*PortailPage.content_panels, FieldPanel("introduction"), FieldPanel("corps")]
    promote_panels = [*PortailPage.promote_panels, FieldPanel("show_in_footer")]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("corps"),
    ]

    class Meta:
        verbose_name = "page libre"
        verbose_name_plural = "pages libres"


class ContactPage(PortailPage):
    """How to write to the cohort, and to report a content that should not be there."""

    parent_page_types = ["pages.AccueilPage"]
    subpage_types = []
    max_count = 1

    introduction = models.TextField("introduction", max_length=400, blank=True)
    corps = StreamField(BLOCKS, blank=True, verbose_name="corps")
    show_in_footer = models.BooleanField("lien en pied de page", default=True)

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("introduction"),
        FieldPanel("corps"),
    ]
    promote_panels = [*PortailPage.promote_panels, FieldPanel("show_in_footer")]

    class Meta:
        verbose_name = "page de contact"


class Signalement(models.Model):
    """What someone wrote through the contact page: kept with its receipt's reference, read by whoever
    has the right to.
    """

    class Objet(models.TextChoices):
        QUESTION = "question", "Poser une question"
        ILLICITE = "illicite", "Signaler un contenu illicite"
        DONNEES = "donnees", "Demander ce qui est su de moi, le corriger ou l’effacer"
        ACCESSIBILITE = "accessibilite", "Signaler une difficulté d’accès"

    class Etat(models.TextChoices):
        RECU = "recu", "Reçu"
        EN_COURS = "en_cours", "En cours"
        TRAITE = "traite", "Traité"

    reference = models.CharField("référence", max_length=16, unique=True, editable=False)
    objet = models.CharField("objet", max_length=15, choices=Objet)
    adresse = models.CharField("adresse de la page", max_length=500, blank=True)
    message = models.TextField("message", max_length=5000)
    nom = models.CharField("nom", max_length=100, blank=True)
    email = models.EmailField("adresse électronique", blank=True)
    recu_le = models.DateTimeField("reçu le", auto_now_add=True)
    etat = models.CharField("état", max_length=10, choices=Etat, default=Etat.RECU)
    suite = models.TextField("suite donnée", blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "signalement"
        ordering = ["-recu_le"]

    def __str__(self):
        return f"{self.get_objet_display()} ({self.reference})"
