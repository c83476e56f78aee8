"""A disagreement put to work: what its topic's page shows of it, and the acts of those who take part."""

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from communaute import desaccord, permissions
from communaute.conversation import Conflict
from communaute.forms.desaccords import (
    AvisForm,
    DessousForm,
    EssaiForm,
    IssueForm,
    MasquerPositionForm,
    PositionForm,
    ReconnaissanceForm,
    ReformulationForm,
)
from communaute.forum_conversation.models import Topic
from communaute.models import AvisEssai, Essai, Issue, Position, Reformulation
from communaute.views.reading import form_page, readable, takes_a_form, who_reads_topic


def shown(user, topic):
    """What the page of ``topic`` shows ``user`` of the disagreement that is put to work there."""
    positions = desaccord.positions_of(topic)
    for position in positions:
        position.is_mine = position.auteur_id == user.pk
        position.is_held = position.is_held_by(user)
        position.can_hold = permissions.can_hold(user, position)
        position.can_restate = not position.redite_id and permissions.can_restate(user, position)
        position.can_say_beneath = permissions.can_say_beneath(user, position)
        position.can_withdraw = permissions.can_withdraw_position(user, position)
        position.can_hide_position = permissions.can_hide_position(user, position)
        position.redites = position.restatements
        for one in position.redites:
            one.can_be_answered = not position.redite_id and permissions.can_recognise(user, one)
    there = [position for position in positions if position.is_shown]
    tried = _tried(user).filter(topic=topic).open().first()
    issues = list(Issue.objects.readable_by(user).filter(topic=topic))
    latest = [last for position in there for last in position.redites[-1:]]
    return {
        "positions": positions,
        "etapes": _steps(there, tried, issues),
        "facilitation": desaccord.facilitation(topic.espace),
        "essai": tried,
        "issues": issues,
        "can_steer": permissions.can_steer(user, topic),
        "asks_essai": Essai.objects.readable_by(user)
        .asking(user, timezone.localdate())
        .filter(topic=topic)
        .exists(),
        "can_take_position": permissions.can_take_position(user, topic),
        "a_reconnaitre": [
            last for last in latest if last.can_be_answered and not last.was_answered_by(user)
        ],
    }


def _tried(user):
    avis = AvisEssai.objects.readable_by(user).select_related("membre")
    found = Essai.objects.readable_by(user).select_related(
        "par", "topic__forum__espace__territoire"
    )
    return found.prefetch_related(Prefetch("avis", avis))


def _steps(positions, tried, issues):
    """The steps, each with its name, where it stands in words, and whether it is done."""
    said = [bool(position.beneath) for position in positions]
    beneath = len(positions) > 1 and all(said)
    several = len(positions) > 1
    understood = several and all(position.redite_id for position in positions)
    begun = any(position.redites for position in positions)
    return [
        {"nom": "L’objet, et ce que nous partageons", "dit": "dits", "faite": True},
        {
            "nom": "Les positions",
            "dit": "posées" if several else "une première" if positions else "à poser",
            "faite": several,
        },
        {
            "nom": "Se redire, jusqu’à « c’est bien ça »",
            "dit": "fait" if understood else "en cours" if begun else "à faire",
            "faite": understood,
        },
        {
            "nom": "Ce qui compte dessous, ce qui ferait changer d’avis",
            "dit": "dit" if beneath else "en cours" if any(said) else "à dire",
            "faite": beneath,
        },
        {
            "nom": "Un essai, ou qui tranche",
            "dit": "en cours" if tried else "fait" if issues else "à proposer",
            "faite": bool(issues) and not tried,
        },
    ]


# --- The acts


@takes_a_form
def prendre_position(request, reference):
    """Say what one holds."""
    user = request.user
    topic = readable(user, Topic, reference)
    if not permissions.can_take_position(user, topic):
        raise Http404
    form = PositionForm(request.POST or None, readers=topic.readers())
    if form.is_valid():
        position = desaccord.take_position(user, topic, **form.cleaned_data)
        messages.success(
            request,
            "Votre position est posée, sous ce rôle. Personne d’autre ne sait que c’est vous."
            if position.role
            else "Votre position est posée.",
        )
        return redirect(position)
    return form_page(request, "communaute/prendre_position.html", _about(topic, form=form))


@takes_a_form
def tenir(request, reference):
    """Say that one holds a position too, or stop."""
    position = _readable(request.user, reference)
    if request.method == "POST":
        if request.POST.get("oui") not in ("0", "1"):
            raise Http404
        desaccord.hold(request.user, position, on=request.POST["oui"] == "1")
    return redirect(position)


@takes_a_form
def reformuler(request, reference):
    """Say how one understands a position that one does not hold."""
    user = request.user
    position = _readable(user, reference)
    if not permissions.can_restate(user, position):
        raise Http404
    form = ReformulationForm(request.POST or None)
    context = _about(position.topic, form=form, position=position)
    if form.is_valid():
        try:
            desaccord.restate(user, position, form.cleaned_data["texte"])
        except Conflict:
            context["trop_tard"] = True
            return form_page(request, "communaute/reformuler.html", context, status=409)
        messages.success(request, "C’est dit. Qui tient cette position dira si c’est bien ça.")
        return redirect(position)
    return form_page(request, "communaute/reformuler.html", context)


