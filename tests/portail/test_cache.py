"""What visitors share is kept, says so, and is forgotten as soon as something public changes."""

import gzip
import subprocess
import sys
from datetime import timedelta
from functools import partial

import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail import hooks
from wagtail.models import PageViewRestriction, Site

from communaute.models import Cohorte, PerimetreCommune
from pages.models import EnseignementPage, Fondamental, Parcours, Signalement
from portail import cache
from tests.factories import (
    EspaceFactory,
    SiegeFactory,
    TerritoireFactory,
    entered,
    restrict,
    un_enseignement,
    un_membre,
    un_sujet,
    une_commune,
    une_page_libre,
    une_page_territoire,
    une_ressource,
)

pytestmark = pytest.mark.usefixtures("tree", "at_the_portals_address")

LIST = "/enseignements/"


@pytest.fixture
def made(client):
    """``made(address)``: whether asking for this page has it made, rather than taken from memory."""

    def made(address, method="get", **request):
        with CaptureQueriesContext(connection) as captured:
            assert getattr(client, method)(address, **request).status_code == 200
        return any("wagtailcore" in query["sql"] for query in captured)

    return made


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """What is written below it is committed, as far as the cache is told."""
    return partial(django_capture_on_commit_callbacks, execute=True)


def kept_pages():
    """How many pages the process keeps."""
    return len(caches["pages"]._cache)


def serving(serve):
    """Serve every page through ``serve(page, request)`` for a while."""
    return hooks.register_temporarily(
        "before_serve_page", lambda page, request, args, kwargs: serve(page, request)
    )


# What is kept


def test_a_page_is_made_once_and_then_shown_from_memory_to_the_byte(client, made):
    for address in ("/", "/territoires/", LIST, un_enseignement().url, une_page_territoire().url):
        first = client.get(address)
        assert not made(address), address
        again = client.get(address)
        assert (again.content, again.headers) == (first.content, first.headers)


def test_headers_alone_are_answered_from_memory_too(client, made):
    page = client.get("/")
    assert not made("/", method="head")
    head = client.head("/")
    assert (head.content, head.headers) == (b"", page.headers)


def test_headers_asked_for_first_keep_no_empty_page(client):
    assert client.head(LIST).content == b""
    assert b"<h1" in client.get(LIST).content


def test_what_is_not_the_same_for_all_is_neither_kept_nor_taken_from_memory(made):
    assert made(LIST)
    before = kept_pages()
    for asked in (
        {"data": {"page": "1"}},
        {"headers": {"HX-Request": "true"}},
        {"headers": {"cookie": "theme=sombre"}},
        {"headers": {"host": "127.0.0.1"}},
        {"headers": {"host": "testserver:8080"}},
        {"secure": True},
    ):
        assert made(LIST, **asked), asked
        assert made(LIST, **asked), asked
    assert kept_pages() == before


def test_invented_addresses_fill_no_memory(client):
    kept = set()
    for n in range(9):
        for address in (f"/rien-{n}/", f"/?x={n}", f"/{n}", f"/recherche/?q={n}", f"/{n}" * 200):
            client.get(address)
        client.get("/", headers={"host": f"testserver:{n + 1}"})
        kept.add(kept_pages())
    # What all pages share is kept with the first.
    assert len(kept) == 1


def test_an_answer_that_is_not_for_all_is_not_kept(made):
    for header, value in (
        ("Cache-Control", "private"),
        ("Cache-Control", "max-age=60, No-Store"),
        ("Vary", "Accept"),
        ("Vary", "*"),
    ):

        def serve(page, request, header=header, value=value):
            response = page.serve(request).render()
            response[header] = value
            return response

        with serving(serve):
            assert made("/"), value
            assert made("/"), value
    assert made("/")
    assert not made("/")


def test_an_answer_that_sets_a_cookie_is_stored_by_nobody(client):
    def serve(page, request):
        response = page.serve(request).render()
        response.set_cookie("theme", "sombre")
        return response

    with serving(serve):
        assert client.get("/").headers["Cache-Control"] == "private, no-store"
    assert not Client().get("/").cookies


