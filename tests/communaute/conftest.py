"""The space of the élu·es and two who speak there, as most tests of the members' room know them."""

import smtplib

import pytest
from django.core.mail.backends.locmem import EmailBackend

from tests.factories import EspaceFactory, entered, un_membre


@pytest.fixture
def espace(db):
    return EspaceFactory(slug="elus", nom="Entre élu·es")


@pytest.fixture
def elue(espace):
    return entered(un_membre("elus", membre__last_name="Fontan"), espace)


@pytest.fixture
def autre(espace):
    return entered(un_membre("elus", membre__last_name="Sarda"), espace)


@pytest.fixture
def refused(monkeypatch):
    """``refused(address, code)``: the mail server refuses that address from then on, or not (None)."""
    codes, taken = {}, EmailBackend.send_messages

    def send_messages(backend, letters):
        for address in (address for letter in letters for address in letter.to):
            if codes.get(address):
                raise smtplib.SMTPRecipientsRefused({address: (codes[address], b"no")})
        return taken(backend, letters)

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)
    return codes.__setitem__
