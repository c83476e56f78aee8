"""A fundamental: the question it asks, and what was learned about it."""

import pytest

from pages.models import FondamentalPage
from tests.factories import corps, restrict, un_enseignement

pytestmark = pytest.mark.usefixtures("tree")

ADDRESS = "/la-cohorte/cooperation/"


def titles(page):
    return [title.get_text() for title in page.select(".enseignement__titre")]


def test_a_fundamental_shows_its_question_its_text_and_the_way_back(read):
    FondamentalPage.objects.filter(fondamental="cooperation").update(
        introduction="Elle ne suppose pas l’accord.",
        corps=corps(("texte", "<p>Elle demande un désaccord dit.</p>")),
    )
    page = read(ADDRESS)
    assert page.h1.get_text() == "Coopération"
    assert "Que faisons-nous ensemble que nul ne ferait seul ?" in page.words
    assert "Elle ne suppose pas l’accord." in page.words
    assert "Elle demande un désaccord dit." in page.words
    assert [a["href"] for a in page.select(".fil a")] == ["/la-cohorte/"]


def test_a_fundamental_gathers_the_public_learnings_about_it_newest_first(read):
    un_enseignement("Ancienne", ["cooperation"], date="2026-01-01")
    un_enseignement("Récente", ["cooperation", "evaluation"], date="2026-02-01")
    un_enseignement("Ailleurs", ["evaluation"])
    un_enseignement("Brouillon", ["cooperation"]).unpublish()
    restrict(un_enseignement("Réservée", ["cooperation"]))
    assert titles(read(ADDRESS)) == ["Récente", "Ancienne"]


def test_a_long_list_is_given_page_by_page(read):
    for day in range(1, 15):
        un_enseignement(f"Leçon {day}", ["cooperation"], date=f"2026-01-{day:02d}")
    first = read(ADDRESS)
    assert len(titles(first)) == 12
    following = first.select_one(".pagination [rel=next]")["href"]
    assert titles(read(ADDRESS + following)) == ["Leçon 2", "Leçon 1"]
    assert len(titles(read(ADDRESS + "?page=rien"))) == 12


def test_a_fundamental_with_nothing_yet_says_so(read):
    assert "Rien n’est encore publié" in read(ADDRESS).words


def test_a_fundamental_names_the_four_and_says_which_one_is_read(read):
    page = read(ADDRESS)
    assert len(page.select(".porte")) == 4
    assert [a["href"] for a in page.select(".porte [aria-current=page]")] == [ADDRESS]


def test_a_fundamental_costs_the_same_with_twenty_learnings_as_with_two(queries):
    def add(numbers):
        for n in numbers:
            un_enseignement(f"Leçon {n}", ["cooperation", "evaluation"])

    add(range(2))
    with_two = queries(ADDRESS)
    add(range(2, 20))
    assert queries(ADDRESS) == with_two
