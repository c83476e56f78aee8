"""What a member is writing, kept until it is sent: one draft a member and place.

A place is ``{"espace": …}`` (a topic to open there), ``{"topic": …}`` (a reply) or ``{"post": …}`` (a
change of that message).
"""

from datetime import timedelta
from itertools import islice

from django.core import signing
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import transaction
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone

from communaute import conservation, permissions
from communaute.forms import WRITTEN, typed_text
from communaute.forum_conversation.models import Post, Topic
from communaute.models import Brouillon, Espace, Membre, PieceJointe
from communaute.prepared import Prepared

PLACES = {"espace": Espace, "topic": Topic, "post": Post}
SALT = "communaute.brouillon"
TOKEN_AGE = timedelta(days=3)
"""How long after a page was shown what is sent from it is kept for who had signed in."""
SHOWN, LOOKED_AT = 3, 20
"""The latest drafts that my spaces show, among those that are looked at for some that can be sent."""
LATEST = Prepared(
    lambda user: (
        Brouillon.objects.readable_by(user)
        .select_related("espace__forum", "topic__forum__espace", "post__topic__forum__espace")
        .order_by("-garde_le", "-pk")[:LOOKED_AT]
    )
)


def begun(membre):
    """The latest drafts of ``membre`` that have something in them and could be sent, in one query."""
    drafts = (
        brouillon
        for brouillon in LATEST.fetch(user=membre)
        if (typed_text(brouillon.champs) or brouillon.champs.get("pieces"))
        and _can_be_sent(membre, brouillon)
    )
    return list(islice(drafts, SHOWN))


def _can_be_sent(membre, brouillon):
    if brouillon.espace:
        return permissions.can_speak(membre, brouillon.espace)
    if brouillon.topic:
        return permissions.can_reply(membre, brouillon.topic)
    return permissions.can_edit(membre, brouillon.post)


def of(membre, place):
    """The draft of ``membre`` for this place, or None."""
    return Brouillon.objects.readable_by(membre).filter(**place).first()


@transaction.atomic
def keep(membre, place, fields):
    """Keep what is written in ``fields``, beside what was kept before in others; return the draft.

    ``PermissionDenied`` says that ``membre`` left meanwhile.
    """
    if not Membre.objects.held(membre.pk).is_active:
        raise PermissionDenied
    brouillon, created = Brouillon.objects.select_for_update().get_or_create(
        membre=membre, **place, defaults={"champs": fields}
    )
    if not created:
        brouillon.champs |= fields
        brouillon.save()
    return brouillon


def begun_or_new(membre, place):
    """The draft for this place as it is, or an empty one, and whether it is new; in the caller's
    transaction, which holds ``membre``.
    """
    return Brouillon.objects.get_or_create(membre=membre, **place)


@transaction.atomic
def discard(membre, place):
    """Forget the draft for this place, and its files."""
    Brouillon.objects.filter(membre=membre, **place).delete()


def typed(data):
    """What a form says of what is being written, as it was sent."""
    return {name: data[name] for name in WRITTEN if name in data} | {
        "pieces": data.getlist("pieces")
    }


def token(membre, place):
    """What lets a form of ``membre`` keep its draft, and do nothing else, once they are signed out."""
    [(name, object_)] = place.items()
    return signing.dumps([membre.pk, name, object_.pk], salt=SALT)


def keep_for_absent(request):
    """Keep what a form sent whose author is not signed in any more, if its token says whose it is.

    Nothing tells the sender whether it did.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return
    try:
        data = request.POST
        pk, name, key = signing.loads(data.get("jeton", ""), salt=SALT, max_age=TOKEN_AGE)
    except (SuspiciousOperation, UnreadablePostError, MultiPartParserError, signing.BadSignature):
        return
    membre = Membre.objects.filter(pk=pk, is_active=True).first()
    found = membre and PLACES[name].objects.readable_by(membre).filter(pk=key).first()
    if found is None:
        return
    fields = {name: value for name, value in typed(data).items() if value}
    if typed_text(data) and permissions.can_speak(
        membre, found if name == "espace" else found.espace
    ):
        keep(membre, {name: found}, fields)


def forget_old():
    """Delete the drafts that nobody went on with, and the files that waited too long in others, whose text
    stays; return how many.
    """
    now = timezone.now()
    files = PieceJointe.objects.filter(
        brouillon__isnull=False, jointe_le__lt=now - conservation.FICHIER_DE_BROUILLON
    )
    drafts = Brouillon.objects.filter(garde_le__lt=now - conservation.BROUILLON)
    return files.delete()[0] + drafts.delete()[0]
