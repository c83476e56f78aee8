"""What every page of the site shows around its content."""

from django.conf import settings
from django.db.models import Case, Q, When
from django.utils.functional import SimpleLazyObject

from communaute.brouillons import typed_in
from communaute.models import Cohorte
from communaute.notifications import count_addressed
from communaute.permissions import can_manage
from pages.models import IN_FOOTER, Theme, public_pages
from portail.cache import until_a_change

HOME_DEPTH = 2
"""One installation, one cohort, one home: right under Wagtail's root."""


def site(request):
    """The menu and footer (lists of dicts), the themes (names), the demo banner, the doors to the back
    office and to what one is told, what was typed.

    The cohort that Wagtail's ``settings`` name is given to them as it is kept, with the same query.
    """
    kept = SimpleLazyObject(lambda: until_a_change("around", lambda: _around(request)))
    request.__dict__.setdefault(
        Cohorte.get_cache_attr_name(), SimpleLazyObject(lambda: kept["cohorte"])
    )
    pages = SimpleLazyObject(
        lambda: [{**page, "active": request.path.startswith(page["url"])} for page in kept["pages"]]
    )
    return {
        "menu": SimpleLazyObject(lambda: [page for page in pages if page["in_menu"]]),
        "pied": SimpleLazyObject(lambda: [page for page in pages if page["in_footer"]]),
        "demo": settings.DEMO,
        "peut_gerer": SimpleLazyObject(lambda: can_manage(request.user)),
        "themes": SimpleLazyObject(lambda: until_a_change("themes", _themes)),
        "cloche": SimpleLazyObject(lambda: count_addressed(request.user)),
        # What could not be sent is given back.
        "ecrit": SimpleLazyObject(lambda: typed_in(request)),
    }


def _around(request):
    """The cohort, and the pages right under home that their editors put in the menu, and those that
    they put at the foot of every page.
    """
    return {"cohorte": Cohorte.load(), "pages": _pages(request)}


def _themes():
    """The names of the subjects that the cohort's pages share."""
    return list(Theme.objects.values_list("nom", flat=True))


def _pages(request):
    in_menu = Q(show_in_menus=True, depth=HOME_DEPTH + 1)
    pages = (
        public_pages()
        .filter(in_menu | IN_FOOTER)
        .annotate(
            in_menu=Case(When(in_menu, then=True), default=False),
            in_footer=Case(When(IN_FOOTER, then=True), default=False),
        )
        .order_by("path")
    )
    return [
        {
            "title": page.title,
            "url": page.get_url(request),
            "in_menu": page.in_menu,
            "in_footer": page.in_footer,
        }
        for page in pages
    ]
