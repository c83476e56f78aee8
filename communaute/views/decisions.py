"""What a member is told of what was decided about them, and the one exceptional reading."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from communaute import moderation, permissions
from communaute.forms.moderation import MotifForm, RecoursForm
from communaute.forum_conversation.models import Topic
from communaute.models import Acte, ActeModeration, Alerte, Membre
from communaute.models.membres import NEVER
from communaute.views.reading import form_page, takes_a_form
from communaute.views.sujets import is_looked_at

DECISIONS_PER_PAGE = 20
REPORTS_SHOWN = 20

ANSWERS = (Acte.CONFIRMER, Acte.INFIRMER)
"""What answers an appeal is told with the decision that it was about."""


@require_safe
def decisions(request):
    """What was decided about oneself, also where one can no longer read, and what became of reports."""
    looked = timezone.now()
    actes = (
        ActeModeration.objects.concerning(request.user)
        .exclude(acte__in=ANSWERS)
        .select_related(
            "espace__forum", "par", "topic", "post__topic", "suspension", "recours__reponse__par"
        )
    )
    page = Paginator(actes, DECISIONS_PER_PAGE).get_page(request.GET.get("page"))
    for acte in page:
        acte.where = acte.post.topic if acte.post else acte.topic
    topics = [acte.where.pk for acte in page if acte.where]
    still_read = set(
        Topic.objects.readable_by(request.user).filter(pk__in=topics).values_list("pk", flat=True)
    )
    reports = Alerte.objects.concerning(request.user).select_related("espace__forum", "decision")
    reports = reports.order_by("-recue_le")[:REPORTS_SHOWN]
    seen = request.user.decisions_vues_le or NEVER
    for acte in page:
        acte.is_new = _told_on(acte) > seen
        acte.own_post = acte.post if acte.post and acte.post.retire_le is None else None
        acte.can_read = acte.where is not None and acte.where.pk in still_read
        acte.can_appeal = permissions.can_appeal(request.user, acte)
    moderation.say_whether_judged(page)
    if request.user.awaits_decision and is_looked_at(request):
        Membre.objects.filter(pk=request.user.pk).update(decisions_vues_le=looked)
    context = {"actes": page, "alertes": reports}
    return render(request, "communaute/decisions.html", context)


def _told_on(acte):
    """When something was last decided of it: itself, or what answers an appeal against it."""
    recours = getattr(acte, "recours", None)
    return recours.reponse.fait_le if recours and recours.reponse else acte.fait_le


@takes_a_form
def faire_recours(request, reference):
    """Ask another facilitator to look again at a decision about oneself."""
    acte = get_object_or_404(
        ActeModeration.objects.concerning(request.user).select_related(
            "espace__forum", "par", "post__topic__forum__espace", "suspension", "recours"
        ),
        reference=reference,
    )
    if hasattr(acte, "recours"):
        messages.info(request, "Votre recours est déjà parti. La réponse viendra ici.")
        return redirect("communaute:decisions")
    if not permissions.can_appeal(request.user, acte):
        raise Http404
    judges = moderation.other_facilitators(acte)
    form = RecoursForm(request.POST or None)
    if form.is_valid():
        moderation.appeal(request.user, acte, **form.cleaned_data)
        messages.success(
            request,
            "Votre recours est parti. La réponse viendra ici."
            if judges
            else "Votre recours est gardé. La réponse viendra ici, quand la cohorte aura nommé quelqu’un.",
        )
        return redirect("communaute:decisions")
    return form_page(
        request, "communaute/faire_recours.html", {"acte": acte, "form": form, "judges": judges}
    )


@require_safe
def referent(request):
    """The messages said to break the law: reference, space, date, what the public wrote; no content."""
    if not permissions.is_referent(request.user):
        raise Http404
    alertes = Alerte.objects.referred_to(request.user).select_related("espace__forum", "post")
    context = {
        "alertes": Paginator(alertes.order_by("-recue_le"), 50).get_page(request.GET.get("page"))
    }
    return render(request, "communaute/referent.html", context)


@takes_a_form
def lecture_exceptionnelle(request, reference):
    """Open one such message, alone: each opening is asked with a reason, and put on record before it."""
    if not permissions.is_referent(request.user):
        raise Http404
    alertes = Alerte.objects.referred_to(request.user).filter(post__reference=reference)
    alertes = list(alertes.select_related("espace__forum"))
    if not alertes:
        raise Http404
    form = MotifForm(request.POST or None)
    context = {"reference": reference, "alertes": alertes, "form": form}
    if form.is_valid():
        # Shown in this answer alone: asked for again, it is another opening, with its own record.
        context["post"] = moderation.read_exceptionally(
            request.user, reference, form.cleaned_data["motif"]
        )
    return form_page(request, "communaute/lecture_exceptionnelle.html", context)
