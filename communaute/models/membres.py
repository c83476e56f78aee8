"""Members and the seats they hold."""

from datetime import UTC, date, datetime

from django.apps import apps
from django.conf import settings
from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser, Permission
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Lower, TruncDate
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.functional import cached_property

from communaute import conservation
from communaute.dates import day_said
from communaute.prepared import Prepared


class College(models.TextChoices):
    """The four kinds of actors that make a territory move, nicknamed *les Quatre Fantastiques*."""

    ELUS = "elus", "Élu·es"
    AGENTS = "agents", "Agent·es des collectivités"
    ETAT = "etat", "Agent·es de l’État"
    SOCIO_ECONOMIQUES = "socio_economiques", "Acteurs et actrices socio-économiques"


NEVER_GRANTED = {
    "communaute.delete_membre",
    "communaute.delete_siege",
    "communaute.delete_espace",
}
"""A member is anonymised, a seat ends, a space keeps what was said: none of them is deleted."""


NEVER = datetime(1970, 1, 1, tzinfo=UTC)
FORMER = "Ancien·ne membre"
"""What those who left are called, all of them."""


def new_reference():
    """A random reference of 80 bits, in letters and digits that cannot be taken for one another."""
    return get_random_string(16, "abcdefghijkmnpqrstuvwxyz23456789")


class Rythme(models.TextChoices):
    """How often a member hears from their spaces."""

    QUOTIDIEN = "quotidien", "Un résumé par jour, s’il s’est passé quelque chose"
    HEBDOMADAIRE = "hebdomadaire", "Un résumé par semaine, le lundi"
    CHOISIS = "choisis", "Un résumé les jours que je choisis"
    JAMAIS = "jamais", "Rien : je viens voir de moi-même"


def as_boolean(condition):
    """``condition`` as what a query can be annotated with."""
    return models.ExpressionWrapper(condition, output_field=models.BooleanField())


class Rows(models.Subquery):
    """What a query of these ``columns`` finds, as a list in its order: of values where there is one column,
    of lists where there are more; None when it finds nothing.
    """

    template = "(SELECT %(gather)s(%(row)s) FROM (%(subquery)s) bounded)"
    output_field = models.JSONField()

    def __init__(self, queryset, *columns):
        super().__init__(queryset.values(*columns))
        self.columns = [f"bounded.{column}" for column in columns]

    def as_sql(self, compiler, connection):
        return self._gathered(compiler, connection, "JSON_GROUP_ARRAY", "JSON_ARRAY")

    def as_postgresql(self, compiler, connection):
        return self._gathered(compiler, connection, "JSONB_AGG", "JSONB_BUILD_ARRAY")

    def _gathered(self, compiler, connection, gather, array):
        row = ", ".join(self.columns)
        row = f"{array}({row})" if len(self.columns) > 1 else row
        return super().as_sql(compiler, connection, gather=gather, row=row)


