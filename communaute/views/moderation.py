"""What facilitators do for their spaces, and what members report to them."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from communaute import moderation, permissions, sante
from communaute.conversation import Conflict
from communaute.forms.moderation import (
    AlerteForm,
    DecisionForm,
    DeplacementForm,
    JugementForm,
    SuspensionForm,
)
from communaute.forum_conversation.models import Post, Topic
from communaute.models import (
    Acte,
    ActeModeration,
    Alerte,
    Recours,
    Siege,
    Suspension,
)
from communaute.views.reading import entered_espace, form_page, readable, takes_a_form, who_reads

SHOWN = 50
"""Rows of each list of a queue: the oldest first, the others come when these are dealt with."""
ACTS_PER_PAGE = 50

TOPIC_ACTS_SAID = {
    Acte.EPINGLER: "Le sujet est épinglé en haut de l’espace.",
    Acte.DESEPINGLER: "Le sujet n’est plus épinglé.",
    Acte.FERMER: "Le sujet est fermé aux réponses. Il reste lisible.",
    Acte.ROUVRIR: "On peut de nouveau répondre à ce sujet.",
}
WELCOME_SAID = {
    "accueillir": "Qui arrive dans l’espace commencera par ce sujet.",
    "ne-plus-accueillir": "Qui arrive dans l’espace commencera par la liste des sujets.",
}
DECISIONS_SAID = {
    Acte.MASQUER: "Le message est masqué. Votre motif attend son auteur·rice, qui peut faire un recours.",
    Acte.DEMASQUER: "Le message se lit à nouveau.",
    Acte.APPROUVER: "Le message a paru.",
    Acte.REFUSER: "Le message est refusé. Votre motif attend son auteur·rice, qui peut faire un recours.",
    Acte.CLASSER: "Les alertes sont classées.",
}
CHANGED = "Ce message a changé pendant que vous décidiez : relisez-le, puis choisissez à nouveau."


def facilitated_espace(user, slug):
    """The space of this address, for those who facilitate it; else 404."""
    espace = entered_espace(user, slug)
    if not permissions.can_moderate(user, espace):
        raise Http404
    return espace


def facilitated_topic(user, reference):
    """The topic of this reference, for those who facilitate its space; else 404."""
    topic = readable(user, Topic, reference)
    if not permissions.can_moderate(user, topic.espace):
        raise Http404
    return topic


# --- A topic --------------------------------------------------------------------------------------


@require_POST
def animer_sujet(request, reference):
    """Pin or unpin a topic, close or reopen it, have those who arrive land there."""
    topic = facilitated_topic(request.user, reference)
    acte = request.POST.get("acte")
    if acte in WELCOME_SAID:
        moderation.welcome_with(request.user, topic, acte == "accueillir")
        messages.success(request, WELCOME_SAID[acte])
        return redirect(topic)
    if acte not in moderation.TOPIC_ACTS:
        raise Http404
    try:
        moderation.change_topic(request.user, topic, acte)
    except moderation.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, TOPIC_ACTS_SAID[acte])
    return redirect(topic)


@takes_a_form
def deplacer_sujet(request, reference):
    """Move a topic to another space, after saying what that does to those who wrote in it."""
    topic = facilitated_topic(request.user, reference)
    form = DeplacementForm(request.POST or None)
    destinations = moderation.destinations(request.user, topic)
    offered = {espace.slug: espace for espace in destinations if not espace.obstacle}
    form.fields["vers"].choices = [(slug, _destination(e)) for slug, e in offered.items()]
    if form.is_valid():
        target = offered[form.cleaned_data["vers"]]
        try:
            moderation.move(request.user, topic, target, form.cleaned_data["motif"])
        except moderation.Refused as refused:
            form.add_error("vers", str(refused))
        else:
            messages.success(request, f"Le sujet est maintenant dans « {target.nom} ».")
            return redirect(topic)
    context = {
        "espace": topic.espace,
        "topic": topic,
        "form": form,
        "offered": offered,
        "refused": [espace for espace in destinations if espace.obstacle],
    }
    return form_page(request, "communaute/deplacer_sujet.html", context)


def _destination(espace):
    """What one chooses: the space, how many read it, and how many authors will not."""
    readers = f"{espace.nom} — lu par {espace.readers_count} personne{_s(espace.readers_count)}"
    if not espace.losing:
        return f"{readers} ; qui a écrit dans ce sujet pourra toujours le lire"
    if espace.losing == 1:
        return f"{readers} ; une personne qui a écrit dans ce sujet ne pourra plus le lire"
    return f"{readers} ; {espace.losing} personnes qui ont écrit dans ce sujet ne pourront plus le lire"


def _s(number):
    return "s" if number > 1 else ""


# --- A message ------------------------------------------------------------------------------------


@takes_a_form
def alerter(request, reference):
    """Report a message to those who facilitate its space."""
    post = readable(request.user, Post, reference)
    if not permissions.can_report(request.user, post):
        raise Http404
    animateurs = post.espace.animateurs.filter(pk__in=post.espace.readers().values("pk"))
    judges = animateurs.exclude(pk=post.poster_id)
    form = AlerteForm(request.POST or None)
    if judges and form.is_valid():
        if moderation.report(request.user, post, **form.cleaned_data):
            said = (
                "Merci. L’animation va lire votre alerte. La page « Décisions qui me concernent » vous "
                "dira quand elle aura décidé."
            )
        else:
            said = "Vous avez déjà alerté l’animation sur ce message : elle n’a pas encore décidé."
        messages.success(request, said)
        return redirect(post)
    mine = Alerte.objects.concerning(request.user).waiting().filter(post=post).first()
    context = {
        "espace": post.espace,
        "post": post,
        "form": form,
        "animateurs": animateurs,
        "judges": judges,
        "mine": mine,
    }
    return form_page(request, "communaute/alerter.html", context)


@takes_a_form
def moderer_message(request, reference):
    """Decide about one message: hide or restore it, accept or refuse it, close its reports."""
    post = readable(request.user, Post, reference)
    if not permissions.can_decide(request.user, post):
        raise Http404
    decisions = moderation.decisions_on(post)
    form = DecisionForm(
        request.POST or None, initial={"base": post.updates_count}, decisions=decisions
    )
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            moderation.decide(request.user, post, **form.cleaned_data)
        except Conflict as conflict:
            status, post = 409, conflict.current
            decisions = moderation.decisions_on(post)
            form.give_back(post.updates_count, decisions)
            form.add_error(None, CHANGED)
        else:
            messages.success(request, DECISIONS_SAID[form.cleaned_data["acte"]])
            return redirect("communaute:moderation", post.espace.slug)
    alertes = Alerte.objects.readable_by(request.user).filter(post=post, decision=None)
    context = {
        "espace": post.espace,
        "post": post,
        "form": form,
        "decisions": decisions,
        "alertes": alertes,
        "can_suspend": _can_be_suspended(request.user, post),
    }
    return render(request, "communaute/moderer_message.html", context, status=status)


def _can_be_suspended(user, post):
    return moderation.can_be_suspended(post.espace, user).filter(pk=post.poster_id).exists()


# --- A space --------------------------------------------------------------------------------------


@takes_a_form
def file_de_moderation(request, slug):
    """What waits for those who facilitate a space; and whether messages wait to be read there."""
    espace = facilitated_espace(request.user, slug)
    if request.method == "POST":
        on = "relire" in request.POST
        moderation.read_before_publication(request.user, espace, on)
        messages.success(
            request,
            "Désormais, chaque message attend que l’animation l’accepte."
            if on
            else "Les messages paraissent de nouveau aussitôt. Ceux qui attendaient attendent toujours.",
        )
        return redirect("communaute:moderation", slug)
    user = request.user
    of_here = {"post__topic__forum": espace.forum_id}
    alertes = Alerte.objects.readable_by(user).waiting().filter(**of_here)
    alertes = alertes.select_related("post__topic__forum", "post__poster").prefetch_related(
        Prefetch("post__poster__sieges", Siege.objects.speaking())
    )[:SHOWN]
    reported = {}
    for alerte in alertes:
        reported.setdefault(alerte.post, []).append(alerte)
    waiting = Post.objects.readable_by(user).waiting().exclude(poster=user)
    appeals = Recours.objects.readable_by(user).waiting().of_espace(espace)
    against_me = ActeModeration.objects.readable_by(user).filter(
        espace=espace, par=user, recours__isnull=False, recours__reponse=None
    )
    against_me = list(against_me.select_related("espace", "post__topic"))
    moderation.say_whether_judged(against_me)
    context = {
        "espace": espace,
        "reported": reported.items(),
        "waiting": waiting.filter(topic__forum=espace.forum_id).with_posters()[:SHOWN],
        "appeals": appeals.select_related("acte__membre", "acte__par")[:SHOWN],
        "against_me": against_me,
        "unjudged": [acte for acte in against_me if not acte.has_judge],
        "onglet": "moderation",
    }
    return render(request, "communaute/moderation.html", context)


@takes_a_form
def suspensions(request, slug):
    """The members a space is closed to, and closing it to one."""
    espace = facilitated_espace(request.user, slug)
    membres = moderation.can_be_suspended(espace, request.user)
    about = request.GET.get("message", "")
    post = Post.objects.readable_by(request.user).filter(reference=about).first()
    form = SuspensionForm(
        request.POST or None, membres=membres, initial={"membre": post and post.poster_id}
    )
    if form.is_valid():
        moderation.suspend(request.user, espace, **form.cleaned_data)
        membre = form.cleaned_data["membre"]
        messages.success(request, f"L’espace est fermé à {membre}. Votre motif l’attend.")
        return redirect("communaute:suspensions", slug)
    active = Suspension.objects.readable_by(request.user).active().filter(espace=espace)
    context = {
        "espace": espace,
        "form": form,
        "suspensions": active.select_related("membre", "acte__par"),
        "onglet": "suspensions",
    }
    return form_page(request, "communaute/suspensions.html", context)


@require_POST
def lever_suspension(request, reference):
    """Give back to a member the space that was closed to them."""
    mine = Suspension.objects.readable_by(request.user)
    suspension = get_object_or_404(mine.select_related("espace"), acte__reference=reference)
    if suspension.is_active:
        moderation.lift(request.user, suspension)
    messages.success(request, f"L’espace est de nouveau ouvert à {suspension.membre}.")
    return redirect("communaute:suspensions", suspension.espace.slug)


@takes_a_form
def juger_recours(request, reference):
    """Look again at what another facilitator decided, at the request of whom it concerns."""
    recours = get_object_or_404(
        Recours.objects.readable_by(request.user).select_related(
            "acte__par",
            "acte__membre",
            "acte__espace__forum",
            "acte__suspension",
            "acte__post__topic__forum__espace__territoire",
            "acte__post__poster",
            "reponse__par",
        ),
        acte__reference=reference,
    )
    acte = recours.acte
    espace = acte.post.espace if acte.post else acte.espace
    form = JugementForm(request.POST or None)
    if form.is_valid():
        confirm = form.cleaned_data["reponse"] == form.CONFIRMER
        try:
            moderation.judge(request.user, recours, confirm, form.cleaned_data["motif"])
        except Conflict as conflict:
            recours = conflict.current
        else:
            messages.success(request, "Votre réponse attend la personne, avec son motif.")
            return redirect("communaute:moderation", espace.slug)
    context = {"espace": espace, "recours": recours, "acte": acte, "form": form}
    status = 409 if recours.reponse and request.method == "POST" else None
    return form_page(request, "communaute/juger_recours.html", context, status=status)


@require_safe
def journal(request, slug):
    """What was done to moderate a space: all of it to its facilitators, exceptional readings to all."""
    espace = entered_espace(request.user, slug)
    actes = (
        ActeModeration.objects.readable_by(request.user)
        .of_espace(espace)
        .select_related("par", "membre", "topic", "post__topic", "suspension")
    )
    can_moderate = permissions.can_moderate(request.user, espace)
    context = {
        "espace": espace,
        "actes": Paginator(actes, ACTS_PER_PAGE).get_page(request.GET.get("page")),
        "can_moderate": can_moderate,
        "onglet": "journal" if can_moderate else "",
    }
    return render(request, "communaute/journal.html", context)


@require_safe
def sante_de_l_espace(request, slug):
    """Whether a space lives: questions without answer, silence, territories that are not heard."""
    espace = facilitated_espace(request.user, slug)
    context = {**who_reads(espace), "onglet": "sante"}
    if context["readers_count"] >= sante.FEWEST_READERS:
        context["sante"] = sante.of(request.user, espace)
    return render(request, "communaute/sante.html", context)
