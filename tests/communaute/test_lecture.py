"""Who can read what: the two ways of asking agree, and derive from active seats alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from communaute.forum_conversation.models import Post, Topic
from communaute.models import Espace, Membre, rights_of
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


@pytest.fixture
def espaces():
    """One space of each audience."""
    territoire = TerritoireFactory()
    return {
        "elus": EspaceFactory(college="elus"),
        "agents": EspaceFactory(college="agents"),
        "delegation": EspaceFactory(
            audience=Espace.Audience.DELEGATION, college="", territoire=territoire
        ),
        "tronc": EspaceFactory(audience=Espace.Audience.TOUS, college=""),
    }


def read_by(membre, espaces):
    readable = set(Espace.objects.readable_by(Membre.objects.get(pk=membre.pk)))
    return {name for name, espace in espaces.items() if espace in readable}


def test_an_elue_reads_her_college_and_the_common_space(espaces):
    assert read_by(un_membre("elus"), espaces) == {"elus", "tronc"}


def test_a_delegate_reads_the_space_of_their_territory_too(espaces):
    agent = un_membre("agents", territoire=espaces["delegation"].territoire)
    assert read_by(agent, espaces) == {"agents", "delegation", "tronc"}


def test_an_ally_reads_the_common_space_alone_even_seated_for_a_territory(espaces):
    allie = un_allie()
    allie.sieges.update(territoire=espaces["delegation"].territoire)
    assert read_by(allie, espaces) == {"tronc"}


def test_an_administrator_reads_nothing_by_being_one(espaces):
    assert read_by(MembreFactory(is_superuser=True), espaces) == set()


def test_an_administrator_named_reader_reads_that_space(espaces):
    admin = MembreFactory(is_superuser=True)
    espaces["agents"].nominate("lecture", [admin])
    assert read_by(admin, espaces) == {"agents"}


def test_a_facilitator_reads_the_spaces_in_their_charge(espaces):
    animatrice = MembreFactory()
    espaces["elus"].nominate("animation", [animatrice])
    assert read_by(animatrice, espaces) == {"elus"}


@pytest.mark.parametrize("days", [{"debut": 1}, {"debut": -9, "fin": -1}], ids=["to come", "ended"])
def test_a_seat_not_held_today_opens_nothing(espaces, days):
    today = timezone.localdate()
    dates = {name: today + timedelta(days=away) for name, away in days.items()}
    assert read_by(SiegeFactory(**dates).membre, espaces) == set()


def test_a_seat_opens_on_its_first_day_and_on_its_last(espaces):
    today = timezone.localdate()
    assert read_by(SiegeFactory(debut=today, fin=today).membre, espaces) == {"elus", "tronc"}


def test_a_deactivated_member_reads_nothing(espaces):
    membre = un_membre("elus")
    membre.is_active = False
    membre.save()
    assert read_by(membre, espaces) == set()


def test_the_readers_shown_are_those_who_read(espaces):
    membres = [
        un_membre("elus"),
        un_membre("agents", territoire=espaces["delegation"].territoire),
        un_membre("etat"),
        un_allie(),
        MembreFactory(is_superuser=True),
        MembreFactory(),
        un_membre("socio_economiques"),
    ]
    espaces["elus"].nominate("animation", [membres[5]])
    espaces["agents"].nominate("lecture", [membres[4]])
    inactive = un_membre("elus")
    Membre.objects.filter(pk=inactive.pk).update(is_active=False)
    counted = {e.pk: e.readers_count for e in Espace.objects.with_readers_count()}
    for espace in espaces.values():
        reading = {m for m in Membre.objects.all() if espace.pk in rights_of(m).readable}
        assert set(espace.readers()) == reading
        assert counted[espace.pk] == len(reading)


def test_nothing_is_read_before_the_charter_is_accepted(espaces):
    topic = un_sujet(espaces["elus"])
    elue = un_membre("elus")
    assert not Topic.objects.readable_by(elue).exists()
    assert not Post.objects.readable_by(elue).exists()
    elue = entered(elue, espaces["elus"])
    assert Topic.objects.readable_by(elue).get() == topic
    assert Post.objects.readable_by(elue).get() == topic.posts.get()


def test_a_new_version_of_the_charter_is_accepted_anew(espaces):
    un_sujet(espaces["elus"])
    elue = entered(un_membre("elus"), espaces["elus"])
    espaces["elus"].adopt_charte("Une charte plus claire.")
    assert not Topic.objects.readable_by(Membre.objects.get(pk=elue.pk)).exists()


def test_the_same_text_is_no_new_version_of_the_charter(espaces):
    charte = espaces["elus"].charte
    assert espaces["elus"].adopt_charte(charte.texte) == charte
