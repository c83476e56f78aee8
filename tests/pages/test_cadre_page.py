"""A frame: its place on the path, the projects that stand there, what was learned in it."""

import pytest

from pages.models import CadrePage
from tests.factories import (
    TerritoireFactory,
    corps,
    restrict,
    un_enseignement,
    un_projet,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")

ADDRESS = "/la-cohorte/cadre-dorganisation/"


def learnings(page):
    return [title.get_text() for title in page.select(".enseignement__titre")]


def projects(page):
    return [title.get_text() for title in page.select(".projet h3")]


def test_a_frame_shows_its_text_and_where_it_stands_on_the_path(read):
    CadrePage.objects.filter(cadre="organisation").update(
        introduction="On y touche aux habitudes.",
        corps=corps(("texte", "<p>Beaucoup s’arrêtent là.</p>")),
    )
    page = read(ADDRESS)
    assert page.h1.get_text() == "Cadre d’organisation"
    assert "On y touche aux habitudes." in page.words
    assert "Beaucoup s’arrêtent là." in page.words
    assert [a["href"] for a in page.select(".trois-cadres [aria-current=page]")] == [ADDRESS]


def test_a_frame_gathers_the_public_projects_that_stand_there_today(read):
    vallee = une_page_territoire()
    un_projet("Venu de la pensée", vallee, etapes=["pensee", "organisation"])
    un_projet("Revenu de l’action", vallee, etapes=["action", "organisation"])
    un_projet("Déjà passé", vallee, etapes=["organisation", "action"])
    un_projet("Brouillon", vallee, etapes=["organisation"]).unpublish()
    restrict(un_projet("Réservé", vallee, etapes=["organisation"]))
    assert projects(read(ADDRESS)) == ["Revenu de l’action", "Venu de la pensée"]


def test_a_frame_gathers_the_public_learnings_tagged_with_it(read):
    un_enseignement("Ici", cadres=["organisation", "pensee"])
    un_enseignement("Là", cadres=["pensee"])
    restrict(un_enseignement("Réservée", cadres=["organisation"]))
    assert learnings(read(ADDRESS)) == ["Ici"]


def test_a_frame_with_nothing_yet_says_so(read):
    words = read(ADDRESS).words
    assert "Aucun projet pilote n’est dans ce cadre aujourd’hui." in words
    assert "Rien n’est encore publié sous ce cadre." in words


def test_long_lists_turn_their_pages_each_on_its_own(read):
    vallee = une_page_territoire()
    for n in range(13):
        un_enseignement(f"Leçon {n}", cadres=["organisation"], date="2026-01-01")
        un_projet(f"Projet {n:02}", vallee, etapes=["organisation"])
    page = read(ADDRESS)
    assert (len(projects(page)), len(learnings(page))) == (12, 12)
    turned = [a["href"] for a in page.select("main .pagination [rel=next]")]
    assert turned == ["?projets=2", "?page=2"]
    page = read(ADDRESS + "?projets=2")
    assert (projects(page), len(learnings(page))) == (["Projet 12"], 12)
    assert [a["href"] for a in page.select("main .pagination [rel=next]")] == ["?projets=2&page=2"]
    page = read(ADDRESS + "?projets=2&page=2")
    assert (len(projects(page)), len(learnings(page))) == (1, 1)
    assert [a["href"] for a in page.select("main .pagination [rel=prev]")] == [
        "?page=2&projets=1",
        "?projets=2&page=1",
    ]


def test_a_frame_costs_the_same_with_twenty_projects_and_learnings_as_with_two(queries):
    def add(numbers):
        for n in numbers:
            territoire = TerritoireFactory(longitude=1, latitude=44)
            page = une_page_territoire(f"Vallée {n}", territoire)
            un_projet(f"Projet {n}", page, etapes=["pensee", "organisation"])
            un_enseignement(f"Leçon {n}", ["cooperation", "evaluation"], cadres=["organisation"])

    add(range(2))
    with_two = queries(ADDRESS)
    add(range(2, 20))
    assert queries(ADDRESS) == with_two
