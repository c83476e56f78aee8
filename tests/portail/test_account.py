"""One way in: sign-in, forgotten password, and nothing of the back office's own."""

import re
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.contrib.auth import get_user
from django.db import transaction
from django.urls import reverse

from communaute.models import Membre
from portail.demonstration import ACCOUNTS
from tests.environment import free_port
from tests.factories import MembreFactory

pytestmark = pytest.mark.usefixtures("tree")

SIGN_IN, RESET = "/compte/connexion/", "/compte/mot-de-passe/"
PASSWORD = "une phrase longue et personnelle"


@pytest.fixture
def membre():
    membre = MembreFactory(email="camille@exemple.fr", first_name="Camille")
    membre.set_password(PASSWORD)
    membre.save()
    return membre


@pytest.fixture(autouse=True)
def kept_at_once(monkeypatch):
    """What waits for what was done to be kept is done at once: these tests keep nothing."""
    monkeypatch.setattr(transaction, "on_commit", lambda function, **kwargs: function())


@pytest.fixture
def mailbox(settings):
    """The messages that a real SMTP server received."""

    class Mailbox(list):
        async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
            self.append(envelope)
            return "250 OK"

    received, port = Mailbox(), free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    controller = Controller(received, hostname="127.0.0.1", port=port)
    controller.start()
    yield received
    controller.stop()


def sign_in(client, address, password):
    return client.post(SIGN_IN, {"login": address, "password": password})


def is_signed_in(client):
    return get_user(client).is_authenticated


def without_tokens(answer):
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


# --- Sign-in --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["camille@exemple.fr", "Camille@Exemple.FR"])
def test_a_member_signs_in_and_arrives_among_their_spaces(client, membre, address):
    answer = sign_in(client, address, PASSWORD)
    assert (answer.status_code, answer.url) == (302, "/communaute/")
    assert get_user(client) == membre


def test_a_wrong_password_says_no_more_than_an_unknown_address(client):
    address = "camille@exemple.fr"
    unknown = sign_in(client, address, "raté raté raté")
    MembreFactory(email=address).set_password(PASSWORD)
    wrong = sign_in(client, address, "raté raté raté")
    assert not is_signed_in(client)
    assert unknown.status_code == wrong.status_code
    assert without_tokens(unknown) == without_tokens(wrong)
    assert 'role="alert"' in without_tokens(wrong)


def test_a_deactivated_member_does_not_sign_in(client, membre):
    Membre.objects.update(is_active=False)
    sign_in(client, membre.email, PASSWORD)
    assert not is_signed_in(client)


def test_guessing_is_stopped(client, membre):
    for _ in range(20):
        sign_in(client, membre.email, "raté")
    sign_in(client, membre.email, PASSWORD)
    assert not is_signed_in(client)


def test_sign_in_leads_back_to_where_one_was_going_and_nowhere_else(client, membre):
    going = {"login": membre.email, "password": PASSWORD}
    answer = client.post(SIGN_IN, going | {"next": "/communaute/espaces/elus/"})
    assert answer.url == "/communaute/espaces/elus/"
    client.logout()
    answer = client.post(SIGN_IN, going | {"next": "https://ailleurs.exemple/"})
    assert answer.url == "/communaute/"


def test_a_member_signs_out(client, membre):
    client.force_login(membre)
    assert client.get("/compte/deconnexion/").status_code == 200
    assert is_signed_in(client)
    assert client.post("/compte/deconnexion/").status_code == 302
    assert not is_signed_in(client)


