"""Meetings: the agenda, who comes, when and where changed, and all of it for calendars."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from communaute import calendriers, notifications, permissions, rencontres, salle
from communaute.conversation import Conflict
from communaute.dates import day_said
from communaute.forms.rencontres import AjouterForm, AnnoncerForm, AnnulerForm, ChangeForm
from communaute.forum_conversation.models import Nature, Topic
from communaute.models import AgendaPersonnel, AnnonceRencontre, Presence, Rencontre
from communaute.prepared import Prepared
from communaute.views import choix_de_date
from communaute.views.reading import (
    about_rencontre,
    form_page,
    readable,
    readable_rencontre,
    takes_a_form,
    who_reads_topic,
)

MEETINGS_PER_PAGE = 20
SAID = {
    Presence.Reponse.OUI: "C’est noté : vous venez.",
    Presence.Reponse.PEUT_ETRE: "C’est noté : peut-être. Vous pourrez préciser plus tard.",
    Presence.Reponse.NON: "C’est noté : vous ne venez pas.",
}
WAITS = "Vous êtes sur la liste d’attente. On vous écrira dès qu’il y a une place pour vous."
COMING_SHOWN = 60
"""How many of those who come to a meeting are named."""
SEARCHED_SHOWN = 20
"""How many of the meetings whose date is searched for are listed."""
TOO_LATE = "On ne peut plus répondre : la rencontre est passée, annulée, ou fermée pour vous."


@takes_a_form
def agenda(request):
    """The meetings to come, or past, that one may read of; and one's own address for calendars."""
    if request.method == "POST":
        return _change_address(request)
    now, is_past = timezone.now(), request.GET.get("voir") == "passees"
    found = Rencontre.objects.readable_by(request.user).shown()
    found = (found.past(now) if is_past else found.to_come(now)).with_coming(request.user)
    found = found.select_related("topic__forum__espace__forum", "territoire")
    mine = AgendaPersonnel.objects.filter(membre=request.user).first()
    searched = Rencontre.objects.readable_by(request.user).shown().searching()
    searched = searched.with_unanswered(request.user).select_related("topic__forum__espace__forum")
    context = {
        "cherchees": () if is_past else searched[:SEARCHED_SHOWN],
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


def shown(user, topic, reference):
    """What the page of ``topic`` shows ``user`` of its meeting: the date that has this reference, else the
    next one to come, else the latest; who comes, what they said, what they may do; and the other dates.
    """
    dates = DATES.fetch(user=user, topic=topic.pk)
    dates = [one for one in dates if one.debut] or dates
    if not dates:
        return {}
    rencontre = _shown(dates, reference)
    for one in dates:
        one.topic = topic
        one.is_shown = one == rencontre
    if rencontre.is_searching:
        return choix_de_date.shown(user, rencontre)
    said = rencontres.answers_to(rencontre, user)
    rencontre.count_among(said)
    mine = next((one for one in said if one.membre_id == user.pk), None)
    coming = [one for one in said if one.is_seated][:COMING_SHOWN]
    return {
        "rencontre": rencontre,
        "dates_a_venir": [one for one in dates if not one.is_over],
        "dates_passees": [one for one in dates if one.is_over],
        "a_plusieurs_dates": len(dates) > 1,
        "can_come_to_all": _can_come_to_all(user, dates),
        "can_add_date": permissions.can_add_date(user, topic),
        "has_news": any(one.has_news for one in dates),
        "ma_reponse": mine,
        "vient": mine is not None and mine.is_seated,
        "viennent": coming,
        "autres": rencontre.coming_count - len(coming),
        "etaient_la": rencontre.is_over and [one for one in said if one.present_le],
        "reponses": Presence.Reponse.choices,
        "can_attend": permissions.can_attend(user, rencontre),
        "can_organise": permissions.can_organise(user, rencontre),
        "can_announce": permissions.can_announce(user, rencontre),
        "can_sign": permissions.can_sign(user, rencontre),
        "can_call_roll": permissions.can_call_roll(user, rencontre),
        "can_speak": permissions.can_speak(user, topic.espace),
        "compte_rendu": rencontre.is_over and salle.minutes_of(user, rencontre),
        **seats_left(rencontre),
    }


def seats_left(rencontre):
    """How many seats are left (``places_libres``), and how many of these are kept for whom (``gardees``).
    Nothing, where one does not come any more, or as many as like do.
    """
    if rencontre.capacite is None or not rencontre.is_open:
        return {}
    places, kept_for = rencontre.places(timezone.now()), rencontre.kept_for
    return {
        "places_libres": places.left,
        "gardees": [(number, kept_for[group]) for group, number in places.owed.items()],
    }


def _can_come_to_all(user, dates):
    """Whether ``user`` may say of several dates that they come, and has not yet."""
    answering = [one for one in dates if permissions.can_attend(user, one)]
    return len(answering) > 1 and any(one.mine != Presence.Reponse.OUI for one in answering)


def _shown(dates, reference):
    """The date that is shown whole among these."""
    asked = (one for one in dates if one.reference == reference)
    to_come = (one for one in dates if one.is_open)
    return next(asked, None) or next(to_come, None) or dates[-1]


DATES = Prepared(
    lambda user, topic: (
        Rencontre.objects.readable_by(user)
        .filter(topic=topic)
        .with_coming(user)
        .annotate(has_news=notifications.news_of_rencontre(user))
        .select_related("territoire", "annonce")
    ),
    topic=-1_849,
)


def _topic(request, reference):
    """The topic of a meeting that has this address, if one may read it."""
    topic = readable(request.user, Topic, reference)
    if topic.nature != Nature.RENCONTRE or topic.titre_masque:
        raise Http404
    return topic


@takes_a_form
def venir(request, reference):
    """Say whether one comes, or change one's mind."""
    rencontre = readable_rencontre(request.user, reference)
    reponse = request.POST.get("reponse")
    if request.method == "POST" and reponse in Presence.Reponse.values:
        if not permissions.can_attend(request.user, rencontre):
            messages.error(request, TOO_LATE)
        else:
            presence = rencontres.answer(request.user, rencontre, reponse)
            messages.success(request, WAITS if presence.attend_depuis else SAID[reponse])
    return redirect(rencontre)


@takes_a_form
def venir_a_tout(request, reference):
    """Say that one comes to each date to come of a meeting."""
    topic = _topic(request, reference)
    if request.method == "POST":
        try:
            said = rencontres.come_to_all(request.user, topic)
        except PermissionDenied:
            said = []
        if not said:
            messages.error(request, TOO_LATE)
        else:
            messages.success(request, _said_of_all(said))
    return redirect(f"{topic.get_absolute_url()}#rencontre")


def _said_of_all(said):
    """What is told to who comes to several dates, ``said`` being their answers."""
    waiting = [presence.rencontre for presence in said if presence.attend_depuis]
    comes = len(said) - len(waiting)
    sentences = (
        [f"C’est noté : vous venez à {comes} date{'s' if comes > 1 else ''}."] if comes else []
    )
    if waiting:
        days = ", ".join(day_said(one.debut) for one in waiting)
        sentences.append(f"C’est plein, vous êtes sur la liste d’attente : {days}.")
    return " ".join(sentences)


@takes_a_form
def ajouter_date(request, reference):
    """Give a meeting one more date, which begins as the latest is."""
    topic = _topic(request, reference)
    if not permissions.can_add_date(request.user, topic):
        raise Http404
    found = Rencontre.objects.readable_by(request.user).filter(topic=topic)
    if found.searching().exists():
        raise Http404
    latest = found.filter(debut__isnull=False).last()
    initial = ChangeForm.said_of(latest) | {"jour": None, "dernier_jour": None} if latest else {}
    form = AjouterForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            rencontre = rencontres.add(request.user, topic, form.rencontre)
        except ValidationError as refused:
            form.add_error("jour", refused)
        else:
            messages.success(
                request, "La date est ajoutée. Qui suit cette rencontre en est prévenu."
            )
            return redirect(rencontre)
    context = {**who_reads_topic(topic), "topic": topic, "form": form}
    return form_page(request, "communaute/ajouter_date.html", context)


@takes_a_form
def modifier_rencontre(request, reference):
    """Change when and where one meets."""
    rencontre = readable_rencontre(request.user, reference)
    if rencontre.is_searching or not permissions.can_organise(request.user, rencontre):
        raise Http404
    following = rencontre.following().readable_by(request.user).count()
    form = ChangeForm(
        request.POST or None, initial=ChangeForm.said_of(rencontre), following=following
    )
    coming = Presence.objects.readable_by(request.user).filter(rencontre=rencontre).seated()
    context = about_rencontre(rencontre, form=form, coming_count=coming.count())
    if form.is_valid():
        try:
            said = form.rencontre, form.cleaned_data["base"]
            rencontres.change(request.user, rencontre, *said, following=form.and_following)
        except ValidationError as refused:
            form.add_error("debut", refused)
            return form_page(request, "communaute/modifier_rencontre.html", context)
        except Conflict as conflict:
            data = request.POST.copy()
            data["base"] = conflict.current.revision
            form = ChangeForm(data, following=following)
            context |= {"form": form, "conflit": conflict.current}
            return form_page(request, "communaute/modifier_rencontre.html", context, status=409)
        messages.success(request, "C’est enregistré. Les personnes qui viennent en sont prévenues.")
        return redirect(rencontre)
    return form_page(request, "communaute/modifier_rencontre.html", context)


@takes_a_form
def annuler_rencontre(request, reference):
    """Call a meeting off, once told what that does."""
    rencontre = readable_rencontre(request.user, reference)
    if not permissions.can_organise(request.user, rencontre):
        raise Http404
    following = rencontre.following().readable_by(request.user).count()
    form = AnnulerForm(request.POST if request.method == "POST" else None, following=following)
    if form.is_valid():
        motif = form.cleaned_data["motif"]
        rencontres.cancel(request.user, rencontre, motif, following=form.and_following)
        messages.success(request, "C’est annulé. Qui devait venir en est prévenu.")
        return redirect(rencontre)
    context = about_rencontre(rencontre, form=form)
    return form_page(request, "communaute/annuler_rencontre.html", context)


@require_safe
def rencontre_ics(request, reference):
    """A meeting for the calendar of one who asks for it."""
    rencontre = readable_rencontre(request.user, reference)
    if rencontre.debut is None:
        raise Http404
    return calendriers.answer([calendriers.entry(rencontre, request.user)], "rencontre")


@require_safe
def agenda_personnel(request, jeton):
    """The agenda of one member, for the calendar that knows its secret address: times, and nothing said."""
    membre = calendriers.owner_of(jeton)
    if membre is None:
        raise Http404
    found = rencontres.agenda_of(membre, timezone.now())
    return calendriers.answer([calendriers.entry(one) for one in found], "agenda")


@takes_a_form
def annoncer_rencontre(request, reference):
    """Tell the public of a meeting, otherwise, or no longer."""
    rencontre = readable_rencontre(request.user, reference)
    if not permissions.can_announce(request.user, rencontre):
        raise Http404
    annonce = getattr(rencontre, "annonce", None)
    if "retirer" in request.POST:
        rencontres.take_back(request.user, rencontre)
        messages.success(request, "C’est retiré : l’agenda public n’en dit plus rien.")
        return redirect(rencontre)
    names = ("titre", "presentation", "lieu", "suites")
    said = annonce and {name: getattr(annonce, name) for name in names}
    form = AnnoncerForm(request.POST or None, initial=said, rencontre=rencontre)
    if form.is_valid():
        annonce = rencontres.announce(request.user, rencontre, form.cleaned_data)
        messages.success(request, "C’est public, dans l’agenda de la cohorte.")
        return redirect(annonce)
    context = about_rencontre(rencontre, annonce=annonce, form=form)
    return form_page(request, "communaute/annoncer_rencontre.html", context)


# --- What the public reads. Nothing of it is kept: it ends with what its topic allows.


def _public(request):
    """What the public is told of meetings, to come or past as the address asks, and which."""
    now, is_past = timezone.now(), request.GET.get("voir") == "passees"
    found = AnnonceRencontre.objects.public()
    return (found.past(now) if is_past else found.to_come(now)), is_past


@require_safe
@never_cache
def agenda_public(request):
    """The public meetings of the cohort, to come or past."""
    found, is_past = _public(request)
    page = Paginator(found, MEETINGS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"annonces": page, "is_past": is_past}
    return render(request, "communaute/agenda_public.html", context)


@require_safe
@never_cache
def annonce(request, reference):
    """What the public is told of one meeting."""
    found = get_object_or_404(AnnonceRencontre.objects.public(), reference=reference)
    return render(request, "communaute/annonce.html", {"annonce": found})


@require_safe
def annonce_ics(request, reference):
    """The same, for a calendar."""
    found = get_object_or_404(AnnonceRencontre.objects.public(), reference=reference)
    return calendriers.answer([calendriers.public_entry(found)], "rencontre")


@require_safe
def agenda_public_ics(request):
    """The public meetings to come, for the calendar that asks again."""
    found, _ = _public(request)
    return calendriers.answer([calendriers.public_entry(one) for one in found], "agenda")
