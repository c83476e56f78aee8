"""The letter of the week for all: asked for, confirmed and ended by mail, and nobody told who takes it."""

import re
import smtplib
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from communaute import abonnements, effacement, notifications
from communaute.models import Abonnement, Envoi, Lettre, Membre
from tests.factories import MembreFactory

pytestmark = pytest.mark.django_db

ASK = "/lettre/"
LISE = "lise@exemple.fr"


@pytest.fixture
def ask(client):
    def ask(email=LISE, **headers):
        return client.post(ASK, {"email": email}, headers=headers)

    return ask


@pytest.fixture
def subscribed(ask, client):
    """The address of Lise, that she confirmed an hour ago."""
    ask()
    client.post(link("confirmer"))
    Envoi.objects.update(cree_le=timezone.now() - abonnements.SILENCE)
    mail.outbox.clear()
    return Abonnement.objects.get(email=LISE)


def link(what, letter=None):
    """The path of a link of the last mail."""
    body = (letter or mail.outbox[-1]).body
    return re.search(rf"https?://[^/]+(/lettre/{what}/[^/]+/)", body)[1]


def words(answer):
    page = BeautifulSoup(answer.content, "html.parser")
    return " ".join(page.main.get_text(" ").split())


# --- Asking


def test_an_address_is_written_to_and_takes_nothing_until_its_owner_confirms(ask, client):
    answer = ask("Lise@Exemple.FR")
    assert (answer.status_code, answer.url, answer.cookies) == (302, "/lettre/merci/", {})
    assert "Regardez votre messagerie" in words(client.get(answer.url))
    [letter] = mail.outbox
    assert letter.to == [LISE]
    assert "confirmez-le dans les sept jours" in letter.body
    assert not Abonnement.objects.confirmed().exists()
    page = client.post(link("confirmer"))
    assert (page.status_code, page.cookies) == (200, {})
    assert "C’est confirmé" in words(page)
    assert Abonnement.objects.to_write_to().get().email == LISE


def test_a_program_that_follows_links_confirms_and_ends_nothing(ask, client):
    ask()
    for what in ("confirmer", "arreter"):
        for method in (client.get, client.head, client.options):
            answer = method(link(what))
            assert "no-store" in answer.headers["Cache-Control"] or answer.status_code == 405
    assert Abonnement.objects.get().confirme_le is None


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Donnez l’adresse où recevoir la lettre."),
        ({"email": "lise"}, "n’a pas la forme d’une adresse"),
        ({"email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.fr"}, "trop longue"),
        ({"email": LISE, "piege": "x"}, "arrêter les robots"),
    ],
)
def test_what_is_no_address_is_refused_and_comes_back(sent, said, client):
    answer = client.post(ASK, sent)
    assert answer.status_code == 422
    assert said in words(answer)
    assert sent.get("email", "") in answer.content.decode()
    assert not Abonnement.objects.exists()


def test_no_answer_to_one_visitor_is_kept_for_others(client, at_the_portals_address):
    assert "zinzolin" in client.post(ASK, {"email": "zinzolin"}).content.decode()
    shown = client.get(ASK)
    assert "zinzolin" not in shown.content.decode()
    assert client.get(ASK).content == shown.content


