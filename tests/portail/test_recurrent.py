"""What comes back: pages published and taken away at their hour, by one process at a time."""

import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from portail.management.commands import recurrent
from tests.factories import une_page_libre

pytestmark = pytest.mark.usefixtures("tree")


def run():
    out = StringIO()
    call_command("recurrent", stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_page_appears_and_goes_at_its_hour(client):
    page = une_page_libre("Une échéance", live=False)
    for minutes in (60, -1):
        assert client.get(page.url).status_code == 404
        page.go_live_at = timezone.now() + timedelta(minutes=minutes)
        page.save_revision(approved_go_live_at=page.go_live_at)
        run()
    assert client.get(page.url).status_code == 200
    page.refresh_from_db()
    page.expire_at = timezone.now() - timedelta(minutes=1)
    page.save()
    run()
    assert client.get(page.url).status_code == 404


def test_a_passage_that_had_nothing_to_do_says_nothing():
    run()
    assert run() == ""


def test_a_second_one_at_the_same_time_does_nothing(settings):
    """The other process holds the lock; this one says so and leaves."""
    code = (
        "import django, sys; django.setup()\n"
        "from portail.management.commands.recurrent import alone\n"
        "with alone() as first:\n"
        "    print(first, flush=True); sys.stdin.read()\n"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "portail.settings"}
    if server := os.environ.get("DATABASE_URL"):  # PostgreSQL's locks belong to a database
        name = recurrent.connection.settings_dict["NAME"]
        environment["DATABASE_URL"] = urlsplit(server)._replace(path=f"/{name}").geturl()
    other = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        cwd=settings.BASE_DIR,
        text=True,
    )
    try:
        assert other.stdout.readline() == "True\n"
        assert "Un autre passage" in run()
    finally:
        other.communicate()
    assert "Un autre passage" not in run()


def test_what_fails_does_not_keep_the_rest_from_its_turn(monkeypatch, client, caplog):
    page = une_page_libre("Une échéance", live=False)
    page.save_revision(approved_go_live_at=timezone.now() - timedelta(minutes=1))
    monkeypatch.setattr(recurrent, "COMMANDS", ["inconnue", *recurrent.COMMANDS])
    with pytest.raises(CommandError, match="inconnue"):
        run()
    assert client.get(page.url).status_code == 200
    [record] = [record for record in caplog.records if record.name == recurrent.__name__]
    assert record.exc_info[0] is CommandError
