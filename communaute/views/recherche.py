"""Search in the spaces that one can read."""

from html import unescape
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.html import strip_tags
from django.views.decorators.http import require_safe

from communaute.forms.espaces import RechercheForm
from communaute.forum_conversation.models import Post
from communaute.models import Espace
from communaute.models.membres import unshown
from communaute.prepared import Prepared
from communaute.recherche import MOST, MOST_TOPICS
from communaute.search import excerpt, marked

POSTS_PER_PAGE = 10
TOPICS_SHOWN = 5
"""Topics found by their title that are shown before the messages; the others are unfolded."""


@require_safe
def recherche(request):
    """The topics whose title, and the messages whose text, has what is looked for."""
    user = request.user
    espaces = ESPACES.fetch(user=user)
    form = RechercheForm(request.GET if request.GET else None, espaces=espaces)
    context = {"form": form, "espaces": espaces, "titre": "Chercher dans mes espaces"}
    if not form.is_valid():
        return render(
            request, "communaute/recherche.html", context, status=422 if form.errors else 200
        )
    asked = form.recherche
    context["is_precise"] = form.is_precise
    if not (asked.words or form.is_precise):
        return render(request, "communaute/recherche.html", context)
    words = set(asked.words)
    last = max((espace.forum.last_post_id or 0 for espace in espaces), default=0)
    topics, posts, some = asked.found(user, last)
    page = Paginator(posts[:MOST], POSTS_PER_PAGE).get_page(request.GET.get("page"))
    places = {espace.forum_id: espace for espace in espaces}
    page.object_list = _posts(user, page.object_list, words, places)
    titles = _topics(topics[:MOST_TOPICS], words, places) if page.number == 1 else []
    context |= {
        "asked": True,
        "en_partie": some,
        "topics": titles[:TOPICS_SHOWN],
        "other_topics": titles[TOPICS_SHOWN:],
        "topics_count": len(topics),
        "posts": page,
        "posts_count": len(posts),
        "most": MOST,
        "most_topics": MOST_TOPICS,
        "parametres": urlencode({k: v for k, v in request.GET.items() if v and k != "page"}) + "&",
    }
    return render(request, "communaute/recherche.html", context)


ESPACES = Prepared(lambda user: Espace.objects.entered_by(user).select_related("forum"))
POSTS = Prepared(
    lambda user, posts: (
        Post.objects.readable_by(user)
        .filter(pk__in=posts)
        .select_related("topic", "poster")
        .defer("mots", "topic__mots", *unshown("poster"))
    ),
    posts=-20_000,
)


def _topics(topics, words, places):
    for topic in topics:
        topic.lieu = places[topic.forum_id]
        topic.marked = marked(topic.subject, words)
    return topics


def _posts(user, keys, words, places):
    found = {post.pk: post for post in POSTS.fetch(user=user, posts=keys)}
    posts = [found[key] for key in keys if key in found]
    for post in posts:
        post.lieu = places[post.topic.forum_id]
        post.excerpt = excerpt([unescape(strip_tags(post.content.rendered))], words)
    return posts
