"""My spaces: what is new for me, what is asked of me, what comes next."""

from datetime import timedelta

import pytest
from django.utils import timezone

from communaute import brouillons, conversation, moderation, prepared
from communaute.forum_conversation import models as conversation_models
from communaute.forum_conversation.models import Post, Topic
from communaute.models import (
    AccordPromesse,
    Acte,
    Alerte,
    Cohorte,
    DemandePromesse,
    Mention,
    Niveau,
    Participation,
    Sondage,
    Suivi,
)
from communaute.views import mes_espaces
from tests.factories import EspaceFactory, MembreFactory, entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(espace):
    return entered(un_membre("elus", membre__last_name="Dupré"), espace)


@pytest.fixture
def home(signed_in, elue, read):
    """``home()`` returns what the élue reads in each of her three lists, in that of her spaces, and the
    whole ``page``."""

    def home():
        signed_in(elue)
        page = read("/communaute/")
        lists = {
            name: page.select_one(f"[aria-labelledby={name}-titre]")
            for name in ("nouveau", "demande", "venir", "espaces")
        }
        words = {
            name: " ".join(part.get_text(" ").split()) if part else ""
            for name, part in lists.items()
        }
        return words | {"page": page}

    return home


# --- New for me ----------------------------------------------------------------------------------


def test_what_is_new_is_told_by_space_until_it_is_read(home, espace, elue):
    topics = [un_sujet(espace, subject=f"Sujet {number}") for number in range(4)]
    told = home()["nouveau"]
    assert "Entre élu·es 4 sujets Sujet 3" in told
    assert "Voir les 4" in told
    assert "Sujet 0" not in told
    assert "4 sujets non lus" in home()["espaces"]
    for topic in topics[1:]:
        Suivi.objects.mark_read(elue, topic, timezone.now())
    assert "Entre élu·es 1 sujet Sujet 0" in home()["nouveau"]
    Participation.objects.filter(membre=elue, espace=espace).mark_read(timezone.now())
    told = home()
    assert "Vous avez tout lu" in told["nouveau"]
    assert "tout est lu" in told["espaces"]


def test_the_count_of_what_is_new_stops_at_a_bound(home, espace, elue, monkeypatch):
    monkeypatch.setattr(mes_espaces, "MOST_COUNTED", 2)
    for _ in range(3):
        un_sujet(espace)
    told = home()
    assert "2 sujets et plus" in told["nouveau"]
    assert "2 sujets non lus et plus" in told["espaces"]


@pytest.mark.parametrize(
    ("of_space", "of_topic", "told"),
    [
        (Niveau.TOUT, "", {"Lu", "Neuf"}),
        (Niveau.PREMIERS, "", {"Neuf"}),
        (Niveau.MENTIONS, "", set()),
        (Niveau.RIEN, "", set()),
        (Niveau.RIEN, Niveau.TOUT, {"Lu"}),
        (Niveau.TOUT, Niveau.RIEN, {"Neuf"}),
        (Niveau.TOUT, Niveau.MENTIONS, {"Neuf"}),
    ],
)
def test_one_is_told_what_one_wished_for(home, espace, elue, pair, of_space, of_topic, told):
    known = un_sujet(espace, author=pair, subject="Lu")
    Suivi.objects.mark_read(elue, known, timezone.now())
    un_sujet(espace, author=pair, subject="Neuf")
    conversation.reply(pair, known, "Encore")
    Participation.objects.choose(elue, espace, of_space)
    Suivi.objects.choose(elue, known, of_topic)
    shown = home()["nouveau"]
    assert {title for title in ("Lu", "Neuf") if title in shown.split()} == told


def test_what_waits_for_approval_is_new_to_nobody(home, espace):
    topic = un_sujet(espace, subject="En attente")
    Topic.objects.filter(pk=topic.pk).update(approved=False)
    assert "En attente" not in home()["nouveau"]


# --- What is asked of me -------------------------------------------------------------------------


def test_a_message_that_names_me_is_asked_of_me_until_i_read_it(home, espace, elue, pair):
    topic = un_sujet(espace, author=pair, subject="Ailleurs")
    post = conversation.reply(pair, topic, "Et vous ?")
    assert "Quelqu’un vous cite" not in home()["demande"]
    Mention.objects.create(post=post, membre=elue)
    assert "Quelqu’un vous cite Ailleurs" in home()["demande"]
    Suivi.objects.choose(elue, topic, Niveau.RIEN)
    assert "Quelqu’un vous cite" not in home()["demande"]
    Suivi.objects.choose(elue, topic, "")
    Post.objects.filter(pk=post.pk).update(masque_le=timezone.now())
    assert "Quelqu’un vous cite" not in home()["demande"]
    Post.objects.filter(pk=post.pk).update(masque_le=None)
    Suivi.objects.mark_read(elue, topic, timezone.now())
    assert "Quelqu’un vous cite" not in home()["demande"]


