"""The cohort, its method, and the path that all of it follows."""

from django.core.paginator import Paginator
from django.db import models
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import PageManager
from wagtail.search import index

from communaute.models import College, Siege
from pages.blocks import BLOCKS
from pages.models.enseignements import EnseignementIndexPage
from pages.models.medias import PortailDocument
from pages.models.page import (
    CORPS,
    INTRODUCTION,
    ARelire,
    PortailPage,
    PortailPageQuerySet,
    SectionPage,
)
from pages.models.reserve import Reservee, readable_by
from pages.models.termes import Cadre, Fondamental
from pages.models.territoires import ProjetPilotePage

PER_PAGE = 12


class CohortePage(PortailPage):
    """Why the cohort exists, who takes part, and its method in one page."""

    parent_page_types = ["pages.AccueilPage"]
    subpage_types = [
        "pages.FondamentalPage",
        "pages.CadrePage",
        "pages.DispositifIndexPage",
        "pages.AllieIndexPage",
        "pages.StandardPage",
    ]
    max_count = 1

    introduction = models.TextField("en deux phrases", max_length=400, blank=True)
    corps = StreamField(BLOCKS, blank=True, verbose_name="pourquoi elle existe")
    elus = models.TextField("les élu·es", max_length=400, blank=True)
    agents = models.TextField("les agent·es des collectivités", max_length=400, blank=True)
    etat = models.TextField("les agent·es de l’État", max_length=400, blank=True)
    socio_economiques = models.TextField(
        "les acteurs et actrices socio-économiques", max_length=400, blank=True
    )
    tronc_commun = models.TextField("le tronc commun", max_length=400, blank=True)

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("introduction", help_text=INTRODUCTION),
        FieldPanel("corps", help_text=CORPS),
        MultiFieldPanel(
            [FieldPanel(code) for code in College.values],
            heading="Les Quatre Fantastiques : ce que chacun apporte",
        ),
        FieldPanel("tronc_commun"),
    ]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("corps"),
        *(index.SearchField(code) for code in College.values),
        index.SearchField("tronc_commun"),
    ]

    class Meta:
        verbose_name = "la cohorte"

    def get_context(self, request, *args, **kwargs):
        return {
            **super().get_context(request, *args, **kwargs),
            "fondamentaux": FondamentalPage.doors(request),
            "cadres": CadrePage.doors(request),
            "colleges": [
                {"code": code, "nom": nom, "texte": getattr(self, code)}
                for code, nom in College.choices
            ],
            "tronc_commun": TroncCommunPage.objects.live().public().first(),
            "suites": self.get_children()
            .live()
            .public()
            .not_type(FondamentalPage, CadrePage)
            .order_by("path"),
        }


class FondamentalPageQuerySet(PortailPageQuerySet):
    def shown(self):
        """What the public may see, in the order of the method."""
        return (
            self.live().public().select_related("fondamental").order_by("fondamental__rang", "pk")
        )


class FondamentalPage(PortailPage):
    """One of the four fundamentals, and what was learned about it."""

    parent_page_types = ["pages.CohortePage"]
    subpage_types = []

    fondamental = models.OneToOneField(
        Fondamental, models.PROTECT, related_name="page", verbose_name="fondamental"
    )
    introduction = models.TextField("en deux phrases", max_length=400, blank=True)
    corps = StreamField(BLOCKS, blank=True, verbose_name="corps")

    objects = PageManager.from_queryset(FondamentalPageQuerySet)()

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("fondamental"),
        FieldPanel("introduction", help_text=INTRODUCTION),
        FieldPanel("corps", help_text=CORPS),
    ]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("corps"),
    ]

    class Meta:
        verbose_name = "page de fondamental"
        verbose_name_plural = "pages de fondamentaux"

    @classmethod
    def doors(cls, request):
        """The four fundamentals, each with the address (``url``) of its page or, while that is not
        public, of the learnings about it.
        """
        fondamentaux = _with_addresses(Fondamental, cls, request)
        if not all(fondamental.url for fondamental in fondamentaux):
            index = EnseignementIndexPage.objects.live().public().first()
            for fondamental in fondamentaux:
                if index and not fondamental.url:
                    fondamental.url = f"{index.get_url(request)}?fondamental={fondamental.code}"
        return fondamentaux

    def get_context(self, request, *args, **kwargs):
        return {
            **super().get_context(request, *args, **kwargs),
            "fondamentaux": self.doors(request),
            "enseignements": _page_of(self.fondamental.enseignements.shown(), request, "page"),
        }


