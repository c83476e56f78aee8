"""What search engines are told: the public pages, and where there is nothing for them."""

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe
from wagtail.contrib.sitemaps import Sitemap
from wagtail.contrib.sitemaps.views import sitemap as sitemap_of

from communaute.models import AnnonceRencontre
from pages.models import public_pages

PRIVATE = ("/communaute/", "/compte/", "/gestion/", "/recherche/", "/signaler/")


class PublicPages(Sitemap):
    """Every page that a visitor may read, in the order of the tree."""

    def items(self):
        return public_pages().filter(depth__gt=1).order_by("path")


class Agenda(Sitemap):
    """The public agenda, and what it tells of each meeting."""

    def get_urls(self, page=1, site=None, protocol=None):
        told = AnnonceRencontre.objects.public().order_by("pk")
        paths = [reverse("agenda"), *(annonce.get_absolute_url() for annonce in told)]
        return [{"location": f"{settings.SITE_URL}{path}"} for path in paths]


@require_safe
def sitemap(request):
    """``/sitemap.xml``."""
    return sitemap_of(request, {"pages": PublicPages, "agenda": Agenda})


@require_safe
def robots(request):
    """``/robots.txt``."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in PRIVATE),
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