def test_an_answer_to_my_topic_is_asked_of_me_until_i_read_it(home, espace, elue, pair):
    topic = un_sujet(espace, author=elue, subject="Ma question")
    assert "répond" not in home()["demande"]
    conversation.reply(pair, topic, "Ma réponse")
    assert "On répond à votre sujet Ma question" in home()["demande"]
    Suivi.objects.mark_read(elue, topic, timezone.now())
    assert "répond" not in home()["demande"]


def test_an_answer_to_the_oldest_of_my_topics_is_asked_of_me(home, espace, elue, pair, monkeypatch):
    monkeypatch.setattr(conversation_models, "OPENED_LOOKED_AT", 2)
    prepared.forget()
    oldest = un_sujet(espace, author=elue, subject="Ma plus ancienne question")
    for _ in range(3):
        un_sujet(espace, author=elue)
    conversation.reply(pair, oldest, "Ma réponse")
    assert "On répond à votre sujet Ma plus ancienne question" in home()["demande"]
    prepared.forget()


def test_a_question_is_asked_of_all_who_can_speak_until_someone_answers(home, espace, elue, pair):
    topic = un_sujet(espace, author=pair, subject="Qui sait ?")
    conversation.reply(pair, topic, "Personne ?")
    assert "Une question sans réponse Qui sait ? Camille Dupré" in home()["demande"]
    Topic.objects.filter(pk=topic.pk).update(status=Topic.TOPIC_LOCKED)
    assert "sans réponse" not in home()["demande"]
    Topic.objects.filter(pk=topic.pk).update(status=Topic.TOPIC_UNLOCKED)
    answer = conversation.reply(elue, topic, "Moi")
    assert "sans réponse" not in home()["demande"]
    for gone in ("retire_le", "masque_le"):
        Post.objects.filter(pk=answer.pk).update(retire_le=None, masque_le=None)
        Post.objects.filter(pk=answer.pk).update(**{gone: timezone.now()})
        assert "Une question sans réponse Qui sait ?" in home()["demande"], gone


def test_my_own_question_is_not_asked_of_me_nor_one_where_i_only_read(
    signed_in, client, espace, elue
):
    un_sujet(espace, author=elue, subject="La mienne")
    lecteur = un_membre("agents")
    espace.nominate("lecture", [lecteur])
    for membre in (elue, entered(lecteur, espace)):
        signed_in(membre)
        assert "sans réponse" not in client.get("/communaute/").content.decode()


def test_a_charter_that_waits_is_asked_of_me_and_nothing_of_its_space_is_told(home, elue):
    tronc = EspaceFactory(slug="tronc", nom="Tronc commun", audience="tous", college="")
    un_sujet(tronc, subject="Derrière la charte")
    told = home()
    assert "Une charte à lire Tronc commun" in told["demande"]
    assert "Derrière" not in str(told)
    assert "sujet" not in told["espaces"].split("Tronc commun")[1]


def test_my_yes_is_asked_where_i_wrote_until_i_answered(home, espace, elue, pair):
    topic = un_sujet(espace, author=pair, subject="À partager ?")
    demande = DemandePromesse.objects.create(topic=topic, promesse="a_partager", auteur=pair)
    assert "Votre accord" not in home()["demande"]
    conversation.reply(elue, topic, "Mon récit")
    assert "Votre accord sur ce qu’on fera d’un échange À partager ?" in home()["demande"]
    AccordPromesse.objects.create(demande=demande, membre=elue, oui=True)
    assert "Votre accord" not in home()["demande"]


def test_what_waits_for_a_decision_is_asked_of_the_facilitators_alone(home, espace, elue, pair):
    post = un_sujet(espace, author=pair).posts.get()
    Alerte.objects.create(espace=espace, post=post, membre=pair, motif="ton")
    reply = conversation.reply(pair, post.topic, "Attend")
    Post.objects.filter(pk=reply.pk).update(approved=False)
    assert "à prendre" not in home()["demande"]
    espace.nominate("animation", [elue])
    assert "2 décisions à prendre Entre élu·es" in home()["demande"]


# --- What comes next -----------------------------------------------------------------------------


def test_a_poll_that_closes_soon_comes_next(home, espace, pair):
    assert "Rien de prévu" in home()["venir"]
    topic = un_sujet(espace, author=pair, subject="Quel jour ?")
    poll = Sondage.objects.create(topic=topic, ferme_le=timezone.now() + timedelta(days=2))
    assert "Un sondage se ferme Quel jour ?" in home()["venir"]
    choice = poll.choix.create(texte="Lundi", ordre=1)
    choice.votes.create(membre=pair)
    assert "vous y avez répondu" not in home()["venir"]
    Sondage.objects.update(ferme_le=timezone.now() - timedelta(days=1))
    assert "Rien de prévu" in home()["venir"]


# --- What I began --------------------------------------------------------------------------------


