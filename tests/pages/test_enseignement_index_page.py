"""The learnings, newest first, by what they are about."""

import pytest

from pages.models import EnseignementIndexPage
from tests.factories import restrict, un_enseignement

pytestmark = pytest.mark.usefixtures("tree")

LIST = "/enseignements/"


def titles(page):
    return [title.get_text() for title in page.select(".enseignement__titre")]


def totals(page):
    return [int(total.contents[0]) for total in page.select(".filtres__total")]


def test_learnings_are_listed_newest_first(read):
    un_enseignement("Ancien", date="2025-01-01")
    un_enseignement("Nouveau", date="2026-01-01")
    assert titles(read(LIST)) == ["Nouveau", "Ancien"]


def test_a_fundamental_filters_the_list_and_asks_its_question(read):
    un_enseignement("Sur la coopération", ["cooperation"])
    un_enseignement("Sur les deux", ["cooperation", "evaluation"])
    un_enseignement("Sur l’évaluation", ["evaluation"])
    page = read(f"{LIST}?fondamental=cooperation")
    assert set(titles(page)) == {"Sur la coopération", "Sur les deux"}
    assert page.h2.get_text() == "Que faisons-nous ensemble que nul ne ferait seul ?"
    assert page.select_one(".filtres [aria-current]")["href"] == f"{LIST}?fondamental=cooperation"


@pytest.mark.parametrize("query", ["?fondamental=inconnu", "?page=x", "?page=99"])
def test_an_unknown_filter_or_page_shows_the_list_all_the_same(read, query):
    un_enseignement("Écouter")
    assert titles(read(LIST + query)) == ["Écouter"]


def test_what_is_not_public_is_neither_listed_nor_counted(read):
    un_enseignement("Public", ["cooperation"])
    un_enseignement("Retiré", ["cooperation"]).unpublish()
    restrict(un_enseignement("Réservé", ["cooperation"]))
    page = read(f"{LIST}?fondamental=cooperation")
    assert titles(page) == ["Public"]
    assert totals(page) == [0, 1, 0, 0]


def test_a_long_list_goes_on_to_a_second_page_that_keeps_the_filter(read):
    for n in range(EnseignementIndexPage.PER_PAGE + 1):
        un_enseignement(f"Leçon {n}", ["cooperation"], date=f"2026-01-{n + 1:02}")
    first = read(f"{LIST}?fondamental=cooperation")
    assert len(titles(first)) == EnseignementIndexPage.PER_PAGE
    following = first.select_one(".pagination a[rel=next]")["href"]
    assert titles(read(LIST + following)) == ["Leçon 0"]


def test_the_list_costs_the_same_with_twenty_learnings_as_with_two(queries, monkeypatch):
    monkeypatch.setattr(EnseignementIndexPage, "PER_PAGE", 100)
    for n in range(2):
        un_enseignement(f"Leçon {n}", ["cooperation", "evaluation"])
    with_two = queries(LIST)
    for n in range(2, 20):
        un_enseignement(f"Leçon {n}", ["cooperation", "evaluation"])
    assert queries(LIST) == with_two
