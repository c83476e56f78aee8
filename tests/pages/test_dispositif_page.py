"""A programme: who carries it, at which scale, and the projects that plug into it."""

import pytest
from django.urls import reverse

from pages.models import DispositifIndexPage, DispositifPage
from tests.factories import (
    MembreFactory,
    corps,
    restrict,
    un_dispositif,
    un_projet,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


def test_a_programme_says_who_carries_it_at_which_scale_and_where_to_read_more(read):
    page = un_dispositif(
        porteur="La Région et les départements",
        introduction="Un plan pour rénover.",
        site="https://exemple.fr/plan",
        corps=corps(("texte", "<p>Depuis trois ans.</p>")),
    )
    found = read(page.url)
    for said in (
        "La Région et les départements",
        "Échelle régionale",
        "Un plan pour rénover.",
        "Depuis trois ans.",
    ):
        assert said in found.words
    assert found.main.find("a", href="https://exemple.fr/plan")


def test_a_programme_lists_the_projects_that_plug_into_it_and_nothing_else(read):
    page, vallee = un_dispositif(), une_page_territoire("Vallée")
    projet = un_projet("Rouvrir", vallee, dispositifs=[page], etapes=("pensee", "action"))
    un_projet("Ailleurs", vallee)
    restrict(un_projet("Réservé", vallee, dispositifs=[page]))
    un_projet("Retiré", vallee, dispositifs=[page]).unpublish()
    (listed,) = read(page.url).select(".projet")
    assert listed.a["href"] == projet.url
    words = " ".join(listed.get_text().split())
    assert words == "Vallée Rouvrir Comment rouvrir des maisons ? Agir depuis le 1er janvier 2026"


def test_a_programme_that_no_project_plugs_into_says_so(read):
    assert "Aucun projet pilote ne s’y branche" in read(un_dispositif().url).words


def test_a_programme_stands_in_its_list_alone():
    assert DispositifPage.can_create_at(DispositifIndexPage.objects.get())
    assert not DispositifPage.can_create_at(une_page_territoire())


def test_a_draft_is_seen_as_it_would_read(signed_in):
    page = un_dispositif()
    page.save_revision()
    client = signed_in(MembreFactory(is_superuser=True))
    answer = client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))
    assert "La Région" in answer.content.decode()


def test_a_programme_costs_the_same_with_twenty_projects_as_with_two(queries):
    page = un_dispositif()

    def add(numbers):
        for n in numbers:
            territoire = une_page_territoire(f"Vallée {n}")
            un_projet(f"Projet {n}", territoire, dispositifs=[page], etapes=("pensee", "action"))

    add(range(2))
    with_two = queries(page.url)
    add(range(2, 20))
    assert queries(page.url) == with_two
