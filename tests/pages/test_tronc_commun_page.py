"""The common path: its modules in order, their resources, and one's own progress."""

import pytest

from tests.factories import MembreFactory, restrict, un_membre, un_module, une_ressource

pytestmark = pytest.mark.usefixtures("tree")

ADDRESS = "/tronc-commun/"


def path(page):
    """The titles of the modules shown, each with those of its resources."""
    return {
        module.h2.a.find(string=True, recursive=False): [
            title.get_text() for title in module.select(".ressource__titre")
        ]
        for module in page.select(".module")
    }


@pytest.fixture
def modules():
    """A path of two modules: one resource for all and one for members, then one for all."""
    premier, second = un_module("Premier"), un_module("Second")
    une_ressource("Fiche", premier)
    une_ressource("Film", premier, genre="enregistrement", duree=52, visibilite="membres")
    une_ressource("Grille", second, genre="document")
    return premier, second


def test_a_visitor_sees_the_modules_in_order_with_what_is_public(read, modules):
    restrict(un_module("Réservé"))
    un_module("Brouillon").unpublish()
    une_ressource("Esquisse", modules[1]).unpublish()
    page = read(ADDRESS)
    assert path(page) == {"Premier": ["Fiche"], "Second": ["Grille"]}
    assert "Connect" in page.select_one(".entree").get_text() or page.select(".entree a")
    assert "?next=/tronc-commun/" in page.select_one(".entree a")["href"]


def test_a_member_sees_also_what_is_for_members_and_that_it_is(signed_in, read, modules):
    signed_in(un_membre())
    page = read(ADDRESS)
    assert path(page) == {"Premier": ["Fiche", "Film"], "Second": ["Grille"]}
    assert "Enregistrement 52 minutes Réservée aux membres" in page.words


def test_a_member_sees_their_progress_per_module_and_in_all(signed_in, read, modules):
    client = signed_in(un_membre())
    assert "À vous de commencer" in read(ADDRESS).words
    client.post("/tronc-commun/premier/fiche/", {"parcourue": "oui"})
    page = read(ADDRESS)
    assert "Vous avez fait le tour de 1 ressource sur 3." in page.words
    assert "1 ressource sur 2 parcourue." in page.words
    assert [
        mark.find_parent("li").select_one(".ressource__titre").get_text()
        for mark in page.select(".ressource__vue")
    ] == ["Fiche"]
    client.post("/tronc-commun/premier/film/", {"parcourue": "oui"})
    client.post("/tronc-commun/second/grille/", {"parcourue": "oui"})
    words = read(ADDRESS).words
    assert "Vous avez fait le tour de tout le tronc commun." in words
    assert "Vous avez fait le tour de ce module." in words


def test_progress_is_for_whoever_holds_a_seat(signed_in, read, modules):
    signed_in(MembreFactory())
    assert not read(ADDRESS).select(".avancement")


def test_a_path_with_nothing_yet_says_so(read):
    assert "Les premiers modules sont en cours d’écriture." in read(ADDRESS).words


@pytest.mark.parametrize("who", ["visitor", "member"])
def test_the_path_costs_the_same_with_twenty_modules_as_with_two(queries, signed_in, who):
    if who == "member":
        signed_in(un_membre())

    def add(numbers):
        for n in numbers:
            module = un_module(f"Module {n}", cadre_id="pensee")
            for m in range(3):
                une_ressource(f"Fiche {n} {m}", module)

    add(range(2))
    with_two = queries(ADDRESS)
    add(range(2, 20))
    assert queries(ADDRESS) == with_two
