"""The command that brings a database, empty or not, to what the portal needs."""

from io import StringIO

import pytest
from django.core.management import call_command
from wagtail.models import Page

from communaute.models import Commune, Epci
from pages.models import AccueilPage, Fondamental

pytestmark = pytest.mark.django_db


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
