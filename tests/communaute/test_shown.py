"""A message and the row of a topic are made once, and never shown to who should see something else."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from communaute import conversation
from communaute.forum_conversation.models import Post, Topic
from communaute.models import College
from communaute.views.shown import _made
from tests.factories import EspaceFactory, entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db


@pytest.fixture
def sujet():
    return un_sujet(EspaceFactory(college="elus"))


def seen(client, membre, address):
    client.force_login(membre)
    return client.get(address).content.decode()


def test_what_two_readers_see_alike_is_made_once(client, sujet):
    first, second = (entered(un_membre("elus"), sujet.espace) for _ in range(2))
    _made.cache_clear()
    seen(client, first, sujet.get_absolute_url())
    seen(client, second, sujet.get_absolute_url())
    assert _made.cache_info().misses == 1
    assert _made.cache_info().hits == 1


@pytest.mark.parametrize("college", College)
def test_the_college_of_who_speaks_is_told_in_words(client, college):
    sujet = un_sujet(EspaceFactory(college=college))
    page = BeautifulSoup(seen(client, sujet.poster, sujet.get_absolute_url()), "html.parser")
    assert college.label in page.select_one("article .message__tete").get_text()


def test_only_its_author_is_offered_to_change_a_message(client, sujet):
    reader = entered(un_membre("elus"), sujet.espace)
    change = reverse("communaute:modifier_message", args=[sujet.first_post.reference])
    assert change in seen(client, sujet.poster, sujet.get_absolute_url())
    assert change not in seen(client, reader, sujet.get_absolute_url())


def test_what_changes_in_a_message_is_shown_at_once(client, sujet):
    reader = entered(un_membre("elus"), sujet.espace)
    address = sujet.get_absolute_url()
    assert "Une phrase secrète." in seen(client, reader, address)
    post = Post.objects.readable_by(sujet.poster).get(topic=sujet)
    conversation.edit(sujet.poster, post, "Une autre phrase.")
    assert "Une autre phrase." in seen(client, reader, address)
    assert "Une phrase secrète." not in seen(client, reader, address)
    conversation.withdraw(sujet.poster, post)
    assert "Une autre phrase." not in seen(client, reader, address)


def test_what_changes_in_a_row_is_shown_at_once(client, sujet):
    reader = entered(un_membre("elus"), sujet.espace)
    address = sujet.espace.get_absolute_url()
    assert "Nouveau sujet" in seen(client, reader, address)
    seen(client, reader, sujet.get_absolute_url())
    assert "Nouveau sujet" not in seen(client, reader, address)
    Topic.objects.filter(pk=sujet.pk).update(subject="Un autre titre")
    assert "Un autre titre" in seen(client, reader, address)
