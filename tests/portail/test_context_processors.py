"""What surrounds every page: menu, banner, and headers that protect its readers."""

import pytest
from django.urls import reverse

from communaute.models import Profil
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    entered,
    un_enseignement,
    un_membre,
    un_theme,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def addresses():
    """An address of each public kind, found or not."""
    return [
        "/",
        "/territoires/",
        une_page_territoire().url,
        "/enseignements/",
        un_enseignement().url,
        "/recherche/?q=x",
        "/introuvable/",
        "/communaute/",
    ]


def policy(answer):
    """The content security policy, directive by directive."""
    parts = answer.headers["Content-Security-Policy"].split(";")
    return {name: values for name, *values in (part.split() for part in parts if part.strip())}


def test_pages_set_no_cookie_on_visitors(client, addresses):
    for address in addresses:
        assert not client.get(address).cookies, address


def test_pages_load_nothing_from_elsewhere_nor_inline(client, addresses):
    for address in addresses:
        told = policy(client.get(address))
        assert told["default-src"] == ["'self'"], address
        assert told["object-src"] == ["'none'"], address
        assert told["frame-ancestors"] == ["'self'"], address
        assert "script-src" not in told, address
        assert "style-src" not in told, address


def test_pages_need_nothing_that_their_policy_forbids(read, addresses):
    for address in addresses[:-2]:
        page = read(address)
        inline = "script:not([src], [type='application/ld+json'])"
        assert page.select(f"style, {inline}, [style], [onclick], [onload]") == []
        for element in page.select("[src], link[rel=stylesheet]"):
            assert (element.get("src") or element["href"]).startswith("/"), address


def test_the_back_office_works_under_a_policy_of_its_own(signed_in):
    client = signed_in(MembreFactory(is_superuser=True))
    told = policy(client.get(reverse("wagtailadmin_home")))
    assert "'unsafe-inline'" in told["script-src"]
    assert told["default-src"] == ["'self'"]
    assert "'unsafe-inline'" not in str(policy(client.get("/")))


def test_pages_say_to_browsers_not_to_guess_nor_to_tell(client):
    headers = client.get("/").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("demo", [True, False])
def test_the_banner_of_the_demo_shows_in_the_demo_alone(client, settings, demo):
    settings.DEMO = demo
    assert (b'class="demo"' in client.get("/").content) is demo


def test_the_door_to_the_back_office_shows_to_those_who_manage(signed_in):
    door = f'href="{reverse("wagtailadmin_home")}"'
    assert door not in signed_in(un_membre()).get("/").content.decode()
    assert door in signed_in(MembreFactory(is_superuser=True)).get("/").content.decode()


def test_the_menu_says_where_one_is(read):
    for address, title in (
        ("/territoires/", "Territoires"),
        (un_enseignement().url, "Enseignements"),
    ):
        current = read(address).select(".menu--large [aria-current=page]")
        assert [link.get_text() for link in current] == [title]


def test_the_directory_is_searched_by_the_themes_of_the_cohort(signed_in, read):
    un_theme("Eau et sols")
    espace = EspaceFactory(slug="elus", college="elus")
    membre, other = (entered(un_membre("elus"), espace) for _ in range(2))
    Profil.objects.create(membre=other, partage="Nos sols, et l’eau qu’ils gardent.")
    signed_in(membre)
    link = read("/communaute/annuaire/").select_one(".annuaire__themes a")
    assert link.get_text() == "Eau et sols"
    found = read(link["href"]).select(".annuaire__nom")
    assert [name.get_text() for name in found] == [other.get_full_name()]
