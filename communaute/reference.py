"""Load the official lists of ``communaute/donnees`` into the database."""

import csv
from pathlib import Path

from django.db import transaction

from communaute.models import Commune, Departement, Epci, Referentiel
from communaute.text import fold

DATA = Path(__file__).parent / "donnees"

MILLESIME = {
    "source": "INSEE, code officiel géographique",
    "licence": "Licence Ouverte 2.0",
    "millesime": 2026,
    "annee_population": 2023,
}


@transaction.atomic
def load():
    """Bring départements, EPCI and communes to this vintage; return whether anything was loaded.

    Rows are found again by official code, so perimeters stay. A commune or EPCI that no longer
    exists is kept as long as a perimeter names it.
    """
    if Referentiel.objects.filter(**MILLESIME).exists():
        return False
    rows = [row for row in _rows("epci") if row["rattachement"] == "occitanie"]
    # An EPCI of the region may reach into a département of another one.
    departements = {row["code"]: row["nom"] for row in _rows("departements")}
    for row in rows:
        departements |= dict(
            zip(_list(row["departements"]), _list(row["departements_noms"]), strict=True)
        )
    _upsert(Departement, (Departement(code=code, nom=nom) for code, nom in departements.items()))
    _upsert(Epci, (_epci(row) for row in rows))
    links = Epci.departements.through
    links.objects.all().delete()
    links.objects.bulk_create(
        links(epci_id=row["siren"], departement_id=code)
        for row in rows
        for code in _list(row["departements"])
    )
    sirens = {row["siren"] for row in rows}
    _upsert(Commune, (_commune(row, sirens) for row in _rows("communes")))
    Referentiel.objects.update_or_create(millesime=MILLESIME["millesime"], defaults=MILLESIME)
    return True


def _rows(name):
    path = DATA / f"{name}-occitanie-{MILLESIME['millesime']}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _list(text):
    return text.split("|")


def _upsert(model, instances):
    fields = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    model.objects.bulk_create(
        instances,
        update_conflicts=True,
        unique_fields=[model._meta.pk.name],
        update_fields=fields,
        batch_size=500,
    )


def _epci(row):
    return Epci(
        siren=row["siren"],
        nom=row["nom"],
        nom_plie=fold(row["nom"]),
        forme=row["forme_libelle"],
        population=row["population_insee"],
        communes_total=row["nb_communes"],
        longitude=row["lon"],
        latitude=row["lat"],
    )


def _commune(row, sirens):
    return Commune(
        insee=row["insee"],
        nom=row["nom"],
        nom_plie=fold(row["nom"]),
        departement_id=row["departement"],
        epci_id=row["epci_siren"] if row["epci_siren"] in sirens else None,
        population=row["population"],
    )
