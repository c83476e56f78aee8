"""Territories, their pilot projects, and the sensitive analyses made with them."""

from collections import Counter
from itertools import pairwise

from django import forms
from django.apps import apps
from django.db import models
from django.db.models.functions import Length, Substr
from django.utils import timezone
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, HelpPanel, InlinePanel, MultiFieldPanel
from wagtail.admin.widgets import AdminAutoHeightTextInput
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Orderable, Page, PageManager
from wagtail.search import index

from communaute.dates import check_year, day_said
from communaute.models.territoires import IDENTITY_PERMISSION
from communaute.text import fold
from pages.blocks import BLOCKS
from pages.carte import Carte
from pages.forms import PortailPageForm
from pages.models.dispositifs import DispositifPage
from pages.models.medias import PortailDocument, PortailImage
from pages.models.page import (
    CONTACT,
    CORPS,
    INTRODUCTION,
    ARelire,
    PortailPage,
    PortailPagePermissionTester,
    PortailPageQuerySet,
    SectionPage,
)
from pages.models.reserve import Reservee, readable_by
from pages.models.termes import Cadre, Echelle, Theme


class TerritoireIndexPage(SectionPage):
    """All the territories, on the map and as a list."""

    parent_page_types = ["pages.AccueilPage"]
    subpage_types = ["pages.TerritoirePage"]

    class Meta:
        verbose_name = "liste des territoires"

    def get_context(self, request, *args, **kwargs):
        projets = ProjetPilotePage.objects.shown().prefetch_related("themes")
        totals = Counter(theme for projet in projets for theme in projet.themes.all())
        themes = sorted(totals, key=lambda theme: fold(theme.nom))
        theme = next((theme for theme in themes if theme.slug == request.GET.get("theme")), None)
        return {
            **super().get_context(request, *args, **kwargs),
            "carte": Carte(TerritoirePage.objects.shown(), request, projets, theme=theme),
            "themes": [{"theme": theme, "total": totals[theme]} for theme in themes],
            "theme": theme,
        }


class TerritoirePageQuerySet(PortailPageQuerySet):
    def shown(self):
        """What the public may see, by name, with who each territory is."""
        return self.live().public().order_by("title")


class TerritoirePageManager(PageManager.from_queryset(TerritoirePageQuerySet)):
    """A territory's page always says who the territory is."""

    def get_queryset(self):
        return super().get_queryset().select_related("territoire")


class TerritoirePagePermissionTester(PortailPagePermissionTester):
    """Wagtail's, but removing a territory from the list takes a right on the list."""

    def can_delete(self, ignore_bulk=False):
        return self.changes_above() and super().can_delete(ignore_bulk)

    def can_copy(self):
        """Nobody: a territory has one page."""
        return False


