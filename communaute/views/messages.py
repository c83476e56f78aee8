"""One message: its lasting address, and what is done to it."""

from django.http import Http404
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from communaute import conversation, permissions
from communaute.forms import MessageForm
from communaute.forum_conversation.models import Post
from communaute.views.reading import apercu, form_page, readable, who_reads
from communaute.views.sujets import place


@require_safe
def message(request, reference):
    """The lasting address of a message: leads to its place in its topic."""
    post = readable(request.user, Post, reference)
    return redirect(place(request.user, post.topic, post))


@require_http_methods(["GET", "HEAD", "POST"])
def modifier_message(request, reference):
    """Change one's own message."""
    post = readable(request.user, Post, reference)
    if not permissions.can_edit(request.user, post):
        raise Http404
    form = MessageForm(request.POST or None, initial={"content": post.content.raw})
    if form.is_valid() and "apercu" not in request.POST:
        return redirect(conversation.edit(request.user, post, **form.cleaned_data))
    context = {
        **who_reads(post.espace),
        "topic": post.topic,
        "post": post,
        "form": form,
        "apercu": apercu(request, form),
    }
    return form_page(request, "communaute/modifier_message.html", context)
