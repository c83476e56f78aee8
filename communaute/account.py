"""Sign-in as allauth does it, closed to whoever was not invited."""

from functools import partial

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.authentication import get_authentication_records
from allauth.account.fields import EmailField
from allauth.account.forms import ConfirmLoginCodeForm as AllauthConfirmLoginCodeForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import RequestLoginCodeForm as AllauthRequestLoginCodeForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from communaute import courriel
from communaute.models import Membre

FRESH = 300
"""Seconds during which a sign-in is as good a proof as typing one's password again."""
ADDRESS = {
    "label": "Votre adresse électronique",
    "error_messages": {"required": "Donnez votre adresse électronique."},
}
LOGOUT_URL = "sortie"
"""What a session says: where one signs out of the provider by which one came in, besides here."""
TOLD = ("code", "password_reset_url")
"""What allauth gives its mails that ours say; the rest is not for a queue."""


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter: nobody signs up by themselves, and mails leave through the queue."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "L’adresse ou le mot de passe ne convient pas.",
        "incorrect_code": "Ce code ne convient pas. Vérifiez les chiffres, ou demandez-en un autre.",
        "incorrect_password": "Ce n’est pas votre mot de passe.",
        "too_many_login_attempts": "Trop d’essais. Attendez quelques minutes avant de recommencer.",
        "rate_limited": "Trop d’essais. Attendez quelques minutes avant de recommencer.",
    }

    def is_open_for_signup(self, request):
        return False

    def is_safe_url(self, url):
        """Whether one may be sent on to ``url``; an address that cannot be read is not safe."""
        try:
            return super().is_safe_url(url)
        except ValueError:
            return False

    def send_mail(self, template_prefix, email, context):
        """Have a mail written to ``email``; where there is no account, the same is done for nothing.

        A job is queued either way, so that neither the answer nor how long it takes tells them apart.
        """
        is_unknown = template_prefix == "account/email/unknown_account"
        told = {name: str(context[name]) for name in TOLD if name in context}
        tell([] if is_unknown else [email], f"{template_prefix}_message.txt", told)

    def get_password_change_redirect_url(self, request):
        return reverse("compte")

    def get_logout_redirect_url(self, request):
        return request.session.get(LOGOUT_URL) or super().get_logout_redirect_url(request)

    def is_reauthentication_required(self, *, app, **kwargs):
        """As allauth's; who has just signed in is not asked again who they are."""
        asked = super().is_reauthentication_required(app=app, **kwargs)
        return asked and not has_just_signed_in(self.request)


def has_just_signed_in(request):
    """Whether who asks proved who they are in the last ``FRESH`` seconds."""
    records = get_authentication_records(request, request.user)
    return bool(records) and timezone.now().timestamp() - records[-1]["at"] < FRESH


def tell(to_whom, template, told):
    """Have a mail about one's account written to the addresses ``to_whom``, once what it tells is kept."""
    told |= {"compte": f"{settings.SITE_URL}{reverse('compte')}"}
    transaction.on_commit(partial(write.enqueue, to_whom, template, told))


@task(priority=50)
def write(to_whom, template, told):
    """Write it: before other jobs, and beside the request where there is no worker."""
    for address in to_whom:
        courriel.send(address, template, told)


class CodeFormMixin:
    """A form where a code is typed: digits, on the keyboard that has them."""

    code_label = "Code"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = self.code_label
        code.max_length = 40
        code.widget.attrs = {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "spellcheck": "false",
            "class": "saisie-code",
        }


class Backend(AuthenticationBackend):
    """allauth's backend; it is asked at every request who is signed in, by a query written once."""

    def get_user(self, user_id):
        try:
            membre = Membre.objects.by_key(user_id)
        except Membre.DoesNotExist:
            return None
        return membre if self.user_can_authenticate(membre) else None


class LoginForm(AllauthLoginForm):
    """allauth's sign-in form, without placeholders: labels stay visible while one types."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        address, password = self.fields["login"], self.fields["password"]
        address.label = ADDRESS["label"]
        address.error_messages |= ADDRESS["error_messages"]
        password.error_messages["required"] = "Donnez votre mot de passe."
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class RequestLoginCodeForm(AllauthRequestLoginCodeForm):
    email = EmailField(**ADDRESS)


class ResetPasswordForm(AllauthResetPasswordForm):
    email = EmailField(**ADDRESS)


class ConfirmLoginCodeForm(CodeFormMixin, AllauthConfirmLoginCodeForm):
    code_label = "Code reçu par courriel"
