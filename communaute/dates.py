"""Days and hours as people say them, on the clock of the cohort."""

from datetime import datetime
from functools import cache

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import MONTHS, WEEKDAYS

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Days of other years are typing errors; at the ends of the calendar, the next day does not exist."""


@cache
def names():
    """Those of the days and of the months, found once: each look-up asks which language is spoken."""
    return [str(name) for name in WEEKDAYS.values()], [None, *map(str, MONTHS.values())]


def check_year(day):
    """``ValidationError`` where ``day`` is of a year that nobody means."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(f"Choisissez une année entre {FIRST_YEAR} et {LAST_YEAR}.")


def day_said(day):
    """A day, or that of a time: "2 mars 2027"."""
    day = timezone.localtime(day) if isinstance(day, datetime) else day
    _, months = names()
    return f"{'1er' if day.day == 1 else day.day} {months[day.month]} {day.year}"


def hour_said(hour):
    """An hour: "9 h 30"."""
    minutes = f"\N{NO-BREAK SPACE}{hour.minute:02}" if hour.minute else ""
    return f"{hour.hour}\N{NO-BREAK SPACE}h{minutes}"


def span_said(debut, fin):
    """From when to when something lasts: "mardi 8 décembre 2026, de 9 h 30 à 12 h"."""
    debut, fin = timezone.localtime(debut), timezone.localtime(fin)
    weekdays, _ = names()
    first, last = (f"{weekdays[d.weekday()]} {day_said(d)}" for d in (debut, fin))
    if debut.date() == fin.date():
        return f"{first}, de {hour_said(debut)} à {hour_said(fin)}"
    return f"du {first}, {hour_said(debut)}, au {last}, {hour_said(fin)}"
