"""machina's topics and messages made ours: random references, ``readable_by``, no cascade."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.urls import reverse
from django.utils import timezone
from machina.apps.forum_conversation.abstract_models import AbstractPost, AbstractTopic

from communaute.models import (
    Acte,
    ActeModeration,
    Brouillon,
    DemandePromesse,
    Espace,
    Essai,
    Membre,
    Mention,
    Merci,
    MiseEnCommun,
    Niveau,
    Participation,
    Reformulation,
    Siege,
    Suivi,
    new_reference,
    rights_of,
    within,
)
from communaute.models.echanges import (
    TIME_TO_AGREE,
    Promesse,
    readable_post,
    readable_topic,
)
from communaute.models.lecture import read_until
from communaute.models.membres import NEVER, unshown
from communaute.prepared import OFFSET, Prepared
from communaute.search import StemsField

POSTS_PER_PAGE = 20
LOOKED_AT = 200
"""The latest topics of a space that are looked at for what is new in it: its page marks them all."""
OPENED_LOOKED_AT = 40
"""The topics that one opened, those that last moved, that are looked at for answers that one has not read."""
QUESTIONS_LOOKED_AT = 60
"""The latest open questions of a space that are looked at for some that nobody has answered."""


class Nature(models.TextChoices):
    """What a topic is: it gives its form a shape."""

    QUESTION = "question", "Question"
    RETOUR = "retour", "Retour d’expérience"
    RESSOURCE = "ressource", "Ressource"
    ANNONCE = "annonce", "Annonce"
    SONDAGE = "sondage", "Sondage"
    RENCONTRE = "rencontre", "Rencontre"
    DESACCORD = "desaccord", "Désaccord au travail"


def _asked_of(membre, since=None):
    """The looser promises that wait for the yes or no of ``membre``, where they wrote."""
    wrote = Post.objects.filter(topic=OuterRef("topic"), poster=membre, retire_le=None)
    asked = DemandePromesse.objects.open(since).filter(Exists(wrote))
    return asked.exclude(accords__membre=membre).order_by()


def _asked_for_a_yes(membre, since=None):
    """The condition on a topic that a looser promise waits there for the yes or no of ``membre``."""
    return Exists(_asked_of(membre, since).filter(topic=OuterRef("pk")))


def _nobody_else_spoke():
    """The condition on a topic that nothing is left to read there of anyone but who opened it."""
    answers = Post.objects.filter(
        topic=OuterRef("pk"), approved=True, retire_le=None, masque_le=None
    )
    return ~Exists(answers.exclude(poster=OuterRef("poster")))


class TopicQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Topics of the spaces ``user`` has entered; a visitor reads none.

        What awaits approval is shown to its author and to those who facilitate the space.
        """
        return self.filter(readable_topic("", user))

    def behind_charte_for(self, user):
        """Topics ``user`` will read once they accept the charter of the space."""
        rights = rights_of(user)
        return self.filter(within("", rights.readable - rights.entered, user), approved=True)

    def listed(self):
        """All but those whose every message was withdrawn, or whose first message was refused."""
        return self.exclude(
            Q(first_post__retire_le__isnull=False) | ~Q(titre_masque=""), approved=False
        )

    def with_espace(self):
        """Fetch the space each belongs to."""
        return self.select_related("forum__espace__territoire")

    def with_posters(self):
        """Fetch what a row of a list shows: the space, and who started in what capacity."""
        return (
            self.with_espace()
            .select_related("poster")
            .prefetch_related(models.Prefetch("poster__sieges", queryset=Siege.objects.speaking()))
        )

    def with_reading_of(self, user):
        """Annotate what each is to ``user``: ``read_until`` (a time), ``is_unread``, the ``own_level`` at
        which they chose to follow it, if any, and the ``level`` that holds, that of the space without.
        """
        suivi = Suivi.objects.filter(membre=user.pk, topic=OuterRef("pk"))
        participation = Participation.objects.filter(
            membre=user.pk, espace__forum=OuterRef("forum")
        )
        return self.annotate(
            read_until=read_until(suivi, participation),
            is_unread=Case(When(last_post_on__gt=F("read_until"), then=True), default=False),
            own_level=Coalesce(Subquery(suivi.values("niveau")), Value("")),
            level=Coalesce(
                NullIf(F("own_level"), Value("")),
                Subquery(participation.values("niveau")),
                Value(Niveau.TOUT),
            ),
        )

    def new_to(self, user):
        """Those of the space of the query around with something new that ``user`` wishes to be told of.

        That query annotates each space with ``lu_jusqua``, the time until which they have read all of it,
        and ``niveau``, at which they follow it. Only the latest topics are looked at.
        """
        # In one table, so that they are read in the order of an index.
        moved = Topic.objects.filter(
            forum=OuterRef(OuterRef("forum")), last_post_on__gt=OuterRef(OuterRef("lu_jusqua"))
        )
        moved = moved.order_by("-last_post_on").values("pk")[:LOOKED_AT]
        suivi = Suivi.objects.filter(membre=user.pk, topic=OuterRef("pk"))
        own_level = NullIf(Subquery(suivi.values("niveau")), Value(""))
        level = Coalesce(own_level, OuterRef("niveau"), output_field=models.CharField())
        return self.alias(level_here=level).filter(
            Q(level_here=Niveau.TOUT)
            | Q(~Exists(suivi.exclude(lu_jusqua=None)), level_here=Niveau.PREMIERS),
            ~Exists(suivi.filter(lu_jusqua__gte=OuterRef("last_post_on"))),
            pk__in=moved,
            approved=True,
        )

    def unanswered(self):
        """Open questions to which nobody but who asked said anything."""
        return self.open_questions().filter(_nobody_else_spoke())

    def unanswered_to(self, user):
        """Those asked by others in the space of the query around that nobody has answered, the latest first,
        looked for among its latest open questions.
        """
        silenced = Suivi.objects.filter(membre=user.pk, topic=OuterRef("pk"), niveau=Niveau.RIEN)
        # In one table, so that they are read in the order of an index.
        asked = Topic.objects.open_questions().filter(
            forum=OuterRef(OuterRef("forum")), status=Topic.TOPIC_UNLOCKED
        )
        latest = asked.order_by("-last_post_on").values("pk")[:QUESTIONS_LOOKED_AT]
        unanswered = self.filter(_nobody_else_spoke(), ~Exists(silenced), pk__in=latest)
        return unanswered.exclude(poster=user.pk).order_by("-last_post_on")

    def open_questions(self):
        """Questions to read that have no answer."""
        return self.filter(nature=Nature.QUESTION, reponse=None, approved=True, titre_masque="")

    def awaiting(self, user):
        """Those where something that ``user`` has not read names them, or was added by another to a
        topic of theirs, each with ``cited_in``: the reference of a message that names them, or None.
        """
        mentions = Mention.objects.filter(
            membre=user.pk, post__approved=True, post__retire_le=None, post__masque_le=None
        ).exclude(post__poster=user.pk)
        here = mentions.filter(post__topic=OuterRef("pk"), post__created__gt=OuterRef("read_until"))
        answers = Post.objects.exclude(poster=user.pk).filter(
            topic=OuterRef("pk"),
            created__gt=OuterRef("read_until"),
            approved=True,
            retire_le=None,
            masque_le=None,
        )
        latest = Topic.objects.filter(poster=user.pk, last_post_on__isnull=False)
        latest = latest.order_by("-last_post_on").values("pk")[:OPENED_LOOKED_AT]
        opened = Topic.objects.order_by().filter(pk__in=latest).values("pk")
        # Keys first: only these few topics are then asked about.
        few = self.filter(pk__in=opened.union(mentions.order_by().values("post__topic")))
        return (
            few.with_reading_of(user)
            .filter(is_unread=True)
            .exclude(level=Niveau.RIEN)
            .annotate(cited_in=Subquery(here.order_by().values("post__reference")[:1]))
            .filter(Q(cited_in__isnull=False) | Q(Exists(answers), poster=user.pk))
        )

    def asking_for_a_yes(self, user, since, on):
        """Those where ``user`` is asked for a yes, and has not answered: to loosen the promise where they
        wrote (``asks_promesse``), to the mise en commun of this reference (``asks_mise``), to how what they
        hold was restated (``asks_redite``, a reference too), or ``on`` that day to what was tried until then
        (``asks_essai``).
        """
        asked = {
            "asks_mise": ("topic", MiseEnCommun.objects.readable_by(user).asking(user)),
            "asks_redite": ("position__topic", Reformulation.objects.asking(user)),
            "asks_essai": ("topic", Essai.objects.asking(user, on)),
        }
        # Keys first: only these few topics are then asked about.
        keys = [rows.order_by().values(topic) for topic, rows in asked.values()]
        few = self.filter(pk__in=_asked_of(user.pk, since).values("topic").union(*keys))
        return few.annotate(
            asks_promesse=_asked_for_a_yes(user.pk, since),
            **{
                name: Subquery(
                    rows.filter(**{topic: OuterRef("pk")}).order_by("pk").values("reference")[:1]
                )
                for name, (topic, rows) in asked.items()
            },
        )

    def for_page(self, user):
        """Fetch what the page of a topic shows ``user`` of it, but for its messages."""
        draft = Brouillon.objects.filter(membre=user.pk, topic=OuterRef("pk"))
        return (
            self.with_espace()
            .select_related("poster", "resume__auteur", "reponse__poster", "sondage")
            .with_reading_of(user)
            .annotate(
                draft_key=Subquery(draft.values("pk")[:1]),
                draft_fields=Subquery(draft.values("champs")[:1]),
                draft_kept=Subquery(draft.values("garde_le")[:1]),
            )
        )


