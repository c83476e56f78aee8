"""In the room of a meeting: who is there, what is noted there, and what those who were there make of it.

As in ``communaute.rencontres``: each act is one transaction, which locks the topic first, and reads again
what its author may do. Notes say nothing of who wrote them.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from communaute import moderation, notifications, permissions
from communaute.forum_conversation.models import Promesse, Topic
from communaute.models import Acte, Evenement, NoteDeRencontre, Presence, Rencontre
from communaute.models.rencontres import TIME_TO_SORT
from communaute.rencontres import held

Suite = NoteDeRencontre.Suite
SALT = "présence"
SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""What a code is made of: letters and digits that cannot be taken for one another."""
CODE_LENGTH = 6
MOST_NOTES = 200


class TooLate(Exception):
    """What was to be sorted is not there any more: somebody who was there had it forgotten."""


class Full(Exception):
    """Nothing more can be noted of the meeting."""


# --- Who is there


def code_of(rencontre):
    """The code that who organises tells those in the room: six letters and digits."""
    drawn = int(salted_hmac(SALT, rencontre.reference, algorithm="sha256").hexdigest(), 16)
    code = ""
    for _ in range(CODE_LENGTH):
        drawn, sign = divmod(drawn, len(SIGNS))
        code += SIGNS[sign]
    return code


@transaction.atomic
def sign(membre, rencontre):
    """Note that ``membre``, who gave the code, is there."""
    membre, rencontre = held(membre, rencontre)
    if not permissions.can_sign(membre, rencontre):
        raise PermissionDenied
    _arrive(rencontre, [membre])


def not_there(rencontre):
    """The readers of a meeting who are not noted to be there: those who said that they come, or may, and the
    others, by the names of ``AppelForm``.
    """
    answered = Presence.objects.filter(rencontre=rencontre)
    readers = rencontre.topic.readers().order_by("last_name", "first_name", "pk")
    absent = readers.exclude(pk__in=answered.there().values("membre"))
    expected = Q(pk__in=answered.concerned().values("membre"))
    return {"attendus": absent.filter(expected), "autres": absent.exclude(expected)}


@transaction.atomic
def call_roll(membre, rencontre, present):
    """Note that those of ``present`` who may read of the meeting are there, too."""
    membre, rencontre = held(membre, rencontre)
    if not permissions.can_call_roll(membre, rencontre):
        raise PermissionDenied
    readers = rencontre.topic.readers().filter(pk__in=[one.pk for one in present])
    _arrive(rencontre, list(readers))


@transaction.atomic
def take_off(membre, rencontre, absent):
    """Note that ``absent`` was not there after all: what was noted there is not theirs to read."""
    membre, rencontre = held(membre, rencontre)
    if not permissions.can_call_roll(membre, rencontre):
        raise PermissionDenied
    Presence.objects.filter(rencontre=rencontre, membre=absent).update(present_le=None)


def _arrive(rencontre, membres):
    now = timezone.now()
    answered = Presence.objects.filter(rencontre=rencontre, membre__in=membres, present_le=None)
    comes = {"reponse": Presence.Reponse.OUI, "attend_depuis": None, "offerte_jusqua": None}
    answered.update(**comes, present_le=now)
    Presence.objects.bulk_create(
        [
            Presence(rencontre=rencontre, membre=membre, present_le=now, **comes)
            for membre in membres
        ],
        ignore_conflicts=True,
    )


# --- What stays in the room


@transaction.atomic
def note(membre, rencontre, texte):
    """Note what was said, and return the note; what is noted already is not noted twice. ``Full`` says that
    there are ``MOST_NOTES``.
    """
    membre, rencontre = _sorting(membre, rencontre)
    noted = NoteDeRencontre.objects.filter(rencontre=rencontre)
    if found := noted.filter(texte=texte).first():
        return found
    if noted.count() >= MOST_NOTES:
        raise Full
    return NoteDeRencontre.objects.create(rencontre=rencontre, texte=texte)


def suites(rencontre):
    """What a note of this meeting may become: nothing is drawn on where all stays."""
    stays = rencontre.topic.promesse == Promesse.RESTE_ICI
    refused = {Suite.A_TRIER, Suite.METTRE_EN_COMMUN} if stays else {Suite.A_TRIER}
    return [suite for suite in Suite if suite not in refused]


