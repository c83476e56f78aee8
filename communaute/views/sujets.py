"""A topic, from its opening to its last message, and what one has read of it."""

from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, prefetch_related_objects
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from communaute import conversation, permissions
from communaute.forms import MessageForm, TopicForm
from communaute.forum_conversation.models import Topic
from communaute.models import Siege, Suivi
from communaute.views.reading import apercu, entered_espace, form_page, readable, who_reads

POSTS_PER_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
def nouveau_sujet(request, slug):
    """Write the first message of a topic, see how it reads, open the topic."""
    espace = entered_espace(request.user, slug)
    if not permissions.can_speak(request.user, espace):
        raise Http404
    form = TopicForm(request.POST or None)
    if form.is_valid() and "apercu" not in request.POST:
        topic = conversation.start_topic(request.user, espace, **form.cleaned_data)
        return redirect(topic)
    context = {**who_reads(espace), "form": form, "apercu": apercu(request, form)}
    return form_page(request, "communaute/nouveau_sujet.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def sujet(request, reference):
    """A topic: its messages, who can read them, and a place to reply.

    Showing a page of it marks as read what the page shows, and what was said before.
    """
    topic = readable(request.user, Topic, reference, lambda topics: topics.for_page(request.user))
    form = MessageForm(request.POST or None)
    can_reply = permissions.can_reply(request.user, topic)
    if can_reply and form.is_valid() and "apercu" not in request.POST:
        return redirect(conversation.reply(request.user, topic, **form.cleaned_data))
    page = posts_page(request.user, topic, "last" if form.is_bound else request.GET.get("page"))
    context = {
        **who_reads(topic.espace),
        "topic": topic,
        "posts": page,
        "is_new_elsewhere": topic.is_unread and not any(post.is_new for post in page),
        "form": form,
        "can_reply": can_reply,
        "apercu": apercu(request, form),
    }
    if form.is_bound and not can_reply:
        return render(request, "communaute/sujet.html", context, status=409)
    if is_looked_at(request):
        mark_read(request.user, topic, page)
    return form_page(request, "communaute/sujet.html", context)


@require_safe
def nouveau(request, reference):
    """Lead to the first message that one has not read; to the last one when all is read."""
    user = request.user
    topic = readable(user, Topic, reference, lambda topics: topics.for_page(user))
    posts = topic.posts_read_by(user)
    unread = posts.filter(approved=True, created__gt=topic.read_until).exclude(poster=user)
    post = unread.first() or posts.last()
    return redirect(place(user, topic, post) if post else topic)


def posts_page(user, topic, number):
    """A page of the messages of ``topic`` that ``user`` may read, each with what the page says of it."""
    posts = topic.posts_read_by(user).select_related("poster")
    paginator = Paginator(posts, POSTS_PER_PAGE)
    paginator.count = topic.shown_count  # known already: a topic of a thousand is not counted again
    page = paginator.get_page(paginator.num_pages if number == "last" else number)
    page.object_list = list(page.object_list)
    members = [post.poster for post in page]
    if topic.answer:
        members.append(topic.answer.poster)
    prefetch_related_objects(members, Prefetch("sieges", Siege.objects.speaking()))
    for post in page:
        post.topic = topic
        post.is_new = post.is_new_to(user, topic.read_until)
        post.can_edit = permissions.can_edit(user, post)
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
    """Mark ``topic`` as read up to the last of ``posts``, when that is further than it was."""
    shown = max((post.created for post in posts if post.approved), default=topic.read_until)
    if shown > topic.read_until:
        Suivi.objects.mark_read(user, topic, shown)
