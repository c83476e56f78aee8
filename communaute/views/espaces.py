"""What each space says of itself, and its topics."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Case, DateField, Exists, OuterRef, Q, Subquery, Value, When
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from communaute import permissions
from communaute.forms.espaces import CharteForm
from communaute.forum_conversation.models import Nature, Topic
from communaute.models import (
    AcceptationCharte,
    Acte,
    ActeModeration,
    Espace,
    Niveau,
    Nomination,
    Siege,
    Suivi,
    rights_of,
    seat,
)
from communaute.models.membres import NEVER, unshown
from communaute.prepared import Prepared
from communaute.views.arrivee import ARRIVAL
from communaute.views.reading import (
    entered_espace,
    form_page,
    readable,
    readable_espace,
    takes_a_form,
    who_reads,
)
from communaute.views.shown import row

TOPICS_PER_PAGE = 20
READINGS_SHOWN = 5
"""Exceptional readings told beside the readers of a space; its journal has them all."""
ABOVE_SHOWN = 30
"""Topics shown above the others: pinned, or waiting for approval."""
VUES = {
    "": "Tous",
    "non-lus": "Non lus",
    "sans-reponse": "Sans réponse",
    "suivis": "Suivis",
    "miens": "Les miens",
}
"""The views of a space's topics, by their name in the address."""
NATURES = {"": "Tous les types", **dict(Nature.choices)}


@require_safe
def espace(request, slug):
    """A space: what it is for, who can read it, its topics, all or those of a view or of a nature.

    Pages are found by what they begin after: the last one costs as much as the first.
    """
    user = request.user
    espace = entered_espace(user, slug)
    asked = {
        "voir": _known(request.GET.get("voir"), VUES),
        "nature": _known(request.GET.get("nature"), NATURES),
    }
    after = request.GET.get("avant", "")
    topics, suite = _page(user, espace, after, **asked)
    if not after and not any(asked.values()):
        topics = [*ABOVE.fetch(user=user, forum=espace.forum_id), *topics]
    seat([topic.poster for topic in topics])
    for topic in topics:
        topic.html = row(user, topic)
    context = {
        **who_reads(espace),
        "animateurs": ANIMATEURS.fetch(espace=espace.pk),
        "topics": topics,
        "suite": _address(**asked, avant=suite) if suite else "",
        "debut": _address(**asked) if after else "",
        "vues": _choices(VUES, "voir", asked),
        "natures": _choices(NATURES, "nature", asked),
        "voir": asked["voir"],
        "nature": asked["nature"],
        "has_unread": any(topic.is_unread for topic in topics),
        # A message on its way, said before now and not yet kept, is not marked as read with the others.
        "jusqua": (espace.forum.last_post_on or timezone.now()).isoformat(),
        "niveau": espace.niveau or Niveau.TOUT,
        "niveaux": Niveau.choices,
        "can_speak": permissions.can_speak(user, espace),
        "can_moderate": permissions.can_moderate(user, espace),
    }
    return render(request, "communaute/espace.html", context)


def _known(value, choices):
    return value if value in choices else ""


def _address(**asked):
    return "?" + urlencode({name: value for name, value in asked.items() if value})


def _choices(choices, name, asked):
    """What each of ``choices`` is called, where it leads, and whether it is the current one."""
    return [
        {
            "code": code,
            "nom": nom,
            "url": _address(**{**asked, name: code}),
            "actif": asked[name] == code,
        }
        for code, nom in choices.items()
    ]


ANIMATEURS = Prepared(lambda espace: Espace(pk=espace).animateurs, espace=-1_849)


def _in_list(user, forum):
    """The topics of a space, with what their rows show."""
    topics = Topic.objects.readable_by(user).filter(forum=forum).with_reading_of(user)
    return topics.select_related("poster").defer("mots", "updated", *unshown("poster"))


def _above(user, forum):
    """Those pinned, or waiting for approval."""
    above = Q(type__gt=Topic.TOPIC_POST) | Q(approved=False)
    return _in_list(user, forum).listed().filter(above)[:ABOVE_SHOWN]


