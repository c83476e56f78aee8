"""Probes say whether the portal lives and whether it can serve, and nothing more."""

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection

LIVE, READY = "/sante/", "/sante/prete/"


def test_the_process_answers_without_asking_the_database(client):
    answer = client.get(LIVE)
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_the_portal_is_ready_when_its_database_and_cache_answer(client):
    answer = client.get(READY)
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def fail(*args, **kwargs):
    raise OperationalError("connection to server at db.interne, user portail, failed")


@pytest.mark.parametrize(("broken", "name"), [(connection, "cursor"), (cache, "get")])
@pytest.mark.django_db
def test_a_portal_that_cannot_serve_says_so_and_not_why(client, monkeypatch, broken, name):
    monkeypatch.setattr(broken, name, fail)
    answer = client.get(READY)
    assert answer.status_code == 503
    assert answer.content == b"indisponible\n"
    assert client.get(LIVE).status_code == 200


@pytest.mark.parametrize("address", [LIVE, READY])
@pytest.mark.django_db
def test_a_probe_needs_no_host_no_https_and_leaves_no_trace(client, settings, address):
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get(address, headers={"host": "10.0.0.7:8000"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert not answer.cookies
