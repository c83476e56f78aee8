"""Search says nothing of a reserved page to who may not read it: no title, no excerpt, no count."""

import re

import pytest
from django.test import Client

from tests.confidentialite.conftest import CANARY, OUTSIDERS
from tests.factories import (
    TerritoireFactory,
    restrict,
    un_enseignement,
    un_membre,
    une_analyse,
    une_page_territoire,
    une_ressource,
)

pytestmark = pytest.mark.usefixtures("tree")

SEATED = {"agent", "state", "socio-economic", "ally", "editor", "suspended"}
"""Who holds an active seat: they read what is for members."""


@pytest.fixture
def reserved():
    """A page of each way of being reserved, with the canary in its title, introduction and fields."""
    said = {"introduction": f"Une phrase {CANARY}."}
    territory = une_page_territoire("Vallée gardée", territoire=TerritoireFactory(nom="Gardée"))
    return {
        "membres": [
            une_ressource(f"Fiche {CANARY}", visibilite="membres", **said),
            une_analyse(f"Analyse {CANARY}", parent=territory, visibilite="membres", **said),
            restrict(un_enseignement(f"Leçon {CANARY}", **said)),
        ],
        "delegation": [
            une_analyse(f"Gardée {CANARY}", parent=territory, visibilite="delegation", **said)
        ],
        "territoire": territory.territoire,
    }


def found(client, **asked):
    """The addresses that search answers, and how many it says there are."""
    answer = client.get("/recherche/", {"q": CANARY, **asked})
    assert answer.status_code == 200
    urls = {result["url"] for result in answer.context["resultats"]}
    return urls, answer.context["total"], sum(g["total"] for g in answer.context["genres"])


def urls(pages):
    return {page.url for page in pages}


def same_but_for_words(client, kind):
    """Whether a search for the canary is answered as one for a word that nothing says."""
    answers = set()
    for word in (CANARY, "zinzolin7q"):
        body = client.get("/recherche/", {"q": word, "genre": kind}).content.decode()
        body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body)
        answers.add(body.replace(word, "MOT"))
    return len(answers) == 1


@pytest.mark.parametrize(
    "person", [None, *(p for p in OUTSIDERS if p not in SEATED | {"administrator"})]
)
def test_who_holds_no_seat_is_answered_as_if_there_were_nothing(reserved, person):
    client = Client()
    if person:
        client.force_login(OUTSIDERS[person]())
    assert found(client) == (set(), 0, 0)
    for kind in ("", "ressources", "analyses", "enseignements"):
        assert same_but_for_words(client, kind), kind


@pytest.mark.parametrize("person", sorted(SEATED))
def test_a_seat_finds_what_is_for_members_and_not_what_another_delegation_keeps(reserved, person):
    client = Client()
    client.force_login(OUTSIDERS[person]())
    expected = urls(reserved["membres"])
    assert found(client) == (expected, len(expected), len(expected))


def test_the_delegation_finds_what_it_keeps(reserved):
    client = Client()
    client.force_login(un_membre("elus", territoire=reserved["territoire"]))
    expected = urls([*reserved["membres"], *reserved["delegation"]])
    assert found(client) == (expected, len(expected), len(expected))


def test_a_page_reserved_since_it_was_indexed_is_found_no_more():
    page = une_ressource(f"Fiche {CANARY}")
    assert found(Client())[0] == {page.url}
    page.visibilite = "membres"
    page.save()
    assert found(Client()) == (set(), 0, 0)
