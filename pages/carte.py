"""The map of the region, ready to be drawn as SVG, from the outlines kept in ``communaute/donnees``."""

import json
from functools import lru_cache
from math import atanh, cos, exp, hypot, radians, sin

from django.utils.functional import cached_property

from communaute.models import parts_of
from communaute.reference import DATA

NEAREST = 3
"""How many neighbours a territory is shown with."""
PIPS = 12
"""Points that fit round a territory's number; the list says how many projects there really are."""
PIPS_APART = 30
"""Degrees between two of them."""


@lru_cache(maxsize=1)
def _outlines():
    """SVG paths by official code, and how a point is placed among them."""
    return json.loads((DATA / "occitanie-svg-chemins.json").read_text())


def lambert93(longitude, latitude):
    """Project a point (WGS 84, degrees) to Lambert-93 (EPSG:2154, metres).

    Constants: IGN, note technique NT/G 71 and parameters of the RGF93 projections.
    """
    n, c, x_s, y_s, e = 0.725607765053267, 11754255.426096, 700000, 12655612.049876, 0.08181919106
    phi = radians(latitude)
    r = c * exp(-n * (atanh(sin(phi)) - e * atanh(e * sin(phi))))
    gamma = n * radians(longitude - 3)
    return x_s + r * sin(gamma), y_s - r * cos(gamma)


def place(longitude, latitude):
    """Where a point (WGS 84, degrees) lies on the map, in units of its view box."""
    x, y = lambert93(longitude, latitude)
    outlines = _outlines()
    scale = outlines["metres_par_unite"]
    return round((x - outlines["x_min"]) / scale, 1), round((outlines["y_max"] - y) / scale, 1)


class Carte:
    """The region with its départements, and each territory's outline or point: a drawing, and the list
    that says the same.

    ``pages`` are ``TerritoirePage`` as ``shown()`` gives them, ``projets`` the pilot projects to show
    below them. ``active`` is the page to bring out. With ``theme``, only the territories and projects
    that it concerns stand out.
    """

    def __init__(self, pages, request, projets=(), active=None, theme=None):
        self.pages = pages
        self.request = request
        self.projets = projets
        self.active = active
        self.theme = theme

    @property
    def view_box(self):
        return _outlines()["viewBox"]

    @property
    def source(self):
        """Where the outlines come from, as their licence asks to say."""
        return "IGN – Admin Express 2018 ; INSEE ; DGCL (Licence Ouverte)"

    @property
    def departements(self):
        """The outlines of the départements: dicts with ``d``."""
        return [{"d": path} for path in _outlines()["departements"].values()]

    @cached_property
    def territoires(self):
        """One dict a territory: ``rang`` (its number, on the map as in the list), ``page``, ``nom``,
        ``url``, ``place`` (x and y, or None), ``paths``, ``projets``, ``points`` (an angle for each of
        them), ``actif``, ``concerne`` (by the theme).
        """
        projets = {}
        for projet in self.projets:
            if self.theme is None or self.theme in projet.themes.all():
                projets.setdefault(projet.path[: -projet.steplen], []).append(projet)
        return [
            self._territoire(rang, page, projets.get(page.path, []))
            for rang, page in enumerate(self.pages, start=1)
        ]

    @cached_property
    def parts(self):
        """What the territories are made of, by their key."""
        return parts_of([page.territoire_id for page in self.pages])

    def _territoire(self, rang, page, projets):
        parts = self.parts[page.territoire_id]
        point = _middle(parts) or (page.territoire.longitude, page.territoire.latitude)
        paths = _outlines()["epci"]
        pips = min(len(projets), PIPS)
        return {
            "rang": rang,
            "page": page,
            "nom": page.title,
            "url": page.get_url(self.request),
            "place": None if point[0] is None else place(*point),
            "paths": [
                paths[epci]
                for epci in {part.epci: 0 for part in parts if part.whole}
                if epci in paths
            ],
            "projets": projets,
            "points": [(pip - (pips - 1) / 2) * PIPS_APART for pip in range(pips)],
            "actif": page == self.active,
            "concerne": bool(self.theme is None or projets),
        }

    @property
    def concernes(self):
        """The territories to list: all of them, or those that the theme concerns."""
        return [territoire for territoire in self.territoires if territoire["concerne"]]

    @cached_property
    def voisins(self):
        """The territories nearest to the active one, each with ``km`` (from middle to middle, as the
        crow flies, to the nearest five) and its ``rang`` among them.
        """
        here = next((t["place"] for t in self.territoires if t["actif"]), None)
        if here is None:
            return []
        kilometres = _outlines()["metres_par_unite"] / 1000
        others = [
            territoire | {"km": hypot(x - here[0], y - here[1]) * kilometres}
            for territoire in self.territoires
            if territoire["place"] and not territoire["actif"]
            for x, y in [territoire["place"]]
        ]
        others.sort(key=lambda territoire: territoire["km"])
        return [
            other | {"rang": rang, "km": max(5, 5 * round(other["km"] / 5))}
            for rang, other in enumerate(others[:NEAREST], start=1)
        ]


def _middle(parts):
    """The middle of points inside these parts, or None. A commune has no point but its EPCI's."""
    points = {
        part.code: (part.longitude, part.latitude) for part in parts if part.longitude is not None
    }.values()
    if not points:
        return None
    longitudes, latitudes = zip(*points, strict=True)
    return sum(longitudes) / len(points), sum(latitudes) / len(points)
