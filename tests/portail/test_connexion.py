"""Coming in with a code, a password or none, and going out everywhere."""

import re

import pytest
from allauth.usersessions.models import UserSession
from bs4 import BeautifulSoup
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django_tasks.signals import task_enqueued

from tests.factories import MembreFactory

pytestmark = pytest.mark.usefixtures("tree")

CODE, RECEIVED, SIGN_IN = (
    "/compte/connexion/code/",
    "/compte/connexion/code/recu/",
    "/compte/connexion/",
)
SET, CHANGE, REMOVE = (
    f"/compte/mot-de-passe/{geste}/" for geste in ("choisir", "changer", "retirer")
)
PASSWORD, NEW = "une phrase longue et personnelle", "une autre phrase tout aussi longue"
SESSIONS = "/compte/sessions/"


@pytest.fixture(autouse=True)
def kept_at_once(monkeypatch):
    """What waits for what was done to be kept is done at once: these tests keep nothing."""
    monkeypatch.setattr(transaction, "on_commit", lambda function, **kwargs: function())


@pytest.fixture
def membre():
    membre = MembreFactory(email="camille@exemple.fr", first_name="Camille")
    membre.set_unusable_password()
    membre.save()
    return membre


@pytest.fixture
def with_password(membre):
    membre.set_password(PASSWORD)
    membre.save()
    return membre


def is_signed_in(client):
    return get_user(client).is_authenticated


def code_in(letter):
    return re.search(r"\b\d{4}-\d{4}\b", letter.body)[0]


def come_in(client, membre, **sent):
    """Sign ``membre`` in with the code of the mail."""
    client.post(CODE, {"email": membre.email, **sent})
    return client.post(RECEIVED, {"code": code_in(mail.outbox[-1]), **sent})


