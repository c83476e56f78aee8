"""Is the process alive, and can it serve?"""

from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def live(request):
    """200 as long as the process answers: what a restart cannot mend is not asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request):
    """200 when the database and the cache answer, 503 otherwise; never what is wrong with them."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        cache.get("sante")
    except Exception:  # whatever fails, the answer is the same
        return HttpResponse("indisponible\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")