class Topic(AbstractTopic):
    """A conversation. Its columns of counts are kept by ``communaute.conversation`` alone."""

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    poster = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="topics",
        verbose_name="ouvert par",
        db_index=False,
    )
    type = models.PositiveSmallIntegerField(
        choices=AbstractTopic.TYPE_CHOICES, default=AbstractTopic.TOPIC_POST
    )
    status = models.PositiveSmallIntegerField(
        choices=AbstractTopic.STATUS_CHOICES, default=AbstractTopic.TOPIC_UNLOCKED
    )
    nature = models.CharField("nature", max_length=10, choices=Nature, default=Nature.QUESTION)
    promesse = models.CharField(
        "promesse", max_length=20, choices=Promesse, default=Promesse.RESTE_ICI
    )
    promesse_depuis = models.DateTimeField("promesse changée le", null=True, blank=True)
    reponse = models.ForeignKey(
        "forum_conversation.Post",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="réponse retenue",
    )
    resume = models.ForeignKey(
        "communaute.Resume",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="résumé",
    )
    titre_masque = models.CharField(
        "titre masqué avec le premier message", max_length=255, blank=True, editable=False
    )
    approved = models.BooleanField("approuvé", default=True)
    last_post_on = models.DateTimeField("dernier message le", null=True, blank=True)
    created = models.DateTimeField("ouvert le", default=timezone.now, editable=False)
    updated = models.DateTimeField("modifié le", auto_now=True)
    mots = StemsField(of="subject")
    slug = None
    views_count = None
    subscribers = None

    objects = TopicQuerySet.as_manager()
    approved_objects = None

    wagtail_reference_index_ignore = True

    class Meta(AbstractTopic.Meta):
        ordering = ["-type", "-last_post_on", "-pk"]
        indexes = [
            models.Index(fields=["forum", "-type", "-last_post_on", "-id"], name="topic_of_forum"),
            models.Index(fields=["forum", "-last_post_on", "-id"], name="topic_by_last_post"),
            models.Index(fields=["poster", "-last_post_on"], name="topic_of_poster"),
            models.Index(
                fields=["forum", "-last_post_on"],
                condition=Q(nature=Nature.QUESTION, reponse=None),
                name="topic_unanswered",
            ),
            models.Index(fields=["forum"], condition=Q(approved=False), name="topic_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(nature__in=Nature.values), name="topic_nature_connue"
            ),
            models.CheckConstraint(
                condition=Q(promesse__in=Promesse.values), name="topic_promesse_connue"
            ),
        ]

    def __str__(self):
        return self.subject

    def get_absolute_url(self):
        return reverse("communaute:sujet", args=[self.reference])

    @property
    def espace(self):
        """The space this topic belongs to."""
        return self.forum.espace

    @property
    def opened_on(self):
        """The day it was opened: who succeeded somebody later may not read it."""
        return timezone.localdate(self.created)

    def readers(self):
        """All the members who can read this topic today."""
        return Membre.objects.readers_of(self.espace, opened=self.opened_on)

    def authors(self):
        """The members who wrote what is left to read here, or waits to be."""
        posts = Post.objects.filter(topic=self, retire_le=None)
        return Membre.objects.filter(pk__in=posts.values("poster"))

    @property
    def promesse_expliquee(self):
        """What is promised here, in a sentence."""
        return Promesse(self.promesse).explication

    @property
    def answer(self):
        """The message that answers the question, while there is something of it to read; else None."""
        return self.reponse if self.reponse and self.reponse.is_shown else None

    @property
    def summary(self):
        """What sums it up, unless that was written before its first message was hidden; else None."""
        if self.resume and self.titre_masque and self.resume.ecrit_le < self.first_post.masque_le:
            return None
        return self.resume

    def around_for(self, user):
        """What surrounds its messages for ``user``, who may read it."""
        now, espace = timezone.now(), self.espace.pk
        [found] = AROUND.fetch(
            topic=self.pk,
            membre=user.pk,
            animated=espace if espace in rights_of(user).animated else 0,
            opened=self.opened_on,
            on=timezone.localdate(),
            at=now,
            since=now - TIME_TO_AGREE,
        )
        return Around(*found)

    def draft_of(self, user):
        """What ``user``, ``for_page`` of whom it was fetched, is writing in answer, or None."""
        return self.draft_key and Brouillon(
            pk=self.draft_key,
            membre=user,
            topic=self,
            champs=self.draft_fields,
            garde_le=self.draft_kept,
        )

    def page_of_posts(self, user, offset):
        """As many of them as a page holds, each with its author, after the ``offset`` first ones."""
        read = self._read_by(user)
        return [] if read is None else PAGE_OF_POSTS.fetch(offset=offset, **read)

    def posts_read_by(self, user):
        """The messages of this topic, which ``user`` may read, that they may read: in one table."""
        read = self._read_by(user)
        return Post.objects.none() if read is None else _posts(**read)

    def _read_by(self, user):
        """What finds the messages that ``user`` may read here, as ``_posts`` takes it; None for no one."""
        rights, espace = rights_of(user), self.espace.pk
        if espace in rights.animated:
            return {"topic": self.pk}
        if espace in rights.entered and self.created >= rights.since.get(espace, NEVER):
            return {"topic": self.pk, "membre": user.pk}
        return None

    def save(self, *args, **kwargs):
        """Save this row alone: machina's save writes back a whole stale row, and recounts."""
        super(AbstractTopic, self).save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        """Delete without machina's recount of the forum."""
        return super(AbstractTopic, self).delete(*args, **kwargs)


