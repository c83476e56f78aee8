"""Care for a space: what is reported, what its facilitators decide, and the record of it."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from communaute.models.cohorte import Cohorte
from communaute.models.echanges import new_reference
from communaute.models.espaces import AcceptationCharte, rights_of, within


class Acte(models.TextChoices):
    """Every act of moderation. Each is on record."""

    EPINGLER = "epingler", "Sujet épinglé"
    DESEPINGLER = "desepingler", "Sujet désépinglé"
    FERMER = "fermer", "Sujet fermé aux réponses"
    ROUVRIR = "rouvrir", "Sujet rouvert aux réponses"
    DEPLACER = "deplacer", "Sujet déplacé"
    ACCUEILLIR = "accueillir", "Sujet de bienvenue choisi"
    CONGEDIER = "congedier", "Sujet de bienvenue retiré"
    MASQUER = "masquer", "Message masqué"
    DEMASQUER = "demasquer", "Message rétabli"
    APPROUVER = "approuver", "Message accepté"
    REFUSER = "refuser", "Message refusé"
    CLASSER = "classer", "Alerte classée sans suite"
    SUSPENDRE = "suspendre", "Membre suspendu"
    RETABLIR = "retablir", "Suspension levée"
    PREMODERER = "premoderer", "Relecture avant parution demandée"
    LIBERER = "liberer", "Relecture avant parution levée"
    CONFIRMER = "confirmer", "Décision confirmée en recours"
    INFIRMER = "infirmer", "Décision annulée en recours"
    EFFACER = "effacer", "Note effacée d’un compte rendu"
    VIDER = "vider", "Version d’un résumé effacée"
    ECARTER = "ecarter", "Position masquée"
    REMETTRE = "remettre", "Position rétablie"
    LIRE = "lire", "Lecture exceptionnelle d’un message signalé"


APPEALABLE = (Acte.MASQUER, Acte.REFUSER, Acte.SUSPENDRE)
"""What is decided against somebody, who may ask another facilitator to look at it again."""


class ActeModerationQuerySet(models.QuerySet):
    def readable_by(self, user):
        """What was done in the spaces one facilitates; anywhere one has entered, exceptional readings: where
        they took place, and where the message was moved since.

        A successor is told of those of the topics that they read.
        """
        rights = rights_of(user)
        told = Q(espace__in=rights.entered - rights.since.keys()) | within(
            "post__topic__", rights.entered, user
        )
        return self.filter(Q(espace__in=rights.animated) | told & Q(acte=Acte.LIRE))

    def of_espace(self, espace):
        """What was done in a space, with the exceptional readings of the messages that are there now."""
        return self.filter(Q(espace=espace) | Q(acte=Acte.LIRE, post__topic__forum=espace.forum_id))

    def concerning(self, user):
        """What was decided about ``user`` or what they wrote, wherever it was.

        Each says whether it happened in a space that they know (``espace_connu``): one whose charter
        they accepted once.
        """
        known = AcceptationCharte.objects.filter(membre=user.pk, charte__espace=OuterRef("espace"))
        return self.filter(membre=user.pk).annotate(espace_connu=Exists(known))


class ActeModeration(models.Model):
    """One act of moderation: who, what, about what, why. Never changed, never deleted.

    ``membre`` is whom it concerns: they are told of it, with its ``motif``, and may appeal.
    """

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    espace = models.ForeignKey("communaute.Espace", models.PROTECT, related_name="actes")
    acte = models.CharField("acte", max_length=12, choices=Acte)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    topic = models.ForeignKey(
        "forum_conversation.Topic", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    post = models.ForeignKey(
        "forum_conversation.Post", models.SET_NULL, null=True, blank=True, related_name="actes"
    )
    membre = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    motif = models.TextField("motif", max_length=2000, blank=True)
    fait_le = models.DateTimeField("fait le", default=timezone.now)

    objects = ActeModerationQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "acte de modération"
        verbose_name_plural = "actes de modération"
        ordering = ["-fait_le", "-pk"]
        indexes = [models.Index(fields=["espace", "-fait_le"], name="acte_de_l_espace")]

    def __str__(self):
        return self.get_acte_display()

    @property
    def named(self):
        """Whom it concerns, for those who facilitate: nobody of a position, which may be under a role."""
        return None if self.acte in (Acte.ECARTER, Acte.REMETTRE) else self.membre

    @property
    def is_in_force(self):
        """Whether what was decided against somebody still holds: nothing was decided after it."""
        if self.acte == Acte.SUSPENDRE:
            return self.suspension.is_active
        # A message is hidden at the very time of the act that hides it.
        return (
            self.acte in APPEALABLE
            and self.post is not None
            and self.post.masque_le == self.fait_le
        )


class AlerteQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those about a message of the spaces one facilitates that another wrote.

        That is the space where the message is now: it may have been moved.
        """
        animated = rights_of(user).animated
        return self.filter(post__topic__forum__espace__in=animated).exclude(post__poster=user.pk)

    def concerning(self, user):
        """Those that ``user`` sent, wherever it was."""
        return self.filter(membre=user.pk)

    def referred_to(self, user):
        """Those that say a message breaks the law, for the one person who may open it; none to others.

        What its author withdrew, or what waits for approval, is not among them.
        """
        return self.filter(
            Exists(Cohorte.objects.filter(referent=user.pk)),
            motif=Alerte.Motif.ILLICITE,
            post__retire_le=None,
            post__approved=True,
            post__topic__approved=True,
        )

    def waiting(self):
        """Those that nobody has decided on."""
        return self.filter(decision=None)


