"""The learnings, newest first, by what they are about."""

import pytest

from pages.models import EnseignementIndexPage, RegardsCroisesPage
from tests.factories import (
    corps,
    restrict,
    un_enseignement,
    un_theme,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")

LIST = "/enseignements/"


def titles(page):
    return [title.get_text() for title in page.select(".enseignement__titre")]


def counts(page, facette):
    """What each choice of a facet says it would give, by its value; "" is «all of them»."""
    if facette == "fondamental":
        return {
            radio["value"]: int(radio.parent.select_one(".filtres__total").contents[0])
            for radio in page.select("input[name=fondamental]")
        }
    return {
        option["value"]: int(option.get_text().rpartition("(")[2].rstrip(")"))
        for option in page.select(f"select[name={facette}] option")
    }


def chosen(page, facette):
    return page.select_one(f"[name={facette}][checked], [name={facette}] [selected]")["value"]


@pytest.fixture
def library(tree):
    """Three learnings: each differs from the two others in one of all that can be filtered."""
    vallee, plaine = une_page_territoire("Vallée"), une_page_territoire("Plaine")
    eau, habitat = un_theme("Eau"), un_theme("Habitat")
    common = {
        "fondamentaux": ["cooperation"],
        "cadres": ["pensee"],
        "echelles": ["locale"],
        "themes": [eau],
        "territoires": [vallee.territoire],
        "nature": "enseignement",
    }
    un_enseignement("Un", date="2026-01-01", **common)
    un_enseignement("Deux", date="2026-02-01", **common | {"themes": [habitat], "nature": "recit"})
    un_enseignement(
        "Trois",
        date="2026-03-01",
        **common
        | {
            "fondamentaux": ["evaluation"],
            "cadres": ["action"],
            "echelles": ["nationale"],
            "territoires": [plaine.territoire],
        },
    )


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
    assert page.h2.get_text() == "Que faisons-nous ensemble que nul ne ferait seul\xa0?"
    assert chosen(page, "fondamental") == "cooperation"
    assert page.title.get_text().startswith("Enseignements\xa0: Coopération ·")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("fondamental=evaluation", ["Trois"]),
        ("theme=eau", ["Trois", "Un"]),
        ("territoire=vallee", ["Deux", "Un"]),
        ("nature=recit", ["Deux"]),
        ("cadre=action", ["Trois"]),
        ("echelle=locale", ["Deux", "Un"]),
        ("theme=eau&territoire=vallee", ["Un"]),
        ("theme=habitat&nature=recit&cadre=pensee&echelle=locale", ["Deux"]),
        ("theme=habitat&territoire=plaine", []),
    ],
)
def test_filters_combine(read, query, found):
    page = read(f"{LIST}?{query}")
    assert titles(page) == found
    for name, value in (pair.split("=") for pair in query.split("&")):
        assert chosen(page, name) == value


@pytest.mark.usefixtures("library")
def test_the_counts_of_a_filter_follow_the_others_in_force(read):
    page = read(f"{LIST}?theme=eau&nature=enseignement")
    assert counts(page, "fondamental") == {
        "": 2,
        "engagement": 0,
        "cooperation": 1,
        "systemique": 0,
        "evaluation": 1,
    }
    assert counts(page, "theme") == {"": 2, "eau": 2, "habitat": 0}
    assert counts(page, "territoire") == {"": 2, "plaine": 1, "vallee": 1}
    assert counts(page, "nature") == {
        "": 2,
        "enseignement": 2,
        "retour_experience": 0,
        "recit": 0,
        "limite": 0,
    }
    assert counts(page, "cadre") == {"": 2, "pensee": 1, "organisation": 0, "action": 1}
    assert counts(page, "echelle") == {"": 2, "locale": 1, "regionale": 0, "nationale": 1}


@pytest.mark.usefixtures("library")
def test_a_count_is_what_choosing_gives(read):
    page = read(f"{LIST}?theme=eau")
    for facette in ("fondamental", "territoire", "nature", "cadre", "echelle"):
        for value, count in counts(page, facette).items():
            assert len(titles(read(f"{LIST}?theme=eau&{facette}={value}"))) == count


@pytest.mark.usefixtures("library")
def test_what_would_give_nothing_cannot_be_chosen_but_what_is_chosen_stays(read):
    page = read(f"{LIST}?theme=habitat&territoire=plaine")
    assert page.select_one("option[value=plaine]").has_attr("selected")
    assert not page.select_one("option[value=plaine]").has_attr("disabled")
    assert page.select_one("option[value=action]").has_attr("disabled")
    assert page.select_one("input[value=evaluation]").has_attr("disabled")


@pytest.mark.usefixtures("library")
def test_when_nothing_is_found_the_page_says_which_filter_to_leave_and_what_that_gives(read):
    page = read(f"{LIST}?theme=habitat&territoire=plaine")
    assert "Aucun enseignement" in page.select_one("#bilan").get_text()
    ways = page.select(".rien li")
    assert [" ".join(way.get_text().split()) for way in ways] == [
        "Sans Habitat : 1 enseignement",
        "Sans Plaine : 1 enseignement",
        "Sans aucun filtre : 3 enseignements",
    ]
    assert titles(read(ways[0].a["href"])) == ["Trois"]
    assert titles(read(ways[1].a["href"])) == ["Deux"]


@pytest.mark.usefixtures("library")
def test_a_filter_in_force_can_be_taken_away(read):
    page = read(f"{LIST}?theme=eau&territoire=vallee&q=rénover")
    links = page.select(".choisis a")
    assert [" ".join(link.get_text().split()) for link in links] == [
        "Retirer « rénover » ×",
        "Retirer Eau ×",
        "Retirer Vallée ×",
        "Tout effacer",
    ]
    assert titles(read(links[1]["href"])) == ["Deux", "Un"]
    assert links[-1]["href"] == LIST