class PostQuerySet(models.QuerySet):
    def shown(self):
        """Those whose text is there to read: approved, neither withdrawn nor hidden."""
        return self.filter(topic__approved=True, approved=True, retire_le=None, masque_le=None)

    def readable_by(self, user):
        """Messages of the spaces ``user`` has entered; a visitor reads none.

        What awaits approval is shown to its author and to those who facilitate the space.
        """
        return self.filter(readable_post("", user))

    def behind_charte_for(self, user):
        """Messages ``user`` will read once they accept the charter of the space."""
        rights = rights_of(user)
        return self.filter(
            within("topic__", rights.readable - rights.entered, user),
            topic__approved=True,
            approved=True,
        )

    def with_openings(self):
        """Annotate ``was_opened``: whether the référent·e read it, which the page then tells."""
        openings = ActeModeration.objects.filter(post=OuterRef("pk"), acte=Acte.LIRE)
        return self.annotate(was_opened=Exists(openings))

    def with_thanks(self):
        """Annotate ``was_thanked``: whether somebody thanks for it."""
        return self.annotate(was_thanked=Exists(Merci.objects.filter(post=OuterRef("pk"))))

    def waiting(self):
        """Messages that those who facilitate the space have yet to accept or to refuse."""
        return self.filter(approved=False, masque_le=None, retire_le=None)

    def with_espace(self):
        """Fetch the topic and the space each belongs to."""
        return self.select_related("topic__forum__espace__territoire")

    def with_posters(self):
        """Fetch what a message shows of its author."""
        return (
            self.with_espace()
            .select_related("poster")
            .prefetch_related(models.Prefetch("poster__sieges", queryset=Siege.objects.speaking()))
        )