def test_nobody_signs_up_by_themselves(client, read):
    assert "On entre ici par invitation" in read("/compte/inscription/").words
    client.post(
        "/compte/inscription/",
        {"email": "intruse@exemple.fr", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert not Membre.objects.exists()


@pytest.mark.parametrize("demo", [True, False])
def test_the_accounts_of_the_demo_are_listed_in_the_demo_alone(client, settings, demo):
    settings.DEMO = demo
    page = client.get(SIGN_IN).content.decode()
    for account in ACCOUNTS:
        assert (account["email"] in page) is demo


# --- Forgotten password ---------------------------------------------------------------------------


def ask_for_a_new_password(client, address):
    return client.post(RESET, {"email": address}, follow=True)


def message_in(envelope):
    return message_from_bytes(envelope.content, policy=policy.default)


def link_in(envelope):
    text = message_in(envelope).get_content()
    return re.search(r"https?://testserver(/\S+)", text)[1]


def test_a_forgotten_password_is_replaced_through_a_link_sent_by_mail(client, membre, mailbox):
    ask_for_a_new_password(client, membre.email)
    (envelope,) = mailbox
    assert envelope.rcpt_tos == [membre.email]
    assert "Choisir un nouveau mot de passe" in message_in(envelope)["Subject"]
    form = client.get(link_in(envelope), follow=True)
    new = "une autre phrase tout aussi longue"
    answer = client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert answer.status_code == 302
    sign_in(client, membre.email, PASSWORD)
    assert not is_signed_in(client)
    sign_in(client, membre.email, new)
    assert is_signed_in(client)


def test_the_link_serves_once(client, membre, mailbox):
    ask_for_a_new_password(client, membre.email)
    link = link_in(mailbox[0])
    form = client.get(link, follow=True)
    new = "une autre phrase tout aussi longue"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert "Ce lien ne sert plus" in client.get(link, follow=True).content.decode()


def test_a_weak_password_is_refused_with_the_form(client, membre, mailbox):
    ask_for_a_new_password(client, membre.email)
    form = client.get(link_in(mailbox[0]), follow=True)
    answer = client.post(form.request["PATH_INFO"], {"password1": "court", "password2": "court"})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    membre.refresh_from_db()
    assert membre.check_password(PASSWORD)


def test_an_unknown_address_gets_no_mail_and_the_same_page(client, membre, mailbox):
    known = ask_for_a_new_password(client, membre.email)
    unknown = ask_for_a_new_password(client, "personne@exemple.fr")
    assert [envelope.rcpt_tos for envelope in mailbox] == [[membre.email]]
    assert unknown.redirect_chain == known.redirect_chain
    assert without_tokens(unknown) == without_tokens(known)


def test_a_deactivated_member_gets_no_link(client, membre, mailbox):
    Membre.objects.update(is_active=False)
    ask_for_a_new_password(client, membre.email)
    assert mailbox == []


# --- The back office's own doors ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("door", "leads_to"),
    [
        ("/gestion/login/", SIGN_IN),
        ("/gestion/login/?next=/gestion/pages/", f"{SIGN_IN}?next=/gestion/pages/"),
        ("/gestion/password_reset/", RESET),
        ("/gestion/password_reset/done/", RESET),
        ("/gestion/password_reset/confirm/MQ/abc-def/", RESET),
        ("/gestion/password_reset/complete/", RESET),
        ("/gestion/logout/", "/compte/deconnexion/"),
        ("/_util/login/", SIGN_IN),
        ("/_util/login/?next=/page/", f"{SIGN_IN}?next=/page/"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_back_offices_doors_lead_to_the_portals(client, door, leads_to, method):
    answer = getattr(client, method)(door)
    assert (answer.status_code, answer.url) == (302, leads_to)


@pytest.mark.parametrize("door", ["/gestion/login/", "/_util/login/"])
def test_no_other_door_takes_a_password(client, membre, door):
    client.post(door, {"username": membre.email, "login": membre.email, "password": PASSWORD})
    assert not is_signed_in(client)


def test_the_back_office_lets_nobody_change_password_or_address(signed_in, membre):
    membre.is_superuser = True
    membre.save()
    client = signed_in(membre)
    address = reverse("wagtailadmin_account")
    page = client.get(address)
    assert page.status_code == 200
    assert b'type="password"' not in page.content
    assert b'type="email"' not in page.content
    client.post(
        address,
        {
            "name_email-first_name": "Camille",
            "name_email-last_name": "Autre",
            "name_email-email": "autre@exemple.fr",
            "password-old_password": PASSWORD,
            "password-new_password1": "court",
            "password-new_password2": "court",
        },
    )
    membre.refresh_from_db()
    assert membre.email == "camille@exemple.fr"
    assert membre.check_password(PASSWORD)
