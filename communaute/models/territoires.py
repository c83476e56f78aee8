"""Territories, and the official reference data their perimeters are made of."""

from typing import NamedTuple

from django.db import models
from django.db.models import Q, Value
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, MultipleChooserPanel

from communaute.models.membres import College
from communaute.text import fold

IDENTITY_PERMISSION = "communaute.add_territoire"
"""What it takes to name a territory; its editors say of which EPCI and communes it is made."""


class Referentiel(models.Model):
    """One loading of the official lists: what they are, and of which year."""

    source = models.CharField("source", max_length=200)
    licence = models.CharField("licence", max_length=60)
    millesime = models.PositiveSmallIntegerField("millésime du code géographique")
    annee_population = models.PositiveSmallIntegerField("année des populations municipales")
    loaded_at = models.DateTimeField("chargé le", auto_now=True)

    class Meta:
        verbose_name = "référentiel"
        get_latest_by = "millesime"

    def __str__(self):
        return (
            f"{self.source} {self.millesime}, populations municipales {self.annee_population} "
            f"({self.licence})"
        )


class Departement(models.Model):
    """A département: ``code`` is INSEE's."""

    code = models.CharField("code", max_length=3, primary_key=True)
    nom = models.CharField("nom", max_length=60)

    class Meta:
        verbose_name = "département"
        ordering = ["code"]

    def __str__(self):
        return self.nom


class OfficialQuerySet(models.QuerySet):
    def search(self, words):
        """Rows whose folded name holds each of ``words``, or whose official code begins with one."""
        found = self
        for word in fold(words).split():
            found = found.filter(Q(nom_plie__contains=word) | Q(pk__startswith=word))
        return found


class OfficialEntity(models.Model):
    """What communes and EPCI have in common: an official name, its folded form, a population."""

    nom = models.CharField("nom", max_length=150)
    nom_plie = models.CharField(max_length=150, editable=False, db_index=True)
    population = models.PositiveIntegerField("population municipale")

    objects = OfficialQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["nom_plie"]

    def __str__(self):
        return self.nom


class Epci(OfficialEntity):
    """An intercommunal authority of the region: ``siren`` is its official number.

    ``longitude`` and ``latitude`` (WGS 84, degrees) are a point inside its outline.
    """

    siren = models.CharField("SIREN", max_length=9, primary_key=True)
    forme = models.CharField("forme juridique", max_length=60)
    communes_total = models.PositiveSmallIntegerField("nombre de communes")
    departements = models.ManyToManyField(Departement, verbose_name="départements")
    longitude = models.FloatField("longitude")
    latitude = models.FloatField("latitude")

    class Meta(OfficialEntity.Meta):
        verbose_name = "EPCI"
        verbose_name_plural = "EPCI"


class Commune(OfficialEntity):
    """A commune: ``insee`` is its official code. ``epci`` is empty when its EPCI is of another region."""

    insee = models.CharField("code INSEE", max_length=5, primary_key=True)
    departement = models.ForeignKey(Departement, models.PROTECT, verbose_name="département")
    epci = models.ForeignKey(
        Epci, models.SET_NULL, null=True, related_name="communes", verbose_name="EPCI"
    )

    class Meta(OfficialEntity.Meta):
        verbose_name = "commune"

    def __str__(self):
        return f"{self.nom} ({self.departement_id})"


