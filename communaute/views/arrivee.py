"""Coming in: asking to join, taking up an invitation, the three steps of whoever arrives."""

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import IntegrityError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from communaute import abonnements, invitations
from communaute.forms.invitations import AdhesionForm, IdentiteForm, RythmeForm
from communaute.forum_conversation.models import Topic
from communaute.models import Espace, Invitation, Membre
from communaute.views.reading import form_page, takes_a_form
from communaute.visiteurs import refusal

ARRIVAL = "arrivee"
"""Where the session of whoever arrives keeps the address of the space they are on the way to."""


@csrf_exempt
@takes_a_form
def rejoindre(request):
    """Ask to join the cohort. The answer is the same whoever asks, member or not."""
    form, status = AdhesionForm(request.POST if request.method == "POST" else None), None
    if form.is_valid():
        status = refusal(request, form, "adhesion")
        if status is None:
            form.save()
            return redirect("demande_recue")
    return form_page(request, "communaute/rejoindre.html", {"form": form}, status=status)


@require_safe
def demande_recue(request):
    """What happens next to a request to join."""
    return render(request, "communaute/demande_recue.html")


@never_cache
@takes_a_form
def invitation(request, jeton):
    """Who invites, and to what; taken up by who one is. To look changes nothing."""
    found = Invitation.objects.select_related("allie", "territoire", "par").bearing(jeton)
    if found is None:
        return render(request, "communaute/invitation_inconnue.html", status=404)
    context = {"invitation": found}
    if found not in Invitation.objects.pending():
        return render(request, "communaute/invitation_passee.html", context, status=410)
    user = request.user
    if user.is_authenticated and user.email != found.email:
        return render(request, "communaute/invitation_d_une_autre.html", context, status=409)
    if not user.is_authenticated and Membre.objects.filter(email=found.email).exists():
        return redirect_to_login(request.path)
    known = user if user.is_authenticated else None
    form = IdentiteForm(
        request.POST if request.method == "POST" else None,
        invitation=found,
        known=known is not None,
    )
    # A member who is given spaces to facilitate has nothing to write: the button is enough.
    if request.method == "POST" and (form.is_valid() or not form.fields):
        try:
            membre = invitations.accept(found, known, **form.cleaned_data)
        except (invitations.Over, IntegrityError):
            return redirect(request.path)
        return _arrive(request, membre, signed_in=known is not None)
    return form_page(request, "communaute/invitation.html", {**context, "form": form})


def _arrive(request, membre, *, signed_in):
    """Sign in whoever took up an invitation, and lead them to what comes next."""
    espaces = Espace.objects.readable_by(membre).order_by("audience", "pk")
    espace = espaces.first()
    suite = _next_step(espace)
    if signed_in:
        messages.success(request, "C’est noté : vous tenez une place de plus dans la cohorte.")
        return redirect(suite)
    response = perform_login(request, membre, redirect_url=suite)
    request.session[ARRIVAL] = espace.slug if espace else ""
    return response


def _next_step(espace):
    rythme = reverse("communaute:rythme")
    if espace is None or espace.charte is None:
        return rythme
    charte = reverse("communaute:charte", args=[espace.slug])
    return f"{charte}?{urlencode({'suite': rythme})}"


@takes_a_form
def rythme(request):
    """How often to hear from the spaces; the last step of whoever arrives. To say so again, once an address
    was refused, has it written to again.
    """
    arriving = ARRIVAL in request.session
    form = RythmeForm(
        request.POST if request.method == "POST" else None,
        instance=Membre.objects.get(pk=request.user.pk),
    )
    if form.is_valid():
        abonnements.choose(form.save(commit=False))
        if arriving:
            return redirect(_welcome(request.user, request.session.pop(ARRIVAL)))
        messages.success(request, "C’est noté. Vous pouvez changer d’avis quand vous voulez.")
        return redirect("communaute:rythme")
    return form_page(request, "communaute/rythme.html", {"form": form, "arriving": arriving})


def _welcome(user, slug):
    """Where whoever arrives lands: the topic that welcomes them in their space, the space, or home."""
    espace = Espace.objects.entered_by(user).filter(slug=slug).first()
    if espace is None:
        return reverse("communaute:accueil")
    topic = Topic.objects.readable_by(user).filter(pk=espace.accueil_id).first()
    return (topic or espace).get_absolute_url()
