"""Learnings: what was lived and understood, and what it asks of each scale."""

from math import inf
from operator import itemgetter

from django import forms
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Count, Prefetch, Q
from django.utils import timezone
from django.utils.functional import cached_property
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, HelpPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Orderable, PageManager
from wagtail.search import index

from communaute.dates import check_year, day_said
from communaute.models import Cohorte, MiseEnCommun, Territoire
from pages.filtres import Filtres, labelled
from pages.forms import SourcedPageForm
from pages.models.page import CORPS, ARelire, PortailPage, PortailPageQuerySet, SectionPage
from pages.models.reserve import public_pages
from pages.models.termes import Cadre, Echelle, Fondamental, Theme
from pages.models.territoires import ProjetPilotePage, TerritoirePage
from pages.passages import CorpsBlock, references

WORDS_PER_MINUTE = 220
"""Silent reading of French prose by adults, rounded down."""
NOTHING_STANDS = (
    "Cette page vient d’un échange, et son titre ou ses passages n’ont plus l’accord de toutes les "
    "personnes concernées : elle ne peut pas paraître."
)


class EnseignementIndexPage(SectionPage):
    """All the learnings, by what they are about."""

    parent_page_types = ["pages.AccueilPage"]
    subpage_types = ["pages.EnseignementPage", "pages.RegardsCroisesPage"]

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
        public = public_pages()
        filtres = Filtres(
            EnseignementPage.objects.filter(pk__in=public),
            TerritoirePage.objects.filter(pk__in=public),
            request.GET,
        )
        enseignements = Paginator(filtres.trouves, self.PER_PAGE).get_page(request.GET.get("page"))
        found = EnseignementPage.objects.prefetch_related("fondamentaux").in_bulk(
            enseignements.object_list
        )
        enseignements.object_list = [found[pk] for pk in enseignements.object_list if pk in found]
        return {
            **super().get_context(request, *args, **kwargs),
            "filtres": filtres,
            "fondamental": filtres.facettes["fondamental"].choisi
            and Fondamental.objects.get(code=filtres.facettes["fondamental"].choisi.code),
            "enseignements": enseignements,
            "regards_croises": public.type(RegardsCroisesPage).first(),
        }


class EnseignementPageQuerySet(PortailPageQuerySet):
    def shown(self):
        """What the public may see, newest first, with all that a list shows of each."""
        return self.live().public().order_by("-date", "-pk").prefetch_related("fondamentaux")


class ProvenancePanel(HelpPanel):
    """What a page made of an exchange holds that is not written here."""

    class BoundPanel(HelpPanel.BoundPanel):
        def is_shown(self):
            return self.instance.mise is not None

        @property
        def passages(self):
            """What is public of it, each with whether another text is asked for."""
            return self.instance.mise.passages.public().saying_what_is_asked()


class EnseignementPageForm(SourcedPageForm):
    """Refuses to publish or propose a story of transformation that only says what went well.

    Of a page made of an exchange, what all agreed to is not written here.
    """

    CONSENTED = ("title", "slug", "introduction")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.mise:
            for name in self.CONSENTED:
                self.fields.pop(name, None)

    def has_source(self):
        return self.instance.mise is not None or super().has_source()

    def clean(self):
        cleaned_data = super().clean()
        self._refuse_passages_from_elsewhere()
        if not self.is_deferred_validation and not self.instance.stands:
            self.add_error(None, NOTHING_STANDS)
        if not self.is_deferred_validation and (
            cleaned_data.get("nature") == EnseignementPage.Nature.RECIT
        ):
            for name, what in (
                ("pas_marche", "ce qui n’a pas marché"),
                ("pas_mesurable", "ce qui ne se mesure pas"),
            ):
                if name in self.fields and not cleaned_data.get(name):
                    self.add_error(name, f"Un récit de transformation dit aussi {what}.")
        return cleaned_data

    def _refuse_passages_from_elsewhere(self):
        after = self.cleaned_data.get("corps")
        mise = self.instance.mise
        own = mise.references if mise else set()
        if after and set(references(after)) - own:
            self.add_error("corps", "Un passage issu d’un échange ne s’ajoute pas à la main.")


