"""Answer whether the process is alive (``/sante/``) and whether it can serve (``/sante/prete/``)."""

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse


class HealthMiddleware:
    """Answer probes before anything else: they name no host of ours, and speak plain HTTP."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.probes = {settings.HEALTH_URL: live, f"{settings.HEALTH_URL}prete/": ready}

    def __call__(self, request):
        probe = self.probes.get(request.path_info)
        return probe() if probe else self.get_response(request)


def live():
    """200 as long as the process answers: what a restart cannot mend is not asked."""
    return _answer("ok\n", 200)


def ready():
    """200 when the database and the cache answer, 503 otherwise; never what is wrong with them."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        cache.get("sante")
    except Exception:  # whatever fails, the answer is the same
        return _answer("indisponible\n", 503)
    return _answer("ok\n", 200)


def _answer(text, status):
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(text, status=status, content_type="text/plain", headers=headers)
