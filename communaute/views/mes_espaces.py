"""My spaces: what is new for me, what is asked of me, what comes next."""

from datetime import UTC, datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_safe

from communaute import brouillons
from communaute.forum_conversation.models import Post, Topic
from communaute.models import (
    Adhesion,
    Alerte,
    Espace,
    MotDePassation,
    Niveau,
    Presence,
    Rencontre,
    Sondage,
    Vote,
    rights_of,
)
from communaute.models.echanges import TIME_TO_AGREE
from communaute.models.membres import Rows, unshown
from communaute.permissions import can_speak
from communaute.prepared import Prepared

MOST_COUNTED = 99
"""Topics counted as new in a space: past that, the number says nothing more."""
NEW_SHOWN, ASKED_SHOWN, QUESTIONS_SHOWN, POLLS_SHOWN, MEETINGS_SHOWN = 3, 5, 3, 3, 3
"""How many of each are shown: new topics of a space, topics where one is awaited, questions, polls,
meetings."""
QUESTIONS_SINCE = timedelta(days=30)
"""How long ago a question may have been asked that nobody has answered."""


@require_safe
def mes_espaces(request):
    """The spaces one can enter, what is new there, what is asked, and what comes next."""
    user = request.user
    espaces = spaces_of(user)
    topics = _shown(user, espaces)
    context = {
        "espaces": espaces,
        "nouveaux": _new(espaces, topics),
        "most": MOST_COUNTED,
        "a_moderer": [espace for espace in espaces if espace.waiting_count],
        "chartes": [espace for espace in espaces if not espace.charte_acceptee],
        "attendu": _placed(AWAITING.fetch(user=user), espaces),
        "questions": _placed(_questions(user, espaces, topics), espaces),
        "demandes": _placed(_asking(user), espaces),
        "rencontres": MEETINGS.fetch(user=user, at=timezone.now()),
        "sondages": POLLS.fetch(user=user, at=timezone.now()),
        "brouillons": brouillons.begun(user),
        "entre": any(espace.charte_acceptee for espace in espaces),
        # Asked for by the page of one person alone.
        "illicites": SimpleLazyObject(lambda: list(_said_illicit(user))),
        "anime": bool(rights_of(user).animated),
        "adhesions": next((espace.adhesions_count for espace in espaces), 0),
        "mots": _words(user) if any(espace.has_word for espace in espaces) else (),
    }
    context["on_demande"] = user.awaits_decision or any(
        context[name]
        for name in ("a_moderer", "adhesions", "chartes", "attendu", "questions", "demandes")
    )
    return render(request, "communaute/mes_espaces.html", context)


def _words(user):
    """What those wrote whose seat ``user`` holds now, until it is read."""
    mots = MotDePassation.objects.received_by(user).unread()
    return mots.select_related("siege__membre")


def _said_illicit(user):
    """The messages said to break the law that wait: the page asks for them where ``user`` may open them."""
    waiting = Alerte.objects.referred_to(user).waiting().order_by()
    return waiting.values_list("post").distinct()


def spaces_of(user):
    """The spaces ``user`` may enter, each with the keys of the topics where something is new, bounded, and of
    its latest unanswered questions, how many decisions they have to take there, and how many requests to join
    wait for them anywhere.
    """
    entered = rights_of(user).entered
    espaces = ESPACES.fetch(user=user, on=timezone.localdate(), at=timezone.now())
    since = rights_of(user).since
    for espace in espaces:
        espace.charte_acceptee = espace.pk in entered
        espace.new_count = len(espace.new or ())
        # When something was last said may be about what a successor does not read.
        espace.is_read_in_part = espace.pk in since
        espace.latest = None if espace.is_read_in_part else espace.forum.last_post_on
    return espaces


def _requests(user):
    """How many requests to join wait for ``user``: none where they facilitate no space."""
    if not rights_of(user).animated:
        return Value(0)
    waiting = Adhesion.objects.handled_by(user, everything=False).waiting().order_by()
    waiting = waiting.values(group=Value(1)).annotate(total=Count("pk"))
    return Coalesce(Subquery(waiting.values("total")), 0)


def _with_new(user, on, at):
    new = Topic.objects.readable_by(user).new_to(user)
    new = new.order_by("-last_post_on")[: MOST_COUNTED + 1]
    questions = Topic.objects.readable_by(user).unanswered_to(user)
    return (
        Espace.objects.readable_by(user)
        .annotate(waiting_count=_waiting(user), adhesions_count=_requests(user))
        .select_related("forum", "territoire")
        .with_readers_count(on=on, at=at)
        .with_participation_of(user)
        .annotate(
            new=Rows(new, "pk"),
            questions=Rows(questions[:QUESTIONS_SHOWN], "pk"),
            has_word=Exists(MotDePassation.objects.received_by(user, on).unread()),
        )
    )