class Post(AbstractPost):
    """A message. Its HTML is rendered once, when it is written."""

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    poster = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="posts", verbose_name="écrit par"
    )
    approved = models.BooleanField("approuvé", default=True)
    created = models.DateTimeField("écrit le", default=timezone.now, editable=False)
    retire_le = models.DateTimeField("retiré par son auteur·rice le", null=True, blank=True)
    masque_le = models.DateTimeField("masqué par l’animation le", null=True, blank=True)
    envoi = models.UUIDField("clé d’envoi", null=True, blank=True, editable=False)
    pieces_count = models.PositiveSmallIntegerField(
        "nombre de pièces jointes", default=0, editable=False
    )
    mots = StemsField(of="searched_text")
    subject = None
    anonymous_key = None
    username = None
    enable_signature = None

    objects = PostQuerySet.as_manager()
    approved_objects = None

    wagtail_reference_index_ignore = True

    class Meta(AbstractPost.Meta):
        ordering = ["created", "pk"]
        indexes = [
            # The last two let a page far into a long topic be found in the index alone.
            models.Index(
                fields=["topic", "created", "id", "approved", "poster"], name="post_of_topic"
            ),
            models.Index(
                fields=["-created"], condition=Q(pieces_count__gt=0), name="post_with_pieces"
            ),
            models.Index(fields=["topic"], condition=Q(approved=False), name="post_waiting"),
        ]
        constraints = [
            # The same form sent twice is one message.
            models.UniqueConstraint(fields=["poster", "envoi"], name="post_envoi_unique")
        ]

    def __str__(self):
        return f"Message {self.reference}"

    def get_absolute_url(self):
        return reverse("communaute:message", args=[self.reference])

    @property
    def espace(self):
        """The space this message belongs to."""
        return self.topic.espace

    @property
    def anchor(self):
        """The id of this message in its topic's page."""
        return f"message-{self.reference}"

    @property
    def is_shown(self):
        """Whether its text is there to read: neither withdrawn nor hidden."""
        return self.retire_le is None and self.masque_le is None

    @property
    def hidden_title(self):
        """The title that it gave to its topic, while it is hidden with it; else an empty text."""
        return self.topic.titre_masque if self.topic.first_post_id == self.pk else ""

    def is_new_to(self, user, read_until):
        """Whether another said it after the time until which ``user`` has read its topic."""
        return self.approved and self.poster_id != user.pk and self.created > read_until

    @property
    def searched_text(self):
        """What it is found by: nothing once its author has withdrawn it."""
        return self.content.raw if self.retire_le is None else ""

    @property
    def updated_on(self):
        """When its author last changed it, or None; not what they changed before it was accepted."""
        return self.updated if self.updates_count and self.updated > self.created else None

    def save(self, *args, **kwargs):
        """Save this row alone: counts are kept by ``communaute.conversation``."""
        super(AbstractPost, self).save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        """Delete without machina's deletion of a topic left with one message."""
        return super(AbstractPost, self).delete(*args, **kwargs)


