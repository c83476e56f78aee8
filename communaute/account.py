"""Sign-in as allauth does it, closed to whoever was not invited."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm as AllauthLoginForm


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter: nobody signs up by themselves."""

    def is_open_for_signup(self, request):
        return False


class LoginForm(AllauthLoginForm):
    """allauth's sign-in form, without placeholders: labels stay visible while one types."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
