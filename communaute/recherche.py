"""Search in the spaces that one can read: which topics by their title, which messages by their text."""

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.db.models import Max, Q
from django.utils import timezone

from communaute.forum_conversation.models import Post, Topic
from communaute.models import Espace, Membre
from communaute.text import fold

MOST, MOST_TOPICS = 100, 20
"""How many messages are counted and shown, and how many topics by their title: whoever is given as many
says more precisely what they look for."""
JUST_SAID, LATELY = 4_000, 100_000
"""Messages, from the last one, that are looked at one by one, and through the index, before all are."""


@dataclass(frozen=True)
class Recherche:
    """What is looked for: words, and what narrows them."""

    words: tuple = ()
    """Stems, which a title or a message must have all."""
    auteur: str = ""
    du: date | None = None
    au: date | None = None
    nature: str = ""
    espace: Espace | None = None
    pieces: bool = False

    def topics(self, user):
        """The keys of the topics that ``user`` may read whose title matches, the latest first.

        At most ``MOST_TOPICS`` and one; none without words.
        """
        if not self.words or self.pieces:
            return []
        topics = Topic.objects.readable_by(user).filter(
            self._narrowed(""), approved=True, mots__says=self.words
        )
        topics = topics.order_by("-last_post_on", "-pk")
        return list(topics.values_list("pk", flat=True)[: MOST_TOPICS + 1])

    def posts(self, user, last):
        """The keys of the messages that ``user`` may read and that match, the latest first.

        At most ``MOST`` and one. ``last`` is the key of the last message of the spaces that they read.
        """
        posts = Post.objects.readable_by(user).shown().filter(self._narrowed("topic__"))
        if self.pieces:
            posts = posts.filter(pieces_count__gt=0)
        posts = posts.order_by("-created", "-pk").values_list("pk", flat=True)
        found = []
        for how, lately in self._ways():
            if len(found) <= MOST:
                among = posts.filter(pk__gt=last - lately) if lately < last else posts
                among = among.filter(**{how: self.words}) if self.words else among
                found = list(among[: MOST + 1])
                if lately >= last:
                    break
        return found

    def _ways(self):
        """How words are looked for, and among how many of the last messages, one way after another.

        What is rarely said has few entries in the index. What is often said has too many to be fetched
        in time, but there is enough of it in what was said last. Of what a few people said, little is
        left to look at.
        """
        if self.auteur:
            return [("mots__seen", LATELY), ("mots__says", math.inf)]
        if not self.words:
            return [("", JUST_SAID), ("", math.inf)]
        return [("mots__seen", JUST_SAID), ("mots__says", LATELY), ("mots__says", math.inf)]

    def _narrowed(self, topic):
        narrowed = Q()
        if self.auteur:
            narrowed &= Q(poster__in=self._auteurs)
        if self.du:
            narrowed &= Q(created__gte=_midnight(self.du))
        if self.au:
            narrowed &= Q(created__lt=_midnight(self.au + timedelta(days=1)))
        if self.nature:
            narrowed &= Q(**{f"{topic}nature": self.nature})
        if self.espace:
            narrowed &= Q(**{f"{topic}forum": self.espace.forum_id})
        return narrowed

    @cached_property
    def _auteurs(self):
        """The keys of the members whose name has words that begin like all those of ``auteur``.

        Everyone is looked at alike, and it is never empty: whom one cannot read is as nobody.
        """
        asked = fold(self.auteur).split()
        names = Membre.objects.order_by().values_list("pk", "first_name", "last_name")
        folded = ((pk, f" {fold(' '.join(name))}") for pk, *name in names)
        return [0, *(pk for pk, name in folded if asked and all(f" {w}" in name for w in asked))]


def _midnight(day):
    return timezone.make_aware(datetime.combine(day, time.min))


def how_many(user, words):
    """How many topics and messages ``user`` may read have all these stems, counted up to a bound."""
    last = Espace.objects.entered_by(user).aggregate(last=Max("forum__last_post"))["last"]
    if not (words and last):
        return 0
    asked = Recherche(words=tuple(words))
    return len(asked.topics(user)) + len(asked.posts(user, last))
