"""A territory's page: who it is, what it engages in, what was learned there."""

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from pages.models import AccueilPage, TerritoireIndexPage, TerritoirePage
from tests.factories import (
    TerritoireFactory,
    corps,
    restrict,
    un_enseignement,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


def test_a_territory_says_what_it_engages_in_and_whom_to_write_to(read):
    page = une_page_territoire(
        "Vallée",
        TerritoireFactory(forme="petr"),
        introduction="Une rivière en partage.",
        engagement="Nous dirons ce que cela coûte.",
        corps=corps(("texte", "<h2>La vallée</h2><p>Trois bourgs.</p>")),
        contact_nom="Mission transitions",
        contact_email="vallee@exemple.fr",
    )
    words = read(page.url).words
    for said in (
        "Pôle d’équilibre territorial et rural",
        "Une rivière en partage.",
        "Nous dirons ce que cela coûte.",
        "Trois bourgs.",
        "Mission transitions",
        "vallee@exemple.fr",
    ):
        assert said in words


def test_a_territory_lists_what_was_learned_there_and_nothing_else(read):
    page = une_page_territoire()
    un_enseignement("Appris ici", territoires=[page.territoire])
    un_enseignement("Appris ailleurs")
    restrict(un_enseignement("Appris et réservé", territoires=[page.territoire]))
    un_enseignement("Appris et retiré", territoires=[page.territoire]).unpublish()
    titles = [title.get_text() for title in read(page.url).select(".enseignement__titre")]
    assert titles == ["Appris ici"]


def test_a_draft_is_not_found(client):
    page = une_page_territoire()
    page.unpublish()
    assert client.get(page.url).status_code == 404


def test_a_restricted_territory_leads_a_visitor_to_sign_in(client, signed_in):
    page = restrict(une_page_territoire())
    answer = client.get(page.url)
    assert answer.status_code == 302
    assert answer.url.startswith("/compte/connexion/?")
    assert signed_in().get(page.url).status_code == 200


def test_a_territory_has_one_page():
    page = une_page_territoire()
    second = TerritoirePage(
        title="Doublon", territoire=page.territoire, introduction="…", engagement="…"
    )
    with pytest.raises(ValidationError):
        TerritoireIndexPage.objects.get().add_child(instance=second)


def test_a_territory_that_has_a_page_cannot_be_deleted():
    page = une_page_territoire()
    with pytest.raises(ProtectedError):
        page.territoire.delete()


def test_a_territory_page_stands_under_the_list_alone():
    assert TerritoirePage.can_create_at(TerritoireIndexPage.objects.get())
    assert not TerritoirePage.can_create_at(AccueilPage.objects.get())


def test_the_map_of_a_territory_brings_it_out_among_the_others(read):
    page = une_page_territoire("Vallée", TerritoireFactory(longitude=1, latitude=44))
    une_page_territoire("Plateau", TerritoireFactory(longitude=2, latitude=44))
    active = read(page.url).select(".carte__lieu--actif title")
    assert [title.get_text() for title in active] == ["Vallée"]


def test_a_territory_costs_the_same_with_twenty_neighbours_as_with_two(queries):
    page = une_page_territoire()

    def add(numbers):
        for n in numbers:
            une_page_territoire(f"Voisin {n}", TerritoireFactory(longitude=1, latitude=44))
            un_enseignement(f"Leçon {n}", territoires=[page.territoire])

    add(range(2))
    with_two = queries(page.url)
    add(range(2, 20))
    assert queries(page.url) == with_two
