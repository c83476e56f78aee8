"""Search in the spaces that one can read."""

from datetime import timedelta
from importlib import import_module

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.utils import timezone

from communaute import conversation, recherche
from communaute.forum_conversation.models import Nature, Post, Topic
from communaute.views import recherche as views_recherche
from tests.factories import EspaceFactory, entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db


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


# --- What is found -------------------------------------------------------------------------------


@pytest.fixture(params=[4_000, 1, 0], ids=["just said", "further back", "by the index"])
def either_way(request, monkeypatch):
    """Messages are found among the last ones, and by the index."""
    monkeypatch.setattr(recherche, "JUST_SAID", request.param)


@pytest.fixture
def search(signed_in, elue):
    """``search(q, …)`` returns the page that the élue is answered."""

    def search(q="", status=200, **asked):
        response = signed_in(elue).get("/communaute/recherche/", {"q": q, **asked})
        assert response.status_code == status
        return BeautifulSoup(response.content, "html.parser")

    return search


def links(page):
    return [link["href"] for link in page.select(".trouve__titre a")]


@pytest.mark.usefixtures("either_way")
def test_a_title_leads_to_its_topic_and_a_text_to_its_message(search, espace):
    topic = un_sujet(espace, subject="Les cantines rénovées", content="Une école et des jardins")
    post = topic.posts.get()
    for words in ("cantine", "RENOVER", "des cantines rénovée"):
        assert links(search(words)) == [topic.get_absolute_url()]
    for words in ("écoles", "jardin ecole", "l’école"):
        assert links(search(words)) == [post.get_absolute_url()]


@pytest.mark.usefixtures("either_way")
def test_what_has_some_of_the_words_is_found_where_nothing_has_them_all(search, espace, elue):
    titled = un_sujet(espace, subject="La cantine", content="Une école")
    said = conversation.reply(elue, titled, "Un jardin")
    partly = "Rien dans vos espaces ne réunit tous ces mots"
    page = search("jardin cantine piscine")
    assert links(page) == [titled.get_absolute_url(), said.get_absolute_url()]
    assert partly in page.get_text()
    assert "1 sujet porte l’un de ces mots" in page.get_text()
    assert [mark.get_text() for mark in page.select("mark")] == ["cantine", "jardin"]
    assert links(search("jardin cantine", auteur="personne")) == []
    for words in ("piscine", "piscine patinoire"):
        assert "Rien dans vos espaces. Essayez" in search(words).get_text()
    both = conversation.reply(elue, titled, "Le jardin de la cantine")
    page = search("jardin cantine")
    assert links(page) == [both.get_absolute_url()]
    assert partly not in page.get_text()


@pytest.mark.usefixtures("either_way")
def test_messages_come_from_the_latest_to_the_oldest_with_their_words_marked(search, espace, elue):
    topic = un_sujet(espace, content="Le **lavoir** &amp; la source")
    reply = conversation.reply(elue, topic, "Un autre lavoir")
    page = search("lavoirs")
    assert links(page) == [reply.get_absolute_url(), topic.posts.first().get_absolute_url()]
    assert [mark.get_text() for mark in page.select("mark")] == ["lavoir", "lavoir"]
    assert page.select(".trouve__extrait")[1].get_text() == "Le lavoir & la source"


@pytest.mark.usefixtures("either_way")
def test_a_search_is_narrowed_by_author_space_nature_date_and_files(search, espace, elue):
    tronc = EspaceFactory(slug="tronc", audience="tous", college="")
    elue = entered(elue, tronc)
    jeanne = un_membre("elus", membre__first_name="Jéanne", membre__last_name="d’Ormesson-Viau")
    theirs = un_sujet(espace, author=jeanne, content="Un lavoir").posts.get()
    ours = conversation.start_topic(
        elue,
        tronc,
        "Sujet",
        "Un lavoir",
        timezone.now() - timedelta(days=40),
        nature=Nature.RESSOURCE,
    ).posts.get()
    Post.objects.filter(pk=ours.pk).update(pieces_count=2)
    theirs, ours = theirs.get_absolute_url(), ours.get_absolute_url()
    assert links(search("lavoir")) == [theirs, ours]
    for asked, found in [
        ({"auteur": "jeanne"}, [theirs]),
        ({"auteur": "viau Jea"}, [theirs]),
        ({"auteur": "anne"}, []),
        ({"auteur": "personne"}, []),
        ({"espace": "tronc"}, [ours]),
        ({"nature": "ressource"}, [ours]),
        ({"nature": "question"}, [theirs]),
        ({"pieces": "on"}, [ours]),
        ({"du": timezone.localdate().isoformat()}, [theirs]),
        ({"du": f"{timezone.localdate():%d/%m/%Y}"}, [theirs]),
        ({"au": (timezone.localdate() - timedelta(days=1)).isoformat()}, [ours]),
        ({"au": timezone.localdate().isoformat()}, [theirs, ours]),
    ]:
        assert links(search("lavoir", **asked)) == found, asked
        assert links(search(**asked)) == found, asked


