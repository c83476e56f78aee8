"""What happened that members are told of: one log, from which the bell and the mails are made."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.urls import reverse
from django.utils import timezone

from communaute import conservation
from communaute.models.desaccords import Essai
from communaute.models.echanges import (
    TIME_TO_AGREE,
    AccordPromesse,
    DemandePromesse,
    readable_topic,
)
from communaute.models.lecture import Participation, Suivi, read_until
from communaute.models.lettres import Abonnement, Lettre
from communaute.models.membres import Membre, new_reference
from communaute.models.mises_en_commun import Accord, MiseEnCommun, VersionPassage
from communaute.models.moderation import ActeModeration
from communaute.models.rencontres import DateProposee, Presence, Rencontre

LEASE = timedelta(minutes=15)
"""How long a mail may be on its way before another worker takes it up again."""


class Motif(models.TextChoices):
    """Why one is told."""

    CITE = "cite", "On vous cite"
    DEMANDE = "demande", "On vous demande votre accord"
    REPONSE = "reponse", "On répond à votre sujet"
    SUJET = "sujet", "Un nouveau sujet"
    MESSAGE = "message", "Un nouveau message"
    CONNU = "connu", "Les réponses à une mise en commun sont là"
    PARU = "paru", "Un enseignement est né d’un échange"
    REVOIR = "revoir", "Le jour est venu d’en reparler"
    MERCI = "merci", "Merci : un enseignement est né grâce à votre accord"
    VEILLE = "veille", "Une rencontre approche"
    CHANGEE = "changee", "Une rencontre a changé"
    ANNULEE = "annulee", "Une rencontre est annulée"
    PLACE = "place", "Une place s’est libérée pour vous"
    FIXEE = "fixee", "Une date est fixée pour une rencontre"
    DATE = "date", "Une rencontre a une nouvelle date"
    CHERCHER = "chercher", "On cherche une date avec vous"
    TRI = "tri", "Dites ce qui reste dans la salle"
    RENDU = "rendu", "Le compte rendu d’une rencontre est là"


OF_MEETINGS = (Motif.VEILLE, Motif.CHANGEE, Motif.ANNULEE, Motif.PLACE, Motif.FIXEE, Motif.CHERCHER)
IN_THE_ROOM = (Motif.TRI, Motif.RENDU)
ADDRESSED = (
    *(Motif.CITE, Motif.DEMANDE, Motif.REPONSE, Motif.CONNU),
    *(*OF_MEETINGS, *IN_THE_ROOM),
)
"""What is said to somebody, and does not wait for a summary."""


def readable_evenement(path, user, asked_since=None):
    """The condition on an event, reached by ``path``, that ``user`` may read what it is about, and that it
    is there to be read: of a demand, that the time to answer, which began ``asked_since``, is not over.

    What it may be about is asked for apart: to plan the joins of them all takes databases longer than to
    answer.
    """
    shown = {f"{path}post__{name}": None for name in ("retire_le", "masque_le")}
    shown |= {f"{path}{name}approved": True for name in ("post__", "topic__")}
    asked_since = asked_since or timezone.now() - TIME_TO_AGREE
    asked = DemandePromesse.objects.filter(close_le=None, demandee_le__gt=asked_since)
    is_there = Q(**shown)
    is_there |= Q(Exists(asked.filter(pk=OuterRef(f"{path}demande"))))
    is_there |= Q(Exists(Essai.objects.filter(pk=OuterRef(f"{path}essai"), clos_le=None)))
    is_there |= _readable_mise(path, user) | _readable_rencontre(path, user)
    return readable_topic(f"{path}topic__", user) & is_there


def _readable_mise(path, user):
    """The condition on an event, of a topic that ``user`` may read, that what happened to a mise en commun is
    still so: their yes is awaited, all is known, its page is public.
    """
    quoi, here = f"{path}quoi", OuterRef(f"{path}mise")
    mise = MiseEnCommun.objects.filter(pk=here)
    asked = VersionPassage.objects.asked().filter(passage__mise_en_commun=OuterRef("pk"))
    awaited = Accord.objects.readable_by(user).unanswered()
    awaited = awaited.filter(version__passage__mise_en_commun=here)
    known = mise.filter(~Exists(asked), abandonnee_le=None)
    return Q(Exists(mise.filter(readable_topic("atelier__", user)))) & (
        Q(Exists(awaited), **{f"{quoi}__in": Evenement.ASKING})
        | Q(Exists(known), **{quoi: Evenement.Quoi.RESOLUE})
        | Q(Exists(mise.filter(page__live=True)), **{quoi: Evenement.Quoi.PARUE})
    )


def _readable_rencontre(path, user):
    """The condition on an event, of a topic that ``user`` may read, that what happened to a meeting is still
    so: it takes place, it is cancelled, a seat is kept for them, they were there, they are asked when they
    could come.
    """
    quoi, here = f"{path}quoi", OuterRef(f"{path}rencontre")
    takes_place = Rencontre.objects.filter(pk=here, annulee_le=None)
    own = Presence.objects.filter(membre=user.pk, rencontre=OuterRef("pk"))
    asked = DateProposee.objects.unanswered_by(user).filter(rencontre=OuterRef("pk"))
    return (
        Q(Exists(takes_place), **{f"{quoi}__in": Evenement.OF_ALL})
        | Q(**{quoi: Evenement.Quoi.ANNULEE})
        | Q(Exists(takes_place.filter(Exists(own.offered()))), **{quoi: Evenement.Quoi.PLACE})
        | Q(Exists(takes_place.filter(Exists(own.there()))), **{quoi: Evenement.Quoi.TRI})
        | Q(Exists(takes_place.filter(Exists(asked))), **{quoi: Evenement.Quoi.CHERCHER})
    )


class EvenementQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those of what ``user`` may read and is there to be read."""
        return self.filter(readable_evenement("", user))

    def outdated(self):
        """Those that are not told of any more."""
        return self.filter(cree_le__lt=timezone.now() - conservation.NOTIFICATION)