class MembreQuerySet(models.QuerySet):
    def readers_of(self, espace, opened=None):
        """The members who may enter ``espace``: the mirror of ``Espace.objects.open_to``.

        Given the day when a topic was ``opened``, those of them who read it: successors who arrived later
        do not, unless the space is open to them.
        """
        peers = Siege.objects.giving_access_to(espace)
        if opened and not espace.is_open_to_successors:
            peers = peers.reading_since(opened)
        return self.filter(
            Q(is_active=True),
            Q(pk__in=peers.values("membre"))
            | Q(pk__in=espace.nominations.active().values("membre")),
            ~Q(pk__in=espace.suspensions.active().values("membre")),
        )

    def met_by(self, user, on=None, at=None):
        """The members whose name ``user`` is shown already: they can enter a space that ``user`` may enter,
        as its list of readers says, today and now or then; and oneself.
        """
        rights = apps.get_model("communaute", "Espace").objects.readable_by(user)
        met = Q(self._can_enter("pk", rights, on, at))
        return self.filter(Q(pk=user.pk) | met, is_active=True)

    def near(self, membre, user):
        """The condition that the member whom the field ``membre`` names can enter a space of peers whose
        charter ``user`` accepted, or is ``user``; what is common to the whole cohort is none.
        """
        espaces = apps.get_model("communaute", "Espace").objects
        peers = espaces.entered_by(user).exclude(audience="tous")
        return as_boolean(Q(**{membre: user.pk}) | Q(self._can_enter(membre, peers)))

    def _can_enter(self, membre, espaces, on=None, at=None):
        """Whether the member whom the field ``membre`` names can enter one of ``espaces``."""
        opened = espaces.open_to(OuterRef(OuterRef(membre)), on, at)
        return Exists(opened.order_by())

    def holding(self, college="", territoire=None):
        """Those who hold a seat of this collège and this territory, each where it is given."""
        asked = {"college": college} if college else {}
        asked |= {"territoire": territoire} if territoire else {}
        if not asked:
            return self
        return self.filter(pk__in=Siege.objects.active().filter(**asked).values("membre"))

    def seated(self):
        """Those who hold a seat today."""
        return self.filter(pk__in=Siege.objects.active().values("membre"))

    def facilitating(self):
        """Those who facilitate a space today."""
        named = apps.get_model("communaute", "Nomination").objects.active()
        return self.filter(pk__in=named.filter(role="animation").values("membre"))

    def administrators(self):
        """Those who set the cohort up, and can sign in."""
        granted = Permission.objects.filter(
            content_type__app_label="communaute", codename="change_cohorte"
        )
        named = self.model.objects.filter(
            Q(is_superuser=True)
            | Q(groups__permissions__in=granted)
            | Q(user_permissions__in=granted)
        )
        return self.filter(pk__in=named.values("pk"), is_active=True)

    def taking_letter(self):
        """Those who take the letter of the week."""
        return self.filter(is_active=True, lettre=True)

    def written_to(self, day):
        """Those whose address takes mail, and who did not ask to be left alone that day."""
        resting = Q(pause_jusqu_au__gte=day)
        return self.filter(~resting | Q(pause_jusqu_au=None), courriel_refuse_le=None)

    def absent_since(self, day):
        """Those who have an account and did not come from that day on, each with ``visite``, their last."""
        known = (TruncDate("last_login"), TruncDate("date_joined"))
        return self.annotate(visite=Coalesce("vu_le", *known)).filter(parti_le=None, visite__lt=day)

    def to_warn(self):
        """Those whose account has slept for so long that they are told, once, before it is forgotten."""
        day = conservation.months_before(timezone.localdate(), conservation.COMPTE_AVERTI)
        untold = Q(prevenu_le=None) | Q(prevenu_le__lte=F("visite"))
        return self.absent_since(day).filter(untold)

    def to_forget(self):
        """Those who were told in time, and did not come back."""
        today = timezone.localdate()
        day = conservation.months_before(today, conservation.COMPTE)
        told = Q(prevenu_le__gt=F("visite"), prevenu_le__lte=today - conservation.PREAVIS)
        return self.absent_since(day).filter(told)

    def with_college(self):
        """Annotate the ``cote`` of each: the collège of the seat they speak from; of none, empty or None."""
        sieges = Siege.objects.active().filter(membre=OuterRef("pk"))
        return self.annotate(cote=models.Subquery(sieges.values("college")[:1]))

    def with_sieges(self):
        """Fetch what ``Membre.qualite`` and ``Membre.college`` read, in a constant number of queries."""
        return self.prefetch_related(models.Prefetch("sieges", Siege.objects.speaking()))


class MembreManager(BaseUserManager.from_queryset(MembreQuerySet)):
    use_in_migrations = False

    def by_key(self, pk):
        """The member of this key, as ``get`` finds them, with what is asked of them at every request."""
        found = BY_KEY.fetch(membre=pk, on=timezone.localdate(), at=timezone.now())
        if not found:
            raise self.model.DoesNotExist
        return found[0]

    def held(self, pk):
        """The same, held until the transaction ends: what they do and their leaving follow one another.

        Their key is left free, for what others write about them meanwhile.
        """
        found = HELD.fetch(membre=pk)
        if not found:
            raise self.model.DoesNotExist
        return found[0]

    def get_by_natural_key(self, email):
        return self.get(email=email.lower())

    def create_user(self, email, password=None, **fields):
        """Create a member; without ``password``, one who signs in by resetting it."""
        membre = self.model(email=email, **fields)
        membre.set_password(password)
        membre.save(using=self._db)
        return membre

    def create_superuser(self, email, password=None, **fields):
        """Create a technical administrator: who configures the site, and reads no space by that."""
        return self.create_user(email, password, is_superuser=True, **fields)