def _below(voir, nature, user, forum, since=None, moment=None, reference=None):
    """Those of a view and of a nature, after the topic ``reference`` whose last message is of ``moment``.

    ``since`` is the time until which all was read in the space.
    """
    topics = _in_list(user, forum).filter(approved=True)
    if nature:
        topics = topics.filter(nature=nature)
    if voir == "non-lus":
        topics = topics.filter(is_unread=True, last_post_on__gt=since).exclude(level=Niveau.RIEN)
    elif voir == "sans-reponse":
        topics = topics.unanswered()
    elif voir == "suivis":
        followed = Suivi.objects.readable_by(user).filter(niveau=Niveau.TOUT)
        topics = topics.filter(pk__in=followed.values("topic"))
    elif voir == "miens":
        topics = topics.filter(poster=user.pk)
    elif not nature:
        topics = topics.filter(type=Topic.TOPIC_POST)
    if moment:
        same = Topic.objects.readable_by(user).filter(forum=forum, reference=reference)
        topics = topics.filter(
            Q(last_post_on__lt=moment) | Q(pk__lt=Subquery(same.order_by().values("pk"))),
            last_post_on__lte=moment,
        )
    return topics.order_by("-last_post_on", "-pk")[: TOPICS_PER_PAGE + 1]


ABOVE = Prepared(_above, forum=-1_849)
BELOW = Prepared(
    _below,
    forum=-1_849,
    since=datetime(1848, 2, 24, tzinfo=UTC),
    moment=datetime(1848, 2, 25, tzinfo=UTC),
    reference="référence",
)


def _page(user, espace, after, voir, nature):
    """The topics that come after a place in the list, and the place that the next page begins after.

    A place is the time of the last message of a topic, and its reference. One that cannot be read is
    the beginning.
    """
    values = {"forum": espace.forum_id}
    if voir == "non-lus":
        values["since"] = espace.lu_jusqua or NEVER
    moment, reference = _place(after)
    if moment:
        values |= {"moment": moment, "reference": reference}
    found = BELOW.fetch(voir, nature, user=user, **values)
    if len(found) <= TOPICS_PER_PAGE:
        return found, ""
    last = found[TOPICS_PER_PAGE - 1]
    since = (last.last_post_on - NEVER) // timedelta(microseconds=1)
    return found[:TOPICS_PER_PAGE], f"{since}-{last.reference}"


def _place(after):
    microseconds, _, reference = after.partition("-")
    try:
        return NEVER + timedelta(microseconds=int(microseconds)), reference
    except (ValueError, OverflowError):
        return None, ""


@takes_a_form
def charte(request, slug):
    """The charter of a space, to read and to accept; then on to where one was going."""
    espace = readable_espace(request.user, slug)
    charte = espace.charte
    if charte is None:
        return redirect(espace)
    suite = request.POST.get("suite", request.GET.get("suite", ""))
    if not (suite.startswith("/") and url_has_allowed_host_and_scheme(suite, allowed_hosts=None)):
        suite = espace.get_absolute_url()
    form = CharteForm(request.POST or None, charte=charte)
    if form.is_valid():
        charte.accept(request.user)
        return HttpResponseRedirect(suite)
    context = {
        **who_reads(espace),
        "charte": charte,
        "form": form,
        "suite": suite,
        "arriving": ARRIVAL in request.session,
        "charte_acceptee": espace.pk in rights_of(request.user).entered,
        "acceptee": AcceptationCharte.objects.latest_of(request.user, espace),
    }
    return form_page(request, "communaute/charte.html", context)


@require_safe
def lecteurs(request, slug):
    """By name, the people who can read a space."""
    espace = readable_espace(request.user, slug)
    context = {
        **_by_name(espace, espace.readers()),
        "anciens": espace.former_readers(),
        "lectures": ActeModeration.objects.readable_by(request.user)
        .of_espace(espace)
        .filter(acte=Acte.LIRE)
        .select_related("par")[:READINGS_SHOWN],
    }
    return render(request, "communaute/lecteurs.html", context)


@require_safe
def lecteurs_du_sujet(request, reference):
    """By name, the people who can read a topic: successors who arrived later are not among them."""
    topic = readable(request.user, Topic, reference)
    context = {**_by_name(topic.espace, topic.readers()), "topic": topic}
    return render(request, "communaute/lecteurs_du_sujet.html", context)


def _by_name(espace, readers):
    """What a page says of these ``readers``, each with ``arrivee``: the day from which a successor reads."""
    named = espace.nominations.active().filter(membre=OuterRef("pk"))
    peers = Siege.objects.giving_access_to(espace).filter(membre=OuterRef("pk"))
    arrivee = Value(None, output_field=DateField())
    if not espace.is_open_to_successors:
        reads_all = Q(Exists(named)) | Q(Exists(peers.filter(succede_a=None)))
        first_day = Subquery(peers.order_by("debut").values("debut")[:1])
        arrivee = Case(When(reads_all, then=arrivee), default=first_day)
    lecteurs = list(
        readers.annotate(
            is_animateur=Exists(named.filter(role=Nomination.Role.ANIMATION)),
            is_named=Exists(named) & ~Exists(peers),
            arrivee=arrivee,
        ).with_sieges()
    )
    return {"espace": espace, "lecteurs": lecteurs, "readers_count": len(lecteurs)}
