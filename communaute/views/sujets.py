"""A topic, from its opening to its last message."""

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from communaute import conversation, permissions
from communaute.forms import MessageForm, TopicForm
from communaute.forum_conversation.models import Post, Topic
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
    """A topic: its messages, who can read them, and a place to reply."""
    topic = readable(request.user, Topic, reference)
    form = MessageForm(request.POST or None)
    can_reply = permissions.can_reply(request.user, topic)
    if can_reply and form.is_valid() and "apercu" not in request.POST:
        return redirect(conversation.reply(request.user, topic, **form.cleaned_data))
    posts = Paginator(
        Post.objects.readable_by(request.user).filter(topic=topic).with_posters(), POSTS_PER_PAGE
    )
    page = posts.get_page(posts.num_pages if form.is_bound else request.GET.get("page"))
    for post in page:
        post.can_edit = permissions.can_edit(request.user, post)
    context = {
        **who_reads(topic.espace),
        "topic": topic,
        "posts": page,
        "form": form,
        "can_reply": can_reply,
        "apercu": apercu(request, form),
    }
    if form.is_bound and not can_reply:
        return render(request, "communaute/sujet.html", context, status=409)
    return form_page(request, "communaute/sujet.html", context)
