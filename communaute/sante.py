"""Whether a space lives, for those who facilitate it: figures of the space, never of a person."""

import math
from collections import Counter
from datetime import timedelta
from statistics import median

from django.db.models import Count, Min, OuterRef, Q, Subquery
from django.db.models.functions import TruncWeek
from django.utils import timezone

from communaute.forum_conversation.models import Nature, Post, Topic
from communaute.models import Siege

FEWEST_READERS = 5
"""Under this number of readers, a figure of a space would be one of persons: none is shown."""
FEWEST_OF_A_TERRITORY = 3
"""A territory with fewer readers here is not told of: its silence would be somebody's."""
WEEKS = 12
QUIET_FOR = timedelta(days=90)
ANSWERS_SINCE = timedelta(days=365)
"""Questions older than this do not count in the time to a first answer."""
LISTED = 20


def of(user, espace):
    """The health of a space as a dict, in a constant number of queries."""
    questions = Topic.objects.readable_by(user).filter(
        forum=espace.forum_id, nature=Nature.QUESTION, approved=True
    )
    answers = Post.objects.readable_by(user).shown().filter(topic=OuterRef("pk"))
    answers = answers.exclude(poster=OuterRef("poster")).order_by()
    said = list(_said(user, espace))
    weeks = _weeks(said)
    last = espace.forum.last_post_on
    return {
        "unanswered": questions.unanswered().order_by("created")[:LISTED],
        "days_to_answer": _days_to_answer(questions, answers),
        "days_of_silence": (timezone.localdate() - timezone.localdate(last)).days if last else None,
        "weeks": weeks,
        "most": max(1, *(week["total"] for week in weeks)),
        "quiet": _quiet_territories(espace, {poster for _, poster, _ in said}),
    }


def _said(user, espace):
    """How many messages were written since ``QUIET_FOR``, as rows of week, author and number."""
    posts = Post.objects.readable_by(user).filter(
        topic__forum=espace.forum_id, approved=True, created__gte=timezone.now() - QUIET_FOR
    )
    return (
        posts.order_by()
        .annotate(week=TruncWeek("created"))
        .values("week", "poster")
        .annotate(total=Count("pk"))
        .values_list("week", "poster", "total")
    )


def _days_to_answer(questions, answers):
    """The days within which half of the questions get their first answer, or None without any."""
    first = answers.values("topic").annotate(first=Min("created")).values("first")
    asked = (
        questions.filter(created__gte=timezone.now() - ANSWERS_SINCE)
        .annotate(answered=Subquery(first))
        .exclude(answered=None)
        .order_by()
        .values_list("created", "answered")
    )
    delays = [(answered - created) / timedelta(days=1) for created, answered in asked]
    return max(1, math.ceil(median(delays))) if delays else None


def _weeks(said):
    """For each of the last weeks, the oldest first, its Monday and its messages."""
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=ago) for ago in reversed(range(WEEKS))]
    counts = Counter()
    for week, _, total in said:
        counts[timezone.localdate(week)] += total
    return [{"monday": day, "total": counts[day]} for day in mondays]


def _quiet_territories(espace, spoke):
    """The territories with enough readers here, none of whom spoke for ``QUIET_FOR``; None without any
    such territory.
    """
    readers = espace.readers()
    seats = Siege.objects.giving_access_to(espace).filter(
        ~Q(territoire=None), membre__in=readers.values("pk")
    )
    territories = {}
    for nom, membre in seats.values_list("territoire__nom", "membre"):
        territories.setdefault(nom, set()).add(membre)
    told = {
        nom: membres
        for nom, membres in territories.items()
        if len(membres) >= FEWEST_OF_A_TERRITORY
    }
    return sorted(nom for nom, membres in told.items() if not membres & spoke) if told else None
