"""The back office opens no way into a member's account."""

import pytest
from django.urls import reverse

from communaute.models import Membre
from tests.factories import MembreFactory, un_membre


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
