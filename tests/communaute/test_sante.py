"""What facilitators see of a space's health, and what they do not see of anyone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from communaute import conversation
from communaute.forum_conversation.models import Topic
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    TerritoireFactory,
    entered,
    un_membre,
    un_sujet,
)

pytestmark = pytest.mark.django_db

ADDRESS = "/communaute/espaces/elus/sante/"


@pytest.fixture
def espace():
    return EspaceFactory(slug="elus")


@pytest.fixture
def as_facilitator(client, espace):
    membre = MembreFactory()
    espace.nominate("animation", [membre])
    client.force_login(entered(membre, espace))
    return client


def test_nothing_is_shown_of_a_space_with_under_five_readers(as_facilitator, espace, read):
    un_sujet(espace, subject="Une question")
    page = read(ADDRESS)
    assert "Moins de cinq personnes" in page.words
    assert "Une question" not in page.words


def test_questions_silence_and_territories_are_told_and_nobody_is(as_facilitator, espace, read):
    silent, heard, alone = (TerritoireFactory(nom=nom) for nom in ("Muet", "Entendu", "Seul"))
    for territoire in (silent, heard):
        peers = [entered(un_membre(territoire=territoire), espace) for _ in range(3)]
    un_membre(territoire=alone)
    asked = un_sujet(espace, author=peers[0], subject="Déjà répondu")
    conversation.reply(peers[1], asked, "Oui.")
    Topic.objects.update(created=timezone.now() - timedelta(days=4))
    un_sujet(espace, author=peers[0], subject="Toujours en attente")
    page = read(ADDRESS)
    assert "Toujours en attente" in page.words
    assert "Déjà répondu" not in page.words
    assert "moins de 4 jours" in page.words
    assert "Quelqu’un a écrit aujourd’hui" in page.words
    assert "Muet" in page.words
    assert "Entendu" not in page.words
    assert "Seul " not in page.words
    assert peers[0].get_full_name() not in page.select_one("main").get_text()
    assert len(page.select("tbody tr")) == len(page.select("rect")) - len(
        page.select(".marque__signe rect")
    )


def test_an_answer_that_cannot_be_read_is_none(as_facilitator, espace, read):
    peers = [entered(un_membre(), espace) for _ in range(5)]
    answer = conversation.reply(peers[1], un_sujet(espace, peers[0], "Qui sait ?"), "Moi.")
    assert "Qui sait ?" not in read(ADDRESS).words
    conversation.withdraw(peers[1], answer)
    assert "Qui sait ?" in read(ADDRESS).words
    assert "première réponse" not in read(ADDRESS).words


def test_a_member_has_no_such_page(client, espace):
    client.force_login(entered(un_membre(), espace))
    assert client.get(ADDRESS).status_code == 404
