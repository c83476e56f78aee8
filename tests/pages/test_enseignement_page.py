"""A learning, where it comes from, and what reads well after it."""

import pytest

from pages.models import AccueilPage, EnseignementIndexPage, EnseignementPage
from tests.factories import corps, restrict, un_enseignement, une_page_territoire

pytestmark = pytest.mark.usefixtures("tree")


def titles(page):
    return [title.get_text() for title in page.select(".enseignement__titre")]


def test_a_learning_says_its_nature_its_date_and_its_fundamentals(read):
    page = un_enseignement(
        "Écouter d’abord", ["cooperation", "evaluation"], date="2026-03-02", nature="recit"
    )
    shown = read(page.url)
    assert shown.h1.get_text() == "Écouter d’abord"
    for said in ("Récit de transformation", "le 2 mars 2026", "Coopération", "Évaluation"):
        assert said in shown.words


def test_a_learning_names_the_public_territories_it_comes_from(read):
    public, draft, restricted = (
        une_page_territoire(title) for title in ("Vallée", "Retirée", "Réservée")
    )
    draft.unpublish()
    restrict(restricted)
    page = un_enseignement(territoires=[public.territoire, draft.territoire, restricted.territoire])
    shown = read(page.url)
    assert shown.find("a", string="Vallée")["href"] == public.url
    assert "Retirée" not in str(shown)
    assert "Réservée" not in str(shown)


@pytest.mark.parametrize(("words", "minutes"), [(3, "1 minute"), (440, "2 minutes")])
def test_a_learning_says_how_long_it_takes_to_read(read, words, minutes):
    page = un_enseignement(introduction="Mot.", corps=corps(("texte", f"<p>{'mot ' * words}</p>")))
    assert f"Lecture {minutes} " in read(page.url).words


def test_the_neighbours_share_the_most_fundamentals_then_are_the_newest(read):
    page = un_enseignement("Départ", ["cooperation", "evaluation"])
    un_enseignement("Sans rapport", ["systemique"])
    un_enseignement("Un en commun, ancien", ["cooperation"], date="2024-01-01")
    un_enseignement("Un en commun, récent", ["evaluation"], date="2025-01-01")
    un_enseignement("Deux en commun", ["cooperation", "evaluation"], date="2023-01-01")
    un_enseignement("Un en commun, très ancien", ["cooperation"], date="2022-01-01")
    assert titles(read(page.url)) == [
        "Deux en commun",
        "Un en commun, récent",
        "Un en commun, ancien",
    ]


def test_the_neighbours_are_public(read):
    page = un_enseignement("Départ", ["cooperation"])
    restrict(un_enseignement("Réservé", ["cooperation"]))
    un_enseignement("Retiré", ["cooperation"]).unpublish()
    assert titles(read(page.url)) == []


def test_a_restricted_learning_leads_a_visitor_to_sign_in(client):
    answer = client.get(restrict(un_enseignement()).url)
    assert answer.status_code == 302
    assert answer.url.startswith("/compte/connexion/?")


def test_a_learning_stands_under_the_list_alone():
    assert EnseignementPage.can_create_at(EnseignementIndexPage.objects.get())
    assert not EnseignementPage.can_create_at(AccueilPage.objects.get())


def test_a_learning_costs_the_same_with_twenty_neighbours_as_with_two(queries):
    def add(numbers):
        for n in numbers:
            un_enseignement(f"Voisin {n}", ["cooperation"])
            page.territoires.add(une_page_territoire(f"Vallée {n}").territoire)
        page.save()

    page = un_enseignement("Départ", ["cooperation"])
    add(range(2))
    with_two = queries(page.url)
    add(range(2, 20))
    assert queries(page.url) == with_two