def _waiting(user):
    """How many decisions wait for ``user``, in the space of the query around: none where they have none to
    take.
    """
    if not rights_of(user).animated:
        return Value(0)
    reports = Alerte.objects.readable_by(user).waiting()
    posts = Post.objects.readable_by(user).waiting().exclude(poster=user.pk)
    return _count_of(reports, "post__topic__forum") + _count_of(posts, "topic__forum")


def _count_of(queryset, forum):
    here = queryset.order_by().filter(**{forum: OuterRef("forum")}).values(forum)
    return Coalesce(Subquery(here.annotate(total=Count("pk")).values("total")), 0)


NOW = datetime(1848, 2, 24, tzinfo=UTC)
ESPACES = Prepared(_with_new, on=NOW.date(), at=NOW)
TOPICS = Prepared(
    lambda user, topics: (
        Topic.objects.readable_by(user)
        .filter(pk__in=topics)
        .select_related("poster")
        .defer("mots", *unshown("poster"))
    ),
    topics=-20_000,
)
AWAITING = Prepared(
    lambda user: (
        Topic.objects.readable_by(user).order_by("-last_post_on").awaiting(user)[:ASKED_SHOWN]
    )
)
ASKING = Prepared(
    lambda user, since, on: (
        Topic.objects.readable_by(user).order_by("-last_post_on").asking_for_a_yes(user, since, on)
    ),
    since=NOW,
    on=NOW.date(),
)


def _asking(user):
    return ASKING.fetch(user=user, since=timezone.now() - TIME_TO_AGREE, on=timezone.localdate())


def _shown(user, espaces):
    """The topics that are shown as new in these spaces, and their unanswered questions, by their keys."""
    keys = {
        key
        for espace in espaces
        for key in (*(espace.new or ())[:NEW_SHOWN], *(espace.questions or ()))
    }
    return {topic.pk: topic for topic in TOPICS.fetch(user=user, topics=sorted(keys))}


def _new(espaces, topics):
    """The spaces where something is new, each with its latest topics as ``topics``."""
    for espace in espaces:
        keys = (espace.new or ())[:NEW_SHOWN]
        espace.topics = [topics[key] for key in keys if key in topics]
    return [espace for espace in espaces if espace.topics]


def _placed(topics, espaces):
    """These topics, each with the name of its space as ``lieu``."""
    names = {espace.forum_id: espace.nom for espace in espaces}
    topics = list(topics)
    for topic in topics:
        topic.lieu = names.get(topic.forum_id, "")
    return topics


def _questions(user, espaces, topics):
    """The latest questions of others that nobody has answered, where ``user`` can speak and listens."""
    since = timezone.now() - QUESTIONS_SINCE
    found = [
        topics[key]
        for espace in espaces
        if can_speak(user, espace) and espace.niveau != Niveau.RIEN
        for key in espace.questions or ()
        if key in topics and topics[key].last_post_on >= since
    ]
    return sorted(found, key=lambda topic: topic.last_post_on, reverse=True)[:QUESTIONS_SHOWN]


def _polls(user, at):
    """The polls that close soonest."""
    voted = Vote.objects.readable_by(user).filter(choix__sondage=OuterRef("pk"))
    return (
        Sondage.objects.readable_by(user)
        .filter(ferme_le__gt=at, topic__approved=True, topic__titre_masque="")
        .annotate(voted=Exists(voted))
        .select_related("topic__forum__espace")
        .order_by("ferme_le")[:POLLS_SHOWN]
    )


def _meetings(user, at):
    """The next meetings to which ``user`` does not say that they do not come; before them, those whose date
    is searched for, where they have yet to say when they could.
    """
    asked = Q(debut=None, unanswered=True)
    coming = Q(fin__gt=at) & ~Q(mine=Presence.Reponse.NON)
    return (
        Rencontre.objects.readable_by(user)
        .shown()
        .with_coming(user)
        .with_unanswered(user)
        .filter(asked | coming, annulee_le=None)
        .select_related("topic__forum__espace")
        .order_by(F("debut").asc(nulls_first=True), "pk")[:MEETINGS_SHOWN]
    )


POLLS = Prepared(_polls, at=NOW)
MEETINGS = Prepared(_meetings, at=NOW)
