"""The home page: the cohort at a glance, and nothing that is not public."""

import pytest

from pages.models import AccueilPage, FondamentalPage
from tests.factories import (
    TerritoireFactory,
    restrict,
    un_enseignement,
    une_page_libre,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


def links(page, selector):
    return [a["href"] for a in page.select(f"{selector} a[href]")]


def test_the_home_page_presents_the_cohort(read):
    AccueilPage.objects.update(title="La cohorte des Essais", introduction="<p>Huit vallées.</p>")
    page = read("/")
    assert page.h1.get_text() == "La cohorte des Essais"
    assert "Huit vallées." in page.words


def test_the_home_page_lists_the_territories_by_name(read):
    for title in ("Vallée", "Bassin", "Plateau"):
        une_page_territoire(title)
    page = read("/")
    titles = [title.get_text() for title in page.select(".territoires__nom")]
    assert titles == ["Bassin", "Plateau", "Vallée"]
    assert "3 territoires" in page.words


def test_the_home_page_shows_the_four_newest_learnings(read):
    for day in range(1, 7):
        un_enseignement(f"Leçon {day}", date=f"2026-01-0{day}")
    titles = [title.get_text() for title in read("/").select(".enseignement__titre")]
    assert titles == ["Leçon 6", "Leçon 5", "Leçon 4", "Leçon 3"]


def test_the_home_page_leads_on_to_all_the_learnings(read):
    un_enseignement()
    assert links(read("/"), ".une__tous") == ["/enseignements/"]


def test_the_home_page_opens_four_doors_in_the_order_of_the_method(read):
    assert links(read("/"), ".porte") == [
        "/la-cohorte/engagement-des-acteurs/",
        "/la-cohorte/cooperation/",
        "/la-cohorte/dimension-systemique/",
        "/la-cohorte/evaluation/",
    ]


def test_a_door_whose_page_is_not_public_opens_on_its_learnings(read):
    FondamentalPage.objects.get(fondamental="cooperation").unpublish()
    assert links(read("/"), ".porte")[1] == "/enseignements/?fondamental=cooperation"


def test_the_home_page_leads_members_to_their_spaces(read):
    assert "/communaute/" in links(read("/"), ".entree")


def test_a_cohort_with_nothing_yet_has_a_home_page(read):
    assert read("/").select(".territoires li") == []


def test_what_is_not_public_is_nowhere_on_the_home_page(read):
    drafts = [
        une_page_territoire("Territoire brouillon", TerritoireFactory(longitude=1, latitude=44)),
        un_enseignement("Leçon brouillon"),
        une_page_libre("Page brouillon", show_in_menus=True, show_in_footer=True),
    ]
    for draft in drafts:
        draft.unpublish()
    restrict(une_page_territoire("Territoire réservé", TerritoireFactory(longitude=2, latitude=44)))
    restrict(un_enseignement("Leçon réservée"))
    restrict(une_page_libre("Page réservée", show_in_menus=True, show_in_footer=True))
    html = str(read("/"))
    assert "brouillon" not in html
    assert "réservé" not in html


def test_the_menu_and_the_footer_list_the_pages_meant_for_them(read):
    une_page_libre("Methode", show_in_menus=True)
    une_page_libre("Mentions", show_in_footer=True)
    page = read("/")
    menu = links(page, ".menu--large .menu__nav")
    assert menu == [
        "/la-cohorte/",
        "/territoires/",
        "/enseignements/",
        "/ce-que-la-cohorte-porte/",
        "/tronc-commun/",
        "/methode/",
    ]
    assert "/mentions/" in links(page, ".pied")
    assert "/nous-ecrire/" in links(page, ".pied")
    assert "/methode/" not in links(page, ".pied")


def test_the_home_page_costs_the_same_with_twenty_territories_as_with_two(queries):
    def add(numbers):
        for n in numbers:
            territoire = TerritoireFactory(longitude=1 + n / 20, latitude=44)
            une_page_territoire(f"Vallée {n}", territoire)
            un_enseignement(f"Leçon {n}", ["cooperation", "evaluation"], [territoire])

    add(range(2))
    with_two = queries("/")
    add(range(2, 20))
    assert queries("/") == with_two