def test_a_very_large_answer_is_not_kept(made, monkeypatch):
    monkeypatch.setattr(cache, "MAX_BYTES", 100)
    assert made("/")
    assert made("/")


def test_a_page_that_htmx_may_ask_in_part_is_kept_whole(client, made):
    def serve(page, request):
        response = page.serve(request).render()
        if "HX-Request" in request.headers:
            response.content = b"partie"
        response["Vary"] = "HX-Request"
        return response

    with serving(serve):
        assert made(LIST, headers={"HX-Request": "true"})
        assert made(LIST)
        assert not made(LIST)
        assert client.get(LIST).headers["Vary"] == "HX-Request, Cookie, Accept-Encoding"
        assert client.get(LIST, headers={"HX-Request": "true"}).content == b"partie"
        assert b"<h1" in client.get(LIST).content


def test_what_is_kept_is_sent_compressed_to_those_who_understand_it(client):
    plain = client.get(LIST)
    sent = client.get(LIST, headers={"Accept-Encoding": "gzip, br"})
    assert gzip.decompress(sent.content) == plain.content
    assert sent.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    for answer in (plain, sent):
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        assert "Accept-Encoding" in answer.headers["Vary"]
    assert sent.headers["ETag"] == plain.headers["ETag"]
    again = {"Accept-Encoding": "gzip", "If-None-Match": sent.headers["ETag"]}
    assert client.get(LIST, headers=again).status_code == 304


def test_what_could_hold_a_secret_is_not_compressed(client, signed_in):
    for address in ("/recherche/?q=x", LIST + "?page=1", "/compte/connexion/"):
        sent = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert (sent.status_code, sent.get("Content-Encoding")) == (200, None), address
    signed_in(un_membre())
    for address in (LIST, "/communaute/"):
        sent = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert (sent.status_code, sent.get("Content-Encoding")) == (200, None), address


# What is said


def test_visitors_answers_may_be_stored_and_are_asked_again_each_time(client):
    for address in ("/", LIST, LIST + "?page=1", "/recherche/?q=x", "/introuvable/"):
        headers = client.get(address).headers
        assert headers["Cache-Control"] == "public, no-cache", address
        assert "Cookie" in headers["Vary"], address


