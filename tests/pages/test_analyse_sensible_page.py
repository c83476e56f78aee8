"""A sensitive analysis: who carries it, how it was made, and only for those who may read it."""

from datetime import date

import pytest
from django.urls import reverse

from pages.models import AnalyseSensiblePage
from tests.factories import (
    AllieFactory,
    MembreFactory,
    corps,
    restrict,
    un_allie,
    un_document,
    un_membre,
    une_analyse,
    une_page_allie,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


def test_an_analysis_says_how_it_was_made_and_what_was_heard(read):
    page = une_analyse(
        introduction="Ce que dit la rivière.",
        methode="<p>Six semaines de marche.</p>",
        ecoute="<p>Il manque les locataires.</p>",
        corps=corps(("texte", "<h2>Trois mots</h2><p>Elle monte.</p>")),
        date=date(2026, 5, 4),
        allie=AllieFactory(nom="Coopérative"),
    )
    found = read(page.url)
    for said in (
        "Ce que dit la rivière.",
        "La méthode Six semaines de marche.",
        "L’écoute Il manque les locataires.",
        "Elle monte.",
        "4 mai 2026",
        "Portée par Coopérative",
    ):
        assert said in found.words
    titles = [title.get_text() for title in found.main.select("h1, h2, h3")]
    assert titles == ["Ce que dit la vallée", "La méthode", "L’écoute", "Trois mots"]


def test_an_analysis_leads_to_its_territory_its_ally_and_its_document(read):
    territoire, document = une_page_territoire(), un_document("Carnet")
    allie = une_page_allie()
    page = une_analyse(parent=territoire, allie=allie.allie, document=document)
    found = read(page.url)
    links = {a["href"] for a in found.main.select("a[href]")}
    assert {territoire.url, allie.url, document.url} <= links
    assert "Carnet (PDF" in found.words


@pytest.mark.parametrize("hide", [restrict, lambda page: page.unpublish()])
def test_an_ally_whose_page_is_not_public_is_named_without_a_link(read, hide):
    allie = une_page_allie("Atelier", allie=AllieFactory(nom="Atelier des rives"))
    hide(allie)
    found = read(une_analyse(allie=allie.allie).url)
    assert "Atelier des rives" in found.words
    assert allie.url not in str(found)


@pytest.mark.parametrize(
    ("visibilite", "said"),
    [
        ("public", None),
        ("membres", "Réservé aux membres de la cohorte."),
        ("delegation", "Réservé à la délégation de Vallée des Essais."),
    ],
)
def test_a_reserved_analysis_says_who_can_read_it(signed_in, read, visibilite, said):
    territoire = une_page_territoire()
    page = une_analyse(parent=territoire, visibilite=visibilite)
    signed_in(un_membre(territoire=territoire.territoire))
    line = read(page.url).select_one(".reserve")
    assert (line and " ".join(line.get_text().split())) == said


def test_who_may_not_read_an_analysis_is_answered_as_if_there_were_none(client, signed_in):
    territoire = une_page_territoire()
    membres = une_analyse("Cohorte", territoire, visibilite="membres").url
    delegation = une_analyse("Ici", territoire, visibilite="delegation").url

    def seen(membre=None):
        if membre:
            signed_in(membre)
        return [client.get(url).status_code for url in (membres, delegation)]

    assert seen() == [404, 404]
    assert seen(MembreFactory()) == [404, 404]
    assert seen(un_allie()) == [200, 404]
    assert seen(un_membre()) == [200, 404]
    assert seen(un_membre(territoire=territoire.territoire)) == [200, 200]


def test_a_draft_is_seen_as_it_would_read(signed_in):
    page = une_analyse(document=un_document("Carnet"))
    page.save_revision()
    client = signed_in(MembreFactory(is_superuser=True))
    answer = client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))
    assert "Carnet" in answer.content.decode()


def test_an_analysis_stands_under_a_territory_alone():
    territoire = une_page_territoire()
    assert AnalyseSensiblePage.can_create_at(territoire)
    assert not AnalyseSensiblePage.can_create_at(territoire.get_parent())


def test_an_analysis_costs_the_same_whatever_is_around_it(queries):
    territoire = une_page_territoire()
    page = une_analyse("Une", territoire, allie=une_page_allie().allie)

    def add(numbers):
        for n in numbers:
            une_analyse(f"Autre {n}", territoire, visibilite="membres")
            une_page_allie(f"Allié {n}")

    add(range(2))
    with_two = queries(page.url)
    add(range(2, 20))
    assert queries(page.url) == with_two
