"""What the head of a page says to machines: its address, its feeds, its preview, what it is."""

import json

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import mark_safe
from wagtail.models import Page

from communaute.models import Cohorte
from pages.models import EnseignementPage, TerritoirePage
from portail.linked_data import graph

register = template.Library()

_ESCAPES = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&"}


@register.inclusion_tag("portail/metadonnees.html", takes_context=True)
def metadonnees(context):
    """The canonical address and feeds of the page shown, if one is; for visitors, its preview too.

    Machines that read previews are visitors: what only some may read has none.
    """
    request, page = context.get("request"), context.get("page")
    if request is None or not isinstance(page, Page) or not page.pk:
        return {}
    said = {
        "page": page,
        "cohorte": Cohorte.load(request),
        "canonique": _canonical(context, page, request),
        "flux": list(_feeds(context, page)),
    }
    if not request.user.is_authenticated:
        json_ld = json.dumps(graph(page, request), ensure_ascii=False).translate(_ESCAPES)
        said |= {
            "description": page.description or said["cohorte"].presentation,
            "apercu": settings.SITE_URL + reverse("apercu", args=[page.pk]),
            "article": isinstance(page, EnseignementPage),
            "json_ld": mark_safe(json_ld),
        }
    return said


def _canonical(context, page, request):
    """The address that search engines keep: of a list, its further pages but not its filters."""
    address = page.get_full_url(request)
    number = request.GET.get("page", "")
    further = number.isdecimal() and int(number) > 1
    return f"{address}?page={number}" if further and request.GET.keys() == {"page"} else address


def _feeds(context, page):
    """Address and title of the feeds to follow from this page."""
    yield reverse("flux"), "Les enseignements"
    if isinstance(page, TerritoirePage):
        yield reverse("flux_territoire", args=[page.slug]), f"{page.title} : ce qui s’y apprend"
    if filtres := context.get("filtres"):
        for kind in ("theme", "territoire"):
            if choisi := filtres.facettes[kind].choisi:
                yield (
                    reverse(f"flux_{kind}", args=[choisi.code]),
                    f"Les enseignements : {choisi.nom}",
                )