class Around(NamedTuple):
    """What surrounds the messages of a topic for one of its readers."""

    waiting_count: int
    """Messages that wait for approval, among those that they may read."""
    readers_count: int
    """How many members can read the topic."""
    asks_me: bool
    """Whether a looser promise waits for their yes or no."""
    is_drawn_on: bool
    """Whether a mise en commun draws on the topic, or is discussed there."""


def _around(topic, membre, animated, opened, on, at, since):
    waiting = Post.objects.filter(
        Q(poster=membre) | Q(topic__forum__espace=animated), topic=OuterRef("pk"), approved=False
    )
    waiting = waiting.order_by().values("topic").annotate(count=Count("pk"))
    espace = Espace.objects.filter(forum=OuterRef("forum"))
    espace = espace.with_readers_count(on=on, at=at, opened=opened)
    return (
        Topic.objects.filter(pk=topic)
        .order_by()
        .annotate(
            waiting_count=Coalesce(Subquery(waiting.values("count")), 0),
            readers_count=Subquery(espace.values("readers_count")),
            asks_me=_asked_for_a_yes(membre, since),
            is_drawn_on=Exists(MiseEnCommun.objects.about(OuterRef("pk"))),
        )
        .values_list(*Around._fields)
    )


AROUND = Prepared(
    _around,
    topic=-1_848,
    membre=-1_849,
    animated=-1_850,
    opened=date(1848, 2, 26),
    on=date(1848, 2, 24),
    at=datetime(1848, 2, 24, tzinfo=UTC),
    since=datetime(1848, 2, 25, tzinfo=UTC),
)


def _posts(topic, membre=None):
    """The messages of a topic; for ``membre``, those that wait for approval are theirs alone."""
    shown = Q() if membre is None else Q(approved=True) | Q(poster=membre)
    return Post.objects.filter(shown, topic=topic)


def _page_of_posts(offset, **read):
    # Keys first: what a message shows is not made of those that are left out.
    page = _posts(**read).values("pk")[offset : offset + POSTS_PER_PAGE]
    posts = Post.objects.filter(pk__in=page).select_related("poster")
    posts = posts.with_openings().with_thanks()
    return posts.defer("mots", *unshown("poster"))


PAGE_OF_POSTS = Prepared(_page_of_posts, topic=-1_848, offset=OFFSET, membre=-1_849)
