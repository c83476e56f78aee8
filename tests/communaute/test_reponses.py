"""Answering a mail: what is posted, what is refused and how it is said, what is answered to nobody."""

import io
import os
import re
import smtplib
import sys
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from communaute import (
    adresses_de_reponse,
    brouillons,
    conversation,
    courriels_recus,
    promesse,
    reponses,
)
from communaute.adresses_de_reponse import Lien
from communaute.depouillement import MARKER
from communaute.forum_conversation.models import Post, Promesse, Topic
from communaute.markdown import MAX_LENGTH
from communaute.models import Abonnement, Brouillon, CourrielRecu, Envoi, Membre, PieceJointe
from tests.factories import MembreFactory, entered, un_membre

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture(autouse=True)
def answered(settings):
    settings.REPLY_ADDRESS = "reponse@portail.exemple.fr"


@pytest.fixture
def sujet(espace, elue):
    return conversation.start_topic(
        elue, espace, "Les écoles secrètes", "Un texte", promesse=Promesse.A_PARTAGER
    )


@pytest.fixture
def told(elue, autre, sujet, django_capture_on_commit_callbacks):
    """The mail that tells who opened the topic of an answer."""
    with django_capture_on_commit_callbacks(execute=True):
        conversation.reply(autre, sujet, "Voici ce que nous avons fait.")
    [letter] = [letter for letter in mail.outbox if letter.to == [elue.email]]
    mail.outbox.clear()
    return letter.message()


def address_for(membre, topic, days=0):
    day = timezone.localdate() + adresses_de_reponse.SERVES - timedelta(days=days)
    return adresses_de_reponse.address_of(Lien(membre.pk, topic.pk, day))


def an_answer(membre, to, text="Oui, trois artisans.", files=(), **headers):
    """A mail as a mailer writes it."""
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = membre.email, to, "Re: Du nouveau"
    answer["Message-ID"] = "<m1@exemple.fr>"
    for name, value in headers.items():
        del answer[name.replace("_", "-")]
        answer[name.replace("_", "-")] = value
    answer.set_content(text)
    for name, content in files:
        answer.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return bytes(answer)


def said_in(topic):
    return [post.content.raw for post in Post.objects.filter(topic=topic).order_by("pk")][1:]


# --- The address


def test_an_address_is_short_and_tells_nothing(elue, autre, sujet):
    address = address_for(elue, sujet)
    local = address.partition("@")[0]
    assert len(local) <= 64
    assert address == address.lower()
    assert sujet.reference not in address
    # Two members who answer in one topic have nothing in common to see.
    assert address[8:20] != address_for(autre, sujet)[8:20]


def test_an_address_is_read_whatever_mailers_do_to_its_case(elue, sujet):
    lien = adresses_de_reponse.opened(address_for(elue, sujet).upper())
    assert (lien.membre, lien.topic) == (elue.pk, sujet.pk)


def test_an_address_that_was_changed_or_made_elsewhere_opens_nothing(settings, elue, sujet):
    address = address_for(elue, sujet)
    for place in range(8, 56):
        sign = "b" if address[place] == "a" else "a"
        assert adresses_de_reponse.opened(address[:place] + sign + address[place + 1 :]) is None
    for other in ("", "reponse@portail.exemple.fr", address.replace("portail.", "")):
        assert adresses_de_reponse.opened(other) is None
    settings.SECRET_KEY = "x" * 60
    assert adresses_de_reponse.opened(address) is None
    settings.REPLY_ADDRESS = ""
    assert adresses_de_reponse.opened("+" + address[8:56] + "@") is None


# --- The mails that can be answered


def test_a_mail_of_one_topic_says_that_it_can_be_answered(elue, sujet, told):
    lien = adresses_de_reponse.opened(told["Reply-To"])
    assert (lien.membre, lien.topic) == (elue.pk, sujet.pk)
    for part in told.get_payload():
        assert MARKER in part.get_payload(decode=True).decode()


def test_a_summary_of_several_topics_has_an_address_for_each(espace, elue, autre, sujet):
    third = entered(un_membre("elus", membre__last_name="Vidal"), espace)
    shared = conversation.start_topic(
        elue, espace, "La cantine", "Un texte", promesse=Promesse.A_PARTAGER
    )
    stays = conversation.start_topic(elue, espace, "Un secret", "Un texte")
    closed = conversation.start_topic(
        elue, espace, "Le passé", "Un texte", promesse=Promesse.A_PARTAGER
    )
    for topic in (sujet, shared, stays, closed):
        conversation.reply(autre, topic, "Bonjour @Camille Vidal.")
    Topic.objects.filter(pk=closed.pk).update(status=Topic.TOPIC_LOCKED)
    call_command("courriels")
    [letter] = [letter for letter in mail.outbox if letter.to == [third.email]]
    assert "Reply-To" not in letter.message()
    assert MARKER not in letter.body
    addresses = re.findall(r"reponse\+\S+", letter.body)
    topics = {adresses_de_reponse.opened(address).topic for address in addresses}
    assert topics == {sujet.pk, shared.pk}
    [(html, _)] = letter.alternatives
    assert html.count("mailto:reponse+") == 2


