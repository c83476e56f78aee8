"""An identity provider, such as ProConnect, by OpenID Connect: off unless the settings name one.

allauth speaks with it (``allauth.socialaccount``). What is ours: each token is verified, not only fetched;
what the provider says of oneself may be a signed token; nobody comes in who did not link their account by
a deliberate act, and nothing but that link is kept of what the provider says.
"""

import logging
from contextlib import contextmanager
from functools import cached_property, wraps

import jwt
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac
from django.utils.http import urlencode
from requests import RequestException

from communaute import account

ALGORITHMS = ["RS256", "PS256", "ES256"]
LEEWAY = 30
"""Seconds by which two clocks may differ."""
STATE_LENGTH = 43
"""Signs of what ties an answer to the browser that asked: ProConnect wants 32 at least."""
FAILED = (
    "La connexion avec {nom} n’a pas abouti. Réessayez, ou entrez avec un code reçu par courriel."
)
UNKNOWN = (
    "{nom} ne mène à aucun compte d’ici. Si vous êtes membre, entrez avec un code reçu par courriel, puis "
    "reliez {nom} dans « Mon compte »."
)
NOT_THEIRS = (
    "Rien n’est relié : l’adresse électronique que donne {nom} n’est pas celle de votre compte, ou mène déjà "
    "à un autre."
)

NONSENSE = (
    *(jwt.PyJWTError, AttributeError, LookupError, TypeError, ValueError),
    # What allauth makes of an identifier that is too long.
    ImproperlyConfigured,
)

logger = logging.getLogger(__name__)


def is_on():
    """Whether the settings name a provider."""
    return bool(settings.OIDC_SERVER_URL)


def if_on(view):
    """``view``, which does not exist where the settings name no provider."""

    @wraps(view)
    def wrapped(request):
        if not is_on():
            raise Http404
        return view(request)

    return wrapped


# --- Coming in, linking


def lead_to_provider(request, process):
    """Send who asks to the provider, to come in or to link their account (``process``)."""
    try:
        next_url = get_next_redirect_url(request)
        return _provider(request).redirect(request, process, next_url)
    except (OAuth2Error, RequestException) as error:
        return _refused(request, FAILED, error)


def welcome_back(request):
    """Answer whom the provider sends back."""
    try:
        return OAuth2CallbackView.adapter_view(Adapter(request, settings.OIDC_SERVER_URL))(request)
    except (OAuth2Error, RequestException) as error:
        return _refused(request, FAILED, error)


def link_of(membre):
    """The link between the account of ``membre`` and the provider, or None."""
    return SocialAccount.objects.filter(user=membre, provider=settings.OIDC_SERVER_URL).first()


@transaction.atomic
def unlink(membre):
    """Come in by the provider no more."""
    SocialAccount.objects.filter(user=membre).delete()
    _tell(membre, "socialaccount/email/account_disconnected_message.txt")


@transaction.atomic
def _link(membre, link):
    SocialAccount.objects.filter(user=membre).delete()
    link.user = membre
    link.save()
    _tell(membre, "socialaccount/email/account_connected_message.txt")


def _tell(membre, template):
    account.tell([membre.email], template, {"nom": settings.OIDC_NAME})


def _refused(request, message, error=None):
    if error:
        logger.warning("OpenID Connect: %s", type(error.__cause__ or error).__qualname__)
    messages.error(request, message.format(nom=settings.OIDC_NAME))
    return redirect("fournisseur" if request.user.is_authenticated else "account_login")


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """allauth's adapter: one provider, that of the settings, which opens no account and knows no address.

    The address that a provider gives was perhaps verified by no one: it never leads to an account by
    itself. It only has to be the account's own when the two are linked.
    """

    def get_provider(self, request, provider, client_id=None):
        return _provider(request)

    def generate_state_param(self, state):
        return get_random_string(STATE_LENGTH)

    def on_authentication_error(self, request, provider, error=None, exception=None, **kwargs):
        raise ImmediateHttpResponse(_refused(request, FAILED, exception))

    def pre_social_login(self, request, sociallogin):
        """Let in whose account is linked; whoever else it is, the answer is the same."""
        if sociallogin.state["process"] == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(self._linked(request, sociallogin))
        if not sociallogin.is_existing or not sociallogin.user.is_active:
            raise ImmediateHttpResponse(_refused(request, UNKNOWN))
        request.session[account.LOGOUT_URL] = sociallogin.logout_url

    def _linked(self, request, sociallogin):
        membre = request.user
        if not membre.is_authenticated:
            return _refused(request, FAILED)
        if sociallogin.is_existing:
            is_theirs = sociallogin.user == membre
        else:
            is_theirs = sociallogin.user.email.casefold() == membre.email.casefold()
        if not is_theirs:
            return _refused(request, NOT_THEIRS)
        _link(membre, SocialAccount(provider=settings.OIDC_SERVER_URL, uid=sociallogin.account.uid))
        messages.success(request, f"{settings.OIDC_NAME} mène maintenant à votre compte.")
        return redirect("compte")


