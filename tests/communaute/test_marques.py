"""What one has read of a topic, and what is new there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from communaute import conversation
from communaute.forum_conversation.models import Topic
from communaute.models import Niveau, Participation, Suivi
from tests.factories import entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db


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


@pytest.fixture
def en_elue(client, elue):
    client.force_login(elue)
    return client


def said(topic, count):
    """``topic`` with this many more messages, by who opened it."""
    return [conversation.reply(topic.poster, topic, f"Message {n}") for n in range(count)]


def new_ones(page):
    return [h2.get_text(" ") for h2 in page.select("article h2") if "Nouveau" in h2.get_text()]


def test_what_a_page_shows_is_new_once(en_elue, read, elue, sujet):
    page = read(sujet.get_absolute_url())
    assert len(new_ones(page)) == 1
    assert not as_seen_by(elue, sujet).is_unread
    assert not new_ones(read(sujet.get_absolute_url()))


def test_a_page_marks_what_it_showed_and_not_what_follows(en_elue, read, elue, sujet):
    posts = said(sujet, 25)
    read(sujet.get_absolute_url())
    assert Suivi.objects.get(membre=elue, topic=sujet).lu_jusqua == posts[18].created
    assert as_seen_by(elue, sujet).is_unread
    page = read(f"{sujet.get_absolute_url()}?page=2")
    assert len(new_ones(page)) == 6
    assert ", page 2 · " in page.title.get_text()
    assert not as_seen_by(elue, sujet).is_unread


def test_a_mark_never_goes_back(en_elue, read, elue, sujet):
    posts = said(sujet, 25)
    read(f"{sujet.get_absolute_url()}?page=2")
    read(sujet.get_absolute_url())
    assert Suivi.objects.get(membre=elue, topic=sujet).lu_jusqua == posts[-1].created


@pytest.mark.parametrize(
    "headers", [{"sec-purpose": "prefetch"}, {"sec-purpose": "prefetch;prerender"}, None]
)
def test_what_a_browser_fetches_ahead_is_not_read(en_elue, elue, sujet, headers):
    if headers:
        en_elue.get(sujet.get_absolute_url(), headers=headers)
    else:
        en_elue.head(sujet.get_absolute_url())
    assert as_seen_by(elue, sujet).is_unread


def test_a_page_read_already_writes_nothing(en_elue, read, sujet, django_assert_max_num_queries):
    read(sujet.get_absolute_url())
    with django_assert_max_num_queries(100) as captured:
        read(sujet.get_absolute_url())
    assert not [q for q in captured if q["sql"].startswith(("UPDATE", "INSERT"))]


def test_ones_own_words_are_never_new(client, read, sujet):
    client.force_login(sujet.poster)
    assert not new_ones(read(sujet.get_absolute_url()))


def test_the_first_unread_message_is_found_on_its_page(en_elue, read, elue, sujet):
    posts = said(sujet, 25)
    address = f"{sujet.get_absolute_url()}nouveau/"
    first = sujet.posts.first()
    assert en_elue.get(address).url == f"{sujet.get_absolute_url()}#{first.anchor}"
    page = read(sujet.get_absolute_url())
    assert not page.find("a", href=address)  # what is new is here
    at = f"{sujet.get_absolute_url()}?page=2#"
    assert en_elue.get(address).url == at + posts[19].anchor
    assert read(sujet.get_absolute_url()).find("a", href=address)
    read(f"{sujet.get_absolute_url()}?page=2")
    assert en_elue.get(address).url == at + posts[-1].anchor


def test_a_message_approved_late_is_new_to_whoever_read_past_it(en_elue, read, elue, sujet):
    post = conversation.reply(sujet.poster, sujet, "Relu")
    Topic.objects.filter(pk=sujet.pk).update(
        posts_count=1, last_post=sujet.first_post, last_post_on=sujet.created
    )
    post.approved = False
    post.save()
    read(sujet.get_absolute_url())
    assert not as_seen_by(elue, sujet).is_unread
    post.approved, post.created = True, timezone.now()
    post.save()
    topic = Topic.objects.select_related("forum").get(pk=sujet.pk)
    conversation.publish(post, topic, topic.forum)
    page = read(sujet.get_absolute_url())
    assert len(new_ones(page)) == 1
    assert "Relu" in page.words


def test_a_page_says_what_a_topic_is_and_promises(en_elue, read, espace):
    author = entered(un_membre("elus"), espace)
    topic = conversation.start_topic(
        author, espace, "Titre", "Texte", nature="retour", promesse="sans_attribution"
    )
    words = read(topic.get_absolute_url()).words
    assert "Retour d’expérience" in words
    assert words.count("Sans attribution.") == 2  # on top, and where one writes
    assert words.count("Personne n’est nommé, jamais.") == 2
