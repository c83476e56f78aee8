"""Peer spaces: who each is for, who facilitates it, what one accepts before entering."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import (
    Case,
    Count,
    Exists,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from communaute import markdown
from communaute.models.membres import College, Membre, Siege, as_boolean, reads_since
from communaute.prepared import Prepared


@dataclass(frozen=True)
class Rights:
    """What one person may do in the spaces, as sets of ``Espace`` keys."""

    readable: frozenset = field(default_factory=frozenset)
    """Spaces one is among the readers of, whether or not the charter was accepted."""
    entered: frozenset = field(default_factory=frozenset)
    """Readable spaces whose current charter one has accepted: what is said there can be read."""
    peer: frozenset = field(default_factory=frozenset)
    """Spaces one belongs to as a peer or facilitator: one may speak there."""
    animated: frozenset = field(default_factory=frozenset)
    """Entered spaces one facilitates: one moderates there."""
    facilitated: frozenset = field(default_factory=frozenset)
    """Readable spaces one facilitates, whether or not the charter was accepted."""
    since: Mapping = field(default_factory=dict)
    """Of the readable spaces, those where one succeeds somebody, and the moment of one's arrival: topics
    opened before it are not read."""


NO_RIGHTS = Rights()

OPEN_TO_SUCCESSORS = Q(anterieur_ouvert_le__isnull=False, anterieur_ferme_le=None)
"""The condition on a space that successors read there what was said before they arrived."""

FORMER_READERS_SHOWN = timedelta(days=90)
"""How long the readers of a space are told that a seat ended."""


def rights_of(user):
    """The rights of ``user``, read once per request; a visitor has none."""
    return user.rights if user.is_authenticated else NO_RIGHTS


NO_SPACE = 0
"""The key of no space: with it, where one speaks is asked also for whoever speaks nowhere."""


def where_one_speaks(user):
    """The keys of the spaces where ``user`` may speak, and ``NO_SPACE``."""
    rights = rights_of(user)
    return {*(rights.peer & rights.entered), NO_SPACE}


def within(path, espaces, user):
    """The condition on a topic, reached by ``path``, that it is in one of ``espaces``, all readable by
    ``user``, and was opened after they arrived where they succeed somebody.
    """
    since = rights_of(user).since
    condition = Q(**{f"{path}forum__espace__in": espaces - since.keys()})
    for espace in sorted(espaces & since.keys()):
        later = {f"{path}forum__espace": espace, f"{path}created__gte": since[espace]}
        condition |= Q(**later)
    return condition


class EspaceQuerySet(models.QuerySet):
    def open_to(self, membre, on=None, at=None):
        """Spaces ``membre`` is a reader of: as a peer, a facilitator, or by being named.

        A superuser is no reader unless one of these; nobody is while suspended there. It is asked for
        today and now unless a day and a time are given.
        """
        suspended = apps.get_model("communaute", "Suspension").objects.active(at)
        return self._with_rights(membre, on).filter(
            Q(is_peer=True) | Q(is_animateur=True) | Q(is_lecteur=True),
            ~Exists(suspended.filter(espace=OuterRef("pk"), membre=membre)),
        )

    def readable_by(self, user):
        """Spaces ``user`` may enter."""
        return self.filter(pk__in=rights_of(user).readable)

    def entered_by(self, user):
        """Spaces whose charter ``user`` has accepted: where they can read what is said."""
        return self.filter(pk__in=rights_of(user).entered)

    def animated(self):
        """Spaces that somebody facilitates today."""
        return self.filter(Exists(_facilitating().filter(espace=OuterRef("pk"))))

    def with_animation(self):
        """Fetch under ``animations`` the nominations of those who facilitate each today."""
        named = _facilitating().select_related("membre").order_by("depuis", "pk")
        return self.prefetch_related(models.Prefetch("nominations", named, to_attr="animations"))

    def with_participation_of(self, user):
        """Annotate ``niveau`` and ``lu_jusqua``: of what ``user`` wishes to be told in each, and until when
        all was read there; None where they have yet to enter.
        """
        mine = apps.get_model("communaute", "Participation").objects.readable_by(user)
        mine = mine.filter(espace=OuterRef("pk"))
        return self.annotate(
            niveau=Subquery(mine.values("niveau")), lu_jusqua=Subquery(mine.values("lu_jusqua"))
        )

    def with_readers_count(self, name="readers_count", among=None, on=None, at=None, opened=None):
        """Annotate under ``name`` how many members can read each space today and now, or then;
        with the condition ``among``, how many of those that it holds for; and with the day when a topic
        was ``opened``, how many of those would read it there.
        """
        among = Q() if among is None else among
        sieges = Siege.objects.active(on)
        if opened:
            here = Espace.objects.filter(OPEN_TO_SUCCESSORS, pk=OuterRef(OuterRef(OuterRef("pk"))))
            sieges = sieges.filter(reads_since(opened) | Q(Exists(here)))
        named = Nomination.objects.active().filter(espace=OuterRef(OuterRef("pk")))
        named = named.order_by().values("membre")
        suspended = apps.get_model("communaute", "Suspension").objects.active(at)
        suspended = suspended.filter(espace=OuterRef(OuterRef("pk"))).order_by()

        def count(peers):
            return Subquery(
                Membre.objects.filter(
                    among,
                    # In lists that the database makes once, rather than asking for each member.
                    Q(pk__in=peers.order_by().values("membre")) | Q(pk__in=named),
                    ~Q(pk__in=suspended.values("membre")),
                    is_active=True,
                )
                .order_by()
                .values(group=Value(1))
                .annotate(total=Count("pk"))
                .values("total")
            )

        of_college = sieges.filter(college=OuterRef(OuterRef("college")))
        of_delegation = sieges.filter(territoire=OuterRef(OuterRef("territoire"))).exclude(
            college=""
        )
        total = Case(
            When(audience=Espace.Audience.COLLEGE, then=count(of_college)),
            When(audience=Espace.Audience.DELEGATION, then=count(of_delegation)),
            default=count(sieges),
        )
        return self.annotate(**{name: Coalesce(total, 0)})

    def rights_of(self, membre, espaces=None):
        """The ``Rights`` of ``membre``. ``espaces`` are the spaces open to them, where those were read
        already: each a list of the fields of ``EspaceRights``. Without, one query reads them.
        """
        if not membre.is_active:
            return NO_RIGHTS
        if espaces is None:
            espaces = RIGHTS.fetch(membre=membre.pk, on=timezone.localdate(), at=timezone.now())
        espaces = [EspaceRights(*row) for row in espaces]
        return Rights(
            readable=frozenset(e.pk for e in espaces),
            since={e.pk: _midnight(e.arrivee) for e in espaces if e.arrivee},
            entered=frozenset(e.pk for e in espaces if e.charte_acceptee),
            peer=frozenset(e.pk for e in espaces if e.is_peer or e.is_animateur),
            animated=frozenset(e.pk for e in espaces if e.is_animateur and e.charte_acceptee),
            facilitated=frozenset(e.pk for e in espaces if e.is_animateur),
        )

    def _with_rights(self, membre, on):
        audience = models.ExpressionWrapper(OuterRef("audience"), models.CharField())
        seats = (
            Siege.objects.active(on)
            .alias(audience=audience)
            .filter(
                Q(audience=Espace.Audience.COLLEGE, college=OuterRef("college"))
                | Q(audience=Espace.Audience.DELEGATION, territoire=OuterRef("territoire"))
                & ~Q(college="")
                | Q(audience=Espace.Audience.TOUS),
                membre=membre,
            )
        )
        named = Nomination.objects.active().filter(espace=OuterRef("pk"), membre=membre)
        accepted = AcceptationCharte.objects.filter(
            membre=membre, charte=OuterRef("charte_courante")
        )
        return self.annotate(
            is_peer=Exists(seats),
            is_animateur=Exists(named.filter(role=Nomination.Role.ANIMATION)),
            is_lecteur=Exists(named.filter(role=Nomination.Role.LECTURE)),
            charte_courante=Subquery(
                Charte.objects.filter(espace=OuterRef("pk")).order_by("-version").values("pk")[:1]
            ),
            charte_acceptee=as_boolean(Q(charte_courante__isnull=True) | Q(Exists(accepted))),
            arrivee=Case(
                When(
                    OPEN_TO_SUCCESSORS
                    | Q(is_animateur=True)
                    | Q(is_lecteur=True)
                    | Q(Exists(seats.filter(succede_a=None))),
                    then=Value(None),
                ),
                default=Subquery(seats.order_by("debut").values("debut")[:1]),
                output_field=models.DateField(),
            ),
        )


def _facilitating():
    return Nomination.objects.active().filter(role=Nomination.Role.ANIMATION)


class EspaceRights(NamedTuple):
    """What one member is to a space that is open to them."""

    pk: int
    is_peer: bool
    is_animateur: bool
    charte_acceptee: bool
    arrivee: date | str | None
    """The day since when topics are read there, where they succeed somebody."""


RIGHTS = Prepared(
    lambda **given: Espace.objects.open_to(**given).order_by().values_list(*EspaceRights._fields),
    membre=-1_848,
    on=date(1848, 2, 24),
    at=datetime(1848, 2, 24, tzinfo=UTC),
)


def _midnight(day):
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return timezone.make_aware(datetime.combine(day, time.min))


class Espace(models.Model):
    """A peer space: one machina forum, and who it is for.

    Its name and purpose are the forum's. The readers are the holders of an active seat that its
    audience names, its facilitators, and those named readers one by one; nobody else.
    """

    class Audience(models.TextChoices):
        COLLEGE = "college", "Un collège"
        DELEGATION = "delegation", "La délégation d’un territoire"
        TOUS = "tous", "Toute la cohorte, allié·es compris·es"

    forum = models.OneToOneField("forum.Forum", models.PROTECT, related_name="espace")
    slug = models.SlugField("adresse", max_length=60, unique=True)
    audience = models.CharField("pour qui", max_length=10, choices=Audience)
    college = models.CharField("collège", max_length=20, choices=College, blank=True)
    territoire = models.ForeignKey(
        "communaute.Territoire",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="espaces",
        verbose_name="territoire",
    )
    premoderation = models.BooleanField(
        "relecture avant parution",
        default=False,
        help_text="Chaque message attend que l’animation l’accepte.",
    )
    anterieur_ouvert_le = models.DateField(
        "ouvert aux successeurs et successeuses depuis le", null=True, blank=True, editable=False
    )
    anterieur_ferme_le = models.DateField("refermé le", null=True, blank=True, editable=False)

    accueil = models.ForeignKey(
        "forum_conversation.Topic",
        models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        verbose_name="sujet de bienvenue",
    )

    objects = EspaceQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "espace"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(audience="college", college__in=College.values, territoire=None)
                | Q(audience="delegation", college="", territoire__isnull=False)
                | Q(audience="tous", college="", territoire=None),
                name="espace_audience_coherente",
                violation_error_message=(
                    "Un espace de collège nomme un collège, un espace de délégation un territoire, "
                    "un espace commun ni l’un ni l’autre."
                ),
            )
        ]

    def __str__(self):
        return self.nom

    def get_absolute_url(self):
        return reverse("communaute:espace", args=[self.slug])

    @property
    def nom(self):
        return self.forum.name

    @property
    def objet(self):
        """What the space is for, in its founders' words."""
        return self.forum.description.raw if self.forum.description else ""

    @property
    def audience_label(self):
        """Who the space is for, in a few words."""
        if self.audience == self.Audience.COLLEGE:
            return self.get_college_display()
        if self.audience == self.Audience.DELEGATION:
            return f"Délégation : {self.territoire}"
        return self.get_audience_display()

    @property
    def is_open_to_successors(self):
        """Whether successors read what was said before they arrived."""
        return self.anterieur_ouvert_le is not None and self.anterieur_ferme_le is None

    def open_to_successors(self, is_open):
        """Open to successors what was said before they arrived, or close it to them again, from today on."""
        if is_open == self.is_open_to_successors:
            return
        if is_open:
            self.anterieur_ouvert_le, self.anterieur_ferme_le = timezone.localdate(), None
        else:
            self.anterieur_ferme_le = timezone.localdate()

    @property
    def animateurs(self):
        """The members who facilitate this space today."""
        return self._named(Nomination.Role.ANIMATION)

    @property
    def lecteurs(self):
        """The members named to read this space without taking part, today."""
        return self._named(Nomination.Role.LECTURE)

    def _named(self, role):
        nominations = self.nominations.active().filter(role=role)
        return Membre.objects.filter(pk__in=nominations.values("membre"))

    @transaction.atomic
    def nominate(self, role, membres):
        """Make ``membres`` those who hold ``role`` here; whoever no longer does is kept on record."""
        current = self.nominations.active().filter(role=role)
        current.exclude(membre__in=membres).update(jusqua=timezone.now())
        held = set(current.values_list("membre", flat=True))
        for membre in membres:
            if membre.pk not in held:
                self.nominations.create(membre=membre, role=role)

    def entrust_to(self, membre):
        """Make ``membre`` one of those who facilitate this space; returns whether they were not yet."""
        nominations = self.nominations.active().filter(role=Nomination.Role.ANIMATION)
        if nominations.filter(membre=membre).exists():
            return False
        self.nominations.create(membre=membre, role=Nomination.Role.ANIMATION)
        return True

    @property
    def charte(self):
        """The charter in force, or None while there is none."""
        return self.chartes.order_by("-version").first()

    def name_forum(self, nom, objet):
        """Give this space its name and purpose, and its forum when it has none yet."""
        if self.forum_id is None:
            self.forum = apps.get_model("forum", "Forum")()
        self.forum.rename(nom, objet)
        self.forum_id = self.forum.pk

    @transaction.atomic
    def adopt_charte(self, texte):
        """Make ``texte`` the charter in force; the same text is no new version. Returns the charter."""
        Espace.objects.select_for_update(no_key=True).get(pk=self.pk)
        texte = "\n".join(texte.split("\r\n")).strip()  # as a form sends it, or as it was written
        current = self.charte
        if current and current.texte == texte:
            return current
        return self.chartes.create(texte=texte, version=current.version + 1 if current else 1)

    def audience_filter(self):
        """The condition on ``Siege`` that makes its holder a peer of this space."""
        if self.audience == self.Audience.COLLEGE:
            return Q(college=self.college)
        if self.audience == self.Audience.DELEGATION:
            return Q(territoire=self.territoire) & ~Q(college="")
        return Q()

    def former_readers(self):
        """Those who could read this space and no longer can: a list of dicts, the latest first.

        Each has ``membre``, ``qualite`` and ``jusqua`` (a date). Nominations are told for good, seats
        for ``FORMER_READERS_SHOWN``, and a suspension as long as it holds, as if a seat had ended.
        """
        today = timezone.localdate()
        suspensions = list(self.suspensions.active().select_related("membre"))
        suspended = [suspension.membre for suspension in suspensions]
        models.prefetch_related_objects(
            suspended, models.Prefetch("sieges", Siege.objects.speaking())
        )
        readers = Membre.objects.filter(
            Q(pk__in=self.readers().values("pk")) | Q(pk__in=[membre.pk for membre in suspended])
        )
        sieges = Siege.objects.filter(
            self.audience_filter(), fin__lt=today, fin__gte=today - FORMER_READERS_SHOWN
        ).exclude(membre__in=readers)
        nominations = self.nominations.filter(jusqua__isnull=False).exclude(membre__in=readers)
        former = (
            [
                {"membre": siege.membre, "qualite": siege.qualite, "jusqua": siege.fin}
                for siege in sieges.select_related("membre", "territoire", "allie")
            ]
            + [
                {
                    "membre": nomination.membre,
                    "qualite": nomination.get_role_display(),
                    "jusqua": timezone.localdate(nomination.jusqua),
                }
                for nomination in nominations.select_related("membre")
            ]
            + [
                {
                    "membre": suspension.membre,
                    "qualite": suspension.membre.qualite,
                    "jusqua": timezone.localdate(suspension.depuis),
                }
                for suspension in suspensions
            ]
        )
        return sorted(former, key=lambda reader: reader["jusqua"], reverse=True)

    def readers(self):
        """All the members who can read this space today."""
        return Membre.objects.readers_of(self)

    def count_readers(self, opened):
        """How many of them read a topic that was ``opened`` on that day."""
        now = timezone.now()
        [(count,)] = READERS_COUNT.fetch(
            espace=self.pk, on=timezone.localdate(now), at=now, opened=opened
        )
        return count