@pytest.mark.parametrize(
    "query",
    [
        "?fondamental=inconnu",
        "?theme=inconnu&territoire=&nature=x&cadre=0&echelle=%F0%9F%8C%B1",
        "?theme[]=eau&inconnu=1",
        "?page=x",
        "?page=99",
        "?page=-1",
        "?tri=inconnu",
    ],
)
def test_an_unknown_filter_or_page_shows_the_list_all_the_same(read, query):
    un_enseignement("Écouter")
    page = read(LIST + query)
    assert titles(page) == ["Écouter"]
    assert page.select(".choisis") == []


@pytest.mark.parametrize("q", ["%22", "%25", "%27", "*", "a%20AND%20(", "le", "x" * 3000])
def test_odd_words_are_searched_like_others(client, q):
    un_enseignement("Écouter")
    assert client.get(f"{LIST}?q={q}").status_code == 200


def test_words_are_searched_in_titles_and_bodies(read):
    un_enseignement("L’eau partagée", corps=corps(("texte", "<p>Un été.</p>")))
    un_enseignement("Un été", corps=corps(("texte", "<p>Partager les eaux.</p>")))
    un_enseignement("La cantine")
    page = read(f"{LIST}?q=eau")
    assert set(titles(page)) == {"L’eau partagée", "Un été"}
    assert page.select_one("#filtres input[name=q]")["value"] == "eau"
    assert counts(page, "fondamental")["cooperation"] == 2


def test_words_come_with_relevance_first_and_date_when_asked(read):
    un_enseignement("L’eau, l’eau, l’eau", corps=corps(("texte", "<p>x</p>")), date="2024-01-01")
    un_enseignement(
        "Récent",
        corps=corps(("texte", "<p>Il plut. Bien plus tard, il fut question d’eau.</p>")),
        date="2026-01-01",
    )
    page = read(f"{LIST}?q=eau")
    assert titles(page) == ["L’eau, l’eau, l’eau", "Récent"]
    by_date = read(page.select_one(".tri a")["href"])
    assert titles(by_date) == ["Récent", "L’eau, l’eau, l’eau"]
    assert by_date.select_one("input[name=tri]")["value"] == "date"
    assert titles(read(by_date.select_one(".tri a")["href"])) == titles(page)


@pytest.mark.usefixtures("library")
def test_words_and_filters_combine(read):
    page = read(f"{LIST}?q=rénover&theme=habitat")
    assert titles(page) == ["Deux"]
    nothing = read(f"{LIST}?q=introuvable&theme=habitat")
    assert titles(nothing) == []
    assert "Sans « introuvable » : 1 enseignement" in nothing.words.replace("\xa0", " ")


def test_what_is_not_public_is_neither_listed_nor_counted_nor_found(read):
    un_enseignement("Public", ["cooperation"])
    un_enseignement("Retiré", ["cooperation"]).unpublish()
    restrict(un_enseignement("Réservé", ["cooperation"]))
    page = read(f"{LIST}?fondamental=cooperation&q=écouter")
    assert titles(page) == ["Public"]
    assert set(counts(page, "fondamental").values()) == {0, 1}
    assert counts(page, "nature")["enseignement"] == 1


def test_a_territory_that_is_not_public_is_no_filter(read):
    hidden = une_page_territoire("Vallée cachée")
    un_enseignement("Public", territoires=[hidden.territoire])
    restrict(hidden)
    assert "Vallée cachée" not in str(read(LIST))
    page = read(f"{LIST}?territoire=vallee-cachee")
    assert titles(page) == ["Public"]
    assert "Vallée cachée" not in str(page)


def test_a_long_list_goes_on_to_a_second_page_that_keeps_the_filters(read):
    for n in range(EnseignementIndexPage.PER_PAGE + 1):
        un_enseignement(f"Leçon {n}", ["cooperation"], date=f"2026-01-{n + 1:02}")
    first = read(f"{LIST}?fondamental=cooperation&echelle=&nature=enseignement")
    assert len(titles(first)) == EnseignementIndexPage.PER_PAGE
    following = first.select_one(".pagination a[rel=next]")["href"]
    assert following == "?fondamental=cooperation&nature=enseignement&page=2"
    assert titles(read(LIST + following)) == ["Leçon 0"]


def test_the_list_leads_to_what_territories_share_when_that_is_public(read):
    page = RegardsCroisesPage.objects.get()
    assert read(LIST).select_one(".ailleurs a")["href"] == page.url
    page.unpublish()
    assert read(LIST).select(".ailleurs") == []


def test_an_empty_list_says_so_kindly(read):
    assert "Les premiers enseignements sont en cours d’écriture." in read(LIST).words


def test_the_list_asks_nothing_of_a_cookie(client):
    assert client.get(f"{LIST}?fondamental=cooperation").cookies == {}


@pytest.mark.parametrize("query", ["", "?theme=theme-0&q=rénover"])
def test_the_list_costs_the_same_with_twenty_of_everything_as_with_two(queries, monkeypatch, query):
    monkeypatch.setattr(EnseignementIndexPage, "PER_PAGE", 100)

    def add(numbers):
        for n in numbers:
            un_enseignement(
                f"Leçon {n}",
                ["cooperation", "evaluation"],
                themes=[un_theme("Thème 0"), un_theme(f"Thème {n}")],
                territoires=[une_page_territoire(f"Vallée {n}").territoire],
                cadres=["pensee", "action"],
                echelles=["locale", "nationale"],
            )

    add(range(2))
    with_two = queries(LIST + query)
    add(range(2, 20))
    assert queries(LIST + query) == with_two
