"""What members are told of: in the bell and by mail, to whom, when, and never more than they may read."""

import re
import smtplib
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.utils import timezone

from communaute import conversation, moderation, notifications, promesse
from communaute.forum_conversation.models import Promesse
from communaute.models import (
    DemandePromesse,
    Envoi,
    Evenement,
    Membre,
    Niveau,
    Notification,
    Participation,
    Suivi,
)
from tests.factories import EspaceFactory, MembreFactory, entered, un_membre

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def say(django_capture_on_commit_callbacks):
    """``say(author, topic, text)``: a message, all that follows from it done."""

    def say(author, topic, text="Voici."):
        with django_capture_on_commit_callbacks(execute=True):
            return conversation.reply(author, topic, text)

    return say


@pytest.fixture
def sujet(espace, elue):
    return a_topic(espace, elue, "Les écoles", Promesse.A_PARTAGER)


def a_topic(espace, author, subject="Un titre", promesse=Promesse.RESTE_ICI):
    """A topic that was opened an hour ago, of which all are told already."""
    hour_ago = timezone.now() - timedelta(hours=1)
    return conversation.start_topic(
        author, espace, subject, "Un texte", hour_ago, promesse=promesse
    )


def told(membre):
    return list(
        Notification.objects.readable_by(Membre.objects.get(pk=membre.pk))
        .order_by("pk")
        .values_list("motif", flat=True)
    )


def letters_to(membre):
    return [letter for letter in mail.outbox if letter.to == [membre.email]]


def summaries():
    """All that waits for its hour is sent, as if it were tomorrow."""
    Notification.objects.filter(courriel_le__isnull=False).update(courriel_le=timezone.now())
    call_command("courriels")


def test_each_is_told_of_a_message_once_and_why(espace, elue, autre, sujet, say):
    third = entered(un_membre("elus", membre__last_name="Vidal"), espace)
    say(autre, sujet, "Bonjour @Camille Vidal.")
    assert told(elue) == ["reponse"]
    assert told(third) == ["cite"]
    assert told(autre) == []
    call_command("courriels")
    notifications.tell.call(Evenement.objects.get().pk)
    assert (told(elue), told(third)) == (["reponse"], ["cite"])


@pytest.mark.parametrize(
    ("niveau", "motif"),
    [(Niveau.TOUT, ["message"]), (Niveau.PREMIERS, []), (Niveau.MENTIONS, []), (Niveau.RIEN, [])],
)
def test_one_is_told_as_much_as_one_wishes_of_a_space(niveau, motif, espace, elue, autre, say):
    third = entered(un_membre("elus"), espace)
    Participation.objects.choose(third, espace, niveau)
    topic = a_topic(espace, elue)
    say(autre, topic)
    assert told(third) == motif


def test_a_level_of_its_own_for_a_topic_goes_before_that_of_its_space(espace, autre, sujet, say):
    third = entered(un_membre("elus", membre__last_name="Vidal"), espace)
    Suivi.objects.choose(third, sujet, Niveau.RIEN)
    say(autre, sujet, "Bonjour @Camille Vidal.")
    assert told(third) == []


def test_a_new_topic_is_told_to_those_who_follow_new_topics(
    espace, elue, autre, django_capture_on_commit_callbacks
):
    Participation.objects.choose(autre, espace, Niveau.PREMIERS)
    with django_capture_on_commit_callbacks(execute=True):
        conversation.start_topic(elue, espace, "Un titre", "Un texte")
    assert told(autre) == ["sujet"]


def test_who_may_not_read_is_told_nothing(espace, autre, sujet, say):
    outsiders = [MembreFactory(), un_membre("agents"), MembreFactory(is_superuser=True)]
    say(autre, sujet)
    assert Notification.objects.filter(membre__in=outsiders).count() == 0
    assert not [letter for outsider in outsiders for letter in letters_to(outsider)]


