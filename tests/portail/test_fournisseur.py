"""Coming in by an identity provider: a real one, small, that listens on this machine and may lie."""

import hashlib
import json
import threading
import time
from base64 import urlsafe_b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth import get_user
from django.core import mail
from django.db import transaction
from django.test import Client

from communaute.models import Membre
from tests.environment import free_port
from tests.factories import MembreFactory

pytestmark = pytest.mark.usefixtures("tree")

ENTER, BACK, LINK = (
    "/compte/connexion/fournisseur/",
    "/compte/connexion/fournisseur/retour/",
    "/compte/fournisseur/",
)
SIGN_IN, ACCOUNT = "/compte/connexion/", "/compte/"
KEY, OTHER_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))
PASSWORD = "une phrase longue et personnelle"
CLIENT, SECRET = "le-portail", "un secret de client"


class SmallProvider:
    """What the provider answers; a test changes it. ``url`` is where it listens."""

    def __init__(self):
        self.url = f"http://127.0.0.1:{free_port()}/api/v2"
        self.person = {"sub": "a1b2", "email": "Camille@exemple.fr"}
        self.id_token, self.userinfo, self.config = {}, {}, {}
        self.key, self.userinfo_key, self.signs = KEY, KEY, True
        self.answers = {}
        self.asked = None

    def signed(self, key, **claims):
        now = int(time.time())
        told = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60} | claims
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(told, key, "RS256", headers={"kid": "clé"})

    def answer(self, path, sent):
        """Status, type and body of the answer to a request."""
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            endpoints = {
                "authorization_endpoint": "authorize",
                "token_endpoint": "token",
                "userinfo_endpoint": "userinfo",
                "jwks_uri": "jwks",
                "end_session_endpoint": "logout",
            }
            config = {name: f"{self.url}/{end}" for name, end in endpoints.items()}
            return _json({"issuer": self.url, **config, **self.config})
        if path == "/jwks":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
            return _json({"keys": [{**public, "kid": "clé", "alg": "RS256", "use": "sig"}]})
        if path == "/token":
            verifier = hashlib.sha256(sent["code_verifier"].encode()).digest()
            challenge = urlsafe_b64encode(verifier).decode().rstrip("=")
            if challenge != self.asked["code_challenge"] or sent["client_secret"] != SECRET:
                return _json({"error": "invalid_grant"}, 400)
            claims = {"sub": self.person["sub"], "nonce": self.asked["nonce"]} | self.id_token
            token = self.signed(self.key, **claims)
            return _json({"access_token": "jeton", "token_type": "Bearer", "id_token": token})
        told = self.person | self.userinfo
        if self.signs:
            return 200, "application/jwt", self.signed(self.userinfo_key, **told).encode()
        return _json(told)


def _json(what, status=200):
    return status, "application/json", json.dumps(what).encode()


