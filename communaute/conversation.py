"""What members write, each act in one transaction that locks the topic, then its forum.

Each function reads again what its author may do, in the transaction: rights lost since the page was
shown are lost here too. ``PermissionDenied`` says so.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from communaute import permissions
from communaute.forum.models import Forum
from communaute.forum_conversation.models import Post, Topic
from communaute.models import Espace, Membre


@transaction.atomic
def start_topic(author, espace, subject, content, at=None):
    """Open a topic with its first message, said now or at the time ``at``, and return it."""
    author = _as_of_now(author)
    espace = Espace.objects.readable_by(author).get(pk=espace.pk)
    if not permissions.can_speak(author, espace):
        raise PermissionDenied
    at = at or timezone.now()
    topic = Topic(forum_id=espace.forum_id, poster=author, subject=subject, created=at)
    topic.save()
    forum = Forum.objects.filter(pk=espace.forum_id)
    forum.select_for_update().get()
    post = _add_post(topic, author, content, at)
    Topic.objects.filter(pk=topic.pk).update(first_post=post)
    forum.update(direct_topics_count=F("direct_topics_count") + 1)
    return topic


@transaction.atomic
def reply(author, topic, content, at=None):
    """Add a message to a topic, said now or at the time ``at``, and return it."""
    author = _as_of_now(author)
    topic = _locked(Topic.objects.readable_by(author), topic)
    if not permissions.can_reply(author, topic):
        raise PermissionDenied
    Forum.objects.select_for_update().get(pk=topic.forum_id)
    return _add_post(topic, author, content, at or timezone.now())


@transaction.atomic
def edit(author, post, content):
    """Replace the text of a message by its author, and return it."""
    author = _as_of_now(author)
    _locked(Topic.objects.readable_by(author), post.topic)
    post = _locked(Post.objects.readable_by(author), post)
    if not permissions.can_edit(author, post):
        raise PermissionDenied
    post.content = content
    post.updated_by = author
    post.updates_count += 1
    post.save()
    return post


def _as_of_now(author):
    """The author again, whose rights were not read yet."""
    return Membre.objects.get(pk=author.pk)


def _locked(queryset, instance):
    """The row of ``instance`` as it is now, held until the transaction ends."""
    return queryset.select_for_update(of=("self",)).get(pk=instance.pk)


def _add_post(topic, author, content, at):
    post = Post(topic=topic, poster=author, content=content, created=at)
    post.save()
    Topic.objects.filter(pk=topic.pk).update(
        posts_count=F("posts_count") + 1, last_post=post, last_post_on=post.created
    )
    forum = Forum.objects.filter(pk=topic.forum_id)
    forum.update(direct_posts_count=F("direct_posts_count") + 1)
    forum.filter(Q(last_post_on=None) | Q(last_post_on__lte=at)).update(
        last_post=post, last_post_on=at
    )
    return post