def alike(answer):
    """What an answer shows, but for tokens and the address that was typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    return (
        answer.status_code,
        answer.headers.get("Location"),
        re.sub(r"[\w.]+@exemple\.fr", "X", text),
    )


# --- A code by mail


def test_a_member_comes_in_with_the_code_of_a_mail(client, membre):
    assert client.post(CODE, {"email": membre.email}).url == RECEIVED
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == ([membre.email], "Votre code pour entrer")
    assert not is_signed_in(client)
    answer = client.post(RECEIVED, {"code": code_in(letter)})
    assert answer.url == "/communaute/"
    assert get_user(client) == membre


def test_a_code_is_taken_without_its_dash_and_leads_where_one_was_going(client, membre):
    going = {"next": "/communaute/suivi/"}
    client.post(CODE, {"email": "Camille@Exemple.FR", **going})
    code = code_in(mail.outbox[0]).replace("-", " ")
    assert client.post(RECEIVED, {"code": code, **going}).url == "/communaute/suivi/"


def test_a_code_serves_once_and_in_the_browser_that_asked(client, membre):
    come_in(client, membre)
    code, other = code_in(mail.outbox[0]), Client()
    other.post(RECEIVED, {"code": code})
    assert not is_signed_in(other)
    other.post(CODE, {"email": membre.email})
    other.post(RECEIVED, {"code": code})
    assert not is_signed_in(other)


def test_a_code_is_not_guessed(client, membre):
    client.post(CODE, {"email": membre.email})
    for _ in range(3):
        client.post(RECEIVED, {"code": "00000000"})
    client.post(RECEIVED, {"code": code_in(mail.outbox[0])})
    assert not is_signed_in(client)


def test_a_mailbox_is_not_flooded(client, membre):
    for _ in range(8):
        Client().post(CODE, {"email": membre.email})
    assert len(mail.outbox) == 3


def test_no_answer_tells_an_unknown_address_from_a_members(client, membre):
    MembreFactory(email="ferme@exemple.fr", is_active=False)
    answers = []
    for address in (membre.email, "personne@exemple.fr", "ferme@exemple.fr"):
        other = Client()
        asked = other.post(CODE, {"email": address})
        shown = other.get(RECEIVED)
        wrong = [other.post(RECEIVED, {"code": "00000000"}) for _ in range(3)]
        after = other.get(wrong[-1].url)
        answers.append([alike(answer) for answer in (asked, shown, *wrong, after)])
    assert answers[0] == answers[1] == answers[2]
    assert [letter.to for letter in mail.outbox] == [[membre.email]]


@pytest.mark.parametrize(
    ("form", "field"), [(CODE, "email"), ("/compte/mot-de-passe/", "email"), (SIGN_IN, "login")]
)
def test_too_many_tries_are_refused_alike(membre, form, field):
    MembreFactory(email="ferme@exemple.fr", is_active=False)
    answers = []
    for address in (membre.email, "personne@exemple.fr", "ferme@exemple.fr"):
        cache.clear()
        sent = {field: address, "password": "raté"}
        answers.append([alike(Client().post(form, sent)) for _ in range(7)])
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] != answers[0][-1]


def test_a_job_is_queued_whether_or_not_there_is_an_account(membre):
    queued = []

    def note(task_result, **kwargs):
        queued.append(bool(task_result.args[0]))

    task_enqueued.connect(note)
    for address in (membre.email, "personne@exemple.fr"):
        for form in (CODE, "/compte/mot-de-passe/"):
            Client().post(form, {"email": address})
    task_enqueued.disconnect(note)
    assert queued == [True, True, False, False]
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("form", [CODE, "/compte/mot-de-passe/"])
def test_as_many_queries_are_asked_whether_or_not_there_is_an_account(membre, form):
    MembreFactory(email="ferme@exemple.fr", is_active=False)
    asked = []
    for address in ("rien@exemple.fr", membre.email, "personne@exemple.fr", "ferme@exemple.fr"):
        with CaptureQueriesContext(connection) as captured:
            Client().post(form, {"email": address})
        asked.append(len(captured))
    assert len(set(asked[1:])) == 1, asked


def test_the_sign_in_page_offers_the_three_ways(read):
    page = read(SIGN_IN)
    assert {form["action"] for form in page.main.find_all("form")} == {
        *(SIGN_IN, CODE, "/compte/connexion/cle/")
    }


# --- A password, if one wants


def test_a_member_chooses_a_password_and_is_told_by_mail(client, membre):
    come_in(client, membre)
    answer = client.post(SET, {"password1": NEW, "password2": NEW})
    assert answer.url == "/compte/"
    assert is_signed_in(client)
    membre.refresh_from_db()
    assert membre.check_password(NEW)
    assert mail.outbox[-1].subject == "Vous avez un mot de passe"


def test_a_password_is_changed_by_who_knows_it(signed_in, with_password):
    client = signed_in(with_password)
    form = {"oldpassword": "raté", "password1": NEW, "password2": NEW}
    assert client.post(CHANGE, form).context["form"].errors
    assert client.post(CHANGE, form | {"oldpassword": PASSWORD}).url == "/compte/"
    with_password.refresh_from_db()
    assert with_password.check_password(NEW)
    assert is_signed_in(client)
    assert mail.outbox[-1].subject == "Votre mot de passe a changé"


def test_a_form_with_a_password_does_not_say_that_all_was_kept(signed_in, with_password):
    form = {"oldpassword": "raté", "password1": NEW, "password2": NEW}
    page = BeautifulSoup(signed_in(with_password).post(CHANGE, form).content, "html.parser")
    assert page.select_one("#erreurs-titre").text == "Il reste un point à revoir\xa0:"


@pytest.mark.parametrize(
    ("address", "field"), [(CODE, "email"), ("/compte/mot-de-passe/", "email"), (SIGN_IN, "login")]
)
def test_an_address_is_asked_for_in_plain_words(client, address, field):
    page = BeautifulSoup(client.post(address).content, "html.parser")
    assert page.select_one(f"label[for=id_{field}]").text == "Votre adresse électronique"
    assert "Donnez votre adresse électronique." in page.text
    assert "requis" not in page.text


def test_a_password_is_removed_by_who_proves_who_they_are(signed_in, with_password):
    client = signed_in(with_password)
    asked = client.post(REMOVE)
    assert asked.url.startswith("/compte/confirmer/?")
    answer = client.post(asked.url, {"password": PASSWORD}, follow=True)
    assert answer.redirect_chain or answer.status_code == 200
    client.post(REMOVE)
    with_password.refresh_from_db()
    assert not with_password.has_usable_password()
    assert is_signed_in(client)
    assert mail.outbox[-1].subject == "Votre mot de passe est retiré"


def test_who_has_just_come_in_is_not_asked_again_who_they_are(client, with_password):
    come_in(client, with_password)
    assert client.post(REMOVE).url == "/compte/"


def test_my_account_says_how_i_come_in(client, membre, read):
    come_in(client, membre)
    assert read("/compte/").main.find("a", href=SET)
    client.post(SET, {"password1": NEW, "password2": NEW})
    page = read("/compte/")
    assert {CHANGE, REMOVE, "/compte/second-facteur/", SESSIONS} <= {
        a["href"] for a in page.main.find_all("a")
    }


# --- Going out everywhere


def test_one_signs_out_everywhere(client, membre):
    phone = Client(HTTP_USER_AGENT="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Safari/604.1")
    come_in(phone, membre)
    come_in(client, membre)
    page = BeautifulSoup(client.get(SESSIONS).content, "html.parser")
    devices = [item.get_text(" ", strip=True) for item in page.select(".appareils li")]
    assert len(devices) == 2
    assert "celui-ci" in devices[0]
    assert devices[1].startswith("Safari, sur un iPhone")
    assert client.post(SESSIONS).url == SIGN_IN
    assert not is_signed_in(client)
    assert not is_signed_in(phone)


@pytest.mark.parametrize("address", ["/compte/", SESSIONS])
def test_more_devices_ask_no_more_queries(client, membre, queries, address):
    def more_devices(total):
        for _ in range(total):
            session = SessionStore()
            session.create()
            UserSession.objects.create(user=membre, session_key=session.session_key, ip="127.0.0.1")

    client.force_login(membre)
    more_devices(2)
    few = queries(address)
    more_devices(18)
    assert queries(address) == few


def test_a_device_whose_session_is_over_is_not_listed(client, membre):
    over, kept = SessionStore(), SessionStore()
    over.set_expiry(-1)
    for session in (over, kept):
        session.create()
        UserSession.objects.create(user=membre, session_key=session.session_key, ip="127.0.0.1")
    UserSession.objects.create(user=membre, session_key="gone", ip="127.0.0.1")
    client.force_login(membre)
    page = BeautifulSoup(client.get(SESSIONS).content, "html.parser")
    assert len(page.select(".appareils li")) == 1


def test_another_member_stays_in(client, membre):
    other = Client()
    come_in(other, MembreFactory(email="autre@exemple.fr"))
    come_in(client, membre)
    client.post(SESSIONS)
    assert is_signed_in(other)


def test_a_new_password_signs_the_other_devices_out(client, with_password):
    other = Client()
    come_in(other, with_password)
    come_in(client, with_password)
    client.post(CHANGE, {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert is_signed_in(client)
    assert not is_signed_in(other)


# --- What is closed


@pytest.mark.parametrize(
    "address", ["/compte/", SESSIONS, SET, CHANGE, REMOVE, "/compte/second-facteur/"]
)
def test_a_visitor_is_led_to_sign_in(client, address):
    assert client.get(address).url.startswith(SIGN_IN)


@pytest.mark.parametrize(
    "name",
    [
        *("account_email", "account_confirm_email", "account_signup_by_passkey"),
        *("account_email_verification_sent", "mfa_signup_webauthn", "mfa_list_webauthn"),
        *("mfa_download_recovery_codes", "mfa_trust", "socialaccount_signup"),
        "socialaccount_connections",
    ],
)
def test_what_is_not_used_is_not_mounted(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)
