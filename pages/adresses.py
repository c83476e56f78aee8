"""The addresses that the portal answers itself: a page that is named like one is never reached."""

import re
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import URLPattern, get_resolver

_FIRST = re.compile(r"\^?([\w-]+)(?=/|$)")


@cache
def taken():
    """What the addresses of the portal begin with, as the URL configuration and the settings say."""
    served = (settings.STATIC_URL, settings.MEDIA_URL, settings.HEALTH_URL)
    return {urlsplit(url).path.strip("/").split("/")[0] for url in served} | set(
        _first_parts(get_resolver().url_patterns)
    )


def _first_parts(patterns):
    for entry in patterns:
        route = str(entry.pattern)
        if not route and not isinstance(entry, URLPattern):
            yield from _first_parts(entry.url_patterns)
        elif found := _FIRST.match(route):
            yield found[1]


def check(slug, parent):
    """Refuse (``ValidationError``) that a page below ``parent`` is named ``slug``, where it would not be
    reached.
    """
    if parent.is_site_root() and slug in taken():
        raise ValidationError(
            f"« {slug} » est déjà une adresse du portail : personne n’arriverait à cette page. Choisissez un "
            f"autre nom, par exemple « {slug}-2 »."
        )
