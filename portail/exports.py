"""The learnings as open data: one row each, for spreadsheets (CSV) and for programs (JSON)."""

import csv

from django.db.models import Prefetch
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from communaute.listes import harmless
from communaute.models import Cohorte, Territoire
from pages.models import EnseignementPage, ProjetPilotePage, TerritoirePage, public_pages
from pages.passages import in_body, read_together

LICENCE = {
    "nom": "Licence Ouverte 2.0",
    "adresse": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
}
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Link": f'<{LICENCE["adresse"]}>; rel="license"',
}
NOT_TEXT = {"photo", "document", "lien_page"}


@require_safe
def enseignements_csv(request):
    """Semicolons and a byte order mark: a French spreadsheet opens it at a double click."""
    response = HttpResponse(
        "\ufeff",
        content_type="text/csv; charset=utf-8",
        headers=HEADERS | {"Content-Disposition": 'attachment; filename="enseignements.csv"'},
    )
    rows = [row | {"licence": LICENCE["nom"]} for row in _rows(request)]
    writer = csv.DictWriter(response, [*_FIELDS, "licence"], delimiter=";")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return response


@require_safe
def enseignements_json(request):
    """The same rows, where what can be several is a list."""
    said = {
        "source": Cohorte.load(request).nom,
        "licence": LICENCE,
        "enseignements": _rows(request),
    }
    return JsonResponse(said, headers=HEADERS, json_dumps_params={"ensure_ascii": False})


def _cell(value):
    if isinstance(value, list):
        value = " | ".join(value)
    return harmless(value)


_FIELDS = {
    "identifiant": lambda page: str(page.translation_key),
    "titre": lambda page: page.title,
    "adresse": lambda page: page.adresse,
    "nature": lambda page: page.get_nature_display(),
    "date": lambda page: page.date.isoformat(),
    "auteurs": lambda page: page.auteurs,
    "introduction": lambda page: page.introduction,
    "fondamentaux": lambda page: _noms(page.fondamentaux),
    "cadres": lambda page: _noms(page.cadres),
    "echelles": lambda page: _noms(page.echelles),
    "themes": lambda page: _noms(page.themes),
    "territoires": lambda page: _noms(page.territoires),
    "projets": lambda page: [projet.title for projet in page.projets.all()],
    "texte": lambda page: _text(page.corps),
    "pas_marche": lambda page: page.pas_marche,
    "pas_mesurable": lambda page: page.pas_mesurable,
    "demandes": lambda page: [
        f"{demande.echelle.nom} : {demande.texte}" for demande in page.demandes.all()
    ],
}
"""What is said of a learning, in this order."""


def _rows(request):
    public = public_pages()
    pages = EnseignementPage.objects.shown().prefetch_related(
        "cadres",
        "echelles",
        "themes",
        "demandes__echelle",
        # Public learnings can come from what is not.
        Prefetch(
            "territoires",
            Territoire.objects.filter(page__in=TerritoirePage.objects.filter(pk__in=public)),
        ),
        Prefetch("projets", ProjetPilotePage.objects.filter(pk__in=public)),
    )
    read_together(value for page in pages for value in in_body(page.corps))
    rows = []
    for page in pages:
        page.adresse = page.get_full_url(request)
        rows.append({name: say(page) for name, say in _FIELDS.items()})
    return rows


def _noms(manager):
    return [thing.nom for thing in manager.all()]


def _text(corps):
    """The words of a body, without what pictures, documents and links would have to be fetched for."""
    # By rank: a block is made when it is asked for, with all those of its type.
    kept = [corps[rank] for rank, raw in enumerate(corps.raw_data) if raw["type"] not in NOT_TEXT]
    return "\n\n".join(
        str(text) for child in kept for text in child.block.get_searchable_content(child.value)
    )
