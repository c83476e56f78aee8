"""The addresses to which a member answers a mail about a topic.

Each is one member's, for one topic, until a day: encrypted and authenticated at once (AES-SIV, RFC 5297),
it tells neither to the servers that it goes through, not even that two members answer in one topic.
"""

import base64
import binascii
import re
import struct
from datetime import date, timedelta
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from communaute import permissions
from communaute.forum_conversation.models import Promesse

SALT = "reponses"
SERVES = timedelta(days=30)
"""How long an address is answered to."""
LAYOUT = struct.Struct(">QIH")
"""The keys of the topic and of the member, and the last day, in days since 1970."""
DAY_ZERO = date(1970, 1, 1)


class Lien(NamedTuple):
    """What an address of ours binds together."""

    membre: int
    topic: int
    jour: date

    @property
    def is_over(self):
        """Whether it serves no more."""
        return self.jour < timezone.localdate()


def offered(membre, topic):
    """The address to which ``membre`` may answer ``topic``, told of in a mail; empty where there is none.

    Of a topic where all stays, nothing travels by mail, answers no more than the rest. Who must prove a
    second factor to come in does so to answer.
    """
    if (
        not settings.REPLY_ADDRESS
        or topic.promesse == Promesse.RESTE_ICI
        or permissions.needs_second_factor(membre)
        or not permissions.can_reply(membre, topic)
    ):
        return ""
    return address_of(Lien(membre.pk, topic.pk, timezone.localdate() + SERVES))


def address_of(lien):
    """The address that says ``lien``, in lower case: mailers may change it."""
    told = LAYOUT.pack(lien.topic, lien.membre, (lien.jour - DAY_ZERO).days)
    jeton = base64.b32encode(_cipher().encrypt(told, None)).decode().lower()
    local, _, domain = settings.REPLY_ADDRESS.partition("@")
    return f"{local}+{jeton}@{domain}"


def opened(address):
    """What ``address`` binds; None where it is none of ours, or was changed or made up."""
    found = re.fullmatch(_pattern(), address.lower())
    if not (settings.REPLY_ADDRESS and found):
        return None
    try:
        told = _cipher().decrypt(base64.b32decode(found[1].upper()), None)
    except (InvalidTag, binascii.Error):
        return None
    topic, membre, day = LAYOUT.unpack(told)
    return Lien(membre, topic, DAY_ZERO + timedelta(days=day))


def is_named_in(text):
    """Whether ``text`` gives such an address away."""
    return bool(settings.REPLY_ADDRESS) and re.search(_pattern(), text.lower()) is not None


def _pattern():
    local, _, domain = map(re.escape, settings.REPLY_ADDRESS.partition("@"))
    return rf"{local}\+([a-z2-7]{{48}})@{domain}"


def _cipher():
    return AESSIV(salted_hmac(SALT, "", algorithm="sha512").digest())
