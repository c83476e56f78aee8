"""Search in the spaces that one can read."""

from importlib import import_module

import pytest
from django.apps import apps

from communaute import conversation
from communaute.forum_conversation.models import Post, Topic
from tests.factories import EspaceFactory, entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db


@pytest.fixture
def espace():
    return EspaceFactory(slug="elus", nom="Entre élu·es")


@pytest.fixture
def elue(espace):
    return entered(un_membre("elus"), espace)


# --- What is kept to be found --------------------------------------------------------------------


def test_what_was_written_before_is_found_as_what_is_written_now(espace):
    un_sujet(espace, subject="Les cantines rénovées", content="Une école & des **jardins**")
    kept = list(Topic.objects.values("mots")), list(Post.objects.values("mots"))
    assert kept == ([{"mots": " cantin renov "}], [{"mots": " ecol jardin "}])
    Topic.objects.update(mots="")
    Post.objects.update(mots="")
    migration = "communaute.forum_conversation.migrations.0004_search"
    import_module(migration).fill(apps, None)
    assert kept == (list(Topic.objects.values("mots")), list(Post.objects.values("mots")))


def test_a_change_of_words_changes_what_is_found(elue, espace):
    topic = un_sujet(espace, author=elue, subject="Cantine", content="École")
    conversation.edit(elue, topic.posts.get(), "Jardin", subject="Marché")
    assert Topic.objects.get().mots == " march "
    assert Post.objects.get().mots == " jardin "
