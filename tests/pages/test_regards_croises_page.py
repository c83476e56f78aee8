"""Learnings that several territories share, side by side."""

import pytest

from pages.models import RegardsCroisesPage
from tests.factories import restrict, un_enseignement, une_page_territoire

pytestmark = pytest.mark.usefixtures("tree")

PAGE = "/enseignements/regards-croises/"


def shared(title, pages, **fields):
    """A learning of these territories, each of which says what it makes of it."""
    learning = un_enseignement(title, territoires=[page.territoire for page in pages], **fields)
    for page in pages:
        learning.regards.create(territoire=page.territoire, texte=f"Vu de {page.title}.")
    learning.save()
    return learning


def titles(page):
    return [title.get_text() for title in page.select(".croisement h2")]


def test_a_learning_is_shown_when_two_public_territories_share_it(read):
    vallee, plaine, hidden = (une_page_territoire(t) for t in ("Vallée", "Plaine", "Cachée"))
    restrict(hidden)
    shared("Partagé", [vallee, plaine, hidden])
    shared("Seul", [vallee])
    shared("Presque", [vallee, hidden])
    page = read(PAGE)
    assert titles(page) == ["Partagé"]
    assert [regard.a["href"] for regard in page.select(".regard")] == [vallee.url, plaine.url]
    assert "Vu de Plaine." in page.words
    assert "Cachée" not in str(page)


def test_the_territories_that_share_it_are_named_even_without_a_view(read):
    vallee, plaine = une_page_territoire("Vallée"), une_page_territoire("Plaine")
    un_enseignement("Partagé", territoires=[vallee.territoire, plaine.territoire])
    page = read(PAGE)
    assert "Partagé par Plaine et Vallée" in page.words
    assert page.select(".regard") == []


def test_what_is_not_public_is_not_shown(read):
    pages = [une_page_territoire("Vallée"), une_page_territoire("Plaine")]
    shared("Retiré", pages).unpublish()
    restrict(shared("Réservé", pages))
    page = read(PAGE)
    assert titles(page) == []
    assert "Aucun enseignement n’est encore partagé" in page.words


def test_a_long_list_goes_on_to_a_second_page(read, monkeypatch):
    monkeypatch.setattr(RegardsCroisesPage, "PER_PAGE", 1)
    pages = [une_page_territoire("Vallée"), une_page_territoire("Plaine")]
    shared("Ancien", pages, date="2025-01-01")
    shared("Nouveau", pages, date="2026-01-01")
    first = read(PAGE)
    assert titles(first) == ["Nouveau"]
    following = first.select_one(".pagination a[rel=next]")["href"]
    assert titles(read(PAGE + following)) == ["Ancien"]


def test_the_page_costs_the_same_with_twenty_learnings_as_with_two(queries, monkeypatch):
    monkeypatch.setattr(RegardsCroisesPage, "PER_PAGE", 100)

    def add(numbers):
        for n in numbers:
            shared(f"Leçon {n}", [une_page_territoire(f"{side} {n}") for side in ("Est", "Ouest")])

    add(range(2))
    with_two = queries(PAGE)
    add(range(2, 20))
    assert queries(PAGE) == with_two