class TerritoirePage(ARelire, PortailPage):
    """What is said of a territory; who it is stands in ``communaute.Territoire``."""

    parent_page_types = ["pages.TerritoireIndexPage"]
    subpage_types = [
        "pages.ProjetPilotePage",
        "pages.AnalyseSensiblePage",
        "pages.StandardPage",
    ]

    territoire = models.OneToOneField(
        "communaute.Territoire", models.PROTECT, related_name="page", verbose_name="territoire"
    )
    introduction = models.CharField(
        "en une phrase", max_length=250, help_text="Ce qui fait ce territoire, en une phrase."
    )
    engagement = models.TextField(
        "engagement",
        max_length=1000,
        help_text="Ce à quoi le territoire s’engage, dans ses propres mots.",
    )
    corps = StreamField(BLOCKS, blank=True, verbose_name="corps")
    contact_nom = models.CharField("à qui écrire", max_length=100, blank=True)
    contact_email = models.EmailField("adresse de contact", blank=True)

    objects = TerritoirePageManager()

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("territoire", permission=IDENTITY_PERMISSION),
        HelpPanel(template="pages/panels/perimetre.html", heading="Périmètre"),
        FieldPanel("introduction", widget=AdminAutoHeightTextInput(attrs={"rows": 2})),
        FieldPanel("engagement"),
        InlinePanel(
            "photos",
            heading="Photos",
            label="Photo",
            help_text="Dites ce que chacune montre : qui ne la voit pas le lira.",
        ),
        FieldPanel("corps", help_text=CORPS),
        MultiFieldPanel(
            [FieldPanel("contact_nom"), FieldPanel("contact_email", help_text=CONTACT)],
            heading="Contact",
        ),
        FieldPanel("relire_le"),
    ]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("engagement"),
        index.SearchField("corps"),
    ]

    PREUVES = 4
    """How many of its projects' proofs it shows; their own pages have them all."""

    class Meta:
        verbose_name = "page de territoire"
        verbose_name_plural = "pages de territoires"

    def get_context(self, request, *args, **kwargs):
        carte = Carte(TerritoirePage.objects.shown(), request, active=self)
        below = self.below(request.user)
        return {
            **super().get_context(request, *args, **kwargs),
            **below,
            "chiffres": self.territoire.chiffres(carte.parts.get(self.territoire_id)),
            "carte": carte,
            "photos": self.photos.select_related("image").prefetch_related("image__renditions"),
            "delegation": self.territoire.delegation(),
            "preuves": Preuve.objects.filter(page__in=below["projets"])
            .select_related("page")
            .order_by("-date", "-pk")[: self.PREUVES],
            "enseignements": self.territoire.enseignements.shown().prefetch_related(None),
        }

    def below(self, user):
        """What ``user`` may read right below this page, in one query: ``projets`` and ``analyses`` as
        ``shown()`` gives them, and ``pages``, the free ones.
        """
        children = (
            readable_by(Page.objects.child_of(self), user)
            .annotate(**_stage())
            .select_related("projetpilotepage", "analysesensiblepage__allie", "standardpage")
            .order_by("title", "pk")
        )
        projets, analyses, pages = [], [], []
        for child in children:
            if projet := getattr(child, "projetpilotepage", None):
                projet.cadre, projet.depuis = child.cadre, child.depuis
                projets.append(projet)
            elif analyse := getattr(child, "analysesensiblepage", None):
                analyses.append(analyse)
            elif page := getattr(child, "standardpage", None):
                pages.append(page)
        analyses.sort(key=lambda analyse: (analyse.date, analyse.pk), reverse=True)
        return {"projets": projets, "analyses": analyses, "pages": pages}

    def permissions_for_user(self, user):
        """What ``user`` may do with this page."""
        return TerritoirePagePermissionTester(user, self)

    def editors(self):
        """The group that may write this page and those below it (``groupes.editors_of``)."""
        from pages.groupes import editors_of

        return editors_of(self)


class PhotoTerritoire(Orderable):
    """A picture of a territory, with what it shows in words."""

    page = ParentalKey(TerritoirePage, on_delete=models.CASCADE, related_name="photos")
    image = models.ForeignKey(PortailImage, models.PROTECT, related_name="+", verbose_name="photo")
    alt = models.CharField(
        "ce que montre la photo",
        max_length=200,
        help_text="Une phrase, pour qui ne la voit pas.",
    )
    legende = models.CharField("légende et crédit", max_length=200, blank=True)

    panels = [FieldPanel("image"), FieldPanel("alt"), FieldPanel("legende")]

    class Meta(Orderable.Meta):
        verbose_name = "photo"

    def __str__(self):
        return self.alt


def _title_of_parent():
    """The title of the page right above each page of a queryset."""
    path = models.OuterRef("path")
    above = Page.objects.filter(path=Substr(path, 1, Length(path) - Page.steplen))
    return models.Subquery(above.values("title")[:1])


def _stage():
    """Where each project of a queryset stands: the frame (``cadre``, a code), and since when (``depuis``)."""
    moves = Etape.objects.filter(page=models.OuterRef("pk")).order_by("-date", "-pk")
    return {
        "cadre": models.Subquery(moves.values("cadre")[:1]),
        "depuis": models.Subquery(moves.values("date")[:1]),
    }