def test_nothing_says_that_a_topic_where_all_stays_can_be_answered_by_mail(
    espace, elue, autre, django_capture_on_commit_callbacks
):
    stays = conversation.start_topic(elue, espace, "Un secret", "Un texte")
    with django_capture_on_commit_callbacks(execute=True):
        conversation.reply(autre, stays, "Voici.")
    [letter] = [letter for letter in mail.outbox if letter.to == [elue.email]]
    assert "Reply-To" not in letter.message()
    assert "reponse+" not in str(letter.message())


def test_a_yes_that_is_asked_for_is_not_answered_by_mail(
    espace, elue, autre, django_capture_on_commit_callbacks
):
    topic = conversation.start_topic(
        elue, espace, "Les écoles", "Un texte", promesse=Promesse.SANS_ATTRIBUTION
    )
    conversation.reply(autre, topic, "Voici.")
    with django_capture_on_commit_callbacks(execute=True):
        promesse.ask(autre, topic, Promesse.A_PARTAGER)
    letters = [letter for letter in mail.outbox if letter.to == [elue.email]]
    assert "votre accord" in letters[-1].subject
    assert "Reply-To" not in letters[-1].message()


def test_nothing_says_so_where_no_answer_is_received(
    settings, elue, autre, sujet, django_capture_on_commit_callbacks
):
    settings.REPLY_ADDRESS = ""
    with django_capture_on_commit_callbacks(execute=True):
        conversation.reply(autre, sujet, "Voici.")
    [letter] = [letter for letter in mail.outbox if letter.to == [elue.email]]
    assert "Reply-To" not in letter.message()
    assert MARKER not in letter.body


# --- What is posted


def test_an_answer_is_posted_in_its_topic_under_its_authors_name(elue, sujet, told):
    quoted = told.get_payload(0).get_payload(decode=True).decode()
    text = "Oui, trois.\n\nLe 26/11/2026 à 10:12, Portail a écrit :\n> " + quoted.replace(
        "\n", "\n> "
    )
    resultat = reponses.receive(an_answer(elue, told["Reply-To"], text))
    assert resultat.issue == CourrielRecu.Issue.PUBLIE
    post = Post.objects.filter(topic=sujet).latest("pk")
    assert (post.content.raw, post.poster) == ("Oui, trois.", elue)
    assert mail.outbox == []


def test_who_answers_by_mail_has_come_that_day(elue, sujet, told):
    Membre.objects.filter(pk=elue.pk).update(vu_le=timezone.localdate() - timedelta(days=700))
    reponses.receive(an_answer(elue, told["Reply-To"]))
    assert Membre.objects.get(pk=elue.pk).vu_le == timezone.localdate()


def test_an_answer_delivered_again_is_one_message(elue, sujet, told):
    for _ in range(3):
        reponses.receive(an_answer(elue, told["Reply-To"]))
    assert said_in(sujet)[1:] == ["Oui, trois artisans."]
    assert CourrielRecu.objects.count() == 1
    other = an_answer(elue, told["Reply-To"], Message_ID="<m2@exemple.fr>")
    reponses.receive(other)
    assert len(said_in(sujet)) == 3


def test_an_answer_without_a_name_of_its_own_is_known_by_all_of_it(elue, sujet, told):
    for text in ("Oui.", "Oui.", "Non."):
        reponses.receive(an_answer(elue, told["Reply-To"], text, Message_ID="sans nom"))
    assert said_in(sujet)[1:] == ["Oui.", "Non."]


def test_an_answer_waits_where_messages_are_read_before_they_appear(espace, elue, sujet, told):
    espace.premoderation = True
    espace.save()
    resultat = reponses.receive(an_answer(elue, told["Reply-To"]))
    assert resultat.issue == CourrielRecu.Issue.ATTEND
    assert not Post.objects.filter(topic=sujet).latest("pk").approved


def test_the_address_of_delivery_tells_more_than_that_which_was_written_to(elue, sujet, told):
    raw = an_answer(elue, "liste@exemple.fr", Delivered_To=told["Reply-To"])
    assert reponses.receive(raw).issue == CourrielRecu.Issue.PUBLIE


