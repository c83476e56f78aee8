"""Answer whether the process is alive (``/sante/``), whether it can serve (``/sante/prete/``), and whether
what is done beside it is done (``/sante/travaux/``).
"""

import time
from functools import cache as once

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse
from django_tasks import task

from portail.cache import CHANGES

BEAT = settings.VAR_DIR / "travaux"
"""A file that changes when the worker did the last job of a passage of ``recurrent``; where machines have a
bucket in common, what the shared cache has under its name."""
LATE = 15 * 60
"""Seconds after which what comes back every few minutes does not."""


class HealthMiddleware:
    """Answer probes before anything else: they name no host of ours, and speak plain HTTP."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.probes = {
            settings.HEALTH_URL: live,
            f"{settings.HEALTH_URL}prete/": ready,
            f"{settings.HEALTH_URL}travaux/": at_work,
        }

    def __call__(self, request):
        probe = self.probes.get(request.path_info)
        return probe() if probe else self.get_response(request)


def live():
    """200 as long as the process answers: what a restart cannot mend is not asked."""
    return _answer("ok\n", 200)


def ready():
    """200 when the database and the cache answer, migrated, and what is withdrawn can be told to the other
    processes; 503 otherwise, and never what is wrong.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        cache.get("sante")
        _check_migrated()
        if not settings.S3_BUCKET:
            CHANGES.open("ab").close()
    except Exception:  # whatever fails, the answer is the same
        return _answer("indisponible\n", 503)
    return _answer("ok\n", 200)


@once  # it stays so as long as the process lives; an error is not kept
def _check_migrated():
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise RuntimeError("Migrations are missing.")


@task()
def beat():
    """Say that ``recurrent`` passed, and that the worker came to the end of what it was given."""
    if settings.S3_BUCKET:
        cache.set(BEAT.name, time.time(), timeout=None)
    else:
        BEAT.touch()


def at_work():
    """200 when ``beat`` was done lately, 503 otherwise: the worker or ``recurrent`` is stopped, or fails."""
    try:
        last = cache.get(BEAT.name, 0) if settings.S3_BUCKET else BEAT.stat().st_mtime
    except Exception:  # whatever fails, nobody knows
        last = 0
    is_late = time.time() - last > LATE
    return _answer("en retard\n", 503) if is_late else _answer("ok\n", 200)


def _answer(text, status):
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(text, status=status, content_type="text/plain", headers=headers)
