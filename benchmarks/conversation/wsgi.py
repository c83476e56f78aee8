"""The Django project of ``DJANGO_SETTINGS_MODULE``, as deployed; each answer says what making it cost."""

import time

from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import connection

project = get_internal_wsgi_application()


def application(environ, start_response):
    """The project's answer, with the number of its queries and the seconds of processor it took here."""
    queries, began = [], time.thread_time()

    def count(execute, sql, params, many, context):
        queries.append(sql)
        return execute(sql, params, many, context)

    def start(status, headers, *rest):
        headers.append(("X-Queries", str(len(queries))))
        headers.append(("X-Seconds", f"{time.thread_time() - began:.6f}"))
        return start_response(status, headers, *rest)

    with connection.execute_wrapper(count):
        return project(environ, start)
