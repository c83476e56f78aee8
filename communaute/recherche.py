"""Search in the spaces that one can read: which topics by their title, which messages by their text."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, reduce
from operator import or_

from django.db.models import Max, Q
from django.utils import timezone

from communaute.conversation import STAND_INS
from communaute.forum_conversation.models import Post, Topic
from communaute.models import Espace, Membre
from communaute.text import fold

MOST, MOST_TOPICS = 100, 20
"""How many messages are counted and shown, and how many topics by their title: whoever is given as many
says more precisely what they look for."""
JUST_SAID = 1_000
"""Messages, from the last one, that are looked at one by one, before others are through the index."""
AMPLY = 4
"""How many times further one looks than there would be enough, if all was said as often as lately."""


@dataclass(frozen=True)
class Recherche:
    """What is looked for: words, and what narrows them."""

    words: tuple = ()
    """Stems, which a title or a message must have all, or else ``some``."""
    auteur: str = ""
    du: date | None = None
    au: date | None = None
    nature: str = ""
    espace: Espace | None = None
    pieces: bool = False

    def found(self, user, last):
        """The ``topics``, and the keys of ``posts``; and whether they have but some of the words, as nothing
        has all of them.
        """
        topics, posts = self.topics(user), self.posts(user, last)
        if topics or posts or len(self.words) < 2:
            return topics, posts, False
        return self.topics(user, some=True), self.posts(user, last, some=True), True

    def topics(self, user, some=False):
        """The topics that ``user`` may read whose title matches, each with its author, the latest first.

        At most ``MOST_TOPICS`` and one; none without words.
        """
        if not self.words or self.pieces:
            return []
        topics = Topic.objects.readable_by(user).filter(
            self._narrowed(""), self._said("says", some), approved=True
        )
        topics = topics.exclude(subject__in=STAND_INS)
        topics = topics.order_by("-last_post_on", "-pk").select_related("poster")
        return list(topics[: MOST_TOPICS + 1])

    def posts(self, user, last, some=False):
        """The keys of the messages that ``user`` may read and that match, the latest first.

        At most ``MOST`` and one. ``last`` is the key of the last message of the spaces that they read.
        """
        posts = Post.objects.readable_by(user).shown().filter(self._narrowed("topic__"))
        if self.pieces:
            posts = posts.filter(pieces_count__gt=0)
        posts = posts.order_by("-created", "-pk").values_list("pk", flat=True)
        found, how, lately = [], "seen", JUST_SAID
        while len(found) <= MOST:
            among = posts.filter(self._said(how, some), pk__gt=last - lately)
            found = list(among[: MOST + 1])
            if lately >= last:
                break
            # What is rarely said has few entries in the index; what is often said has too many to be
            # fetched in time, and there is enough of it not far back.
            further = lately * AMPLY * MOST // len(found) if found and how == "seen" else last
            how, lately = "says", min(further, last)
        return found

    def _said(self, how, some):
        """The condition that the words are said, or ``some`` of them, looked for by that lookup."""
        asked = [[word] for word in self.words] if some else [self.words] if self.words else []
        return reduce(or_, (Q(**{f"mots__{how}": words}) for words in asked), Q())

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
