"""The page types that editors compose."""

from django import forms
from django.contrib.auth.models import Group, Permission
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel
from wagtail.documents.models import AbstractDocument, Document
from wagtail.fields import RichTextField, StreamField
from wagtail.images.models import AbstractImage, AbstractRendition, Image
from wagtail.models import GroupPagePermission, Page, PageManager, PagePermissionTester
from wagtail.query import PageQuerySet
from wagtail.search import index

from communaute.models.territoires import IDENTITY_PERMISSION
from pages.blocks import BLOCKS
from pages.carte import Carte

WORDS_PER_MINUTE = 220
"""Silent reading of French prose by adults, rounded down."""


class PortailImage(AbstractImage):
    """A picture: Wagtail's, in a table of ours so that it can grow."""

    admin_form_fields = Image.admin_form_fields

    class Meta(AbstractImage.Meta):
        verbose_name = "image"


class PortailRendition(AbstractRendition):
    """A picture at one size, made when it is first asked for."""

    image = models.ForeignKey(PortailImage, models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="rendition_unique"
            )
        ]


class PortailDocument(AbstractDocument):
    """A file to read: Wagtail's, in a table of ours so that it can grow."""

    admin_form_fields = Document.admin_form_fields

    class Meta(AbstractDocument.Meta):
        verbose_name = "document"


class Fondamental(models.Model):
    """One of the four fundamentals of the method, and the question it asks."""

    code = models.SlugField("code", max_length=20, primary_key=True)
    nom = models.CharField("nom", max_length=60)
    question = models.CharField("question", max_length=200)
    rang = models.PositiveSmallIntegerField("rang", unique=True)

    class Meta:
        verbose_name = "fondamental"
        verbose_name_plural = "fondamentaux"
        ordering = ["rang"]

    def __str__(self):
        return self.nom


class AccueilPage(Page):
    """The home page: what the cohort is, its map, what it learned last, one way in."""

    parent_page_types = ["wagtailcore.Page"]
    subpage_types = [
        "pages.TerritoireIndexPage",
        "pages.EnseignementIndexPage",
        "pages.StandardPage",
    ]
    max_count = 1

    introduction = RichTextField("introduction", features=["bold", "italic", "link"], blank=True)

    content_panels = [*Page.content_panels, FieldPanel("introduction")]

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


class TerritoireIndexPage(Page):
    """All the territories, on the map and as a list."""

    parent_page_types = ["pages.AccueilPage"]
    subpage_types = ["pages.TerritoirePage"]
    max_count = 1

    introduction = RichTextField("introduction", features=["bold", "italic", "link"], blank=True)

    content_panels = [*Page.content_panels, FieldPanel("introduction")]

    class Meta:
        verbose_name = "liste des territoires"

    def get_context(self, request, *args, **kwargs):
        territoires = TerritoirePage.objects.shown()
        return {
            **super().get_context(request, *args, **kwargs),
            "territoires": territoires,
            "carte": Carte(territoires, request),
        }


class TerritoirePageQuerySet(PageQuerySet):
    def shown(self):
        """What the public may see, by name, with all that a list and a map show of each."""
        return (
            self.live()
            .public()
            .order_by("title")
            .select_related("territoire")
            .prefetch_related(
                "territoire__perimetre_epci__epci",
                "territoire__perimetre_communes__commune__epci",
            )
        )


class TerritoirePagePermissionTester(PagePermissionTester):
    """Wagtail's, but removing a territory from the list takes a right on the list."""

    def can_delete(self, ignore_bulk=False):
        parent = self.page.get_parent().permissions_for_user(self.user)
        return parent.can_edit() and super().can_delete(ignore_bulk)

    def can_copy(self):
        """Nobody: a territory has one page."""
        return False


