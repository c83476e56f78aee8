"""One message: its lasting address."""

from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from communaute.forum_conversation.models import Post
from communaute.views.reading import readable
from communaute.views.sujets import place


@require_safe
def message(request, reference):
    """The lasting address of a message: leads to its place in its topic."""
    post = readable(request.user, Post, reference)
    return redirect(place(request.user, post.topic, post))
