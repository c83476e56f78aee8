"""A message that its author withdraws: its text is gone, the conversation goes on."""

from uuid import UUID

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from communaute import conversation
from communaute.forum_conversation.models import Post, Topic
from communaute.models import (
    Brouillon,
    Choix,
    Mention,
    Merci,
    Participation,
    PieceJointe,
    Siege,
    Sondage,
    Suivi,
    Version,
    Vote,
)
from tests.factories import entered, un_membre, un_sujet
from tests.recount import differences

pytestmark = pytest.mark.django_db


@pytest.fixture
def sujet(espace, autre):
    return un_sujet(espace, author=autre, subject="Un titre", content="Pour commencer.")


@pytest.fixture
def post(sujet, elue):
    return conversation.reply(elue, sujet, "Un regret.")


@pytest.fixture
def withdraw(client):
    """``withdraw(membre, post)`` withdraws it through the page, and returns the last answer."""

    def do(membre, post):
        client.force_login(membre)
        return client.post(f"/communaute/messages/{post.reference}/retirer/", follow=True)

    return do


def test_what_was_withdrawn_is_new_to_nobody_who_read_all_the_rest(client, espace, elue, autre):
    topic = conversation.start_topic(elue, espace, "Un retour", "Ce que j’ai vu.", nature="retour")
    by_topic, by_space, late = (entered(un_membre("elus"), espace) for _ in range(3))
    Suivi.objects.mark_read(by_topic, topic, Topic.objects.get(pk=topic.pk).last_post_on)
    Participation.objects.filter(membre=by_space).update(lu_jusqua=timezone.now())
    conversation.withdraw(autre, conversation.reply(autre, topic, "Une erreur"))
    for membre, is_new in ((by_topic, False), (by_space, False), (late, True)):
        client.force_login(membre)
        for address in ("/communaute/", "/communaute/espaces/elus/?voir=non-lus"):
            assert (topic.reference in client.get(address).content.decode()) == is_new, address


def test_withdrawing_is_explained_then_done_and_leaves_a_mark(client, read, withdraw, elue, post):
    client.force_login(elue)
    page = read(f"/communaute/messages/{post.reference}/retirer/")
    assert "Un regret." in page.words
    assert "effacés pour de bon" in page.words
    assert Post.objects.get(pk=post.pk).retire_le is None

    for _ in range(2):
        page = withdraw(elue, post).content.decode()
    assert "Message retiré par son auteur·rice" in page
    assert "Un regret." not in page
    assert "Fontan" not in BeautifulSoup(page, "html.parser").main.get_text()
    assert "Pour commencer." in page
    assert differences() == []


def test_all_that_was_said_is_erased(withdraw, elue, autre, post):
    conversation.edit(elue, post, "Un regret, mieux dit.")
    Mention.objects.create(post=post, membre=autre)
    Merci.objects.create(post=post, membre=autre)
    PieceJointe.objects.create(
        post=post, auteur=elue, nom="a.pdf", type_mime="application/pdf", taille=1
    )
    Brouillon.objects.create(membre=elue, post=post, champs={"content": "Un regret encore"})
    Topic.objects.filter(pk=post.topic_id).update(reponse=post)
    withdraw(elue, post)
    for model in (Version, Mention, Merci, PieceJointe, Brouillon):
        assert not model.objects.exists(), model
    row = Post.objects.filter(pk=post.pk).values().get()
    assert "regret" not in str(row)
    assert row["updated_by_id"] is None
    assert Topic.objects.get(pk=post.topic_id).reponse is None


def test_only_its_author_withdraws_a_message_and_once(client, withdraw, elue, autre, post):
    assert withdraw(autre, post).status_code == 404
    assert Post.objects.get(pk=post.pk).is_shown
    withdraw(elue, post)
    assert withdraw(elue, post).status_code == 200
    client.force_login(elue)
    assert client.get(f"/communaute/messages/{post.reference}/modifier/").status_code == 404


def test_a_message_is_withdrawn_even_where_nobody_can_reply_or_once_hidden(withdraw, elue, post):
    Topic.objects.filter(pk=post.topic_id).update(status=Topic.TOPIC_LOCKED)
    Post.objects.filter(pk=post.pk).update(masque_le=timezone.now())
    assert withdraw(elue, post).status_code == 200
    assert Post.objects.get(pk=post.pk).content.raw == ""


def test_who_can_no_longer_read_the_space_withdraws_nothing_there(withdraw, elue, post):
    Siege.objects.filter(membre=elue).update(college="agents")
    assert withdraw(elue, post).status_code == 404
    assert Post.objects.get(pk=post.pk).is_shown


def test_a_topic_goes_on_without_its_first_message_nor_its_title(withdraw, autre, sujet, post):
    sondage = Sondage.objects.create(topic=sujet)
    choix = Choix.objects.create(sondage=sondage, texte="Un titre aussi", ordre=0)
    Vote.objects.create(choix=choix, membre=autre)
    page = withdraw(autre, sujet.posts.first()).content.decode()
    assert "Un regret." in page
    assert "Un titre" not in page
    assert not Choix.objects.exists()
    assert "titre" not in Topic.objects.values_list("mots", flat=True).get().split()[:2]
    assert differences() == []


def test_a_topic_where_nobody_else_spoke_is_no_longer_listed(client, read, withdraw, espace, autre):
    kept = un_sujet(espace, author=autre, subject="Gardé")
    alone = un_sujet(espace, author=autre, subject="Effacé", content="Un regret.")
    conversation.reply(autre, alone, "Un autre regret.")
    first, second = alone.posts.all()
    withdraw(autre, first)
    assert Topic.objects.get(pk=alone.pk).approved
    page = withdraw(autre, second).content.decode()
    assert "Gardé" in page
    assert conversation.WITHDRAWN_TITLE not in page
    client.force_login(autre)
    for address in ("/communaute/", "/communaute/espaces/elus/", "/communaute/suivi/"):
        assert conversation.WITHDRAWN_TITLE not in read(address).words
    espace.forum.refresh_from_db()
    assert espace.forum.last_post.topic == kept
    assert differences() == []
    client.force_login(entered(un_membre("elus"), espace))
    assert client.get(alone.get_absolute_url()).status_code == 404


def test_the_last_to_withdraw_what_they_said_is_led_to_the_space(
    withdraw, elue, autre, sujet, post
):
    withdraw(autre, sujet.posts.first())
    assert Topic.objects.get(pk=sujet.pk).approved
    response = withdraw(elue, post)
    assert response.redirect_chain[-1][0] == "/communaute/espaces/elus/"
    assert response.status_code == 200
    assert differences() == []


def test_a_form_sent_again_after_withdrawing_brings_nothing_back(withdraw, espace, elue, sujet):
    key = UUID("0b9c3f0e-3b0a-4c55-a7c5-0f9b8f3b2a11")
    post = conversation.reply(elue, sujet, "Un regret.", envoi=key)
    withdraw(elue, post)
    assert conversation.reply(elue, sujet, "Un regret.", envoi=key) == post
    assert sujet.posts.count() == 2
