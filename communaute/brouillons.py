"""What a member is writing, kept until it is sent: one draft a member and place.

A place is ``{"espace": …}`` (a topic to open there), ``{"topic": …}`` (a reply) or ``{"post": …}`` (a
change of that message).

Each page that shows a form is a window. ``windows`` are those whose draft may be replaced: the one where
it is written, and the one that kept what it was shown. Of others, on another device or in an older tab,
nothing is overwritten.
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
from communaute.forms.champs import plain
from communaute.forms.ecrire import WRITTEN, typed_text
from communaute.forum_conversation.models import Post, Topic
from communaute.models import Brouillon, Espace, Membre, PieceJointe
from communaute.prepared import Prepared

PLACES = {"espace": Espace, "topic": Topic, "post": Post}
UNREADABLE = (SuspiciousOperation, UnreadablePostError, MultiPartParserError)
"""What a form raises that is cut off, or too much."""
SALT = "communaute.brouillon"
WINDOW = 16
"""Signs of the name of a window, at most."""
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


class Elsewhere(Exception):
    """Raised when another window keeps another text in this place: ``brouillon``."""

    def __init__(self, brouillon):
        super().__init__()
        self.brouillon = brouillon


def of(membre, place):
    """The draft of ``membre`` for this place, or None."""
    return Brouillon.objects.readable_by(membre).filter(**place).first()


def _is_elsewhere(brouillon, fields, windows):
    """Whether ``brouillon``, kept in none of ``windows``, holds other words or files than ``fields``."""
    kept, new = (
        (typed_text(written), sorted(written.get("pieces", ())))
        for written in (brouillon.champs, fields)
    )
    return brouillon.fenetre not in windows and kept not in (("", []), new)


@transaction.atomic
def keep(membre, place, fields, windows=("",)):
    """Keep what is written in ``fields``, beside what was kept before in others; return the draft.

    ``Elsewhere`` says that another window keeps another; ``PermissionDenied`` that ``membre`` left meanwhile.
    """
    if not Membre.objects.held(membre.pk).is_active:
        raise PermissionDenied
    fields = fields | {"fenetre": windows[0]}
    brouillon, created = Brouillon.objects.select_for_update().get_or_create(
        membre=membre, **place, defaults={"champs": fields}
    )
    if not created:
        if _is_elsewhere(brouillon, fields, windows):
            raise Elsewhere(brouillon)
        brouillon.champs |= fields
        brouillon.save()
    return brouillon


def begun_or_new(membre, place):
    """The draft for this place as it is, or an empty one, and whether it is new; in the caller's
    transaction, which holds ``membre``.
    """
    return Brouillon.objects.get_or_create(membre=membre, **place)


@transaction.atomic
def discard(membre, place, windows):
    """Forget the draft that these windows keep for this place, and its files."""
    for brouillon in Brouillon.objects.select_for_update().filter(membre=membre, **place):
        if brouillon.fenetre in windows:
            brouillon.delete()


def windows_of(data):
    """The windows that what was sent comes from."""
    own, _, shown = plain(data.get("fenetre", "")).partition(".")
    return own[:WINDOW], shown[:WINDOW]


def typed(data):
    """What a form says of what is being written, as it was sent."""
    return {name: plain(data[name]) for name in WRITTEN if name in data} | {
        "pieces": [plain(piece) for piece in data.getlist("pieces")]
    }


def is_from_here(request):
    """Whether what was sent comes from a page of ours, as far as the browser says."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"


def can_give_back(request):
    """Whether a page can show what was typed to whoever sent it."""
    return is_from_here(request) and typed_in(request) and request.accepts("text/html")


def typed_in(request):
    """The text of what was sent, if it can be read at all."""
    try:
        return typed_text(request.POST)
    except UNREADABLE:
        return ""


def token(membre, place):
    """What lets a form of ``membre`` keep its draft, and do nothing else, once they are signed out."""
    [(name, object_)] = place.items()
    return signing.dumps([membre.pk, name, object_.pk], salt=SALT)


def keep_unsent(request):
    """Keep what a form sent that cannot be taken, its author being signed out or having a charter to accept,
    if its token says whose it is. Where another window keeps another text, it is added to that.

    Nothing tells the sender whether it did.
    """
    if not is_from_here(request):
        return
    try:
        data = request.POST
        pk, name, key = signing.loads(data.get("jeton", ""), salt=SALT, max_age=TOKEN_AGE)
    except (*UNREADABLE, signing.BadSignature):
        return
    membre = Membre.objects.filter(pk=pk, is_active=True).first()
    found = membre and _found(membre, PLACES[name], key)
    if found is None or not typed_text(data):
        return
    if permissions.is_peer(membre, found if name == "espace" else found.espace):
        fields = {name: value for name, value in typed(data).items() if value}
        try:
            keep(membre, {name: found}, fields, windows_of(data))
        except Elsewhere as elsewhere:
            kept = elsewhere.brouillon
            both = f"{kept.champs.get('content', '')}\n\n{typed_text(fields)}".strip()
            keep(membre, {name: found}, {"content": both}, (kept.fenetre,))


def _found(membre, model, key):
    """The place of this key that ``membre`` reads, or will once they accept a charter; else None."""
    found = model.objects.readable_by(membre).filter(pk=key).first()
    if found is None and model is not Espace:
        found = model.objects.behind_charte_for(membre).with_espace().filter(pk=key).first()
    return found


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