class Membre(AbstractUser):
    """A person with an account. What they are in the cohort is said by their seats.

    Members are anonymised, never deleted: what others answered them stays.
    """

    username = None
    is_staff = None
    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    email = models.EmailField("adresse électronique", unique=True)
    nomme_publiquement = models.BooleanField(
        "être nommé·e sur la page publique de mon territoire", default=False
    )

    rythme = models.CharField(
        "des nouvelles", max_length=15, choices=Rythme, default=Rythme.QUOTIDIEN
    )
    jours = models.JSONField("jours choisis", default=list, blank=True)
    lettre = models.BooleanField("la lettre de la semaine", default=True)
    pause_jusqu_au = models.DateField("pause jusqu’au", null=True, blank=True)
    courriel_refuse_le = models.DateTimeField(
        "adresse refusée le", null=True, blank=True, editable=False
    )

    vu_le = models.DateField("venu·e le", null=True, editable=False)
    prevenu_le = models.DateField("prévenu·e le", null=True, editable=False)
    decisions_vues_le = models.DateTimeField("décisions vues le", null=True, editable=False)
    parti_le = models.DateTimeField("parti·e le", null=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["first_name", "last_name"]

    objects = MembreManager()

    class Meta:
        verbose_name = "membre"
        ordering = ["last_name", "first_name"]
        permissions = [("export_membre", "Exporter les listes de la gestion")]
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")),
                name="membre_email_en_minuscules",
                violation_error_message="L’adresse s’écrit en minuscules.",
            )
        ]

    def __str__(self):
        return self.get_full_name()

    def clean(self):
        super().clean()
        self.email = self.email.lower()

    def save(self, *args, **kwargs):
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    def has_perm(self, perm, obj=None):
        """As Django's; what others built on is deleted by nobody, whichever page is used."""
        return perm not in NEVER_GRANTED and super().has_perm(perm, obj)

    def get_full_name(self):
        """The name peers see; never the address. Those who left have none."""
        return FORMER if self.parti_le else super().get_full_name() or "Membre"

    @cached_property
    def rights(self):
        """This member's rights on every space, read once and kept as long as this instance."""
        from communaute.models.espaces import Espace

        # As ``by_key`` has read already: a list, or None where it is empty.
        read = {"espaces": self.espaces_ouverts or ()} if hasattr(self, "espaces_ouverts") else {}
        return Espace.objects.rights_of(self, **read)

    @cached_property
    def opens_back_office(self):
        """Whether a group of theirs opens the back office to this member, as ``by_key`` has read already."""
        return _opening_back_office(self.pk).exists()

    @cached_property
    def awaits_bell(self):
        """Whether anything is said to this member that they have not seen, as ``by_key`` has read already:
        what they may not read any more counts too.
        """
        return _said_to(self.pk).exists()

    @cached_property
    def awaits_decision(self):
        """Whether something was decided, about this member or what they reported, since they last looked, as
        ``by_key`` has read already.
        """
        return Membre.objects.filter(_decided_for(self.pk), pk=self.pk).exists()

    @cached_property
    def siege(self):
        """The active seat that says who speaks, or None, read once. From ``with_sieges`` in lists."""
        return next((siege for siege in self.sieges.all() if siege.is_active), None)

    @property
    def college(self):
        """The code of this member's collège, or an empty string."""
        return self.siege.college if self.siege else ""

    @property
    def qualite(self):
        """In what capacity this member speaks: function, then territory or allied organisation."""
        return self.siege.qualite if self.siege else ""


def unshown(path):
    """The fields of the member reached by ``path`` that what they say does not show: all but their name and
    the address of their page.
    """
    shown = {"id", "first_name", "last_name", "parti_le", "reference"}
    fields = (field.name for field in Membre._meta.concrete_fields)
    return [f"{path}__{name}" for name in fields if name not in shown]


