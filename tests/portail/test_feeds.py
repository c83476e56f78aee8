"""Atom feeds: the newest learnings, of all or of a theme or territory."""

from html import unescape
from xml.etree import ElementTree

import pytest
from django.utils.dateparse import parse_datetime

from communaute.models import Cohorte
from portail import feeds
from tests.factories import restrict, un_enseignement, un_theme, une_page_territoire

pytestmark = pytest.mark.usefixtures("tree")

ALL = "/flux/enseignements.atom"
ATOM = {"": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def entries(client):
    """``entries(address)`` returns the entries of a feed, parsed."""

    def read(address):
        response = client.get(address)
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
        return ElementTree.fromstring(response.content).findall("entry", ATOM)

    return read


def said(entry, name):
    return entry.find(name, ATOM).text


def titles(entries):
    return [said(entry, "title") for entry in entries]


def test_the_feed_holds_the_newest_learnings_first(entries, monkeypatch):
    monkeypatch.setattr(feeds, "NEWEST", 2)
    for day in (1, 3, 2):
        un_enseignement(f"Jour {day}", date=f"2026-01-0{day}")
    assert titles(entries(ALL)) == ["Jour 3", "Jour 2"]


def test_an_entry_says_what_it_is_who_wrote_it_and_where_it_is_whole(entries):
    page = un_enseignement(
        "Écouter <d’abord> & après",
        introduction="Plus d’eau & moins < de 2 °C.",
        auteurs="Une élue",
        date="2026-03-01",
        themes=[un_theme("Eau")],
    )
    (entry,) = entries(ALL)
    assert said(entry, "title") == page.title
    assert unescape(said(entry, "summary")) == page.introduction
    assert entry.find("link", ATOM).get("href") == page.full_url
    assert said(entry, "author/name") == "Une élue"
    assert [c.get("term") for c in entry.findall("category", ATOM)] == ["Coopération", "Eau"]
    assert parse_datetime(said(entry, "published")).date().isoformat() == "2026-03-01"


def test_an_entry_keeps_its_identifier_when_its_address_changes(entries):
    page = un_enseignement()
    before = said(entries(ALL)[0], "id")
    page.slug = "ailleurs"
    page.save()
    (entry,) = entries(ALL)
    assert entry.find("link", ATOM).get("href").endswith("/ailleurs/")
    assert said(entry, "id") == before


def test_a_theme_and_a_territory_have_feeds_of_their_own(entries, client):
    theme, page = un_theme("Eau"), une_page_territoire("Oursanne")
    un_enseignement("Sur l’eau", themes=[theme])
    un_enseignement("D’Oursanne", territoires=[page.territoire])
    assert titles(entries("/flux/themes/eau.atom")) == ["Sur l’eau"]
    assert titles(entries("/flux/territoires/oursanne.atom")) == ["D’Oursanne"]
    assert (
        "Oursanne : ce qui s’y apprend"
        in client.get("/flux/territoires/oursanne.atom").content.decode()
    )


def test_feeds_of_what_does_not_exist_are_not_found(client):
    une_page_territoire("Brouillon").unpublish()
    restrict(une_page_territoire("Réservé"))
    for path in ("themes/rien", "territoires/rien", "territoires/brouillon", "territoires/reserve"):
        assert client.get(f"/flux/{path}.atom").status_code == 404


def test_a_feed_without_learnings_is_an_empty_feed(entries):
    un_theme("Eau")
    assert entries(ALL) == entries("/flux/themes/eau.atom") == []


def test_the_feed_bears_the_name_of_the_cohort(client):
    Cohorte.objects.update_or_create(pk=Cohorte.load().pk, defaults={"nom": "La nôtre"})
    feed = ElementTree.fromstring(client.get(ALL).content)
    assert said(feed, "title") == "Les enseignements · La nôtre"
    assert feed.find("link[@rel='self']", ATOM).get("href") == f"http://127.0.0.1:8000{ALL}"


def test_pages_lead_to_the_feeds_that_match_them(read):
    page = une_page_territoire("Oursanne")
    un_enseignement(themes=[un_theme("Eau")])

    def feeds_of(address):
        return [link["href"] for link in read(address).select("link[rel=alternate]")]

    assert feeds_of("/") == [ALL]
    assert feeds_of(page.url) == [ALL, "/flux/territoires/oursanne.atom"]
    assert feeds_of("/enseignements/?theme=eau") == [ALL, "/flux/themes/eau.atom"]
    assert feeds_of("/enseignements/?theme=inconnu") == [ALL]


def test_a_feed_costs_the_same_with_twenty_learnings_as_with_two(queries):
    page, themes = une_page_territoire("Oursanne"), [un_theme("Eau"), un_theme("Forêt")]

    def add(numbers):
        for n in numbers:
            un_enseignement(f"Leçon {n}", territoires=[page.territoire], themes=themes)

    paths = (ALL, "/flux/themes/eau.atom", "/flux/territoires/oursanne.atom")
    add(range(2))
    with_two = [queries(path) for path in paths]
    add(range(2, 20))
    assert [queries(path) for path in paths] == with_two
    assert max(with_two) <= 15
