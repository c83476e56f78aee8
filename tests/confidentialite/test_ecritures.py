"""What is done in a space is refused, to whoever may not, where it is written: whichever page asked for it.

Each function that writes is called as each person of the cohort (``monde.py``), about what is in the space of
the élu·es; whatever it does is undone.
"""

import inspect
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.utils import timezone

from communaute import (
    choix_de_date,
    conversation,
    desaccord,
    gestes,
    mise_en_commun,
    moderation,
    promesse,
    rencontres,
    salle,
)
from communaute.forum_conversation.models import Nature, Post, Promesse
from communaute.models import (
    Accord,
    Acte,
    Alerte,
    Issue,
    NoteDeRencontre,
    Presence,
    Recours,
    Suspension,
)
from communaute.models.rencontres import Disponibilite
from tests.confidentialite.test_matrice import FACILITATORS, SPEAKERS, undone
from tests.confidentialite.visite import OUTSIDERS, READERS
from tests.factories import EspaceFactory, entered

pytestmark = pytest.mark.django_db

WRITING = (
    *(conversation, gestes, promesse, moderation, mise_en_commun, desaccord, rencontres),
    *(salle, choix_de_date),
)
BY_SOMEBODY = {"author", "membre", "facilitator", "referent"}
"""How the first argument is named of what is done by somebody."""
PAST_REFUSAL = (conversation.Conflict, moderation.Refused, ValidationError)
"""What is answered to who may do it, when it cannot be done as things stand."""


class Act(NamedTuple):
    """A function that writes, what it is given after who does it, and whom it is not refused to."""

    function: object
    about: tuple
    who: set
    how: dict = {}


