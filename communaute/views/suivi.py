"""What one has read and wishes to be told of: levels of following, and all read at once."""

from django.contrib import messages
from django.db.models import F
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from communaute.forms.espaces import NIVEAUX_DU_SUJET, NiveauDuSujetForm, NiveauForm
from communaute.forum_conversation.models import Topic
from communaute.models import Espace, Niveau, Participation, Suivi
from communaute.models.lecture import NEVER
from communaute.views.reading import entered_espace, readable

TOPICS_SHOWN = 100


@require_safe
def ce_que_je_suis(request):
    """One's level of following in each space, and the topics that have a level of their own."""
    user = request.user
    levels = dict(Participation.objects.readable_by(user).values_list("espace", "niveau"))
    espaces = list(Espace.objects.entered_by(user).select_related("forum"))
    for espace in espaces:
        espace.niveau = levels.get(espace.pk, Niveau.TOUT)
    own = Suivi.objects.readable_by(user).exclude(niveau="").values("topic")
    topics = (
        Topic.objects.readable_by(user)
        .listed()
        .with_reading_of(user)
        .with_espace()
        .filter(pk__in=own)
        .order_by(F("last_post_on").desc(nulls_first=True), "-pk")
    )
    context = {
        "espaces": espaces,
        "topics": topics[:TOPICS_SHOWN],
        "most": TOPICS_SHOWN,
        "niveaux": Niveau.choices,
        "niveaux_du_sujet": NIVEAUX_DU_SUJET,
    }
    return render(request, "communaute/ce_que_je_suis.html", context)


@require_POST
def suivre_espace(request, slug):
    """Choose of what one is told in a space."""
    espace = entered_espace(request.user, slug)
    form = NiveauForm(request.POST)
    if not form.is_valid():
        raise Http404
    Participation.objects.choose(request.user, espace, form.cleaned_data["niveau"])
    return _noted(request, form, f"espace-{slug}", f"{espace.get_absolute_url()}#suivre")


@require_POST
def suivre_sujet(request, reference):
    """Choose of what one is told in a topic."""
    topic = readable(request.user, Topic, reference)
    form = NiveauDuSujetForm(request.POST)
    if not form.is_valid():
        raise Http404
    Suivi.objects.choose(request.user, topic, form.cleaned_data["niveau"])
    place = f"{topic.get_absolute_url()}#prevenir"
    return _noted(request, form, f"sujet-{topic.reference}", place)


@require_POST
def tout_lu(request, slug):
    """Mark as read all that was said in a space when its page was shown."""
    until = moment(request.POST.get("jusqua", "")) or timezone.now()
    mine = Participation.objects.readable_by(request.user).filter(espace__slug=slug)
    if not mine.mark_read(until):
        Participation.objects.join(request.user, entered_espace(request.user, slug))
        mine.mark_read(until)
    messages.success(request, "Tout est marqué comme lu.")
    return redirect("communaute:espace", slug)


def moment(text):
    """The time that a form gave, from ``NEVER`` to now; None where it is none, or has no time zone."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if not found or timezone.is_naive(found):
        return None
    return min(max(found, NEVER), timezone.now())


def _noted(request, form, row, place):
    """Say which level was chosen, by its name alone: the message outlives the right to read the place.

    One goes on from where one chose: a ``row`` of the list of what one follows, or ``place``.
    """
    chosen = dict(form.fields["niveau"].choices)[form.cleaned_data["niveau"]]
    messages.success(request, f"C’est noté : « {chosen} ».")
    listed = f"{reverse('communaute:suivi')}#{row}"
    return redirect(listed if request.POST.get("retour") == "suivi" else place)
