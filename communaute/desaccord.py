"""A disagreement put to work, in the topic where it is opened: positions, how each is understood, what is
tried.

As in ``communaute.conversation``: each act is one transaction, which locks the topic first, and reads again
what its author may do. No step waits for another, nor holds back the conversation below. Nothing here tells
who wrote a position under a role: what is said of it afterwards is said by whoever holds it.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from communaute import conversation, moderation, notifications, permissions
from communaute.conversation import Conflict, as_of_now, lock_forum, locked
from communaute.forum_conversation.models import Topic
from communaute.models import (
    Acte,
    AvisEssai,
    College,
    Essai,
    Issue,
    Position,
    Reconnaissance,
    Reformulation,
    Tenue,
)


def positions_of(topic):
    """The positions of ``topic``, with all that its page says of them."""
    prefetch_related_objects([topic], Prefetch("positions", Position.objects.with_work()))
    return list(topic.positions.all())


def facilitation(espace):
    """Who facilitates on each side of a space where several collèges speak, or None where one speaks: those
    who do (``animent``), each with their ``nom`` and ``cote``, empty where they are of no collège; the
    collèges of which nobody does (``sans``); and the one they are all of (``seul``), or an empty string.

    It is said of the whole space: to say it of those who hold a position would tell who is behind a role.
    """
    if espace.college:
        return None
    found = list(espace.animateurs.filter(is_active=True).with_college().order_by("pk"))
    names = {one.value: f"{one.label[0].lower()}{one.label[1:]}" for one in College}
    sides = {membre.cote or "" for membre in found}
    seul = names[sides.pop()] if len(sides) == 1 and "" not in sides else ""
    return {
        "animent": [
            {"nom": membre.get_full_name(), "cote": names.get(membre.cote, "")} for membre in found
        ],
        "sans": [name for code, name in names.items() if code not in {m.cote for m in found}],
        "seul": seul,
    }


@transaction.atomic
def take_position(membre, topic, texte, role=""):
    """Add what ``membre`` holds, under their name or a ``role``, and return it; sent twice, it is one."""
    membre = as_of_now(membre)
    topic = _held_topic(membre, topic)
    if not permissions.can_take_position(membre, topic):
        raise PermissionDenied
    said = {"topic": topic, "auteur": membre, "texte": texte, "role": role}
    return Position.objects.shown().filter(**said).first() or Position.objects.create(**said)


@transaction.atomic
def hold(membre, position, on):
    """Say that one holds a position too, or stop; twice is as good as once."""
    membre, position = _held(membre, position)
    if not on:
        Tenue.objects.filter(position=position, membre=membre).delete()
        return
    if not permissions.can_hold(membre, position):
        raise PermissionDenied
    Tenue.objects.get_or_create(position=position, membre=membre)


@transaction.atomic
def restate(membre, position, texte):
    """Say how one understands a position that one does not hold, and return it; sent twice, it is one.

    ``Conflict`` says that one who holds it recognised another restatement meanwhile.
    """
    membre, position = _held(membre, position)
    if not permissions.can_restate(membre, position):
        raise PermissionDenied
    if sent := position.reformulations.filter(auteur=membre, texte=texte).first():
        return sent
    if position.redite_id:
        raise Conflict(position)
    own = [one for one in position.others if one.is_held_by(membre)]
    # Who holds one of them under their name speaks from it: that tells nothing of the others.
    depuis = next((one for one in own if one.auteur_id != membre.pk or not one.role), own[0])
    return Reformulation.objects.create(
        position=position, depuis=depuis, auteur=membre, texte=texte
    )


@transaction.atomic
def recognise(membre, reformulation, est_juste, mot=""):
    """Say whether it is what one holds; once one who holds it says that it is, no more is asked of it.

    ``Conflict`` says that another did meanwhile.
    """
    membre, position = _held(membre, reformulation.position)
    reformulation = position.reformulations.get(pk=reformulation.pk)
    if not permissions.can_recognise(membre, reformulation):
        raise PermissionDenied
    mot = "" if est_juste else mot
    said = Reconnaissance.objects.filter(reformulation=reformulation, membre=membre)
    if said.filter(est_juste=est_juste, mot=mot).exists():
        return
    if position.redite_id:
        raise Conflict(position)
    said.update_or_create(
        reformulation=reformulation, membre=membre, defaults={"est_juste": est_juste, "mot": mot}
    )
    if est_juste:
        Position.objects.filter(pk=position.pk).update(redite=reformulation)


@transaction.atomic
def say_beneath(membre, position, compte, changerait):
    """Say, as one who holds a position, what matters underneath, and what would change one's mind."""
    membre, position = _held(membre, position)
    if not permissions.can_say_beneath(membre, position):
        raise PermissionDenied
    said = {"compte": compte, "changerait": changerait}
    if position.auteur_id == membre.pk:
        Position.objects.filter(pk=position.pk).update(**said)
    else:
        Tenue.objects.filter(position=position, membre=membre).update(**said)


