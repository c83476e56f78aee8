"""How one comes in: the invitations that were sent, and the requests to join."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import Exists, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from communaute import conservation
from communaute.models.espaces import Espace, rights_of
from communaute.models.membres import Allie, College, Siege, new_reference

VALID_FOR = timedelta(days=14)
SALT = "invitation"


class Place(models.Model):
    """What one is, or asks to be, in the cohort: what a seat would say."""

    college = models.CharField("collège", max_length=20, choices=College, blank=True)
    territoire = models.ForeignKey(
        "communaute.Territoire",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="territoire",
    )
    fonction = models.CharField("fonction", max_length=120, blank=True)

    class Meta:
        abstract = True


def spaces_opened_by(college, territoire=None):
    """The spaces that a seat of ``college`` for ``territoire`` opens; without collège, that of an ally."""
    opened = Q(audience=Espace.Audience.TOUS)
    if college:
        opened |= Q(audience=Espace.Audience.COLLEGE, college=college)
        opened |= Q(audience=Espace.Audience.DELEGATION, territoire=territoire)
    return Espace.objects.filter(opened)


def facilitated_places(user):
    """The condition on a ``Place`` that makes it the affair of ``user``, who facilitates spaces: those of
    their collèges; where they facilitate a space for all, also that of allies.
    """
    animated = Espace.objects.filter(pk__in=rights_of(user).animated).order_by()
    of_college = animated.filter(audience=Espace.Audience.COLLEGE)
    for_all = animated.filter(audience=Espace.Audience.TOUS)
    return Q(college__in=of_college.values("college")) | Q(Exists(for_all), college="")


class InvitationQuerySet(models.QuerySet):
    def open(self):
        """Neither accepted nor revoked, whether or not their time has passed."""
        return self.filter(acceptee_le=None, revoquee_le=None)

    def pending(self):
        """Those that can be accepted now."""
        return self.open().filter(expire_le__gt=timezone.now())

    def to_send(self):
        """Pending, and whose mail has yet to leave: no server refused it."""
        return self.pending().filter(envoyee_le=None, refusee_le=None)

    def in_state(self, etat):
        """Those of the given ``Invitation.Etat``."""
        if etat == Invitation.Etat.EN_ATTENTE:
            return self.pending()
        if etat == Invitation.Etat.EXPIREE:
            return self.open().filter(expire_le__lte=timezone.now())
        if etat == Invitation.Etat.REVOQUEE:
            return self.filter(revoquee_le__isnull=False)
        return self.filter(acceptee_le__isnull=False)

    def outdated(self):
        """Those accepted, revoked or expired longer ago than they are kept."""
        long_ago = timezone.now() - conservation.INVITATION
        return self.filter(
            Q(acceptee_le__lt=long_ago)
            | Q(revoquee_le__lt=long_ago)
            | Q(acceptee_le=None, revoquee_le=None, expire_le__lt=long_ago)
        )

    def handled_by(self, user, everything):
        """Those that ``user`` follows: ``everything`` for whoever administers; for facilitators, those
        they sent and those to their collèges.
        """
        return self if everything else self.filter(Q(par=user) | facilitated_places(user))

    def bearing(self, jeton):
        """The invitation whose latest mail holds ``jeton``, or None: older links are dead."""
        try:
            reference, envoi = signing.loads(jeton, salt=SALT)
        except signing.BadSignature:
            return None
        return self.filter(reference=reference, envois=envoi).first()


def in_two_weeks():
    return timezone.now() + VALID_FOR


class Invitation(Place):
    """That someone is awaited: bound to an address, for one use, until a date.

    The link is made from the reference and the number of the mail, signed: nothing kept here opens it.
    """

    class Etat(models.TextChoices):
        EN_ATTENTE = "en_attente", "En attente"
        EXPIREE = "expiree", "Expirée"
        ACCEPTEE = "acceptee", "Acceptée"
        REVOQUEE = "revoquee", "Révoquée"

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    email = models.EmailField("adresse électronique")
    prenom = models.CharField("prénom", max_length=150, blank=True)
    nom = models.CharField("nom", max_length=150, blank=True)
    allie = models.ForeignKey(
        Allie,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="organisation alliée",
    )
    succede_a = models.ForeignKey(
        Siege,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="à la suite de",
    )
    espaces = models.ManyToManyField(
        Espace, blank=True, related_name="+", verbose_name="espaces à animer"
    )
    mot = models.TextField("mot personnel", max_length=1000, blank=True)
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="invitations_envoyees",
        verbose_name="invitée par",
    )
    creee_le = models.DateTimeField("créée le", auto_now_add=True)
    expire_le = models.DateTimeField("expire le", default=in_two_weeks)
    envois = models.PositiveSmallIntegerField("courriels", default=1)
    envoyee_le = models.DateTimeField("partie le", null=True)
    refusee_le = models.DateTimeField("courriel refusé le", null=True)
    acceptee_le = models.DateTimeField("acceptée le", null=True)
    revoquee_le = models.DateTimeField("révoquée le", null=True)
    membre = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="invitations_acceptees",
        null=True,
        verbose_name="membre",
    )

    objects = InvitationQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "invitation"
        ordering = ["-creee_le", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="invitation_email_en_minuscules"
            ),
            models.CheckConstraint(
                condition=Q(college="") | Q(allie=None), name="invitation_college_ou_allie"
            ),
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(acceptee_le=None, revoquee_le=None),
                name="invitation_une_par_adresse",
            ),
        ]

    def __str__(self):
        return f"Invitation {self.reference}"

    @property
    def etat(self):
        """Its ``Etat`` now."""
        if self.acceptee_le:
            return self.Etat.ACCEPTEE
        if self.revoquee_le:
            return self.Etat.REVOQUEE
        return self.Etat.EN_ATTENTE if self.expire_le > timezone.now() else self.Etat.EXPIREE

    @property
    def gives_seat(self):
        """Whether accepting it gives a seat; else it gives spaces to facilitate."""
        return bool(self.college or self.allie_id)

    @property
    def place(self):
        """What it makes one in the cohort, in a few words."""
        if not self.gives_seat:
            return "Animation"
        who = self.allie or self.get_college_display()
        return f"{who}, {self.territoire}" if self.territoire else f"{who}"

    @property
    def adresse(self):
        """The link of its latest mail."""
        jeton = signing.dumps([self.reference, self.envois], salt=SALT)
        return f"{settings.SITE_URL}{reverse('invitation', args=[jeton])}"


class AdhesionQuerySet(models.QuerySet):
    def waiting(self):
        """Those that nobody has answered."""
        return self.filter(reponse="")

    def handled_by(self, user, everything):
        """Those that ``user`` answers: all for whoever administers; for facilitators, those to their
        collèges.
        """
        return self if everything else self.filter(facilitated_places(user))

    def outdated(self):
        """Those answered, or left without an answer, longer ago than they are kept."""
        now = timezone.now()
        return self.filter(
            Q(repondue_le__lt=now - conservation.ADHESION_REPONDUE)
            | Q(repondue_le=None, recue_le__lt=now - conservation.ADHESION)
        )


class Adhesion(Place):
    """That someone asks to join, from the public site, and what they were answered."""

    class Reponse(models.TextChoices):
        INVITEE = "invitee", "Invitée"
        DECLINEE = "declinee", "Déclinée"

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    prenom = models.CharField("prénom", max_length=150)
    nom = models.CharField("nom", max_length=150)
    email = models.EmailField("adresse électronique")
    message = models.TextField("message", max_length=3000)
    recue_le = models.DateTimeField("reçue le", auto_now_add=True)
    reponse = models.CharField("réponse", max_length=10, choices=Reponse, blank=True)
    mot = models.TextField("mot", max_length=1000, blank=True)
    repondue_le = models.DateTimeField("répondue le", null=True)
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        verbose_name="répondue par",
    )

    objects = AdhesionQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "demande d’adhésion"
        verbose_name_plural = "demandes d’adhésion"
        ordering = ["recue_le", "pk"]

    def __str__(self):
        return f"Demande {self.reference}"
