"""Who is named, and what is changed for others, is on record with who did it."""

import pytest
from django.urls import reverse
from wagtail.models import ModelLogEntry

from pages.groupes import ADMINISTRATION
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    confirmed,
    in_group,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def administration(client):
    client.membre = in_group(ADMINISTRATION)
    client.force_login(client.membre)
    return client


def messages(instance):
    return [entry.message for entry in ModelLogEntry.objects.for_instance(instance)]


def test_who_is_named_to_a_space_and_who_no_longer_is(administration):
    espace = EspaceFactory(slug="elus", nom="Entre élu·es")
    ines, marc = (MembreFactory(first_name="", last_name=nom) for nom in ("Inès", "Marc"))
    form = {"nom": "Entre élu·es", "objet": "Parler", "slug": "elus", "charte": "Écoutons."}
    address = reverse("espace:edit", args=[espace.pk])
    espace.adopt_charte("Écoutons.")
    confirmed(administration, address, form | {"nouvel_animateur": ines.pk})
    administration.post(address, form | {"animateurs": [ines.pk]})
    confirmed(administration, address, form | {"nouvel_animateur": marc.pk})
    form["animateurs"] = [marc.pk]
    confirmed(administration, address, form | {"nouveau_lecteur": ines.pk})
    form["lecteurs"] = [ines.pk]
    said = [message for message in messages(espace) if "dans" not in message.lower()]
    named = [message for message in said if message.startswith(("Animation", "Lecture"))]
    assert named == [
        "Lecture : avec Inès",
        "Animation : avec Marc ; sans Inès",
        "Animation : avec Inès",
    ]
    assert "Charte changée" not in said
    administration.post(address, form | {"charte": "Parlons."})
    assert "Charte changée" in messages(espace)
    assert {entry.user for entry in ModelLogEntry.objects.for_instance(espace)} == {
        administration.membre
    }
    history = administration.get(reverse("espace:history", args=[espace.pk])).content.decode()
    assert "sans Inès" in history


def test_who_is_given_a_territory_to_write(administration):
    territoire, membre = une_page_territoire("Vallée").territoire, MembreFactory(last_name="Roux")
    address = reverse("territoire:edition", args=[territoire.pk])
    administration.post(address, {"nouveau": membre.pk})
    assert f"Édition : avec {membre}" in messages(territoire)
    administration.post(address, {})
    assert f"Édition : sans {membre}" in messages(territoire)


@pytest.mark.parametrize(
    ("act", "form"), [("set_active_state", {"mark_as_active": "False"}), ("assign_role", {})]
)
def test_what_is_done_to_several_members_at_once(administration, act, form):
    membres = [MembreFactory(), MembreFactory()]
    keys = "&".join(f"id={membre.pk}" for membre in membres)
    form = form or {"role": administration.membre.groups.get().pk}
    address = f"/gestion/bulk/communaute/membre/{act}/?{keys}"
    assert administration.post(address, form).status_code == 302
    for membre in membres:
        (entry,) = ModelLogEntry.objects.for_instance(membre)
        assert entry.user == administration.membre
