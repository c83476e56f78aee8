"""Sign-in as allauth does it, closed to whoever was not invited."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm as AllauthLoginForm


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter: nobody signs up by themselves."""

    def is_open_for_signup(self, request):
        return False

    def is_safe_url(self, url):
        """Whether one may be sent on to ``url``; an address that cannot be read is not safe."""
        try:
            return super().is_safe_url(url)
        except ValueError:
            return False


class LoginForm(AllauthLoginForm):
    """allauth's sign-in form, without placeholders: labels stay visible while one types."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
