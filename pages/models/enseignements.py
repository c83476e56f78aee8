"""Learnings: what was lived and understood, and what it asks of each scale."""

from django import forms
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Count, Prefetch, Q
from django.utils import timezone
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Orderable, PageManager
from wagtail.query import PageQuerySet
from wagtail.search import index

from communaute.models import Territoire
from pages.blocks import BLOCKS
from pages.models.page import ARelire, PortailPage
from pages.models.termes import Cadre, Echelle, Fondamental, Theme
from pages.models.territoires import ProjetPilotePage, TerritoirePage

WORDS_PER_MINUTE = 220
"""Silent reading of French prose by adults, rounded down."""


class EnseignementIndexPage(PortailPage):
    """All the learnings, by what they are about."""

    parent_page_types = ["pages.AccueilPage"]
    subpage_types = ["pages.EnseignementPage", "pages.RegardsCroisesPage"]
    max_count = 1

    introduction = RichTextField("introduction", features=["bold", "italic", "link"], blank=True)

    content_panels = [*PortailPage.content_panels, FieldPanel("introduction")]

    PER_PAGE = 12

    class Meta:
        verbose_name = "liste des enseignements"

    @classmethod
    def doors(cls):
        """The four fundamentals, each with its learnings' address (``url``) and number (``total``)."""
        page = cls.objects.live().first()
        public = Q(enseignements__in=EnseignementPage.objects.live().public())
        fondamentaux = Fondamental.objects.annotate(
            total=Count("enseignements", filter=public, distinct=True)
        ).order_by("rang")
        for fondamental in fondamentaux:
            fondamental.url = f"{page.url}?fondamental={fondamental.code}" if page else ""
        return fondamentaux

    def get_context(self, request, *args, **kwargs):
        fondamentaux = self.doors()
        fondamental = next(
            (f for f in fondamentaux if f.code == request.GET.get("fondamental")), None
        )
        enseignements = EnseignementPage.objects.shown()
        if fondamental:
            enseignements = enseignements.filter(fondamentaux=fondamental)
        return {
            **super().get_context(request, *args, **kwargs),
            "fondamentaux": fondamentaux,
            "fondamental": fondamental,
            "enseignements": Paginator(enseignements, self.PER_PAGE).get_page(
                request.GET.get("page")
            ),
        }


class EnseignementPageQuerySet(PageQuerySet):
    def shown(self):
        """What the public may see, newest first, with all that a list shows of each."""
        return self.live().public().order_by("-date", "-pk").prefetch_related("fondamentaux")


class EnseignementPage(ARelire, PortailPage):
    """A learning drawn from what was lived, published for all."""

    class Nature(models.TextChoices):
        ENSEIGNEMENT = "enseignement", "Enseignement"
        RETOUR = "retour_experience", "Retour d’expérience"
        RECIT = "recit", "Récit de transformation"
        LIMITE = "limite", "Limite rencontrée"

    parent_page_types = ["pages.EnseignementIndexPage"]
    subpage_types = []

    nature = models.CharField("nature", max_length=20, choices=Nature, default=Nature.ENSEIGNEMENT)
    date = models.DateField("date", default=timezone.localdate)
    introduction = models.TextField(
        "en deux phrases", max_length=400, help_text="Ce qu’on a appris, et d’où cela vient."
    )
    fondamentaux = ParentalManyToManyField(
        Fondamental, related_name="enseignements", verbose_name="fondamentaux"
    )
    territoires = ParentalManyToManyField(
        "communaute.Territoire",
        related_name="enseignements",
        blank=True,
        verbose_name="territoires d’où cela vient",
    )
    projets = ParentalManyToManyField(
        ProjetPilotePage,
        related_name="enseignements",
        blank=True,
        verbose_name="projets pilotes d’où cela vient",
    )
    cadres = ParentalManyToManyField(
        Cadre, related_name="enseignements", blank=True, verbose_name="cadres"
    )
    echelles = ParentalManyToManyField(
        Echelle, related_name="enseignements", blank=True, verbose_name="échelles"
    )
    themes = ParentalManyToManyField(
        Theme, related_name="enseignements", blank=True, verbose_name="thèmes"
    )
    auteurs = models.CharField(
        "qui l’a écrit",
        max_length=250,
        blank=True,
        help_text="Des fonctions plutôt que des noms, sauf accord des personnes.",
    )
    corps = StreamField(BLOCKS, verbose_name="corps")
    pas_marche = models.TextField("ce qui n’a pas marché", max_length=1000, blank=True)
    pas_mesurable = models.TextField("ce qui ne se mesure pas", max_length=1000, blank=True)

    objects = PageManager.from_queryset(EnseignementPageQuerySet)()

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("nature"),
        FieldPanel("date"),
        FieldPanel("introduction"),
        FieldPanel("auteurs"),
        MultiFieldPanel(
            [
                FieldPanel("fondamentaux", widget=forms.CheckboxSelectMultiple),
                FieldPanel("cadres", widget=forms.CheckboxSelectMultiple),
                FieldPanel("echelles", widget=forms.CheckboxSelectMultiple),
                FieldPanel("themes", widget=forms.CheckboxSelectMultiple),
            ],
            heading="De quoi il s’agit",
        ),
        MultiFieldPanel(
            [
                FieldPanel("territoires", widget=forms.CheckboxSelectMultiple),
                FieldPanel("projets"),
            ],
            heading="D’où cela vient",
        ),
        FieldPanel("corps"),
        MultiFieldPanel(
            [FieldPanel("pas_marche"), FieldPanel("pas_mesurable")],
            heading="Ce qui résiste",
            help_text="Un récit de transformation doit dire l’un et l’autre.",
        ),
        InlinePanel(
            "regards",
            heading="Regards croisés",
            label="Regard",
            help_text="Ce que chaque territoire en retient, quand plusieurs le partagent.",
        ),
        InlinePanel("demandes", heading="Ce que cela demande à chaque échelle", label="Demande"),
        FieldPanel("relire_le"),
    ]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("corps"),
        index.SearchField("pas_marche"),
        index.SearchField("pas_mesurable"),
        index.RelatedFields("demandes", [index.SearchField("texte")]),
    ]

    class Meta:
        verbose_name = "enseignement"

    @property
    def reading_time(self):
        """Minutes it takes to read, at least one."""
        texts = self.corps.stream_block.get_searchable_content(self.corps)
        words = sum(len(text.split()) for text in (self.introduction, *map(str, texts)))
        return max(1, round(words / WORDS_PER_MINUTE))

    def get_context(self, request, *args, **kwargs):
        return {
            **super().get_context(request, *args, **kwargs),
            "territoires": TerritoirePage.objects.shown().filter(
                territoire__in=self.territoires.all()
            ),
            "projets": self.projets.shown(),
            "demandes": self.demandes.select_related("echelle").order_by("echelle__rang", "pk"),
            "regards": self.regards.filter(
                territoire__page__in=TerritoirePage.objects.shown()
            ).select_related("territoire__page"),
            "voisins": self.neighbours()[:3],
        }

    def neighbours(self):
        """Other learnings that share the most fundamentals with this one, then the newest."""
        shared = Count("fondamentaux", filter=Q(fondamentaux__in=self.fondamentaux.all()))
        return (
            EnseignementPage.objects.shown()
            .exclude(pk=self.pk)
            .annotate(shared=shared)
            .filter(shared__gt=0)
            .order_by("-shared", "-date", "-pk")
        )


