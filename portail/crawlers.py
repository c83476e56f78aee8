"""What search engines are told: the public pages, and where there is nothing for them."""

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe
from wagtail.contrib.sitemaps import Sitemap
from wagtail.contrib.sitemaps.views import sitemap as sitemap_of

from pages.models import public_pages

PRIVATE = ("/communaute/", "/compte/", "/gestion/", "/recherche/", "/signaler/")


class PublicPages(Sitemap):
    """Every page that a visitor may read, in the order of the tree."""

    def items(self):
        return public_pages().filter(depth__gt=1).order_by("path")


@require_safe
def sitemap(request):
    """``/sitemap.xml``."""
    return sitemap_of(request, {"pages": PublicPages})


@require_safe
def robots(request):
    """``/robots.txt``."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in PRIVATE),
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
