"""The list of territories and its map."""

import pytest

from tests.factories import (
    TerritoireFactory,
    restrict,
    un_enseignement,
    un_epci,
    un_territoire,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


def test_the_list_leads_to_each_territory(read):
    une_page_territoire("Essais", introduction="Trois bourgs et une rivière.")
    page = read("/territoires/")
    assert page.select_one(".territoires a")["href"] == "/territoires/essais/"
    assert "Trois bourgs et une rivière." in page.words
    assert read("/territoires/essais/").h1.get_text() == "Essais"


def test_drafts_and_restricted_territories_are_neither_listed_nor_counted_nor_mapped(read):
    une_page_territoire("Vallée", TerritoireFactory(longitude=1, latitude=44))
    draft = une_page_territoire("Cachée", TerritoireFactory(longitude=2, latitude=44))
    draft.unpublish()
    restrict(une_page_territoire("Réservée", TerritoireFactory(longitude=3, latitude=44)))
    page = read("/territoires/")
    assert [name.get_text() for name in page.select(".territoires__nom")] == ["Vallée"]
    assert [title.get_text() for title in page.select(".carte a title")] == ["Vallée"]
    assert "1 territoire" in page.words
    assert "Cachée" not in str(page)
    assert "Réservée" not in str(page)


def test_the_list_costs_the_same_with_twenty_territories_as_with_two(queries):
    def add(numbers):
        for n in numbers:
            territoire = un_territoire([un_epci(f"2000000{n:02}")])
            une_page_territoire(f"Vallée {n}", territoire)
            un_enseignement(f"Leçon {n}", territoires=[territoire])

    add(range(2))
    with_two = queries("/territoires/")
    add(range(2, 20))
    assert queries("/territoires/") == with_two