def test_files_come_with_the_answer(elue, sujet, told):
    files = [("étude.pdf", PDF), ("coût.pdf", PDF)]
    reponses.receive(an_answer(elue, told["Reply-To"], files=files))
    post = Post.objects.filter(topic=sujet).latest("pk")
    assert [piece.nom for piece in post.pieces.all()] == ["étude.pdf", "coût.pdf"]
    assert post.pieces_count == 2
    assert Brouillon.objects.count() == 0


@pytest.mark.parametrize("files", [(), [("étude.pdf", PDF)]])
def test_what_one_is_writing_on_the_site_stays_there(files, elue, sujet, told):
    brouillons.keep(elue, {"topic": sujet}, {"content": "Je disais donc"})
    reponses.receive(an_answer(elue, told["Reply-To"], files=files))
    assert Brouillon.objects.get().champs["content"] == "Je disais donc"
    assert said_in(sujet)[1:] == ["Oui, trois artisans."]
    assert PieceJointe.objects.filter(post__isnull=False).count() == len(files)


# --- What is refused


def refusal(resultat, motif):
    """The one mail that says why nothing was posted."""
    assert resultat == (CourrielRecu.Issue.REFUSE, motif)
    [letter] = mail.outbox
    return letter


def test_a_refusal_is_said_once_and_gives_back_what_was_written(elue, sujet, told):
    Topic.objects.filter(pk=sujet.pk).update(status=Topic.TOPIC_LOCKED)
    raw = an_answer(elue, told["Reply-To"], "Mes mots.\n\n> Les siens")
    letter = refusal(reponses.receive(raw), "ferme")
    assert letter.to == [elue.email]
    assert "Ce sujet est fermé" in letter.body
    assert "Mes mots." in letter.body
    assert "Les siens" not in letter.body
    headers = letter.message()
    assert headers["Auto-Submitted"] == "auto-replied"
    assert headers["In-Reply-To"] == "<m1@exemple.fr>"
    assert "Reply-To" not in headers
    for _ in range(2):
        assert reponses.receive(raw).motif == "déjà reçu"
    assert len(mail.outbox) == 1
    assert len(said_in(sujet)) == 1


@pytest.mark.parametrize(
    ("what", "motif", "words"),
    [
        ({"text": " \n\n> Oui"}, "vide", "rien trouvé à publier"),
        ({"text": "a" * (MAX_LENGTH + 1)}, "long", "la limite est de 20000"),
        ({"Subject": "TR: Ailleurs"}, "transfert", "transférez"),
        ({"text": "Voyez http://127.0.0.1:8000/courriels/WyJh/"}, "mele", "su séparer"),
        (
            {"text": "https://x.fr/?url=http%3A%2F%2F127.0.0.1%3A8000%2Fcourriels%2FWyJh"},
            *("mele", "su séparer"),
        ),
        ({"files": [("étude.pdf", b"non")]}, "fichiers", "« étude.pdf » n’est pas joint"),
        ({"files": [("virus.exe", b"MZ"), ("a.pdf", b"x")]}, "fichiers", "« virus.exe » n’est pas"),
        ({"files": [("étude.pdf", PDF)] * 7}, "fichiers", "6 fichiers au plus"),
    ],
)
def test_what_cannot_be_taken_is_refused_whole(what, motif, words, elue, sujet, told):
    letter = refusal(reponses.receive(an_answer(elue, told["Reply-To"], **what)), motif)
    assert words in letter.body
    assert len(said_in(sujet)) == 1
    assert PieceJointe.objects.count() == Brouillon.objects.count() == 0


def test_a_mail_within_the_mail_is_a_file_that_is_not_taken(elue, sujet, told):
    raw = an_answer(elue, told["Reply-To"], files=[("note.txt", b"x")])
    raw = raw.replace(b"application/pdf", b"message/rfc822").replace(b"base64", b"7bit")
    letter = refusal(reponses.receive(raw), "fichiers")
    assert "« message.eml » n’est pas joint" in letter.body


def test_every_file_that_is_refused_is_named_and_none_is_kept(elue, sujet, told, settings):
    files = [("étude.pdf", PDF), ("a.exe", b"MZ"), ("b.zip", b"PK")]
    before = set((settings.VAR_DIR / "prive").rglob("*.*"))
    letter = refusal(reponses.receive(an_answer(elue, told["Reply-To"], files=files)), "fichiers")
    assert "« a.exe »" in letter.body
    assert "« b.zip »" in letter.body
    assert set((settings.VAR_DIR / "prive").rglob("*.*")) == before


