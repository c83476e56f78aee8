"""The second factor: who must have one, how it is proved, and what becomes of someone who lost it."""

import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import get_user
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from wagtail.models import ModelLogEntry

from communaute import brouillons
from communaute.second_facteur import MFAAdapter
from tests.factories import EspaceFactory, MembreFactory, entered, un_membre, une_page_territoire

pytestmark = pytest.mark.usefixtures("tree")

SIGN_IN, PROVE = "/compte/connexion/", "/compte/connexion/second-facteur/"
INDEX, APP = "/compte/second-facteur/", "/compte/second-facteur/application/"
CODES, NEW_CODES = "/compte/second-facteur/codes/", "/compte/second-facteur/codes/nouveaux/"
PASSWORD = "une phrase longue et personnelle"


@pytest.fixture(autouse=True)
def kept_at_once(monkeypatch):
    """What waits for what was done to be kept is done at once: these tests keep nothing."""
    monkeypatch.setattr(transaction, "on_commit", lambda function, **kwargs: function())


def with_password(membre):
    membre.set_password(PASSWORD)
    membre.save()
    return membre


@pytest.fixture
def membre():
    return with_password(MembreFactory(email="camille@exemple.fr"))


def administrator():
    return MembreFactory(is_superuser=True)


def editor():
    membre = un_membre("agents")
    membre.groups.add(une_page_territoire().editors())
    return membre


def facilitator():
    espace = EspaceFactory(slug="agents", college="agents")
    membre = MembreFactory()
    espace.nominate("animation", [membre])
    return entered(membre, espace)


def facilitator_before_the_charter():
    espace = EspaceFactory(slug="agents", college="agents")
    membre = MembreFactory()
    espace.nominate("animation", [membre])
    return membre


POWERFUL = [administrator, editor, facilitator, facilitator_before_the_charter]


def come_in(client, membre, **sent):
    return client.post(SIGN_IN, {"login": membre.email, "password": PASSWORD, **sent})


def is_signed_in(client):
    return get_user(client).is_authenticated