def test_what_is_said_to_one_is_written_at_once_and_the_rest_waits_for_the_summary(
    espace, elue, autre, sujet, say
):
    third = entered(un_membre("elus"), espace)
    say(autre, sujet)
    [letter] = letters_to(elue)
    assert letter.subject == "On répond à votre sujet : Les écoles"
    assert letters_to(third) == []
    summaries()
    [letter] = letters_to(third)
    assert "Voici." in letter.body
    assert len(letters_to(elue)) == 1


def test_a_summary_says_each_thing_once_by_topic_the_newest_first(espace, elue, autre, sujet, say):
    third = entered(un_membre("elus"), espace)
    other = a_topic(espace, elue, "La cantine", Promesse.A_PARTAGER)
    for topic, text in ((sujet, "Premier"), (other, "Deuxième"), (sujet, "Troisième")):
        say(autre, topic, text)
    summaries()
    [letter] = letters_to(third)
    assert letter.subject == "Du nouveau dans vos espaces : 2 sujets"
    places = [letter.body.index(words) for words in ("Troisième", "Premier", "Deuxième")]
    assert places == sorted(places)
    summaries()
    assert len(letters_to(third)) == 1


def test_a_topic_whose_promise_is_that_all_stays_there_sends_neither_title_nor_text(
    espace, elue, autre, say
):
    topic = a_topic(espace, elue, "Un secret")
    post = say(autre, topic, "Ce qui se tait")
    [letter] = letters_to(elue)
    said = str(letter.message())
    for words in ("secret", "se tait", autre.last_name):
        assert words not in said
    assert post.get_absolute_url() in letter.body


def test_answers_that_come_before_one_has_read_the_first_wait_for_the_summary(
    elue, autre, sujet, say
):
    for text in ("Premier", "Deuxième", "Troisième"):
        say(autre, sujet, text)
    assert len(letters_to(elue)) == 1
    summaries()
    assert len(letters_to(elue)) == 2
    assert "Deuxième" in letters_to(elue)[1].body
    assert "Premier" not in letters_to(elue)[1].body


def leaves(espace, membre):
    membre.sieges.update(debut=date(2020, 1, 1), fin=date(2020, 2, 1))


def is_moved_away(espace, membre):
    other = EspaceFactory(slug="agents", college="agents")
    post = Evenement.objects.get().post
    type(post.topic).objects.filter(pk=post.topic_id).update(forum=other.forum)


def is_suspended(espace, membre):
    facilitator = MembreFactory()
    espace.nominate("animation", [facilitator])
    moderation.suspend(entered(facilitator, espace), espace, membre, "Un motif")


def is_withdrawn(espace, membre):
    post = Evenement.objects.get().post
    conversation.withdraw(post.poster, post)


def reads_it(espace, membre):
    Suivi.objects.mark_read(membre, Evenement.objects.get().post.topic, timezone.now())


def sees_it_in_the_bell(espace, membre):
    notifications.mark_seen(membre, timezone.now())


def has_no_account_any_more(espace, membre):
    Membre.objects.filter(pk=membre.pk).update(is_active=False)


@pytest.mark.parametrize(
    "happens",
    [
        *(leaves, is_moved_away, is_suspended, is_withdrawn),
        *(reads_it, sees_it_in_the_bell, has_no_account_any_more),
    ],
)
def test_rights_and_reading_are_looked_at_again_when_the_mail_leaves(
    happens, espace, elue, autre, sujet, say
):
    third = entered(un_membre("elus"), espace)
    say(autre, sujet, "Ce qui se tait")
    happens(espace, third)
    mail.outbox.clear()
    summaries()
    told = [letter.subject for letter in letters_to(third)]
    assert told == (["Une décision vous concerne"] if happens is is_suspended else [])
    assert Envoi.objects.get(membre=third, acte=None).etat == Envoi.Etat.ANNULE


def test_a_mail_says_who_it_is_from_and_how_to_stop_it(espace, elue, autre, sujet, say):
    say(autre, sujet)
    say(autre, sujet, "Encore, @Camille Fontan.")
    first, second = (letter.message() for letter in letters_to(elue))
    assert first["Message-ID"] != second["Message-ID"]
    assert first["In-Reply-To"] == second["In-Reply-To"]
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first["Auto-Submitted"] == "auto-generated"
    assert sujet.reference not in "".join(f"{name}: {value}" for name, value in first.items())
    assert {part.get_content_type() for part in first.walk()} == {
        *("multipart/alternative", "text/plain", "text/html"),
    }