class Demande(models.Model):
    """What a learning asks of one scale."""

    page = ParentalKey(EnseignementPage, on_delete=models.CASCADE, related_name="demandes")
    echelle = models.ForeignKey(
        Echelle, models.PROTECT, related_name="demandes", verbose_name="à qui"
    )
    texte = models.TextField("ce qui est demandé", max_length=400)

    panels = [FieldPanel("echelle"), FieldPanel("texte")]

    class Meta:
        verbose_name = "demande"

    def __str__(self):
        return self.texte


class Regard(Orderable):
    """What one territory makes of a learning that several share."""

    page = ParentalKey(EnseignementPage, on_delete=models.CASCADE, related_name="regards")
    territoire = models.ForeignKey(
        "communaute.Territoire", models.PROTECT, related_name="+", verbose_name="territoire"
    )
    texte = models.TextField("ce qu’il en retient", max_length=600)

    panels = [FieldPanel("territoire"), FieldPanel("texte")]

    class Meta(Orderable.Meta):
        verbose_name = "regard"

    def __str__(self):
        return self.texte


class PlaidoyerPage(PortailPage):
    """The voice of the cohort: what its learnings ask of each scale, gathered."""

    parent_page_types = ["pages.AccueilPage"]
    subpage_types = []
    max_count = 1

    introduction = RichTextField("introduction", features=["bold", "italic", "link"], blank=True)

    content_panels = [*PortailPage.content_panels, FieldPanel("introduction")]

    class Meta:
        verbose_name = "ce que la cohorte porte"

    def get_context(self, request, *args, **kwargs):
        demandes = (
            Demande.objects.filter(page__in=EnseignementPage.objects.live().public())
            .select_related("page")
            .order_by("-page__date", "pk")
        )
        return {
            **super().get_context(request, *args, **kwargs),
            "echelles": Echelle.objects.prefetch_related(Prefetch("demandes", demandes)),
        }


class RegardsCroisesPage(PortailPage):
    """Learnings that several territories share, with what each makes of them, side by side."""

    parent_page_types = ["pages.EnseignementIndexPage"]
    subpage_types = []
    max_count = 1

    introduction = RichTextField("introduction", features=["bold", "italic", "link"], blank=True)

    content_panels = [*PortailPage.content_panels, FieldPanel("introduction")]

    PER_PAGE = 10

    class Meta:
        verbose_name = "regards croisés"

    def get_context(self, request, *args, **kwargs):
        shown = TerritoirePage.objects.shown()
        shared = (
            EnseignementPage.objects.shown()
            .annotate(partage=Count("territoires", filter=Q(territoires__page__in=shown)))
            .filter(partage__gt=1)
            .prefetch_related(
                Prefetch(
                    "regards",
                    Regard.objects.filter(territoire__page__in=shown).select_related(
                        "territoire__page"
                    ),
                ),
                Prefetch("territoires", Territoire.objects.filter(page__in=shown)),
            )
        )
        return {
            **super().get_context(request, *args, **kwargs),
            "enseignements": Paginator(shared, self.PER_PAGE).get_page(request.GET.get("page")),
        }
