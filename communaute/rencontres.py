"""Meetings: changed, cancelled, answered; seats that come free go to who waits, in turn, or to whom they are
kept for.

Each act is one transaction that locks the topic of the meeting: answers are taken one after another, so that
a seat is never given twice and nobody who waits is passed over.
"""

import re
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from communaute import notifications, permissions, repetitions
from communaute.conversation import Conflict, as_of_now, locked
from communaute.forum_conversation.models import Topic
from communaute.models import (
    AnnonceRencontre,
    Disponibilite,
    Evenement,
    MiseEnCommun,
    Presence,
    Rencontre,
)
from communaute.models.rencontres import TIME_TO_CONFIRM

KEPT_IN_CALENDARS = ("debut", "fin", "lieu", "lien")
"""What those who come are told of when it changes."""
CHANGEABLE = (*KEPT_IN_CALENDARS, "territoire", "programme", "capacite", "reservees")


@transaction.atomic
def add(membre, topic, fields):
    """Give the meeting of ``topic`` one more date, with these fields, and return it. Those who come to
    another, or may, are told, and those who follow the topic. ``ValidationError`` where it has that date.
    """
    membre, topic = _held_topic(membre, topic)
    if not permissions.can_add_date(membre, topic):
        raise PermissionDenied
    rencontre = Rencontre(topic=topic, **fields)
    _refuse_twice(topic, [rencontre])
    rencontre.save()
    notifications.record_rencontres([rencontre], Evenement.Quoi.DATE, by=membre)
    return rencontre


@transaction.atomic
def change(membre, rencontre, fields, base, *, following=False):
    """Give a meeting these ``fields``, named as in ``CHANGEABLE``, and with ``following`` the dates that come
    after it too, each of which keeps its day. Those who come are told of when and where, once.

    ``base`` is the ``revision`` that its author was shown: ``Conflict`` says that it changed since. Fewer
    seats than there are people who come send nobody away. ``ValidationError`` where clocks skip an hour, or
    two dates would be the same.
    """
    membre, rencontre = held(membre, rencontre)
    if not permissions.can_organise(membre, rencontre):
        raise PermissionDenied
    if base != rencontre.revision:
        raise Conflict(rencontre)
    later = list(rencontre.following()) if following else []
    changed = {rencontre: fields}
    for one in later:
        one.topic = rencontre.topic
        day = timezone.localdate(one.debut)
        debut, fin = repetitions.on_day(day, fields["debut"], fields["fin"])
        changed[one] = fields | {"debut": debut, "fin": fin}
    told, dates = [], []
    for one, said in changed.items():
        names = {name for name in CHANGEABLE if getattr(one, name) != said[name]}
        for name in names:
            setattr(one, name, said[name])
        if names:
            dates.append((one, names))
        if names & {*KEPT_IN_CALENDARS}:
            told.append(one)
    _refuse_twice(rencontre.topic, changed)
    for one, names in dates:
        _revise(one, *names)
    if told:
        notifications.record_rencontres(told, Evenement.Quoi.CHANGEE, by=membre)
    for one, _ in dates:
        _offer_seats(one)


def _refuse_twice(topic, dates):
    """Refuse that two dates of the meeting of ``topic`` begin at once."""
    begin = [one.debut for one in dates]
    others = Rencontre.objects.filter(topic=topic).exclude(pk__in=[one.pk for one in dates])
    if len(set(begin)) < len(begin) or others.filter(debut__in=begin).exists():
        raise ValidationError("Cette rencontre a déjà une date à ce moment-là.")


@transaction.atomic
def cancel(membre, rencontre, motif, *, following=False):
    """Call a meeting off for the reason ``motif``, which may be empty, with ``following`` the dates that come
    after it too; those who come are told of it, once.
    """
    membre, rencontre = held(membre, rencontre)
    if not permissions.can_organise(membre, rencontre):
        raise PermissionDenied
    if rencontre.is_searching:
        _stop_searching(rencontre)
    dates = [rencontre, *(rencontre.following() if following else ())]
    for one in dates:
        one.annulee_le, one.motif = timezone.now(), motif
        _revise(one, "annulee_le", "motif")
    notifications.record_rencontres(dates, Evenement.Quoi.ANNULEE, by=membre)


def _revise(rencontre, *fields):
    """Save these fields, as a new revision for calendars."""
    rencontre.revision += 1
    rencontre.modifiee_le = timezone.now()
    rencontre.save(update_fields=[*fields, "revision", "modifiee_le"])


