"""One box over what the asker may read."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.text import Truncator
from django.views.decorators.http import require_safe

from pages.models import EnseignementPage, StandardPage, TerritoirePage

GENRES = {EnseignementPage: "Enseignement", TerritoirePage: "Territoire", StandardPage: "Page"}
"""What is searched, in the order it is shown, and what the public calls it."""
RESULTS_PER_PAGE = 10
MAX_QUERY_LENGTH = 200


@require_safe
def recherche(request):
    """Public pages that hold the words of ``q``: learnings, then territories, then the others."""
    q = request.GET.get("q", "").strip()[:MAX_QUERY_LENGTH]
    # A quotation mark alone is a syntax error to SQLite's full text search.
    words = q.replace('"', " ").strip()
    found = []
    if words:
        for model, genre in GENRES.items():
            found += [(page, genre) for page in model.objects.live().public().search(words)]
    resultats = Paginator(found, RESULTS_PER_PAGE).get_page(request.GET.get("page"))
    resultats.object_list = [
        {
            "titre": page.title,
            "url": page.get_url(request),
            "genre": genre,
            "extrait": Truncator(page.introduction).chars(220),
        }
        for page, genre in resultats
    ]
    return render(request, "portail/recherche.html", {"q": q, "resultats": resultats})