READERS_COUNT = Prepared(
    lambda espace, on, at, opened: (
        Espace.objects.filter(pk=espace)
        .order_by()
        .with_readers_count(on=on, at=at, opened=opened)
        .values_list("readers_count")
    ),
    espace=-1_848,
    on=date(1848, 2, 24),
    at=datetime(1848, 2, 24, tzinfo=UTC),
    opened=date(1848, 2, 26),
)


class NominationQuerySet(models.QuerySet):
    def active(self):
        """Nominations that hold today."""
        return self.filter(jusqua__isnull=True)


class Nomination(models.Model):
    """That a member facilitates a space, or may read it, from one moment to another.

    It ends and is never deleted: the members of the space see who could read it, and when.
    """

    class Role(models.TextChoices):
        ANIMATION = "animation", "Animation"
        LECTURE = "lecture", "Lecture"

    espace = models.ForeignKey(Espace, models.PROTECT, related_name="nominations")
    membre = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="nominations", verbose_name="membre"
    )
    role = models.CharField("rôle", max_length=10, choices=Role)
    depuis = models.DateTimeField("depuis", default=timezone.now)
    jusqua = models.DateTimeField("jusqu’à", null=True, blank=True)

    objects = NominationQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "nomination"
        ordering = ["-depuis", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["espace", "membre", "role"],
                condition=Q(jusqua__isnull=True),
                name="nomination_active_unique",
            )
        ]

    def __str__(self):
        return f"{self.membre} — {self.get_role_display()} — {self.espace}"