def test_a_page_that_did_not_change_is_not_sent_again(client):
    for address in ("/", "/", LIST + "?page=1", LIST + "?page=1"):
        etag = client.get(address).headers["ETag"]
        again = client.get(address, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == etag
        assert again.headers["Cache-Control"] == "public, no-cache"
        assert "Cookie" in again.headers["Vary"]


def test_a_page_that_changed_is_sent_again(client, committed):
    etag = client.get(LIST).headers["ETag"]
    with committed():
        un_enseignement("Une leçon neuve")
    answer = client.get(LIST, headers={"If-None-Match": etag})
    assert answer.status_code == 200
    assert "Une leçon neuve" in answer.content.decode()
    assert answer.headers["ETag"] != etag


def test_a_page_shown_to_someone_signed_in_is_stored_by_nobody(signed_in):
    client, before = signed_in(un_membre()), kept_pages()
    for address in ("/", LIST, "/introuvable/"):
        headers = client.get(address).headers
        assert headers["Cache-Control"] == "private, no-store", address
        assert "ETag" not in headers, address
    assert kept_pages() == before


def test_a_form_with_its_token_is_stored_by_nobody(client):
    before = kept_pages()
    shown, sent = client.get("/compte/mot-de-passe/"), client.post("/compte/mot-de-passe/", {})
    assert shown.cookies
    for answer in (shown, sent):
        assert "private" in answer.headers["Cache-Control"]
        assert "no-store" in answer.headers["Cache-Control"]
    assert kept_pages() == before


# What is forgotten

CHANGES = {
    "changed": lambda: EnseignementPage.objects.get().save(),
    "published": lambda: une_page_libre(live=False).save_revision().publish(),
    "reserved": lambda: restrict(EnseignementPage.objects.get()),
    "opened": lambda: PageViewRestriction.objects.get().delete(),
    "withdrawn": lambda: EnseignementPage.objects.get().unpublish(),
    "deleted": lambda: EnseignementPage.objects.get().delete(),
    "term": lambda: Fondamental.objects.first().save(),
    "site": lambda: Site.objects.get().save(),
    "cohort": lambda: Cohorte.load().save(),
    "seat": SiegeFactory,
    "perimeter": lambda: PerimetreCommune.objects.create(
        territoire=TerritoireFactory(), commune=une_commune("31001", "Agassac")
    ),
}


def test_any_change_of_what_the_public_sees_forgets_the_pages(made, committed):
    with committed():
        un_enseignement()
    for kind, change in CHANGES.items():
        made("/")
        assert not made("/"), kind
        with committed():
            change()
        assert made("/"), kind


def test_what_another_process_changes_forgets_the_pages(made):
    made("/")
    assert not made("/")
    elsewhere = "import django; django.setup(); from portail import cache; cache.forget()"
    subprocess.run([sys.executable, "-c", elsewhere], check=True)
    assert made("/")
    assert not made("/")


def test_machines_that_share_a_bucket_tell_one_another_by_the_shared_cache(
    made, committed, settings
):
    settings.S3_BUCKET = "cohorte"
    made("/")
    assert not made("/")
    before = cache.CHANGES.read_bytes()
    with committed():
        un_enseignement()
    assert made("/")
    assert not made("/")
    assert cache.CHANGES.read_bytes() == before
    caches["default"].delete(cache.EDITION)  # as another machine does
    assert made("/")


def test_the_first_change_ever_forgets_the_pages(made, committed):
    cache.CHANGES.unlink()
    made("/")
    assert not made("/")
    with committed():
        un_enseignement()
    assert made("/")


def test_a_page_withdrawn_is_not_found_at_the_next_request(client, committed):
    page = un_enseignement("Retirée bientôt")
    for _ in range(2):
        assert client.get(page.url).status_code == 200
        assert "Retirée bientôt" in client.get(LIST).content.decode()
    with committed():
        page.unpublish()
    assert client.get(page.url).status_code == 404
    assert "Retirée bientôt" not in client.get(LIST).content.decode()


def test_a_page_moved_is_found_at_its_new_address_alone(client, committed):
    page, above = une_page_libre("Méthode"), une_page_libre("Démarche")
    before = page.url
    assert client.get(before).status_code == 200
    with committed():
        page.move(above, pos="last-child")
    assert client.get(before).status_code == 404
    assert client.get(f"{above.url}methode/").status_code == 200


def test_what_is_undone_before_it_is_committed_forgets_nothing(made, committed):
    assert made("/")
    with pytest.raises(ZeroDivisionError), committed(), transaction.atomic():
        une_page_libre()
        raise ZeroDivisionError
    assert not made("/")


def test_what_is_said_in_the_spaces_forgets_nothing(made, committed):
    espace = EspaceFactory()
    author = entered(un_membre(), espace)
    assert made("/")
    with committed():
        un_sujet(espace, author=entered(author))
    assert not made("/")


def test_what_no_public_page_shows_forgets_nothing(made, committed):
    membre, ressource = un_membre(), une_ressource()
    assert made("/")
    with committed():
        Parcours.objects.create(membre=membre, ressource=ressource)
        Signalement.objects.create(reference="x", objet="question", message="Bonjour")
        Client().force_login(membre)
    assert not made("/")


def test_a_page_made_while_something_changes_is_not_kept(made):
    def publication_meanwhile(page, request):
        response = page.serve(request).render()
        cache.forget()
        return response

    with serving(publication_meanwhile):
        assert made("/")
    assert made("/")
    assert not made("/")


def test_a_new_day_makes_every_page_anew(made, monkeypatch):
    today = timezone.localdate()
    assert made("/")
    assert not made("/")
    monkeypatch.setattr(timezone, "localdate", lambda *args: today + timedelta(days=1))
    assert made("/")
