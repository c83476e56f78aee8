"""Meetings: the agenda, who comes, when and where changed, and all of it for calendars."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from communaute import calendriers, permissions, rencontres
from communaute.conversation import Conflict
from communaute.models import AgendaPersonnel, Presence, Rencontre
from communaute.rencontres_forms import AnnulerForm, ChangeForm
from communaute.views.reading import form_page, who_reads_topic
from communaute.views.sujets import readable_for_page

MEETINGS_PER_PAGE = 20
SAID = {
    Presence.Reponse.OUI: "C’est noté : vous venez.",
    Presence.Reponse.PEUT_ETRE: "C’est noté : peut-être. Vous pourrez préciser plus tard.",
    Presence.Reponse.NON: "C’est noté : vous ne venez pas.",
}
WAITS = "Toutes les places sont prises. On vous écrira dès qu’il s’en libère une pour vous."
TOO_LATE = "On ne peut plus répondre : la rencontre est passée, annulée, ou fermée pour vous."


@require_http_methods(["GET", "HEAD", "POST"])
def agenda(request):
    """The meetings to come, or past, that one may read of; and one's own address for calendars."""
    if request.method == "POST":
        return _change_address(request)
    now, is_past = timezone.now(), request.GET.get("voir") == "passees"
    found = Rencontre.objects.readable_by(request.user).shown()
    found = (found.past(now) if is_past else found.to_come(now)).with_coming(request.user)
    found = found.select_related("topic__forum__espace__forum", "territoire")
    mine = AgendaPersonnel.objects.filter(membre=request.user).first()
    context = {
        "rencontres": Paginator(found, MEETINGS_PER_PAGE).get_page(request.GET.get("page")),
        "is_past": is_past,
        "adresse": mine and calendriers.address_of(mine),
    }
    return render(request, "communaute/agenda.html", context)


def _change_address(request):
    if request.POST.get("acte") == "ouvrir":
        calendriers.open_agenda(request.user)
        messages.success(request, "Votre adresse est prête. Gardez-la pour vous.")
    elif request.POST.get("acte") == "fermer":
        calendriers.close_agenda(request.user)
        messages.success(request, "C’est fait : l’ancienne adresse n’ouvre plus rien.")
    return redirect("communaute:agenda")


def _meeting(request, reference):
    """The topic of this address and its meeting, if one may read them."""
    topic = readable_for_page(request.user, reference)
    rencontre = getattr(topic, "rencontre", None)
    if rencontre is None or topic.titre_masque:
        raise Http404
    rencontre.topic = topic
    return topic, rencontre


@require_http_methods(["GET", "HEAD", "POST"])
def venir(request, reference):
    """Say whether one comes, or change one's mind."""
    _, rencontre = _meeting(request, reference)
    reponse = request.POST.get("reponse")
    if request.method == "POST" and reponse in Presence.Reponse.values:
        if not permissions.can_attend(request.user, rencontre):
            messages.error(request, TOO_LATE)
        else:
            presence = rencontres.answer(request.user, rencontre, reponse)
            messages.success(request, WAITS if presence.attend_depuis else SAID[reponse])
    return redirect(rencontre)


@require_http_methods(["GET", "HEAD", "POST"])
def modifier_rencontre(request, reference):
    """Change when and where one meets."""
    topic, rencontre = _meeting(request, reference)
    if not permissions.can_organise(request.user, rencontre):
        raise Http404
    form = ChangeForm(request.POST or None, initial=ChangeForm.said_of(rencontre))
    context = {
        **who_reads_topic(topic),
        "topic": topic,
        "rencontre": rencontre,
        "form": form,
        "coming_count": Presence.objects.readable_by(request.user)
        .filter(rencontre=rencontre)
        .seated()
        .count(),
    }
    if form.is_valid():
        try:
            rencontres.change(request.user, rencontre, form.rencontre, form.cleaned_data["base"])
        except Conflict as conflict:
            data = request.POST.copy()
            data["base"] = conflict.current.revision
            context |= {"form": ChangeForm(data), "conflit": conflict.current}
            return form_page(request, "communaute/modifier_rencontre.html", context, status=409)
        messages.success(request, "C’est enregistré. Les personnes qui viennent en sont prévenues.")
        return redirect(rencontre)
    return form_page(request, "communaute/modifier_rencontre.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def annuler_rencontre(request, reference):
    """Call a meeting off, once told what that does."""
    topic, rencontre = _meeting(request, reference)
    if not permissions.can_organise(request.user, rencontre):
        raise Http404
    form = AnnulerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        rencontres.cancel(request.user, rencontre, form.cleaned_data["motif"])
        messages.success(request, "La rencontre est annulée. Qui devait venir en est prévenu.")
        return redirect(rencontre)
    context = {**who_reads_topic(topic), "topic": topic, "rencontre": rencontre, "form": form}
    return form_page(request, "communaute/annuler_rencontre.html", context)


@require_safe
def rencontre_ics(request, reference):
    """A meeting for the calendar of one who asks for it."""
    _, rencontre = _meeting(request, reference)
    return calendriers.answer([calendriers.entry(rencontre, request.user)], "rencontre")


@require_safe
def agenda_personnel(request, jeton):
    """The agenda of one member, for the calendar that knows its secret address: times, and nothing said."""
    membre = calendriers.owner_of(jeton)
    if membre is None:
        raise Http404
    found = rencontres.agenda_of(membre, timezone.now())
    return calendriers.answer([calendriers.entry(one) for one in found], "agenda")
