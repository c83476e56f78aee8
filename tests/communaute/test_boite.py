"""The mailbox of answers, on a real IMAP server."""

import imaplib
import io
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import timedelta
from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import CommandError, call_command
from django.utils import timezone

from communaute import boite, conversation, reponses
from communaute.forum_conversation.models import Post, Promesse
from tests.communaute.test_reponses import address_for, an_answer
from tests.environment import free_port

pytestmark = pytest.mark.django_db
# Its passwords are slow to hash, as they should be: not here.
PYMAP = (
    "from pymap import config, main; from pysasl.hashing import BuiltinHash;"
    "config.BuiltinHash = lambda: BuiltinHash(rounds=1); main.main()"
)


@pytest.fixture(scope="module")
def server():
    """The port of a server that runs for the tests of this module; ``membre`` and ``secret`` open it."""
    port = free_port()
    where = ("--host", "127.0.0.1", "--port", str(port), "--no-tls")
    user = ("--demo-data", "--demo-user", "membre", "--demo-password", "se@cret")
    process = subprocess.Popen(
        [sys.executable, "-c", PYMAP, *where, "dict", *user],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(200):
        try:
            imaplib.IMAP4("127.0.0.1", port, timeout=1).logout()
            break
        except OSError:
            time.sleep(0.05)
    yield port
    process.terminate()
    process.wait()


@pytest.fixture
def mailbox(server, settings):
    """The mailbox, empty, as its owner sees it."""
    settings.REPLY_ADDRESS = "reponse@portail.exemple.fr"
    settings.IMAP_URL = f"imap://membre:se%40cret@127.0.0.1:{server}/INBOX"
    with imaplib.IMAP4("127.0.0.1", server, timeout=5) as owner:
        owner.login("membre", "se@cret")
        owner.select("INBOX")
        owner.store("1:*", "+FLAGS", r"(\Deleted)")
        owner.expunge()
        yield owner


@pytest.fixture
def sujet(espace, elue):
    return conversation.start_topic(
        elue, espace, "Un titre", "Un texte", promesse=Promesse.A_PARTAGER
    )


def put(mailbox, *mails):
    for raw in mails:
        mailbox.append("INBOX", None, None, raw)


def kept(mailbox):
    """How many mails are in the box, and how many of them wait."""
    mailbox.noop()
    return tuple(len(mailbox.search(None, what)[1][0].split()) for what in ("ALL", "UNSEEN"))


def said_in(topic):
    posts = Post.objects.filter(topic=topic).exclude(pk=topic.first_post_id)
    return [post.content.raw for post in posts.order_by("pk")]


def test_answers_are_taken_out_of_the_box_and_the_rest_is_marked_as_read(mailbox, elue, sujet):
    answer = an_answer(elue, address_for(elue, sujet), "Un é, puis\r\n.\r\nun point")
    put(mailbox, b"Subject: Une publicite\r\n\r\nAchetez.", answer)
    call_command("relever", stdout=io.StringIO())
    assert said_in(sujet) == ["Un é, puis\n.\nun point"]
    assert kept(mailbox) == (1, 0)
    call_command("relever", stdout=io.StringIO())
    assert len(said_in(sujet)) == 1


def test_a_mail_that_fails_waits_and_the_others_are_read(mailbox, elue, sujet, monkeypatch):
    to, receive = address_for(elue, sujet), reponses.receive

    def fail(raw):
        if b"Panne" in raw:
            raise TimeoutError
        return receive(raw)

    names = ("<m1@exemple.fr>", "<m2@exemple.fr>")
    put(
        mailbox,
        *(
            an_answer(elue, to, t, Message_ID=n)
            for t, n in zip(("Panne", "Oui"), names, strict=True)
        ),
    )
    with monkeypatch.context() as patched:
        patched.setattr(reponses, "receive", fail)
        with pytest.raises(boite.Unread):
            boite.empty()
    assert said_in(sujet) == ["Oui"]
    assert kept(mailbox) == (1, 1)
    assert mailbox.search(None, "FLAGGED")[1] == [b"1"]
    put(mailbox, an_answer(elue, to, "Et moi", Message_ID="<m3@exemple.fr>"))
    assert boite.empty() == 2
    assert said_in(sujet) == ["Oui", "Et moi", "Panne"]
    assert kept(mailbox) == (0, 0)


def test_of_a_mail_too_large_no_more_is_fetched_than_is_read(mailbox, elue, sujet, monkeypatch):
    monkeypatch.setattr(boite, "MAX_BYTES", 100)
    read = []
    monkeypatch.setattr(
        reponses,
        "receive",
        lambda raw: read.append(raw) or reponses.Resultat(reponses.Issue.IGNORE),
    )
    put(mailbox, b"From: a@exemple.fr\r\n\r\n" + b"x" * 5000)
    boite.empty()
    assert [len(raw) for raw in read] == [101]


def test_nothing_is_asked_of_any_server_unless_one_is_named(settings):
    settings.IMAP_URL = ""
    assert boite.empty() == 0


def test_a_server_that_is_away_is_asked_again_and_the_rest_of_what_comes_back_is_done(
    settings, tree
):
    settings.IMAP_URL = f"imap://membre:secret@127.0.0.1:{free_port()}/INBOX"
    with pytest.raises(CommandError, match=r"N’ont pas abouti : relever\."):
        call_command("recurrent", stdout=io.StringIO(), stderr=io.StringIO())


def test_a_box_that_does_not_open_is_not_taken_for_empty(mailbox, settings):
    settings.IMAP_URL = settings.IMAP_URL.replace("INBOX", 'Une "autre"')
    with pytest.raises(boite.Unread):
        boite.empty()
    settings.IMAP_URL = settings.IMAP_URL.replace("se%40cret", "autre")
    with pytest.raises(imaplib.IMAP4.error):
        boite.empty()


@pytest.fixture
def not_vouched_for(tmp_path):
    """The port of a server whose certificate nobody vouches for."""
    key, now = ec.generate_private_key(ec.SECP256R1()), timezone.now()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
    )
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, plain[1], plain[0])
    (tmp_path / "both.pem").write_bytes(certificate + secret)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "both.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=greet, args=(listener, context))
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def greet(listener, context):
    taken, _ = listener.accept()
    with taken, suppress(OSError), context.wrap_socket(taken, server_side=True) as safe:
        safe.sendall(b"* OK\r\n")
        safe.recv(100)


def test_a_server_that_nobody_vouches_for_is_told_nothing(settings, not_vouched_for):
    settings.IMAP_URL = f"imaps://membre:secret@127.0.0.1:{not_vouched_for}/INBOX"
    with pytest.raises(ssl.SSLCertVerificationError):
        boite.empty()
