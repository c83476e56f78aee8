"""One's own account: password, second factor, sessions."""

from functools import partial, wraps

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.models import Session
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from communaute import account, fournisseur, second_facteur
from communaute.permissions import needs_second_factor
from communaute.views.reading import takes_a_form

BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
"""How a browser says its name, the most particular first: Chrome says that it is Safari too."""
SYSTEMS = {
    "iPhone": "un iPhone",
    "iPad": "un iPad",
    "Android": "un appareil Android",
    "Windows": "Windows",
    "Mac OS X": "un Mac",
    "Linux": "Linux",
}


def of_consequence(view=None, *, allow_get=False):
    """A view for who has just proved who they are: by their password or second factor, or, having neither,
    by coming in again. With ``allow_get``, the page is shown without; what it does is not done.

    Who must have a second factor sets it up first: it is for that alone that their account is open to them.
    """
    if view is None:
        return partial(of_consequence, allow_get=allow_get)
    asked_again = reauthentication_required(app="allauth.mfa", allow_get=allow_get)(view)

    @login_required
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        user = request.user
        if second_facteur.lacks_second_factor(request):
            return redirect("mfa_index")
        if (
            not (allow_get and request.method in ("GET", "HEAD"))
            and not user.has_usable_password()
            and not Authenticator.objects.filter(user=user).exists()
            and not account.has_just_signed_in(request)
        ):
            logout(request)
            messages.info(request, "Pour être sûr que c’est vous, entrez de nouveau.")
            return redirect_to_login(request.get_full_path())
        return asked_again(request, *args, **kwargs)

    return wrapped


@login_required
@require_safe
def compte(request):
    """What one may change of one's account, each at its address."""
    context = {
        **_factors(request.user),
        "sessions": len(_sessions(request.user)),
        "fournisseur": settings.OIDC_NAME if fournisseur.is_on() else "",
        "lien": fournisseur.is_on() and fournisseur.link_of(request.user),
    }
    return render(request, "account/compte.html", context)


@login_required
@require_safe
def second_facteur_index(request):
    """The second factor of who asks: what it is for, what is set up, what can be added."""
    context = {
        **_factors(request.user),
        "exige": needs_second_factor(request.user),
        "attendu": second_facteur.lacks_second_factor(request),
    }
    return render(request, "mfa/index.html", context)


@login_required
@reauthentication_required(app="allauth.mfa", allow_get=True)
@takes_a_form
def retirer_mot_de_passe(request):
    """Have no password any more: one comes in with a code received by mail, or a key."""
    membre = request.user
    if not membre.has_usable_password():
        return redirect("compte")
    if request.method != "POST":
        return render(request, "account/password_remove.html")
    membre.set_unusable_password()
    membre.save(update_fields=["password"])
    update_session_auth_hash(request, membre)
    UserSession.objects.create_from_request(request)
    account.tell([membre.email], "account/email/password_removed_message.txt", {})
    messages.success(request, "Votre mot de passe est retiré.")
    return redirect("compte")


@login_required
@takes_a_form
def sessions(request):
    """The sessions of who asks; all of them end at once, this one too."""
    if request.method == "POST":
        second_facteur.sign_out_everywhere(request.user)
        logout(request)
        messages.success(request, "Vous êtes déconnecté·e de tous vos appareils.")
        return redirect("account_login")
    return render(
        request, "usersessions/usersession_list.html", {"sessions": _sessions(request.user)}
    )


def _factors(membre):
    """The second factors of ``membre``: an app, keys, how many rescue codes are left."""
    factors = list(Authenticator.objects.filter(user=membre).order_by("pk"))
    of_type = {kind: [f for f in factors if f.type == kind] for kind in Authenticator.Type}
    codes = of_type[Authenticator.Type.RECOVERY_CODES]
    return {
        "application": next(iter(of_type[Authenticator.Type.TOTP]), None),
        "cles": of_type[Authenticator.Type.WEBAUTHN],
        "codes": codes,
        "codes_restants": len(codes[0].wrap().get_unused_codes()) if codes else 0,
    }


def _sessions(membre):
    """Those of ``membre`` that are open, the latest first, in one query; allauth asks about each."""
    still_open = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    sessions = UserSession.objects.filter(user=membre, session_key__in=still_open)
    sessions = list(sessions.order_by("-created_at", "-pk"))
    for session in sessions:
        session.appareil = device(session.user_agent)
    return sessions


def device(user_agent):
    """The browser and the system that ``user_agent`` says, as one would name them."""
    browser = _named(BROWSERS, user_agent) or "Un navigateur"
    system = _named(SYSTEMS, user_agent)
    return f"{browser}, sur {system}" if system else browser


def _named(names, user_agent):
    return next((name for said, name in names.items() if said in user_agent), None)
