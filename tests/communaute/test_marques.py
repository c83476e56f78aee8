"""What one has read of a topic, and what is new there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from communaute import conversation
from communaute.forum_conversation.models import Topic
from communaute.models import Niveau, Participation, Suivi
from tests.factories import EspaceFactory, entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db


@pytest.fixture
def espace():
    return EspaceFactory(slug="elus", nom="Entre élu·es")


@pytest.fixture
def elue(espace):
    return entered(un_membre("elus"), espace)


@pytest.fixture
def sujet(espace):
    return un_sujet(espace)


def as_seen_by(membre, topic):
    return Topic.objects.readable_by(membre).with_reading_of(membre).get(pk=topic.pk)


def test_a_topic_is_unread_until_its_last_message_is(elue, sujet):
    assert as_seen_by(elue, sujet).is_unread
    Suivi.objects.mark_read(elue, sujet, sujet.posts.get().created)
    assert not as_seen_by(elue, sujet).is_unread
    conversation.reply(sujet.poster, sujet, "Encore")
    assert as_seen_by(elue, sujet).is_unread


def test_a_space_read_until_a_time_is_read_in_all_its_topics(elue, espace, sujet):
    Suivi.objects.mark_read(elue, sujet, sujet.created - timedelta(days=1))
    Participation.objects.filter(membre=elue).update(lu_jusqua=timezone.now())
    assert not as_seen_by(elue, sujet).is_unread


def test_what_was_said_long_before_one_came_is_not_new(espace):
    author = entered(un_membre("elus"), espace)
    old = conversation.start_topic(
        author, espace, "Vieux", "Vieux", timezone.now() - timedelta(days=60)
    )
    assert not as_seen_by(entered(un_membre("elus"), espace), old).is_unread


def test_marks_are_each_readers_own(elue, espace, sujet):
    Suivi.objects.mark_read(entered(un_membre("elus"), espace), sujet, timezone.now())
    assert as_seen_by(elue, sujet).is_unread


def test_a_topic_is_followed_as_its_space_is_until_one_chooses_otherwise(elue, sujet):
    assert as_seen_by(elue, sujet).level == Niveau.TOUT
    Participation.objects.filter(membre=elue).update(niveau=Niveau.MENTIONS)
    assert as_seen_by(elue, sujet).level == Niveau.MENTIONS
    Suivi.objects.mark_read(elue, sujet, timezone.now())
    assert as_seen_by(elue, sujet).level == Niveau.MENTIONS
    Suivi.objects.filter(membre=elue).update(niveau=Niveau.RIEN)
    assert as_seen_by(elue, sujet).level == Niveau.RIEN
