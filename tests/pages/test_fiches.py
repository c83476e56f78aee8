"""The records of the back office: who writes for a territory."""

import pytest
from django.urls import reverse

from pages.groupes import ADMINISTRATION, ANIMATION
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    TerritoireFactory,
    in_group,
    un_membre,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def vallee():
    return une_page_territoire("Vallée")


@pytest.fixture
def administrator(signed_in):
    return signed_in(in_group(ADMINISTRATION))


def edition(territoire):
    return reverse("territoire:edition", args=[territoire.pk])


def test_an_administrator_gives_a_territory_to_write(administrator, vallee):
    membre = MembreFactory()
    assert administrator.get(edition(vallee.territoire)).status_code == 200
    answer = administrator.post(edition(vallee.territoire), {"nouveau": membre.pk})
    assert answer.status_code == 302
    assert vallee.permissions_for_user(membre).can_publish()
    listed = administrator.get(reverse("territoire:index")).content.decode()
    assert str(membre) in listed
    assert edition(vallee.territoire) in listed


def test_an_administrator_takes_it_back_and_leaves_it_to_others(administrator, vallee):
    leaving, staying, coming = (MembreFactory() for _ in range(3))
    vallee.editors().user_set.set([leaving, staying])
    form = {"editeurs": [staying.pk], "nouveau": coming.pk}
    administrator.post(edition(vallee.territoire), form)
    assert set(vallee.editors().user_set.all()) == {staying, coming}


def test_a_territory_without_page_is_given_to_nobody(administrator):
    territoire = TerritoireFactory()
    answer = administrator.get(edition(territoire), follow=True)
    assert "n’a pas encore de page" in answer.content.decode()
    assert territoire.groupe_edition is None


def test_someone_who_does_not_exist_is_refused_and_nothing_changes(administrator, vallee):
    answer = administrator.post(edition(vallee.territoire), {"nouveau": 999_999})
    assert answer.status_code == 200
    assert vallee.territoire.groupe_edition is None


@pytest.mark.parametrize("who", ["facilitator", "editor"])
def test_no_one_else_gives_it_or_chooses_among_members(signed_in, vallee, who):
    group = ANIMATION if who == "facilitator" else vallee.editors()
    client, before = signed_in(in_group(group)), vallee.editors().user_set.count()
    for address in (edition(vallee.territoire), reverse("choix_membre:choose")):
        assert client.get(address).status_code in (302, 404)
    client.post(edition(vallee.territoire), {"nouveau": MembreFactory().pk})
    assert vallee.editors().user_set.count() == before


def test_a_member_is_found_by_a_part_of_their_name_or_address(administrator):
    found = MembreFactory(first_name="Hélène", last_name="Marty", email="h.marty@exemple.fr")
    other = MembreFactory(first_name="Yanis", last_name="Mercier")
    for words in ("marty", "hél", "h.marty", "mar hélène"):
        shown = administrator.get(reverse("choix_membre:choose"), {"q": words}).json()["html"]
        assert str(found) in shown, words
        assert str(other) not in shown, words


def test_an_administrator_makes_nobody_a_superuser(administrator):
    membre = MembreFactory()
    form = {
        "email": membre.email,
        "first_name": "Camille",
        "last_name": "Nom",
        "is_superuser": "on",
    }
    for address in (
        reverse("wagtailusers_users:edit", args=[membre.pk]),
        reverse("wagtailusers_users:add"),
    ):
        assert "is_superuser" not in administrator.get(address).context["form"].fields
        administrator.post(address, form | {"email": "autre@exemple.fr", "is_active": "on"})
    assert not type(membre).objects.filter(is_superuser=True).exists()


def test_spaces_are_found_by_whom_they_are_for_and_by_who_takes_care_of_them(listed):
    animated = EspaceFactory(nom="Salon des chênes", college="elus")
    EspaceFactory(nom="Salon des ormes", college="agents")
    animated.nominate("animation", [MembreFactory(first_name="Inès", last_name="Moreau")])
    un_membre("elus")
    names = {"Salon des chênes", "Salon des ormes"}
    assert set(listed("espace")) == names
    assert listed("espace", animation="avec") == ["Salon des chênes"]
    assert listed("espace", animation="sans") == ["Salon des ormes"]
    assert listed("espace", college="elus") == ["Salon des chênes"]
    assert listed("espace", q="chênes") == ["Salon des chênes"]
    assert [row[2:] for row in listed.rows] == [["Inès Moreau", "2"]]