class CadrePageQuerySet(PortailPageQuerySet):
    def shown(self):
        """What the public may see, in the order of the path."""
        return self.live().public().select_related("cadre").order_by("cadre__rang", "pk")


class CadrePage(PortailPage):
    """One of the three frames, what was learned in it, and the projects that stand there."""

    parent_page_types = ["pages.CohortePage"]
    subpage_types = []

    cadre = models.OneToOneField(Cadre, models.PROTECT, related_name="page", verbose_name="cadre")
    introduction = models.TextField("en deux phrases", max_length=400, blank=True)
    corps = StreamField(BLOCKS, blank=True, verbose_name="corps")

    objects = PageManager.from_queryset(CadrePageQuerySet)()

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("cadre"),
        FieldPanel("introduction", help_text=INTRODUCTION),
        FieldPanel("corps", help_text=CORPS),
    ]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("corps"),
    ]

    class Meta:
        verbose_name = "page de cadre"
        verbose_name_plural = "pages de cadres"

    @classmethod
    def doors(cls, request):
        """The three frames in order, each with the address (``url``) of its page while that is public."""
        return _with_addresses(Cadre, cls, request)

    def get_context(self, request, *args, **kwargs):
        standing = ProjetPilotePage.objects.shown().standing_at(self.cadre)
        return {
            **super().get_context(request, *args, **kwargs),
            "cadres": self.doors(request),
            "enseignements": _page_of(self.cadre.enseignements.shown(), request, "page"),
            "projets": _page_of(standing, request, "projets"),
        }


def _with_addresses(termes, pages, request):
    """The terms of the method in order, each with the address (``url``) of its public page, or none."""
    field = termes._meta.model_name
    addresses = {
        getattr(page, f"{field}_id"): page.get_url(request) for page in pages.objects.shown()
    }
    found = list(termes.objects.all())
    for terme in found:
        terme.url = addresses.get(terme.pk, "")
    return found


