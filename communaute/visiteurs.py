"""Forms of the public site. Visitors get no cookie, so these bear no token: their views act on no
session, and take nothing that another site makes a browser send.
"""

from allauth.core import ratelimit
from django import forms
from django.conf import settings

ELSEWHERE = (
    "Cet envoi ne semble pas venir de cette page, et n’a pas été pris en compte. Relisez-le, puis "
    "envoyez-le avec le bouton ci-dessous."
)
TOO_MANY = (
    "Plusieurs messages viennent déjà d’être envoyés depuis votre connexion. Celui-ci n’est pas "
    "parti : gardez cette page ouverte, et renvoyez-le dans une heure."
)


def from_elsewhere(request):
    """Whether a browser says that another site sent this."""
    sent_by = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin")
    own = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return sent_by not in ("same-origin", "none") or (origin is not None and origin not in own)


def refusal(request, form, action):
    """Whether ``form``, valid as it is, is refused for where it comes from, or for how many came: the
    status of the answer, with the reason in the form; None when it is taken.
    """
    if from_elsewhere(request):
        form.add_error(None, ELSEWHERE)
        return 403
    if not ratelimit.consume(request, action=action):
        form.add_error(None, TOO_MANY)
        return 429
    return None


class TrapField(forms.CharField):
    """A field that people do not see and programs fill in: refused, in words for whoever did by mistake."""

    def __init__(self):
        super().__init__(
            label="Laissez ce champ vide",
            required=False,
            widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
        )

    def validate(self, value):
        if value:
            raise forms.ValidationError("Ce champ sert à arrêter les robots : videz-le.")


class UncutMixin:
    """A browser would cut what is pasted without a word; here one is told, and loses nothing."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)
