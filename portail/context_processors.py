"""What every page of the site shows around its content."""

from django.conf import settings
from wagtail.models import Page

from communaute.permissions import can_manage
from pages.models import StandardPage

HOME_DEPTH = 2
"""One installation, one cohort, one home: right under Wagtail's root."""


def site(request):
    """The menu and footer (lists of pages), the demo banner, and the door to the back office."""
    return {
        "menu": lambda: _menu(request),
        "pied": StandardPage.objects.in_footer,
        "demo": settings.DEMO,
        "peut_gerer": lambda: can_manage(request.user),
    }


def _menu(request):
    """The pages right under home that their editors put in the menu."""
    pages = list(Page.objects.live().public().in_menu().filter(depth=HOME_DEPTH + 1))
    for page in pages:
        page.active = request.path.startswith(page.get_url(request))
    return pages
