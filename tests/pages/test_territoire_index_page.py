"""The list of territories and its map."""

import pytest

from tests.factories import (
    TerritoireFactory,
    restrict,
    un_epci,
    un_projet,
    un_territoire,
    un_theme,
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


@pytest.fixture
def cohort(tree):
    """Three territories on the map, two with projects about water, one of these also about housing."""
    eau, logement = un_theme("Eau"), un_theme("Logement")
    places = {"Bassin": 1, "Plateau": 2, "Vallée": 3}
    pages = {
        name: une_page_territoire(name, TerritoireFactory(longitude=n, latitude=44))
        for name, n in places.items()
    }
    un_projet("Le tour d’eau", pages["Bassin"], themes=[eau], etapes=("pensee", "action"))
    un_projet("Boire", pages["Vallée"], themes=[eau, logement])
    un_projet("Loger", pages["Vallée"], themes=[logement])


def listed(page):
    """What the list says: number and name of each territory, and its projects with where they stand."""
    return {
        " ".join(li.select_one(".territoires__lien").get_text(" ").split()): [
            " ".join(projet.get_text().split()) for projet in li.select(".territoires__projets li")
        ]
        for li in page.select(".territoires > li")
    }


def test_each_territory_lists_its_projects_with_where_they_stand(read, cohort):
    assert listed(read("/territoires/")) == {
        "1 Bassin": ["Le tour d’eau Agir"],
        "2 Plateau": [],
        "3 Vallée": ["Boire Penser", "Loger Penser"],
    }


def themes(page):
    """The themes one can choose, with how many projects each has."""
    return [" ".join(a.get_text().split()) for a in page.select(".themes a")]


def test_themes_are_counted_in_projects_that_the_public_may_see(read, cohort):
    page = une_page_territoire("Côte")
    restrict(un_projet("Réservé", page, themes=[un_theme("Eau"), un_theme("Secret")]))
    un_projet("Retiré", page, themes=[un_theme("Eau")]).unpublish()
    un_theme("Sans projet")
    assert themes(read("/territoires/")) == [
        "Tous les thèmes",
        "Eau 2 projets",
        "Logement 2 projets",
    ]


def test_a_theme_lists_the_territories_it_concerns_and_dims_the_others_on_the_map(read, cohort):
    page = read("/territoires/?theme=logement")
    assert listed(page) == {"3 Vallée": ["Boire Penser", "Loger Penser"]}
    assert page.select_one(".themes [aria-current]").get_text().split()[0] == "Logement"
    assert "1 territoire sur le thème « Logement »" in page.words
    dimmed = page.select(".carte__lieu--retrait title")
    assert [title.get_text() for title in dimmed] == ["Bassin", "Plateau"]
    told = " ".join(page.select_one(".carte svg")["aria-label"].split())
    assert "le thème « Logement »" in told


def test_a_theme_leaves_out_the_projects_it_does_not_concern(read, cohort):
    assert listed(read("/territoires/?theme=eau")) == {
        "1 Bassin": ["Le tour d’eau Agir"],
        "3 Vallée": ["Boire Penser"],
    }


@pytest.mark.parametrize("theme", ["", "inconnu", "sans-projet", "eau%27--", "🌊"])
def test_a_theme_that_says_nothing_leaves_everything(read, cohort, theme):
    un_theme("Sans projet")
    page = read(f"/territoires/?theme={theme}")
    assert len(listed(page)) == 3
    assert page.select(".carte__lieu--retrait") == []
    assert page.select_one(".themes [aria-current]").get_text() == "Tous les thèmes"


def test_themes_are_in_the_order_of_the_alphabet(read, cohort):
    un_projet("Marché", une_page_territoire("Ville"), themes=[un_theme("Économie")])
    names = [theme.split()[0] for theme in themes(read("/territoires/"))[1:]]
    assert names == ["Eau", "Économie", "Logement"]


def test_the_list_costs_the_same_with_twenty_territories_as_with_two(queries):
    def add(numbers):
        for n in numbers:
            territoire = un_territoire([un_epci(f"2000000{n:02}")])
            page = une_page_territoire(f"Vallée {n}", territoire)
            un_projet(f"Projet {n}", page, themes=[un_theme("Eau"), un_theme(f"Thème {n}")])

    add(range(2))
    with_two = [queries(f"/territoires/{query}") for query in ("", "?theme=eau")]
    add(range(2, 20))
    assert [queries(f"/territoires/{query}") for query in ("", "?theme=eau")] == with_two
