"""What one answers is told to nobody: no page of anybody else changes by a word, whatever is answered."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from communaute import mise_en_commun
from communaute.models import Accord, VersionPassage
from tests.confidentialite.lecteur import Lecteur

pytestmark = pytest.mark.django_db

MEMBERS = ("author", "facilitator who decided")
OTHERS = {
    "administrator": ("/gestion/envoi/", "/gestion/users/"),
    "référent·e": ("/communaute/", "/communaute/referent/accords/"),
}
"""Who looks, and at what: the proposer and one who facilitates, at all that members read of it; one who
administers; one who holds the proofs."""
DRAWN_ANEW = re.compile(
    r'\d{4}-\d\d-\d\dT[\d:.+]+|name="(?:envoi|fenetre|jeton)" value="[^"]*"|CSRF_TOKEN": "\w+'
)
YES, NO, SILENCE = Accord.Reponse.SANS_NOM, Accord.Reponse.NON, ""


@pytest.fixture
def pages(monde):
    """``pages(what)`` is all that somebody is told where the mise en commun may be told of, by line."""
    mise = monde.mise
    address = mise.get_absolute_url()
    [*_, passage] = mise.passages.values_list("reference", flat=True)
    own = [
        *("/communaute/", "/communaute/nouvelles/", "/communaute/espaces/elus/sante/"),
        *(mise.topic.get_absolute_url(), mise.atelier.get_absolute_url()),
        *(address, f"{address}demander/", f"{address}repondre/"),
        *(f"{address}passages/{passage}/", f"{address}passages/{passage}/versions/"),
    ]

    def pages(what):
        lecteur = Lecteur(monde.member(what), monde.agents)
        told = set()
        for path in OTHERS.get(what, own):
            answer, _ = lecteur.ask("GET", path)
            status, text = answer.but_for(path)
            told |= {(path, status, DRAWN_ANEW.sub("", line)) for line in text.split("\n")}
        return told

    return pages


@pytest.fixture
def mise(monde):
    """One in which not all is known by the answer of one: another part waits for somebody."""
    author, mise = monde.member("author"), monde.mise
    source = mise.messages.order_by("pk").last()
    mise_en_commun.add(author, mise, {"texte": "Une part de plus.", "sources": [source]})
    mise_en_commun.ask(author, mise)
    return mise


def answer(monde, reponse):
    if reponse:
        mise_en_commun.answer(monde.member("peer"), monde.awaited, reponse)


def two_weeks_pass():
    VersionPassage.objects.asked().update(demandee_le=timezone.now() - timedelta(days=14))
    mise_en_commun.resolve_due()


@pytest.mark.usefixtures("mise")
@pytest.mark.parametrize("what", [*MEMBERS, *OTHERS])
def test_no_page_tells_another_what_one_answered_nor_whether_one_did(what, monde, pages):
    told = []
    for reponse in (SILENCE, NO, YES):
        with transaction.atomic():
            answer(monde, reponse)
            told.append(pages(what))
            transaction.set_rollback(True)
    assert told[0] ^ told[1] == told[0] ^ told[2] == set()


@pytest.mark.usefixtures("mise")
@pytest.mark.parametrize("what", [*MEMBERS, *OTHERS])
def test_once_all_is_known_a_no_and_a_silence_look_the_same(what, monde, pages):
    told, before = [], pages(what)
    for reponse in (SILENCE, NO):
        with transaction.atomic():
            answer(monde, reponse)
            two_weeks_pass()
            told.append(pages(what))
            transaction.set_rollback(True)
    assert told[0] ^ told[1] == set()
    assert (told[0] == before) == (what not in MEMBERS)