@takes_a_form
def reconnaitre(request, reference):
    """Say whether what was restated is what one holds."""
    user = request.user
    found = get_object_or_404(
        Reformulation.objects.readable_by(user).select_related(
            "position__topic__forum__espace__territoire", "position__auteur", "depuis__auteur"
        ),
        reference=reference,
    )
    if not permissions.can_recognise(user, found):
        raise Http404
    form = ReconnaissanceForm(request.POST or None)
    if form.is_valid():
        try:
            desaccord.recognise(user, found, **form.said)
        except Conflict:
            messages.info(request, "On a déjà dit de cette position : c’est bien ça.")
        else:
            messages.success(request, "C’est noté. On ne lit pas qui l’a dit.")
        return redirect(found.position)
    context = _about(found.position.topic, form=form, position=found.position, redite=found)
    return form_page(request, "communaute/reconnaitre.html", context)


@takes_a_form
def dessous(request, reference):
    """Say, as one who holds a position, what matters underneath, and what would change one's mind."""
    user = request.user
    position = _readable(user, reference)
    if not permissions.can_say_beneath(user, position):
        raise Http404
    form = DessousForm(request.POST or None, initial=position.said_beneath_by(user))
    if form.is_valid():
        desaccord.say_beneath(user, position, **form.cleaned_data)
        messages.success(request, "C’est noté.")
        return redirect(position)
    context = _about(position.topic, form=form, position=position)
    return form_page(request, "communaute/dessous.html", context)


@takes_a_form
def proposer_essai(request, reference):
    """Propose what to try until a day, or who decides by then."""
    topic = _steered(request.user, reference)
    form = EssaiForm(request.POST or None)
    if form.is_valid():
        desaccord.try_out(request.user, topic, **form.cleaned_data)
        messages.success(
            request, "C’est proposé. Chacun·e peut dire si cela lui va, ou ce qui gêne."
        )
        return redirect(f"{topic.get_absolute_url()}#essai")
    found = _tried(request.user).filter(topic=topic).open().first()
    context = _about(topic, form=form, essai=found)
    return form_page(request, "communaute/proposer_essai.html", context)


@takes_a_form
def conclure(request, reference):
    """Say what came of a disagreement, for now."""
    topic = _steered(request.user, reference)
    form = IssueForm(request.POST or None)
    if form.is_valid():
        desaccord.conclude(request.user, topic, **form.cleaned_data)
        messages.success(
            request, "C’est dit. On peut encore parler dessous, et essayer autre chose."
        )
        return redirect(f"{topic.get_absolute_url()}#desaccord")
    return form_page(request, "communaute/conclure.html", _about(topic, form=form))


def _steered(user, reference):
    topic = readable(user, Topic, reference)
    if not permissions.can_steer(user, topic):
        raise Http404
    return topic


@takes_a_form
def essai(request, reference):
    """What is tried, and whether it suits one."""
    user = request.user
    found = get_object_or_404(_tried(user), reference=reference)
    can_weigh = permissions.can_weigh(user, found)
    if request.method == "POST" and not can_weigh:
        raise Http404
    form = AvisForm(request.POST or None, initial=found.avis_of(user)) if can_weigh else None
    if form and form.is_valid():
        desaccord.weigh(user, found, **form.said)
        messages.success(request, "C’est noté, sous votre nom.")
        return redirect(f"{found.topic.get_absolute_url()}#essai")
    context = _about(found.topic, essai=found, form=form)
    if form is None:
        return render(request, "communaute/essai.html", context)
    return form_page(request, "communaute/essai.html", context)


@takes_a_form
def retirer_position(request, reference):
    """Withdraw one's position, once told what that does."""
    position = _readable(request.user, reference)
    if not permissions.can_withdraw_position(request.user, position):
        raise Http404
    if request.method == "POST":
        desaccord.withdraw(request.user, position)
        messages.success(request, "Votre position est retirée, et son texte effacé.")
        still = Topic.objects.readable_by(request.user).filter(pk=position.topic_id, approved=True)
        return redirect(position if still.exists() else position.topic.espace)
    context = _about(position.topic, position=position)
    return render(request, "communaute/retirer_position.html", context)


@takes_a_form
def masquer_position(request, reference):
    """Keep a position from readers, as a facilitator, or let it be read again."""
    position = _readable(request.user, reference)
    if not permissions.can_hide_position(request.user, position):
        raise Http404
    form = MasquerPositionForm(request.POST or None)
    if request.method == "POST" and position.masquee_le and "montrer" in request.POST:
        desaccord.hide_position(request.user, position, "")
        messages.success(request, "Cette position se lit de nouveau.")
        return redirect(position)
    if form.is_valid():
        desaccord.hide_position(request.user, position, form.cleaned_data["texte"])
        messages.success(request, "Cette position est masquée, et l’on peut lire pourquoi.")
        return redirect(position)
    context = _about(position.topic, form=form, position=position)
    return form_page(request, "communaute/masquer_position.html", context)


def _readable(user, reference):
    """The position of this address, if ``user`` may read it, among those of its topic."""
    found = get_object_or_404(
        Position.objects.readable_by(user).select_related("topic__forum__espace__territoire"),
        reference=reference,
    )
    return next(one for one in desaccord.positions_of(found.topic) if one.pk == found.pk)


def _about(topic, **context):
    return {**who_reads_topic(topic), "topic": topic, **context}