class ProjetPilotePageQuerySet(PortailPageQuerySet):
    def shown(self):
        """What the public may see, by name, with what a list shows of each: the title of its territory's
        page (``territoire``), the frame it stands in (``cadre``, a code) and since when (``depuis``).
        """
        return (
            self.live()
            .public()
            .annotate(territoire=_title_of_parent(), **_stage())
            .order_by("title", "pk")
        )

    def standing_at(self, cadre):
        """Of what ``shown()`` gives, the projects whose last move led to ``cadre``."""
        return self.filter(cadre=cadre.pk)


class ProjetPilotePageForm(PortailPageForm):
    """The form of a pilot project: no move that was published leaves its history."""

    def clean(self):
        cleaned_data = super().clean()
        formset = self.formsets["etapes"]
        if not formset.is_valid():
            return cleaned_data
        kept = [
            (form.cleaned_data["cadre"].pk, form.cleaned_data["date"])
            for form in formset.forms
            if form.cleaned_data and form not in formset.deleted_forms
        ]
        gone = self.instance.published_moves_missing_in(kept)
        if gone:
            self._bring_back(formset)
            names = ", ".join(f"{move.cadre} ({day_said(move.date)})" for move in gone)
            self.add_error(
                None,
                f"Ce qui est publié du chemin y reste, avec son cadre : {names}. "
                "Si le projet est revenu en arrière, ajoutez une étape : c’est un mouvement normal.",
            )
        return cleaned_data

    @staticmethod
    def _bring_back(formset):
        """Show again the moves that were to be removed."""
        data = formset.data.copy()
        for form in formset.deleted_forms:
            data[form.add_prefix("DELETE")] = ""
        for form in formset.forms:
            form.data = data


def _take(counter, key):
    """Whether ``counter`` had one more of ``key``; it has one less."""
    counter[key] -= 1
    return counter[key] >= 0


