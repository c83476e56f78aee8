"""The back office opens no way into a member's account."""

import pytest
from django.urls import reverse
from django.utils import timezone

from communaute.models import Membre
from pages.groupes import ADMINISTRATION, ANIMATION
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    SiegeFactory,
    TerritoireFactory,
    in_group,
    un_membre,
    une_page_territoire,
)


@pytest.fixture
def administration(signed_in):
    return signed_in(MembreFactory(is_superuser=True))


def edit(client, membre, **fields):
    data = {"first_name": "Camille", "last_name": "Nom", "email": membre.email, "is_active": "on"}
    return client.post(reverse("wagtailusers_users:edit", args=[membre.pk]), data | fields)


def test_an_administrator_sets_nobodys_password(administration):
    membre = un_membre()
    edit(administration, membre, password1="une longue phrase", password2="une longue phrase")
    assert Membre.objects.get(pk=membre.pk).password == membre.password


def test_an_administrator_changes_nobodys_address(administration):
    membre = un_membre()
    response = edit(administration, membre, email="moi@administration.example", last_name="Neuf")
    assert response.status_code == 302
    after = Membre.objects.get(pk=membre.pk)
    assert (after.email, after.last_name) == (membre.email, "Neuf")


def test_an_administrator_creates_an_account_that_its_owner_will_open(administration):
    data = {"email": "Neuve@exemple.fr", "first_name": "Ada", "last_name": "Neuve"}
    administration.post(reverse("wagtailusers_users:add"), data)
    created = Membre.objects.get(email="neuve@exemple.fr")
    assert not created.check_password("")


def test_members_are_found_by_what_they_are_in_the_cohort(listed):
    vallee = TerritoireFactory()
    SiegeFactory(membre__last_name="Élue", membre__first_name="", territoire=vallee)
    SiegeFactory(membre__last_name="Agent", membre__first_name="", college="agents")
    animatrice = MembreFactory(last_name="Anime", first_name="")
    EspaceFactory().nominate("animation", [animatrice])
    administrator = in_group(ADMINISTRATION, last_name="Admin", first_name="")

    def found(**query):
        return listed("wagtailusers_users", administrator, **query)

    assert sorted(found()) == ["Admin", "Agent", "Anime", "Élue"]
    assert found(college="agents") == ["Agent"]
    assert found(territoire=vallee.pk) == ["Élue"]
    assert f"Maire, {vallee}" in listed.rows[0]
    assert found(place="siege", college="elus") == ["Élue"]
    assert sorted(found(place="sans")) == ["Admin", "Anime"]
    assert found(place="anime") == ["Anime"]
    assert found(q="agen") == ["Agent"]


def test_members_and_their_addresses_are_listed_to_who_administers_alone(client, tree):
    membre = un_membre()
    address = reverse("wagtailusers_users:index")
    for group in (ANIMATION, une_page_territoire().editors()):
        client.force_login(in_group(group))
        assert client.get(address).status_code == 302
        assert address not in client.get("/gestion/").content.decode()
    client.force_login(in_group(ADMINISTRATION))
    assert address in client.get("/gestion/").content.decode()
    assert membre.email in client.get(address).content.decode()


def test_who_closed_their_account_is_neither_listed_nor_changed(administration):
    gone = MembreFactory(email="gone@exemple.fr", parti_le=timezone.now(), is_active=False)
    listed = administration.get(reverse("wagtailusers_users:index")).content.decode()
    assert gone.email not in listed
    assert edit(administration, gone, last_name="Neuf").status_code == 404
    assert not Membre.objects.get(pk=gone.pk).is_active


def test_nobody_is_copied_nor_deleted_with_others(administration):
    membre = un_membre()
    listed = administration.get(reverse("wagtailusers_users:index")).content.decode()
    assert f"/users/copy/{membre.pk}/" not in listed
    assert administration.get(f"/gestion/users/copy/{membre.pk}/").status_code == 404
    delete = reverse("wagtail_bulk_action", args=["communaute", "membre", "delete"])
    assert delete not in listed
    assert delete.replace("delete", "set_active_state") in listed
    assert administration.get(f"{delete}?id={membre.pk}").status_code == 404


def test_the_form_and_the_list_say_alike_whether_an_account_is_open(administration):
    membre = un_membre()
    for address in (
        reverse("wagtailusers_users:index"),
        reverse("wagtailusers_users:edit", args=[membre.pk]),
    ):
        assert "Compte ouvert" in administration.get(address).content.decode()
