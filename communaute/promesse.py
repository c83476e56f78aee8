"""The promise of a topic, changed: at once when it becomes tighter, by every author's yes when looser.

Nobody is told who answered what, nor that somebody said no: a demand that is refused and one that is
left without answer both end at the same delay.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from communaute import conversation, notifications, permissions
from communaute.forum_conversation.models import Post, Promesse, Topic
from communaute.models import AccordPromesse, DemandePromesse, MiseEnCommun


def is_participant(membre, topic):
    """Whether ``membre`` can speak in ``topic``, and did: others read them there."""
    posts = Post.objects.filter(topic=topic, poster=membre.pk, approved=True)
    return (
        permissions.can_speak(membre, topic.espace)
        and posts.filter(retire_le=None, masque_le=None).exists()
    )


@transaction.atomic
def tighten(membre, topic, promesse):
    """Promise more from now on, as any participant may decide; it is their no to what asks for less."""
    membre, topic = _participant(membre, topic)
    if Promesse(promesse).is_looser_than(topic.promesse):
        raise PermissionDenied
    if promesse == topic.promesse:
        return
    _promise(topic, promesse)
    if demande := DemandePromesse.objects.open().filter(topic=topic).first():
        _say(demande, membre, oui=False)


@transaction.atomic
def ask(membre, topic, promesse):
    """Ask every author of a topic to promise less, and return the demand; ``membre`` says yes by it.

    ``Conflict`` says that a demand is open already, or that the last one failed too recently.
    """
    membre, topic = _participant(membre, topic)
    if not Promesse(promesse).is_looser_than(topic.promesse):
        raise PermissionDenied
    _close_expired(DemandePromesse.objects.filter(topic=topic))
    last = DemandePromesse.objects.filter(topic=topic).first()
    if last and last.is_alone:
        raise conversation.Conflict(last)
    demande = DemandePromesse.objects.create(topic=topic, promesse=promesse, auteur=membre)
    _say(demande, membre, oui=True)
    if not _apply_if_all_agree(demande, topic):
        notifications.record_demande(demande)
    return demande


@transaction.atomic
def answer(membre, topic, oui):
    """Say yes or no to the demand that is open, as an author of the topic; one may change one's mind.

    ``DemandePromesse.DoesNotExist`` says that none is open any more.
    """
    membre = conversation.as_of_now(membre)
    topic = conversation.locked(Topic.objects.readable_by(membre), topic)
    demande = DemandePromesse.objects.open().get(topic=topic)
    if not topic.authors().filter(pk=membre.pk).exists():
        raise PermissionDenied
    _say(demande, membre, oui)
    _apply_if_all_agree(demande, topic)


@transaction.atomic
def close_expired():
    """End the demands that not everyone said yes to in time, and return how many."""
    return _close_expired(DemandePromesse.objects.all())


def _close_expired(demandes):
    expired = list(demandes.expired().select_for_update().values_list("pk", flat=True))
    AccordPromesse.objects.filter(demande__in=expired).delete()
    return DemandePromesse.objects.filter(pk__in=expired).update(close_le=timezone.now())


def _participant(membre, topic):
    membre = conversation.as_of_now(membre)
    topic = conversation.locked(Topic.objects.readable_by(membre), topic)
    if not is_participant(membre, topic):
        raise PermissionDenied
    return membre, topic


def _say(demande, membre, oui):
    AccordPromesse.objects.update_or_create(demande=demande, membre=membre, defaults={"oui": oui})


def settle(topic):
    """Apply what is asked of a topic where fewer wrote than did, if all who are left said yes; the caller
    holds it.
    """
    demande = DemandePromesse.objects.open().filter(topic=topic).first()
    if demande and topic.authors().exists():
        _apply_if_all_agree(demande, topic)


def _apply_if_all_agree(demande, topic):
    """Loosen the promise when all who wrote what is there now said yes, and can still read it; return
    whether it was.
    """
    agreeing = demande.accords.filter(oui=True).values("membre")
    without_yes = topic.authors().exclude(
        pk__in=topic.readers().filter(pk__in=agreeing).values("pk")
    )
    if without_yes.exists():
        return False
    _promise(topic, demande.promesse)
    DemandePromesse.objects.filter(pk=demande.pk).update(close_le=timezone.now(), obtenue=True)
    return True


def _promise(topic, promesse):
    """Promise it from now on: where all stays, what is being drawn from it is given up, but for what was
    handed over, with the yes of all whom it draws on.
    """
    now = timezone.now()
    Topic.objects.filter(pk=topic.pk).update(promesse=promesse, promesse_depuis=now)
    mises = MiseEnCommun.objects.filter(topic=topic)
    if promesse == Promesse.RESTE_ICI:
        mises.open().update(abandonnee_le=now)
    mises.tell_of_change()