@transaction.atomic
def withdraw(membre, position):
    """Erase what one's position said, and how it was restated; leave in its place that it was withdrawn."""
    membre, position = _held(membre, position)
    if not permissions.can_withdraw_position(membre, position):
        raise PermissionDenied
    lock_forum(position.topic.forum_id)
    erase(position)


def erase(position):
    """Leave of ``position`` that it was withdrawn; the caller holds its topic, and its forum."""
    for said in (Tenue.objects, Reformulation.objects):
        said.filter(position=position).delete()
    Position.objects.filter(pk=position.pk).update(
        texte="",
        compte="",
        changerait="",
        role=Position.ROLE_ERASED if position.role else "",
        redite=None,
        motif="",
        retiree_le=timezone.now(),
    )
    conversation.unlist_if_silent(position.topic)


@transaction.atomic
def hide_position(membre, position, motif):
    """Keep from readers what a position says, as a facilitator, and tell them why; without a ``motif``, let
    it be read again. It is on record, and who wrote it is told.
    """
    membre, position = _held(membre, position)
    if not permissions.can_hide_position(membre, position):
        raise PermissionDenied
    if motif == position.motif:
        return
    Position.objects.filter(pk=position.pk).update(
        masquee_le=timezone.now() if motif else None, motif=motif
    )
    topic = position.topic
    moderation.record_act(
        Acte.ECARTER if motif else Acte.REMETTRE,
        membre,
        topic.espace,
        motif,
        topic=topic,
        membre=position.auteur,
    )


# --- What is tried, and what comes of it


@transaction.atomic
def try_out(membre, topic, texte, le, arbitre=""):
    """Propose what to try until that day, or who decides by then, and return it; sent twice, it is one.

    It takes the place of what was tried before.
    """
    membre = as_of_now(membre)
    topic = _held_topic(membre, topic)
    if not permissions.can_steer(membre, topic):
        raise PermissionDenied
    said = {"texte": texte, "le": le, "arbitre": arbitre, "par": membre}
    tried = Essai.objects.filter(topic=topic, clos_le=None)
    if sent := tried.filter(**said).first():
        return sent
    tried.update(clos_le=timezone.now())
    return Essai.objects.create(topic=topic, **said)


@transaction.atomic
def weigh(membre, essai, va, mot=""):
    """Say that what is tried suits one, or what hinders; one may say otherwise until it is over."""
    membre = as_of_now(membre)
    topic = _held_topic(membre, essai.topic)
    essai = Essai.objects.get(pk=essai.pk)
    essai.topic = topic
    if not permissions.can_weigh(membre, essai):
        raise PermissionDenied
    said = {"va": va, "mot": "" if va else mot, "dit_le": timezone.localdate()}
    AvisEssai.objects.update_or_create(essai=essai, membre=membre, defaults=said)


@transaction.atomic
def conclude(membre, topic, fin, texte):
    """Say what came of it, for now, and end what is tried; sent twice, it is said once."""
    membre = as_of_now(membre)
    topic = _held_topic(membre, topic)
    if not permissions.can_steer(membre, topic):
        raise PermissionDenied
    Essai.objects.filter(topic=topic, clos_le=None).update(clos_le=timezone.now())
    last = Issue.objects.filter(topic=topic).first()
    if not last or (last.fin, last.texte) != (fin, texte):
        Issue.objects.create(topic=topic, fin=fin, texte=texte, par=membre)


def call_back_due():
    """Ask those who took part again where the day of a review has come, once; return of how many."""
    due = Essai.objects.due(timezone.localdate()).filter(rappele_le=None)
    return sum(_call_back(essai) for essai in due)


@transaction.atomic
def _call_back(essai):
    waiting = Essai.objects.open().filter(pk=essai.pk, rappele_le=None)
    is_first = bool(waiting.update(rappele_le=timezone.now()))
    if is_first:
        notifications.record_essai(essai)
    return is_first


def _held_topic(membre, topic):
    return locked(Topic.objects.readable_by(membre).with_espace(), topic)


def _held(membre, position):
    """The member as they are now, and the position as it is, among those of its topic, which is held."""
    membre = as_of_now(membre)
    topic = _held_topic(membre, position.topic)
    found = [one for one in positions_of(topic) if one.pk == position.pk]
    if not found:
        raise Position.DoesNotExist
    return membre, found[0]
