"""A campaign of a hundred mails to a real mail server that refuses, hangs and drops connections."""

import itertools
import time
from collections import Counter

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.utils import timezone

from communaute import conversation, notifications
from communaute.models import Envoi, Evenement, Motif, Notification
from tests.environment import free_port
from tests.factories import EspaceFactory, entered, un_membre

pytestmark = pytest.mark.django_db
READERS = 100


class Server:
    """Each mail meets the next of these fates; in the end all is taken."""

    FATES = itertools.cycle(
        ["taken", "later", "cut before", "taken", "refused once", "cut after", "taken"]
    )

    def __init__(self):
        self.taken, self.cut_after, self.tried = Counter(), Counter(), set()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        # What befalls a mail befalls it once.
        session.fate = "taken" if address in self.tried else next(self.FATES)
        self.tried.add(address)
        if session.fate == "later":
            return "450 busy"
        if session.fate == "refused once":
            return "421 closing"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if session.fate == "cut before":
            server.transport.close()
            return "451 cut"
        lines = envelope.content.splitlines()
        name = next(line for line in lines if line.startswith(b"Message-ID"))
        self.taken[envelope.rcpt_tos[0], name] += 1
        if session.fate == "cut after":
            self.cut_after[envelope.rcpt_tos[0]] += 1
            server.transport.close()
        return "250 OK"


@pytest.fixture
def server(settings):
    handler = Server()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_TIMEOUT = 5
    yield handler
    controller.stop()


def all_due():
    espace = EspaceFactory(slug="elus", college="elus")
    author = entered(un_membre("elus"), espace)
    topic = conversation.start_topic(author, espace, "Un titre", "Un texte")
    evenement = Evenement.objects.get(post=topic.first_post)
    readers = [entered(un_membre("elus"), espace) for _ in range(READERS)]
    now = timezone.now()
    Notification.objects.bulk_create(
        Notification(evenement=evenement, membre=reader, motif=Motif.CITE, courriel_le=now)
        for reader in readers
    )
    Evenement.objects.update(diffuse_le=now)
    return {reader.email for reader in readers}


def test_nothing_is_missing_and_nothing_comes_twice_but_what_was_cut_after_it_was_taken(server):
    readers = all_due()
    for _ in range(3):
        notifications.send_due()
        Envoi.objects.filter(etat=Envoi.Etat.DU).update(prochain_le=timezone.now())
    assert Envoi.objects.filter(etat=Envoi.Etat.ENVOYE).count() == READERS
    assert {address for address, _ in server.taken} == readers
    assert len(server.taken) == READERS  # one name each
    twice = {address for (address, _), times in server.taken.items() if times > 1}
    assert twice == set(server.cut_after)
    assert 0 < len(twice) < READERS / 5
    notifications.send_due()
    assert sum(server.taken.values()) == READERS + len(twice)


class Silent(SMTP):
    async def smtp_HELO(self, hostname):  # noqa: N802
        time.sleep(3)

    smtp_EHLO = smtp_HELO  # noqa: N815


class SilentController(Controller):
    def factory(self):
        return Silent(self.handler)


def test_a_server_that_hangs_holds_no_mail_for_good(server, settings):
    all_due()
    Notification.objects.exclude(pk=Notification.objects.first().pk).delete()
    silent = SilentController(server, hostname="127.0.0.1", port=free_port())
    silent.start()
    answering, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = settings.EMAIL_PORT, silent.port, 0.5
    notifications.send_due()
    silent.stop()
    envoi = Envoi.objects.get()
    assert (envoi.etat, envoi.essais) == (Envoi.Etat.DU, 1)
    settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = answering, 5
    for _ in range(2):
        Envoi.objects.update(prochain_le=timezone.now())
        notifications.deliver()
    assert Envoi.objects.get().etat == Envoi.Etat.ENVOYE
