"""The cohort in one page: why, who, by which method, and where each part of it leads."""

import pytest

from communaute.models import College
from pages.models import Cadre, CadrePage, CohortePage, FondamentalPage, TroncCommunPage
from tests.factories import corps, restrict

pytestmark = pytest.mark.usefixtures("tree")

ADDRESS = "/la-cohorte/"


def links(page, selector):
    return [a["href"] for a in page.select(f"{selector} a[href]")]


def test_the_page_says_why_the_cohort_exists(read):
    CohortePage.objects.update(
        introduction="Huit vallées, un chemin.",
        corps=corps(("texte", "<p>Seul, on se décourage.</p>")),
    )
    page = read(ADDRESS)
    assert page.h1.get_text() == "La cohorte"
    assert "Huit vallées, un chemin." in page.words
    assert "Seul, on se décourage." in page.words


def test_the_four_colleges_come_with_their_name_icon_and_what_each_brings(read):
    CohortePage.objects.update(etat="Le droit et les moyens.")
    cards = read(ADDRESS).select(".fantastique")
    assert [card.h3.get_text() for card in cards] == College.labels
    assert all(card.select_one("svg[aria-hidden=true]") for card in cards)
    assert [card["class"][1] for card in cards] == [f"college--{c}" for c in College.values]
    assert "Le droit et les moyens." in cards[2].get_text()


def test_the_fundamentals_lead_to_their_pages_in_the_order_of_the_method(read):
    assert links(read(ADDRESS), ".porte") == [
        "/la-cohorte/engagement-des-acteurs/",
        "/la-cohorte/cooperation/",
        "/la-cohorte/dimension-systemique/",
        "/la-cohorte/evaluation/",
    ]


def test_a_fundamental_whose_page_is_not_public_leads_to_its_learnings(read):
    FondamentalPage.objects.get(fondamental="cooperation").unpublish()
    restrict(FondamentalPage.objects.get(fondamental="evaluation"))
    assert links(read(ADDRESS), ".porte")[1:] == [
        "/enseignements/?fondamental=cooperation",
        "/la-cohorte/dimension-systemique/",
        "/enseignements/?fondamental=evaluation",
    ]


def test_the_three_frames_are_a_path_with_action_last(read):
    page = read(ADDRESS)
    assert links(page, ".trois-cadres") == [
        "/la-cohorte/cadre-de-pensee/",
        "/la-cohorte/cadre-dorganisation/",
        "/la-cohorte/cadre-daction/",
    ]
    assert "L’action vient en dernier, et seulement quand c’est mûr." in page.words


def test_a_frame_whose_page_is_not_public_stays_on_the_path_without_a_link(read):
    CadrePage.objects.get(cadre="organisation").unpublish()
    page = read(ADDRESS)
    names = [name.get_text() for name in page.select(".trois-cadres__nom")]
    assert names == [cadre.nom for cadre in Cadre.objects.all()]
    assert "/la-cohorte/cadre-dorganisation/" not in links(page, "main")


def test_the_page_leads_to_the_common_path_and_to_what_stands_below_it(
    read, django_capture_on_commit_callbacks
):
    page = read(ADDRESS)
    assert "/tronc-commun/" in links(page, ".entree")
    assert links(page, ".rubriques") == ["/la-cohorte/dispositifs/", "/la-cohorte/allies/"]
    with django_capture_on_commit_callbacks(execute=True):
        restrict(TroncCommunPage.objects.get())
    assert "/tronc-commun/" not in links(read(ADDRESS), "body")
