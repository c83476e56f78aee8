"""Coming in by an identity provider, and linking one's account to it; none of it is there without one."""

from allauth.account.decorators import reauthentication_required
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from communaute import fournisseur
from communaute.views.reading import takes_a_form


@fournisseur.if_on
@require_POST
def entrer(request):
    """Come in by the provider."""
    if request.user.is_authenticated:
        return redirect("communaute:accueil")
    return fournisseur.lead_to_provider(request, AuthProcess.LOGIN)


@fournisseur.if_on
@require_safe
def retour(request):
    """Where the provider sends back."""
    return fournisseur.welcome_back(request)


@fournisseur.if_on
@login_required
@reauthentication_required(app="allauth.mfa", allow_get=True)
@takes_a_form
def relier(request):
    """Link one's account to the provider, or end the link."""
    if request.method != "POST":
        context = {"fournisseur": settings.OIDC_NAME, "lien": fournisseur.link_of(request.user)}
        return render(request, "account/fournisseur.html", context)
    if "delier" not in request.POST:
        return fournisseur.lead_to_provider(request, AuthProcess.CONNECT)
    fournisseur.unlink(request.user)
    messages.success(request, "Votre compte n’est plus relié.")
    return redirect("compte")
