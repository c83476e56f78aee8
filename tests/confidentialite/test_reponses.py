"""Answers by mail: who lost the right to read posts nothing, and learns nothing from being refused."""

import logging
from datetime import date, timedelta
from email.message import EmailMessage

import pytest
from django.core import mail
from django.utils import timezone

from communaute import conversation, effacement, moderation, reponses
from communaute.adresses_de_reponse import Lien, address_of
from communaute.forum_conversation.models import Post, Topic
from communaute.models import CourrielRecu, Membre
from tests.confidentialite.monde import CANARY
from tests.factories import EspaceFactory, MembreFactory, SiegeFactory, entered, un_membre

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def answered(settings):
    settings.REPLY_ADDRESS = "reponse@portail.exemple.fr"


@pytest.fixture
def membre(sujet):
    return entered(un_membre("elus", membre__email="camille@exemple.fr"), sujet.espace)


def address_for(membre, topic, days=30):
    return address_of(Lien(membre.pk, topic.pk, timezone.localdate() + timedelta(days=days)))


def answer(membre, to, number=1):
    """What becomes of an answer that quotes the mail before it, with what the member is written."""
    written = EmailMessage()
    written["From"], written["To"], written["Message-ID"] = membre.email, to, f"<m{number}@x.fr>"
    written["Subject"] = f"Re: On répond à votre sujet : Titre {CANARY}"
    quoted = f"\n\nLe 26/11/2026 à 10:12, Portail a écrit :\n> Titre {CANARY}\n> Texte\n"
    written.set_content(f"Mes mots.{quoted}Et encore.{quoted}Fin.")
    mail.outbox.clear()
    return reponses.receive(bytes(written)), [letter.message() for letter in mail.outbox]


def seat_ends(membre, topic):
    membre.sieges.update(debut=date(2020, 1, 1), fin=date(2020, 2, 1))


def topic_is_moved(membre, topic):
    other = EspaceFactory(slug="agents", college="agents")
    Topic.objects.filter(pk=topic.pk).update(forum=other.forum)


def is_suspended(membre, topic):
    facilitator = MembreFactory()
    topic.espace.nominate("animation", [facilitator])
    moderation.suspend(entered(facilitator, topic.espace), topic.espace, membre, "Un motif")


def topic_is_withdrawn(membre, topic):
    conversation.withdraw(topic.poster, topic.first_post)


def topic_never_was(membre, topic):
    topic.pk += 1000


def seat_was_taken_after(membre, topic):
    before = SiegeFactory(college="elus", debut=date(2020, 1, 1), fin=date(2020, 2, 1))
    membre.sieges.update(succede_a=before, debut=timezone.localdate())
    Topic.objects.filter(pk=topic.pk).update(created=timezone.now() - timedelta(days=9))


LOST = [
    *(seat_ends, topic_is_moved, is_suspended, topic_is_withdrawn, topic_never_was),
    seat_was_taken_after,
]


@pytest.mark.parametrize("happens", LOST)
def test_who_lost_the_right_posts_nothing_and_is_told_the_same_whatever_happened(
    happens, membre, sujet
):
    happens(membre, sujet)
    before = Post.objects.count()
    resultat, letters = answer(membre, address_for(membre, sujet))
    assert resultat == ("refuse", "introuvable")
    assert Post.objects.count() == before
    [letter] = letters
    assert letter["To"] == membre.email
    assert CANARY not in str(letter)
    said = letter.get_payload(decode=True).decode()
    assert said == SAID.format(prenom=membre.first_name)


SAID = """Bonjour {prenom},

Votre réponse à un courriel du portail n’a pas été publiée : personne ne l’a lue.

Le sujet auquel vous répondez n’est pas ici : il a pu être retiré, ou ne plus vous être ouvert.

Voici ce que vous aviez écrit, pour le garder :

Mes mots.

Et encore.

Fin.

--
L’équipe de Cohorte
"""


def is_closed(membre):
    Membre.objects.filter(pk=membre.pk).update(is_active=False)


def left(membre):
    effacement.anonymise(membre, withdraw=False, asleep=True)


@pytest.mark.parametrize("happens", [is_closed, left])
def test_who_has_no_account_any_more_is_not_written_to(happens, membre, sujet):
    to = address_for(membre, sujet)
    happens(membre)
    mail.outbox.clear()
    resultat, letters = answer(membre, to)
    assert (resultat.issue, letters) == ("ignore", [])
    assert CourrielRecu.objects.count() == 0


def test_the_address_of_one_serves_nobody_else(membre, sujet):
    other = entered(un_membre("elus"), sujet.espace)
    outsider = un_membre("agents")
    to = address_for(membre, sujet)
    before = Post.objects.count()
    for person in (other, outsider, sujet.poster):
        resultat, letters = answer(person, to)
        assert (resultat.issue, letters) == ("ignore", [])
    assert Post.objects.count() == before


def test_who_never_could_read_learns_nothing_from_an_address(outsider, sujet):
    resultat, letters = answer(outsider, address_for(outsider, sujet))
    assert resultat == ("refuse", "introuvable")
    assert CANARY not in str(letters[0])


def test_an_address_that_is_over_says_nothing_of_its_topic(membre, sujet):
    told = set()
    for number, happens in enumerate((lambda *_: None, topic_is_moved)):
        happens(membre, sujet)
        resultat, [letter] = answer(membre, address_for(membre, sujet, days=-1), number)
        assert resultat.motif == "expire"
        told.add(letter.get_payload())
    assert len(told) == 1
    assert CANARY not in told.pop()


def test_nothing_that_was_said_nor_by_whom_is_logged_or_kept(membre, sujet, caplog):
    caplog.set_level(logging.DEBUG)
    for number, days in enumerate((30, -1)):
        answer(membre, address_for(membre, sujet, days), number)
    answer(sujet.poster, address_for(membre, sujet))
    assert len(caplog.messages) >= 3
    for word in (CANARY, membre.email, "camille", "Mes mots", "reponse+", "@"):
        assert word not in caplog.text
    kept = str(list(CourrielRecu.objects.values_list()))
    assert kept
    assert "x.fr" not in kept
