"""The records of the back office: who writes for a territory, who is named to a space."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from communaute.models import Espace
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


# --- Spaces ---------------------------------------------------------------------------------------


def of(espace, **changed):
    """What the form of a space sends when it is saved as it was shown, but for ``changed``."""
    return {
        "nom": espace.nom,
        "objet": espace.objet or "Parler",
        "slug": espace.slug,
        "animateurs": [membre.pk for membre in espace.animateurs],
        "lecteurs": [membre.pk for membre in espace.lecteurs],
        "charte": espace.charte.texte,
        **changed,
    }


@pytest.fixture
def espace():
    espace = EspaceFactory(slug="elus")
    espace.nominate("animation", [MembreFactory(first_name="Inès", last_name="Moreau")])
    return espace


def edit(espace):
    return reverse("espace:edit", args=[espace.pk])


def test_naming_one_more_leaves_the_others_named_and_says_it_before_and_after(
    administrator, espace
):
    thomas = MembreFactory(first_name="Thomas", last_name="Albert")
    data = of(espace, nouveau_lecteur=thomas.pk)
    said = "Thomas Albert lira cet espace."
    asked = administrator.post(edit(espace), data)
    assert asked.status_code == 200
    assert said in asked.content.decode()
    assert "Rien n’est encore enregistré." in asked.content.decode()
    assert not espace.lecteurs.exists()
    saved = administrator.post(edit(espace), data | {"annonce": said}, follow=True)
    assert said in saved.content.decode()
    assert "Personne n’anime" not in saved.content.decode()
    assert list(espace.lecteurs) == [thomas]
    assert [str(membre) for membre in espace.animateurs] == ["Inès Moreau"]


def test_dismissing_the_only_facilitator_says_so_and_that_nobody_is_left(administrator, espace):
    data = of(espace, animateurs=[])
    asked = administrator.post(edit(espace), data)
    said = asked.context["form"]["annonce"].value()
    assert said == "Inès Moreau n’animera plus cet espace."
    assert espace.animateurs.exists()
    saved = administrator.post(edit(espace), data | {"annonce": said}, follow=True)
    assert said in saved.content.decode()
    assert "Personne n’anime cet espace : les alertes" in saved.content.decode()
    assert not espace.animateurs.exists()


def test_what_was_confirmed_is_saved_and_nothing_else(administrator, espace):
    data = of(espace, animateurs=[])
    said = administrator.post(edit(espace), data).context["form"]["annonce"].value()
    # Meanwhile, somebody else named another.
    espace.entrust_to(MembreFactory(first_name="Paul", last_name="Roux"))
    again = administrator.post(edit(espace), data | {"annonce": said})
    assert again.status_code == 200
    assert "Paul Roux n’animera plus cet espace." in again.content.decode()
    assert espace.animateurs.count() == 2


def test_changing_nothing_of_the_names_asks_nothing(administrator, espace):
    assert administrator.post(edit(espace), of(espace, nom="Autre")).status_code == 302
    sent = of(espace, annonce="Inès Moreau n’animera plus cet espace.")
    assert administrator.post(edit(espace), sent).status_code == 302
    assert espace.animateurs.count() == 1


def test_only_those_who_are_named_are_listed(administrator, espace, queries):
    before = queries(edit(espace))
    MembreFactory.create_batch(20)
    assert queries(edit(espace)) == before
    page = BeautifulSoup(administrator.get(edit(espace)).content, "html.parser")
    assert [box["type"] for box in page.select("[name=animateurs]")] == ["checkbox"]
    assert page.select_one("[name=animateurs]").has_attr("checked")
    assert not page.select("[name=lecteurs], select[multiple]")
    espace.nominate("animation", MembreFactory.create_batch(20))
    assert queries(edit(espace)) == before


@pytest.mark.parametrize("who", ["nobody", "facilitator"])
def test_a_space_that_opens_takes_its_address_from_its_name_and_says_if_nobody_animates_it(
    administrator, who
):
    page = administrator.get(reverse("espace:add")).content.decode()
    assert "sans accent ni espace : delegation-virelaube" in page
    assert "Pour un collège, dites lequel" in page
    data = {
        "nom": "Délégation de Virelaube",
        "objet": "Se parler",
        "slug": "",
        "audience": "tous",
        "charte": "…",
    }
    if who == "facilitator":
        data["nouvel_animateur"] = MembreFactory(first_name="Inès", last_name="Moreau").pk
    answer = administrator.post(reverse("espace:add"), data, follow=True).content.decode()
    espace = Espace.objects.get()
    assert espace.slug == "delegation-de-virelaube"
    assert ("Personne n’anime cet espace" in answer) == (who == "nobody")
    assert ("Inès Moreau animera cet espace." in answer) == (who == "facilitator")


def test_a_name_without_letters_needs_an_address_and_an_address_left_empty_stays(
    administrator, espace
):
    data = {"nom": "★", "objet": "?", "slug": "", "audience": "tous", "charte": "…"}
    assert "slug" in administrator.post(reverse("espace:add"), data).context["form"].errors
    assert administrator.post(edit(espace), of(espace, slug="")).status_code == 302
    espace.refresh_from_db()
    assert espace.slug == "elus"