class Charte(models.Model):
    """What one accepts before entering a space. A change is a new version, to be accepted anew."""

    espace = models.ForeignKey(Espace, models.CASCADE, related_name="chartes")
    version = models.PositiveSmallIntegerField("version", default=1)
    texte = models.TextField("texte", help_text="En Markdown.")
    created_at = models.DateTimeField("écrite le", auto_now_add=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "charte"
        ordering = ["espace", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["espace", "version"], name="charte_version_unique")
        ]

    def __str__(self):
        return f"Charte de {self.espace}, version {self.version}"

    @property
    def texte_rendu(self):
        """The text as safe HTML."""
        return markdown.render(self.texte)

    def accept(self, membre):
        """Record that ``membre`` accepts this version, and join its space; twice is as good as once."""
        AcceptationCharte.objects.get_or_create(membre=membre, charte=self)
        apps.get_model("communaute", "Participation").objects.join(membre, self.espace)


class AcceptationCharteQuerySet(models.QuerySet):
    def latest_of(self, membre, espace):
        """That of the latest version of the charter of a space that ``membre`` accepted, or None."""
        found = self.filter(membre=membre, charte__espace=espace).select_related("charte")
        return found.order_by("-charte__version").first()


class AcceptationCharte(models.Model):
    """The trace of one member's acceptance of one version of a charter."""

    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    charte = models.ForeignKey(Charte, models.PROTECT, related_name="acceptations")
    accepted_at = models.DateTimeField("acceptée le", auto_now_add=True)

    objects = AcceptationCharteQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "acceptation de charte"
        constraints = [
            models.UniqueConstraint(fields=["membre", "charte"], name="charte_acceptee_une_fois")
        ]

    def __str__(self):
        return f"{self.membre} — {self.charte}"