class Territoire(ClusterableModel):
    """A local authority or grouping engaged in the cohort: who it is, not what is said of it.

    Its perimeter is made of EPCI, of communes, or of both. Only a fictional territory has none:
    it is then a point (WGS 84, degrees) with invented figures, which are never shown as official.
    """

    class Forme(models.TextChoices):
        COMMUNE = "commune", "Commune"
        EPCI = "epci", "Intercommunalité"
        PETR = "petr", "Pôle d’équilibre territorial et rural"
        PNR = "pnr", "Parc naturel régional"
        AUTRE = "autre", "Territoire de projet"

    nom = models.CharField("nom", max_length=120, unique=True)
    forme = models.CharField("forme", max_length=10, choices=Forme)
    groupe_edition = models.OneToOneField(
        "auth.Group",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="territoire",
        verbose_name="groupe qui édite ses pages",
    )
    longitude = models.FloatField("longitude", null=True, blank=True)
    latitude = models.FloatField("latitude", null=True, blank=True)
    population_fictive = models.PositiveIntegerField("population inventée", null=True, blank=True)
    communes_fictives = models.PositiveIntegerField(
        "nombre de communes inventé", null=True, blank=True
    )

    panels = [
        FieldPanel("nom", permission=IDENTITY_PERMISSION),
        FieldPanel("forme", permission=IDENTITY_PERMISSION),
        MultipleChooserPanel(
            "perimetre_epci",
            chooser_field_name="epci",
            heading="Périmètre : intercommunalités",
            label="Intercommunalité",
            help_text="Choisissez les EPCI entiers ; les communes isolées viennent au-dessous.",
        ),
        MultipleChooserPanel(
            "perimetre_communes",
            chooser_field_name="commune",
            heading="Périmètre : communes",
            label="Commune",
            help_text="Une commune déjà comprise dans un EPCI choisi n’est comptée qu’une fois.",
        ),
        MultiFieldPanel(
            [
                FieldPanel("longitude", permission=IDENTITY_PERMISSION),
                FieldPanel("latitude", permission=IDENTITY_PERMISSION),
                FieldPanel("population_fictive", permission=IDENTITY_PERMISSION),
                FieldPanel("communes_fictives", permission=IDENTITY_PERMISSION),
            ],
            heading="Territoire inventé",
            help_text="Seulement pour un territoire d’exemple, sans périmètre réel.",
            classname="collapsed",
        ),
    ]

    class Meta:
        verbose_name = "territoire"
        ordering = ["nom"]
        constraints = [
            models.CheckConstraint(
                condition=Q(longitude__isnull=True, latitude__isnull=True)
                | Q(longitude__isnull=False, latitude__isnull=False),
                name="territoire_point_entier",
                violation_error_message="Donnez la longitude et la latitude, ou ni l’une ni l’autre.",
            )
        ]

    def __str__(self):
        return self.nom

    def chiffres(self, parts=None):
        """The figures of this territory, each commune counted once; ``parts`` are its, if known already.

        Returns a dict: ``population`` and ``communes`` (int, or None when unknown), ``departements``
        and ``epci`` (lists of names), ``source`` (text, empty when there is nothing official) and
        ``fictif`` (whether the figures are invented).
        """
        if parts is None:
            parts = parts_of([self.pk])[self.pk]
        if not parts:
            return {
                "population": self.population_fictive,
                "communes": self.communes_fictives,
                "departements": [],
                "epci": [],
                "source": "",
                "fictif": self.population_fictive is not None,
            }
        epcis = {part.epci for part in parts if part.whole}
        # Once for each of its départements, an EPCI is the same.
        counted = {
            part.code: part for part in parts if part.whole or part.epci not in epcis
        }.values()
        departements = {
            part.departement: part.departement_nom
            for part in parts
            if part.departement and (part.whole or part.epci not in epcis)
        }
        return {
            "population": sum(part.population for part in counted),
            "communes": sum(part.communes for part in counted),
            "departements": [nom for _, nom in sorted(departements.items())],
            "epci": [part.nom for part in counted if part.whole],
            "source": str(Referentiel.objects.latest()),
            "fictif": False,
        }

    def delegation(self):
        """The active seats that represent this territory, by collège in the order of ``College``.

        Returns a list of dicts: ``college`` (its code), ``nom`` (its label), ``total`` (of people) and
        ``nommes`` (the members who chose to be named in public, each with its ``fonction``).
        """
        sieges = self.sieges.active().filter(membre__is_active=True).exclude(college="")
        by_college = {code: {} for code in College.values}
        for siege in sieges.select_related("membre").order_by(
            "membre__last_name", "membre__first_name", "-debut", "pk"
        ):
            by_college[siege.college].setdefault(siege.membre_id, siege)
        return [
            {
                "college": code,
                "nom": College(code).label,
                "total": len(seated),
                "nommes": [
                    {"nom": siege.membre.get_full_name(), "fonction": siege.fonction}
                    for siege in seated.values()
                    if siege.membre.nomme_publiquement
                ],
            }
            for code, seated in by_college.items()
            if seated
        ]


class PerimetreEpci(models.Model):
    """An EPCI that belongs, whole, to a territory."""

    territoire = ParentalKey(Territoire, on_delete=models.CASCADE, related_name="perimetre_epci")
    epci = models.ForeignKey(Epci, models.PROTECT, related_name="+", verbose_name="EPCI")

    panels = [FieldPanel("epci")]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territoire", "epci"], name="perimetre_epci_une_fois")
        ]

    def __str__(self):
        return str(self.epci)


class PerimetreCommune(models.Model):
    """A commune that belongs to a territory."""

    territoire = ParentalKey(
        Territoire, on_delete=models.CASCADE, related_name="perimetre_communes"
    )
    commune = models.ForeignKey(Commune, models.PROTECT, related_name="+", verbose_name="commune")

    panels = [FieldPanel("commune")]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territoire", "commune"], name="perimetre_commune_une_fois"
            )
        ]

    def __str__(self):
        return str(self.commune)


class Part(NamedTuple):
    """An EPCI, all of it (``whole``), or a commune that a territory is made of, in one département.

    ``code`` is official; ``epci`` is that of the EPCI, or of the commune's, whose point (``longitude``
    and ``latitude``) stands for it.
    """

    code: str
    nom: str
    population: int
    communes: int
    whole: bool
    epci: str | None
    longitude: float | None
    latitude: float | None
    departement: str | None
    departement_nom: str | None


def parts_of(territoires):
    """What the territories of these keys are made of, in one query: a list of ``Part`` for each."""
    epcis = PerimetreEpci.objects.filter(territoire__in=territoires).values_list(
        "territoire",
        "epci",
        "epci__nom",
        "epci__population",
        "epci__communes_total",
        Value(True),
        "epci",
        "epci__longitude",
        "epci__latitude",
        "epci__departements",
        "epci__departements__nom",
    )
    communes = PerimetreCommune.objects.filter(territoire__in=territoires).values_list(
        "territoire",
        "commune",
        "commune__nom",
        "commune__population",
        Value(1),
        Value(False),
        "commune__epci",
        "commune__epci__longitude",
        "commune__epci__latitude",
        "commune__departement",
        "commune__departement__nom",
    )
    parts = {territoire: [] for territoire in territoires}
    for territoire, *row in epcis.union(communes, all=True):
        parts[territoire].append(Part(*row))
    return parts