class EnseignementPage(ARelire, PortailPage):
    """A learning drawn from what was lived, published for all."""

    class Nature(models.TextChoices):
        ENSEIGNEMENT = "enseignement", "Enseignement"
        RETOUR = "retour_experience", "Retour d’expérience"
        RECIT = "recit", "Récit de transformation"
        LIMITE = "limite", "Limite rencontrée"

    parent_page_types = ["pages.EnseignementIndexPage"]
    subpage_types = []
    base_form_class = EnseignementPageForm

    nature = models.CharField("nature", max_length=20, choices=Nature, default=Nature.ENSEIGNEMENT)
    date = models.DateField("date", default=timezone.localdate, validators=[check_year])
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
    corps = StreamField(CorpsBlock(), verbose_name="corps")
    pas_marche = models.TextField("ce qui n’a pas marché", max_length=1000, blank=True)
    pas_mesurable = models.TextField("ce qui ne se mesure pas", max_length=1000, blank=True)

    objects = PageManager.from_queryset(EnseignementPageQuerySet)()

    content_panels = [
        ProvenancePanel(template="pages/panels/provenance.html", heading="Issu d’un échange"),
        *PortailPage.content_panels,
        FieldPanel("nature"),
        FieldPanel("introduction"),
        FieldPanel("corps", help_text=CORPS),
        MultiFieldPanel(
            [FieldPanel("pas_marche"), FieldPanel("pas_mesurable")],
            heading="Ce qui résiste",
            help_text="Un récit de transformation doit dire l’un et l’autre.",
        ),
        MultiFieldPanel(
            [
                FieldPanel(
                    "fondamentaux", widget=forms.CheckboxSelectMultiple, required_on_save=False
                ),
                FieldPanel("cadres", widget=forms.CheckboxSelectMultiple),
                FieldPanel("echelles", widget=forms.CheckboxSelectMultiple),
                FieldPanel("themes", widget=forms.CheckboxSelectMultiple),
            ],
            heading="De quoi il s’agit",
        ),
        MultiFieldPanel(
            [
                FieldPanel("territoires", widget=forms.CheckboxSelectMultiple),
                FieldPanel("projets", widget=forms.CheckboxSelectMultiple),
                FieldPanel("auteurs"),
                FieldPanel("date"),
            ],
            heading="D’où cela vient",
            help_text="Au moins un territoire, un projet, ou qui l’a écrit.",
        ),
        InlinePanel(
            "regards",
            heading="Regards croisés",
            label="Regard",
            help_text="Ce que chaque territoire en retient, quand plusieurs le partagent.",
        ),
        InlinePanel(
            "demandes",
            heading="Ce que cela demande à chaque échelle",
            label="Demande",
            help_text="Ces demandes se retrouvent toutes dans « Ce que la cohorte porte ».",
        ),
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

    TERMES = {
        "fondamental": "fondamentaux",
        "theme": "themes",
        "cadre": "cadres",
        "echelle": "echelles",
    }
    """The terms that lead to the list, by the name of its filter."""

    class Meta:
        verbose_name = "enseignement"

    @cached_property
    def mise(self):
        """The mise en commun of which it was made, or None."""
        return MiseEnCommun.objects.of_page(self.pk).first()

    @property
    def stands(self):
        """Whether all still agree to its title and to a part of it, if it was made of an exchange."""
        return self.mise is None or self.mise.passages.public().make_a_page()

    @property
    def is_withdrawn(self):
        """Whether it was public, and those of whose exchange it was made agree to it no more."""
        return not self.live and self.first_published_at is not None and not self.stands

    def with_content_json(self, content):
        """As Wagtail's; what all agreed to is the page's as a whole, and in none of its revisions."""
        page = super().with_content_json(content)
        if self.mise:
            page.title, page.introduction = self.title, self.introduction
        return page

    @property
    def reading_time(self):
        """Minutes it takes to read, at least one."""
        texts = self.corps.stream_block.get_searchable_content(self.corps)
        words = sum(len(text.split()) for text in (self.introduction, *map(str, texts)))
        return max(1, round(words / WORDS_PER_MINUTE))

    def get_context(self, request, *args, **kwargs):
        public = public_pages()
        regards = list(self.regards.all())
        # What is linked to a draft is in memory alone: the preview gives lists where there are queries.
        territoires = TerritoirePage.objects.filter(pk__in=public).filter(
            Q(territoire__in=self.territoires.all())
            | Q(territoire__in=[regard.territoire_id for regard in regards])
        )
        pages = {page.territoire_id: page for page in territoires.order_by("title")}
        return {
            **super().get_context(request, *args, **kwargs),
            "territoires": pages.values(),
            "projets": ProjetPilotePage.objects.filter(pk__in=public)
            .filter(pk__in=self.projets.all())
            .order_by("title"),
            "regards": [
                {"page": pages[regard.territoire_id], "texte": regard.texte}
                for regard in regards
                if regard.territoire_id in pages
            ],
            "demandes": sorted(
                self.demandes.select_related("echelle"),
                key=lambda demande: (demande.echelle.rang, demande.pk or inf),
            ),
            "termes": self.termes(),
            "liste": self.get_url(request).removesuffix(f"{self.slug}/"),
            "reference": self.reference(Cohorte.load(request)),
            "provenance": self.mise and self.mise.provenance,
            "voisins": self.neighbours().filter(pk__in=public)[:3],
        }

    def reference(self, cohorte):
        """What to write to cite it: who, «title», ``cohorte`` if others wrote it, when, where."""
        day = day_said(self.date)
        who = [self.auteurs, f"« {self.title} »", cohorte.nom]
        if not self.auteurs:
            who = [cohorte.nom, f"« {self.title} »"]
        return f"{', '.join([*who, day])}. {self.full_url}"

    def termes(self):
        """What it is about, by kind: its ``facette`` in the list, ``nom`` and ``termes`` (code, name)."""
        chosen = {}
        for facette, name in self.TERMES.items():
            model = self._meta.get_field(name).related_model
            keys = getattr(self, name).values_list(model._meta.pk.name, flat=True)
            chosen[facette] = model.objects.filter(pk__in=keys)
        rows = sorted(labelled(*((*one, None) for one in chosen.items())), key=itemgetter(3, 2))
        return [
            {
                "facette": facette,
                "nom": self._meta.get_field(self.TERMES[facette]).verbose_name,
                "termes": [(code, nom) for name, code, nom, *_ in rows if name == facette],
            }
            for facette in chosen
        ]

    def neighbours(self):
        """Other learnings that share the most fundamentals with this one, then the newest."""
        shared = Count("fondamentaux", filter=Q(fondamentaux__in=self.fondamentaux.all()))
        return (
            EnseignementPage.objects.exclude(pk=self.pk)
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


class PlaidoyerPage(SectionPage):
    """The voice of the cohort: what its learnings ask of each scale, gathered."""

    parent_page_types = ["pages.AccueilPage"]
    subpage_types = []

    PER_SCALE = 20
    """Demands of each scale on the page of all three; a scale has a page of its own for the rest."""
    PER_PAGE = 100

    class Meta:
        verbose_name = "ce que la cohorte porte"

    def get_context(self, request, *args, **kwargs):
        public = public_pages()
        demandes = Demande.objects.filter(page__in=EnseignementPage.objects.filter(pk__in=public))
        keys = {}
        for echelle, pk in demandes.order_by("-page__date", "-page", "pk").values_list(
            "echelle", "pk"
        ):
            keys.setdefault(echelle, []).append(pk)
        echelles = list(Echelle.objects.all())
        choisie = next((e for e in echelles if e.code == request.GET.get("echelle")), None)
        for echelle in echelles:
            echelle.total = len(keys.get(echelle.code, []))
            paginator = Paginator(
                keys.get(echelle.code, []), self.PER_PAGE if choisie else self.PER_SCALE
            )
            echelle.portees = paginator.get_page(request.GET.get("page") if choisie else 1)
        shown = [choisie] if choisie else echelles
        found = (
            demandes.select_related("page")
            .defer("page__corps")
            .prefetch_related(Prefetch("page__territoires", named_by(public)))
            .in_bulk([pk for echelle in shown for pk in echelle.portees.object_list])
        )
        for echelle in shown:
            echelle.portees.object_list = [
                found[pk] for pk in echelle.portees.object_list if pk in found
            ]
        return {
            **super().get_context(request, *args, **kwargs),
            "echelles": echelles,
            "echelle": choisie,
            "montrees": shown,
            "aujourdhui": timezone.localdate(),
        }


class RegardsCroisesPage(SectionPage):
    """Learnings that several territories share, with what each makes of them, side by side."""

    parent_page_types = ["pages.EnseignementIndexPage"]
    subpage_types = []

    PER_PAGE = 10

    class Meta:
        verbose_name = "regards croisés"

    def get_context(self, request, *args, **kwargs):
        public = public_pages()
        named = named_by(public)
        shared = (
            EnseignementPage.objects.filter(pk__in=public)
            .annotate(partage=Count("territoires", filter=Q(territoires__in=named)))
            .filter(partage__gt=1)
            .order_by("-date", "-pk")
            .defer("corps")
            .prefetch_related(
                Prefetch(
                    "regards",
                    Regard.objects.filter(territoire__in=named)
                    .select_related("territoire__page")
                    .order_by("sort_order", "pk"),
                ),
                Prefetch("territoires", named),
            )
        )
        return {
            **super().get_context(request, *args, **kwargs),
            "enseignements": Paginator(shared, self.PER_PAGE).get_page(request.GET.get("page")),
        }


def named_by(public):
    """The territories whose page is among ``public``, by name, with that page."""
    return (
        Territoire.objects.filter(page__in=TerritoirePage.objects.filter(pk__in=public))
        .select_related("page")
        .order_by("page__title")
    )