class TerritoirePage(Page):
    """What is said of a territory; who it is stands in ``communaute.Territoire``."""

    parent_page_types = ["pages.TerritoireIndexPage"]
    subpage_types = ["pages.StandardPage"]

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

    objects = PageManager.from_queryset(TerritoirePageQuerySet)()

    content_panels = [
        *Page.content_panels,
        FieldPanel("territoire", permission=IDENTITY_PERMISSION),
        HelpPanel(template="pages/panels/perimetre.html", heading="Périmètre"),
        FieldPanel("introduction"),
        FieldPanel("engagement"),
        FieldPanel("corps"),
        MultiFieldPanel(
            [FieldPanel("contact_nom"), FieldPanel("contact_email")], heading="Contact"
        ),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("introduction"),
        index.SearchField("engagement"),
        index.SearchField("corps"),
    ]

    class Meta:
        verbose_name = "page de territoire"
        verbose_name_plural = "pages de territoires"

    def get_context(self, request, *args, **kwargs):
        return {
            **super().get_context(request, *args, **kwargs),
            "chiffres": self.territoire.chiffres(),
            "carte": Carte(TerritoirePage.objects.shown(), request, active=self),
            "enseignements": EnseignementPage.objects.shown().filter(territoires=self.territoire),
        }

    def permissions_for_user(self, user):
        """What ``user`` may do with this page."""
        return TerritoirePagePermissionTester(user, self)

    def editors(self):
        """The group that may write this page and those below it, and nothing else."""
        territoire = self.territoire
        if territoire.groupe_edition is None:
            name = f"Édition — {territoire.nom}"
            if Group.objects.filter(name=name).exists():
                name = f"{name} ({territoire.pk})"
            territoire.groupe_edition = Group.objects.create(name=name)
            territoire.save(update_fields=["groupe_edition"])
        group = territoire.groupe_edition
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        for action in ("add", "change", "publish"):
            permission = Permission.objects.get(
                content_type__app_label="wagtailcore", codename=f"{action}_page"
            )
            GroupPagePermission.objects.get_or_create(group=group, page=self, permission=permission)
        return group


class EnseignementIndexPage(Page):
    """All the learnings, by what they are about."""

    parent_page_types = ["pages.AccueilPage"]
    subpage_types = ["pages.EnseignementPage"]
    max_count = 1

    introduction = RichTextField("introduction", features=["bold", "italic", "link"], blank=True)

    content_panels = [*Page.content_panels, FieldPanel("introduction")]

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


class EnseignementPage(Page):
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
        related_name="+",
        blank=True,
        verbose_name="territoires d’où cela vient",
    )
    corps = StreamField(BLOCKS, verbose_name="corps")

    objects = PageManager.from_queryset(EnseignementPageQuerySet)()

    content_panels = [
        *Page.content_panels,
        FieldPanel("nature"),
        FieldPanel("date"),
        FieldPanel("introduction"),
        FieldPanel("fondamentaux", widget=forms.CheckboxSelectMultiple),
        FieldPanel("territoires", widget=forms.CheckboxSelectMultiple),
        FieldPanel("corps"),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("introduction"),
        index.SearchField("corps"),
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


class StandardPageQuerySet(PageQuerySet):
    def in_footer(self):
        """What the public may see at the foot of every page, in the order of the tree."""
        return self.live().public().filter(show_in_footer=True).order_by("path")


class StandardPage(Page):
    """A page of its own: the method, a legal notice, something a territory has to say."""

    parent_page_types = ["pages.AccueilPage", "pages.TerritoirePage", "pages.StandardPage"]
    subpage_types = ["pages.StandardPage"]

    introduction = models.TextField("introduction", max_length=400, blank=True)
    corps = StreamField(BLOCKS, blank=True, verbose_name="corps")
    show_in_footer = models.BooleanField("lien en pied de page", default=False)

    objects = PageManager.from_queryset(StandardPageQuerySet)()

    content_panels = [*Page.content_panels, FieldPanel("introduction"), FieldPanel("corps")]
    promote_panels = [*Page.promote_panels, FieldPanel("show_in_footer")]
    search_fields = [
        *Page.search_fields,
        index.SearchField("introduction"),
        index.SearchField("corps"),
    ]

    class Meta:
        verbose_name = "page libre"
        verbose_name_plural = "pages libres"