def _opening_back_office(membre):
    """The permissions that open the back office to ``membre``, by themselves or by a group of theirs."""
    return Permission.objects.filter(
        Q(group__user=membre) | Q(user=membre),
        content_type__app_label="wagtailadmin",
        codename="access_admin",
    ).order_by()


def _said_to(membre):
    """What is said to ``membre`` and was not seen yet."""
    return apps.get_model("communaute", "Notification").objects.filter(membre=membre).addressed()


def _decided_for(membre):
    """The condition on the row of ``membre`` that others decided what they have not seen yet."""
    seen = Coalesce(OuterRef("decisions_vues_le"), Value(NEVER))
    acts = apps.get_model("communaute", "ActeModeration").objects.filter(membre=membre)
    reports = apps.get_model("communaute", "Alerte").objects.filter(membre=membre)
    return Q(Exists(acts.filter(fait_le__gt=seen).exclude(par=membre).order_by())) | Q(
        Exists(reports.filter(decision__fait_le__gt=seen).order_by())
    )


def _by_key(membre, on, at):
    from communaute.models.espaces import Espace, EspaceRights

    return (
        Membre.objects.filter(pk=membre)
        .order_by()
        .annotate(
            opens_back_office=Exists(_opening_back_office(membre)),
            awaits_bell=Exists(_said_to(membre)),
            awaits_decision=as_boolean(_decided_for(membre)),
            espaces_ouverts=Rows(
                Espace.objects.open_to(membre, on, at).order_by(), *EspaceRights._fields
            ),
        )
    )


BY_KEY = Prepared(
    _by_key,
    membre=-1_848,
    on=date(1848, 2, 24),
    at=datetime(1848, 2, 24, tzinfo=UTC),
)
HELD = Prepared(
    lambda membre: Membre.objects.select_for_update(no_key=True).filter(pk=membre).order_by(),
    membre=-1_848,
)


class Allie(models.Model):
    """An organisation of the ecosystem that shares the approach and supports territories."""

    nom = models.CharField("nom", max_length=150, unique=True)
    presentation = models.TextField("présentation", blank=True)

    class Meta:
        verbose_name = "allié"
        verbose_name_plural = "alliés"
        ordering = ["nom"]

    def __str__(self):
        return self.nom


def reads_since(opened):
    """The condition on a seat that its holder reads a topic ``opened`` on that day: it succeeds to no other,
    or had begun by then.
    """
    return Q(succede_a=None) | Q(debut__lte=opened)


class SiegeQuerySet(models.QuerySet):
    def active(self, on=None):
        """Seats held on the given date (today by default): first and last day included."""
        on = on or timezone.localdate()
        return self.filter(Q(fin__isnull=True) | Q(fin__gte=on), debut__lte=on)

    def speaking(self, on=None):
        """Active seats with what ``qualite`` names."""
        return self.active(on).select_related("territoire", "allie")

    def giving_access_to(self, espace):
        """Active seats whose holder is among the peers of ``espace``."""
        return self.active().filter(espace.audience_filter())

    def ended(self):
        """Seats that nobody holds any more."""
        return self.filter(fin__lt=timezone.localdate())

    def to_come(self):
        """Seats that nobody holds yet."""
        return self.filter(debut__gt=timezone.localdate())

    def held_by(self, membre, on=None):
        """Those that the member of this key, whose account is open, holds on the given day."""
        return self.active(on).filter(membre=membre, membre__is_active=True)

    def reading_since(self, opened):
        """Those whose holder reads a topic ``opened`` on that day."""
        return self.filter(reads_since(opened))