def _page_of(rows, request, name):
    """The page of ``rows`` whose number is in the address under ``name``."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get(name))


class TroncCommunPage(SectionPage):
    """What the whole cohort shares: a path of modules, in order, and their resources."""

    parent_page_types = ["pages.AccueilPage"]
    subpage_types = ["pages.ModulePage"]

    class Meta:
        verbose_name = "tronc commun"

    def modules(self, user):
        """What ``user`` may read of the path, in order: each with its rank from 1 (``rang``), its
        ``ressources``, and how many of them ``user`` has been through (``parcourues``).
        """
        modules = list(
            readable_by(ModulePage.objects.child_of(self), user)
            .select_related("cadre")
            .order_by("path")
        )
        ressources = list(
            RessourcePage.objects.shown(user).descendant_of(self).with_parcourue(user)
        )
        for rang, module in enumerate(modules, start=1):
            module.rang = rang
            module.ressources = [r for r in ressources if r.path.startswith(module.path)]
            module.parcourues = sum(r.parcourue for r in module.ressources)
        return modules

    def get_context(self, request, *args, **kwargs):
        modules = self.modules(request.user)
        return {
            **super().get_context(request, *args, **kwargs),
            "modules": modules,
            "suit": follows(request.user),
            "total": sum(len(module.ressources) for module in modules),
            "parcourues": sum(module.parcourues for module in modules),
        }


def follows(user):
    """Whether ``user`` may keep track of their progress: whoever holds an active seat."""
    return user.is_authenticated and Siege.objects.active().filter(membre=user).exists()


def _around(path, page):
    """Where ``page`` stands on ``path``: itself as found there, what comes before, what comes after.

    A draft that is being previewed is not on the path: it is returned alone.
    """
    for rang, step in enumerate(path):
        if step.pk == page.pk:
            return step, path[rang - 1] if rang else None, next(iter(path[rang + 1 :]), None)
    return page, None, None


class ModulePage(PortailPage):
    """One step of the path: what one learns there, and with which resources."""

    parent_page_types = ["pages.TroncCommunPage"]
    subpage_types = ["pages.RessourcePage"]

    cadre = models.ForeignKey(
        Cadre, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="cadre"
    )
    introduction = models.TextField("en deux phrases", max_length=400)
    corps = StreamField(BLOCKS, blank=True, verbose_name="corps")

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("introduction", help_text=INTRODUCTION),
        FieldPanel("cadre"),
        FieldPanel("corps", help_text=CORPS),
    ]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("corps"),
    ]

    class Meta:
        verbose_name = "module du tronc commun"
        verbose_name_plural = "modules du tronc commun"

    def get_context(self, request, *args, **kwargs):
        modules = TroncCommunPage.objects.parent_of(self).get().modules(request.user)
        module, precedent, suivant = _around(modules, self)
        return {
            **super().get_context(request, *args, **kwargs),
            "modules": modules,
            "module": module,
            "precedent": precedent,
            "suivant": suivant,
            "suit": follows(request.user),
        }


class RessourcePageQuerySet(PortailPageQuerySet):
    def shown(self, user):
        """What ``user`` may read, in the order of the path."""
        return readable_by(self, user).select_related("document").order_by("path")

    def with_parcourue(self, user):
        """Annotate ``parcourue``: whether ``user`` has marked each as done; a visitor has not."""
        marks = Parcours.objects.filter(ressource=models.OuterRef("pk"), membre=user.pk)
        return self.annotate(parcourue=models.Exists(marks))


class RessourcePage(Reservee, ARelire, PortailPage):
    """A method sheet, a recording or a document of the common path."""

    class Genre(models.TextChoices):
        FICHE = "fiche", "Fiche de méthode"
        ENREGISTREMENT = "enregistrement", "Enregistrement"
        DOCUMENT = "document", "Document"

    parent_page_types = ["pages.ModulePage"]
    subpage_types = []

    genre = models.CharField("genre", max_length=20, choices=Genre, default=Genre.FICHE)
    introduction = models.TextField("en deux phrases", max_length=400)
    duree = models.PositiveSmallIntegerField("durée, en minutes", null=True, blank=True)
    lien = models.URLField(
        "adresse de l’enregistrement",
        blank=True,
        help_text="Chez qui l’héberge : le portail ne charge rien d’ailleurs, il y mène.",
    )
    document = models.ForeignKey(
        PortailDocument,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="document",
    )
    corps = StreamField(BLOCKS, blank=True, verbose_name="corps")

    objects = PageManager.from_queryset(RessourcePageQuerySet)()

    content_panels = [
        FieldPanel("visibilite"),
        *PortailPage.content_panels,
        FieldPanel("genre"),
        FieldPanel("introduction", help_text=INTRODUCTION),
        FieldPanel("duree"),
        FieldPanel("lien"),
        FieldPanel(
            "document", help_text="Lu par qui peut lire cette page, et par personne d’autre."
        ),
        FieldPanel("corps", help_text=CORPS),
        FieldPanel("relire_le"),
    ]
    search_fields = [
        *PortailPage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("corps"),
    ]

    class Meta:
        verbose_name = "ressource du tronc commun"
        verbose_name_plural = "ressources du tronc commun"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(visibilite__in=["public", "membres"]),
                name="ressource_publique_ou_pour_les_membres",
                violation_error_message="Une ressource est pour tout le monde ou pour les membres.",
            )
        ]

    def serve(self, request, *args, **kwargs):
        """The page; by POST, the mark that a member has been through it (``parcourue``: oui or non)."""
        if request.method != "POST":
            return super().serve(request, *args, **kwargs)
        if not follows(request.user):
            return HttpResponseNotAllowed(["GET", "HEAD", "OPTIONS"])
        marks = Parcours.objects.filter(membre=request.user, ressource=self)
        if request.POST.get("parcourue") == "non":
            marks.delete()
        else:
            marks.get_or_create(membre=request.user, ressource=self)
        return HttpResponseRedirect(f"{self.get_url(request)}#parcours")

    def get_context(self, request, *args, **kwargs):
        modules = TroncCommunPage.objects.ancestor_of(self).get().modules(request.user)
        path = [ressource for module in modules for ressource in module.ressources]
        _, precedente, suivante = _around(path, self)
        marks = Parcours.objects.filter(ressource=self, membre=request.user.pk)
        suit = follows(request.user)
        return {
            **super().get_context(request, *args, **kwargs),
            "precedente": precedente,
            "suivante": suivante,
            "suit": suit,
            "parcourue": suit and marks.exists(),
        }


class Parcours(models.Model):
    """That a member has been through a resource; seen by that member alone."""

    membre = models.ForeignKey("communaute.Membre", models.CASCADE, related_name="+")
    ressource = models.ForeignKey(RessourcePage, models.CASCADE, related_name="+")

    wagtail_reference_index_ignore = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membre", "ressource"], name="parcours_une_fois")
        ]

    def __str__(self):
        return f"{self.membre} — {self.ressource}"