@pytest.mark.parametrize(
    "limit", ["communaute.pieces.MAX_BYTES", "communaute.courriels_recus.MAX_BYTES"]
)
def test_what_is_too_large_is_refused(limit, elue, sujet, told, monkeypatch):
    monkeypatch.setattr(limit, 2000)
    raw = an_answer(elue, told["Reply-To"], files=[("étude.pdf", PDF + b" " * 3000)])
    letter = refusal(reponses.receive(raw), "fichiers" if "pieces" in limit else "lourd")
    assert "Oui, trois artisans." in letter.body
    assert len(said_in(sujet)) == 1


def test_an_address_serves_thirty_days(elue, sujet, told):
    assert reponses.receive(an_answer(elue, address_for(elue, sujet, days=30))).issue == "publie"
    late = an_answer(elue, address_for(elue, sujet, days=31), Message_ID="<m2@exemple.fr>")
    letter = refusal(reponses.receive(late), "expire")
    assert "trente jours" in letter.body
    assert "secrètes" not in str(letter.message())


def test_a_charter_to_accept_is_led_to(elue, espace, sujet, told):
    espace.adopt_charte("Une autre charte.")
    letter = refusal(reponses.receive(an_answer(elue, told["Reply-To"])), "charte")
    assert "/communaute/espaces/elus/charte/" in letter.body
    assert "secrètes" not in str(letter.message())


def test_who_reads_without_speaking_is_told_so(espace, sujet, told):
    reader = MembreFactory()
    espace.nominate("lecture", [reader])
    reader = entered(reader, espace)
    letter = refusal(reponses.receive(an_answer(reader, address_for(reader, sujet))), "parole")
    assert "non y écrire" in letter.body


def test_who_must_prove_a_second_factor_answers_on_the_site(
    espace, autre, sujet, told, django_capture_on_commit_callbacks
):
    facilitator = MembreFactory(last_name="Vidal")
    espace.nominate("animation", [facilitator])
    facilitator = entered(facilitator, espace)
    with django_capture_on_commit_callbacks(execute=True):
        conversation.reply(autre, sujet, "Bonjour @Camille Vidal.")
    [letter] = [letter for letter in mail.outbox if letter.to == [facilitator.email]]
    assert "Reply-To" not in letter.message()
    mail.outbox.clear()
    resultat = reponses.receive(an_answer(facilitator, address_for(facilitator, sujet)))
    assert "second facteur" in refusal(resultat, "second facteur").body


def test_a_mailbox_is_not_filled_with_refusals(elue, sujet, told):
    for number in range(reponses.ANSWERS + 3):
        raw = an_answer(elue, told["Reply-To"], "", Message_ID=f"<v{number}@exemple.fr>")
        resultat = reponses.receive(raw)
    assert len(mail.outbox) == reponses.ANSWERS
    assert resultat == ("refuse", "vide, sans réponse")


@pytest.mark.parametrize(
    ("error", "comes_again"),
    [
        (TimeoutError(), True),
        (smtplib.SMTPServerDisconnected("cut"), True),
        (smtplib.SMTPRecipientsRefused({"a@exemple.fr": (450, b"busy")}), True),
        (smtplib.SMTPRecipientsRefused({"a@exemple.fr": (550, b"no")}), False),
    ],
)
def test_a_refusal_that_cannot_leave_is_said_when_the_mail_comes_again(
    error, comes_again, elue, sujet, told, monkeypatch
):
    def fail(backend, letters):
        raise error

    raw = an_answer(elue, told["Reply-To"], "")
    with monkeypatch.context() as patched:
        patched.setattr(EmailBackend, "send_messages", fail)
        if comes_again:
            with pytest.raises(type(error)):
                reponses.receive(raw)
        else:
            assert reponses.receive(raw).motif == "vide"
    reponses.receive(raw)
    assert len(mail.outbox) == comes_again


# --- What is answered to nobody


@pytest.mark.parametrize(
    "headers",
    [
        *({"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Autoreply": "yes"}),
        *({"Return_Path": "<>"}, {"List_Id": "<l.exemple.fr>"}, {"Subject": "Absence du bureau"}),
        {"From": "autre@exemple.org"},
        {"From": "camille@exemple.fr, autre@exemple.org"},
        {"From": "portail@portail.exemple.fr"},
        {"Authentication_Results": "mx; dmarc=fail"},
        {"To": "reponse@portail.exemple.fr"},
        {"To": "reponse+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@portail.exemple.fr"},
    ],
    ids=str,
)
def test_a_program_or_somebody_else_is_answered_by_nothing(headers, elue, sujet, told):
    to = headers.pop("To", told["Reply-To"])
    resultat = reponses.receive(an_answer(elue, to, **headers))
    assert resultat.issue == CourrielRecu.Issue.IGNORE
    assert len(said_in(sujet)) == 1
    assert mail.outbox == []
    assert CourrielRecu.objects.count() == 0


