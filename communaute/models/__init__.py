"""Who the cohort is made of, and the spaces where its members talk among peers."""

from communaute.models.cohorte import Cohorte
from communaute.models.espaces import (
    AcceptationCharte,
    Charte,
    Espace,
    Nomination,
    Rights,
    rights_of,
)
from communaute.models.membres import Allie, College, Membre, Siege
from communaute.models.territoires import (
    Commune,
    Departement,
    Epci,
    PerimetreCommune,
    PerimetreEpci,
    Referentiel,
    Territoire,
    parts_of,
)

__all__ = [
    "AcceptationCharte",
    "Allie",
    "Charte",
    "Cohorte",
    "College",
    "Commune",
    "Departement",
    "Epci",
    "Espace",
    "Membre",
    "Nomination",
    "PerimetreCommune",
    "PerimetreEpci",
    "Referentiel",
    "Rights",
    "Siege",
    "Territoire",
    "parts_of",
    "rights_of",
]
