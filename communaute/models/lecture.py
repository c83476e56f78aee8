"""What a member has read, and what they wish to be told of."""

from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from communaute.models.espaces import rights_of, within
from communaute.models.membres import NEVER
from communaute.prepared import Prepared

NEW_TO_NEWCOMERS = timedelta(days=30)
"""What was said in a space this long before someone first enters it is new to them; older is not."""


class Niveau(models.TextChoices):
    """Of what one wishes to be told, in a space or in a topic."""

    TOUT = "tout", "Tous les messages"
    PREMIERS = "premiers", "Les nouveaux sujets"
    MENTIONS = "mentions", "Seulement quand on me cite"
    RIEN = "rien", "Rien"


class ParticipationQuerySet(models.QuerySet):
    def readable_by(self, user):
        """One's own, in the spaces one may enter."""
        return self.filter(membre=user.pk, espace__in=rights_of(user).entered)

    def join(self, membre, espace):
        """Begin to follow ``espace`` when ``membre`` enters it for the first time."""
        return self.get_or_create(
            membre=membre,
            espace=espace,
            defaults={"lu_jusqua": timezone.now() - NEW_TO_NEWCOMERS},
        )[0]

    def choose(self, membre, espace, niveau):
        """Follow ``espace``, which ``membre`` has entered, at the level ``niveau``."""
        participation = self.join(membre, espace)
        self.filter(pk=participation.pk).update(niveau=niveau)

    def mark_read(self, jusqua):
        """Record of each that all that was said in its space is read until then; never backwards. Return how
        many they are.
        """
        return self.update(lu_jusqua=Greatest("lu_jusqua", jusqua))


class Participation(models.Model):
    """That a member has entered a space: what they follow there, and up to when they have read it all."""

    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    espace = models.ForeignKey("communaute.Espace", models.PROTECT, related_name="participations")
    niveau = models.CharField("suivi", max_length=10, choices=Niveau, default=Niveau.TOUT)
    rejoint_le = models.DateTimeField("entré·e le", auto_now_add=True)
    lu_jusqua = models.DateTimeField("tout lu jusqu’à")

    objects = ParticipationQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "participation"
        constraints = [
            models.UniqueConstraint(fields=["membre", "espace"], name="participation_unique")
        ]

    def __str__(self):
        return f"{self.membre} — {self.espace}"


