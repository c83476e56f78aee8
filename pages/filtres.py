"""The list of learnings, narrowed: what is chosen, what it leaves, what each other choice would leave."""

from dataclasses import dataclass, field

from django.db.models import CharField, IntegerField, Value
from django.http import QueryDict

from communaute.text import fold
from pages.models.termes import Cadre, Echelle, Fondamental, Terme, Theme

FACETTES = {
    "fondamental": "Fondamental",
    "theme": "Thème",
    "territoire": "Territoire",
    "nature": "Nature",
    "cadre": "Cadre",
    "echelle": "Échelle",
}
"""What the list can be narrowed by, in the order it is asked: the name in the address, and the label."""
MAX_QUERY_LENGTH = 200


@dataclass
class Choix:
    """One value of a facet: the keys of its learnings, and how many of them the other filters leave."""

    code: str
    nom: str
    rang: int = 0
    enseignements: set = field(default_factory=set)
    total: int = 0


@dataclass
class Facette:
    """One way to narrow the list; ``total`` is what would be left without it."""

    code: str
    nom: str
    choix: list
    choisi: Choix | None
    total: int = 0

    def keep(self, enseignements):
        """Those of these keys that the choice leaves."""
        return enseignements & self.choisi.enseignements if self.choisi else enseignements


class Filtres:
    """What the address (``params``) asks of ``enseignements``, a queryset of what may be shown.

    ``territoires`` are the pages that may be named. Values that mean nothing are passed over. The
    counts of a facet follow all the other filters, so that each says what choosing it would give.
    Four queries, whatever the number of learnings; they read keys, not pages.
    """

    def __init__(self, enseignements, territoires, params):
        self.q = " ".join(params.get("q", "").replace('"', " ").split())[:MAX_QUERY_LENGTH]
        self.par_date = not self.q or params.get("tri") == "date"
        rows = enseignements.order_by("-date", "-pk").values_list("pk", "nature")
        self._natures = dict(rows)
        self._all = set(self._natures)
        self.total = len(self._all)
        self._found = self._search(enseignements) if self.q else list(self._natures)
        matching = self._all.intersection(self._found)
        self.facettes = {
            code: self._facette(code, choix, params.get(code))
            for code, choix in self._choices(enseignements, territoires).items()
        }
        for facette in self.facettes.values():
            facette.total = len(self._left(matching, facette))
            for choix in facette.choix:
                choix.total = len(self._left(matching, facette) & choix.enseignements)
        self._left_by_all = self._left(matching)

    def _search(self, enseignements):
        found = enseignements.search(self.q, order_by_relevance=not self.par_date)
        # Words that say nothing («le») are not searched. Thousands of keys are; pages would be slow.
        return (
            list(found.get_queryset().values_list("pk", flat=True)) if found.supports_facet else []
        )

    def _choices(self, enseignements, territoires):
        """The values of each facet, by its code."""
        rows = labelled(
            ("fondamental", Fondamental.objects.all(), "enseignements"),
            ("cadre", Cadre.objects.all(), "enseignements"),
            ("echelle", Echelle.objects.all(), "enseignements"),
            ("theme", Theme.objects.all(), "enseignements"),
            ("territoire", territoires, "territoire__enseignements"),
        )
        choices = {code: {} for code in FACETTES}
        for facette, code, nom, rang, enseignement in rows:
            choix = choices[facette].setdefault(code, Choix(code, nom, rang))
            choix.enseignements.add(enseignement)
        for rang, (code, nom) in enumerate(enseignements.model.Nature.choices):
            pks = {pk for pk, nature in self._natures.items() if nature == code}
            choices["nature"][code] = Choix(code, nom, rang, pks)
        return {facette: list(choix.values()) for facette, choix in choices.items()}

    def _facette(self, code, choix, asked):
        choix.sort(key=lambda one: (one.rang, fold(one.nom)))
        choisi = next((one for one in choix if one.code == asked), None)
        return Facette(code, FACETTES[code], choix, choisi)

    def _left(self, enseignements, but=None):
        for facette in self.facettes.values():
            if facette is not but:
                enseignements = facette.keep(enseignements)
        return enseignements

    @property
    def trouves(self):
        """The keys of what is left, the closest to the words or the newest first."""
        if self.par_date:
            return [pk for pk in self._natures if pk in self._left_by_all]
        return [pk for pk in self._found if pk in self._left_by_all]

    @property
    def choisis(self):
        """The filters in force, the words first: ``nom``, the address ``sans`` it and its ``total``."""
        words = [
            {
                "nom": f"« {self.q} »",
                "sans": self.address(q="", tri=""),
                "total": len(self._left(self._all)),
            }
        ]
        return words * bool(self.q) + [
            {
                "nom": facette.choisi.nom,
                "sans": self.address(**{facette.code: ""}),
                "total": facette.total,
            }
            for facette in self.facettes.values()
            if facette.choisi
        ]

    @property
    def autres(self):
        """The facets but the fundamentals, which have a look of their own."""
        return [facette for code, facette in self.facettes.items() if code != "fondamental"]

    @property
    def precise(self):
        """Whether one of the others narrows the list."""
        return any(facette.choisi for facette in self.autres)

    @property
    def suite(self):
        """The filters in force as the next page needs them: ``theme=eau&``, or nothing."""
        address = self.address().removeprefix("?")
        return f"{address}&" if address else ""

    @property
    def autre_tri(self):
        """The address of the same list in the other order."""
        return self.address(tri="" if self.par_date else "date")

    def address(self, **changes):
        """The query of the list with these filters changed: ``?`` when none is left."""
        query = QueryDict(mutable=True)
        now = {"q": self.q, "tri": "date" if self.q and self.par_date else ""}
        now |= {code: f.choisi.code for code, f in self.facettes.items() if f.choisi}
        for name, value in (now | changes).items():
            if value:
                query[name] = value
        return f"?{query.urlencode()}"


def labelled(*sources):
    """Rows (name, code, label, rank, related key) of all the sources, in one query and no order.

    A source is a name, a queryset of terms, themes or pages, and the relation whose keys are wanted,
    or None.
    """
    querysets, zero = [], Value(0, output_field=IntegerField())
    for name, objects, related in sources:
        if issubclass(objects.model, Terme):
            fields = ("code", "nom", "rang")
        else:
            fields = ("slug", "nom" if objects.model is Theme else "title", zero)
        name = Value(name, output_field=CharField())
        querysets.append(objects.order_by().values_list(name, *fields, related or zero))
    return querysets[0].union(*querysets[1:], all=True)
