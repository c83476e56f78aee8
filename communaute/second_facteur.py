"""The second factor: what proves that it is oneself, besides a mailbox or a password.

allauth keeps and checks it (``allauth.mfa``). What is ours: who must have one, which session was opened
with it, how its secrets are kept, and how someone who lost it comes in again.
"""

import secrets
from base64 import b32encode, urlsafe_b64encode

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as base
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from allauth.usersessions.models import UserSession
from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet, InvalidToken
from django import forms
from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import salted_hmac
from wagtail.log_actions import log

from communaute import account, permissions
from communaute.account import CodeFormMixin
from communaute.models import Cohorte

OPENED_WITH = "second_facteur"
"""What a session says: the key of the member who proved a second factor in it."""
FORGOTTEN = "communaute.second_facteur_retire"
"""What the journal of the back office names it when someone's second factors are taken away."""
NAME_LENGTH = 60
TYPED_ONCE = 120
"""Seconds during which a code that was taken is refused: longer than an app's code lasts."""


# --- Who must have one, and which session proved it


def lacks_second_factor(request):
    """Whether who signed in must have a second factor, and did not prove one in this session."""
    user = request.user
    return (
        user.is_authenticated
        and request.session.get(OPENED_WITH) != user.pk
        and permissions.needs_second_factor(user)
    )


def watch():
    """Answer to what happens to second factors."""
    signals.authenticator_used.connect(_proved)
    signals.authenticator_added.connect(_added)
    signals.authenticator_removed.connect(_removed)


def _proved(request, user, authenticator, **kwargs):
    request.session[OPENED_WITH] = user.pk


def _added(request, user, authenticator, **kwargs):
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        # It was used to be added: what comes next, the rescue codes, is shown without asking again.
        post_authentication(request, authenticator, reauthenticated=True)
        # What was opened without it is not worth it.
        sign_out_everywhere(user, but=request.session.session_key)


def _removed(request, user, authenticator, **kwargs):
    if not Authenticator.objects.filter(user=user).exists():
        request.session.pop(OPENED_WITH, None)


@transaction.atomic
def forget(membre, motif):
    """Take away every second factor of ``membre``, who lost theirs: end their sessions, tell them, and
    write it with ``motif`` in the journal of the back office.
    """
    Authenticator.objects.filter(user=membre).delete()
    log(membre, FORGOTTEN, data={"motif": motif})
    sign_out_everywhere(membre)
    account.tell([membre.email], "mfa/email/forgotten_message.txt", {})


def sign_out_everywhere(membre, but=None):
    """End every session of ``membre``, but one if its key is given."""
    for session in UserSession.objects.filter(user=membre).exclude(session_key=but):
        session.end()


# --- How its secrets are kept


class MFAAdapter(DefaultMFAAdapter):
    """allauth's adapter; secrets are encrypted, under a key that is not in the database."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "Cela ne convient pas. Attendez un instant, et recommencez.",
    }

    def encrypt(self, text):
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        """What was encrypted; under a key that is gone, a secret that opens nothing."""
        try:
            return _fernet().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return b32encode(secrets.token_bytes(20)).decode()

    def generate_authenticator_name(self, user, kind):
        return f"Clé {Authenticator.objects.filter(user=user, type=kind).count() + 1}"

    def _get_site_name(self):
        return Cohorte.load().nom


def _fernet():
    secret = salted_hmac("communaute.second_facteur", "", algorithm="sha256").digest()
    return Fernet(urlsafe_b64encode(secret))


# --- Forms


class TypedOnceMixin(CodeFormMixin):
    """A code of an app or a rescue code, which serves once although it is still shown."""

    code_label = "Code de votre application, ou code de secours"

    def clean_code(self):
        code = super().clean_code()
        typed = f"second_facteur:{self.user.pk}:{normalize_user_code(code)}"
        if not cache.add(typed, True, TYPED_ONCE):
            raise MFAAdapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(TypedOnceMixin, base.AuthenticateForm):
    pass


class ReauthenticateForm(TypedOnceMixin, base.ReauthenticateForm):
    pass


class ActivateTOTPForm(CodeFormMixin, totp.ActivateTOTPForm):
    code_label = "Code affiché par l’application"


KEY_ERRORS = (AttributeError, InvalidSignature, LookupError, RecursionError, TypeError, ValueError)
"""What reading an answer raises that no key gives."""


class KeyFormMixin:
    """A form that a security key answers: what no key would say is refused as a wrong code is."""

    def full_clean(self):
        try:
            super().full_clean()
        except KEY_ERRORS:
            self.data = {**self.data.dict(), "credential": ""}  # nor can it be shown again
            self.add_error("credential", MFAAdapter().validation_error("incorrect_code"))


class AuthenticateWebAuthnForm(KeyFormMixin, webauthn.AuthenticateWebAuthnForm):
    pass


class LoginWebAuthnForm(KeyFormMixin, webauthn.LoginWebAuthnForm):
    pass


class ReauthenticateWebAuthnForm(KeyFormMixin, webauthn.ReauthenticateWebAuthnForm):
    pass


class AddWebAuthnForm(KeyFormMixin, webauthn.AddWebAuthnForm):
    """A key, with which one signs in without anything else unless one says otherwise."""

    name = forms.CharField(
        label="Nom de cette clé",
        help_text="Pour la reconnaître plus tard : « Mon téléphone », « Bureau »…",
        max_length=NAME_LENGTH,
        required=False,
    )
    passwordless = forms.BooleanField(
        label="Entrer avec cette clé seule, sans code ni mot de passe",
        help_text=(
            "Votre appareil vérifie alors que c’est vous : empreinte, visage ou code de déverrouillage. "
            "Décochez pour une clé USB qui ne sert que de second facteur."
        ),
        initial=True,
        required=False,
    )


class EditWebAuthnForm(webauthn.EditWebAuthnForm):
    name = forms.CharField(label="Nom de cette clé", max_length=NAME_LENGTH)
