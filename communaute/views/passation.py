"""The word that a seat hands over: to write while one holds it, to read when one comes after."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect

from communaute import passation
from communaute.forms.profils import MotDePassationForm
from communaute.models import MotDePassation, Siege
from communaute.views.reading import form_page, takes_a_form


@takes_a_form
def mot_de_passation(request):
    """What was written for me, and what I leave with each seat that I hold, to whoever comes after."""
    user = request.user
    mots = list(MotDePassation.objects.readable_by(user).select_related("siege__membre"))
    written = {mot.siege_id: mot for mot in mots}
    sieges = list(Siege.objects.held_by(user.pk).select_related("territoire", "allie"))
    asked = next((siege for siege in sieges if str(siege.pk) == request.POST.get("siege")), None)
    is_read = request.POST.get("acte") == "lu"
    if request.method == "POST" and asked is None and not is_read:
        raise Http404
    if is_read:
        key = request.POST.get("mot", "")
        passation.mark_read(user, int(key) if key.isdecimal() and len(key) < 10 else 0)
        messages.success(request, "C’est noté. Ce mot reste ici tant que vous tenez ce siège.")
        return redirect("communaute:mot_de_passation")
    sent = None
    for number, siege in enumerate(sieges, 1):
        mot = written.get(siege.pk)
        siege.form = MotDePassationForm(
            request.POST if siege == asked else None,
            initial={"texte": mot.texte if mot else ""},
            auto_id=f"id_{number}_%s",
        )
        sent = siege.form if siege == asked else sent
    if sent and sent.is_valid():
        passation.write(user, asked, sent.cleaned_data["texte"])
        messages.success(
            request,
            "Votre mot est gardé : seule la personne qui prendra votre suite le lira."
            if sent.cleaned_data["texte"]
            else "Votre mot est effacé.",
        )
        return redirect("communaute:mot_de_passation")
    context = {
        "recus": [mot for mot in mots if mot.siege.membre_id != user.pk],
        "sieges": sieges,
        "form": sent or MotDePassationForm(),
    }
    return form_page(request, "communaute/mot_de_passation.html", context)
