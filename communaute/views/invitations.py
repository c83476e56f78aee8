"""Whom those who facilitate or administer invite, and what they answer to who asks to join."""

from functools import wraps

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from communaute import invitations, permissions
from communaute.forms.invitations import InvitationForm, ListeForm, RefusForm
from communaute.models import Adhesion, Invitation
from communaute.views.reading import form_page, takes_a_form

PER_PAGE = 30
REQUESTS_SHOWN = 20
ETATS = [
    ("", "Toutes"),
    (Invitation.Etat.EN_ATTENTE, "En attente"),
    (Invitation.Etat.EXPIREE, "Expirées"),
    (Invitation.Etat.ACCEPTEE, "Acceptées"),
    (Invitation.Etat.REVOQUEE, "Révoquées"),
]
MEANWHILE = "Une autre personne vient d’inviter cette adresse : voyez la liste des invitations."
REFUS = "refus_%s"
"""The identifiers of the fields of a no, beside those of an invitation."""
OVER = "Cette invitation a été acceptée ou révoquée entre-temps."


def inviting(view):
    """A view for those who invite; for others its address does not exist."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not permissions.invites(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


def _mine(request, model):
    return model.objects.handled_by(request.user, permissions.administers(request.user))


@require_safe
@inviting
def liste(request):
    """The invitations one follows, by state, and the requests that wait for one's answer."""
    etat = request.GET.get("etat", "")
    mine = _mine(request, Invitation).select_related("allie", "territoire", "par", "membre")
    if etat in Invitation.Etat.values:
        mine = mine.in_state(etat)
    waiting = _mine(request, Adhesion).waiting().select_related("territoire")
    context = {
        "invitations": Paginator(mine, PER_PAGE).get_page(request.GET.get("page")),
        "etat": etat if etat in Invitation.Etat.values else "",
        "requete": f"etat={etat}&" if etat in Invitation.Etat.values else "",
        "etats": ETATS,
        "adhesions": waiting[:REQUESTS_SHOWN],
    }
    return render(request, "communaute/invitations.html", context)


@takes_a_form
@inviting
def inviter(request):
    """Invite one person."""
    return _invite(request)


@takes_a_form
@inviting
def adhesion(request, reference):
    """Answer a request to join: by an invitation, or by a courteous no."""
    found = get_object_or_404(_mine(request, Adhesion).waiting(), reference=reference)
    if request.method == "POST" and "decliner" in request.POST:
        refus = RefusForm(request.POST, auto_id=REFUS)
        if refus.is_valid():
            try:
                invitations.decline(request.user, found, refus.cleaned_data["mot"])
            except invitations.Over:
                raise Http404 from None
            messages.success(request, "C’est répondu. La personne reçoit votre mot par courriel.")
            return redirect("communaute:invitations")
        context = {"form": refus, "refus": refus, "invitation": _form(request, found, data=None)}
        return form_page(request, "communaute/adhesion.html", context | {"adhesion": found})
    return _invite(request, found)


def _form(request, adhesion=None, data=None):
    asked = ("prenom", "nom", "email", "college", "territoire", "fonction")
    return InvitationForm(
        data,
        user=request.user,
        may_name=permissions.administers(request.user),
        initial={name: getattr(adhesion, name) for name in asked} if adhesion else None,
    )


def _invite(request, adhesion=None):
    form = _form(request, adhesion, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            [invitation] = invitations.invite(request.user, [form.instance], adhesion)
        except IntegrityError:
            form.add_error(None, MEANWHILE)
        except invitations.Over:
            raise Http404 from None
        else:
            messages.success(request, f"L’invitation part pour {invitation.email}.")
            return redirect("communaute:invitations")
    context = {
        "form": form,
        "invitation": form,
        "adhesion": adhesion,
        "refus": RefusForm(auto_id=REFUS),
    }
    template = "communaute/adhesion.html" if adhesion else "communaute/inviter.html"
    return form_page(request, template, context)


@takes_a_form
@inviting
def inviter_une_liste(request):
    """Invite all the people of a list, or none when a line is wrong."""
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ListeForm(*sent, user=request.user)
    if form.is_valid():
        try:
            made = invitations.invite(request.user, form.invitations())
        except IntegrityError:
            form.add_error(None, MEANWHILE)
        else:
            several = len(made) > 1
            messages.success(
                request,
                f"{len(made)} invitations partent." if several else "Une invitation part.",
            )
            return redirect("communaute:invitations")
    context = {"form": form, "wrong": [line for line in form.lines if line.errors]}
    return form_page(request, "communaute/inviter_une_liste.html", context)


@require_POST
@inviting
def renvoyer(request, reference):
    """Send an invitation again, for fourteen days."""
    invitation = get_object_or_404(_mine(request, Invitation), reference=reference)
    try:
        invitations.send_again(request.user, invitation)
    except invitations.Over:
        messages.error(request, OVER)
    else:
        messages.success(
            request,
            f"L’invitation repart pour {invitation.email}. Le lien du courriel d’avant ne sert plus.",
        )
    return redirect("communaute:invitations")


@require_POST
@inviting
def revoquer(request, reference):
    """Take an invitation back."""
    invitation = get_object_or_404(_mine(request, Invitation), reference=reference)
    try:
        invitations.revoke(request.user, invitation)
    except invitations.Over:
        messages.error(request, OVER)
    else:
        messages.success(request, f"L’invitation de {invitation.email} n’ouvre plus rien.")
    return redirect("communaute:invitations")
