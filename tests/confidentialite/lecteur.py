"""Somebody who asks for addresses: all that they are told, and all that it changes, undone at once."""

import base64
import binascii
import re
from contextlib import contextmanager
from typing import NamedTuple

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.signals import request_finished
from django.db import close_old_connections, connection, transaction
from django.test import Client, RequestFactory, TestCase
from django.test.client import BOUNDARY, MULTIPART_CONTENT, ClientHandler, encode_multipart

from tests.confidentialite.donnees import in_space, personal_models, restricted_models
from tests.confidentialite.monde import CANARY
from tests.factories import just_proved

TOKEN = re.compile(r'(csrfmiddlewaretoken" value=|csrfToken: ?|csrf_token": ?)"\w+"')
DRAWN_ANEW = {"Date", "ETag", "Expires"}
READS = ("SELECT", "SAVEPOINT", "RELEASE")
WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')

RESTRICTED = {model._meta.db_table for model in (*restricted_models(), *personal_models())}


class Answer(NamedTuple):
    """All that an answer tells."""

    status: int
    headers: dict
    cookies: str
    body: str

    @property
    def text(self):
        """Every part of it, to look for what it should not hold."""
        return f"{self.headers} {self.cookies} {self.body}"

    def but_for(self, path):
        """The same without the address that was asked for, nor what is drawn anew each time."""
        headers = {name: value for name, value in self.headers.items() if name not in DRAWN_ANEW}
        cookies = re.findall(r"Set-Cookie: (\w+)", self.cookies)
        text = TOKEN.sub("", f"{headers} {cookies} {self.body}")
        return self.status, text.replace(path, "X").replace(path.strip("/"), "X")


class Lecteur:
    """A browser where ``membre`` is signed in, or nobody; ``not_theirs`` is a space they do not read."""

    def __init__(self, membre, not_theirs):
        self.not_theirs = not_theirs
        self.handler = ClientHandler(enforce_csrf_checks=False)
        self.cookies = ""
        if membre.is_authenticated:
            client = Client()
            client.force_login(membre)
            just_proved(client, membre)
            self.cookies = "; ".join(f"{m.key}={m.value}" for m in client.cookies.values())

    def ask(self, method, path, data=None):
        """The answer, and ``Written``: what was written meanwhile, before it is undone."""
        with transaction.atomic():
            # The back office deletes files for good: what it was asked is undone in the database alone.
            executes = not path.startswith("/gestion/")
            with _noting() as written, TestCase.captureOnCommitCallbacks(execute=executes):
                answer = self._answer(method, path, data or {})
            written.state = state_of(self.not_theirs, written.tables)
            # To roll back makes the server forget the statements that it has planned.
            transaction.set_rollback(written.anything)
        return answer, written

    def _answer(self, method, path, data):
        path, _, query = path.partition("?")
        request = RequestFactory().generic(
            method,
            path,
            encode_multipart(BOUNDARY, data) if method == "POST" else b"",
            MULTIPART_CONTENT if method == "POST" else "",
            QUERY_STRING=query,
            headers={"cookie": self.cookies} if self.cookies else None,
        )
        response = self.handler(request.environ)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        # As Django's own client does: the end of a request would end the transaction.
        request_finished.disconnect(close_old_connections)
        response.close()
        request_finished.connect(close_old_connections)
        body = content.decode(errors="replace")
        return Answer(response.status_code, dict(response.headers), str(response.cookies), body)


class Written:
    """What a request wrote: in which tables of members' words, and what else holds a canary."""

    def __init__(self):
        self.tables, self.elsewhere, self.state, self.anything = set(), set(), {}, False

    def changes(self, model, rows):
        """Whether ``rows`` of ``model`` are others after it."""
        return self.state.get(model, rows) != rows

    def note(self, execute, sql, params, many, context):
        """Look at a statement before it is executed."""
        self.anything = self.anything or not sql.startswith(READS)
        if found := WRITES.match(sql):
            table = found[1]
            if table in RESTRICTED:
                self.tables.add(table)
            elif CANARY in _in_clear(table, params):
                self.elsewhere.add(table)
        return execute(sql, params, many, context)


def _in_clear(table, params):
    """What a statement writes, also where it is encoded."""
    texts = [str(params)]
    for value in params or ():
        if table == Session._meta.db_table and isinstance(value, str) and ":" in value:
            texts.append(str(SessionStore().decode(value)))
        elif table == "cache" and isinstance(value, str):
            texts.append(str(_unpickled(value)))
    return " ".join(texts)


def _unpickled(value):
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        return b""


@contextmanager
def _noting():
    written = Written()
    with connection.execute_wrapper(written.note):
        yield written


def state_of(espace, tables=RESTRICTED):
    """All that is said in a space, row by row, or what these tables hold of it."""
    return {
        model: list(in_space(model, espace).values_list())
        for model in restricted_models()
        if model._meta.db_table in tables
    }
