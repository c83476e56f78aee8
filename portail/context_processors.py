"""What every page of the site shows around its content."""

from django.conf import settings
from django.db.models import Case, Q, When
from django.utils.functional import SimpleLazyObject
from wagtail.models import Page

from communaute.permissions import can_manage
from pages.models import IN_FOOTER, reserved

HOME_DEPTH = 2
"""One installation, one cohort, one home: right under Wagtail's root."""


def site(request):
    """The menu and footer (lists of pages), the demo banner, and the door to the back office."""
    around = SimpleLazyObject(lambda: _around(request))
    return {
        "menu": SimpleLazyObject(lambda: [page for page in around if page.in_menu]),
        "pied": SimpleLazyObject(lambda: [page for page in around if page.in_footer]),
        "demo": settings.DEMO,
        "peut_gerer": lambda: can_manage(request.user),
    }


def _around(request):
    """The pages right under home that their editors put in the menu, and those that they put at the
    foot of every page, in one query.
    """
    in_menu = Q(show_in_menus=True, depth=HOME_DEPTH + 1)
    pages = list(
        Page.objects.live()
        .exclude(reserved())
        .filter(in_menu | IN_FOOTER)
        .annotate(
            in_menu=Case(When(in_menu, then=True), default=False),
            in_footer=Case(When(IN_FOOTER, then=True), default=False),
        )
        .order_by("path")
    )
    for page in pages:
        page.active = request.path.startswith(page.get_url(request))
    return pages
