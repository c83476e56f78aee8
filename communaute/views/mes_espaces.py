"""My spaces: what is new for me, what is asked of me, what comes next."""

from datetime import timedelta

from django.db.models import Exists, IntegerField, OuterRef, Q, Subquery
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from communaute.forum_conversation.models import Post, Topic
from communaute.models import (
    AccordPromesse,
    DemandePromesse,
    Espace,
    Mention,
    Niveau,
    Participation,
    Sondage,
    Vote,
    rights_of,
)

MOST_COUNTED = 99
"""Topics counted as new in a space: past that, the number says nothing more."""
NEW_SHOWN, ASKED_SHOWN, QUESTIONS_SHOWN, POLLS_SHOWN = 3, 5, 3, 3
"""How many of each are shown: new topics of a space, topics where one is awaited, questions, polls."""
QUESTIONS_SINCE = timedelta(days=60)


class BoundedCount(Subquery):
    """How many rows a sliced query has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) bounded)"
    output_field = IntegerField()


@require_safe
def mes_espaces(request):
    """The spaces one can enter, what is new there, what is asked, and what comes next."""
    user = request.user
    espaces = _espaces(user)
    context = {
        "espaces": espaces,
        "nouveaux": _new(user, espaces),
        "most": MOST_COUNTED,
        "chartes": [espace for espace in espaces if not espace.charte_acceptee],
        "attendu": _asked(user),
        "questions": _questions(user),
        "demandes": _demands(user),
        "sondages": _polls(user),
    }
    context["on_demande"] = any(
        context[name] for name in ("chartes", "attendu", "questions", "demandes")
    )
    return render(request, "communaute/mes_espaces.html", context)


def _espaces(user):
    """The spaces ``user`` may enter, each with what is new for them in it: a bounded count, and keys."""
    entered = rights_of(user).entered
    mine = Participation.objects.readable_by(user).filter(espace=OuterRef("pk"))
    new = Topic.objects.readable_by(user).filter(forum=OuterRef("forum"))
    new = new.new_to(user, since=OuterRef("lu_jusqua"), level=OuterRef("niveau"))
    latest = new.order_by("-last_post_on").values("pk")
    espaces = list(
        Espace.objects.readable_by(user)
        .select_related("forum", "territoire")
        .with_readers_count()
        .annotate(
            lu_jusqua=Subquery(mine.values("lu_jusqua")),
            niveau=Subquery(mine.values("niveau")),
        )
        .annotate(
            new_count=BoundedCount(new.order_by().values("pk")[: MOST_COUNTED + 1]),
            **{f"new_{rank}": Subquery(latest[rank : rank + 1]) for rank in range(NEW_SHOWN)},
        )
    )
    for espace in espaces:
        espace.charte_acceptee = espace.pk in entered
    return espaces


def _new(user, espaces):
    """The spaces where something is new, each with its latest topics as ``topics``."""
    keys = {
        espace: [getattr(espace, f"new_{rank}") for rank in range(NEW_SHOWN)] for espace in espaces
    }
    wanted = [key for of_espace in keys.values() for key in of_espace if key]
    topics = Topic.objects.readable_by(user).with_reading_of(user).in_bulk(wanted)
    for espace, of_espace in keys.items():
        espace.topics = [topics[key] for key in of_espace if key in topics]
    return [espace for espace in espaces if espace.topics]


def _asked(user):
    """The topics where ``user`` is named in what they have not read, or that they opened and others
    have added to."""
    mentions = Mention.objects.readable_by(user).filter(
        membre=user.pk, post__approved=True, post__retire_le=None, post__masque_le=None
    )
    here = mentions.filter(post__topic=OuterRef("pk"), post__created__gt=OuterRef("read_until"))
    others = Post.objects.readable_by(user).shown().exclude(poster=user.pk)
    others = others.filter(topic=OuterRef("pk"), created__gt=OuterRef("read_until"))
    topics = Topic.objects.readable_by(user).with_reading_of(user).filter(is_unread=True)
    topics = topics.exclude(level=Niveau.RIEN).annotate(
        cited_in=Subquery(here.exclude(post__poster=user.pk).values("post__reference")[:1])
    )
    topics = topics.filter(
        Q(cited_in__isnull=False, pk__in=mentions.values("post__topic"))
        | Q(Exists(others), poster=user.pk)
    )
    return topics.with_espace().order_by("-last_post_on")[:ASKED_SHOWN]


def _questions(user):
    """The latest questions of others that nobody has answered, where ``user`` can speak."""
    rights = rights_of(user)
    return (
        Topic.objects.readable_by(user)
        .filter(
            forum__espace__in=rights.peer & rights.entered,
            status=Topic.TOPIC_UNLOCKED,
            last_post_on__gte=timezone.now() - QUESTIONS_SINCE,
        )
        .exclude(poster=user.pk)
        .unanswered()
        .with_reading_of(user)
        .exclude(level=Niveau.RIEN)
        .with_espace()
        .select_related("poster")
        .order_by("-last_post_on")[:QUESTIONS_SHOWN]
    )


def _demands(user):
    """The demands to loosen a promise that wait for the answer of ``user``, who wrote in the topic."""
    wrote = Post.objects.readable_by(user).filter(
        topic=OuterRef("topic"), poster=user.pk, retire_le=None
    )
    answered = AccordPromesse.objects.readable_by(user).filter(demande=OuterRef("pk"))
    return (
        DemandePromesse.objects.readable_by(user)
        .open()
        .filter(Exists(wrote), ~Exists(answered))
        .exclude(auteur=user.pk)
        .select_related("topic__forum__espace")
    )


def _polls(user):
    """The polls that close soonest."""
    voted = Vote.objects.readable_by(user).filter(choix__sondage=OuterRef("pk"))
    return (
        Sondage.objects.readable_by(user)
        .filter(ferme_le__gt=timezone.now(), topic__approved=True)
        .annotate(voted=Exists(voted))
        .select_related("topic__forum__espace")
        .order_by("ferme_le")[:POLLS_SHOWN]
    )
