"""Queries written once find what the queryset itself would, for each reader and for each value."""

import re

import pytest

from communaute import conversation
from communaute.forum_conversation.models import Post, Topic
from communaute.models import Membre, Nomination
from communaute.prepared import OFFSET, SIZES, Prepared, _written, forget
from tests.factories import EspaceFactory, entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db

READ = Prepared(
    lambda user, topics: Topic.objects.readable_by(user).filter(pk__in=topics), topics=-5
)
AFTER = Prepared(
    lambda topic, offset: Post.objects.filter(topic=topic)[offset : offset + 2],
    topic=-4,
    offset=OFFSET,
)


def again(membre):
    """The same person, whose rights were not read yet."""
    return Membre.objects.get(pk=membre.pk)


@pytest.fixture
def topics():
    """A topic in each of three spaces, and two more in the first."""
    espaces = [EspaceFactory(college=college) for college in ("elus", "agents", "etat")]
    return [un_sujet(espace) for espace in (*espaces, espaces[0], espaces[0])]


def test_each_reader_is_given_what_they_may_read_whoever_asked_before(topics):
    keys = [topic.pk for topic in topics]
    readers = [un_membre(college) for college in ("elus", "agents", "etat")]
    for reader in readers:
        entered(reader, *{topic.espace for topic in topics})
    for reader in [*readers, un_membre("socio_economiques")]:
        expected = set(Topic.objects.readable_by(again(reader)).filter(pk__in=keys))
        assert set(READ.fetch(user=again(reader), topics=keys)) == expected
    assert len(READ.fetch(user=again(readers[0]), topics=keys)) == 3


def test_lists_of_any_length_are_asked_for(topics):
    reader = un_membre("elus")
    entered(reader, topics[0].espace)
    keys = [topics[0].pk, topics[3].pk, topics[4].pk]
    for length in range(4):
        found = READ.fetch(user=again(reader), topics=keys[:length])
        assert {topic.pk for topic in found} == set(keys[:length])
    many = keys * (SIZES[-1] // len(keys))
    for more in (many, many * 2, many + [0] * SIZES[-1] * 3):
        assert len(READ.fetch(user=again(reader), topics=more)) == 3


def test_some_rows_are_left_out(topics):
    topic = topics[0]
    author = again(topic.poster)
    said = [topic.first_post, *(conversation.reply(author, topic, f"Mot {n}") for n in range(4))]
    for offset in (0, 1, 3, 4, 5):
        assert AFTER.fetch(topic=topic.pk, offset=offset) == said[offset : offset + 2]


def test_what_does_not_change_may_hold_any_sign(topics):
    asked = Prepared(lambda user: Topic.objects.readable_by(user).filter(subject="L'eau : 100 %s"))
    reader = un_membre("elus")
    entered(reader, topics[0].espace)
    assert asked.fetch(user=again(reader)) == []
    Topic.objects.filter(pk=topics[0].pk).update(subject="L'eau : 100 %s")
    assert asked.fetch(user=again(reader)) == [topics[0]]


def test_a_value_that_is_not_asked_for_is_refused():
    forgetful = Prepared(lambda topic: Topic.objects.all(), topic=-4)
    with pytest.raises(ValueError, match="topic is not asked for"):
        forgetful.fetch(topic=1)


def test_no_page_is_made_from_the_time_it_was_first_asked_at(client, topics):
    reader = again(un_membre("elus"))
    facilitator = again(un_membre("elus"))
    topics[0].espace.nominate(Nomination.Role.ANIMATION, [facilitator])
    forget()
    for membre in (entered(reader, topics[0].espace), entered(facilitator, topics[0].espace)):
        client.force_login(membre)
        for address in (
            "/communaute/",
            topics[0].espace.get_absolute_url(),
            topics[0].get_absolute_url(),
        ):
            assert client.get(address).status_code == 200
    written = [found for found in _written.values() if found]
    assert len(written) > 15
    for _, _, sql, names, _ in written:
        assert not re.search(r"20\d\d-\d\d", f"{sql} {[str(param) for param in names]}"), sql