class SuiviQuerySet(models.QuerySet):
    def readable_by(self, user):
        """One's own, on the topics that one reads of the spaces one has entered."""
        return self.filter(within("topic__", rights_of(user).entered, user), membre=user.pk)

    def follow(self, membre, topic):
        """Tell ``membre`` of all that is said in ``topic``, unless they chose otherwise."""
        found = LEVEL.fetch(membre=membre.pk, topic=topic.pk)
        if not any(level for (level,) in found):
            suivi, _ = self.get_or_create(membre=membre, topic=topic)
            self.filter(pk=suivi.pk, niveau="").update(niveau=Niveau.TOUT)

    def choose(self, membre, topic, niveau):
        """Follow ``topic``, which ``membre`` can read, at this level; at that of its space when empty."""
        suivi, _ = self.get_or_create(membre=membre, topic=topic)
        self.filter(pk=suivi.pk).update(niveau=niveau)

    def mark_read(self, membre, topic, jusqua):
        """Record that ``membre`` has read ``topic`` up to the message of that time; never backwards."""
        read = self.filter(membre=membre, topic=topic)
        behind = read.filter(models.Q(lu_jusqua=None) | models.Q(lu_jusqua__lt=jusqua))
        if not behind.update(lu_jusqua=jusqua) and not read.exists():
            self.bulk_create(
                [Suivi(membre=membre, topic=topic, lu_jusqua=jusqua)], ignore_conflicts=True
            )

    def pass_over(self, topic, left):
        """Record that whoever has read ``topic`` up to its message of the time ``left``, after which others
        were withdrawn, has read it all.
        """
        jusqua = topic.last_post_on
        here = Participation.objects.filter(espace__forum=topic.forum_id)
        here = here.filter(lu_jusqua__gte=left, lu_jusqua__lt=jusqua).values("membre_id")
        read = models.Q(lu_jusqua__gte=left) | models.Q(membre__in=here)
        behind = models.Q(lu_jusqua=None) | models.Q(lu_jusqua__lt=jusqua)
        self.filter(read, behind, topic=topic).update(lu_jusqua=jusqua)
        self.bulk_create(
            [Suivi(topic=topic, lu_jusqua=jusqua, **membre) for membre in here],
            ignore_conflicts=True,
        )

    def keep_marks(self, topic, espace):
        """Record up to when each has read ``topic``, which leaves ``espace``, by having read all of it."""
        read = Participation.objects.filter(espace=espace, lu_jusqua__gte=topic.created)
        until = Subquery(read.filter(membre=OuterRef("membre")).values("lu_jusqua"))
        known = self.filter(topic=topic, membre__in=read.values("membre"))
        known.update(lu_jusqua=Greatest(Coalesce("lu_jusqua", NEVER), until))
        self.bulk_create(
            [Suivi(topic=topic, **mark) for mark in read.values("membre_id", "lu_jusqua")],
            ignore_conflicts=True,
        )

    def keep_new(self, topic, espace):
        """Leave new to those who have read all of ``espace``, where ``topic`` comes, what they have not read
        of it: they have read all until then, and each topic of the space as far as before.
        """
        posts = topic.posts.filter(approved=True).order_by("created")
        posts = list(posts.values_list("created", "poster"))
        read = self.filter(topic=topic).exclude(lu_jusqua=None)
        read = dict(read.values_list("membre", "lu_jusqua"))
        here = Participation.objects.filter(espace=espace)
        ahead = defaultdict(list)
        for one in here.filter(lu_jusqua__gte=topic.created).select_for_update(no_key=True):
            since = max(read.get(one.membre_id, NEVER), one.rejoint_le - NEW_TO_NEWCOMERS)
            for created, poster in posts:
                if since < created <= one.lu_jusqua and poster != one.membre_id:
                    ahead[created - timedelta.resolution].append(one)
                    break
        for until, ones in ahead.items():
            others = espace.forum.topics.filter(last_post_on__gt=until)
            mark = here.filter(membre=OuterRef("membre")).values("lu_jusqua")
            known = self.filter(topic__in=others, membre__in=[one.membre_id for one in ones])
            known.update(lu_jusqua=Greatest(Coalesce("lu_jusqua", NEVER), Subquery(mark)))
            self.bulk_create(
                [
                    Suivi(topic_id=pk, membre_id=one.membre_id, lu_jusqua=one.lu_jusqua)
                    for pk in others.values_list("pk", flat=True)
                    for one in ones
                ],
                ignore_conflicts=True,
            )
            here.filter(pk__in=[one.pk for one in ones]).update(lu_jusqua=until)


class Suivi(models.Model):
    """What one member has read of a topic and wishes to be told of it: one row a reader and topic.

    Every message written until ``lu_jusqua`` is read. Without a ``niveau``, that of the space holds.
    """

    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    topic = models.ForeignKey("forum_conversation.Topic", models.CASCADE, related_name="suivis")
    niveau = models.CharField("suivi", max_length=10, choices=Niveau, blank=True)
    lu_jusqua = models.DateTimeField("lu jusqu’à", null=True, blank=True)

    objects = SuiviQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "suivi d’un sujet"
        constraints = [models.UniqueConstraint(fields=["membre", "topic"], name="suivi_unique")]

    def __str__(self):
        return f"{self.membre} — {self.get_niveau_display()}"


def read_until(suivi, participation):
    """The time until which all is read in a topic, of these marks (querysets of one row at most): ``NEVER``
    without any.
    """
    return Greatest(
        Coalesce(Subquery(suivi.values("lu_jusqua")), NEVER),
        Coalesce(Subquery(participation.values("lu_jusqua")), NEVER),
    )


LEVEL = Prepared(
    lambda membre, topic: Suivi.objects.filter(membre=membre, topic=topic).values_list("niveau"),
    membre=-1_848,
    topic=-1_849,
)
