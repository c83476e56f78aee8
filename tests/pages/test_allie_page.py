"""An ally: what it brings, to which territories, and what it heard there."""

import pytest
from django.urls import reverse

from pages.models import AllieIndexPage, AlliePage
from tests.factories import (
    MembreFactory,
    restrict,
    un_membre,
    une_analyse,
    une_page_allie,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


def test_an_ally_says_what_it_brings_and_whom_to_write_to(read):
    page = une_page_allie(
        introduction="Des semaines d’écoute.",
        apports="<ul><li>Former à écouter.</li></ul>",
        site="https://exemple.fr/",
        contact_email="atelier@exemple.fr",
    )
    found = read(page.url)
    for said in ("Des semaines d’écoute.", "Former à écouter.", "atelier@exemple.fr"):
        assert said in found.words
    assert found.main.find("a", href="https://exemple.fr/")


def test_an_ally_leads_to_the_territories_it_supports_if_they_are_public(read):
    vallee, retiree, reservee = map(une_page_territoire, ("Vallée", "Retirée", "Réservée"))
    page = une_page_allie(territoires=[p.territoire for p in (vallee, retiree, reservee)])
    retiree.unpublish()
    restrict(reservee)
    found = read(page.url)
    assert found.main.find("a", href=vallee.url)
    assert "Retirée" not in str(found)
    assert "Réservée" not in str(found)


def test_an_ally_lists_its_analyses_to_those_who_may_read_them(signed_in, read):
    page, vallee = une_page_allie(), une_page_territoire("Vallée")
    for title, visibilite in (
        ("Pour tous", "public"),
        ("Cohorte", "membres"),
        ("Ici", "delegation"),
    ):
        une_analyse(title, vallee, visibilite=visibilite, allie=page.allie)
    une_analyse("D’une autre", vallee)

    def listed():
        return sorted(a.get_text() for a in read(page.url).select(".analyse__titre"))

    assert listed() == ["Pour tous"]
    signed_in(un_membre())
    assert listed() == ["Cohorte", "Pour tous"]
    signed_in(un_membre(territoire=vallee.territoire))
    assert listed() == ["Cohorte", "Ici", "Pour tous"]
    assert "Réservé à la délégation du territoire." in read(page.url).words


def test_an_ally_stands_in_its_list_alone():
    assert AlliePage.can_create_at(AllieIndexPage.objects.get())
    assert not AlliePage.can_create_at(une_page_territoire())


def test_a_draft_is_seen_as_it_would_read(signed_in):
    vallee, page = une_page_territoire("Vallée des Lavoirs"), une_page_allie()
    page.territoires = [vallee.territoire]
    page.save_revision()
    client = signed_in(MembreFactory(is_superuser=True))
    answer = client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))
    assert "Vallée des Lavoirs" in answer.content.decode()


def test_an_ally_costs_the_same_with_twenty_analyses_as_with_two(queries):
    page = une_page_allie()

    def add(numbers):
        for n in numbers:
            territoire = une_page_territoire(f"Vallée {n}")
            page.territoires.add(territoire.territoire)
            une_analyse(f"Analyse {n}", territoire, allie=page.allie)
        page.save()

    add(range(2))
    with_two = queries(page.url)
    add(range(2, 20))
    assert queries(page.url) == with_two