class ProjetPilotePage(ARelire, PortailPage):
    """The project through which a territory puts the learnings into practice."""

    parent_page_types = ["pages.TerritoirePage"]
    subpage_types = []

    question = models.CharField(
        "la question posée", max_length=250, help_text="Celle que le territoire se pose vraiment."
    )
    introduction = models.TextField("en deux phrases", max_length=400)
    themes = ParentalManyToManyField(
        Theme, related_name="projets", blank=True, verbose_name="thèmes"
    )
    dispositifs = ParentalManyToManyField(
        DispositifPage,
        related_name="projets",
        blank=True,
        verbose_name="dispositifs sur lesquels il se branche",
    )
    corps = StreamField(BLOCKS, blank=True, verbose_name="corps")
    contact_nom = models.CharField("à qui écrire", max_length=100, blank=True)
    contact_email = models.EmailField("adresse de contact", blank=True)

    objects = PageManager.from_queryset(ProjetPilotePageQuerySet)()

    base_form_class = ProjetPilotePageForm
    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("question"),
        FieldPanel("introduction", help_text=INTRODUCTION),
        InlinePanel(
            "etapes",
            heading="Le chemin : penser, organiser, agir",
            label="Étape",
            min_num=1,
            help_text=(
                "Une ligne chaque fois que le projet change de cadre. "
                "Revenir en arrière est un mouvement normal : l’histoire reste."
            ),
        ),
        InlinePanel(
            "preuves",
            heading="Petites preuves",
            label="Petite preuve",
            help_text="Des résultats petits, datés, concrets, et d’où on le sait.",
        ),
        InlinePanel(
            "partenaires",
            heading="Partenaires",
            label="Partenaire",
            help_text="Qui fait quoi : une personne n’est nommée que si elle en est d’accord.",
        ),
        InlinePanel(
            "blocages",
            heading="Ce qui bloque",
            label="Blocage",
            help_text="Ce qui empêche d’avancer, et l’échelle où cela pourrait se lever.",
        ),
        FieldPanel("dispositifs", widget=forms.CheckboxSelectMultiple),
        FieldPanel("themes", widget=forms.CheckboxSelectMultiple),
        FieldPanel("corps", help_text=CORPS),
        MultiFieldPanel(
            [FieldPanel("contact_nom"), FieldPanel("contact_email", help_text=CONTACT)],
            heading="Contact",
        ),
        FieldPanel("relire_le"),
    ]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("question"),
        index.SearchField("introduction"),
        index.SearchField("corps"),
        index.RelatedFields("preuves", [index.SearchField("resultat")]),
        index.RelatedFields("blocages", [index.SearchField("texte")]),
    ]

    class Meta:
        verbose_name = "projet pilote"
        verbose_name_plural = "projets pilotes"

    def moves(self):
        """The moves on the path, in order; each has ``retour``, whether it went back."""
        etapes = self.etapes.select_related("cadre").all()
        moves = sorted(etapes, key=lambda etape: (etape.date, etape.pk or 0))
        for before, move in pairwise([None, *moves]):
            move.retour = before is not None and move.cadre.rang < before.cadre.rang
        return moves

    def published_moves_missing_in(self, kept):
        """The moves that were public once, and that ``kept`` (frame and date of each) lacks: as many to
        each frame stay, whatever date is corrected. Their keys tell nothing: each publication renews them.
        """
        if not (self.pk and (self.live or self.first_published_at)):
            return []
        moves = Etape.objects.filter(page=self.pk).select_related("cadre")
        left = Counter(cadre for cadre, _ in kept)
        same_date_first = sorted(moves, key=lambda move: (move.cadre_id, move.date) not in kept)
        return [move for move in same_date_first if not _take(left, move.cadre_id)]

    def with_content_json(self, content):
        """As Wagtail's; a revision older than a published move does not take it away."""
        page = super().with_content_json(content)
        kept = [(move.cadre_id, move.date) for move in page.etapes.all()]
        page.etapes.add(*self.published_moves_missing_in(kept))
        return page

    def get_context(self, request, *args, **kwargs):
        moves = self.moves()
        return {
            **super().get_context(request, *args, **kwargs),
            "territoire": self.above[-1],
            "liste": self.above[-2],
            "etapes": moves,
            "etape": moves[-1] if moves else None,
            "retours": any(move.retour for move in moves),
            "preuves": self.preuves.select_related("image")
            .prefetch_related("image__renditions")
            .order_by("-date", "-pk"),
            "blocages": self.blocages.select_related("echelle").order_by("echelle__rang", "pk"),
            "dispositifs": DispositifPage.objects.shown().filter(
                page_ptr__in=self.dispositifs.all()
            ),
            "enseignements": self.enseignements.shown().prefetch_related(None),
        }


class Etape(models.Model):
    """A move of a project on the path of the three frames, forward or back."""

    page = ParentalKey(ProjetPilotePage, on_delete=models.CASCADE, related_name="etapes")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="cadre")
    date = models.DateField("date", default=timezone.localdate, validators=[check_year])
    texte = models.CharField("pourquoi", max_length=250, blank=True)

    panels = [FieldPanel("cadre"), FieldPanel("date"), FieldPanel("texte")]

    class Meta:
        verbose_name = "étape"
        ordering = ["date", "pk"]

    def __str__(self):
        return str(self.cadre)


class Preuve(models.Model):
    """A small, dated, concrete result of a pilot project, and how one knows of it."""

    page = ParentalKey(ProjetPilotePage, on_delete=models.CASCADE, related_name="preuves")
    date = models.DateField("date", validators=[check_year])
    resultat = models.TextField(
        "résultat", max_length=400, help_text="Ce qui a changé, concrètement."
    )
    source = models.CharField("d’où on le sait", max_length=250)
    image = models.ForeignKey(
        PortailImage, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="image"
    )
    alt = models.CharField(
        "ce que montre l’image",
        max_length=200,
        blank=True,
        help_text="Une phrase, pour qui ne la voit pas.",
    )

    panels = [
        FieldPanel("date"),
        FieldPanel("resultat"),
        FieldPanel("source"),
        FieldPanel("image"),
        FieldPanel("alt"),
    ]

    class Meta:
        verbose_name = "petite preuve"
        verbose_name_plural = "petites preuves"
        ordering = ["-date", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(image__isnull=True) | ~models.Q(alt=""),
                name="preuve_image_decrite",
                violation_error_message="Dites en une phrase ce que montre l’image.",
            )
        ]

    def __str__(self):
        return self.resultat