def address_of_preferences(letter):
    return re.search(r"<https?://[^/]+(/courriels/[^>]+)>", letter.message()["List-Unsubscribe"])[1]


def test_a_mail_is_stopped_by_a_click_in_the_mailbox_and_by_no_program_that_follows_links(
    client, espace, elue, autre, sujet, say
):
    say(autre, sujet)
    address = address_of_preferences(letters_to(elue)[0])
    for method in (client.get, client.head, client.options):
        method(address)
    elue.refresh_from_db()
    assert elue.rythme == "quotidien"
    answer = client.post(address, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.cookies) == (200, {})
    elue.refresh_from_db()
    assert elue.rythme == "jamais"
    say(autre, sujet)
    assert len(letters_to(elue)) == 1


def test_preferences_are_chosen_from_a_mail_without_signing_in(client, elue):
    address = notifications.preferences_of(elue).removeprefix("http://127.0.0.1:8000")
    answer = client.post(address, {"rythme": "choisis", "jours": []})
    assert answer.status_code == 422
    assert "Choisissez au moins un jour." in answer.text
    answer = client.post(address, {"rythme": "choisis", "jours": ["1", "3"]})
    assert answer.status_code == 200
    elue.refresh_from_db()
    assert (elue.rythme, elue.jours) == ("choisis", [1, 3])
    answer = client.post(address, {"rythme": "quotidien", "pause_jusqu_au": "9999-12-31"})
    assert answer.status_code == 422
    assert "une année entre 1900 et 2200" in answer.text
    assert client.get("/communaute/").status_code == 302


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: "rien", lambda t: t.upper()])
def test_a_link_of_a_mail_that_was_tampered_with_opens_nothing(client, elue, change):
    address = notifications.preferences_of(elue)
    jeton = address.rstrip("/").rpartition("/")[2]
    assert client.get(f"/courriels/{change(jeton)}/").status_code == 404
    Membre.objects.filter(pk=elue.pk).update(is_active=False)
    assert client.get(f"/courriels/{jeton}/").status_code == 404


# --- When


def at(*moment):
    return datetime(*moment, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("fields", "now", "due"),
    [
        ({}, at(2026, 11, 26, 6, 59), at(2026, 11, 26, 7)),
        ({}, at(2026, 11, 26, 7), at(2026, 11, 27, 7)),
        # The nights when clocks change: seven in the morning stays seven in the morning.
        ({}, at(2026, 3, 28, 12), at(2026, 3, 29, 7)),
        ({}, at(2026, 3, 29, 1, 59), at(2026, 3, 29, 7)),
        ({}, at(2026, 10, 24, 12), at(2026, 10, 25, 7)),
        ({}, datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=PARIS), at(2026, 10, 25, 7)),
        ({"rythme": "hebdomadaire"}, at(2026, 11, 26, 12), at(2026, 11, 30, 7)),
        ({"rythme": "choisis", "jours": [1, 4]}, at(2026, 11, 26, 12), at(2026, 11, 27, 7)),
        ({"rythme": "choisis", "jours": [3]}, at(2026, 11, 26, 12), at(2026, 12, 3, 7)),
        ({"pause_jusqu_au": date(2026, 12, 1)}, at(2026, 11, 26, 12), at(2026, 12, 2, 7)),
        ({"pause_jusqu_au": date(2026, 11, 25)}, at(2026, 11, 26, 12), at(2026, 11, 27, 7)),
    ],
)
def test_a_summary_leaves_in_the_morning_of_the_days_that_one_chose(fields, now, due):
    membre = MembreFactory.build(**fields)
    assert notifications.next_summary(membre, now) == due


