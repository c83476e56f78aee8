"""A module: its place on the path, its text, its resources."""

import pytest

from tests.factories import corps, un_membre, un_module, une_ressource

pytestmark = pytest.mark.usefixtures("tree")


def links(page, selector):
    return [a["href"] for a in page.select(f"{selector}[href], {selector} a[href]")]


@pytest.fixture
def modules():
    return [un_module(title) for title in ("Un", "Deux", "Trois")]


def test_a_module_says_where_it_stands_on_the_path(read, modules):
    modules[1].cadre_id = "pensee"
    modules[1].corps = corps(("texte", "<p>Rester avec la question.</p>"))
    modules[1].save()
    page = read(modules[1].url)
    assert page.h1.get_text() == "Deux"
    assert "Module 2 sur 3 · Cadre de pensée" in page.words
    assert "Rester avec la question." in page.words
    assert links(page, ".fil") == ["/tronc-commun/"]


def test_a_module_leads_to_the_one_before_and_the_one_after(read, modules):
    assert links(read(modules[0].url), ".suite a") == [modules[1].url]
    assert links(read(modules[1].url), ".suite a") == [modules[0].url, modules[2].url]
    assert links(read(modules[2].url), ".suite a") == [modules[1].url]


def test_the_path_closes_over_a_module_that_is_not_there(read, modules):
    modules[1].unpublish()
    page = read(modules[2].url)
    assert "Module 2 sur 2" in page.words
    assert links(page, ".suite a") == [modules[0].url]


def test_a_module_lists_its_resources_in_the_order_of_its_editors(read, modules):
    for title in ("Fiche", "Grille"):
        une_ressource(title, modules[0])
    une_ressource("Ailleurs", modules[1])
    une_ressource("Film", modules[0], visibilite="membres")
    titles = [title.get_text() for title in read(modules[0].url).select(".ressource__titre")]
    assert titles == ["Fiche", "Grille"]


def test_a_member_sees_their_progress_in_the_module(signed_in, read, modules):
    ressources = [une_ressource(title, modules[0]) for title in ("Fiche", "Grille")]
    client = signed_in(un_membre())
    client.post(ressources[1].url, {"parcourue": "oui"})
    assert "Vous avez fait le tour de 1 ressource sur 2." in read(modules[0].url).words
    client.post(ressources[0].url, {"parcourue": "oui"})
    assert "Vous avez fait le tour de ce module." in read(modules[0].url).words


@pytest.mark.parametrize("who", ["visitor", "member"])
def test_a_module_costs_the_same_with_twenty_resources_as_with_two(queries, signed_in, who):
    if who == "member":
        signed_in(un_membre())
    module = un_module()

    def add(numbers):
        for n in numbers:
            une_ressource(f"Fiche {n}", module)
            un_module(f"Autre {n}")

    add(range(2))
    with_two = queries(module.url)
    add(range(2, 20))
    assert queries(module.url) == with_two
