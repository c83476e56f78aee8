"""How mail leaves: from the queue, once what it tells of is kept, by ``send`` alone.

An ``Envoi`` is written by its kind's writer when it leaves.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


def send(address, template, context, *, html=None, headers=None, files=()):
    """Write to ``address`` what ``template`` says: its first line is the subject. For jobs alone.

    ``html`` is the template of the same in HTML, where there is one. ``files`` go with it: the name, the
    bytes and the type of each. Raises what the mail server answers.
    """
    subject, _, message = render_to_string(template, context).partition("\n")
    mail = EmailMultiAlternatives(subject, f"{message.strip()}\n", None, [address], headers=headers)
    if html:
        mail.attach_alternative(render_to_string(html, context), "text/html")
    for file in files:
        mail.attach(*file)
    mail.send()


class Courriel(NamedTuple):
    """What ``send`` is given."""

    address: str
    template: str
    context: dict
    html: str | None = None
    headers: dict | None = None
    files: tuple = ()


WRITERS = {}
"""What writes the mails of each kind (``Envoi.Sorte``): a function of the ``Envoi`` that returns a
``Courriel``, or None when nothing is left to say. Each is set where what it tells of is known."""


def writes(sorte):
    """A decorator: the function writes the mails of that kind."""
    return lambda writer: WRITERS.setdefault(sorte, writer)


def headers_of(envoi, stop=""):
    """What tells a mail from others; with ``stop``, an address where a mailbox ends those of its kind in a
    click (RFC 8058).
    """
    headers = {
        "Message-ID": f"<{envoi.reference}@{urlsplit(settings.SITE_URL).hostname}>",
        "Auto-Submitted": "auto-generated",
    }
    if stop:
        headers["List-Unsubscribe"] = f"<{stop}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers
