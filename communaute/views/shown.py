"""What a message and the row of a topic show, as plain values: shown alike, their HTML is made once."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from communaute import permissions
from communaute.forum_conversation.models import Nature

NATURES = dict(Nature.choices)
KEPT = 2000
"""Messages and rows whose HTML a process keeps: of a few thousand bytes each."""


def _html(template, shown):
    """The HTML of ``template``, given nothing but the fields of ``shown``.

    It is kept under these very values, and under the day that dates are told from: who is shown something
    else is never shown this.
    """
    return _made(template, shown, timezone.localdate())


@lru_cache(maxsize=KEPT)
def _made(template, shown, day):
    return render_to_string(template, shown._asdict())


class File(NamedTuple):
    """A file joined to a message."""

    reference: str
    nom: str
    taille: int
    is_image: bool
    largeur: int | None
    hauteur: int | None


class Reading(NamedTuple):
    """That the référent·e opened a message."""

    fait_le: datetime
    par: str
    motif: str


class Message(NamedTuple):
    """A message, as one of its readers is shown it."""

    reference: str
    ancre: str
    nom: str
    profil: str
    """The reference of the page of its author, where one may meet them."""
    college: str
    qualite: str
    created: datetime
    updated_on: datetime | None
    retire_le: datetime | None
    masque_le: datetime | None
    approved: bool
    texte: SafeString
    pieces: tuple[File, ...]
    lectures: tuple[Reading, ...]
    thanked_by: tuple[str, ...]
    is_new: bool
    is_mine: bool
    is_answer: bool
    is_thanked: bool
    can_thank: bool
    can_keep_answer: bool
    can_quote: bool
    can_edit: bool
    can_withdraw: bool
    can_report: bool
    can_decide: bool


def message(user, post, *, pieces, mercis, is_met, can_reply):
    """The HTML of ``post``, of a page of its topic, for ``user``, with the files joined to it.

    ``mercis`` are the members who thank for it; ``is_met`` says whether the page of its author opens.
    """
    poster, is_shown = post.poster, post.is_shown
    shown = Message(
        reference=post.reference,
        ancre=post.anchor,
        nom=poster.get_full_name(),
        profil=poster.reference if is_met else "",
        college=poster.college,
        qualite=poster.qualite,
        created=post.created,
        updated_on=post.updated_on,
        retire_le=post.retire_le,
        masque_le=post.masque_le,
        approved=post.approved,
        texte=post.content.rendered if is_shown else SafeString(),
        pieces=tuple(File(*(getattr(piece, name) for name in File._fields)) for piece in pieces),
        lectures=tuple(
            Reading(acte.fait_le, str(acte.par), acte.motif)
            for acte in getattr(post, "lectures", ())
        ),
        thanked_by=tuple(membre.get_full_name() for membre in mercis),
        is_new=post.is_new,
        is_mine=poster == user,
        is_answer=post.topic.reponse_id == post.pk,
        is_thanked=user in mercis,
        can_thank=permissions.can_thank(user, post),
        can_keep_answer=permissions.can_keep_answer(user, post),
        can_quote=can_reply and is_shown,
        can_edit=permissions.can_edit(user, post),
        can_withdraw=permissions.can_withdraw(user, post),
        can_report=permissions.can_report(user, post),
        can_decide=permissions.can_decide(user, post),
    )
    return _html("composants/message.html", shown)


class Row(NamedTuple):
    """A topic in a list, as one of its readers is shown it."""

    reference: str
    subject: str
    nature: str
    nature_dite: str
    nom: str
    qualite: str
    posts_count: int
    created: datetime
    last_post_on: datetime | None
    approved: bool
    is_sticky: bool
    is_locked: bool
    is_answered: bool
    is_unread: bool
    is_new: bool


def row(user, topic):
    """The HTML of ``topic``, fetched ``with_reading_of`` the ``user`` that it is for."""
    shown = Row(
        reference=topic.reference,
        subject=topic.subject,
        nature=topic.nature,
        nature_dite=NATURES[topic.nature],
        nom=topic.poster.get_full_name(),
        qualite=topic.poster.qualite,
        posts_count=topic.posts_count,
        created=topic.created,
        last_post_on=topic.last_post_on,
        approved=topic.approved,
        is_sticky=topic.is_sticky,
        is_locked=topic.is_locked,
        is_answered=topic.reponse_id is not None,
        is_unread=topic.is_unread,
        is_new=topic.created > topic.read_until and topic.poster_id != user.pk,
    )
    return _html("composants/sujet.html", shown)
