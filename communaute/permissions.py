"""Who may do what, once. Each function says in its docstring who passes; all others do not.

Reading is not asked here: what one may not read is not found by ``readable_by`` in the first place.
"""

from communaute.models import rights_of


def can_speak(user, espace):
    """A peer or facilitator of the space who has accepted its charter."""
    rights = rights_of(user)
    return espace.pk in rights.peer and espace.pk in rights.entered


def can_reply(user, topic):
    """Whoever can speak in the topic's space, while the topic is open."""
    return can_speak(user, topic.espace) and not topic.is_locked


def can_edit(user, post):
    """The author of the message, as long as they could still reply."""
    return post.poster_id == user.pk and can_reply(user, post.topic)


def can_manage(user):
    """Whoever has something to do in the back office."""
    return user.is_authenticated and user.has_perm("wagtailadmin.access_admin")
