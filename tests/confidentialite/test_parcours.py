"""What a member marked as done is seen by that member alone."""

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.urls import reverse
from wagtail.models import ModelLogEntry, PageLogEntry, ReferenceIndex

from pages.models import Parcours
from tests.confidentialite.conftest import OUTSIDERS
from tests.factories import un_membre, un_module, une_ressource

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def ressource():
    return une_ressource("Fiche d’écoute", un_module("Écouter"))


@pytest.fixture
def shown(client, ressource):
    """``shown()`` returns all that the client reads of the path, in public and behind."""
    module = ressource.get_parent()
    addresses = [
        "/tronc-commun/",
        module.url,
        ressource.url,
        "/recherche/?q=fiche",
        *(
            reverse(f"wagtailadmin_pages:{view}", args=[ressource.pk])
            for view in ("edit", "history", "usage", "delete")
        ),
    ]

    def shown():
        return [
            (answer.status_code, BeautifulSoup(answer.content, "html.parser").get_text(" "))
            for answer in map(client.get, addresses)
        ]

    return shown


@pytest.mark.parametrize("kind", ["visitor", *OUTSIDERS])
def test_whoever_else_looks_sees_the_same_before_and_after(client, ressource, shown, kind):
    nadia, other = un_membre(), None if kind == "visitor" else OUTSIDERS[kind]()
    if other:
        client.force_login(other)
    shown()
    before = shown()
    Parcours.objects.create(membre=nadia, ressource=ressource)
    assert shown() == before


def test_no_index_nor_journal_keeps_a_mark(client, ressource):
    client.force_login(un_membre())
    kept = (ModelLogEntry, PageLogEntry, ReferenceIndex)
    before = [model.objects.count() for model in kept]
    client.post(ressource.url, {"parcourue": "oui"})
    assert Parcours.objects.count() == 1
    assert [model.objects.count() for model in kept] == before
    assert not ReferenceIndex.model_is_indexable(apps.get_model("pages.Parcours"))
