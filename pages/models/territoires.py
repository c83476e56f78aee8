"""Territories, their pilot projects, and the sensitive analyses made with them."""

from django.contrib.auth.models import Group, Permission
from django.db import models
from django.utils import timezone
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, HelpPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import GroupPagePermission, Orderable, PageManager, PagePermissionTester
from wagtail.query import PageQuerySet
from wagtail.search import index

from communaute.models.territoires import IDENTITY_PERMISSION
from pages.blocks import BLOCKS
from pages.carte import Carte
from pages.models.dispositifs import DispositifPage
from pages.models.medias import PortailDocument, PortailImage
from pages.models.page import ARelire, PortailPage
from pages.models.reserve import Reservee, readable_by
from pages.models.termes import Cadre, Echelle, Theme


class TerritoireIndexPage(PortailPage):
    """All the territories, on the map and as a list."""

    parent_page_types = ["pages.AccueilPage"]
    subpage_types = ["pages.TerritoirePage"]
    max_count = 1

    introduction = RichTextField("introduction", features=["bold", "italic", "link"], blank=True)

    content_panels = [*PortailPage.content_panels, FieldPanel("introduction")]

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

    objects = PageManager.from_queryset(TerritoirePageQuerySet)()

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("territoire", permission=IDENTITY_PERMISSION),
        HelpPanel(template="pages/panels/perimetre.html", heading="Périmètre"),
        FieldPanel("introduction"),
        FieldPanel("engagement"),
        InlinePanel("photos", heading="Photos", label="Photo"),
        FieldPanel("corps"),
        MultiFieldPanel(
            [FieldPanel("contact_nom"), FieldPanel("contact_email")], heading="Contact"
        ),
        FieldPanel("relire_le"),
    ]
    search_fields = [
        *PortailPage.search_fields,
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
            "photos": self.photos.select_related("image").prefetch_related("image__renditions"),
            "delegation": self.territoire.delegation(),
            "projets": ProjetPilotePage.objects.shown().child_of(self),
            "analyses": AnalyseSensiblePage.objects.shown(request.user).child_of(self),
            "enseignements": self.territoire.enseignements.shown(),
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


class ProjetPilotePageQuerySet(PageQuerySet):
    def shown(self):
        """What the public may see, by name, with what a list shows of each."""
        return (
            self.live().public().order_by("title", "pk").prefetch_related("etapes__cadre", "themes")
        )

    def standing_at(self, cadre):
        """The projects whose last move led to ``cadre``."""
        moves = Etape.objects.filter(page=models.OuterRef("pk")).order_by("-date", "-pk")
        return self.annotate(etape_cadre=models.Subquery(moves.values("cadre")[:1])).filter(
            etape_cadre=cadre.pk
        )


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

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("question"),
        FieldPanel("introduction"),
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
        InlinePanel("preuves", heading="Petites preuves", label="Petite preuve"),
        InlinePanel("partenaires", heading="Partenaires", label="Partenaire"),
        InlinePanel("blocages", heading="Ce qui bloque", label="Blocage"),
        FieldPanel("dispositifs"),
        FieldPanel("themes"),
        FieldPanel("corps"),
        MultiFieldPanel(
            [FieldPanel("contact_nom"), FieldPanel("contact_email")], heading="Contact"
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

    @property
    def etape(self):
        """The last move on the path, or None."""
        return max(self.etapes.all(), key=lambda etape: (etape.date, etape.pk or 0), default=None)

    def get_context(self, request, *args, **kwargs):
        return {
            **super().get_context(request, *args, **kwargs),
            "territoire": self.get_parent().specific,
            "cadres": Cadre.objects.all(),
            "etapes": self.etapes.select_related("cadre").order_by("-date", "-pk"),
            "preuves": self.preuves.select_related("image").order_by("-date", "-pk"),
            "blocages": self.blocages.select_related("echelle").order_by("echelle__rang", "pk"),
            "dispositifs": self.dispositifs.shown(),
            "enseignements": self.enseignements.shown(),
        }


class Etape(models.Model):
    """A move of a project on the path of the three frames, forward or back."""

    page = ParentalKey(ProjetPilotePage, on_delete=models.CASCADE, related_name="etapes")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="cadre")
    date = models.DateField("date", default=timezone.localdate)
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
    date = models.DateField("date")
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


class AnalyseSensiblePageQuerySet(PageQuerySet):
    def shown(self, user):
        """What ``user`` may read, newest first, with who carried each."""
        return readable_by(self, user).order_by("-date", "-pk").select_related("allie")


class AnalyseSensiblePage(Reservee, PortailPage):
    """A sensitive reading of a territory, carried by an ally with the territory."""

    parent_page_types = ["pages.TerritoirePage"]
    subpage_types = []

    allie = models.ForeignKey(
        "communaute.Allie", models.PROTECT, related_name="analyses", verbose_name="portée par"
    )
    date = models.DateField("date", default=timezone.localdate)
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
        FieldPanel("introduction"),
        FieldPanel("methode"),
        FieldPanel("ecoute"),
        FieldPanel("corps"),
        FieldPanel("document"),
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
        return {
            **super().get_context(request, *args, **kwargs),
            "territoire": self.get_parent().specific,
        }
