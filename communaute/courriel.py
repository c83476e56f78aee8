"""How mail leaves: from the queue, once what it tells of is kept, by ``send`` alone.

An ``Envoi`` is written by its kind's writer when it leaves.
"""

import smtplib
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string

ABOUT_A_MAIL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
"""What a mail server refuses of one mail, and not of us."""


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


def refusal_code(error):
    """The code with which a mail server refused, 0 where there is none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    return getattr(error, "smtp_code", 0)


def is_final(error):
    """Whether a mail server will say so again of this mail.

    One that refuses us, not the mail, will be set right: all the mails wait for it.
    """
    return isinstance(error, ABOUT_A_MAIL) and refusal_code(error) >= 500


def send_to_each(due, letter, *, sent, refused):
    """Write to each of ``due``, a queryset of those to write to, and note it by the columns ``sent``; two at
    once write once. ``letter`` gives of each what ``send`` is given.

    Those whom the server refuses for good get the columns ``refused``, those whom it refuses for now wait,
    and the others have their turn. When the server refuses us, it is raised: the others would fare no better.
    """
    for pk in due.order_by("pk").values_list("pk", flat=True):
        here = due.filter(pk=pk)
        try:
            with transaction.atomic():
                one = here.select_for_update(skip_locked=True, of=("self",), no_key=True).first()
                if one:
                    here.update(**sent)
                    send(*letter(one))
        except ABOUT_A_MAIL as error:
            if is_final(error):
                here.update(**refused)


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
