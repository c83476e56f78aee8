"""Dates as people say them."""

from functools import cache

from django import template
from django.utils import timezone
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.safestring import mark_safe

register = template.Library()


@cache
def _names():
    """Those of the days and of the months, found once: each look-up asks which language is spoken."""
    return [str(name) for name in WEEKDAYS.values()], [None, *map(str, MONTHS.values())]


@register.simple_tag
def moment(d):
    """The time ``d`` as it is said today, and in full for machines and in the title."""
    d, now, (days, months) = timezone.localtime(d), timezone.localtime(), _names()
    day = f"{'1er' if d.day == 1 else d.day} {months[d.month]}"
    if d.date() == now.date():
        said = f"aujourd’hui à {d:%H:%M}"
    else:
        said = f"le {day}" if d.year == now.year else f"le {day} {d.year}"
    full = f"{days[d.weekday()]} {d.day} {months[d.month]} {d.year} à {d:%H:%M}"
    return mark_safe(f'<time datetime="{d:%Y-%m-%dT%H:%M%z}" title="{full}">{said}</time>')


@register.simple_tag
def horaire(debut, fin):
    """From when to when something lasts, in full: "mardi 8 décembre 2026, de 9 h 30 à 12 h"."""
    debut, fin = timezone.localtime(debut), timezone.localtime(fin)
    first, last = _day(debut), _day(fin)
    if debut.date() == fin.date():
        return f"{first}, de {_hour(debut)} à {_hour(fin)}"
    return f"du {first}, {_hour(debut)}, au {last}, {_hour(fin)}"


@register.simple_tag
def creneau(debut, fin):
    """The same, for machines too."""
    begins = f"{timezone.localtime(debut):%Y-%m-%dT%H:%M%z}"
    return mark_safe(f'<time datetime="{begins}">{horaire(debut, fin)}</time>')


@register.filter
def heure(said):
    """An hour kept as "09:30", as it is said: "9 h 30"."""
    hours, minutes = said.split(":")
    return f"{int(hours)}\N{NO-BREAK SPACE}h" + (
        "" if minutes == "00" else f"\N{NO-BREAK SPACE}{minutes}"
    )


def _day(d):
    days, months = _names()
    number = "1er" if d.day == 1 else d.day
    return f"{days[d.weekday()]} {number} {months[d.month]} {d.year}"


def _hour(d):
    return heure(f"{d:%H:%M}")
