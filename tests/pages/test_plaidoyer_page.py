"""What the learnings ask of each scale, gathered."""

import pytest

from pages.models import PlaidoyerPage
from tests.factories import restrict, un_enseignement, une_page_territoire

pytestmark = pytest.mark.usefixtures("tree")

PAGE = "/ce-que-la-cohorte-porte/"


def demands(page, echelle):
    return [text.get_text() for text in page.select(f"#{echelle} .demande__texte")]


def test_demands_are_gathered_by_scale_the_newest_learning_first(read):
    un_enseignement("Ancien", demandes=[("locale", "Une salle.")], date="2025-01-01")
    un_enseignement(
        "Nouveau", demandes=[("locale", "Un café."), ("nationale", "Une loi.")], date="2026-01-01"
    )
    page = read(PAGE)
    assert [scale.get_text() for scale in page.select(".plaidoyer h2")] == [
        "Échelle locale",
        "Échelle régionale",
        "Échelle nationale",
    ]
    assert demands(page, "locale") == ["Un café.", "Une salle."]
    assert demands(page, "regionale") == []
    assert demands(page, "nationale") == ["Une loi."]
    assert "Nos enseignements ne demandent encore rien à cette échelle." in page.words


def test_a_demand_leads_to_its_learning_and_names_its_public_territories(read):
    public, hidden = une_page_territoire("Vallée"), une_page_territoire("Cachée")
    restrict(hidden)
    learning = un_enseignement(
        "Écouter",
        demandes=[("locale", "Une salle.")],
        territoires=[public.territoire, hidden.territoire],
    )
    page = read(PAGE)
    source = page.select_one(".demande__source")
    assert source.a["href"] == learning.url
    assert "Écouter (Vallée)" in " ".join(source.get_text().split())
    assert "Cachée" not in str(page)


def test_what_is_not_public_asks_nothing_here(read):
    un_enseignement("Retiré", demandes=[("locale", "Du retiré.")]).unpublish()
    restrict(un_enseignement("Réservé", demandes=[("locale", "Du réservé.")]))
    page = read(PAGE)
    assert demands(page, "locale") == []
    assert [total.contents[0] for total in page.select(".sommaire__total")] == ["0", "0", "0"]


def test_a_scale_with_many_demands_has_pages_of_its_own(read, monkeypatch):
    monkeypatch.setattr(PlaidoyerPage, "PER_SCALE", 2)
    monkeypatch.setattr(PlaidoyerPage, "PER_PAGE", 3)
    un_enseignement(demandes=[("locale", f"Demande {n}.") for n in range(5)])
    page = read(PAGE)
    assert demands(page, "locale") == ["Demande 0.", "Demande 1."]
    more = page.select_one("#locale .plaidoyer__suite a")
    assert more.get_text() == "Lire les 5 demandes à cette échelle"
    first = read(PAGE + more["href"])
    assert demands(first, "locale") == ["Demande 0.", "Demande 1.", "Demande 2."]
    assert first.select("#nationale") == []
    second = read(PAGE + first.select_one(".pagination a[rel=next]")["href"])
    assert demands(second, "locale") == ["Demande 3.", "Demande 4."]
    assert second.select_one(".demandes")["start"] == "4"


@pytest.mark.parametrize("query", ["?echelle=inconnue", "?page=2", "?echelle=locale&page=99"])
def test_an_unknown_scale_or_page_shows_demands_all_the_same(read, query):
    un_enseignement(demandes=[("locale", "Une salle.")])
    assert demands(read(PAGE + query), "locale") == ["Une salle."]


def test_the_page_costs_the_same_with_twenty_learnings_as_with_two(queries):
    def add(numbers):
        for n in numbers:
            un_enseignement(
                f"Leçon {n}",
                demandes=[("locale", "Une salle."), ("nationale", "Une loi.")],
                territoires=[une_page_territoire(f"Vallée {n}").territoire],
            )

    add(range(2))
    with_two = queries(PAGE)
    add(range(2, 20))
    assert queries(PAGE) == with_two
