"""What every page of the site shows around its content."""

from django.conf import settings

from communaute.permissions import can_manage
from pages.models import AccueilPage, StandardPage


def site(request):
    """The menu and footer (lists of pages), the demo banner, and the door to the back office."""
    return {
        "menu": lambda: _menu(request),
        "pied": StandardPage.objects.live().public().filter(show_in_footer=True).order_by("path"),
        "demo": settings.DEMO,
        "site_url": settings.SITE_URL,
        "peut_gerer": can_manage(request.user),
    }


def _menu(request):
    home = AccueilPage.objects.first()
    if home is None:
        return []
    pages = list(home.get_children().live().public().in_menu())
    for page in pages:
        page.active = request.path.startswith(page.url)
    return pages
