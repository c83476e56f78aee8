"""A topic, from its first message to its last, and what one has read of it."""

from collections import defaultdict
from datetime import UTC, date, datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from communaute import conversation, notifications, permissions
from communaute.forms.ecrire import MessageForm, VoteForm
from communaute.forms.espaces import NIVEAUX_DU_SUJET
from communaute.forum_conversation.models import POSTS_PER_PAGE, Nature, Topic
from communaute.models import (
    Choix,
    Membre,
    Merci,
    MiseEnCommun,
    Niveau,
    PieceJointe,
    Suivi,
    seat,
)
from communaute.prepared import Prepared
from communaute.views import desaccords, rencontres
from communaute.views.composition import Composition
from communaute.views.ecrire import quoted
from communaute.views.reading import readable, takes_a_form, with_exceptional_readings
from communaute.views.shown import message

FEWEST_VOTERS = 5
"""Under this number of voters, the count would come close to telling who chose what."""


@takes_a_form
def sujet(request, reference):
    """A topic: its messages, who can read them, and a place to reply.

    Showing a page of it marks as read what the page shows, and what was said before.
    """
    topic = readable_for_page(request.user, reference)
    can_reply = permissions.can_reply(request.user, topic)
    composition = reply_to(request, topic) if can_reply else None

    def reply(**said):
        post = conversation.reply(request.user, topic, **said)
        appears = "est publiée" if post.approved else "paraîtra dès que l’animation l’aura lue"
        messages.success(request, f"Votre réponse {appears}.")
        return post

    response = composition and composition.respond(reply)
    if response:
        return response
    is_posted = request.method == "POST"
    page = posts_page(request.user, topic, "last" if is_posted else request.GET.get("page"))
    if is_looked_at(request):
        mark_read(request.user, topic, page)
    if composition:
        return show(request, topic, page, composition.status, **composition.context)
    return show(request, topic, page, 409 if is_posted else 200)


TOPIC = Prepared(
    lambda user, reference: (
        Topic.objects.readable_by(user).for_page(user).filter(reference=reference)[:1]
    ),
    reference="référence",
)


def readable_for_page(user, reference):
    """The topic of this address, if ``user`` may read it, with what its page says of it."""
    found = TOPIC.fetch(user=user, reference=reference)
    return found[0] if found else readable(user, Topic, reference)


def reply_to(request, topic):
    """What is being written in answer to ``topic``, with what is quoted once, however often it is shown."""
    brouillon = topic.draft_of(request.user)
    quote = quoted(request, topic)
    if brouillon and quote.strip() in brouillon.champs.get("content", ""):
        quote = ""
    return Composition(
        request,
        topic.espace,
        {"topic": topic},
        MessageForm,
        action=topic.get_absolute_url(),
        quote=quote,
        brouillon=brouillon,
    )


def show(request, topic, posts=None, status=200, **context):
    """The page of ``topic``, found by ``readable_for_page``, with these messages of it."""
    user = request.user
    posts = posts or posts_page(user, topic, 1)
    context = {
        "espace": topic.espace,
        "readers_count": posts.around.readers_count,
        "readers_url": reverse("communaute:lecteurs_du_sujet", args=[topic.reference]),
        "asks_me": posts.around.asks_me,
        "topic": topic,
        "posts": posts,
        "is_new_elsewhere": topic.is_unread
        and not any(post.is_new for post in posts)
        and unread_posts(user, topic).exists(),
        "can_reply": permissions.can_reply(user, topic),
        "can_moderate": permissions.can_moderate(user, topic.espace),
        "can_summarise": permissions.can_summarise(user, topic),
        "can_draw_on": permissions.can_draw_on(user, topic),
        "mises_en_commun": MISES.fetch(user=user, topic=topic.pk)
        if posts.around.is_drawn_on
        else (),
        "niveau": Niveau(topic.level).label.lower(),
        "niveaux_du_sujet": NIVEAUX_DU_SUJET,
        **context,
    }
    if topic.answer:
        topic.answer.topic = topic
        context["can_keep_answer"] = permissions.can_keep_answer(user, topic.answer)
    if sondage := getattr(topic, "sondage", None):
        context.setdefault("vote", vote_form(user, topic))
        context |= {"sondage": sondage, "resultats": results(context["vote"].offered, sondage)}
        context["can_vote"] = permissions.can_vote(user, sondage)
        context["a_vote"] = any(one.is_mine for one in context["vote"].offered)
    if topic.nature == Nature.RENCONTRE:
        context |= rencontres.shown(user, topic, request.GET.get("date"))
        if context.get("has_news") and is_looked_at(request):
            notifications.mark_rencontre_seen(user, topic)
    if topic.nature == Nature.DESACCORD:
        context["desaccord"] = desaccords.shown(user, topic)
    if context["can_reply"] and "form" not in context:
        context |= reply_to(request, topic).context
    return render(request, "communaute/sujet.html", context, status=status)


