"""Logs: one JSON object a line, which tells what went wrong and nothing of who did what."""

import io
import json
import logging
import socket

import pytest
from django.conf import settings as project
from django.test import Client
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.http.errors import InvalidRequestLine
from gunicorn.workers.base import Worker

from portail import search
from portail.logs import JsonFormatter
from tests.factories import MembreFactory

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def lines():
    """``lines()`` returns what was logged since, as text; levels are those of the settings."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(name) for name in ("", "django", "gunicorn.error")]
    for logger in loggers:
        logger.addHandler(handler)
    yield lambda: stream.getvalue().splitlines()
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.fixture
def breakdown(monkeypatch):
    """Search fails, with a message that quotes what was typed."""

    def fail(request, *args):
        raise ValueError(f"camille@exemple.fr {request.GET}")

    monkeypatch.setattr(search, "render", fail)


def test_the_console_speaks_json():
    assert project.LOGGING["formatters"]["json"]["()"] == "portail.logs.JsonFormatter"
    assert project.LOGGING["root"]["handlers"] == ["console"]


def test_a_breakdown_is_logged_with_its_answer_type_and_place(client, lines, breakdown):
    client.raise_request_exception = False
    assert client.get("/recherche/?q=x").status_code == 500
    (line,) = lines()
    entry = json.loads(line)
    assert entry["level"] == "ERROR"
    assert (entry["status"], entry["exception"]) == (500, "ValueError")
    assert any("portail/search.py" in frame for frame in entry["stack"])
    assert entry["time"].endswith("+00:00")


def test_a_breakdown_is_logged_without_what_was_typed_or_by_whom(signed_in, lines, breakdown):
    membre = MembreFactory(email="camille@exemple.fr", last_name="Secret")
    client = signed_in(membre)
    client.raise_request_exception = False
    client.get("/recherche/?q=confidence")
    text = "\n".join(lines())
    assert text
    for personal in ("camille", "exemple.fr", "Secret", "confidence", "/recherche/"):
        assert personal not in text


@pytest.mark.parametrize("path", ["/communaute/sujets/abcdefgh/", "/introuvable/confidence/"])
def test_what_is_not_found_is_not_logged(signed_in, lines, path):
    assert signed_in().get(path).status_code == 404
    assert lines() == []


def test_a_form_refused_for_its_token_is_logged_without_its_address(lines):
    client = Client(enforce_csrf_checks=True)
    client.force_login(MembreFactory())
    assert client.post("/communaute/sujets/abcdefgh/").status_code == 403
    text = "\n".join(lines())
    assert "CSRF" in text or "Forbidden" in text
    assert "abcdefgh" not in text


def test_a_failed_sign_in_is_logged_without_the_address(client, lines):
    client.post("/compte/connexion/", {"login": "camille@exemple.fr", "password": "raté"})
    assert "camille" not in "\n".join(lines())


def test_a_request_that_cannot_be_read_is_logged_without_who_asked_what(lines):
    request, answered = socket.socketpair()
    with request, answered:
        worker = Worker(0, 0, [], None, 30, Config(), Logger(Config()))
        wrong = InvalidRequestLine("GET /invitation/abcdefgh/ HTTP/9.1")
        worker.handle_error(None, answered, ("192.0.2.7", 1), wrong)
    (line,) = lines()
    assert json.loads(line)["message"] == "Invalid request"


def test_a_message_on_several_lines_is_one_line(lines):
    logging.getLogger("portail").warning("une ligne\net %s", "une autre")
    (line,) = lines()
    assert json.loads(line)["message"] == "une ligne\net une autre"
