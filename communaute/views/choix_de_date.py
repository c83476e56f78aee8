"""The date of a meeting that is searched for together: what the page shows, and the acts."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect

from communaute import choix_de_date, permissions
from communaute.conversation import Conflict
from communaute.forms.rencontres import ChoisirForm, DisponibilitesForm, ProposerForm
from communaute.models import DateProposee
from communaute.views.reading import about_rencontre, form_page, readable_rencontre, takes_a_form

SILENT_SHOWN = 60
"""How many of those who have not answered are named."""
CHOSEN = "La date de cette rencontre est déjà choisie."


def shown(user, rencontre):
    """What the page of a meeting says of the dates that are proposed."""
    dates = choix_de_date.dates_of(rencontre, user)
    return {
        "rencontre": rencontre,
        "propositions": dates,
        "a_repondu": all(date.mine for date in dates),
        "all_past": all(date.is_past for date in dates),
        "can_say_when": permissions.can_say_when(user, rencontre),
        "can_choose_date": permissions.can_choose_date(user, rencontre),
        "can_organise": permissions.can_organise(user, rencontre),
    }


def _told(request, rencontre):
    """Lead back to the meeting whose date was chosen meanwhile."""
    messages.info(request, CHOSEN)
    return redirect(rencontre)


@takes_a_form
def disponibilites(request, reference):
    """Say when one could come."""
    user, rencontre = request.user, readable_rencontre(request.user, reference)
    if not permissions.can_say_when(user, rencontre):
        return _refused(request, rencontre)
    dates = [date for date in choix_de_date.dates_of(rencontre, user) if not date.is_past]
    form = DisponibilitesForm(request.POST if request.method == "POST" else None, dates=dates)
    if form.is_valid():
        try:
            choix_de_date.answer(user, rencontre, form.said)
        except Conflict:
            return _told(request, rencontre)
        messages.success(
            request, "C’est noté. Vous pouvez changer d’avis jusqu’au choix de la date."
        )
        return redirect(rencontre)
    return form_page(
        request, "communaute/disponibilites.html", about_rencontre(rencontre, form=form)
    )


def _refused(request, rencontre):
    """What is answered to who acts on a date that is not searched for, or not by them."""
    if not rencontre.is_searching and permissions.can_attend(request.user, rencontre):
        return _told(request, rencontre)
    raise Http404


@takes_a_form
def proposer(request, reference):
    """Propose more dates."""
    user, rencontre = request.user, readable_rencontre(request.user, reference)
    if not permissions.can_choose_date(user, rencontre):
        raise Http404
    form = ProposerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            choix_de_date.propose(user, rencontre, form.cleaned_data["dates"])
        except Conflict:
            return _told(request, rencontre)
        except ValidationError as refused:
            form.add_error("dates", refused)
        else:
            messages.success(request, "C’est proposé. Chacun·e peut répondre.")
            return redirect(rencontre)
    return form_page(
        request, "communaute/proposer_dates.html", about_rencontre(rencontre, form=form)
    )


@takes_a_form
def choisir(request, reference):
    """See who could come when and who has not said, and choose."""
    user, rencontre = request.user, readable_rencontre(request.user, reference)
    if not permissions.can_organise(user, rencontre):
        raise Http404
    if not rencontre.is_searching:
        return _told(request, rencontre)
    choices = DateProposee.objects.readable_by(user).filter(rencontre=rencontre)
    form = ChoisirForm(request.POST if request.method == "POST" else None, dates=choices)
    if form.is_valid():
        try:
            choix_de_date.choose(user, rencontre, form.cleaned_data["date"])
        except Conflict:
            return _told(request, rencontre)
        except ValidationError as refused:
            form.add_error("date", refused)
        else:
            messages.success(
                request, "La date est choisie. Les personnes qui lisent ici le sauront."
            )
            return redirect(rencontre)
    silent = rencontre.silent()
    dates = choix_de_date.with_names(choix_de_date.dates_of(rencontre, user), rencontre)
    context = about_rencontre(
        rencontre,
        form=form,
        propositions=dates,
        silencieux=silent.order_by("last_name", "first_name")[:SILENT_SHOWN],
        silencieux_count=silent.count(),
        can_remind=choix_de_date.can_remind(rencontre),
    )
    return form_page(request, "communaute/choisir_date.html", context)


@takes_a_form
def relancer(request, reference):
    """Ask those who have not said when they could come, at most once a day."""
    user, rencontre = request.user, readable_rencontre(request.user, reference)
    if not permissions.can_choose_date(user, rencontre):
        raise Http404
    if request.method == "POST":
        if choix_de_date.remind(user, rencontre):
            messages.success(request, "C’est fait : qui n’a pas répondu est prévenu.")
        else:
            messages.info(request, "On l’a déjà demandé il y a moins d’un jour.")
    return redirect("communaute:choisir_date", rencontre.reference)
