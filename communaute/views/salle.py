"""In the room of a meeting: who is there, what is noted, what becomes of it."""

from allauth.core import ratelimit
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect

from communaute import notifications, permissions, salle
from communaute.forms.champs import plain
from communaute.forms.salle import AppelForm, CodeForm, EffacerForm, NoteForm
from communaute.models import Motif, NoteDeRencontre, Presence
from communaute.views.reading import about_rencontre, form_page, readable_rencontre, takes_a_form
from communaute.views.sujets import is_looked_at

OUBLIER = "oublier"
GONE = "Cette note n’est plus là : une personne présente l’a fait oublier."
TOO_LATE = "C’est trop tard : le temps de trier est passé."
FULL = f"{salle.MOST_NOTES} notes, c’est la limite d’une rencontre. Faites-en oublier une d’abord."


def _meeting(request, reference):
    """The meeting of this address, if one may read of it, and what one said of coming there."""
    rencontre = readable_rencontre(request.user, reference)
    own = Presence.objects.readable_by(request.user)
    return rencontre, own.filter(rencontre=rencontre, membre=request.user).first()


# --- Who is there


@takes_a_form
def presents(request, reference):
    """Say that one is there, with the code; call the roll, as who organises."""
    user = request.user
    rencontre, presence = _meeting(request, reference)
    is_there = presence is not None and presence.present_le is not None
    calls = permissions.can_call_roll(user, rencontre)
    if not (calls or permissions.can_sign(user, rencontre)):
        raise Http404
    acte = request.POST.get("acte")
    code = CodeForm(request.POST if acte == "signer" else None, rencontre=rencontre)
    appel = calls and AppelForm(
        request.POST if acte == "appeler" else None, **salle.not_there(rencontre)
    )
    status = 200
    if acte == "signer":
        if not ratelimit.consume(request, action="presence", user=user):
            status = 429
        elif code.is_valid():
            salle.sign(user, rencontre)
            messages.success(request, "C’est noté : vous êtes là.")
            return redirect("communaute:salle", rencontre.reference)
    elif calls and acte == "appeler" and appel.is_valid():
        salle.call_roll(user, rencontre, appel.present)
        messages.success(request, "C’est noté.")
        return redirect("communaute:presents", rencontre.reference)
    elif calls and acte == "retirer":
        _take_off(request, rencontre)
        return redirect("communaute:presents", rencontre.reference)
    there = Presence.objects.readable_by(user).filter(rencontre=rencontre).there()
    context = about_rencontre(
        rencontre,
        is_there=is_there,
        presents=there.with_names(first=user),
        can_call_roll=calls,
        code_dit=calls and salle.code_of(rencontre),
        form=code,
        appel=appel,
        is_late=status == 429,
    )
    refused = code.errors or (appel and appel.errors)
    return form_page(
        request, "communaute/presents.html", context, 422 if refused and status == 200 else status
    )


def _take_off(request, rencontre):
    """Take off the roll whoever was put there by mistake."""
    there = Presence.objects.readable_by(request.user).filter(rencontre=rencontre).there()
    found = there.select_related("membre").filter(
        membre__reference=plain(request.POST.get("membre", ""))
    )
    if presence := found.first():
        salle.take_off(request.user, rencontre, presence.membre)
        messages.success(request, f"{presence.membre.get_full_name()} n’est plus dans la liste.")


# --- What stays in the room


@takes_a_form
def salle_de_rencontre(request, reference):
    """What was noted, for those who were there: note more, and sort it."""
    user = request.user
    rencontre, presence = _meeting(request, reference)
    if presence is None or presence.present_le is None:
        raise Http404
    can_sort = permissions.can_sort(user, rencontre, presence)
    form = NoteForm(request.POST if "texte" in request.POST else None)
    if request.method == "POST" and not can_sort:
        messages.error(request, TOO_LATE)
    elif "note" in request.POST:
        return _sort(request, rencontre)
    elif form.is_valid():
        try:
            return redirect(salle.note(user, rencontre, form.cleaned_data["texte"]))
        except salle.Full:
            form.add_error("texte", FULL)
    if is_looked_at(request):
        notifications.mark_rencontre_seen(user, rencontre.topic, waiting=(Motif.PLACE,))
    context = about_rencontre(
        rencontre,
        notes=salle.notes_of(user, rencontre),
        form=form,
        can_sort=can_sort,
        can_speak=permissions.can_speak(user, rencontre.topic.espace),
        can_draw_on=permissions.can_draw_on(user, rencontre.topic),
        suites=salle.suites(rencontre),
    )
    late = request.method == "POST" and not can_sort
    return form_page(request, "communaute/salle.html", context, 409 if late else None)


def _sort(request, rencontre):
    """Say what one note becomes, or have it forgotten."""
    notes = salle.notes_of(request.user, rencontre)
    noted = notes.filter(reference=plain(request.POST["note"])).first()
    suite = request.POST.get("suite")
    if noted is None:
        messages.info(request, GONE)
    elif suite == OUBLIER:
        salle.forget(request.user, noted)
        messages.success(request, "C’est oublié : la note est effacée.")
    elif suite in salle.suites(rencontre):
        try:
            salle.sort(request.user, noted, suite)
        except salle.TooLate:
            messages.info(request, GONE)
        else:
            return redirect(noted)
    return redirect("communaute:salle", rencontre.reference)


@takes_a_form
def effacer_note(request, reference):
    """Erase a note that the minutes keep, once told what that does."""
    found = NoteDeRencontre.objects.readable_by(request.user).in_minutes()
    noted = get_object_or_404(found.select_related("rencontre"), reference=reference)
    rencontre = readable_rencontre(request.user, noted.rencontre.reference)
    if not permissions.can_moderate(request.user, rencontre.topic.espace):
        raise Http404
    form = EffacerForm(request.POST or None)
    if form.is_valid():
        salle.take_down(request.user, noted, form.cleaned_data["motif"])
        messages.success(request, "La note est effacée. Le journal de l’espace dit pourquoi.")
        return redirect(rencontre)
    context = about_rencontre(rencontre, form=form, note=noted)
    return form_page(request, "communaute/effacer_note.html", context)
