"""What surrounds the messages of a topic: earlier versions, summary, files, drafts, polls, thanks."""

from datetime import timedelta

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from communaute import markdown
from communaute.models.espaces import rights_of, within
from communaute.models.membres import new_reference


class OfPostQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those of the messages that ``user`` may read."""
        return self.filter(readable_post("post__", user))


class OfTopicQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those of the topics that ``user`` may read."""
        return self.filter(readable_topic("topic__", user))


def readable_topic(path, user):
    """The condition on a topic, reached by ``path``, that ``user`` may read it.

    What awaits approval is shown to its author and to those who facilitate the space.
    """
    rights = rights_of(user)
    return within(path, rights.entered, user) & (
        Q(**{f"{path}approved": True})
        | Q(**{f"{path}poster": user.pk})
        | Q(**{f"{path}forum__espace__in": rights.animated})
    )


def readable_post(path, user):
    """The condition on a message, reached by ``path``, that ``user`` may read it."""
    rights = rights_of(user)
    return readable_topic(f"{path}topic__", user) & (
        Q(**{f"{path}approved": True})
        | Q(**{f"{path}poster": user.pk})
        | Q(**{f"{path}topic__forum__espace__in": rights.animated})
    )


class Version(models.Model):
    """A message as it appeared before one of its changes, shown to whoever reads the message."""

    post = models.ForeignKey("forum_conversation.Post", models.CASCADE, related_name="versions")
    titre = models.CharField("titre du sujet", max_length=150, blank=True)
    texte = models.TextField("texte")
    auteur = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ecrite_le = models.DateTimeField("écrite le")

    objects = OfPostQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "version d’un message"
        ordering = ["ecrite_le", "pk"]

    def __str__(self):
        return f"Version du {self.ecrite_le:%d/%m/%Y}"

    @property
    def texte_rendu(self):
        """The text as safe HTML."""
        return markdown.render(self.texte)


class ResumeQuerySet(OfTopicQuerySet):
    def readable_by(self, user):
        """Those of the topics that ``user`` may read. While the first message of one is hidden, those from
        before are for whoever facilitates its space.
        """
        return (
            super()
            .readable_by(user)
            .filter(
                Q(topic__titre_masque="")
                | Q(topic__first_post__masque_le__lte=F("ecrit_le"))
                | Q(topic__forum__espace__in=rights_of(user).animated)
            )
        )


class Resume(models.Model):
    """A state of a topic's living summary; the topic points to the current one. One that facilitators
    erased has no text.
    """

    topic = models.ForeignKey("forum_conversation.Topic", models.CASCADE, related_name="resumes")
    version = models.PositiveSmallIntegerField("version", default=1)
    texte = models.TextField("texte")
    rendu = models.TextField(editable=False)
    auteur = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ecrit_le = models.DateTimeField("écrit le", default=timezone.now)

    objects = ResumeQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "résumé d’un sujet"
        ordering = ["topic", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["topic", "version"], name="resume_version_unique")
        ]

    def __str__(self):
        return f"Résumé, version {self.version}"

    def save(self, *args, **kwargs):
        self.rendu = markdown.render(self.texte)
        super().save(*args, **kwargs)


class Mention(models.Model):
    """That a message names a member who can read it."""

    post = models.ForeignKey("forum_conversation.Post", models.CASCADE, related_name="mentions")
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = OfPostQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "mention"
        constraints = [models.UniqueConstraint(fields=["post", "membre"], name="mention_unique")]

    def __str__(self):
        return str(self.membre)


class Merci(models.Model):
    """One member's thanks for a message."""

    post = models.ForeignKey("forum_conversation.Post", models.CASCADE, related_name="mercis")
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    dit_le = models.DateTimeField("dit le", auto_now_add=True)

    objects = OfPostQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "merci"
        ordering = ["dit_le", "pk"]
        constraints = [models.UniqueConstraint(fields=["post", "membre"], name="merci_unique")]

    def __str__(self):
        return str(self.membre)


class BrouillonQuerySet(models.QuerySet):
    def readable_by(self, user):
        """One's own, where one can still read what they are about."""
        entered = rights_of(user).entered
        return self.filter(
            Q(espace__in=entered) | readable_topic("topic__", user) | readable_post("post__", user),
            membre=user.pk,
        )


