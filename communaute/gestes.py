"""What the readers of a topic do besides writing in it: thank, keep an answer, sum up, vote.

As in ``communaute.conversation``: each act is one transaction, which reads again what its author may do.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from communaute import permissions
from communaute.conversation import Conflict, as_of_now, locked
from communaute.forum_conversation.models import Post, Topic
from communaute.models import Choix, Merci, Resume, Sondage, Vote


@transaction.atomic
def thank(membre, post, on):
    """Thank for a message, or take one's thanks back; twice is as good as once."""
    membre = as_of_now(membre)
    post = locked(Post.objects.readable_by(membre), post)
    if not permissions.can_thank(membre, post):
        raise PermissionDenied
    if on:
        Merci.objects.get_or_create(post=post, membre=membre)
    else:
        Merci.objects.filter(post=post, membre=membre).delete()


@transaction.atomic
def keep_answer(membre, post, on):
    """Show a message as the answer to the question of its topic, in place of any other, or no longer."""
    membre = as_of_now(membre)
    topic = locked(Topic.objects.readable_by(membre), post.topic)
    post = locked(Post.objects.readable_by(membre), post)
    if not permissions.can_keep_answer(membre, post):
        raise PermissionDenied
    if on:
        Topic.objects.filter(pk=topic.pk).update(reponse=post)
    else:
        Topic.objects.filter(pk=topic.pk, reponse=post).update(reponse=None)


@transaction.atomic
def summarise(membre, topic, texte, base):
    """Make ``texte`` the summary of a topic, or leave it without one when it is empty.

    ``base`` is the version that its author was shown, 0 for none: ``Conflict`` says that it changed since.
    """
    membre = as_of_now(membre)
    topic = locked(Topic.objects.readable_by(membre), topic)
    if not permissions.can_summarise(membre, topic):
        raise PermissionDenied
    current = topic.resume
    if texte == (current.texte if current else ""):
        return
    if base != (current.version if current else 0):
        raise Conflict(current)
    resume = None
    if texte:
        last = Resume.objects.filter(topic=topic).first()
        version = last.version + 1 if last else 1
        resume = Resume.objects.create(topic=topic, texte=texte, auteur=membre, version=version)
    Topic.objects.filter(pk=topic.pk).update(resume=resume)


@transaction.atomic
def vote(membre, topic, choix):
    """Make ``choix``, ranks of answers of the poll of a topic, what ``membre`` votes there."""
    membre = as_of_now(membre)
    sondage = locked(Sondage.objects.readable_by(membre), topic.sondage)
    chosen = list(Choix.objects.filter(sondage=sondage, ordre__in=choix))
    if not permissions.can_vote(membre, sondage) or (len(chosen) > 1 and not sondage.plusieurs):
        raise PermissionDenied
    Vote.objects.filter(choix__sondage=sondage, membre=membre).exclude(choix__in=chosen).delete()
    for one in chosen:
        Vote.objects.get_or_create(choix=one, membre=membre)