def acts(monde):
    """Every act. What is there was opened before the successor arrived, but for one topic."""
    here = SPEAKERS - {"successor"}
    topic, post, shared = monde.topic, monde.post, monde.mise.topic
    Post.objects.create(topic=topic, poster=monde.people["named reader"], content="Naguère.")
    left = Post.objects.filter(topic__poster=monde.people["suspended"], poster=monde.people["peer"])
    part = monde.mise.passages.last()
    text = {"texte": "Un autre texte.", "sources": [shared.first_post]}
    given = Accord.objects.given().get(
        membre=monde.people["suspended"], version__passage=monde.handed_over.passages.last()
    )
    appealed = Recours.objects.get(acte__post=monde.hidden)
    return [
        Act(conversation.start_topic, (monde.elus, "Un titre", "Un texte."), SPEAKERS),
        Act(
            conversation.start_topic,
            (monde.elus, "Un titre", "Un texte."),
            FACILITATORS,
            {"nature": Nature.ANNONCE},
        ),
        Act(conversation.reply, (topic, "Un mot."), here),
        Act(conversation.reply, (monde.new_topic, "Un mot."), SPEAKERS),
        Act(conversation.edit, (post, "Un autre texte."), {"author"}),
        Act(conversation.withdraw, (post,), {"author"}),
        Act(gestes.thank, (post, True), here - {"author"}),
        Act(gestes.keep_answer, (left.first(), True), FACILITATORS),
        Act(gestes.summarise, (topic, "Un résumé.", 2), {"author"} | FACILITATORS),
        Act(gestes.vote, (topic, [1]), here),
        Act(promesse.tighten, (topic, Promesse.RESTE_ICI), {"author", "peer"}),
        Act(promesse.tighten, (topic, Promesse.A_PARTAGER), set()),
        Act(promesse.ask, (topic, Promesse.A_PARTAGER), {"author", "peer"}),
        Act(promesse.ask, (topic, Promesse.RESTE_ICI), set()),
        # What the facilitator said there is hidden, and may be shown again.
        Act(promesse.answer, (topic, True), {"author", "peer", "facilitator", "named reader"}),
        Act(moderation.change_topic, (topic, Acte.EPINGLER), FACILITATORS),
        Act(moderation.welcome_with, (topic, True), FACILITATORS),
        Act(moderation.erase_summary, (topic.resume, "Un motif."), FACILITATORS),
        Act(moderation.move, (topic, _facilitated_by_all(monde)), FACILITATORS),
        Act(moderation.move, (topic, monde.agents), set()),
        Act(
            moderation.report,
            (monde.reply, Alerte.Motif.TON),
            {"author", "named reader"} | FACILITATORS,
        ),
        Act(moderation.decide, (monde.reply, Acte.MASQUER, "Un motif."), FACILITATORS),
        Act(moderation.read_before_publication, (monde.elus, True), FACILITATORS),
        Act(moderation.suspend, (monde.elus, monde.people["peer"], "Un motif."), FACILITATORS),
        Act(moderation.lift, (Suspension.objects.get(acte=monde.suspended),), FACILITATORS),
        Act(moderation.appeal, (monde.suspended, "Je conteste."), {"suspended"}),
        Act(moderation.appeal, (appealed.acte, "Encore."), set()),
        Act(moderation.judge, (appealed, True, "Un motif."), {"facilitator"}),
        Act(moderation.read_exceptionally, (monde.reply.reference, "La loi."), {"référent·e"}),
        Act(mise_en_commun.propose, (shared, "Un titre", "En bref.", [shared.first_post]), here),
        Act(mise_en_commun.propose, (topic, "Un titre", "En bref.", [post]), set()),
        Act(mise_en_commun.add, (monde.mise, text), {"author"} | FACILITATORS),
        Act(mise_en_commun.add, (monde.mise, text | {"sources": [post]}), set()),
        Act(mise_en_commun.change, (part, text), {"author"} | FACILITATORS, {"base": part.numero}),
        Act(mise_en_commun.take_out, (part,), {"author"} | FACILITATORS),
        Act(mise_en_commun.ask, (monde.mise,), {"author"} | FACILITATORS),
        Act(mise_en_commun.answer, (monde.awaited, Accord.Reponse.SANS_NOM), {"peer"}),
        Act(mise_en_commun.answer, (monde.awaited, "autre"), set()),
        Act(mise_en_commun.reword_and_ask, (part, "", "Autre."), set(), {"base": part.numero}),
        Act(mise_en_commun.withdraw, (given,), {"suspended"}),
        Act(mise_en_commun.hand_over, (monde.mise,), FACILITATORS),
        Act(mise_en_commun.abandon, (monde.mise,), {"author"} | FACILITATORS),
        *_in_the_disagreement(monde, here),
        *_at_the_meeting(monde, here),
        *_in_the_room(monde, here),
    ]


def _facilitated_by_all(monde):
    """Another space of the élu·es, that everybody facilitates: what is asked is to facilitate this one."""
    space = EspaceFactory(slug="autre", college="elus")
    space.nominate("animation", list(monde.people.values()))
    for membre in monde.people.values():
        entered(membre, space)
    return space


def _in_the_disagreement(monde, here):
    topic, own = monde.disagreement, monde.position
    steering, holding = {"author"} | FACILITATORS, {"author", "facilitator"}
    return [
        Act(desaccord.take_position, (topic, "Je tiens à ceci."), here),
        Act(desaccord.hold, (own, True), here - {"author"}),
        Act(desaccord.restate, (own, "Vous tenez à cela."), {"peer"}),
        Act(desaccord.recognise, (monde.restated, True), holding),
        Act(desaccord.say_beneath, (own, "Le temps.", ""), holding),
        Act(desaccord.withdraw, (own,), {"author"}),
        Act(desaccord.hide_position, (own, "Un motif."), FACILITATORS),
        Act(desaccord.try_out, (topic, "Un mois.", timezone.localdate()), steering),
        Act(desaccord.weigh, (monde.tried, True), here),
        Act(desaccord.conclude, (topic, Issue.Fin.PAUSE, "Plus tard."), steering),
    ]


