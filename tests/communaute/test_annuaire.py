"""Members to one another: what each is shown of another, and how they are found."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from communaute import conversation
from communaute.models import Espace, Membre, Profil, Visible
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    SiegeFactory,
    TerritoireFactory,
    entered,
    un_allie,
    un_membre,
    un_sujet,
)

pytestmark = pytest.mark.django_db

ADDRESS = "/communaute/annuaire/"


@pytest.fixture
def espaces():
    """The space of the élu·es, that of the agents, and the one common to all."""
    return [
        EspaceFactory(slug="elus", college="elus"),
        EspaceFactory(slug="agents", college="agents"),
        EspaceFactory(slug="commun", audience=Espace.Audience.TOUS, college=""),
    ]


@pytest.fixture
def elue(espaces):
    """An élue who says something of herself to each circle."""
    membre = un_membre("elus", territoire=TerritoireFactory(nom="Vallée"), membre__last_name="Roy")
    profil = Profil(
        membre=membre,
        partage="Nous avons rouvert le lavoir.",
        partage_visible=Visible.MEMBRES,
        cherche="Une commune qui a racheté sa source.",
        cherche_visible=Visible.ESPACES,
        contact="Au téléphone, le mardi.",
        contact_visible=Visible.PERSONNE,
    )
    profil.photo.save("photo", ContentFile(b"une photo"), save=False)
    profil.save()
    return membre


def page_of(membre):
    return f"/communaute/membres/{membre.reference}/"


def seen(client, membre, by):
    """What ``by`` reads on the page of ``membre``, as the names of what is shown."""
    client.force_login(by)
    page = client.get(page_of(membre)).content.decode()
    words = {"partage": "le lavoir", "cherche": "sa source", "contact": "le mardi", "photo": "<img"}
    return {name for name, word in words.items() if word in page.partition("<main")[2]}


def found(client, by, query=""):
    """Whom ``by`` finds, by their names."""
    client.force_login(by)
    page = client.get(f"{ADDRESS}?{query}").content.decode()
    return {str(m) for m in Membre.objects.all() if page_of(m) in page}


def test_each_circle_is_shown_what_is_for_it(client, espaces, elue):
    peer, agent = entered(un_membre("elus"), *espaces[::2]), entered(un_membre("agents"))
    assert seen(client, elue, peer) == {"partage", "cherche", "photo"}
    assert seen(client, elue, agent) == {"partage"}
    assert seen(client, elue, un_allie()) == {"partage"}


def test_a_peer_who_has_yet_to_accept_the_charter_is_no_peer_yet(client, espaces, elue):
    assert seen(client, elue, un_membre("elus")) == {"partage"}


def test_the_photo_is_served_to_whom_it_is_shown_alone(client, espaces, elue):
    address = f"{page_of(elue)}photo/"
    client.force_login(entered(un_membre("elus"), espaces[0]))
    answer = client.get(address)
    assert answer.getvalue() == b"une photo"
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    client.force_login(un_membre("agents"))
    assert client.get(address).status_code == 404


def test_a_photo_whose_file_is_gone_is_not_found(client, espaces, elue):
    elue.profil.photo.storage.delete(elue.profil.photo.name)
    client.force_login(entered(un_membre("elus"), espaces[0]))
    assert client.get(f"{page_of(elue)}photo/").status_code == 404


@pytest.mark.parametrize("who", ["without seat", "administrator"])
def test_who_is_no_member_of_the_cohort_meets_nobody(client, elue, who):
    client.force_login(MembreFactory(is_superuser=who == "administrator"))
    assert client.get(page_of(elue)).status_code == 404
    assert client.get(ADDRESS).status_code == 404


def test_who_holds_no_seat_any_more_is_found_by_nobody(client, espaces, elue):
    peer = entered(un_membre("elus"), espaces[0])
    elue.sieges.update(debut="2020-01-01", fin="2021-01-01")
    client.force_login(peer)
    assert client.get(page_of(elue)).status_code == 404
    assert found(client, peer) == {str(peer)}
    elue.sieges.update(fin=None)
    Membre.objects.filter(pk=elue.pk).update(is_active=False)
    assert client.get(page_of(elue)).status_code == 404


def test_without_a_common_space_one_meets_ones_own_spaces_alone(client, elue):
    Espace.objects.filter(slug="commun").update(audience="college", college="etat")
    agent = un_membre("agents")
    assert found(client, agent) == {str(agent)}
    client.force_login(agent)
    assert client.get(page_of(elue)).status_code == 404


@pytest.mark.parametrize(
    ("query", "by_peer", "by_agent"),
    [
        ("q=lavoirs", True, True),
        ("q=rouvert+un+lavoir", True, True),
        ("q=racheter+une+source", True, False),
        ("q=lavoir+source", True, False),
        ("q=source&quoi=partage", False, False),
        ("q=lavoir&quoi=partage", True, True),
        ("quoi=cherche", True, False),
        ("quoi=partage", True, True),
        ("q=mardi", False, False),
        ("q=piscine", False, False),
    ],
)
def test_a_search_finds_by_what_one_is_shown_and_by_nothing_else(
    query, by_peer, by_agent, client, espaces, elue
):
    peer, agent = entered(un_membre("elus"), espaces[0]), un_membre("agents")
    assert (str(elue) in found(client, peer, query)) == by_peer
    assert (str(elue) in found(client, agent, query)) == by_agent


def test_what_one_wrote_in_a_space_is_not_searched(client, espaces, elue):
    un_sujet(espaces[0], elue, "La piscine", "Notre piscine fuit.")
    assert found(client, entered(un_membre("elus"), espaces[0]), "q=piscine") == set()


def test_members_are_found_by_college_and_by_territory(client, espaces, elue):
    agent = un_membre("agents", territoire=TerritoireFactory(nom="Plaine"))
    vallee, plaine = elue.sieges.get().territoire, agent.sieges.get().territoire
    assert found(client, agent, "college=elus") == {str(elue)}
    assert found(client, agent, f"territoire={vallee.pk}") == {str(elue)}
    assert found(client, agent, f"college=elus&territoire={plaine.pk}") == set()


def test_a_question_that_makes_no_sense_is_answered_with_the_reason(client, espaces, elue):
    client.force_login(elue)
    for query in ("territoire=rien", "college=rien", f"q={'x' * 201}"):
        assert client.get(f"{ADDRESS}?{query}").status_code == 422


def test_the_directory_is_not_copied(client, espaces, elue, monkeypatch):
    monkeypatch.setitem(settings.ACCOUNT_RATE_LIMITS, "annuaire", "2/h/user")
    cache.clear()
    client.force_login(elue)
    assert [client.get(ADDRESS).status_code for _ in range(3)] == [200, 200, 429]
    assert "il ne se recopie pas" in client.get(ADDRESS).content.decode()
    client.force_login(un_membre("agents"))
    assert client.get(ADDRESS).status_code == 200


def test_the_name_of_an_author_leads_to_their_page_where_it_opens(client, espaces, elue):
    animatrice, topic = MembreFactory(), un_sujet(espaces[0], elue)
    espaces[0].nominate("animation", [animatrice])
    conversation.reply(entered(animatrice, espaces[0]), topic, "Une réponse.")
    client.force_login(entered(un_membre("elus"), espaces[0]))

    def led_to():
        page = client.get(topic.get_absolute_url()).content.decode()
        found = {one for one in (elue, animatrice) if page_of(one) in page}
        assert found == {
            one for one in (elue, animatrice) if client.get(page_of(one)).status_code == 200
        }
        return found

    assert led_to() == {elue, animatrice}
    Membre.objects.filter(pk=animatrice.pk).update(is_active=False)
    assert led_to() == {elue}
    elue.sieges.update(debut="2020-01-01", fin="2021-01-01")
    assert led_to() == set()


def test_more_members_ask_no_more_queries(client, espaces):
    def people(number):
        for _ in range(number):
            membre = un_membre("elus", territoire=TerritoireFactory())
            Profil.objects.create(membre=membre, partage="Un lavoir.", cherche="Une source.")

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert "Un" in client.get(f"{ADDRESS}?q=lavoir").content.decode()
        return len(queries)

    people(2)
    client.force_login(entered(Membre.objects.first(), espaces[0]))
    asked()
    few = asked()
    people(18)
    assert asked() == few


@pytest.mark.parametrize("address", [page_of, lambda membre: "/communaute/profil/"])
def test_more_seats_and_spaces_ask_no_more_queries_of_a_profile(client, elue, queries, address):
    client.force_login(elue)

    def more(total):
        for _ in range(total):
            territoire = TerritoireFactory()
            SiegeFactory(membre=elue, territoire=territoire)
            EspaceFactory(
                audience=Espace.Audience.DELEGATION, college="", territoire=territoire
            ).charte.accept(elue)

    more(2)
    few = queries(address(elue))
    more(18)
    assert queries(address(elue)) == few
