"""What a public page is, in the words of schema.org (JSON-LD)."""

from datetime import datetime, time
from functools import singledispatch

from django.conf import settings
from django.utils import timezone

from communaute.models import Cohorte
from pages.models import (
    AccueilPage,
    AlliePage,
    EnseignementPage,
    ProjetPilotePage,
    TerritoirePage,
)


def graph(page, request):
    """All that is said of ``page``, which a visitor is being shown: itself, and the way to it."""
    cohorte = Cohorte.load(request)
    # What is above a public page is public too, once published.
    way = [step for step in (*page.above, page) if step.live and step.depth > 1]
    said = {
        "url": page.get_full_url(request),
        "name": page.title,
        "description": page.description or cohorte.presentation,
        "inLanguage": "fr",
        **describe(page, cohorte, way),
    }
    return {
        "@context": "https://schema.org",
        "@graph": [
            {name: value for name, value in said.items() if value},
            *_breadcrumb(way, request),
        ],
    }


@singledispatch
def describe(page, cohorte, way):
    """What is said of pages of this type, besides their address, name and description.

    ``way`` are the pages from home to this one.
    """
    return {"@type": "WebPage"}


@describe.register
def _(page: AccueilPage, cohorte, way):
    return {
        "@type": "WebSite",
        "name": cohorte.nom,
        "potentialAction": {
            "@type": "SearchAction",
            "target": f"{settings.SITE_URL}/recherche/?q={{search_term_string}}",
            "query-input": "required name=search_term_string",
        },
    }


@describe.register
def _(page: EnseignementPage, cohorte, way):
    publisher = {"@type": "Organization", "name": cohorte.nom, "url": settings.SITE_URL}
    published = timezone.make_aware(datetime.combine(page.date, time.min))
    return {
        "@type": "Article",
        "headline": page.title,
        "genre": page.get_nature_display(),
        "datePublished": page.date.isoformat(),
        "dateModified": (page.last_published_at or published).isoformat(),
        "author": {"@type": "Person", "name": page.auteurs} if page.auteurs else publisher,
        "publisher": publisher,
    }


@describe.register
def _(page: TerritoirePage, cohorte, way):
    return {
        "@type": "AdministrativeArea",
        "containedInPlace": {"@type": "AdministrativeArea", "name": cohorte.region},
    }


@describe.register
def _(page: ProjetPilotePage, cohorte, way):
    territoire = next((step for step in way if step.depth == page.depth - 1), None)
    return {
        "@type": "Project",
        "location": territoire and {"@type": "AdministrativeArea", "name": territoire.title},
    }


@describe.register
def _(page: AlliePage, cohorte, way):
    return {"@type": "Organization", "sameAs": page.site}


def _breadcrumb(way, request):
    places = [
        {
            "@type": "ListItem",
            "position": rank,
            "name": step.title,
            "item": step.get_full_url(request),
        }
        for rank, step in enumerate(way, start=1)
    ]
    return [{"@type": "BreadcrumbList", "itemListElement": places}] if len(places) > 1 else []
