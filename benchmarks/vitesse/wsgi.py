"""The portal as it is served, with what a served page is compared to: a view that does nothing."""

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import override_settings
from django.urls import get_resolver, path

from portail.wsgi import application as portail

TRIVIAL, BARE = "/banc/", "/banc/nu/"


def trivial(request):
    # Never kept: each time, it goes through every middleware and the routes.
    return HttpResponse("ok", headers={"Cache-Control": "no-store", "Content-Length": "2"})


get_resolver().url_patterns[:0] = [path(TRIVIAL[1:], trivial), path(BARE[1:], trivial)]
with override_settings(MIDDLEWARE=[]):
    without_middleware = WSGIHandler()


def application(environ, start_response):
    """The portal; at ``BARE``, the trivial view without any middleware."""
    serve = without_middleware if environ["PATH_INFO"] == BARE else portail
    return serve(environ, start_response)