@transaction.atomic
def answer(membre, rencontre, reponse):
    """Note whether ``membre`` comes, and return their ``Presence``. Who says yes takes the seat that is kept
    for them or one that is free; where none is, they wait for one.
    """
    return _answer(*held(membre, rencontre), reponse)


@transaction.atomic
def come_to_all(membre, topic):
    """Note that ``membre`` comes to each date to come of the meeting of ``topic``, and return their
    ``Presence`` at each.
    """
    membre, topic = _held_topic(membre, topic)
    dates = Rencontre.objects.filter(topic=topic, annulee_le=None).to_come(timezone.now())
    said = []
    for rencontre in dates:
        rencontre.topic = topic
        said.append(_answer(membre, rencontre, Presence.Reponse.OUI))
    return said


def _stop_searching(rencontre):
    """Erase the dates that were proposed; whoever could come to one is told as who may come."""
    said = Disponibilite.objects.filter(date__rencontre=rencontre)
    could = set(said.exclude(reponse=Disponibilite.Reponse.NON).values_list("membre", flat=True))
    Presence.objects.bulk_create(
        Presence(rencontre=rencontre, membre_id=membre, reponse=Presence.Reponse.PEUT_ETRE)
        for membre in could
    )
    rencontre.dates_proposees.all().delete()


def _answer(membre, rencontre, reponse):
    if not permissions.can_attend(membre, rencontre):
        raise PermissionDenied
    return note_answer(membre, rencontre, reponse)


def fix(rencontre, debut, fin):
    """Give a meeting that is held the date that was chosen for it."""
    rencontre.debut, rencontre.fin = debut, fin
    _refuse_twice(rencontre.topic, [rencontre])
    _revise(rencontre, "debut", "fin")


def note_answer(membre, rencontre, reponse):
    """Note whether ``membre`` comes to a meeting that is held, and return their ``Presence``."""
    found = Presence.objects.filter(rencontre=rencontre, membre=membre).first()
    presence = found or Presence(rencontre=rencontre, membre=membre)
    comes = reponse == Presence.Reponse.OUI
    # It is theirs also a little later, as long as it was not passed on.
    if not comes or presence.offerte_jusqua:
        presence.attend_depuis = None
    elif presence.reponse != reponse and not _is_free(rencontre, membre):
        presence.attend_depuis = timezone.now()
    if presence.attend_depuis is None:
        presence.offerte_jusqua = None
    if presence.reponse != reponse:
        presence.repondu_le = timezone.now()
    presence.reponse = reponse
    presence.save()
    _offer_seats(rencontre)
    return presence


def held(membre, rencontre):
    """The member and the meeting as they are now, held until the transaction ends."""
    membre, topic = _held_topic(membre, rencontre.topic)
    return membre, _of(topic, rencontre)


def _held_topic(membre, topic):
    """The same, of the topic of a meeting."""
    membre = as_of_now(membre)
    topics = Topic.objects.readable_by(membre).select_related("forum__espace")
    return membre, locked(topics, topic)


def _of(topic, rencontre):
    """The meeting as it is now, of a topic that is held."""
    rencontre = Rencontre.objects.get(topic=topic, pk=rencontre.pk)
    rencontre.topic = topic
    return rencontre


@transaction.atomic
def announce(membre, rencontre, said):
    """Tell the public of a meeting: ``said`` is its ``titre``, ``presentation`` and ``lieu``, written for
    that, and its ``suites`` once it took place. What was told of it already is told so from now on.
    """
    membre, rencontre = held(membre, rencontre)
    if not permissions.can_announce(membre, rencontre):
        raise PermissionDenied
    too_early = said.get("suites") and not rencontre.took_place
    if too_early or names_a_learning(rencontre, *said.values()):
        raise PermissionDenied
    known = AnnonceRencontre.objects.filter(rencontre=rencontre).first()
    annonce = known or AnnonceRencontre(rencontre=rencontre, par=membre)
    if said.get("suites", annonce.suites) != annonce.suites:
        annonce.suites_le = timezone.now()
    for name, text in said.items():
        setattr(annonce, name, text)
    annonce.save()
    return annonce


def names_a_learning(rencontre, *texts):
    """Whether one of ``texts`` gives the address of a page that was drawn from the topic of the meeting: the
    page never tells from where, and whoever reads both would know.
    """
    drawn = MiseEnCommun.objects.filter(topic=rencontre.topic_id, page__isnull=False)
    pages = [urlsplit(mise.page.url or "").path for mise in drawn.select_related("page")]
    told = _as_read(" ".join(texts))
    return any(
        re.search(rf"{re.escape(_as_read(page).rstrip('/'))}(?![\w-])", told)
        for page in pages
        if page
    )