def _is_about(what, **quoi):
    """The condition on an event that it is about ``what``, and nothing else; it says no ``quoi``, but if
    told.
    """
    about = ("post", "demande", "mise", "rencontre", "essai")
    others = {other: None for other in about if other != what}
    return Q(**{f"{what}__isnull": False}, **others, **(quoi or {"quoi": ""}))


class Evenement(models.Model):
    """That a message appeared, or changed, that a promise is asked to be loosened, or ``quoi`` of a mise en
    commun, a meeting, or what is tried in a disagreement: written with it, and done with once all are told of
    it.

    Of a change, only those are told whom the message names and who were not told so before. What is done to
    several dates of a meeting at once is told once: ``autres_dates`` are the keys of the others.
    """

    class Quoi(models.TextChoices):
        DEMANDE = "demande", "Des accords sont demandés"
        RAPPEL = "rappel", "Des accords sont attendus"
        RESOLUE = "resolue", "Toutes les réponses sont connues"
        PARUE = "parue", "Un enseignement en est né"
        VEILLE = "veille", "La rencontre approche"
        CHANGEE = "changee", "La rencontre a changé"
        ANNULEE = "annulee", "La rencontre est annulée"
        PLACE = "place", "Des places sont gardées à qui attendait"
        DATE = "date", "La rencontre a une date de plus"
        CHERCHER = "chercher", "On attend de savoir quand chacun·e peut venir"
        TRI = "tri", "Ce qui s’est dit est à trier"
        RENDU = "rendu", "Le compte rendu est là"
        REVOIR = "revoir", "Le jour d’un essai est venu"

    ASKING = (Quoi.DEMANDE, Quoi.RAPPEL)
    OF_ALL = (Quoi.VEILLE, Quoi.CHANGEE, Quoi.DATE, Quoi.RENDU)

    topic = models.ForeignKey("forum_conversation.Topic", models.CASCADE, related_name="+")
    post = models.ForeignKey(
        "forum_conversation.Post",
        models.CASCADE,
        related_name="evenements",
        null=True,
        verbose_name="message",
    )
    demande = models.ForeignKey(DemandePromesse, models.CASCADE, related_name="+", null=True)
    mise = models.ForeignKey(
        MiseEnCommun, models.CASCADE, related_name="+", null=True, verbose_name="mise en commun"
    )
    rencontre = models.ForeignKey(Rencontre, models.CASCADE, related_name="+", null=True)
    autres_dates = models.JSONField("les autres dates de la rencontre", default=list)
    essai = models.ForeignKey(Essai, models.CASCADE, related_name="+", null=True)
    quoi = models.CharField("ce qui arrive", max_length=10, choices=Quoi, blank=True)
    est_changement = models.BooleanField("est un changement", default=False)
    cree_le = models.DateTimeField("arrivé le", default=timezone.now)
    diffuse_le = models.DateTimeField("diffusé le", null=True, blank=True)

    objects = EvenementQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "événement"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=_is_about("post")
                | _is_about("demande")
                | _is_about("mise", quoi__gt="")
                | _is_about("rencontre", quoi__gt="")
                | _is_about("essai", quoi__gt=""),
                name="evenement_dit_une_chose",
            )
        ]
        indexes = [
            models.Index(
                fields=["cree_le"], condition=Q(diffuse_le=None), name="evenement_a_diffuser"
            )
        ]

    def __str__(self):
        return f"Événement {self.pk}"

    def get_absolute_url(self):
        """Where one reads it, or answers."""
        if self.quoi in self.ASKING:
            return reverse("communaute:repondre", args=[self.mise.reference])
        if self.quoi == self.Quoi.TRI:
            return reverse("communaute:salle", args=[self.rencontre.reference])
        if self.rencontre:
            self.rencontre.topic = self.topic
            return self.rencontre.get_absolute_url()
        return (self.post or self.demande or self.mise or self.essai).get_absolute_url()

    @property
    def dates(self):
        """The keys of the dates of a meeting that it is about."""
        return [self.rencontre_id, *self.autres_dates]

    @property
    def said_by(self):
        """The name of who speaks to whom it is told; nobody does of a mise en commun, a meeting, a trial."""
        if self.quoi:
            return ""
        return (self.post.poster if self.post else self.demande.auteur).get_full_name()

    @property
    def said_on(self):
        """When they did."""
        if self.quoi:
            return self.cree_le
        return self.post.created if self.post else self.demande.demandee_le


