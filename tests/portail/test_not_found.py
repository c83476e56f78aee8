"""The page of what is not there: kind, useful, and the same whatever was asked."""

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import restrict, un_membre, une_page_libre, une_ressource

pytestmark = pytest.mark.usefixtures("tree")


def page_at(client, address):
    answer = client.get(address)
    assert answer.status_code == 404
    return BeautifulSoup(answer.content, "html.parser")


def test_it_offers_to_search_and_the_main_sections(client):
    page = page_at(client, "/nulle-part/")
    assert page.select_one("main form[role=search] [name=q]")
    assert "Erreur" not in page.main.text
    links = [a["href"] for a in page.select("main .rubriques a")]
    assert links[0] == "/"
    assert {"/la-cohorte/", "/territoires/", "/enseignements/", "/tronc-commun/"} < set(links)


def test_it_tells_visitors_that_a_page_may_be_for_members(client, signed_in):
    page = page_at(client, "/nulle-part/")
    assert [a["href"] for a in page.select("main a[href*=connexion]")] == ["/compte/connexion/"]
    signed_in(un_membre())
    assert not page_at(client, "/nulle-part/").select("main a[href*=connexion]")


def test_it_says_the_same_of_what_is_reserved_and_of_what_does_not_exist(client):
    libre = restrict(une_page_libre("Réservée"))
    fiche = une_ressource("Film", visibilite="membres")
    for there, missing in (
        (libre.url, "/rien/"),
        (fiche.url, fiche.url.replace("film", "rien")),
    ):
        assert client.get(there).content == client.get(missing).content


def test_it_costs_the_same_with_twenty_sections_as_with_two(client):
    def count():
        with CaptureQueriesContext(connection) as captured:
            page_at(client, "/nulle-part/")
        return len(captured)

    count()
    with_few = count()
    for n in range(18):
        une_page_libre(f"Rubrique {n}", show_in_menus=True, show_in_footer=True)
    assert count() == with_few


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"x"),
        ("application/x-www-form-urlencoded", b"a=&" * 2000),
        ("application/x-www-form-urlencoded", b"a" * 3_000_000),
    ],
)
@pytest.mark.parametrize("address", ["/rien/", "/lettre/arreter/rien/"])
def test_what_is_sent_where_nothing_is_and_cannot_be_read_is_not_found(
    address, kind, content, client
):
    assert client.post(address, content, content_type=kind).status_code == 404