def vote_form(user, topic, data=None):
    """The form of the poll of ``topic``, filled with what ``user`` voted."""
    offered = list(Choix.objects.readable_by(user).filter(sondage=topic.sondage).counted_for(user))
    return VoteForm(data, sondage=topic.sondage, offered=offered)


def results(offered, sondage):
    """How many voted, and what the answers ``offered`` got: nothing before the poll is closed, nor then if
    fewer than ``FEWEST_VOTERS`` took part.

    Two looks at an open one would tell what was chosen between them, and so by whom.
    """
    voters = offered[0].voters_count if offered else 0
    if not sondage.is_closed or voters < FEWEST_VOTERS:
        return {"voters": None, "choix": []}
    return {"voters": voters, "choix": offered}


@require_safe
def nouveau(request, reference):
    """Lead to the first message that one has not read; to the last one when all is read."""
    user = request.user
    topic = readable_for_page(user, reference)
    post = unread_posts(user, topic).first() or topic.posts_read_by(user).last()
    return redirect(place(user, topic, post) if post else topic)


def unread_posts(user, topic):
    """The messages of others that ``user`` has not read in ``topic``, found by ``readable_for_page``."""
    posts = topic.posts_read_by(user).filter(approved=True, created__gt=topic.read_until)
    return posts.exclude(poster=user)


MET = Prepared(
    lambda user, membres, on, at: (
        Membre.objects.met_by(user, on, at).filter(pk__in=membres).order_by().values_list("pk")
    ),
    membres=-20_000,
    on=date(1848, 2, 24),
    at=datetime(1848, 2, 24, tzinfo=UTC),
)


def _met(user, membres):
    """The keys of those of ``membres`` whose page opens to ``user``."""
    keys, now = sorted({membre.pk for membre in membres}), timezone.now()
    found = MET.fetch(user=user, membres=keys, on=timezone.localdate(now), at=now)
    return {key for (key,) in found}


MERCIS = Prepared(
    lambda user, posts: (
        Merci.objects.readable_by(user).filter(post__in=posts).select_related("membre")
    ),
    posts=-20_000,
)


MISES = Prepared(
    lambda user, topic: (
        MiseEnCommun.objects.readable_by(user)
        .about(topic)
        .with_titre()
        .select_related("page", "auteur")
    ),
    topic=-1_849,
)


PIECES = Prepared(
    lambda user, posts: PieceJointe.objects.readable_by(user).filter(post__in=posts), posts=-20_000
)


def posts_page(user, topic, number):
    """A page of the messages of ``topic`` that ``user`` may read, each with its ``html``, and what is
    ``around`` them.
    """
    around = topic.around_for(user)
    paginator = Paginator((), POSTS_PER_PAGE)
    # Known already: the messages of a long topic are not counted again.
    paginator.count = topic.posts_count + around.waiting_count
    page = paginator.get_page(paginator.num_pages if number == "last" else number)
    page.around = around
    page.object_list = topic.page_of_posts(user, (page.number - 1) * POSTS_PER_PAGE)
    authors = [post.poster for post in page]
    seat([*authors, topic.answer.poster] if topic.answer else authors)
    met = _met(user, authors)
    mercis = defaultdict(list)
    thanked = [post.pk for post in page if post.was_thanked]
    for merci in MERCIS.fetch(user=user, posts=thanked):
        mercis[merci.post_id].append(merci.membre)
    pieces = defaultdict(list)
    with_files = [post.pk for post in page if post.pieces_count and post.is_shown]
    for piece in PIECES.fetch(user=user, posts=with_files):
        pieces[piece.post_id].append(piece)
    for post in page:
        post.topic = topic
        post.is_new = post.is_new_to(user, topic.read_until)
    with_exceptional_readings(user, page)
    can_reply = permissions.can_reply(user, topic)
    for post in page:
        post.html = message(
            user,
            post,
            pieces=pieces[post.pk],
            mercis=mercis[post.pk],
            is_met=post.poster_id in met,
            can_reply=can_reply,
        )
    return page


def place(user, topic, post):
    """The address of ``post`` in the page of its topic where ``user`` reads it."""
    before = topic.posts_read_by(user).filter(
        Q(created__lt=post.created) | Q(created=post.created, pk__lt=post.pk)
    )
    page = before.count() // POSTS_PER_PAGE + 1
    query = f"?page={page}" if page > 1 else ""
    return f"{topic.get_absolute_url()}{query}#{post.anchor}"


def is_looked_at(request):
    """Whether someone is shown the answer: not when a browser only makes ready for it."""
    ahead = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return request.method == "GET" and "prefetch" not in ahead


def mark_read(user, topic, posts):
    """Mark ``topic`` as read up to the last of ``posts``, when that is further than it was, and those that
    changed as read again.
    """
    shown = max((post.created for post in posts if post.approved), default=topic.read_until)
    if shown > topic.read_until:
        Suivi.objects.mark_read(user, topic, shown)
    notifications.mark_changes_seen(user, posts)
