"""The command that brings a database, empty or not, to what the portal needs."""

from io import StringIO

import pytest
from django.core.management import call_command
from wagtail.models import Page
from wagtail.search.models import IndexEntry

from communaute.models import Commune, Epci
from pages.models import AccueilPage, Fondamental

pytestmark = pytest.mark.usefixtures("nothing_laid")


def state():
    return {
        model: list(model.objects.order_by("pk").values())
        for model in (Page, AccueilPage, Fondamental, Epci)
    }


def test_setup_makes_a_database_ready_and_changes_nothing_the_second_time(client):
    call_command("setup", stdout=StringIO())
    assert client.get("/").status_code == 200
    assert Commune.objects.count() == 4446
    before = state()
    call_command("setup", stdout=StringIO())
    assert state() == before


def test_setup_indexes_again_what_an_older_version_had_indexed_otherwise(client):
    call_command("setup", stdout=StringIO())
    IndexEntry.objects.all().delete()
    assert not client.get("/recherche/", {"q": "enseignements"}).context["total"]
    call_command("setup", stdout=StringIO())
    assert client.get("/recherche/", {"q": "enseignements"}).context["total"]
