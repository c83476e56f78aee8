"""What search engines are told."""

from xml.etree import ElementTree

import pytest
from django.utils import timezone

from tests.factories import restrict, un_enseignement, une_page_libre

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def addresses(client):
    """``addresses()`` returns those of the sitemap."""

    def found():
        tree = ElementTree.fromstring(client.get("/sitemap.xml").content)
        return [loc.text for loc in tree.findall(".//{*}loc")]

    return found


def test_the_sitemap_names_every_public_page_and_home_first(addresses):
    page = un_enseignement()
    found = addresses()
    assert found[0] == "http://127.0.0.1:8000/"
    assert page.full_url in found
    assert len(found) == len(set(found)) > 10


def test_the_sitemap_names_neither_drafts_nor_reserved_pages(addresses):
    before = addresses()
    une_page_libre("Brouillon").unpublish()
    restrict(une_page_libre("Dossier")).add_child(instance=type(une_page_libre("Autre"))(title="X"))
    assert [a for a in addresses() if a not in before] == ["http://127.0.0.1:8000/autre/"]


def test_a_published_page_says_when_it_was(client):
    page = une_page_libre()
    page.save_revision().publish()
    page.refresh_from_db()
    day = timezone.localdate(page.last_published_at).isoformat()
    assert (
        f"<loc>{page.full_url}</loc><lastmod>{day}</lastmod>"
        in client.get("/sitemap.xml").content.decode()
    )


@pytest.mark.parametrize("page", ["0", "2", "x", "9" * 30])
def test_a_part_of_the_sitemap_that_is_not_is_not_found(client, page):
    assert client.get(f"/sitemap.xml?p={page}").status_code == 404


def test_robots_are_led_to_the_sitemap_and_kept_out_of_what_is_not_public(client):
    response = client.get("/robots.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = response.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in lines
    for path in ("/communaute/", "/gestion/", "/compte/", "/recherche/"):
        assert f"Disallow: {path}" in lines


def test_the_sitemap_costs_the_same_with_twenty_pages_as_with_two(queries):
    def add(numbers):
        for n in numbers:
            une_page_libre(f"Page {n}")

    add(range(2))
    with_two = queries("/sitemap.xml")
    add(range(2, 20))
    assert queries("/sitemap.xml") == with_two <= 15
