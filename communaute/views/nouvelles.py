"""The bell: what happened that one is told of; and from a mail, how often one is written to."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from communaute import abonnements, notifications
from communaute.forms.invitations import RythmeForm
from communaute.models import Notification
from communaute.models.membres import Rythme
from communaute.views.reading import form_page, takes_a_form
from communaute.views.suivi import moment

SHOWN = 200
"""The latest notifications that are shown, those of a topic together."""
WAIT, LONGEST_WAIT = 60, 960
"""Seconds before a page left open asks again: twice as long each time that nothing came."""


@takes_a_form
def nouvelles(request):
    """What one is told of, by topic, the newest first; seen once one says so."""
    user = request.user
    if request.method == "POST":
        notifications.mark_seen(user, moment(request.POST.get("jusqua", "")) or timezone.now())
        return redirect("communaute:nouvelles")
    latest = list(
        Notification.objects.readable_by(user).with_reading().with_subject().order_by("-pk")[:SHOWN]
    )
    context = {
        "sujets": _by_topic(latest),
        "is_new": any(one.is_new for one in latest),
        "jusqua": timezone.now().isoformat(),
    }
    return render(request, "communaute/nouvelles.html", context)


def _by_topic(latest):
    """What is told of each topic, each demand in it, each mise en commun and each meeting, as dicts, in the
    order of the newest of each.
    """
    told = {}
    for one in latest:
        evenement = one.evenement
        about = (
            *(evenement.topic_id, evenement.demande_id, evenement.mise_id),
            *(evenement.rencontre_id, evenement.essai_id),
        )
        told.setdefault(about, []).append(one)
    return [
        {
            "evenement": those[0].evenement,
            "motif": next((o for o in those if o.is_addressed), those[0]).get_motif_display(),
            "is_new": any(one.is_new for one in those),
            "count": len(those),
        }
        for those in told.values()
    ]


@require_safe
def cloche(request):
    """For a page left open: how much is said to one that one has not seen, and when to ask again."""
    seen, waited = (_number(request.GET.get(name, "")) for name in ("vues", "attente"))
    count = notifications.count_addressed(request.user)
    attente = WAIT if count != seen else min(max(2 * waited, WAIT), LONGEST_WAIT)
    context = {"changed": count != seen, "cloche": count, "attente": attente}
    return render(request, "communaute/cloche.html", context)


def _number(text):
    return int(text) if text.isdecimal() and len(text) < 6 else 0


@csrf_exempt
@never_cache
@takes_a_form
def courriels(request, jeton):
    """How often the bearer of the link of a mail is written to. A program that follows it changes nothing.

    A mailbox that unsubscribes in one click says so in what it sends (RFC 8058): nothing more is written.
    """
    membre = notifications.bearer_of(jeton)
    if membre is None:
        raise Http404
    if request.POST.get("List-Unsubscribe") == "One-Click":
        membre.rythme, membre.lettre = Rythme.JAMAIS, False
        abonnements.choose(membre)
        return render(request, "communaute/courriels.html", {"is_saved": True})
    form = RythmeForm(request.POST if request.method == "POST" else None, instance=membre)
    if form.is_valid():
        abonnements.choose(form.save(commit=False))
        return render(request, "communaute/courriels.html", {"is_saved": True})
    return form_page(request, "communaute/courriels.html", {"form": form})
