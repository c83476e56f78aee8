"""What in a text may tell who is spoken of, or where: names, places, functions, figures, addresses.

With eight territories and four kinds of actors, a role and a place name a person. What is found is shown to
who writes; what is not found may tell all the same, and only people see that.
"""

import re
from typing import NamedTuple

from django.db import models

from communaute.models import Commune, Epci, Membre, Territoire
from communaute.text import fold

LONGEST_NAME = 8
"""Words of the name of a place that are looked at, at most."""
SHORTEST_NAME = 3
"""Signs of what names a place by itself, at least: *Or*, of the Pays de l’Or, begins many a sentence."""
KIND = (
    r"(?:communaute(?: de communes| d agglomeration| urbaine)?|c[acu]|agglo(?:meration)?|metropole|petr|"
    r"pole d equilibre territorial et rural|pays|pnr|parc naturel regional|syndicat mixte)"
)
OF = r"(?:de la|de l|du|des|de|d)"
KIND_BEFORE = re.compile(rf"^(?:(?:{KIND}|{OF}|la|le|les|l) )+")
KIND_AFTER = re.compile(rf"(?: {KIND})+$")
RELIEF = re.compile(
    rf"^(?:bassin|causses?|coeur|coteaux|gorges|monts?|plateaux?|portes|terres?|vallees?|vals?) {OF} "
)
"""What comes before or after what names a place, folded: of a territory of the cohort, *Malevigne* is enough
to know the Coteaux de Malevigne."""
NAMES_AT_ONCE = 10_000
"""What is looked for in one query: a database takes a limited number of parameters."""
WORD = re.compile(r"[^\W_]+")
EMAIL = re.compile(r"[^\s<>@]+@[^\s<>@]+\.[^\s<>@.,;)]+")
ADDRESS = re.compile(r"/communaute/[^\s<>()]*")
FIGURE = re.compile(r"\d[\d\s.,  ]*\d(?:\s*(?:€|%|euros?|habitants?|ha|km))?|\d+\s*(?:€|%|euros?)")
FUNCTIONS = re.compile(
    r"\b(?:(?:vice[- ]|sous[- ])?pr[ée]sident|(?:sous[- ])?pr[ée]f[eè]t|maire|adjoint|conseill[eè]r|"
    r"d[ée]put[ée]|s[ée]nat(?:eur|rice)|direct(?:eur|rice)|secr[ée]taire|chef|charg[ée]|DGS|DGA)(?:·?\w*)\b",
    re.IGNORECASE,
)


class Sorte(models.TextChoices):
    """What may tell who is spoken of."""

    PERSONNE = "personne", "Une personne"
    LIEU = "lieu", "Un lieu"
    FONCTION = "fonction", "Une fonction"
    CHIFFRE = "chiffre", "Un chiffre"
    ADRESSE = "adresse", "Une adresse de l’espace"


class Indice(NamedTuple):
    """The words of a text that may tell, and how."""

    sorte: Sorte
    mots: str


def found_in(texts):
    """For each of ``texts``, its ``Indice``, each once, in the order of ``Sorte``: in as many queries,
    however many texts there are.
    """
    phrases = [capitalised(text) for text in texts]
    names, functions = _people()
    places = _places({name for one in phrases for name in one})
    return [
        list(dict.fromkeys(_found(*one, names, places, functions)))
        for one in zip(texts, phrases, strict=True)
    ]


def _found(text, phrases, names, places, functions):
    yield from (Indice(Sorte.PERSONNE, one) for one in EMAIL.findall(text))
    yield from (Indice(Sorte.PERSONNE, said) for name, said in phrases.items() if name in names)
    yield from (Indice(Sorte.LIEU, said) for name, said in phrases.items() if name in places)
    yield from (Indice(Sorte.FONCTION, one[0]) for one in FUNCTIONS.finditer(text))
    said = f" {fold(text)} "
    yield from (Indice(Sorte.FONCTION, one) for one in functions if f" {fold(one)} " in said)
    yield from (Indice(Sorte.CHIFFRE, one[0].strip()) for one in FIGURE.finditer(text))
    yield from (Indice(Sorte.ADRESSE, one) for one in ADDRESS.findall(text))


def capitalised(text):
    """What begins with a capital letter, up to ``LONGEST_NAME`` words, by what it folds to."""
    words = list(WORD.finditer(text))
    phrases = {}
    for start, first in enumerate(words):
        if first[0][0].isupper():
            for last in words[start : start + LONGEST_NAME]:
                said = text[first.start() : last.end()]
                phrases.setdefault(fold(said), said)
    return phrases


def _people():
    """The names of the members, whole and without what comes before, folded; and the functions that they
    have or had, as they are written.
    """
    names, functions = set(), set()
    members = Membre.objects.filter(is_active=True)
    for first, last, function in members.values_list("first_name", "last_name", "sieges__fonction"):
        names |= {fold(f"{first} {last}"), fold(last)}
        functions.add(function)
    return names - {""}, functions - {"", None}


def _places(names):
    """Those of ``names`` that name a place of the official lists or a territory of the cohort, folded; of
    territories and EPCI, also as people say them.
    """
    territoires = Territoire.objects.values_list("nom", flat=True)
    said = {name for nom in territoires for name in names_of(nom)}
    for epci in Epci.objects.values_list("nom_plie", flat=True):
        said |= {epci, _without_kind(epci)}
    found, names = {name for name in names & said if len(name) >= SHORTEST_NAME}, sorted(names)
    for start in range(0, len(names), NAMES_AT_ONCE):
        some = names[start : start + NAMES_AT_ONCE]
        communes = Commune.objects.order_by().filter(nom_plie__in=some)
        found.update(communes.values_list("nom_plie", flat=True))
    return found


def names_of(nom):
    """How people name the territory of this name, folded: in full, or by what tells it from others."""
    full = fold(nom)
    short = _without_kind(full)
    return {name for name in (full, short, RELIEF.sub("", short)) if len(name) >= SHORTEST_NAME}


def _without_kind(name):
    """A folded name without what says only of which kind of authority it is."""
    return KIND_AFTER.sub("", KIND_BEFORE.sub("", name))
