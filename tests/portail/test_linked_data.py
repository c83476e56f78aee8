"""What the head of a page says to machines: its address, its preview, what it is."""

import json

import pytest

from communaute.models import Cohorte
from pages.models import AccueilPage, EnseignementIndexPage
from tests.factories import (
    restrict,
    un_dispositif,
    un_enseignement,
    un_membre,
    un_module,
    un_projet,
    une_analyse,
    une_page_allie,
    une_page_libre,
    une_page_territoire,
    une_ressource,
)

pytestmark = pytest.mark.usefixtures("tree")

SITE = "http://127.0.0.1:8000"


@pytest.fixture
def graph(read):
    """``graph(address)`` returns what a page says it is, and the way to it."""

    def said(address):
        data = json.loads(read(address).select_one('script[type="application/ld+json"]').string)
        assert data["@context"] == "https://schema.org"
        return data["@graph"]

    return said


def metas(page):
    return {
        meta.get("property") or meta.get("name"): meta["content"]
        for meta in page.select("meta[content]")
    }


def canonical(page):
    return page.select_one("link[rel=canonical]")["href"]


def test_a_link_to_a_learning_is_shown_with_its_title_and_picture(read):
    page = un_enseignement(
        "Écouter & entendre", introduction="Nous avons appris.", date="2026-01-02"
    )
    said = metas(read(page.url))
    assert said["og:type"] == "article"
    assert said["og:title"] == "Écouter & entendre"
    assert said["og:description"] == said["description"] == "Nous avons appris."
    assert said["og:url"] == page.full_url
    assert said["og:image"] == f"{SITE}/apercus/{page.pk}.png"
    assert said["article:published_time"] == "2026-01-02"
    assert said["twitter:card"] == "summary_large_image"


def test_the_description_of_a_page_is_plain_text_once(read):
    home = AccueilPage.objects.get()
    home.introduction = "<p>Penser &amp; agir,&nbsp;<b>ensemble</b></p>"
    home.save()
    assert metas(read("/"))["description"] == "Penser & agir,\u00a0ensemble"


def test_home_says_how_to_search(graph):
    (site,) = graph("/")
    assert site["@type"] == "WebSite"
    assert site["potentialAction"]["target"] == f"{SITE}/recherche/?q={{search_term_string}}"


def test_a_learning_is_an_article_with_its_author_and_date(graph):
    page = un_enseignement(auteurs="Une élue", date="2026-01-02")
    article, way = graph(page.url)
    assert (article["@type"], article["headline"]) == ("Article", page.title)
    assert article["author"] == {"@type": "Person", "name": "Une élue"}
    assert article["datePublished"] == "2026-01-02"
    assert article["publisher"]["name"] == Cohorte.load().nom
    assert [step["item"] for step in way["itemListElement"]] == [
        f"{SITE}/",
        f"{SITE}/enseignements/",
        page.full_url,
    ]


def test_a_territory_is_a_place_and_its_project_stands_there(graph):
    territoire = une_page_territoire("Oursanne")
    project = un_projet(parent=territoire)
    place = graph(territoire.url)[0]
    assert (place["@type"], place["name"]) == ("AdministrativeArea", "Oursanne")
    assert graph(project.url)[0]["location"]["name"] == "Oursanne"


def test_every_type_of_page_says_what_it_is(graph):
    territoire = une_page_territoire()
    for page in (
        un_dispositif(),
        une_page_allie(),
        une_analyse(parent=territoire),
        un_module(),
        une_ressource("Fiche", parent=un_module("Second")),
        une_page_libre(),
    ):
        assert graph(page.url)[0]["name"] == page.title


def test_what_editors_write_ends_no_script(client):
    page = un_enseignement("</script><script>alert(1)</script>&amp;<!--")
    html = client.get(page.url).content.decode()
    assert "<script>alert(1)" not in html
    start = html.index("ld+json") + len('ld+json">')
    data = json.loads(html[start : html.index("</script>", start)])
    assert data["@graph"][0]["headline"] == page.title


def test_a_reserved_page_shown_to_a_member_has_no_preview(signed_in, read):
    page = restrict(une_page_libre("Réservée"))
    signed_in(un_membre())
    shown = read(page.url)
    assert canonical(shown) == page.full_url
    assert shown.select('meta[property^="og:"], script[type="application/ld+json"]') == []


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", ""),
        ("?page=1", ""),
        ("?page=2", "?page=2"),
        ("?page=x", ""),
        ("?fondamental=cooperation", ""),
        ("?fondamental=cooperation&page=2", ""),
        ("?utm_source=lettre", ""),
    ],
)
def test_a_list_has_one_address_a_page(read, monkeypatch, query, kept):
    monkeypatch.setattr(EnseignementIndexPage, "PER_PAGE", 1)
    for n in range(2):
        un_enseignement(f"Leçon {n}")
    assert canonical(read(f"/enseignements/{query}")) == f"{SITE}/enseignements/{kept}"


def test_a_page_asked_at_another_host_names_the_portals_address(client, settings):
    settings.ALLOWED_HOSTS = ["autre.exemple.fr"]
    page = un_enseignement()
    html = client.get(page.url, headers={"host": "autre.exemple.fr"}).content.decode()
    assert f'<link rel="canonical" href="{page.full_url}">' in html


def test_what_is_not_found_says_nothing_of_itself(client):
    html = client.get("/nulle/part/").content.decode()
    assert "og:" not in html
    assert "canonical" not in html