@transaction.atomic
def sort(membre, noted, suite):
    """Say what a note becomes, among its ``suites``; who was there may say otherwise as long as it is
    sorted.
    """
    _, rencontre = _sorting(membre, noted.rencontre)
    if suite not in suites(rencontre):
        raise PermissionDenied
    if not NoteDeRencontre.objects.filter(pk=noted.pk, rencontre=rencontre).update(suite=suite):
        raise TooLate


@transaction.atomic
def forget(membre, noted):
    """Erase a note, for good: anyone who was there may have it so."""
    _, rencontre = _sorting(membre, noted.rencontre)
    NoteDeRencontre.objects.filter(pk=noted.pk, rencontre=rencontre).delete()


@transaction.atomic
def take_down(facilitator, noted, motif):
    """Erase a note that the minutes keep, as a facilitator who says why; it is on record."""
    facilitator, rencontre = held(facilitator, noted.rencontre)
    if not permissions.can_moderate(facilitator, rencontre.topic.espace):
        raise PermissionDenied
    kept = NoteDeRencontre.objects.in_minutes().filter(pk=noted.pk)
    if kept.delete()[0]:
        moderation.record_act(
            Acte.EFFACER, facilitator, rencontre.topic.espace, motif, topic=rencontre.topic
        )


def _sorting(membre, rencontre):
    """The member, who was there, and the meeting as they are now, held until the transaction ends."""
    membre, rencontre = held(membre, rencontre)
    presence = Presence.objects.filter(rencontre=rencontre, membre=membre).first()
    if not permissions.can_sort(membre, rencontre, presence):
        raise PermissionDenied
    return membre, rencontre


# --- What became of it


def notes_of(user, rencontre):
    """The notes of a meeting that ``user`` may read, each with the topic that it led to."""
    opened = Prefetch("ouvre", Topic.objects.readable_by(user))
    found = NoteDeRencontre.objects.readable_by(user).filter(rencontre=rencontre)
    return found.prefetch_related(opened)


def minutes_of(user, rencontre):
    """What the minutes of a meeting keep, for ``user``: what was sorted alike, together."""
    kept = list(notes_of(user, rencontre).in_minutes())
    alike = [(suite, [one for one in kept if one.suite == suite]) for suite in Suite]
    return [{"suite": suite.label, "notes": found} for suite, found in alike if found]


def note_to_open(user, reference, **about):
    """The note from which one is about to open a topic, if ``user`` may read it; else None."""
    found = NoteDeRencontre.objects.readable_by(user).filter(**about)
    return found.filter(reference=reference).first() if reference else None


@transaction.atomic
def opened(noted, topic):
    """Note that ``topic`` was opened from a note; the first one is what it leads to."""
    NoteDeRencontre.objects.filter(pk=noted.pk, ouvre=None).update(ouvre=topic)


# --- In time


def keep_up():
    """Ask those who were there to sort what was noted, once the meeting is over; tell those who came, or
    would have, that its minutes are there, once that is done.
    """
    now = timezone.now()
    ended = Rencontre.objects.filter(annulee_le=None, fin__lte=now).shown().select_related("topic")
    asked, told = (
        Evenement.objects.filter(quoi=quoi).values("rencontre")
        for quoi in (Evenement.Quoi.TRI, Evenement.Quoi.RENDU)
    )
    there = Presence.objects.there().values("rencontre")
    for rencontre in ended.filter(fin__gt=now - TIME_TO_SORT, pk__in=there).exclude(pk__in=asked):
        notifications.record_rencontres([rencontre], Evenement.Quoi.TRI)
    over = Evenement.objects.filter(quoi=Evenement.Quoi.TRI, rencontre__fin__lte=now - TIME_TO_SORT)
    minutes = NoteDeRencontre.objects.in_minutes().values("rencontre")
    sorted_ones = ended.filter(pk__in=over.values("rencontre")).filter(pk__in=minutes)
    for rencontre in sorted_ones.exclude(pk__in=told):
        notifications.record_rencontres([rencontre], Evenement.Quoi.RENDU)
    # Nothing is asked any more.
    over.delete()


def forget_old():
    """Erase what nobody sorted long ago, and return how many notes that is."""
    return NoteDeRencontre.objects.outdated().delete()[0]