class Siege(models.Model):
    """What a member is in the cohort, from one date to another.

    Held for a collège or for an allied organisation, never both. A seat outlives its holder:
    ended seats are kept, and open nothing. It passes on: the seat that succeeds it reads a space from its
    first day on, unless the space opens to successors what was said before.
    """

    membre = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="sieges", verbose_name="membre"
    )
    college = models.CharField("collège", max_length=20, choices=College, blank=True)
    allie = models.ForeignKey(
        Allie,
        models.PROTECT,
        related_name="sieges",
        null=True,
        blank=True,
        verbose_name="organisation alliée",
    )
    territoire = models.ForeignKey(
        "communaute.Territoire",
        models.PROTECT,
        related_name="sieges",
        null=True,
        blank=True,
        verbose_name="territoire",
        help_text="Vide pour qui représente plusieurs territoires, l’État ou une organisation alliée.",
    )
    fonction = models.CharField("fonction", max_length=120)
    debut = models.DateField("depuis le", default=timezone.localdate)
    fin = models.DateField("jusqu’au", null=True, blank=True, help_text="Dernier jour compris.")
    succede_a = models.OneToOneField(
        "self",
        models.PROTECT,
        related_name="successeur",
        null=True,
        blank=True,
        verbose_name="succède à",
    )

    objects = SiegeQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "siège"
        ordering = ["-debut", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(college="", allie__isnull=False)
                | (~Q(college="") & Q(allie__isnull=True)),
                name="siege_college_ou_allie",
                violation_error_message="Un siège est tenu pour un collège ou pour une organisation alliée.",
            ),
            models.CheckConstraint(
                condition=Q(college__in=["", *College.values]),
                name="siege_college_connu",
                violation_error_message="Ce collège n’existe pas.",
            ),
            models.CheckConstraint(
                condition=Q(fin__isnull=True) | Q(fin__gte=F("debut")),
                name="siege_fin_apres_debut",
                violation_error_message="Un siège ne peut finir avant d’avoir commencé.",
            ),
        ]

    def __str__(self):
        return f"{self.membre} — {self.qualite}"

    def clean(self):
        """Refuse that a seat and the one that it succeeds overlap, or are not the same place."""
        super().clean()
        if self.succede_a:
            self._check_after(self.succede_a)
        successor = Siege.objects.filter(succede_a=self.pk).first() if self.pk else None
        if successor and (self.fin is None or self.fin >= successor.debut):
            raise ValidationError(
                {
                    "fin": f"Ce siège est passé à {successor.membre} : il finit avant le "
                    f"{day_said(successor.debut)}."
                }
            )

    def _check_after(self, before):
        same = ("college", "territoire_id", "allie_id")
        if any(getattr(self, name) != getattr(before, name) for name in same):
            raise ValidationError(
                "Un siège passe dans le même collège et le même territoire, ou la même organisation alliée."
            )
        if self.membre_id == before.membre_id:
            raise ValidationError({"membre": "Un siège passe à une autre personne."})
        if before.fin is None or before.fin >= self.debut:
            raise ValidationError({"debut": "Le siège d’avant finit la veille au plus tard."})

    @transaction.atomic
    def pass_on(self, membre, fonction, fin, debut):
        """End this seat on the day ``fin``, and return the one that ``membre`` holds after it."""
        before = Siege.objects.select_for_update(no_key=True).get(pk=self.pk)
        after = before.passed_to(membre, fonction, fin, debut)
        before.save()
        after.save()
        return after

    def passed_to(self, membre, fonction, fin, debut):
        """The seat that ``membre`` would hold after this one, ended on the day ``fin``; neither is saved.

        ``ValidationError`` says why it cannot be.
        """
        self.fin = fin
        after = Siege(
            membre=membre,
            college=self.college,
            territoire_id=self.territoire_id,
            allie_id=self.allie_id,
            fonction=fonction,
            debut=debut,
            succede_a=self,
        )
        self.full_clean()
        after.full_clean()
        return after

    @property
    def is_active(self):
        """Whether the seat is held today."""
        return self.debut <= timezone.localdate() and (
            self.fin is None or self.fin >= timezone.localdate()
        )

    @property
    def qualite(self):
        """Function, then territory or allied organisation."""
        place = self.allie or self.territoire
        return ", ".join(str(part) for part in (self.fonction, place) if part)


SPEAKING = Prepared(
    lambda membres, on: Siege.objects.speaking(on).filter(membre__in=membres),
    membres=-20_000,
    on=date(1848, 2, 24),
)


def seat(membres):
    """Give each of ``membres`` the ``siege`` that says in what capacity they speak, in one query."""
    keys = list({membre.pk for membre in membres})
    sieges = SPEAKING.fetch(membres=keys, on=timezone.localdate())
    speaking = {siege.membre_id: siege for siege in reversed(sieges)}
    for membre in membres:
        membre.siege = speaking.get(membre.pk)
