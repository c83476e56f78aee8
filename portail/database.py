"""The whole database as one file: copied out while the site runs, put back at one stroke or not at all."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from tempfile import TemporaryFile
from urllib.parse import quote

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.transaction import atomic
from django_tasks_db.models import DBTaskResult

LEFT_OUT = [
    *(model._meta.db_table for model in (Session, UserSession, DBTaskResult)),
    "cache",
]
"""Tables whose rows are of the moment: who is signed in, jobs that wait, with the codes that they mail."""
QUIET = {"LC_ALL": "C.UTF-8", "PGOPTIONS": "-c client_min_messages=warning"}


class DatabaseFailed(Exception):
    """What the database's own tools said when they could not."""


def copy(path, read):
    """Copy the database to ``path``, and return what ``read(rows)`` does with that very state of it.

    ``rows(sql)`` returns the rows of a query.
    """
    return _copy_postgresql(path, read) if _is_postgresql() else _copy_sqlite(path, read)


def put_back(path):
    """Make the database what it was when it was copied to ``path``."""
    if _is_postgresql():
        _put_back_postgresql(path)
        connection.close_pool()
    else:
        _put_back_sqlite(path)
    connection.close()


def _is_postgresql():
    return connection.vendor == "postgresql"


# --- SQLite


def _live():
    return sqlite3.connect(connection.settings_dict["NAME"])


def _read_only(path):
    """A copy, opened so that SQLite leaves no file beside it."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)


def _copy_sqlite(path, read):
    with closing(_live()) as live, closing(sqlite3.connect(path)) as kept:
        live.backup(kept)
        there = {name for (name,) in kept.execute("SELECT name FROM sqlite_master")}
        for table in there.intersection(LEFT_OUT):
            kept.execute(f'DELETE FROM "{table}"')  # noqa: S608 - names of ours
        kept.commit()
        # One file, where nothing is left of what was deleted.
        kept.execute("PRAGMA journal_mode = DELETE")
        kept.execute("VACUUM")
        return read(lambda sql: kept.execute(sql).fetchall())


def _put_back_sqlite(path):
    try:
        with closing(_read_only(path)) as kept, closing(_live()) as live:
            if kept.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise sqlite3.DatabaseError
            kept.backup(live)
    except sqlite3.Error as error:
        raise DatabaseFailed(f"La base ne peut être remise en place ({error}).") from None


# --- PostgreSQL


def _copy_postgresql(path, read):
    """The transaction that reads lends what it sees to ``pg_dump``: both see the same moment."""
    with atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        options = [f"--exclude-table-data={table}" for table in LEFT_OUT]
        options += ["--format=custom", f"--snapshot={snapshot}"]
        with _client("pg_dump", *options) as dump, path.open("wb") as file:
            shutil.copyfileobj(dump.stdout, file)

        def rows(sql):
            cursor.execute(sql)
            return cursor.fetchall()

        return read(rows)


def _put_back_postgresql(path):
    """All in one transaction, so that a failure leaves the database as it was."""
    tables = ", ".join(map(connection.ops.quote_name, connection.introspection.table_names()))
    drop = f"DROP TABLE {tables} CASCADE" if tables else "SELECT"
    connection.close()
    script = ["--single-transaction", "--set=ON_ERROR_STOP=1", f"--command={drop}", "--file=-"]
    # Of an error only what it is: its details would quote what members wrote.
    told = ["--no-psqlrc", "--quiet", "--output=/dev/null", "--set=VERBOSITY=terse"]
    with (
        _client("psql", *told, *script, stdin=subprocess.PIPE) as psql,
        _client("pg_restore", "--no-owner", "--no-privileges", "--file=-", path) as restored,
    ):
        shutil.copyfileobj(restored.stdout, psql.stdin)


@contextmanager
def _client(program, *arguments, stdin=None):
    """One of PostgreSQL's programs at work on our database; its password goes by the environment alone.

    ``DatabaseFailed`` if it fails. If what is done with it fails, it is ended before it is given to
    believe that it read everything.
    """
    settings = connection.settings_dict
    _, secrets = connection.client.settings_to_cmd_args_env(settings, [])
    named = {f"PG{key}": settings[key] for key in ("HOST", "PORT", "USER")}
    named["PGDATABASE"] = settings["NAME"]
    environment = {name: str(value) for name, value in named.items() if value} | (secrets or {})
    with TemporaryFile() as said:
        try:
            process = subprocess.Popen(  # noqa: S603 - names and options of ours
                [program, *arguments],
                env=os.environ | environment | QUIET,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=said,
            )
        except FileNotFoundError:
            raise DatabaseFailed(
                f"Il manque {program}, que porte le paquet postgresql-client de Debian."
            ) from None
        with process:
            try:
                yield process
                if stdin:
                    process.stdin.close()
            except BrokenPipeError:
                if not stdin:
                    process.kill()
                    raise
                # It is ending by itself: what it said is told below.
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            said.seek(0)
            text = said.read().decode(errors="replace").strip()
            raise DatabaseFailed(f"{program} n’a pas abouti :\n{text}")