class Alerte(models.Model):
    """That someone reports a message to those who facilitate its space; ``espace`` is where it was then.

    Without a ``membre``, it came through the public form, from someone who may not read the space.
    """

    class Motif(models.TextChoices):
        PERSONNE = "personne", "Expose ou met en cause une personne"
        CONFIDENCE = "confidence", "Rapporte ce qui devait rester ailleurs"
        TON = "ton", "Blesse, méprise ou attaque"
        HORS_CHARTE = "hors_charte", "Ne respecte pas la charte"
        ILLICITE = "illicite", "Me paraît contraire à la loi"

    espace = models.ForeignKey("communaute.Espace", models.PROTECT, related_name="alertes")
    post = models.ForeignKey("forum_conversation.Post", models.CASCADE, related_name="alertes")
    membre = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    motif = models.CharField("motif", max_length=12, choices=Motif)
    texte = models.TextField("précisions", max_length=2000, blank=True)
    recue_le = models.DateTimeField("reçue le", auto_now_add=True)
    decision = models.ForeignKey(
        ActeModeration, models.PROTECT, null=True, blank=True, related_name="alertes"
    )

    objects = AlerteQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "alerte"
        ordering = ["recue_le", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "membre"],
                condition=Q(decision=None, membre__isnull=False),
                name="alerte_ouverte_unique",
            )
        ]

    def __str__(self):
        return self.get_motif_display()


class RecoursQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those that one may judge: in the spaces one facilitates, against what another decided.

        About a message, that is the space where it is now: it may have been moved.
        """
        animated = rights_of(user).animated
        return (
            self.filter(
                Q(acte__post__topic__forum__espace__in=animated)
                | Q(acte__post=None, acte__espace__in=animated)
            )
            .exclude(acte__par=user.pk)
            .exclude(acte__membre=user.pk)
        )

    def waiting(self):
        """Those that nobody has judged."""
        return self.filter(reponse=None)

    def of_espace(self, espace):
        """Those of a space."""
        return self.filter(
            Q(acte__post__topic__forum=espace.forum_id) | Q(acte__post=None, acte__espace=espace)
        )


class Recours(models.Model):
    """An appeal against a decision, by whom it concerns, judged by another facilitator of the space."""

    acte = models.OneToOneField(ActeModeration, models.PROTECT, related_name="recours")
    texte = models.TextField("texte", max_length=2000)
    forme_le = models.DateTimeField("formé le", auto_now_add=True)
    reponse = models.OneToOneField(
        ActeModeration, models.PROTECT, null=True, blank=True, related_name="tranche"
    )

    objects = RecoursQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "recours"
        verbose_name_plural = "recours"
        ordering = ["forme_le", "pk"]

    def __str__(self):
        return "Recours"


class SuspensionQuerySet(models.QuerySet):
    def active(self, at=None):
        """Those that hold at the given time (now by default)."""
        now = at or timezone.now()
        return self.filter(levee_le=None).filter(Q(jusqua=None) | Q(jusqua__gt=now))

    def readable_by(self, user):
        """Those of the spaces one facilitates."""
        return self.filter(espace__in=rights_of(user).animated)


class Suspension(models.Model):
    """That a member may not enter a space for a time, or until it is lifted."""

    espace = models.ForeignKey("communaute.Espace", models.PROTECT, related_name="suspensions")
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="suspensions")
    acte = models.OneToOneField(ActeModeration, models.PROTECT, related_name="suspension")
    depuis = models.DateTimeField("depuis", default=timezone.now)
    jusqua = models.DateTimeField("jusqu’au", null=True, blank=True)
    levee_le = models.DateTimeField("levée le", null=True, blank=True)

    objects = SuspensionQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "suspension"
        ordering = ["-depuis", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["espace", "membre"],
                condition=Q(levee_le=None),
                name="suspension_en_cours_unique",
            )
        ]

    def __str__(self):
        return f"{self.membre} — {self.espace}"

    @property
    def is_active(self):
        """Whether it holds now."""
        return self.levee_le is None and (self.jusqua is None or self.jusqua > timezone.now())