class EnvoiQuerySet(models.QuerySet):
    def due(self, at):
        """Those to send at that time: never tried, to be tried again, or left on the way by a worker."""
        return self.filter(etat__in=(Envoi.Etat.DU, Envoi.Etat.EN_COURS), prochain_le__lte=at)

    def listed(self):
        """Those that whoever administers is shown: none that asks or reminds of a yes, for whoever is not
        reminded has answered; none that calls back who took part in a disagreement, maybe under a role; none
        that tells of a decision.
        """
        asking = Notification.objects.filter(
            Q(evenement__quoi__in=Evenement.ASKING) | Q(evenement__essai__isnull=False)
        )
        asking = asking.filter(envoi__isnull=False).values("envoi")
        return self.filter(acte=None).exclude(pk__in=asking)

    def outdated(self):
        """Those that left, or had nothing to say any more, long enough ago."""
        ended = Q(etat__in=(Envoi.Etat.ENVOYE, Envoi.Etat.ANNULE))
        return self.filter(ended, cree_le__lt=timezone.now() - conservation.NOTIFICATION)


class Envoi(models.Model):
    """A mail to one member, or to one who takes the letter, and where it stands.

    With a ``lettre`` it is that one, with an ``acte`` that it was decided; without, what the member is told,
    or how to confirm or end an ``abonnement``. What it says is made when it leaves, and kept nowhere.
    """

    class Etat(models.TextChoices):
        DU = "du", "À envoyer"
        EN_COURS = "en_cours", "En cours d’envoi"
        ENVOYE = "envoye", "Envoyé"
        ECHEC = "echec", "N’a pas pu partir"
        ANNULE = "annule", "Sans objet"

    class Sorte(models.TextChoices):
        NOUVELLES = "nouvelles", "Nouvelles"
        LETTRE = "lettre", "Lettre"
        ABONNEMENT = "abonnement", "Abonnement"
        DECISION = "decision", "Décision"

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    membre = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    abonnement = models.ForeignKey(
        Abonnement, models.CASCADE, related_name="envois", null=True, blank=True
    )
    lettre = models.ForeignKey(Lettre, models.PROTECT, related_name="envois", null=True, blank=True)
    acte = models.ForeignKey(
        ActeModeration, models.CASCADE, related_name="+", null=True, blank=True
    )
    etat = models.CharField("état", max_length=10, choices=Etat, default=Etat.DU)
    essais = models.PositiveSmallIntegerField("essais", default=0)
    cree_le = models.DateTimeField("préparé le", default=timezone.now)
    prochain_le = models.DateTimeField("prochain essai", default=timezone.now)
    envoye_le = models.DateTimeField("envoyé le", null=True, blank=True)
    erreur = models.CharField("erreur", max_length=60, blank=True)

    objects = EnvoiQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "courriel"
        verbose_name_plural = "courriels"
        ordering = ["-cree_le", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(membre=None, abonnement__isnull=False)
                | Q(membre__isnull=False, abonnement=None),
                name="envoi_a_un_membre_ou_a_un_abonnement",
            ),
            models.UniqueConstraint(fields=["lettre", "membre"], name="envoi_lettre_a_membre"),
            models.UniqueConstraint(
                fields=["lettre", "abonnement"], name="envoi_lettre_a_abonnement"
            ),
        ]
        indexes = [
            models.Index(
                fields=["prochain_le"],
                condition=Q(etat__in=("du", "en_cours")),
                name="envoi_a_faire",
            )
        ]

    def __str__(self):
        return f"Courriel du {timezone.localtime(self.cree_le):%d/%m/%Y à %H:%M}"

    def note_refusal(self):
        """Note that its address takes no mail: a member is not written to until they say so, and who left
        but an address takes no letter.
        """
        Membre.objects.filter(pk=self.membre_id).update(courriel_refuse_le=timezone.now())
        Abonnement.objects.filter(pk=self.abonnement_id).delete()

    def destinataire(self):
        """Who it is for, as those who administer see it: never the address of who is not a member."""
        return str(self.membre) if self.membre_id else "Abonné·e à la lettre"

    destinataire.short_description = "À"

    @property
    def objet(self):
        """What it is about, as they see it."""
        return str(self.lettre) if self.lettre_id else self.Sorte(self.sorte).label

    @property
    def sorte(self):
        """What kind of mail it is."""
        if self.lettre_id:
            return self.Sorte.LETTRE
        if self.acte_id:
            return self.Sorte.DECISION
        return self.Sorte.ABONNEMENT if self.abonnement_id else self.Sorte.NOUVELLES