class Partenaire(Orderable):
    """Who takes part in a pilot project, and as what."""

    page = ParentalKey(ProjetPilotePage, on_delete=models.CASCADE, related_name="partenaires")
    nom = models.CharField("nom", max_length=150)
    role = models.CharField("ce qu’il y fait", max_length=200, blank=True)

    panels = [FieldPanel("nom"), FieldPanel("role")]

    class Meta(Orderable.Meta):
        verbose_name = "partenaire"

    def __str__(self):
        return self.nom


class Blocage(models.Model):
    """What blocks a pilot project, and the scale at which it could be lifted."""

    page = ParentalKey(ProjetPilotePage, on_delete=models.CASCADE, related_name="blocages")
    echelle = models.ForeignKey(
        Echelle, models.PROTECT, related_name="blocages", verbose_name="échelle"
    )
    texte = models.TextField("ce qui bloque", max_length=400)

    panels = [FieldPanel("echelle"), FieldPanel("texte")]

    class Meta:
        verbose_name = "blocage"

    def __str__(self):
        return self.texte


class AnalyseSensiblePageQuerySet(PortailPageQuerySet):
    def shown(self, user):
        """What ``user`` may read, newest first, with who carried each, and the title of its territory's
        page (``territoire``).
        """
        return (
            readable_by(self, user)
            .annotate(territoire=_title_of_parent())
            .order_by("-date", "-pk")
            .select_related("allie")
        )


class AnalyseSensiblePage(Reservee, PortailPage):
    """A sensitive reading of a territory, carried by an ally with the territory."""

    parent_page_types = ["pages.TerritoirePage"]
    subpage_types = []

    allie = models.ForeignKey(
        "communaute.Allie", models.PROTECT, related_name="analyses", verbose_name="portée par"
    )
    date = models.DateField("date", default=timezone.localdate, validators=[check_year])
    introduction = models.TextField("en deux phrases", max_length=400)
    methode = RichTextField(
        "la méthode",
        features=["bold", "italic", "ul", "link"],
        help_text="Comment on s’y est pris.",
    )
    ecoute = RichTextField(
        "l’écoute",
        features=["bold", "italic", "ul", "link"],
        help_text="Qui a été écouté, où, et qui ne l’a pas été.",
    )
    corps = StreamField(BLOCKS, blank=True, verbose_name="ce qui a été entendu")
    document = models.ForeignKey(
        PortailDocument,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="document",
    )

    objects = PageManager.from_queryset(AnalyseSensiblePageQuerySet)()

    content_panels = [
        FieldPanel("visibilite"),
        *PortailPage.content_panels,
        FieldPanel("allie"),
        FieldPanel("date"),
        FieldPanel("introduction", help_text=INTRODUCTION),
        FieldPanel("methode"),
        FieldPanel("ecoute"),
        FieldPanel("corps", help_text=CORPS),
        FieldPanel(
            "document", help_text="Lu par qui peut lire cette page, et par personne d’autre."
        ),
    ]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("methode"),
        index.SearchField("ecoute"),
        index.SearchField("corps"),
    ]

    class Meta:
        verbose_name = "analyse sensible"
        verbose_name_plural = "analyses sensibles"

    def get_context(self, request, *args, **kwargs):
        allies = apps.get_model("pages.AlliePage").objects.shown()
        return {
            **super().get_context(request, *args, **kwargs),
            "territoire": self.above[-1],
            "page_allie": allies.filter(allie=self.allie_id).first(),
        }
