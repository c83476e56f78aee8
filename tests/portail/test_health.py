"""Probes say whether the portal lives and whether it can serve, and nothing more."""

import time
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from portail import health
from portail.management.commands import recurrent

LIVE, READY, AT_WORK = "/sante/", "/sante/prete/", "/sante/travaux/"


@pytest.fixture(autouse=True)
def nothing_known_yet():
    """Neither that the database is migrated, nor that a job was done."""
    health._check_migrated.cache_clear()
    health.BEAT.unlink(missing_ok=True)


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


@pytest.mark.django_db
def test_a_portal_whose_database_is_an_older_version_s_is_not_ready(client):
    last = MigrationRecorder.Migration.objects.filter(app="pages").latest("pk")
    last.delete()
    assert client.get(READY).status_code == 503
    MigrationRecorder.Migration.objects.create(app=last.app, name=last.name)
    assert client.get(READY).status_code == 200


@pytest.mark.django_db
def test_a_portal_that_could_not_tell_what_is_withdrawn_is_not_ready(client, monkeypatch, tmp_path):
    monkeypatch.setattr(health, "CHANGES", tmp_path)
    assert client.get(READY).status_code == 503


@pytest.mark.parametrize("bucket", ["", "cohorte"])
@pytest.mark.django_db
def test_what_is_done_beside_the_portal_is_said_to_be_done_or_late(
    client, settings, monkeypatch, bucket
):
    settings.S3_BUCKET = bucket
    cache.delete(health.BEAT.name)
    late = client.get(AT_WORK)
    assert (late.status_code, late.content) == (503, b"en retard\n")
    call_command("recurrent", stdout=StringIO())
    answer = client.get(AT_WORK)
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    an_hour_later = time.time() + 3600
    monkeypatch.setattr(health.time, "time", lambda: an_hour_later)
    assert client.get(AT_WORK).status_code == 503


@pytest.mark.django_db
def test_a_passage_that_fails_is_not_said_to_be_done(client, monkeypatch):
    monkeypatch.setattr(recurrent, "COMMANDS", ["inconnue"])
    with pytest.raises(CommandError):
        call_command("recurrent", stdout=StringIO())
    assert client.get(AT_WORK).status_code == 503


@pytest.mark.parametrize("address", [LIVE, READY, AT_WORK])
@pytest.mark.django_db
def test_a_probe_needs_no_host_no_https_and_leaves_no_trace(client, settings, address):
    settings.SECURE_SSL_REDIRECT = True
    health.beat.call()
    answer = client.get(address, headers={"host": "10.0.0.7:8000"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert not answer.cookies