class NotificationQuerySet(models.QuerySet):
    def readable_by(self, user, asked_since=None):
        """One's own, about what one may read and is there to be read."""
        return self.filter(readable_evenement("evenement__", user, asked_since), membre=user.pk)

    def addressed(self):
        """What is said to somebody, until they have seen it in the bell."""
        return self.filter(motif__in=ADDRESSED, vue_le=None).order_by()

    def with_subject(self):
        """Join what each is about, and who speaks."""
        return self.select_related(
            "evenement__topic__forum__espace",
            "evenement__post__poster",
            "evenement__demande__auteur",
            "evenement__mise",
            "evenement__rencontre",
            "evenement__essai",
        )

    def with_reading(self):
        """Annotate whether each ``is_new``: neither seen in the bell, nor read where it was said since, nor
        answered when it asks.

        A message that changed is read again where it stands, before what one has read already. What is told
        of a mise en commun or a meeting is read nowhere else.
        """
        membre, topic = OuterRef("membre"), OuterRef("evenement__topic")
        suivi = Suivi.objects.filter(membre=membre, topic=topic)
        espace = OuterRef("evenement__topic__forum__espace")
        demande = OuterRef("evenement__demande")
        answered = AccordPromesse.objects.filter(membre=membre, demande=demande)
        participation = Participation.objects.filter(membre=membre, espace=espace)
        return self.annotate(
            read_until=read_until(suivi, participation),
            said_on=Case(
                When(evenement__est_changement=True, then="evenement__cree_le"),
                default="evenement__post__created",
            ),
            is_new=Case(
                When(~Exists(answered), vue_le=None, motif=Motif.DEMANDE, then=True),
                When(vue_le=None, evenement__quoi__gt="", then=True),
                When(vue_le=None, said_on__gt=F("read_until"), then=True),
                default=False,
                output_field=models.BooleanField(),
            ),
        )

    def unread(self):
        """Those that are new to whom they are for."""
        return self.with_reading().filter(is_new=True)

    def to_mail(self, at):
        """Those whose mail is due at that time, and not prepared yet."""
        return self.filter(envoi=None, courriel_le__lte=at)


class Notification(models.Model):
    """That one member is told of an event, once: in the bell, and by mail when there is a time for it."""

    evenement = models.ForeignKey(Evenement, models.CASCADE, related_name="notifications")
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    motif = models.CharField("motif", max_length=10, choices=Motif)
    courriel_le = models.DateTimeField("courriel dû le", null=True, blank=True)
    envoi = models.ForeignKey(
        Envoi, models.SET_NULL, null=True, blank=True, related_name="notifications"
    )
    vue_le = models.DateTimeField("vue le", null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "notification"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["evenement", "membre"], name="notification_unique")
        ]
        indexes = [
            models.Index(fields=["membre", "-id"], name="notification_de_membre"),
            models.Index(
                fields=["membre"],
                condition=Q(vue_le=None, motif__in=ADDRESSED),
                name="notification_dite_a_membre",
            ),
            models.Index(
                fields=["courriel_le"],
                condition=Q(envoi=None, courriel_le__isnull=False),
                name="notification_a_ecrire",
            ),
        ]

    def __str__(self):
        return self.get_motif_display()

    @property
    def is_addressed(self):
        """Whether it is said to them."""
        return self.motif in ADDRESSED
