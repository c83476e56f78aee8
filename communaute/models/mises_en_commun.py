"""What a space offers to make public of an exchange, and what each whose words it draws on says of it."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Subquery
from django.dispatch import Signal
from django.urls import reverse
from django.utils import timezone

from communaute import markdown
from communaute.models.cohorte import Cohorte
from communaute.models.echanges import Promesse, readable_topic
from communaute.models.membres import new_reference

TIME_TO_ANSWER = timedelta(days=14)
"""How long whoever is asked has to answer: silence is a no."""

standing_changed = Signal()
"""Sent in the transaction of an act after which something else may stand of a handed-over ``mise``."""


class MiseEnCommunQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those whose topic, and the topic where they are discussed, ``user`` may read."""
        return self.filter(readable_topic("topic__", user), readable_topic("atelier__", user))

    def open(self):
        """Those that are still written or asked for in their space."""
        return self.filter(abandonnee_le=None, remise_le=None)

    def about(self, topic):
        """Those that draw on the topic of this key, or are discussed there, but those given up."""
        return self.filter(Q(topic=topic) | Q(atelier=topic), abandonnee_le=None)

    def with_titre(self):
        """Annotate the ``titre`` that each has now."""
        chapeau = VersionPassage.objects.filter(
            passage__mise_en_commun=OuterRef("pk"), passage__ordre=0, numero=F("passage__numero")
        )
        return self.annotate(titre=Subquery(chapeau.values("titre")[:1]))

    def of_pages(self, pages):
        """Those of which ``pages`` were made."""
        return self.filter(page__in=pages, remise_le__isnull=False)

    def of_page(self, key):
        """The one of which the page of that key was made."""
        return self.of_pages([key])

    def drawing_on(self, posts):
        """Those that draw on one of these messages."""
        versions = VersionPassage.objects.filter(
            passage__mise_en_commun=OuterRef("pk"), sources__in=posts
        )
        return self.filter(Exists(versions))

    def asking(self, user):
        """Those where ``user`` is asked for a yes, and has not answered."""
        asked = Accord.objects.readable_by(user).unanswered()
        return self.filter(Exists(asked.filter(version__passage__mise_en_commun=OuterRef("pk"))))

    def with_word_of(self, membre):
        """Those of which ``membre`` was asked something."""
        asked = Accord.objects.filter(
            version__passage__mise_en_commun=OuterRef("pk"), membre=membre
        )
        return self.filter(Exists(asked))

    def tell_of_change(self):
        """Have what is public of these made anew from what stands."""
        for mise in self.exclude(remise_le=None):
            standing_changed.send(MiseEnCommun, mise=mise)


class MiseEnCommun(models.Model):
    """A learning that is written in a space, from what was said in one of its topics.

    It is discussed in a topic of its own. Nothing of it leaves the space before each of its parts has the
    yes of all whom it draws on, and a facilitator hands it over.
    """

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    topic = models.ForeignKey(
        "forum_conversation.Topic", models.PROTECT, related_name="mises_en_commun"
    )
    atelier = models.OneToOneField(
        "forum_conversation.Topic", models.PROTECT, related_name="mise_en_commun"
    )
    auteur = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    messages = models.ManyToManyField("forum_conversation.Post", related_name="+")
    creee_le = models.DateTimeField("ouverte le", auto_now_add=True)
    abandonnee_le = models.DateTimeField("abandonnée le", null=True)
    remise_le = models.DateTimeField("remise le", null=True)
    remise_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    parue_le = models.DateTimeField("parue le", null=True)
    page = models.OneToOneField("wagtailcore.Page", models.SET_NULL, related_name="+", null=True)

    objects = MiseEnCommunQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "mise en commun"
        verbose_name_plural = "mises en commun"
        ordering = ["-creee_le", "-pk"]

    def __str__(self):
        return f"Mise en commun {self.reference}"

    def get_absolute_url(self):
        return reverse("communaute:mise_en_commun", args=[self.reference])

    @property
    def is_open(self):
        """Whether it is still being written or asked for."""
        return self.abandonnee_le is None and self.remise_le is None

    @property
    def references(self):
        """Those of its parts."""
        return set(self.passages.values_list("reference", flat=True))

    @property
    def chapeau(self):
        """The part that gives it its title and says in two sentences what is learned."""
        return self.passages.get(ordre=0)

    @property
    def provenance(self):
        """What its page says of where it comes from: the label of the ``college`` if all agreed to it, the
        number of ``voix``, and the ``noms`` of those who wished to be named.
        """
        yeses = list(
            Accord.objects.filter(version__in=self.passages.public().values("accorde"))
            .select_related("membre")
            .order_by("membre__last_name", "membre__first_name", "pk")
        )
        espace = self.topic.espace
        may_name = self.topic.promesse == Promesse.A_PARTAGER
        named = [one.membre for one in yeses if may_name and one.reponse == Accord.Reponse.NOM]
        says_college = espace.college and all(one.dit_le_college for one in yeses)
        return {
            "college": espace.get_college_display() if says_college else "",
            "voix": len({one.membre_id for one in yeses}),
            "noms": list(dict.fromkeys(membre.get_full_name() for membre in named)),
        }


class PassageQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those that ``user`` may read in the space, whatever is public of them."""
        return self.filter(mise_en_commun__in=MiseEnCommun.objects.readable_by(user))

    def standing(self):
        """Those that may be public: each whom the agreed version draws on still says yes to it, is a member,
        and left what they said to be read.
        """
        answers = Accord.objects.filter(version=OuterRef("accorde"))
        yes = {"reponse__in": Accord.OUI, "retire_le": None, "membre__is_active": True}
        gone = Q(sources__retire_le__isnull=False) | Q(sources__masque_le__isnull=False)
        sources = VersionPassage.objects.filter(gone, pk=OuterRef("accorde"))
        agreed = Exists(answers), ~Exists(answers.exclude(**yes)), ~Exists(sources)
        return self.filter(*agreed, retire_le=None)

    def public(self):
        """Those that stand and were handed over, each with the version that all agreed to."""
        return (
            self.standing()
            .filter(mise_en_commun__remise_le__isnull=False)
            .select_related("accorde")
        )

    def make_a_page(self):
        """Whether the title and one part besides are among these."""
        ranks = set(self.values_list("ordre", flat=True))
        return 0 in ranks and len(ranks) > 1

    def saying_what_is_asked(self):
        """Each with whether those whom it draws on are asked for another text (``redemande``)."""
        asked = VersionPassage.objects.asked().filter(passage=OuterRef("pk")).order_by()
        return self.annotate(redemande=Exists(asked))

    def with_versions(self):
        """Fetch the versions of each, with what they draw on, and whether each ``stands``."""
        versions = VersionPassage.objects.select_related("de").prefetch_related("sources__poster")
        standing = Passage.objects.standing().filter(pk=OuterRef("pk"))
        return self.annotate(stands=Exists(standing)).prefetch_related(
            Prefetch("versions", versions)
        )


class Passage(models.Model):
    """A part of it: what may be public is the text of the version to which all agreed, and what is asked or
    written since waits beside it.
    """

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    mise_en_commun = models.ForeignKey(MiseEnCommun, models.CASCADE, related_name="passages")
    ordre = models.PositiveSmallIntegerField("ordre")
    numero = models.PositiveSmallIntegerField("dernière version", default=1)
    accorde = models.ForeignKey(
        "communaute.VersionPassage", models.PROTECT, related_name="+", null=True
    )
    retire_le = models.DateTimeField("retiré le", null=True)

    objects = PassageQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "passage"
        ordering = ["ordre", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["mise_en_commun", "ordre"], name="passage_ordre_unique")
        ]

    def __str__(self):
        return f"Passage {self.ordre}"

    @property
    def is_chapeau(self):
        """Whether it is the title and the two sentences."""
        return self.ordre == 0

    @property
    def derniere(self):
        """Its last version."""
        return next(one for one in self.versions.all() if one.numero == self.numero)

    @property
    def history(self):
        """Its versions, the last first."""
        return sorted(self.versions.all(), key=lambda version: -version.numero)

    @property
    def a_paraitre(self):
        """The version that would be public if all agreed to what is asked now."""
        if self.accorde_id and not self.is_asked:
            return next(one for one in self.versions.all() if one.pk == self.accorde_id)
        return self.derniere

    @property
    def is_to_ask(self):
        """Whether nobody was asked for its last version yet."""
        return self.retire_le is None and self.derniere.close_le is None and not self.is_asked

    @property
    def is_asked(self):
        """Whether its last version is asked for, and not all is known yet."""
        derniere = self.derniere
        return (
            self.retire_le is None
            and derniere.demandee_le is not None
            and derniere.close_le is None
        )


class VersionPassageQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those that ``user`` may read in the space."""
        return self.filter(passage__in=Passage.objects.readable_by(user))

    def latest(self):
        """The last of each part that was not taken out."""
        return self.filter(numero=F("passage__numero"), passage__retire_le=None)

    def to_ask(self):
        """Those that nobody was asked for yet."""
        return self.latest().filter(demandee_le=None, close_le=None)

    def asked(self):
        """Those on which whom they draw on are asked, and not all is known yet."""
        return self.latest().filter(
            demandee_le__isnull=False, close_le=None, passage__mise_en_commun__abandonnee_le=None
        )