# --- Speaking with it


def _provider(request):
    app = SocialApp(
        provider=OpenIDConnectProvider.id,
        # What it says of someone is theirs at this provider, and at no other that the settings may name.
        provider_id=settings.OIDC_SERVER_URL,
        name=settings.OIDC_NAME,
        client_id=settings.OIDC_CLIENT_ID,
        secret=settings.OIDC_CLIENT_SECRET,
        settings={
            "server_url": settings.OIDC_SERVER_URL,
            "scope": settings.OIDC_SCOPES,
            "oauth_pkce_enabled": True,
        },
    )
    return Provider(request, app=app)


class Provider(OpenIDConnectProvider):
    def get_oauth2_adapter(self, request):
        return Adapter(request, self.app.provider_id)

    def extract_extra_data(self, data):
        return {}


def _nonce(state):
    """What an identity token must hold to answer the request that this ``state`` was sent with."""
    return salted_hmac("communaute.fournisseur", state, algorithm="sha256").hexdigest()


class Client(OAuth2Client):
    def get_redirect_url(self, authorization_url, scope, extra_params):
        nonce = {"nonce": _nonce(self.state)}
        return super().get_redirect_url(authorization_url, scope, extra_params | nonce)


@contextmanager
def _understood():
    """What comes from the provider and cannot be made sense of is an ``OAuth2Error``."""
    try:
        yield
    except NONSENSE as error:
        raise OAuth2Error from error


class Adapter(OpenIDConnectOAuth2Adapter):
    """allauth's, which takes for granted what it fetches: here signature, issuer, audience, nonce count."""

    client_class = Client

    @cached_property
    def openid_config(self):
        with _understood():
            config = self._fetch(self.get_provider().server_url).json()
            if config["issuer"].rstrip("/") != settings.OIDC_SERVER_URL:
                raise OAuth2Error
            return config

    def get_callback_url(self, request, app):
        return f"{settings.SITE_URL}{reverse('fournisseur_retour')}"

    def get_access_token_data(self, *args, **kwargs):
        with _understood():
            return super().get_access_token_data(*args, **kwargs)

    def parse_token(self, data):
        with _understood():
            return super().parse_token(data)

    def complete_login(self, request, app, token, response, **kwargs):
        with _understood():
            claims = self._verified(response["id_token"], ["exp", "iat", "nonce", "sub"])
            told = self._userinfo(token.token)
            if (
                not constant_time_compare(claims["nonce"], _nonce(request.GET["state"]))
                or claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID
                or told["sub"] != claims["sub"]
            ):
                raise OAuth2Error
            kept = {"sub": told["sub"], "email": told.get("email")}
            login = self.get_provider().sociallogin_from_response(request, {"userinfo": kept})
        login.logout_url = self._logout_url(response["id_token"])
        return login

    def _userinfo(self, access_token):
        """What it says of who came: a signed token at ProConnect, JSON elsewhere."""
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = self._fetch(self.profile_url, headers=headers)
        if answer.headers.get("Content-Type", "").partition(";")[0].strip() == "application/jwt":
            return self._verified(answer.text, ["sub"])
        return answer.json()

    def _verified(self, token, required):
        """What a token of the provider says to us, which ``required`` names in part."""
        keys = jwt.PyJWKSet.from_dict(self._fetch(self.openid_config["jwks_uri"]).json())
        return jwt.decode(
            token,
            keys[jwt.get_unverified_header(token)["kid"]],
            algorithms=ALGORITHMS,
            audience=settings.OIDC_CLIENT_ID,
            issuer=self.openid_config["issuer"],
            leeway=LEEWAY,
            options={"require": required},
        )

    def _logout_url(self, id_token):
        """Where one signs out of the provider too, if it says so."""
        endpoint = self.openid_config.get("end_session_endpoint")
        told = {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": f"{settings.SITE_URL}/",
            "state": get_random_string(STATE_LENGTH),
        }
        return endpoint and f"{endpoint}?{urlencode(told)}"

    def _fetch(self, url, **options):
        with get_adapter().get_requests_session() as session:
            answer = session.get(url, **options)
            answer.raise_for_status()
        return answer