class Brouillon(models.Model):
    """What a member is writing and has not sent: a topic in a space, a reply, a change of a message."""

    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    espace = models.ForeignKey(
        "communaute.Espace", models.CASCADE, null=True, blank=True, related_name="+"
    )
    topic = models.ForeignKey(
        "forum_conversation.Topic", models.CASCADE, null=True, blank=True, related_name="+"
    )
    post = models.ForeignKey(
        "forum_conversation.Post", models.CASCADE, null=True, blank=True, related_name="+"
    )
    champs = models.JSONField("ce qui est écrit, par champ", default=dict)
    garde_le = models.DateTimeField("gardé le", auto_now=True)

    objects = BrouillonQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "brouillon"
        constraints = [
            models.CheckConstraint(
                condition=Q(espace__isnull=False, topic=None, post=None)
                | Q(espace=None, topic__isnull=False, post=None)
                | Q(espace=None, topic=None, post__isnull=False),
                name="brouillon_d_un_seul_lieu",
            ),
            *(
                models.UniqueConstraint(
                    fields=["membre", place],
                    condition=Q(**{f"{place}__isnull": False}),
                    name=f"brouillon_unique_par_{place}",
                )
                for place in ("espace", "topic", "post")
            ),
        ]

    def __str__(self):
        return f"Brouillon de {self.membre}"

    @property
    def fenetre(self):
        """The name of the window that kept it; empty where none did."""
        return self.champs.get("fenetre", "")


def private_storage():
    """Where attachments lie: under no address, served by a view that asks who reads."""
    return storages["pieces_jointes"]


def _unguessable(piece, filename):
    return f"{piece.reference[:2]}/{piece.reference}"


class PieceJointeQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those of the messages ``user`` may read that are neither withdrawn nor hidden, and one's own
        that are not sent yet."""
        shown = Q(post__retire_le=None, post__masque_le=None)
        return self.filter(
            shown & readable_post("post__", user)
            | Q(brouillon__in=Brouillon.objects.readable_by(user))
        )


class PieceJointe(models.Model):
    """A file attached to a message, or to the draft of one. Its name is its author's, its type ours."""

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    auteur = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    post = models.ForeignKey(
        "forum_conversation.Post", models.CASCADE, null=True, blank=True, related_name="pieces"
    )
    brouillon = models.ForeignKey(
        Brouillon, models.CASCADE, null=True, blank=True, related_name="pieces"
    )
    fichier = models.FileField(storage=private_storage, upload_to=_unguessable)
    nom = models.CharField("nom", max_length=120)
    type_mime = models.CharField("type", max_length=100)
    taille = models.PositiveIntegerField("taille en octets")
    largeur = models.PositiveIntegerField("largeur en pixels", null=True, blank=True)
    hauteur = models.PositiveIntegerField("hauteur en pixels", null=True, blank=True)
    jointe_le = models.DateTimeField("jointe le", auto_now_add=True)

    objects = PieceJointeQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "pièce jointe"
        verbose_name_plural = "pièces jointes"
        ordering = ["jointe_le", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(post__isnull=False, brouillon=None)
                | Q(post=None, brouillon__isnull=False),
                name="piece_jointe_d_un_seul_lieu",
            )
        ]

    def __str__(self):
        return self.nom

    def get_absolute_url(self):
        return reverse("communaute:piece_jointe", args=[self.reference])

    @property
    def is_image(self):
        """Whether it is a picture that a page can show."""
        return self.type_mime.startswith("image/")


def in_two_weeks():
    """When a poll closes unless its author chooses another day."""
    return timezone.now() + timedelta(days=14)


class Sondage(models.Model):
    """The poll of a topic. Who voted what is shown to nobody: it closes, and only then is counted."""

    topic = models.OneToOneField("forum_conversation.Topic", models.CASCADE, related_name="sondage")
    plusieurs = models.BooleanField("plusieurs réponses possibles", default=False)
    ferme_le = models.DateTimeField("se ferme le", default=in_two_weeks)

    objects = OfTopicQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "sondage"

    def __str__(self):
        return "Sondage"

    @property
    def is_closed(self):
        """Whether its closing date has passed."""
        return self.ferme_le <= timezone.now()


class ChoixQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those of the polls of the topics that ``user`` may read."""
        return self.filter(readable_topic("sondage__topic__", user))

    def counted_for(self, user):
        """Annotate how many chose each (``votes_count``), how many voted at all (``voters_count``), and
        whether ``user`` chose it (``is_mine``).
        """
        own = Vote.objects.filter(choix=OuterRef("pk"), membre=user.pk)
        chosen = Vote.objects.filter(choix=OuterRef("pk")).order_by().values("choix")
        voters = Vote.objects.filter(choix__sondage=OuterRef("sondage")).order_by()
        return self.annotate(
            votes_count=Coalesce(Subquery(chosen.annotate(n=Count("pk")).values("n")), 0),
            voters_count=Coalesce(
                Subquery(
                    voters.values("choix__sondage")
                    .annotate(n=Count("membre", distinct=True))
                    .values("n")
                ),
                0,
            ),
            is_mine=Exists(own),
        )


class Choix(models.Model):
    """One of the answers that a poll offers."""

    sondage = models.ForeignKey(Sondage, models.CASCADE, related_name="choix")
    texte = models.CharField("texte", max_length=150)
    ordre = models.PositiveSmallIntegerField("ordre")

    objects = ChoixQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "choix"
        verbose_name_plural = "choix"
        ordering = ["ordre"]
        constraints = [
            models.UniqueConstraint(fields=["sondage", "ordre"], name="choix_ordre_unique")
        ]

    def __str__(self):
        return self.texte


class VoteQuerySet(models.QuerySet):
    def readable_by(self, user):
        """One's own: nobody reads another's."""
        return self.filter(readable_topic("choix__sondage__topic__", user), membre=user.pk)


class Vote(models.Model):
    """That a member chose an answer: kept so that each votes once, read by nobody else."""

    choix = models.ForeignKey(Choix, models.CASCADE, related_name="votes")
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = VoteQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "vote"
        constraints = [models.UniqueConstraint(fields=["choix", "membre"], name="vote_unique")]

    def __str__(self):
        return "Vote"


class Promesse(models.TextChoices):
    """What may become of what is said in a topic, from the tightest to the loosest."""

    RESTE_ICI = "reste_ici", "Reste ici"
    SANS_ATTRIBUTION = "sans_attribution", "Sans attribution"
    A_PARTAGER = "a_partager", "À partager"

    @property
    def explication(self):
        """What is promised, in a sentence."""
        return PROMESSES_EXPLIQUEES[self]

    def is_looser_than(self, other):
        """Whether this lets more be drawn from what is said than ``other`` does."""
        order = list(Promesse)
        return order.index(self) > order.index(other)


DRAWN_ON = (Promesse.SANS_ATTRIBUTION, Promesse.A_PARTAGER)
"""Those that let one draw on what is said, with consent."""
PROMESSES_EXPLIQUEES = {
    Promesse.RESTE_ICI: "Rien de ce qui se dit ici n’en sortira.",
    Promesse.SANS_ATTRIBUTION: (
        "La cohorte peut s’en inspirer si chaque personne concernée dit oui. Personne n’est nommé, jamais."
    ),
    Promesse.A_PARTAGER: (
        "La cohorte peut s’en inspirer si chaque personne concernée dit oui, avec son nom ou sans."
    ),
}


TIME_TO_AGREE = timedelta(days=14)
"""How long the authors of a topic have to say yes to a looser promise: silence is a no."""
TIME_OF_REST = timedelta(days=30)
"""How long they are not asked again after one of them did not say yes: nobody is worn down."""


class DemandePromesseQuerySet(OfTopicQuerySet):
    def open(self, since=None):
        """Those that one can still say yes to: asked ``since`` the time that one has for it began."""
        return self.filter(close_le=None, demandee_le__gt=since or timezone.now() - TIME_TO_AGREE)

    def expired(self):
        """Those whose time is over and that are not closed yet."""
        return self.filter(close_le=None, demandee_le__lte=timezone.now() - TIME_TO_AGREE)


class DemandePromesse(models.Model):
    """That someone asks to loosen the promise of a topic: it takes every author's yes."""

    topic = models.ForeignKey(
        "forum_conversation.Topic", models.CASCADE, related_name="demandes_promesse"
    )
    promesse = models.CharField("promesse demandée", max_length=20)
    auteur = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    demandee_le = models.DateTimeField("demandée le", auto_now_add=True)
    close_le = models.DateTimeField("close le", null=True, blank=True)
    obtenue = models.BooleanField("obtenue", default=False)

    objects = DemandePromesseQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "demande d’assouplir la promesse"
        ordering = ["-demandee_le", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["topic"], condition=Q(close_le=None), name="demande_promesse_ouverte_unique"
            )
        ]

    def __str__(self):
        return "Demande d’assouplir la promesse"

    def get_absolute_url(self):
        """Where one answers it."""
        return reverse("communaute:promesse", args=[self.topic.reference])

    @property
    def promesse_demandee(self):
        """The promise that is asked for."""
        return Promesse(self.promesse)

    @property
    def jusquau(self):
        """When those who said nothing will have said no."""
        return self.demandee_le + TIME_TO_AGREE

    @property
    def is_over(self):
        """Whether one can no longer say yes."""
        return self.close_le is not None or self.jusquau <= timezone.now()

    @property
    def next_on(self):
        """The day from which another may follow this one, if not everyone says yes to it."""
        return timezone.localdate(self.jusquau + TIME_OF_REST)

    @property
    def is_alone(self):
        """Whether no other may follow it yet: it is open, or failed too recently."""
        return not self.is_over or self.is_resting

    @property
    def is_resting(self):
        """Whether not everyone said yes, too recently for another to follow."""
        return self.is_over and not self.obtenue and timezone.localdate() < self.next_on


class AccordPromesseQuerySet(models.QuerySet):
    def readable_by(self, user):
        """One's own answers: nobody reads another's."""
        return self.filter(readable_topic("demande__topic__", user), membre=user.pk)


class AccordPromesse(models.Model):
    """What one author answered to such a demand; nobody else is shown it."""

    demande = models.ForeignKey(DemandePromesse, models.CASCADE, related_name="accords")
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    oui = models.BooleanField("oui")

    objects = AccordPromesseQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "réponse à une demande d’assouplir la promesse"
        constraints = [
            models.UniqueConstraint(fields=["demande", "membre"], name="accord_promesse_unique")
        ]

    def __str__(self):
        return "Réponse"
