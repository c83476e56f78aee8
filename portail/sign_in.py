"""The page where one comes in."""

from allauth.account.views import LoginView as AllauthLoginView
from django.conf import settings

from communaute import fournisseur
from portail.demonstration import ACCOUNTS


class LoginView(AllauthLoginView):
    """allauth's sign-in, with the identity provider if there is one; in the demo it lists the accounts."""

    def get_context_data(self, **kwargs):
        return {
            **super().get_context_data(**kwargs),
            "comptes_demo": ACCOUNTS if settings.DEMO else [],
            "fournisseur": settings.OIDC_NAME if fournisseur.is_on() else "",
        }