def app_code(secret, ahead=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


def set_up_app(client):
    """Set an app up as one does; return its secret and the rescue codes that are shown."""
    page = client.get(APP).content.decode()
    secret = re.search(r"consignes__secret\">(\w+)<", page)[1]
    answer = client.post(APP, {"code": app_code(secret)}, follow=True)
    return secret, re.findall(r"<code>(\d{8})</code>", answer.content.decode())


# --- Who must have one


@pytest.mark.parametrize("who", POWERFUL, ids=lambda who: who.__name__)
def test_who_has_powers_is_led_to_set_one_up_and_reaches_nothing_before(client, who):
    come_in(client, with_password(who()))
    for address in ("/communaute/", "/gestion/", "/gestion/pages/", "/", "/documents/1/x.pdf"):
        assert client.get(address).url == INDEX, address
    assert client.post("/communaute/espaces/agents/tout-lu/").url == INDEX
    assert "Protégez votre compte" in client.get(INDEX).content.decode()
    assert client.get("/compte/").status_code == 200
    set_up_app(client)
    assert client.get("/communaute/").status_code == 200


@pytest.mark.parametrize("who", POWERFUL, ids=lambda who: who.__name__)
def test_nobody_must_in_the_demo(client, settings, who):
    settings.DEMO = True
    come_in(client, with_password(who()))
    assert client.get("/communaute/").status_code == 200


def test_a_member_without_powers_need_not(client):
    come_in(client, with_password(un_membre("agents")))
    assert client.get("/communaute/").status_code == 200


def test_who_receives_powers_is_led_to_it_in_an_open_session(client):
    membre = with_password(un_membre("agents"))
    come_in(client, membre)
    EspaceFactory(slug="agents", college="agents").nominate("animation", [membre])
    assert client.get("/communaute/").url == INDEX


def test_a_session_opened_without_it_is_worth_nothing_once_there_is_one(client):
    membre, other = with_password(administrator()), Client()
    come_in(other, membre)
    come_in(client, membre)
    set_up_app(client)
    assert client.get("/gestion/").status_code == 200
    assert not is_signed_in(other)


def test_who_removes_their_last_one_needs_another_at_once(client):
    come_in(client, with_password(administrator()))
    set_up_app(client)
    client.post(f"{APP}retirer/")
    assert client.get("/gestion/").url == INDEX


def test_what_was_being_written_is_kept_for_who_is_led_away(client):
    membre = with_password(un_membre("agents"))
    espace = EspaceFactory(slug="agents", college="agents")
    entered(membre, espace)
    come_in(client, membre)
    espace.nominate("animation", [membre])
    text = {"subject": "Un titre", "content": "Un long message", "nature": "question"}
    client.post(
        "/communaute/espaces/agents/nouveau-sujet/",
        text | {"jeton": brouillons.token(membre, {"espace": espace})},
    )
    assert brouillons.of(membre, {"espace": espace}).champs["content"] == "Un long message"


# --- An app and rescue codes


def test_an_app_is_asked_for_at_the_next_sign_in(client, membre):
    come_in(client, membre)
    secret, _ = set_up_app(client)
    assert "Une application de codes est en place" in [letter.subject for letter in mail.outbox]
    client.post("/compte/deconnexion/")
    assert come_in(client, membre, next="/communaute/suivi/").url == PROVE
    assert not is_signed_in(client)
    wrong = client.post(PROVE, {"code": "000000"})
    assert wrong.context["form"].errors
    assert client.post(PROVE, {"code": app_code(secret)}).url == "/communaute/suivi/"
    assert is_signed_in(client)


def test_a_code_of_the_app_serves_once(client, membre):
    come_in(client, membre)
    secret, _ = set_up_app(client)
    code = app_code(secret, ahead=1)
    for expected in (True, False):
        other = Client()
        come_in(other, membre)
        other.post(PROVE, {"code": code})
        assert is_signed_in(other) is expected
        cache.delete(f"allauth.mfa.totp.used?user={membre.pk}&code={code}")  # after thirty seconds


def test_codes_of_the_app_are_not_guessed(client, membre):
    come_in(client, membre)
    secret, _ = set_up_app(client)
    client.post("/compte/deconnexion/")
    come_in(client, membre)
    for _ in range(6):
        client.post(PROVE, {"code": "000000"})
    client.post(PROVE, {"code": app_code(secret)})
    assert not is_signed_in(client)


def test_a_code_by_mail_does_not_do_without_it(client, membre):
    come_in(client, membre)
    set_up_app(client)
    client.post("/compte/deconnexion/")
    client.post("/compte/connexion/code/", {"email": membre.email})
    code = re.search(r"\d{4}-\d{4}", mail.outbox[-1].body)[0]
    assert client.post("/compte/connexion/code/recu/", {"code": code}).url == PROVE
    assert not is_signed_in(client)


def test_a_forgotten_password_does_not_do_without_it(client, membre):
    come_in(client, membre)
    set_up_app(client)
    client.post("/compte/deconnexion/")
    client.post("/compte/mot-de-passe/", {"email": membre.email})
    link = re.search(r"http://testserver(\S+)", mail.outbox[-1].body)[1]
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": PASSWORD * 2, "password2": PASSWORD * 2})
    client.post(SIGN_IN, {"login": membre.email, "password": PASSWORD * 2})
    assert not is_signed_in(client)


def test_rescue_codes_are_shown_once_and_serve_once_each(client, membre):
    come_in(client, membre)
    _, codes = set_up_app(client)
    assert len(codes) == 10
    again = client.get(CODES).content.decode()
    assert not [code for code in codes if code in again]
    for expected in (True, False):
        other = Client()
        come_in(other, membre)
        other.post(PROVE, {"code": codes[0]})
        assert is_signed_in(other) is expected


def test_new_rescue_codes_replace_the_old_ones(client, membre):
    come_in(client, membre)
    _, codes = set_up_app(client)
    page = client.post(NEW_CODES, follow=True).content.decode()
    new = re.findall(r"<code>(\d{8})</code>", page)
    assert len(new) == 10
    assert not set(new) & set(codes)


def test_secrets_are_kept_encrypted(client, membre, settings):
    come_in(client, membre)
    secret, codes = set_up_app(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        kept = str(cursor.fetchall())
    assert not [text for text in (secret, *codes) if text in kept]
    app = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert MFAAdapter().decrypt(app.data["secret"]) == secret
    # Under another key nothing opens, and nothing breaks.
    settings.SECRET_KEY = "x" * 60
    assert not app.wrap().validate_code(app_code(secret))


# --- Passkeys: what no browser sends (what browsers send is tried in one)


@pytest.mark.parametrize(
    "credential",
    [
        *("", "{", "[]", "[1]", "1", '"x"', "null", "{}", '{"id": 1}', '{"response": {}}'),
        '{"response": {"userHandle": "%%%"}}',
        pytest.param("[" * 5000, id="depth"),
        '{"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {"userHandle": "YQ"}}',
        json.dumps(
            {
                "id": "YQ",
                "rawId": "YQ",
                "type": "public-key",
                "response": {"clientDataJSON": "e30", "attestationObject": "YQ"},
            }
        ),
        json.dumps(
            {
                "id": "YQ",
                "rawId": "YQ",
                "type": "public-key",
                "response": {"clientDataJSON": "e30", "authenticatorData": "YQ", "signature": "YQ"},
            }
        ),
    ],
)
@pytest.mark.parametrize("address", [f"{SIGN_IN}cle/", f"{INDEX}cle/", PROVE])
def test_a_key_that_says_nothing_sensible_opens_nothing(client, membre, address, credential):
    if address != f"{SIGN_IN}cle/":
        come_in(client, membre)
        if address == PROVE:
            set_up_app(client)
            client.post("/compte/deconnexion/")
            come_in(client, membre)
        client.get(address)
    else:
        client.get(address, headers={"accept": "application/json"})
    answer = client.post(address, {"credential": credential})
    assert answer.status_code in (200, 302)
    assert not Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).exists()
    assert is_signed_in(client) is (address == f"{INDEX}cle/")


def test_another_members_key_is_not_there(client, membre):
    key = Authenticator.objects.create(
        user=MembreFactory(), type="webauthn", data={"name": "La sienne", "credential": {}}
    )
    come_in(client, membre)
    for address in (f"{INDEX}cles/{key.pk}/", f"{INDEX}cles/{key.pk}/retirer/"):
        assert client.get(address).status_code == 404
        assert client.post(address, {"name": "La mienne"}).status_code == 404


# --- Someone who lost it


def test_a_command_takes_away_what_someone_lost_and_ends_their_sessions(client):
    membre = with_password(administrator())
    come_in(client, membre)
    set_up_app(client)
    call_command("oublier_second_facteur", membre.email, motif="Téléphone perdu, vu en personne")
    assert not is_signed_in(client)
    assert not Authenticator.objects.filter(user=membre).exists()
    assert mail.outbox[-1].subject == "Votre second facteur est retiré"
    (entry,) = ModelLogEntry.objects.filter(action="communaute.second_facteur_retire")
    assert entry.data == {"motif": "Téléphone perdu, vu en personne"}
    come_in(client, membre)
    assert client.get("/gestion/").url == INDEX