@pytest.fixture
def drafts(home):
    """``drafts()`` returns what the élue reads of her drafts, and where each leads."""

    def drafts():
        listed = home()["page"].select("[aria-labelledby=brouillons-titre] li")
        for when in (line.time for line in listed):
            when.extract()
        return [(" ".join(line.get_text(" ").split()), line.a["href"]) for line in listed]

    return drafts


def test_what_i_began_to_write_is_found_again_where_it_can_be_sent(drafts, espace, elue, pair):
    assert drafts() == []
    topic, own = un_sujet(espace, author=pair, subject="Quel jour ?"), un_sujet(espace, author=elue)
    post = own.posts.get()
    text = {"content": "Presque"}
    brouillons.keep(elue, {"post": post}, text)
    brouillons.keep(elue, {"topic": topic}, text)
    brouillons.keep(elue, {"espace": espace}, text | {"nature": "retour", "subject": "À dire"})
    assert drafts() == [
        (
            "Un sujet à ouvrir À dire Entre élu·es, gardé",
            f"{espace.get_absolute_url()}nouveau-sujet/?nature=retour",
        ),
        (
            "Une réponse Quel jour ? Entre élu·es, gardée",
            f"{topic.get_absolute_url()}#composer",
        ),
        (
            "Un message à modifier Un titre secret Entre élu·es, gardé",
            f"/communaute/messages/{post.reference}/modifier/",
        ),
    ]
    Topic.objects.filter(pk=topic.pk).update(status=Topic.TOPIC_LOCKED)
    Post.objects.filter(pk=post.pk).update(masque_le=timezone.now())
    brouillons.keep(elue, {"espace": espace}, {"content": " ", "subject": ""})
    assert drafts() == []


def test_nobody_else_is_shown_what_i_began(drafts, espace, pair):
    brouillons.keep(pair, {"espace": espace}, {"subject": "À dire"})
    assert drafts() == []


# --- The rest ------------------------------------------------------------------------------------


def test_who_may_open_a_message_that_breaks_the_law_is_led_to_those(read, signed_in, elue, pair):
    Cohorte.objects.update_or_create(pk=Cohorte.load().pk, defaults={"referent": elue})
    for membre, is_led in ((elue, True), (pair, False)):
        signed_in(membre)
        assert bool(read("/communaute/").select('a[href="/communaute/referent/"]')) == is_led


def test_whom_the_law_may_ask_to_open_a_message_is_told_that_some_wait(
    read, signed_in, espace, elue, pair
):
    referente = MembreFactory()
    Cohorte.objects.update_or_create(pk=Cohorte.load().pk, defaults={"referent": referente})
    posts = [un_sujet(espace, author=pair).posts.get() for _ in range(2)]
    for post in (*posts, posts[0]):
        Alerte.objects.create(espace=espace, post=post, motif="illicite")
    Alerte.objects.create(espace=espace, post=posts[0], motif="ton", membre=elue)
    for membre, is_told in ((referente, True), (elue, False)):
        signed_in(membre)
        assert ("2 messages signalés comme illicites" in read("/communaute/").words) == is_told
    for post in posts:
        moderation.decide(_facilitator(espace), post, Acte.CLASSER)
    signed_in(referente)
    assert "illicites Voir" not in read("/communaute/").words


def _facilitator(espace):
    membre = MembreFactory()
    espace.nominate("animation", [membre])
    return entered(membre, espace)


def test_who_accepted_no_charter_is_not_told_that_all_is_read(read, signed_in, espace):
    signed_in(un_membre("elus"))
    words = read("/communaute/").words
    assert "se lit une fois sa charte acceptée" in words
    for untrue in ("Vous avez tout lu", "Rien de prévu"):
        assert untrue not in words


def test_quiet_days_are_told_kindly(home):
    told = home()
    assert "Vous avez tout lu" in told["nouveau"]
    assert "Personne n’attend rien de vous" in told["demande"]
    assert "Rien de prévu" in told["venir"]


def test_my_spaces_cost_as_many_queries_whatever_there_is(queries, signed_in, espace, elue, pair):
    def add(count):
        for number in range(count):
            topic = un_sujet(espace, author=pair, subject=f"Sujet {number}")
            Mention.objects.create(post=conversation.reply(pair, topic, "Et vous ?"), membre=elue)
            conversation.reply(pair, un_sujet(espace, author=elue), "Réponse")
            Sondage.objects.create(topic=topic, ferme_le=timezone.now() + timedelta(days=2))
            brouillons.keep(elue, {"topic": topic}, {"content": "Presque"})
            un_sujet(entered_by_elue(), author=elue)

    def entered_by_elue():
        other = EspaceFactory()
        entered(elue, other)
        return other

    add(2)
    signed_in(elue)
    before = queries("/communaute/")
    assert before <= 12
    add(6)
    assert queries("/communaute/") == before
