"""The page of a space: its topics, their views, its pages, and what one follows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from communaute import conversation
from communaute.forum_conversation.models import Nature, Topic
from communaute.models import Niveau, Participation, Suivi
from communaute.views import espaces
from tests.factories import entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db

ESPACE = "/communaute/espaces/elus/"


@pytest.fixture
def shown(signed_in, elue, read):
    """``shown(…)`` returns the page of the space that the élue reads."""

    def shown(query=""):
        signed_in(elue)
        return read(f"{ESPACE}{query}")

    return shown


def titles(page):
    return [title.get_text() for title in page.select(".sujet__titre")]


def test_a_space_says_what_it_is_for_who_reads_it_and_what_one_promised(shown, espace):
    animatrice = un_membre("agents", membre__last_name="Animatrice")
    espace.nominate("animation", [animatrice])
    page = shown()
    assert "Parler entre pairs." in page.words
    assert "2 personnes peuvent lire cet espace." in page.words
    assert "Animation : Camille Animatrice" in page.words
    assert page.select_one(f"a[href='{ESPACE}charte/']")
    assert page.select_one(f"a[href='{ESPACE}lecteurs/']")


def test_pinned_topics_come_first_then_the_latest(shown, espace):
    for number in range(3):
        un_sujet(espace, subject=f"Sujet {number}")
    Topic.objects.filter(subject="Sujet 0").update(type=Topic.TOPIC_STICKY)
    assert titles(shown()) == ["Sujet 0", "Sujet 2", "Sujet 1"]
    assert "Épinglé" in shown().select_one(".sujet").get_text()


def test_what_one_has_not_read_is_marked_and_leads_to_where_one_was(shown, espace, elue):
    read, unread = un_sujet(espace, subject="Lu"), un_sujet(espace, subject="Neuf")
    Suivi.objects.mark_read(elue, read, timezone.now())
    page = shown()
    marked = page.select(".sujet--neuf")
    assert [" ".join(row.h3.get_text().split()) for row in marked] == ["Neuf"]
    assert "Nouveau sujet" in marked[0].get_text()
    assert marked[0].a["href"] == f"{unread.get_absolute_url()}nouveau/"
    other = page.select_one(".sujet:not(.sujet--neuf) a")
    assert other["href"] == read.get_absolute_url()


def test_views_show_the_topics_that_they_name_and_stay_in_the_address(shown, espace, elue):
    pair = entered(un_membre("elus"), espace)
    mine = un_sujet(espace, author=elue, subject="Le mien")
    asked = un_sujet(espace, author=pair, subject="Sans réponse")
    told = conversation.start_topic(pair, espace, "Récit", "Récit", nature=Nature.RETOUR)
    conversation.reply(pair, mine, "Réponse")
    Suivi.objects.mark_read(elue, mine, timezone.now())
    Suivi.objects.choose(elue, told, Niveau.TOUT)
    for query, found in [
        ("", {"Le mien", "Sans réponse", "Récit"}),
        ("?voir=non-lus", {"Sans réponse", "Récit"}),
        ("?voir=sans-reponse", {"Sans réponse"}),
        ("?voir=suivis", {"Le mien", "Récit"}),
        ("?voir=miens", {"Le mien"}),
        ("?nature=retour", {"Récit"}),
        ("?voir=non-lus&nature=question", {"Sans réponse"}),
        ("?voir=rien&nature=rien", {"Le mien", "Sans réponse", "Récit"}),
    ]:
        assert set(titles(shown(query))) == found, query
    page = shown("?voir=non-lus&nature=question")
    current = [link.get_text() for link in page.select(".vues [aria-current]")]
    assert current == ["Non lus", "Question"]
    assert page.select_one(".vues a[href='?voir=non-lus']")
    assert page.select_one(".vues a[href='?voir=miens&nature=question']")
    assert asked.reference


@pytest.mark.parametrize("gone", ["retire_le", "masque_le"])
def test_a_question_whose_only_answer_cannot_be_read_has_none(shown, espace, elue, gone):
    topic = un_sujet(espace, subject="Qui sait ?")
    answer = conversation.reply(elue, topic, "Moi")
    assert titles(shown("?voir=sans-reponse")) == []
    topic.posts.filter(pk=answer.pk).update(**{gone: timezone.now()})
    assert titles(shown("?voir=sans-reponse")) == ["Qui sait\xa0?"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Personne n’a encore pris la parole"),
        ("?voir=non-lus", "Vous avez tout lu"),
        ("?voir=sans-reponse", "Aucune question n’attend"),
        ("?voir=suivis", "Vous ne suivez aucun sujet"),
        ("?voir=miens", "Vous n’avez ouvert aucun sujet"),
        ("?nature=annonce", "Aucun sujet de ce type"),
        ("?avant=1-x", "La liste s’arrête là"),
    ],
)
def test_a_view_without_topic_says_where_to_go(shown, query, said):
    assert said in shown(query).words


def test_the_title_of_the_page_says_which_topics_it_shows(shown):
    assert shown().title.get_text().startswith("Entre élu·es · ")
    chosen = shown("?voir=non-lus&nature=question").title.get_text()
    assert chosen.startswith("Non lus · Question · Entre élu·es · ")


def test_pages_follow_one_another_without_gap_even_at_the_same_instant(shown, espace, monkeypatch):
    monkeypatch.setattr(espaces, "TOPICS_PER_PAGE", 3)
    for number in range(10):
        un_sujet(espace, subject=f"Sujet {number}")
    now = timezone.now()
    Topic.objects.filter(subject__in=["Sujet 2", "Sujet 3", "Sujet 4"]).update(last_post_on=now)
    for query in ("", "?voir=non-lus"):
        seen, page = [], shown(query)
        seen += titles(page)
        while link := page.select_one("a[rel=next]"):
            page = shown(link["href"])
            seen += titles(page)
        assert sorted(seen) == [f"Sujet {number}" for number in range(10)], query
        assert page.select_one(".pagination a")["href"] == (query or "?")


@pytest.mark.parametrize("place", ["x", "-", "1", "9" * 40, "99999999999999999-a", "1-"])
def test_a_place_that_makes_no_sense_breaks_nothing(shown, espace, place):
    un_sujet(espace)
    shown(f"?avant={place}")


def test_what_waits_for_approval_is_on_top_for_its_author_and_the_facilitators(
    shown, espace, elue, signed_in, read
):
    espace.premoderation = True
    espace.save()
    conversation.start_topic(elue, espace, "En attente", "Texte")
    assert "Attend la relecture" in shown().words
    signed_in(entered(un_membre("elus"), espace))
    assert "En attente" not in read(ESPACE).words


def test_a_space_costs_as_many_queries_whatever_is_said_there(queries, signed_in, espace, elue):
    def add(count):
        for number in range(count):
            author = entered(un_membre("elus"), espace)
            topic = un_sujet(espace, author=author)
            if number % 2:
                Topic.objects.filter(pk=topic.pk).update(type=Topic.TOPIC_STICKY)

    for query in ("", "?voir=non-lus", "?voir=sans-reponse", "?voir=suivis", "?nature=question"):
        add(2)
        signed_in(elue)
        before = queries(f"{ESPACE}{query}")
        assert before <= 12
        add(6)
        assert queries(f"{ESPACE}{query}") == before, query


# --- Following -----------------------------------------------------------------------------------


def test_entering_a_space_follows_it_all_until_one_chooses_otherwise(client, espace):
    membre = un_membre("elus")
    client.force_login(membre)
    client.post(f"{ESPACE}charte/", {"version": 1, "accepte": "on"})
    assert Participation.objects.get().niveau == Niveau.TOUT
    response = client.post(f"{ESPACE}suivi/", {"niveau": "mentions"})
    assert response.url == f"{ESPACE}#suivre"
    assert Participation.objects.get().niveau == Niveau.MENTIONS
    assert (
        "C’est noté\xa0: «\xa0Seulement quand on me cite\xa0»."
        in client.get(ESPACE).content.decode()
    )


def test_what_i_follow_lists_my_levels_and_changes_them_in_one_click(signed_in, read, espace, elue):
    topic = un_sujet(espace, subject="Le sujet")
    un_sujet(espace, subject="Un autre")
    client = signed_in(elue)
    assert "Aucun pour l’instant" in read("/communaute/suivi/").words
    response = client.post(
        f"{topic.get_absolute_url()}suivi/", {"niveau": "rien", "retour": "suivi"}
    )
    row = f"sujet-{topic.reference}"
    assert response.url == f"/communaute/suivi/#{row}"
    page = read("/communaute/suivi/")
    assert "Le sujet" in page.select_one(f"#{row}").get_text()
    pressed = [button.get_text() for button in page.select("[aria-pressed=true]")]
    assert pressed == ["Tous les messages", "Rien"]
    assert "Le sujet" in page.words
    assert "Un autre" not in page.words
    client.post(f"{topic.get_absolute_url()}suivi/", {"niveau": ""})
    assert "Le sujet" not in read("/communaute/suivi/").words


@pytest.mark.parametrize("niveau", ["", "autre", None])
def test_a_level_that_does_not_exist_is_not_chosen(signed_in, espace, elue, niveau):
    client = signed_in(elue)
    data = {} if niveau is None else {"niveau": niveau}
    assert client.post(f"{ESPACE}suivi/", data).status_code == 404
    assert Participation.objects.get(membre=elue).niveau == Niveau.TOUT


def test_all_is_marked_as_read_up_to_when_the_page_was_shown(signed_in, read, espace, elue):
    before = un_sujet(espace, subject="Avant")
    client = signed_in(elue)
    shown_at = read(ESPACE).select_one("[name=jusqua]")["value"]
    un_sujet(espace, subject="Après")
    assert client.post(f"{ESPACE}tout-lu/", {"jusqua": shown_at}).url == ESPACE
    page = read(ESPACE)
    assert "Tout est marqué comme lu." in page.words
    unread = [" ".join(row.h3.get_text().split()) for row in page.select(".sujet--neuf")]
    assert unread == ["Après"]
    assert before.reference
    client.post(f"{ESPACE}tout-lu/")
    assert not read(ESPACE).select(".sujet--neuf")
    assert not read(ESPACE).select(".tout-lu")


@pytest.mark.parametrize(
    "jusqua",
    ["x", "2026-13-45T00:00", "2026-01-01T00:00", "9999-01-01T00:00Z", "9999-12-31T23:59-14:00"],
)
def test_an_odd_time_marks_no_more_than_now(signed_in, espace, elue, jusqua):
    signed_in(elue).post(f"{ESPACE}tout-lu/", {"jusqua": jusqua})
    until = Participation.objects.get(membre=elue).lu_jusqua
    assert timezone.now() - timedelta(minutes=1) < until <= timezone.now()


def test_a_message_on_its_way_when_the_page_was_shown_is_not_marked_as_read(
    signed_in, read, espace, elue, autre
):
    topic = un_sujet(espace)
    client, said_at = signed_in(elue), timezone.now()
    shown = read(ESPACE).select_one("[name=jusqua]")["value"]
    conversation.reply(autre, topic, "En chemin", said_at)
    client.post(f"{ESPACE}tout-lu/", {"jusqua": shown})
    assert read(ESPACE).select(".sujet--neuf")


def test_a_time_before_all_calendars_marks_nothing(signed_in, espace, elue):
    participation = Participation.objects.get(membre=elue)
    answer = signed_in(elue).post(f"{ESPACE}tout-lu/", {"jusqua": "0001-01-01T00:00:00+14:00"})
    assert answer.status_code == 302
    assert Participation.objects.get(membre=elue).lu_jusqua == participation.lu_jusqua
