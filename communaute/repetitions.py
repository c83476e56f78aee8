"""The dates of a meeting that repeats, on the clock of the cohort."""

from datetime import UTC, datetime, time
from itertools import islice

from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekday
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils import timezone

from communaute.dates import day_said, names

MOST_DATES = 53
"""How many dates one may give a meeting at once: a year of weeks."""


class Repetition(TextChoices):
    """How often a meeting takes place."""

    NON = "", "Non"
    SEMAINE = "semaine", "Chaque semaine"
    DEUX_SEMAINES = "quinzaine", "Toutes les deux semaines"
    MOIS = "mois", "Chaque mois, le même jour de la semaine"


def days(first, repetition, last):
    """The days from ``first`` to ``last``, but at most one more than ``MOST_DATES``."""
    how = {"freq": WEEKLY, "interval": 2 if repetition == Repetition.DEUX_SEMAINES else 1}
    if repetition == Repetition.MOIS:
        how = {"freq": MONTHLY, "byweekday": weekday(first.weekday(), rank(first))}
    found = rrule(
        dtstart=datetime.combine(first, time()), until=datetime.combine(last, time()), **how
    )
    return [moment.date() for moment in islice(found, MOST_DATES + 1)]


def rank(day):
    """Which one of its weekday it is in its month: the first to the fourth, or -1 for the last."""
    return -1 if day.day > 28 else (day.day - 1) // 7 + 1


def said(first, repetition):
    """How often that is, in words: "le 2e mardi de chaque mois"."""
    weekdays, _ = names()
    name = weekdays[first.weekday()]
    if repetition == Repetition.SEMAINE:
        return f"chaque {name}"
    if repetition == Repetition.DEUX_SEMAINES:
        return f"un {name} sur deux"
    which = {-1: "dernier", 1: "1er"}.get(rank(first), f"{rank(first)}e")
    return f"le {which} {name} de chaque mois"


def at(day, hour):
    """That time on the clock of the cohort. ``ValidationError`` where clocks skip it."""
    naive = datetime.combine(day, hour)
    aware = timezone.make_aware(naive)
    if timezone.localtime(aware.astimezone(UTC)).replace(tzinfo=None) != naive:
        raise ValidationError(
            f"Cette heure n’existe pas le {day_said(day)} : les horloges avancent. Choisissez-en une autre."
        )
    return aware


def on_day(day, debut, fin):
    """From when to when a meeting lasts that begins on ``day`` at the hour of ``debut``, and ends as many
    days later as ``fin``, at its hour. ``ValidationError`` where clocks skip one of these.
    """
    debut, fin = timezone.localtime(debut), timezone.localtime(fin)
    last = day + (fin.date() - debut.date())
    return at(day, debut.time()), at(last, fin.time())