def test_whoever_wants_nothing_or_pauses_is_not_written_to(espace, elue, autre, sujet, say):
    Membre.objects.filter(pk=elue.pk).update(pause_jusqu_au=timezone.localdate())
    say(autre, sujet)
    assert letters_to(elue) == []
    assert Notification.objects.get(membre=elue).courriel_le > timezone.now()
    membre = Membre.objects.get(pk=elue.pk)
    membre.pause_jusqu_au = None
    notifications.choose(membre)
    call_command("courriels")
    assert len(letters_to(elue)) == 1
    membre.rythme = "jamais"
    notifications.choose(membre)
    say(autre, sujet, "Bonjour @Camille Fontan.")
    assert len(letters_to(elue)) == 1
    assert told(elue) == ["reponse", "cite"]


# --- Mail servers


@pytest.fixture
def refusing(monkeypatch):
    """``refusing(error)``: the mail server raises it from then on; None, and it takes mail again."""
    raised = []

    def send_messages(backend, letters):
        if raised and raised[-1]:
            raise raised[-1]
        return taken(backend, letters)

    taken = EmailBackend.send_messages
    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)
    return raised.append


def retry():
    Envoi.objects.filter(etat=Envoi.Etat.DU).update(prochain_le=timezone.now())
    call_command("courriels")


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPServerDisconnected("cut"),
        smtplib.SMTPResponseException(451, b"later"),
        smtplib.SMTPRecipientsRefused({"a@b.fr": (450, b"busy")}),
        smtplib.SMTPAuthenticationError(535, b"who are you"),
        TimeoutError(),
        ConnectionRefusedError(),
    ],
)
def test_a_mail_that_could_not_leave_is_tried_again_later_under_the_same_name(
    error, espace, elue, autre, sujet, say, refusing
):
    refusing(error)
    say(autre, sujet)
    envoi = Envoi.objects.get(membre=elue)
    assert (envoi.etat, envoi.essais) == (Envoi.Etat.DU, 1)
    assert envoi.prochain_le > timezone.now() + timedelta(minutes=1)
    call_command("courriels")
    assert Envoi.objects.get(membre=elue).essais == 1
    refusing(None)
    retry()
    [letter] = letters_to(elue)
    assert envoi.reference in letter.message()["Message-ID"]
    assert Envoi.objects.get(membre=elue).etat == Envoi.Etat.ENVOYE


def test_a_mail_that_never_leaves_waits_for_the_administration(
    espace, elue, autre, sujet, say, refusing, django_capture_on_commit_callbacks
):
    refusing(TimeoutError())
    say(autre, sujet)
    for _ in range(len(notifications.BACK_OFF) + 2):
        retry()
    envoi = Envoi.objects.get(membre=elue)
    assert (envoi.etat, envoi.erreur) == (Envoi.Etat.ECHEC, "TimeoutError")
    refusing(None)
    with django_capture_on_commit_callbacks(execute=True):
        notifications.send_again(envoi)
    assert len(letters_to(elue)) == 1


def test_an_address_that_does_not_exist_is_not_written_to_until_its_owner_says_so(
    signed_in, read, espace, elue, autre, sujet, say, refusing
):
    refusing(smtplib.SMTPRecipientsRefused({elue.email: (550, b"no such user")}))
    say(autre, sujet)
    refusing(None)
    say(autre, sujet)
    assert letters_to(elue) == []
    signed_in(Membre.objects.get(pk=elue.pk))
    assert "n’accepte pas nos courriels" in read("/communaute/").words
    signed_in(elue).post("/communaute/rythme/", {"rythme": "quotidien"})
    assert "n’accepte pas nos courriels" not in read("/communaute/").words
    say(autre, sujet, "Bonjour @Camille Fontan.")
    assert len(letters_to(elue)) == 1


