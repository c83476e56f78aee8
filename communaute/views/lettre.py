"""The letter of the week for all: to ask for it, confirm it and end it, without an account nor a cookie."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from communaute import abonnements
from communaute.forms.invitations import AbonnementForm
from communaute.models import Abonnement
from communaute.views.reading import form_page, takes_a_form
from communaute.visiteurs import refusal


@csrf_exempt
@takes_a_form
def lettre(request):
    """Ask for the letter. The answer is the same whatever is known of the address."""
    form, status = AbonnementForm(request.POST if request.method == "POST" else None), None
    if form.is_valid():
        status = refusal(request, form, "abonnement")
        if status is None:
            abonnements.ask.enqueue(form.cleaned_data["email"])
            return redirect("lettre_demandee")
    return form_page(request, "communaute/lettre.html", {"form": form}, status=status)


@require_safe
def demandee(request):
    """What happens next to an address that was given."""
    return render(request, "communaute/lettre_demandee.html")


@csrf_exempt
@never_cache
@takes_a_form
def confirmer(request, jeton):
    """Confirm that one takes the letter: by a button, which no program that follows links presses."""
    reference = _named_by(jeton, abonnements.CONFIRM)
    if request.method == "POST":
        abonnements.confirm(reference)
    known = Abonnement.objects.filter(reference=reference)
    etat = "passe"
    if known.confirmed().exists():
        etat = "confirme"
    elif known.waiting().exists():
        etat = "attend"
    status = 410 if etat == "passe" else 200
    return render(request, "communaute/lettre_confirmer.html", {"etat": etat}, status=status)


@csrf_exempt
@never_cache
@takes_a_form
def arreter(request, jeton):
    """End the letter alone: by a button, or in a click from a mailbox (RFC 8058), never by following a link.

    Done twice, or of an address that is known no more, it says the same.
    """
    reference = _named_by(jeton, abonnements.STOP)
    if request.method == "POST":
        abonnements.stop(reference)
    takes = request.method != "POST" and abonnements.takes_letter(reference)
    return render(request, "communaute/lettre_arreter.html", {"la_recoit": takes})


def _named_by(jeton, purpose):
    reference = abonnements.named_by(jeton, purpose)
    if reference is None:
        raise Http404
    return reference
