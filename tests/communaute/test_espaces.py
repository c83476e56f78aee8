"""Spaces as their administrators set them, and what their members can see of it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from communaute.models import Espace, Membre, Nomination, Siege
from tests.factories import (
    AllieFactory,
    EspaceFactory,
    MembreFactory,
    SiegeFactory,
    TerritoireFactory,
    confirmed,
    entered,
    un_membre,
    un_sujet,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return MembreFactory(is_superuser=True, first_name="Ada", last_name="Technique")


@pytest.fixture
def administration(signed_in, admin):
    return signed_in(admin)


def days_ago(days):
    return timezone.localdate() - timedelta(days=days)


def fields(espace, **changed):
    """What the form of a space sends when it is saved as it was shown, but for ``changed``."""
    return {
        "nom": espace.nom,
        "objet": espace.objet,
        "slug": espace.slug,
        "audience": espace.audience,
        "college": espace.college,
        "territoire": "",
        "animateurs": [m.pk for m in espace.animateurs],
        "lecteurs": [m.pk for m in espace.lecteurs],
        "charte": espace.charte.texte.replace("\n", "\r\n"),
        **changed,
    }


def save(client, espace, **changed):
    return client.post(reverse("espace:edit", args=[espace.pk]), fields(espace, **changed))


def name(client, espace, **changed):
    return confirmed(client, reverse("espace:edit", args=[espace.pk]), fields(espace, **changed))


def test_an_administrator_opens_a_space_with_its_charter(administration):
    data = {
        "nom": "Entre agent·es",
        "objet": "Parler du métier.",
        "slug": "agents",
        "audience": "college",
        "college": "agents",
        "charte": "Ici, on se dit les choses.",
    }
    assert administration.post(reverse("espace:add"), data).status_code == 302
    espace = Espace.objects.get(slug="agents")
    assert (espace.nom, espace.objet) == ("Entre agent·es", "Parler du métier.")
    assert espace.charte.texte == "Ici, on se dit les choses."
    assert espace.readers().count() == 0


def test_a_space_whose_audience_contradicts_itself_is_refused_with_the_reason(administration):
    data = {
        "nom": "Sans collège",
        "objet": "…",
        "slug": "sans",
        "audience": "college",
        "college": "",
        "charte": "…",
    }
    response = administration.post(reverse("espace:add"), data)
    assert response.status_code == 200
    assert "nomme un collège" in response.content.decode()
    assert not Espace.objects.exists()


def test_whom_a_space_is_for_does_not_change(administration):
    espace = EspaceFactory(college="elus")
    topic = un_sujet(espace)
    assert save(administration, espace, college="agents", nom="Nouveau nom").status_code == 302
    espace = Espace.objects.get(pk=espace.pk)
    assert (espace.college, espace.nom) == ("elus", "Nouveau nom")
    agent = un_membre("agents")
    administration.force_login(agent)
    assert administration.get(topic.get_absolute_url()).status_code == 404


def test_saving_a_space_as_it_was_asks_nobody_to_accept_its_charter_again(administration):
    espace = EspaceFactory()
    espace.adopt_charte("Une ligne.\n\nUne autre.")
    elue = entered(un_membre("elus"), espace)
    assert save(administration, espace).status_code == 302
    assert espace.chartes.count() == 2
    assert espace.pk in Membre.objects.get(pk=elue.pk).rights.entered


def test_who_was_named_to_read_is_still_told_when_it_is_over(administration, client, admin):
    espace = EspaceFactory()
    elue = entered(un_membre("elus"), espace)
    name(administration, espace, nouveau_lecteur=admin.pk)
    client.force_login(elue)
    page = client.get(f"/communaute/espaces/{espace.slug}/lecteurs/").content.decode()
    assert "Ada Technique" in page
    assert "auparavant" not in page

    client.force_login(admin)
    name(client, espace, lecteurs=[])
    client.force_login(elue)
    page = client.get(f"/communaute/espaces/{espace.slug}/lecteurs/").content.decode()
    assert "Ada Technique" in page.split("Ont pu lire auparavant")[1]
    assert espace.pk not in Membre.objects.get(pk=admin.pk).rights.readable
    nomination = Nomination.objects.get(membre=admin)
    assert nomination.depuis < nomination.jusqua


def test_whoever_just_lost_their_seat_is_told_among_former_readers(client):
    espace = EspaceFactory()
    elue = entered(un_membre("elus"), espace)
    SiegeFactory(
        membre__last_name="Sortante",
        debut="2020-01-01",
        fin=days_ago(10),
        fonction="Ancienne maire",
    )
    SiegeFactory(membre__last_name="Lointaine", debut="2020-01-01", fin=days_ago(100))
    client.force_login(elue)
    page = client.get(f"/communaute/espaces/{espace.slug}/lecteurs/").content.decode()
    assert "Sortante" in page.split("Ont pu lire auparavant")[1]
    assert "Lointaine" not in page


def test_naming_somebody_twice_is_once():
    espace, membre = EspaceFactory(), MembreFactory()
    espace.nominate(Nomination.Role.ANIMATION, [membre])
    espace.nominate(Nomination.Role.ANIMATION, [membre])
    assert Nomination.objects.count() == 1
    espace.nominate(Nomination.Role.ANIMATION, [])
    espace.nominate(Nomination.Role.ANIMATION, [membre])
    assert list(espace.animateurs) == [membre]
    assert Nomination.objects.count() == 2


def test_a_seat_once_given_changes_only_its_function_and_its_end(administration, admin):
    siege = SiegeFactory(college="elus")
    data = {
        "membre": admin.pk,
        "college": "agents",
        "fonction": "Première adjointe",
        "debut": "2020-01-01",
        "fin": "",
    }
    response = administration.post(reverse("siege:edit", args=[siege.pk]), data)
    assert response.status_code == 302
    after = Siege.objects.get(pk=siege.pk)
    assert (after.membre, after.college, after.debut) == (siege.membre, "elus", siege.debut)
    assert after.fonction == "Première adjointe"


def test_what_is_still_in_use_is_not_deleted_and_the_page_says_so(administration):
    territoire, allie = TerritoireFactory(), AllieFactory()
    SiegeFactory(territoire=territoire)
    SiegeFactory(college="", allie=allie)
    for name, used in (("territoire", territoire), ("allie", allie)):
        response = administration.post(reverse(f"{name}:delete", args=[used.pk]), follow=True)
        assert response.status_code == 200
        assert "sert encore" in response.content.decode()
        used.refresh_from_db()


def test_an_unused_ally_is_deleted(administration):
    allie = AllieFactory()
    administration.post(reverse("allie:delete", args=[allie.pk]))
    assert not type(allie).objects.filter(pk=allie.pk).exists()


def test_a_text_written_while_the_charter_changed_is_given_back(client):
    espace = EspaceFactory()
    elue = un_membre("elus")
    topic = un_sujet(espace, author=elue)
    client.force_login(elue)
    espace.adopt_charte("Une nouvelle version.")
    for address in (
        topic.get_absolute_url(),
        f"/communaute/espaces/{espace.slug}/nouveau-sujet/",
        f"/communaute/messages/{topic.posts.get().reference}/modifier/",
    ):
        response = client.post(address, {"subject": "Titre", "content": "Un texte précieux"})
        assert response.status_code == 409
        page = response.content.decode()
        assert "Un texte précieux" in page
        assert f"/communaute/espaces/{espace.slug}/charte/?suite=" in page


def test_a_text_sent_where_one_may_no_longer_write_is_given_back(client):
    espace = EspaceFactory()
    topic = un_sujet(espace)
    client.force_login(un_membre("agents"))
    for address in (topic.get_absolute_url(), "/communaute/sujets/rien/"):
        response = client.post(address, {"content": "Un texte <précieux>"})
        assert response.status_code == 404
        assert "Un texte &lt;précieux&gt;" in response.content.decode()


@pytest.mark.parametrize("suite", ["foo", "é", "?", "account_logout", ":", ""])
def test_an_odd_address_to_go_on_to_leads_to_the_space(client, suite):
    espace = EspaceFactory()
    client.force_login(un_membre("elus"))
    data = {"version": 1, "accepte": "on", "suite": suite}
    response = client.post(f"/communaute/espaces/{espace.slug}/charte/", data)
    assert response.url == espace.get_absolute_url()


@pytest.mark.parametrize("invisible", ["\u200b", "\u200b \u00a0", "\u2060\n"])
def test_a_text_without_anything_to_see_is_no_message(client, invisible):
    espace = EspaceFactory()
    client.force_login(entered(un_membre("elus"), espace))
    response = client.post(
        f"/communaute/espaces/{espace.slug}/nouveau-sujet/",
        {"subject": invisible, "content": invisible},
    )
    assert response.status_code == 422