def _at_the_meeting(monde, here):
    one, organising = monde.rencontre, {"author"} | FACILITATORS
    debut = one.debut + timedelta(days=1)
    when = {"debut": debut, "fin": debut + timedelta(hours=1)}
    fields = {name: getattr(one, name) for name in rencontres.CHANGEABLE} | when
    date = monde.searched.dates_proposees.first()
    said = {date.pk: Disponibilite.Reponse.OUI}
    return [
        Act(rencontres.add, (one.topic, when), organising),
        Act(rencontres.change, (one, fields, one.revision), organising),
        Act(rencontres.cancel, (one, "Un motif."), organising),
        Act(rencontres.answer, (one, Presence.Reponse.OUI), here),
        Act(rencontres.come_to_all, (one.topic,), here),
        Act(rencontres.announce, (one, {"titre": "Venez"}), FACILITATORS),
        Act(rencontres.announce, (one, {"titre": "Venez", "suites": "Trop tôt."}), set()),
        Act(rencontres.take_back, (one,), FACILITATORS),
        Act(choix_de_date.propose, (monde.searched, [(debut, when["fin"])]), organising),
        Act(choix_de_date.answer, (monde.searched, said), here),
        Act(choix_de_date.choose, (monde.searched, date), organising),
        Act(choix_de_date.remind, (monde.searched,), organising),
    ]


def _in_the_room(monde, here):
    room, over = monde.rooms
    noted = NoteDeRencontre.objects.get(rencontre=room)
    kept = NoteDeRencontre.objects.get(rencontre=over, suite=salle.Suite.BESOIN)
    organising = {"author"} | FACILITATORS
    return [
        Act(salle.sign, (room,), here),
        Act(salle.call_roll, (room, []), organising),
        Act(salle.take_off, (room, monde.people["peer"]), organising),
        Act(salle.note, (room, "Une note."), {"peer"}),
        Act(salle.sort, (noted, salle.Suite.BESOIN), {"peer"}),
        Act(salle.sort, (noted, salle.Suite.METTRE_EN_COMMUN), set()),
        Act(salle.forget, (noted,), {"peer"}),
        Act(salle.take_down, (kept, "Un motif."), FACILITATORS),
    ]


def is_refused(act, membre):
    """Whether it is refused to ``membre``; whatever was done is undone."""
    with undone():
        try:
            act.function(membre, *act.about, **act.how)
        except (PermissionDenied, ObjectDoesNotExist):
            return True
        except PAST_REFUSAL:
            pass
    return False


def check_acts(monde, people, function=None):
    """Refuse that an act is done by another than whom it is not refused to: those of ``function``, or each
    where it is none of them.
    """
    wrong = {}
    with undone():
        every = acts(monde)
        for act in [act for act in every if act.function == function] or every:
            passing = {what for what, m in people.items() if not is_refused(act, m)}
            wrong |= {act.function: passing ^ act.who} if passing != act.who else {}
    assert wrong == {}


def test_what_is_written_in_a_space_is_refused_to_whoever_may_not(monde):
    check_acts(monde, monde.members(set(READERS + OUTSIDERS) - {"visitor"}))


def test_a_message_that_one_does_not_read_is_drawn_on_by_nobody(monde):
    with undone():
        topic = monde.mise.topic
        waiting = Post.objects.create(
            topic=topic, poster=monde.people["author"], content="J’attends.", approved=False
        )
        chosen = [topic.first_post, waiting]
        peer = monde.member("peer")
        mise = mise_en_commun.propose(peer, topic, "Un titre", "En bref.", chosen)
        assert [*mise.messages.all()] == [topic.first_post]


def test_each_function_that_writes_for_somebody_is_tried(monde):
    with undone():
        tried = {act.function for act in acts(monde)}
    for module in WRITING:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            by = next(iter(inspect.signature(function).parameters), "")
            writes = function.__module__ == module.__name__ and hasattr(function, "__wrapped__")
            if writes and by in BY_SOMEBODY and not name.startswith("_"):
                assert function in tried, f"{module.__name__}.{name}"