@pytest.fixture(scope="module")
def server():
    """Listens for the module; ``server.provider`` is who answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            path = urlsplit(self.path).path.removeprefix("/api/v2")
            status, kind, body = self.server.provider.answer(path, dict(parse_qsl(sent)))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args):
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield listening
    listening.shutdown()
    thread.join()
    listening.server_close()


@pytest.fixture
def provider(server, settings):
    server.provider = SmallProvider()
    server.provider.url = f"http://127.0.0.1:{server.server_port}/api/v2"
    settings.OIDC_SERVER_URL = server.provider.url
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    return server.provider


@pytest.fixture(autouse=True)
def kept_at_once(monkeypatch):
    """What waits for what was done to be kept is done at once: these tests keep nothing."""
    monkeypatch.setattr(transaction, "on_commit", lambda function, **kwargs: function())


@pytest.fixture
def membre(db):
    return with_password(MembreFactory(email="camille@exemple.fr"))


def with_password(membre):
    membre.set_password(PASSWORD)
    membre.save()
    return membre


def sign_in(client, membre):
    """By the page: who has just shown who they are may link their account."""
    client.post(SIGN_IN, {"login": membre.email, "password": PASSWORD})
    assert get_user(client) == membre


@pytest.fixture
def linked(provider, membre):
    SocialAccount.objects.create(user=membre, provider=provider.url, uid="a1b2")
    return membre


def leave_for(client, provider, address=ENTER, **sent):
    """Ask to go to the provider; what it is asked is kept."""
    answer = client.post(address, sent)
    assert answer.url.startswith(f"{provider.url}/authorize?"), answer.url
    provider.asked = {name: value for name, [value] in parse_qs(urlsplit(answer.url).query).items()}
    return provider.asked


def come_back(client, provider, **changed):
    return client.get(BACK, {"code": "un-code", "state": provider.asked["state"]} | changed)


def come_in(client, provider):
    leave_for(client, provider)
    return come_back(client, provider)


def said(client, answer):
    """Where an answer leads, and what is said there."""
    page = client.get(answer.url)
    return answer.url, [str(message) for message in page.context["messages"]]


def is_signed_in(client):
    return get_user(client).is_authenticated


# --- Off


def test_without_a_provider_nothing_of_it_exists(client, membre):
    missing = client.get("/compte/rien/")
    for signed_in in (False, True):
        for address in (ENTER, BACK, LINK):
            answers = [client.get(address), client.post(address)]
            assert {answer.status_code for answer in answers} == {missing.status_code} == {404}
        page = client.get(ACCOUNT if signed_in else SIGN_IN)
        assert b"ProConnect" not in page.content
        assert b"fournisseur" not in page.content
        client.force_login(membre)


# --- Coming in


def test_whose_account_is_linked_comes_in_and_goes_out(client, linked, provider, settings):
    assert b"Entrer avec ProConnect" in client.get(SIGN_IN).content
    asked = leave_for(client, provider, next="/communaute/suivi/")
    assert asked["redirect_uri"] == f"{settings.SITE_URL}{BACK}"
    assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
    assert (asked["code_challenge_method"], set(asked["scope"].split())) == (
        "S256",
        {"openid", "email"},
    )
    assert min(len(asked["state"]), len(asked["nonce"])) >= 32
    assert come_back(client, provider).url == "/communaute/suivi/"
    assert get_user(client) == linked
    assert SocialAccount.objects.get().extra_data == {}
    leaving = client.post("/compte/deconnexion/").url
    assert leaving.startswith(f"{provider.url}/logout?id_token_hint=")
    assert dict(parse_qsl(urlsplit(leaving).query))["post_logout_redirect_uri"] == (
        f"{settings.SITE_URL}/"
    )
    assert not is_signed_in(client)


def test_a_provider_that_answers_in_json_is_understood(client, linked, provider):
    provider.signs = False
    come_in(client, provider)
    assert get_user(client) == linked


def test_whoever_is_not_linked_gets_one_answer_and_no_account(membre, provider):
    closed = MembreFactory(email="ferme@exemple.fr", is_active=False)
    SocialAccount.objects.create(user=closed, provider=provider.url, uid="i9j0")
    answers = []
    for person in (
        {"sub": "c3d4", "email": membre.email},
        {"sub": "e5f6", "email": "inconnue@exemple.fr"},
        {"sub": "g7h8"},
        {"sub": "i9j0", "email": closed.email},
    ):
        provider.person, visitor = person, Client()
        answers.append(said(visitor, come_in(visitor, provider)))
        assert not is_signed_in(visitor)
    address, [message] = answers[0]
    assert answers == [(address, [message])] * 4
    assert address == SIGN_IN
    assert "ne mène à aucun compte" in message
    assert Membre.objects.count() == 2


def test_a_link_with_another_provider_opens_nothing(client, linked, provider):
    SocialAccount.objects.update(provider="https://ailleurs.example/api/v2")
    assert "aucun compte" in said(client, come_in(client, provider))[1][0]


def test_a_second_factor_is_asked_as_ever(client, linked, provider):
    linked.is_superuser = True
    linked.save()
    come_in(client, provider)
    # Without one, every page leads to where it is set up.
    assert client.get("/communaute/").url == "/compte/second-facteur/"
    client.logout()
    TOTP.activate(linked, generate_totp_secret())
    assert Authenticator.objects.filter(user=linked).exists()
    assert come_in(client, provider).url == "/compte/connexion/second-facteur/"
    assert not is_signed_in(client)


# --- What is not as it should be


def past(**claims):
    return {"iat": int(time.time()) - 900, "exp": int(time.time()) - 600} | claims


@pytest.mark.parametrize(
    "lie",
    [
        {"key": OTHER_KEY},
        {"userinfo_key": OTHER_KEY},
        {"id_token": {"nonce": "celui d’un autre"}},
        {"id_token": {"nonce": None}},
        {"id_token": {"aud": "un-autre-site"}},
        {"userinfo": {"aud": "un-autre-site"}},
        {"id_token": {"iss": "https://ailleurs.example"}},
        {"userinfo": {"iss": "https://ailleurs.example"}},
        {"id_token": past()},
        {"userinfo": past()},
        {"id_token": {"sub": "une autre personne"}},
        {"userinfo": {"sub": "une autre personne"}},
        {"id_token": {"azp": "un-autre-site", "aud": ["un-autre-site", CLIENT]}},
        {"config": {"issuer": "https://ailleurs.example"}},
        {"person": {"sub": "x" * 300}},
    ],
    ids=lambda lie: next(iter(lie)),  # the same in every process
)
def test_a_token_that_is_not_for_us_lets_nobody_in(client, linked, provider, lie):
    leave_for(client, provider)
    for name, value in lie.items():
        setattr(provider, name, value)
    address, [message] = said(client, come_back(client, provider))
    assert address == SIGN_IN
    assert "n’a pas abouti" in message
    assert not is_signed_in(client)


@pytest.mark.parametrize("path", ["/jwks", "/token", "/userinfo"])
@pytest.mark.parametrize(
    "answer",
    [
        (503, "text/html", b"Panne"),
        (200, "application/json", b"{"),
        (200, "application/json", b"[]"),
        (
            200,
            "application/json",
            b'{"access_token": 1, "expires_in": "x", "id_token": 2, "sub": 3}',
        ),
    ],
    ids=lambda answer: f"{answer[0]} {answer[2].decode()[:12]}",
)
def test_a_provider_that_answers_nonsense_is_told_in_words(client, linked, provider, path, answer):
    provider.answers = {path: answer}
    assert "n’a pas abouti" in said(client, come_in(client, provider))[1][0]
    assert not is_signed_in(client)


def test_a_provider_that_is_down_is_told_in_words(client, provider, settings, caplog):
    settings.OIDC_SERVER_URL = f"http://127.0.0.1:{free_port()}"
    answer = client.post(ENTER)
    assert "n’a pas abouti" in said(client, answer)[1][0]
    assert [record.getMessage() for record in caplog.records] == ["OpenID Connect: ConnectionError"]
    settings.OIDC_SERVER_URL = provider.url
    provider.answers = {"/.well-known/openid-configuration": (200, "text/html", b"?")}
    assert client.post(ENTER).url == SIGN_IN


def test_an_answer_serves_once_and_in_the_browser_that_asked(client, linked, provider):
    leave_for(client, provider)
    thief = Client()
    for answer in (
        come_back(thief, provider),
        come_back(client, provider, state="inventé"),
        come_back(client, provider, state=""),
    ):
        assert answer.url == SIGN_IN
    assert not is_signed_in(thief)
    assert not is_signed_in(client)
    assert come_back(client, provider).url == "/communaute/"
    client.logout()
    assert come_back(client, provider).url == SIGN_IN
    assert not is_signed_in(client)


def test_whoever_changes_their_mind_comes_back_to_the_sign_in(client, provider):
    leave_for(client, provider)
    refused = {"state": provider.asked["state"], "error": "access_denied"}
    assert client.get(BACK, refused).url == SIGN_IN


# --- Linking


def test_an_account_is_linked_and_unlinked_by_a_deliberate_act(client, membre, provider):
    sign_in(client, membre)
    assert "Votre compte n’y est pas relié" in client.get(ACCOUNT).content.decode()
    assert "Relier mon compte" in client.get(LINK).content.decode()
    leave_for(client, provider, LINK)
    address, [message] = said(client, come_back(client, provider))
    assert (address, "mène maintenant à votre compte" in message) == (ACCOUNT, True)
    link = SocialAccount.objects.get()
    assert (link.user, link.provider, link.uid, link.extra_data) == (
        membre,
        provider.url,
        "a1b2",
        {},
    )
    assert "Ne plus relier" in client.get(LINK).content.decode()
    client.post(LINK, {"delier": "1"})
    assert not SocialAccount.objects.exists()
    assert [letter.to for letter in mail.outbox] == [[membre.email]] * 2
    assert [letter.subject for letter in mail.outbox] == [
        "ProConnect mène à votre compte",
        "ProConnect ne mène plus à votre compte",
    ]


def test_only_one_s_own_address_is_linked_and_to_one_account(client, linked, provider):
    sign_in(client, with_password(MembreFactory(email="autre@exemple.fr")))
    for email in ("autre@exemple.fr", "camille@exemple.fr", None):
        provider.person = {"sub": "a1b2", "email": email}
        leave_for(client, provider, LINK)
        address, [*_, message] = said(client, come_back(client, provider))
        assert (address, message[:15]) == (LINK, "Rien n’est reli")
    provider.person = {"sub": "nouveau", "email": "camille@exemple.fr"}
    leave_for(client, provider, LINK)
    come_back(client, provider)
    assert SocialAccount.objects.get().user == linked


def test_linking_is_for_who_has_just_shown_who_they_are(client, membre, provider):
    sign_in(client, membre)
    session = client.session
    session["account_authentication_methods"] = [
        {**record, "at": record["at"] - 3600}
        for record in session["account_authentication_methods"]
    ]
    session.save()
    assert client.post(LINK).url.startswith("/compte/confirmer/")


def test_a_link_begun_by_someone_else_links_nobody(client, membre, provider):
    sign_in(client, membre)
    leave_for(client, provider, LINK)
    client.logout()
    assert come_back(client, provider).url == SIGN_IN
    assert not SocialAccount.objects.exists()