def test_what_another_site_sends_and_what_comes_in_bursts_is_refused(ask):
    assert ask(**{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert [ask(f"l{number}@exemple.fr").status_code for number in range(11)][9:] == [302, 429]


def test_nothing_tells_whether_an_address_is_known(ask, subscribed, settings):
    """Jobs are queued, as in production: what is done of the address is done after the answer."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    MembreFactory(email="membre@exemple.fr")
    Abonnement.objects.create(email="attend@exemple.fr")
    answers, counts = set(), set()
    for email in (LISE, "membre@exemple.fr", "attend@exemple.fr", "neuve@exemple.fr"):
        with CaptureQueriesContext(connection) as queries:
            answer = ask(email)
        answers.add((answer.status_code, answer.url, answer.content))
        counts.add(len(queries))
    assert (len(answers), len(counts)) == (1, 1)


def test_an_address_is_written_to_once_an_hour_however_often_it_is_given(ask):
    for _ in range(3):
        ask()
    assert len(mail.outbox) == 1
    Envoi.objects.update(cree_le=timezone.now() - abonnements.SILENCE)
    ask()
    assert len(mail.outbox) == 2


def test_whoever_takes_it_already_is_told_so_and_how_to_stop(ask, subscribed, client):
    ask()
    [letter] = mail.outbox
    assert letter.subject == "Vous recevez déjà la lettre de la semaine"
    assert "/lettre/confirmer/" not in letter.body
    assert client.post(link("arreter")).status_code == 200
    assert not Abonnement.objects.exists()


def test_a_job_done_twice_writes_once(ask):
    ask()
    abonnements.ask.call(LISE)
    notifications.deliver_one(Envoi.objects.get().pk)
    assert len(mail.outbox) == 1


# --- Confirming, or not


def test_what_is_not_confirmed_in_seven_days_is_deleted(ask, client):
    ask()
    address = link("confirmer")
    Abonnement.objects.update(demande_le=timezone.now() - timedelta(days=7))
    assert client.post(address).status_code == 410
    assert Abonnement.objects.get().confirme_le is None
    call_command("menage")
    assert not Abonnement.objects.exists()
    answer = client.get(address)
    assert answer.status_code == 410
    assert "Ce lien ne sert plus" in words(answer)


def test_what_is_confirmed_stays(subscribed):
    Abonnement.objects.update(demande_le=timezone.now() - timedelta(days=70))
    call_command("menage")
    assert Abonnement.objects.get() == subscribed


def test_confirming_twice_says_the_same(ask, client):
    ask()
    said = {words(client.post(link("confirmer"))) for _ in range(2)}
    assert len(said) == 1
    assert words(client.get(link("confirmer"))) in said


@pytest.mark.parametrize("what", ["confirmer", "arreter"])
def test_a_link_serves_for_what_it_is_for_alone(what, subscribed, client):
    purposes = {"confirmer": abonnements.STOP, "arreter": abonnements.CONFIRM}
    jeton = abonnements.signing.dumps(subscribed.reference, salt=purposes[what])
    assert client.post(f"/lettre/{what}/{jeton}/").status_code == 404
    assert client.post(f"/lettre/{what}/rien/").status_code == 404
    assert Abonnement.objects.filter(confirme_le__isnull=False).exists()


# --- Stopping


def test_ending_it_deletes_the_address_and_what_was_to_be_written_to_it(
    subscribed, client, settings
):
    lettre = Lettre.objects.create(semaine="2026-11-23")
    Envoi.objects.create(abonnement=subscribed, lettre=lettre)
    address = abonnements.stop_address(subscribed).removeprefix(settings.SITE_URL)
    assert "Arrêter la lettre" in words(client.get(address))
    said = words(client.post(address))
    assert "Vous ne recevez plus la lettre" in said
    assert not Abonnement.objects.exists()
    assert not Envoi.objects.exists()
    for again in (client.post, client.get):
        assert words(again(address)) == said


def test_a_mailbox_ends_it_in_a_click(subscribed, client, settings):
    address = abonnements.stop_address(subscribed).removeprefix(settings.SITE_URL)
    answer = client.post(address, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.cookies) == (200, {})
    assert not Abonnement.objects.exists()


def test_a_backup_brings_nobody_back_who_ended_it(subscribed, client, settings):
    address = abonnements.stop_address(subscribed).removeprefix(settings.SITE_URL)
    client.post(address)
    subscribed.save(force_insert=True)
    other = Abonnement.objects.create(email="reste@exemple.fr")
    effacement.replay()
    assert list(Abonnement.objects.all()) == [other]


def test_an_address_that_does_not_exist_is_forgotten_with_the_refusal(ask, monkeypatch):
    def refuse(backend, letters):
        raise smtplib.SMTPRecipientsRefused({LISE: (code, b"no")})

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    code = 450
    ask()
    assert Envoi.objects.get().etat == Envoi.Etat.DU
    code = 550
    Envoi.objects.update(prochain_le=timezone.now())
    call_command("courriels")
    assert not Abonnement.objects.exists()


def test_an_administrator_takes_an_address_off_on_request(subscribed, capsys):
    membre = MembreFactory()
    for email in (LISE.upper(), membre.email):
        call_command("desabonner", email)
        with pytest.raises(CommandError):
            call_command("desabonner", email)
    assert not Abonnement.objects.exists()
    assert not Membre.objects.get(pk=membre.pk).lettre


# --- Members


def test_a_member_who_takes_it_as_a_member_is_not_written_to_twice():
    for rhythm, lettre in (("quotidien", True), ("jamais", False)):
        membre = MembreFactory(rythme=rhythm, lettre=lettre)
        Abonnement.objects.create(email=membre.email, confirme_le=timezone.now())
        expected = set() if lettre else {membre.email}
        assert set(Abonnement.objects.to_write_to().values_list("email", flat=True)) == expected


def test_a_member_chooses_it_apart_from_the_rest(signed_in, read):
    membre = MembreFactory()
    client = signed_in(membre)
    Abonnement.objects.create(email=membre.email, confirme_le=timezone.now())
    assert read("/communaute/rythme/").select_one("[name=lettre]").has_attr("checked")
    client.post("/communaute/rythme/", {"rythme": "quotidien"})
    assert not read("/communaute/rythme/").select_one("[name=lettre]").has_attr("checked")
    assert not Abonnement.objects.exists()
    client.post("/communaute/rythme/", {"rythme": "jamais", "lettre": "on"})
    assert Membre.objects.taking_letter().filter(pk=membre.pk).exists()


def test_a_member_who_ends_it_hears_of_the_rest_and_one_who_ends_all_of_nothing(client, settings):
    membre = MembreFactory()
    client.post(abonnements.stop_address(membre).removeprefix(settings.SITE_URL))
    membre.refresh_from_db()
    assert (membre.lettre, membre.rythme) == (False, "quotidien")
    Membre.objects.update(lettre=True)
    preferences = notifications.preferences_of(membre).removeprefix(settings.SITE_URL)
    client.post(preferences, {"List-Unsubscribe": "One-Click"})
    membre.refresh_from_db()
    assert (membre.lettre, membre.rythme) == (False, "jamais")