class VersionPassage(models.Model):
    """A part as it stood, and what it draws on; a yes is to one version and to no other.

    It draws on the messages ``sources``, or, without any, on what the member ``de`` says here.
    """

    passage = models.ForeignKey(Passage, models.CASCADE, related_name="versions")
    numero = models.PositiveSmallIntegerField("version")
    titre = models.CharField("titre", max_length=150, blank=True)
    texte = models.TextField("texte", max_length=5000)
    est_citation = models.BooleanField("cite mot à mot", default=False)
    sources = models.ManyToManyField("forum_conversation.Post", related_name="+")
    de = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ecrite_le = models.DateTimeField("écrite le", default=timezone.now)
    demandee_le = models.DateTimeField("demandée le", null=True)
    rappels = models.PositiveSmallIntegerField("rappels envoyés", default=0)
    close_le = models.DateTimeField("close le", null=True)
    accordee_le = models.DateTimeField("tous d’accord depuis le", null=True)

    objects = VersionPassageQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "version d’un passage"
        ordering = ["numero"]
        constraints = [
            models.UniqueConstraint(fields=["passage", "numero"], name="version_passage_unique")
        ]

    def __str__(self):
        return f"Version {self.numero}"

    @property
    def empreinte(self):
        """What tells this text from any other: the SHA-256 of its title and text."""
        return hashlib.sha256(f"{self.titre}\n{self.texte}".encode()).hexdigest()

    @property
    def jusquau(self):
        """When those who said nothing will have said no."""
        return self.demandee_le + TIME_TO_ANSWER

    @property
    def rendu(self):
        """The text as safe HTML."""
        return markdown.render(self.texte)


class AccordQuerySet(models.QuerySet):
    def readable_by(self, user):
        """One's own: nobody reads another's."""
        return self.filter(membre=user.pk)

    def awaited(self):
        """Those that may still be answered, or answered otherwise."""
        return self.filter(version__in=VersionPassage.objects.asked().order_by().values("pk"))

    def unanswered(self):
        """Those of them that were not answered yet."""
        return self.awaited().filter(reponse="")

    def given(self):
        """Each yes by which a part may be public."""
        return self.filter(
            reponse__in=Accord.OUI, retire_le=None, version=F("version__passage__accorde")
        )

    def with_whom_else(self):
        """Fetch the version of each, and how many are asked of it (``asked_count``), as they are read."""
        return (
            self.select_related("version__passage")
            .prefetch_related("version__sources")
            .annotate(asked_count=Count("version__accords"))
            .order_by("version__passage__ordre", "pk")
        )

    def with_page(self):
        """Fetch the version each is about, and the page where it may be read."""
        return self.select_related("version__passage__mise_en_commun__page")


class Accord(models.Model):
    """What one whose words a version draws on says of it; sealed until all is known."""

    class Reponse(models.TextChoices):
        NOM = "nom", "Oui, avec mon nom"
        SANS_NOM = "sans_nom", "Oui, sans mon nom"
        REFORMULE = "reformule", "Oui, ainsi reformulé"
        NON = "non", "Non"

    OUI = (Reponse.NOM, Reponse.SANS_NOM)

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    version = models.ForeignKey(VersionPassage, models.CASCADE, related_name="accords")
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reponse = models.CharField("réponse", max_length=10, choices=Reponse, blank=True)
    dit_le_college = models.BooleanField("le collège peut être dit", default=False)
    texte = models.TextField("reformulation", max_length=5000, blank=True)
    repondu_le = models.DateTimeField("répondu le", null=True)
    retire_le = models.DateTimeField("retiré le", null=True)

    objects = AccordQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "accord"
        constraints = [models.UniqueConstraint(fields=["version", "membre"], name="accord_unique")]

    def __str__(self):
        return "Accord"


class PreuveAccordQuerySet(models.QuerySet):
    def readable_by(self, user):
        """One's own; to the référent·e, besides, each yes to a text that all agreed to and that was handed
        over, and its end.
        """
        own = Q(membre=user.pk)
        if user.is_active and Cohorte.load().referent_id == user.pk:
            proving = Q(
                reponse__in=(*Accord.OUI, PreuveAccord.RETIRE),
                accord__version__accordee_le__isnull=False,
                accord__version__passage__mise_en_commun__remise_le__isnull=False,
            )
            return self.filter(own | proving)
        return self.filter(own)


class PreuveAccord(models.Model):
    """The trail of each answer, that is only added to: who, when, to which text, what."""

    RETIRE = "retire"
    """What is noted of a yes that is taken back."""

    accord = models.ForeignKey(Accord, models.PROTECT, related_name="+")
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    empreinte = models.CharField("empreinte du texte", max_length=64)
    reponse = models.CharField(
        "réponse", max_length=10, choices=[*Accord.Reponse.choices, (RETIRE, "Oui retiré")]
    )
    le = models.DateTimeField("le", default=timezone.now)

    objects = PreuveAccordQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "preuve d’un accord"
        ordering = ["le", "pk"]

    def __str__(self):
        return "Preuve"
