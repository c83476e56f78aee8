"""What is kept for visitors holds nothing of what anyone else saw, nor what is no longer public."""

import gzip
import pickle

import pytest
from django.core.cache import caches
from django.test import Client

from tests.confidentialite.adresses import without_keys
from tests.confidentialite.conftest import CANARY
from tests.factories import (
    MembreFactory,
    SiegeFactory,
    entered,
    restrict,
    un_enseignement,
    un_membre,
    une_analyse,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree", "at_the_portals_address")

PRIVATE = ("/communaute/", "/compte/", "/gestion/", "/sante/", "/signaler/")
PROBES = ("/sante/", "/sante/prete/", "/sante/travaux/")


def kept():
    """What the process keeps: of each address its content and headers, and what is around every page."""
    found = {}
    for key, value in caches["pages"]._cache.items():
        _, *parts = pickle.loads(value)
        found[key.removeprefix(":1:")] = [
            gzip.decompress(part).decode() if isinstance(part, bytes) else part for part in parts
        ]
    return found


@pytest.fixture(autouse=True)
def nothing_kept_yet():
    caches["pages"].clear()


@pytest.fixture
def member():
    """A member, whose name shows wherever they are known."""
    return un_membre("elus", membre__first_name="Canari", membre__last_name=CANARY)


def answers(client, paths):
    return {path: (client.get(path).status_code, client.get(path).content) for path in paths}


def test_what_a_member_saw_is_shown_to_no_visitor_nor_to_another_member(sujet, member):
    reserved = restrict(un_enseignement("Réservé"))
    paths = ["/", "/territoires/", "/enseignements/", un_enseignement("Public").url, reserved.url]
    before, member = answers(Client(), paths), entered(member, sujet.espace)
    reader = Client()
    reader.force_login(member)
    seen = answers(reader, [*paths, sujet.get_absolute_url(), "/communaute/"])
    assert seen[reserved.url][0] == 200
    assert CANARY in str(seen[sujet.get_absolute_url()])
    assert answers(Client(), paths) == before
    other = Client()
    other.force_login(un_membre("agents"))
    assert CANARY not in str(answers(other, paths))
    assert CANARY not in str(kept())


def test_a_member_is_not_shown_what_visitors_are(member):
    reserved = restrict(un_enseignement("Réservé"))
    assert Client().get(reserved.url).status_code == 404
    client = Client()
    client.force_login(member)
    assert client.get(reserved.url).status_code == 200
    assert Client().get(reserved.url).status_code == 404


def test_a_page_reserved_after_it_was_kept_is_not_found_at_the_next_request(
    member, django_capture_on_commit_callbacks
):
    lesson, territory = un_enseignement("Leçon bientôt réservée"), une_page_territoire()
    analysis = une_analyse("Analyse bientôt réservée", parent=territory)
    lists = ["/", "/enseignements/", territory.url]
    for path in (lesson.url, analysis.url, *lists):
        assert Client().get(path).status_code == 200
    assert lesson.url in kept()
    assert analysis.url in kept()
    with django_capture_on_commit_callbacks(execute=True):
        restrict(lesson)
        analysis.visibilite = "membres"
        analysis.save()
    for path in (lesson.url, analysis.url):
        assert Client().get(path).status_code == 404
        assert Client().head(path).status_code == 404
    for path in lists:
        assert "bientôt réservée" not in Client().get(path).content.decode(), path
    client = Client()
    client.force_login(member)
    assert client.get(lesson.url).status_code == 200
    assert Client().get(lesson.url).status_code == 404


def test_a_browser_that_kept_a_page_since_reserved_is_told_it_is_not_found(
    django_capture_on_commit_callbacks,
):
    lesson = un_enseignement()
    etag = Client().get(lesson.url).headers["ETag"]
    with django_capture_on_commit_callbacks(execute=True):
        restrict(lesson)
    assert Client().get(lesson.url, headers={"If-None-Match": etag}).status_code == 404


def test_a_member_no_longer_named_is_named_no_longer(member, django_capture_on_commit_callbacks):
    page = une_page_territoire()
    siege = SiegeFactory(membre=member, territoire=page.territoire)
    with django_capture_on_commit_callbacks(execute=True):
        member.nomme_publiquement = True
        member.save()
    assert CANARY in Client().get(page.url).content.decode()
    assert CANARY in str(kept()[page.url])
    with django_capture_on_commit_callbacks(execute=True):
        siege.membre.nomme_publiquement = False
        siege.membre.save()
    assert CANARY not in Client().get(page.url).content.decode()


def test_no_address_of_an_account_a_member_or_the_back_office_is_kept(sujet):
    visitor, someone = Client(), Client()
    administrator = MembreFactory(is_superuser=True, last_name=CANARY)
    for path in (*without_keys(), sujet.get_absolute_url(), *PROBES):
        someone.force_login(administrator)
        someone.get(path)
        visitor.get(path)
        visitor.cookies.clear()
    found = kept()
    assert "/" in found
    assert not [path for path in found if path.startswith(PRIVATE)]
    for path, parts in found.items():
        assert "set-cookie" not in str(parts).lower(), path
        assert CANARY not in str(parts), path
        assert "csrfmiddlewaretoken" not in str(parts), path