def _as_read(address):
    """An address as browsers show it."""
    return unquote(address).casefold()


@transaction.atomic
def take_back(membre, rencontre):
    """Tell the public nothing more of a meeting."""
    membre, rencontre = held(membre, rencontre)
    if not permissions.can_moderate(membre, rencontre.topic.espace):
        raise PermissionDenied
    AnnonceRencontre.objects.filter(rencontre=rencontre).delete()


def answers_to(rencontre, reader):
    """All that was answered of one's coming, with who did, ``reader`` first: it is for the page to count, and
    to show what ``PresenceQuerySet.readable_by`` lets be read.
    """
    here = Presence.objects.filter(rencontre=rencontre)
    return list(here.with_group(rencontre.grouped_by).with_names(first=reader))


# --- Seats


def _is_free(rencontre, membre):
    """Whether ``membre`` may have a seat now; what came free with time was offered to who waits before."""
    if rencontre.capacite is None:
        return True
    _offer_seats(rencontre)
    rencontre.count_coming()
    return rencontre.places(timezone.now()).are_free_for(rencontre.group_of(membre))


def _offer_seats(rencontre):
    """Keep each free seat for who has waited longest among those for whom it is free, and tell them until
    when.
    """
    now = timezone.now()
    if not rencontre.is_open:
        return
    rencontre.count_coming()
    places, next_ones = rencontre.places(now), []
    waiting = Presence.objects.filter(rencontre=rencontre, offerte_jusqua=None).waiting()
    waiting = waiting.with_group(rencontre.grouped_by).values_list("pk", "group")
    for presence, group in waiting if places.left != 0 else ():
        if places.are_free_for(group):
            places.take(group)
            next_ones.append(presence)
    if next_ones:
        until = time_to_confirm(rencontre, now)
        Presence.objects.filter(pk__in=next_ones).update(offerte_jusqua=until)
        notifications.record_rencontres([rencontre], Evenement.Quoi.PLACE)


def time_to_confirm(rencontre, now):
    """Until when a seat that comes free ``now`` is kept: half of what is left, where that is less."""
    return now + min(TIME_TO_CONFIRM, max(rencontre.debut - now, timedelta()) / 2)


def keep_up():
    """For each meeting to come: take off who may not read of it any more, pass on the seats that nobody
    confirmed in time, and remind of the meeting on the eve.
    """
    to_come = Rencontre.objects.to_come(timezone.now()).filter(annulee_le=None)
    for rencontre in to_come.shown().select_related("topic"):
        _keep_up_one(rencontre)


@transaction.atomic
def _keep_up_one(rencontre):
    topics = Topic.objects.select_related("forum__espace")
    rencontre, now = _of(locked(topics, rencontre.topic), rencontre), timezone.now()
    if not rencontre.is_open:
        return
    here = Presence.objects.filter(rencontre=rencontre)
    here.exclude(membre__in=rencontre.topic.readers().values("pk")).delete()
    late = here.offered().filter(offerte_jusqua__lte=now)
    late.update(reponse=Presence.Reponse.NON, attend_depuis=None, offerte_jusqua=None)
    _offer_seats(rencontre)
    if is_to_remind_of(rencontre, now):
        notifications.record_rencontres([rencontre], Evenement.Quoi.VEILLE)


def eve_of(rencontre):
    """The morning before the day of the meeting, on the clock of the cohort."""
    return notifications.morning_of(timezone.localdate(rencontre.debut) - timedelta(days=1))


def is_to_remind_of(rencontre, now):
    """Whether its eve has come, and nobody was reminded of it since."""
    reminded = Evenement.objects.filter(rencontre=rencontre, quoi=Evenement.Quoi.VEILLE)
    eve = eve_of(rencontre)
    return eve <= now < rencontre.debut and not reminded.filter(cree_le__gte=eve).exists()


# --- The agenda in a calendar of one's own


def agenda_of(membre, on):
    """The meetings that ``membre`` has in their calendar: those that they may read of, from a month before
    ``on``, but those to which they do not come.
    """
    declined = Presence.objects.filter(membre=membre, reponse=Presence.Reponse.NON)
    return (
        Rencontre.objects.readable_by(membre)
        .shown()
        .filter(fin__gt=on - timedelta(days=31))
        .exclude(pk__in=declined.values("rencontre"))
        .select_related("topic__forum__espace__forum", "territoire")
    )
