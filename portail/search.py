"""One box over what the asker may read."""

from collections import Counter, defaultdict
from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe
from wagtail.models import Page

from communaute.recherche import MOST, how_many
from communaute.search import excerpt, wanted
from communaute.text import fold
from pages.models import (
    AlliePage,
    AnalyseSensiblePage,
    DispositifPage,
    EnseignementIndexPage,
    EnseignementPage,
    ModulePage,
    ProjetPilotePage,
    RessourcePage,
    TerritoirePage,
    Theme,
    readable_by,
)
from pages.passages import in_body, read_together
from portail.search_index import texts


class Genre(NamedTuple):
    """A kind of page, as the public calls one of it and several."""

    un: str
    plusieurs: str
    types: tuple = ()


GENRES = {
    "enseignements": Genre("Enseignement", "Enseignements", (EnseignementPage,)),
    "territoires": Genre("Territoire", "Territoires", (TerritoirePage,)),
    "projets": Genre("Projet pilote", "Projets pilotes", (ProjetPilotePage,)),
    "analyses": Genre("Analyse sensible", "Analyses sensibles", (AnalyseSensiblePage,)),
    "ressources": Genre("Tronc commun", "Tronc commun", (ModulePage, RessourcePage)),
    "dispositifs": Genre("Dispositif", "Dispositifs", (DispositifPage,)),
    "allies": Genre("Allié·e", "Allié·es", (AlliePage,)),
    "pages": Genre("Page", "Autres pages"),
}
"""The kinds that results can be filtered by, in their order; the last has all other pages."""
GENRE_OF = {model: code for code, genre in GENRES.items() for model in genre.types}
RESULTS_PER_PAGE = 10
MAX_QUERY_LENGTH = 200


@require_safe
def recherche(request):
    """The pages that hold all the words of ``q``, or else some of them, and that the asker may read.

    Members are told how much of it was said in their spaces, and led to it.
    """
    q = request.GET.get("q", "").strip()[:MAX_QUERY_LENGTH]
    code = request.GET.get("genre")
    code = code if code in GENRES else ""
    # Search looks into the conditions of what it is given, and knows few: who may read stays apart.
    keys = readable_by(Page.objects.filter(depth__gt=1), request.user).order_by().values("pk")
    readable = Page.objects.filter(pk__in=keys)
    operator, totals = "and", _totals(readable.search(q))
    if not totals and len(wanted(q)) > 1:
        operator, totals = "or", _totals(readable.search(q, operator="or"))
    types = [type_id for type_id in totals if not code or _genre(type_id) == code]
    found = readable.filter(content_type__in=types).search(q, operator=operator) if types else []
    paginator = Paginator(found, RESULTS_PER_PAGE)
    paginator.count = sum(totals[type_id] for type_id in types)
    resultats = paginator.get_page(request.GET.get("page"))
    resultats.object_list = _shown(request, resultats.object_list, set(wanted(q)))
    par_genre = Counter()
    for type_id, total in totals.items():
        par_genre[_genre(type_id)] += total
    context = {
        "q": q,
        "genre": GENRES.get(code),
        "genres": [
            {"code": c, "nom": genre.plusieurs, "total": par_genre[c], "actif": c == code}
            for c, genre in GENRES.items()
            if par_genre[c] or c == code
        ],
        "total": par_genre.total(),
        "en_partie": operator == "or",
        "resultats": resultats,
        "dans_mes_espaces": how_many(request.user, wanted(q)),
        "most": MOST,
        "parametres": urlencode({"q": q, "genre": code} if code else {"q": q}) + "&",
        **({} if resultats else _elsewhere()),
    }
    return render(request, "portail/recherche.html", context)


def _elsewhere():
    """Where to go from a search that finds nothing: the themes of the learnings, and their page."""
    public = EnseignementPage.objects.live().public()
    return {
        "enseignements": EnseignementIndexPage.objects.live().public().first(),
        "themes": sorted(
            Theme.objects.filter(enseignements__in=public).distinct(),
            key=lambda theme: fold(theme.nom),
        ),
    }


def _totals(found):
    """How many are found, by the key of their content type."""
    return found.facet("content_type_id") if found.supports_facet else {}


def _genre(type_id):
    return GENRE_OF.get(ContentType.objects.get_for_id(type_id).model_class(), "pages")


def _shown(request, pages, wanted):
    """What the list says of each of ``pages``; as many queries for twenty of a type as for two."""
    by_type = defaultdict(list)
    for page in pages:
        by_type[page.specific_class].append(page.pk)
    specific = {
        page.pk: page
        for model, keys in by_type.items()
        for page in model.get_indexed_objects().filter(pk__in=keys)
    }
    learned = [page for page in specific.values() if isinstance(page, EnseignementPage)]
    read_together(value for page in learned for value in in_body(page.corps))
    return [
        {
            "titre": page.title,
            "url": page.get_url(request),
            "genre": GENRES[_genre(page.content_type_id)].un,
            "extrait": excerpt(_said(specific[page.pk]), wanted),
        }
        for page in pages
        if page.pk in specific
    ]


def _said(page):
    """The texts of ``page`` without its title; a dot tells a heading from the paragraph that follows."""
    return [
        " · ".join(filter(None, map(str.strip, text.splitlines())))
        for name, text in texts(page)
        if name != "title"
    ]
