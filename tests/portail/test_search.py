"""The one search box: what the public may read, found by its words, whatever is typed."""

import pytest

from pages.models import StandardPage
from portail import search
from tests.factories import (
    corps,
    restrict,
    un_enseignement,
    une_page_libre,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def found(client):
    """``found(words)`` returns the titles that the search box answers."""

    def titles(words):
        answer = client.get("/recherche/", {"q": words})
        assert answer.status_code == 200
        return [result["titre"] for result in answer.context["resultats"]]

    return titles


@pytest.mark.parametrize("words", ["lavoir", "Lavoir", "lavoir commun", "abeilles"])
def test_search_finds_a_learning_by_its_words(found, words):
    un_enseignement(
        "Le lavoir commun",
        introduction="Des abeilles.",
        corps=corps(("texte", "<p>Une <b>ruche</b>.</p>"), ("limite", {"texte": "Le gel."})),
    )
    un_enseignement("Autre chose")
    assert found(words) == ["Le lavoir commun"]


@pytest.mark.parametrize("words", ["ruche", "gel", "Sandrine", "calendrier"])
def test_search_reads_every_block_of_a_body(found, words):
    un_enseignement(
        "Leçon",
        corps=corps(
            ("texte", "<p>Une <b>ruche</b>.</p>"),
            ("limite", {"texte": "Le gel."}),
            ("citation", {"texte": "Rien.", "auteur": "Sandrine"}),
            ("preuve", {"resultat": "Un calendrier.", "date": "2026-01-01", "source": ""}),
        ),
    )
    assert found(words) == ["Leçon"]


@pytest.mark.parametrize("words", ["Oursanne", "torrent", "promettons"])
def test_search_finds_a_territory_by_its_words(found, words):
    une_page_territoire("Oursanne", introduction="Un torrent.", engagement="Nous promettons.")
    une_page_territoire("Autre", introduction="Une plaine.")
    assert found(words) == ["Oursanne"]


@pytest.mark.parametrize("words", ["Mentions", "hébergement", "serveur"])
def test_search_finds_a_page_by_its_words(found, words):
    une_page_libre(
        "Mentions", introduction="L’hébergement.", corps=corps(("texte", "<p>Le serveur.</p>"))
    )
    assert found(words) == ["Mentions"]


def test_a_result_says_what_it_is_and_where(read):
    page = un_enseignement("Le lavoir", introduction="Nous avons appris à attendre.")
    shown = read("/recherche/?q=lavoir")
    assert shown.select_one(".resultats a")["href"] == page.url
    assert shown.select_one(".resultats .surtitre").get_text() == "Enseignement"
    for said in ("Nous avons appris à attendre.", "1 résultat"):
        assert said in shown.words


@pytest.mark.parametrize("words", ["", " "])
def test_nothing_asked_is_nothing_searched(found, words):
    un_enseignement()
    assert found(words) == []


@pytest.mark.parametrize(
    "words",
    ["mot " * 5000, "a" * 100_000, "é" * 300, "(" * 200],
    ids=["many words", "one long word", "accents", "brackets"],
)
def test_search_bears_with_long_and_odd_queries(found, words):
    un_enseignement("Le lavoir")
    found(words)


@pytest.mark.parametrize(
    "words",
    [
        *('"', '"lavoir', "'", "*", "lavoir*", "lavoir)", "NEAR(", "AND", "OR NOT", "-lavoir"),
        *("a:b", "^", "\\", "%", "&|!", ";--", "<->", ":*", "$$"),
    ],
)
def test_signs_that_databases_give_a_meaning_are_only_signs(found, words):
    un_enseignement("Le lavoir")
    found(words)


def test_what_is_typed_is_shown_as_text(read):
    page = read("/recherche/?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert page.select("script") == []
    assert "<script>alert(1)</script>" in page.words


def test_drafts_and_restricted_pages_are_not_found(found):
    for page in (
        un_enseignement("Lavoir leçon"),
        une_page_territoire("Lavoir territoire"),
        une_page_libre("Lavoir page"),
    ):
        page.unpublish()
    for page in (
        un_enseignement("Lavoir leçon réservée"),
        une_page_territoire("Lavoir territoire réservé"),
        une_page_libre("Lavoir page réservée"),
    ):
        restrict(page)
    assert found("lavoir") == []


def test_the_words_of_a_draft_being_written_are_not_found(found):
    page = un_enseignement("Leçon")
    page.title = "Lavoir"
    page.save_revision()
    assert found("lavoir") == []
    page.save_revision().publish()
    assert found("lavoir") == ["Lavoir"]


def test_a_page_below_a_restricted_one_is_not_found(found):
    parent = restrict(une_page_libre("Dossier"))
    parent.add_child(instance=StandardPage(title="Lavoir"))
    assert found("lavoir") == []


def test_many_results_go_on_to_a_second_page_that_keeps_the_words(read):
    for n in range(search.RESULTS_PER_PAGE + 1):
        une_page_libre(f"Lavoir {n}")
    first = read("/recherche/?q=lavoir")
    assert len(first.select(".resultats li")) == search.RESULTS_PER_PAGE
    following = first.select_one(".pagination a[rel=next]")["href"]
    assert len(read("/recherche/" + following).select(".resultats li")) == 1


def test_searching_is_safe_and_nothing_else(client):
    assert client.post("/recherche/", {"q": "x"}).status_code == 405


def test_search_costs_the_same_with_twenty_results_as_with_two(queries, monkeypatch):
    monkeypatch.setattr(search, "RESULTS_PER_PAGE", 100)

    def add(numbers):
        for n in numbers:
            une_page_libre(f"Lavoir {n}")

    add(range(2))
    with_two = queries("/recherche/?q=lavoir")
    add(range(2, 20))
    assert queries("/recherche/?q=lavoir") == with_two
