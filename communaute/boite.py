"""The mailbox where answers arrive, read by IMAP when no mail server pipes them."""

import imaplib
import logging
import re
import ssl
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from django.conf import settings

from communaute import reponses
from communaute.courriels_recus import MAX_BYTES
from communaute.models import CourrielRecu

TIMEOUT = 20
"""Seconds that the server has for each answer."""
AT_ONCE = 200
"""Mails dealt with in one pass: the others wait for the next."""
log = logging.getLogger(__name__)


class Unread(Exception):
    """That the server did not do what it was asked, or that some mails could not be dealt with."""


def empty():
    """Deal with every mail that waits, and return how many; ``Unread`` says that some are left.

    One that cannot be dealt with stays as it is, and does not keep the others from their turn.
    """
    if not settings.IMAP_URL:
        return 0
    left = 0
    with _opened() as server:
        waiting = [*_found(server, "UNSEEN UNFLAGGED"), *_found(server, "UNSEEN FLAGGED")][:AT_ONCE]
        for uid in waiting:
            try:
                _deal_with(server, uid)
            except Exception:  # whatever happens to one, the others are read
                log.exception("Courriel laissé dans la boîte")
                left += 1
        _asked(server.expunge())
    if left:
        raise Unread(f"Courriels laissés : {left}")
    return len(waiting)


def _found(server, what):
    return _asked(server.uid("SEARCH", what))[0].split()


def _deal_with(server, uid):
    """Deal with a mail. What a member wrote is deleted, the rest is marked as read: it is for whoever owns
    the box to look at. One that fails is flagged, and comes after the others from then on.
    """
    try:
        resultat = reponses.receive(_read(server, uid))
    except Exception:
        _mark(server, uid, r"(\Flagged)")
        raise
    is_ignored = resultat.issue == CourrielRecu.Issue.IGNORE
    _mark(server, uid, r"(\Seen)" if is_ignored else r"(\Seen \Deleted)")


def _read(server, uid):
    """The bytes of a mail, which stays unread; of one too large, enough to know."""
    data = _asked(server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MAX_BYTES + 1}>)"))
    for part in data:
        if isinstance(part, tuple):
            return part[1]
    raise Unread("Le serveur ne donne rien")


def _mark(server, uid, flags):
    _asked(server.uid("STORE", uid, "+FLAGS.SILENT", flags))


@contextmanager
def _opened():
    """The mailbox that ``IMAP_URL`` names, opened for writing."""
    url = urlsplit(settings.IMAP_URL)
    if url.scheme == "imaps":
        context = ssl.create_default_context()
        server = imaplib.IMAP4_SSL(
            url.hostname, url.port or 993, ssl_context=context, timeout=TIMEOUT
        )
    else:
        server = imaplib.IMAP4(url.hostname, url.port or 143, timeout=TIMEOUT)
    with server:
        server.login(unquote(url.username), unquote(url.password))
        folder = re.sub(r'(["\\])', r"\\\1", unquote(url.path.strip("/")) or "INBOX")
        _asked(server.select(f'"{folder}"'))
        yield server


def _asked(answer):
    """What the server answered, if it did what it was asked."""
    status, data = answer
    if status != "OK":
        raise Unread("Le serveur refuse")
    return data
