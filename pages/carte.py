"""The map of the region, ready to be drawn as SVG, from the outlines kept in ``communaute/donnees``."""

import json
from functools import lru_cache
from math import atanh, cos, exp, radians, sin

from django.utils.functional import cached_property

from communaute.reference import DATA


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
    """The region with its départements, and each territory's outline or point.

    ``pages`` are ``TerritoirePage`` as ``shown()`` gives them; ``active`` is the one to bring out.
    """

    def __init__(self, pages, request, active=None):
        self.pages = pages
        self.request = request
        self.active = active

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
        """One dict a territory that has a place: ``rang`` (its number in the list of ``pages``), ``nom``,
        ``url``, ``x``, ``y``, ``paths``, ``actif``.
        """
        drawn = []
        for rang, page in enumerate(self.pages, start=1):
            epcis = [part.epci for part in page.territoire.perimetre_epci.all()]
            around = epcis + [
                part.commune.epci
                for part in page.territoire.perimetre_communes.all()
                if part.commune.epci
            ]
            point = _middle(around) or (page.territoire.longitude, page.territoire.latitude)
            if point[0] is None:
                continue
            x, y = place(*point)
            paths = _outlines()["epci"]
            drawn.append(
                {
                    "rang": rang,
                    "nom": page.title,
                    "url": page.get_url(self.request),
                    "x": x,
                    "y": y,
                    "paths": [paths[epci.pk] for epci in epcis if epci.pk in paths],
                    "actif": page == self.active,
                }
            )
        return drawn


def _middle(epcis):
    """The middle of points inside these EPCI, or None. Communes have no point of their own."""
    if not epcis:
        return None
    return (
        sum(epci.longitude for epci in epcis) / len(epcis),
        sum(epci.latitude for epci in epcis) / len(epcis),
    )