def test_a_mail_of_ours_that_comes_back_is_not_answered(elue, sujet, told):
    for header in ("To", "Delivered-To"):
        del told[header]
        told[header] = told["Reply-To"]
    assert reponses.receive(bytes(told)).issue == CourrielRecu.Issue.IGNORE
    Topic.objects.filter(pk=sujet.pk).update(status=Topic.TOPIC_LOCKED)
    reponses.receive(an_answer(elue, told["Reply-To"]))
    [letter] = mail.outbox
    back = letter.message()
    back["Delivered-To"] = told["Reply-To"]
    assert reponses.receive(bytes(back)).issue == CourrielRecu.Issue.IGNORE


# --- Reports


def a_report(reference, action="failed", status="5.1.1", host="127.0.0.1"):
    return (
        "From: MAILER-DAEMON@mx.exemple.fr\nReturn-Path: <>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\n\nPerdu.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        f"Action: {action}\nStatus: {status}\n--b\nContent-Type: text/rfc822-headers\n\n"
        f"Message-ID: <{reference}@{host}>\n--b--\n"
    ).encode()


@pytest.mark.parametrize(
    ("what", "is_stopped"),
    [
        ({}, True),
        *(({"action": "delayed"}, False), ({"status": "4.2.2"}, False)),
        *(({"action": "delivered", "status": "2.0.0"}, False), ({"host": "ailleurs.fr"}, False)),
    ],
)
def test_an_address_that_no_mail_reaches_is_not_written_to_any_more(what, is_stopped, elue, told):
    reference = told["Message-ID"][1:-1].partition("@")[0]
    resultat = reponses.receive(a_report(reference, **what))
    assert resultat.issue == CourrielRecu.Issue.IGNORE
    assert (Membre.objects.get(pk=elue.pk).courriel_refuse_le is not None) == is_stopped
    assert mail.outbox == []


def test_a_report_about_a_mail_that_is_not_ours_stops_nothing(elue, told):
    assert Envoi.objects.count() == 1
    reponses.receive(a_report("abcdefghjkmnpqrs"))
    reponses.receive(a_report("a\x00b"))
    assert not Membre.objects.filter(courriel_refuse_le__isnull=False).exists()


def test_an_address_that_took_the_letter_and_no_mail_reaches_is_forgotten(told):
    lise = Abonnement.objects.create(email="lise@exemple.fr", confirme_le=timezone.now())
    reponses.receive(a_report(Envoi.objects.create(abonnement=lise).reference))
    assert not Abonnement.objects.exists()


# --- The command


@pytest.fixture
def piped(monkeypatch):
    """``piped(raw)``: the command, given this on its standard input; what it says."""

    def pipe(raw):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        out = io.StringIO()
        call_command("receive_mail", stdout=out)
        return out.getvalue()

    return pipe


def test_a_mail_is_piped_to_the_command(piped, elue, sujet, told):
    assert piped(an_answer(elue, told["Reply-To"])) == "Paru.\n"
    assert piped(b"") == "Ignoré.\n"
    assert said_in(sujet)[1:] == ["Oui, trois artisans."]


def test_a_mail_server_is_asked_to_try_again_when_the_database_is_away(
    piped, monkeypatch, elue, told
):
    def away(*args):
        raise OperationalError(f"could not connect for {elue.email}")

    monkeypatch.setattr(reponses, "_post", away)
    with pytest.raises(CommandError, match="OperationalError") as raised:
        piped(an_answer(elue, told["Reply-To"]))
    assert raised.value.returncode == os.EX_TEMPFAIL == 75
    assert elue.email not in str(raised.value)


def test_the_command_reads_no_more_than_a_mail_can_hold(piped, monkeypatch, elue, told):
    monkeypatch.setattr("portail.management.commands.receive_mail.MAX_BYTES", 3000)
    monkeypatch.setattr(courriels_recus, "MAX_BYTES", 3000)
    assert piped(an_answer(elue, told["Reply-To"], "a" * 5000)) == "Refusé.\n"


def test_what_is_known_of_mails_received_is_forgotten(elue, sujet, told):
    reponses.receive(an_answer(elue, told["Reply-To"]))
    CourrielRecu.objects.update(recu_le=timezone.now() - timedelta(days=91))
    call_command("menage", stdout=io.StringIO())
    assert CourrielRecu.objects.count() == 0