def test_a_mail_left_on_its_way_by_a_worker_that_died_is_taken_up_again(
    espace, elue, autre, sujet, say, refusing
):
    refusing(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        say(autre, sujet)
    refusing(None)
    call_command("courriels")
    assert letters_to(elue) == []
    Envoi.objects.update(prochain_le=timezone.now())
    call_command("courriels")
    assert len(letters_to(elue)) == 1


def test_a_message_that_is_changed_tells_only_those_whom_it_did_not_name_before(
    espace, elue, autre, sujet, say, django_capture_on_commit_callbacks
):
    third = entered(un_membre("elus", membre__last_name="Vidal"), espace)
    post = say(autre, sujet, "Bonjour @Camille Fontan.")
    with django_capture_on_commit_callbacks(execute=True):
        conversation.edit(autre, post, "Bonjour @Camille Fontan et @Camille Vidal.")
    assert told(third) == ["message", "cite"]
    assert told(elue) == ["cite"]


def test_who_is_named_in_a_message_that_they_had_read_is_told_until_they_read_it_again(
    signed_in, read, espace, elue, autre, sujet, say, django_capture_on_commit_callbacks
):
    third = entered(un_membre("elus", membre__last_name="Vidal"), espace)
    post = say(autre, sujet, "Bonjour.")
    signed_in(third)
    address = f"/communaute/sujets/{sujet.reference}/"
    read(address)
    with django_capture_on_commit_callbacks(execute=True):
        conversation.edit(autre, post, "Bonjour @Camille Vidal.")
    [letter] = letters_to(third)
    assert letter.subject == "On vous cite : Les écoles"
    assert "1 pour vous" in read("/communaute/").select_one("#cloche").get_text()
    read(address)
    assert "pour vous" not in read("/communaute/").select_one("#cloche").get_text()


def test_a_mail_tells_of_a_message_that_changed_once(
    espace, elue, autre, sujet, say, django_capture_on_commit_callbacks
):
    third = entered(un_membre("elus", membre__last_name="Vidal"), espace)
    post = say(autre, sujet, "Bonjour.")
    with django_capture_on_commit_callbacks(execute=True):
        conversation.edit(autre, post, "Bonjour @Camille Vidal.")
    Notification.objects.update(courriel_le=timezone.now(), envoi=None)
    mail.outbox.clear()
    call_command("courriels")
    [letter] = letters_to(third)
    assert letter.body.count("Bonjour @Camille Vidal.") == 1
    assert "On vous cite" in letter.body
    assert "Un nouveau message" not in letter.body


# --- A promise is asked to be loosened


@pytest.fixture
def asked(espace, elue, autre, say, django_capture_on_commit_callbacks):
    """A topic where ``autre`` asks ``elue``, who wrote there too, to promise less."""
    topic = a_topic(espace, elue, "Les écoles", Promesse.SANS_ATTRIBUTION)
    say(autre, topic)
    mail.outbox.clear()
    Notification.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        promesse.ask(autre, topic, Promesse.A_PARTAGER)
    return topic


def test_whose_yes_is_awaited_is_told_and_nobody_else(signed_in, read, espace, elue, autre, asked):
    third = entered(un_membre("elus"), espace)
    assert (told(elue), told(autre), told(third)) == (["demande"], [], [])
    [letter] = letters_to(elue)
    assert letter.subject == "On vous demande votre accord : Les écoles"
    assert "À partager" in letter.body
    assert f"/communaute/sujets/{asked.reference}/promesse/" in letter.body
    signed_in(elue)
    assert "1 pour vous" in read("/communaute/").select_one("#cloche").get_text()
    row = read("/communaute/nouvelles/").select_one(".demandes__neuf")
    assert "On vous demande votre accord" in row.get_text()
    assert row.select_one("a")["href"] == f"/communaute/sujets/{asked.reference}/promesse/"


def test_an_answer_is_seen_by_the_bell_and_stops_what_waits(signed_in, read, elue, asked):
    Notification.objects.update(envoi=None, courriel_le=timezone.now())
    mail.outbox.clear()
    promesse.answer(elue, asked, oui=False)
    call_command("courriels")
    assert letters_to(elue) == []
    signed_in(elue)
    assert "pour vous" not in read("/communaute/").select_one("#cloche").get_text()


def test_a_demand_that_is_over_is_told_no_more(elue, autre, asked):
    promesse.tighten(autre, asked, Promesse.RESTE_ICI)
    assert told(elue) == ["demande"]
    DemandePromesse.objects.update(close_le=timezone.now())
    assert told(elue) == []


def test_a_demand_where_all_stays_says_in_the_mail_neither_what_nor_who(
    espace, elue, autre, say, django_capture_on_commit_callbacks
):
    topic = a_topic(espace, elue, "Les écoles")
    say(autre, topic)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        promesse.ask(autre, topic, Promesse.A_PARTAGER)
    [letter] = letters_to(elue)
    assert "On vous demande votre accord" in letter.subject
    for words in ("Les écoles", autre.get_full_name(), "À partager"):
        assert words not in f"{letter.subject} {letter.body} {letter.alternatives}"


def test_what_waits_for_approval_is_told_when_it_appears(
    espace, elue, autre, sujet, say, django_capture_on_commit_callbacks
):
    espace.premoderation = True
    espace.save()
    post = say(autre, sujet)
    assert told(elue) == []
    facilitator = MembreFactory()
    espace.nominate("animation", [facilitator])
    with django_capture_on_commit_callbacks(execute=True):
        moderation.decide(entered(facilitator, espace), post, "approuver")
    assert told(elue) == ["reponse"]


# --- The bell


def test_the_bell_counts_what_is_said_to_one_until_it_is_read(
    signed_in, read, espace, elue, autre, sujet, say
):
    say(autre, sujet)
    signed_in(elue)
    assert "1 pour vous" in read("/communaute/").select_one("#cloche").get_text()
    page = read("/communaute/nouvelles/")
    assert "On répond à votre sujet : nouveau" in page.words
    assert "Les écoles" in page.words
    read(f"/communaute/sujets/{sujet.reference}/")
    assert "pour vous" not in read("/communaute/").select_one("#cloche").get_text()
    assert "nouveau" not in read("/communaute/nouvelles/").select_one(".demandes").get_text()


def test_all_is_seen_once_one_says_so_but_what_came_since(
    signed_in, read, espace, elue, autre, sujet, say
):
    say(autre, sujet)
    signed_in(elue)
    shown = read("/communaute/nouvelles/").select_one("[name=jusqua]")["value"]
    say(autre, a_topic(espace, elue, "La cantine"))
    signed_in(elue).post("/communaute/nouvelles/", {"jusqua": shown})
    assert "1 pour vous" in read("/communaute/").select_one("#cloche").get_text()
    signed_in(elue).post("/communaute/nouvelles/", {"jusqua": "hier"})
    assert "pour vous" not in read("/communaute/").select_one("#cloche").get_text()


def test_a_page_left_open_asks_less_and_less_until_something_comes(
    signed_in, read, espace, elue, autre, sujet, say
):
    signed_in(elue)
    quiet = read("/communaute/nouvelles/cloche/?vues=0&attente=60")
    assert "attente=120" in quiet.select_one("#releve")["data-hx-get"]
    assert quiet.select_one("#cloche") is None
    say(autre, sujet)
    changed = read("/communaute/nouvelles/cloche/?vues=0&attente=960")
    assert "attente=60" in changed.select_one("#releve")["data-hx-get"]
    assert "1 pour vous" in changed.select_one("#cloche").get_text()
    assert "attente=960" in str(read("/communaute/nouvelles/cloche/?vues=1&attente=960"))


def test_the_bell_takes_as_many_queries_for_two_topics_as_for_twelve(
    signed_in, queries, espace, elue, autre, say
):
    signed_in(elue)
    counts = []
    for topics in (2, 10):
        for _ in range(topics):
            say(autre, a_topic(espace, elue))
        counts.append(queries("/communaute/nouvelles/"))
    assert counts[0] == counts[1]


def test_the_sender_is_the_portal(espace, elue, autre, sujet, say):
    say(autre, sujet)
    assert autre.email not in str(letters_to(elue)[0].message())
    assert parseaddr(letters_to(elue)[0].from_email)[1].startswith("portail@")
