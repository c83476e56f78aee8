"""Seats in the back office: found by when they are held; what ends them is on record."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from pages.groupes import ADMINISTRATION
from tests.factories import MembreFactory, SiegeFactory, in_group

pytestmark = pytest.mark.usefixtures("tree")

TODAY = timezone.localdate()


def test_seats_are_found_by_when_they_are_held(listed):
    day = timedelta(days=1)
    for nom, debut, fin in (
        ("Fini", TODAY - 9 * day, TODAY - day),
        ("Dernier", TODAY - 9 * day, TODAY),
        ("Demain", TODAY + day, None),
    ):
        SiegeFactory(membre__first_name="", membre__last_name=nom, debut=debut, fin=fin)
    assert listed("siege", etat="active") == ["Dernier"]
    assert listed("siege", etat="ended") == ["Fini"]
    assert listed("siege", etat="to_come") == ["Demain"]
    assert listed("siege", college="agents") == []


def test_a_seat_ends_in_a_year_that_somebody_means(client):
    client.force_login(in_group(ADMINISTRATION))
    siege = SiegeFactory()
    last_day = {"fonction": "Maire", "fin": "9999-12-31"}
    page = client.post(reverse("siege:edit", args=[siege.pk]), last_day)
    assert "une année entre 1900 et 2200" in page.content.decode()


def test_a_seat_given_and_a_seat_ended_are_on_record(client):
    administrator, membre = in_group(ADMINISTRATION), MembreFactory()
    client.force_login(administrator)
    seat = {"membre": membre.pk, "college": "elus", "fonction": "Maire", "debut": TODAY}
    client.post(reverse("siege:add"), seat)
    siege = membre.sieges.get()
    edit = reverse("siege:edit", args=[siege.pk])
    client.post(edit, {"fonction": "Adjointe", "fin": ""})
    client.post(edit, {"fonction": "Adjointe", "fin": TODAY})
    entries = ModelLogEntry.objects.for_instance(siege).order_by("pk")
    assert [entry.action for entry in entries] == [
        *("wagtail.create", "wagtail.edit", "wagtail.edit"),
        "siege.finir",
    ]
    assert {entry.user for entry in entries} == {administrator}
    assert str(TODAY.year) in entries.last().message
    client.post(edit, {"fonction": "Adjointe", "fin": ""})
    assert ModelLogEntry.objects.for_instance(siege).first().message == "Fin du siège retirée"