@pytest.mark.usefixtures("either_way")
def test_what_is_withdrawn_hidden_waiting_or_replaced_is_not_found(search, espace, elue):
    topic = un_sujet(espace, author=elue, subject="Un lavoir", content="Le lavoir d’avant")
    post = topic.posts.get()
    conversation.edit(elue, post, "La source", subject="Une source")
    assert links(search("lavoir")) == []
    for gone in ({"retire_le": timezone.now()}, {"masque_le": timezone.now()}, {"approved": False}):
        Post.objects.filter(pk=post.pk).update(**gone)
        assert links(search("source")) == [topic.get_absolute_url()]
        Post.objects.filter(pk=post.pk).update(**dict.fromkeys(gone, None) | {"approved": True})
    Topic.objects.update(approved=False)
    assert links(search("source")) == []


def test_a_withdrawn_message_keeps_no_word_to_be_found_by(espace, elue):
    post = un_sujet(espace, author=elue, content="Le lavoir").posts.get()
    post.retire_le = timezone.now()
    post.save()
    assert not Post.objects.get().mots.strip()


def test_many_results_are_counted_up_to_a_hundred(search, espace, elue, monkeypatch):
    monkeypatch.setattr(views_recherche, "MOST", 12)
    monkeypatch.setattr(recherche, "MOST", 12)
    topic = un_sujet(espace, content="Le lavoir")
    for _ in range(11):
        conversation.reply(elue, topic, "Un lavoir")
    assert "12 messages, du plus" in search("lavoir").get_text()
    conversation.reply(elue, topic, "Un lavoir")
    page = search("lavoir")
    assert "Plus de 12 messages" in page.get_text()
    assert len(links(page)) == 10
    page = search("lavoir", page=2)
    assert len(links(page)) == 2
    assert "La liste s’arrête ici" in page.get_text()


def test_titles_beyond_the_first_are_unfolded(search, espace, elue):
    for number in range(7):
        un_sujet(espace, author=elue, subject=f"Lavoir {number}", content="Rien")
    page = search("lavoir")
    assert len(page.select(".trouves__autres .trouve")) == 2
    assert len(page.select(".trouve")) == 7


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"du": "hier"}, "Cette date n’en est pas une"),
        ({"du": "2026-02-01", "au": "2026-01-01"}, "avant la première"),
        ({"du": "0001-01-01"}, "une année entre 1900 et 2200"),
        ({"au": "9999-12-31"}, "une année entre 1900 et 2200"),
        ({"espace": "rien"}, "Choisissez l’un de vos espaces"),
        ({"nature": "rien"}, "Choisissez un type"),
        ({"q": "x" * 201}, "200"),
    ],
)
def test_what_cannot_be_understood_is_said_and_kept(search, espace, asked, said):
    un_sujet(espace, content="Un lavoir")
    page = search(**{"q": "lavoir", "status": 422, **asked})
    assert said in page.get_text()
    assert links(page) == []
    assert page.select_one("main [name=q]")["value"] == asked.get("q", "lavoir")


@pytest.mark.parametrize("q", ["", "   ", "de la", "%", "'", "a & b | !c", "((", "\\"])
def test_words_that_mean_nothing_find_nothing(search, espace, q):
    un_sujet(espace, content="Un lavoir")
    page = search(q)
    assert links(page) == []
    assert ("trop court, ou trop courant" in page.get_text()) == bool(q.strip())


def test_a_title_that_nobody_gave_is_not_found(search, espace, elue):
    for end in (conversation.withdraw, _hide):
        topic = un_sujet(espace, author=elue, subject="Le lavoir", content="Rien")
        conversation.reply(elue, topic, "Une réponse")
        end(elue, topic.first_post)
        assert "premier message" in Topic.objects.get(pk=topic.pk).subject
    assert links(search("message")) == []


def _hide(_, post):
    conversation.hide(post, post.topic, timezone.now())


def test_a_space_whose_charter_waits_is_neither_searched_nor_named(search, espace, elue):
    autre = EspaceFactory(slug="tronc", nom="Tronc", audience="tous", college="")
    un_sujet(autre, content="Un lavoir")
    page = search("lavoir")
    assert links(page) == []
    assert page.select_one("option[value=tronc]") is None


def test_a_search_costs_as_many_queries_whatever_it_finds(queries, signed_in, espace, elue):
    signed_in(elue)

    def add(count):
        for _ in range(count):
            author = entered(un_membre("elus"), espace)
            un_sujet(espace, author=author, subject="Un lavoir", content="Le lavoir")

    add(2)
    asked = [f"/communaute/recherche/?q={q}&auteur=camille" for q in ("lavoir", "lavoir+piscine")]
    before = [queries(address) for address in asked]
    assert max(before) <= 12
    add(8)
    assert [queries(address) for address in asked] == before


def test_what_is_said_far_back_is_found_in_as_many_queries_as_what_was_just_said(
    queries, signed_in, espace, elue, monkeypatch
):
    monkeypatch.setattr(recherche, "JUST_SAID", 2)
    monkeypatch.setattr(recherche, "MOST", 1)
    signed_in(elue)
    topic = un_sujet(espace, author=elue, content="Un lavoir")
    counts = []
    for _ in range(3):
        for _ in range(4):
            conversation.reply(elue, topic, "La source")
        conversation.reply(elue, topic, "Un lavoir")
        counts.append(queries("/communaute/recherche/?q=lavoir"))
    assert counts[0] == counts[1] == counts[2] <= 12
