"""Dates as people say them."""

from datetime import datetime, time

from django import template
from django.utils import timezone
from django.utils.safestring import mark_safe

from communaute.dates import day_said, hour_said, names, span_said

register = template.Library()
register.simple_tag(span_said, name="horaire")
register.filter("jour_dit", day_said)


@register.simple_tag
def moment(d):
    """The time ``d`` as it is said today, and in full for machines and in the title."""
    d, now, (weekdays, _) = timezone.localtime(d), timezone.localtime(), names()
    day, hour = day_said(d), hour_said(d)
    is_today = d.date() == now.date()
    said = f"aujourd’hui à {hour}" if is_today else f"le {day.removesuffix(f' {now.year}')}"
    full = f"{weekdays[d.weekday()]} {day} à {hour}"
    return mark_safe(f'<time datetime="{d:%Y-%m-%dT%H:%M%z}" title="{full}">{said}</time>')


@register.simple_tag
def jour(d):
    """The day ``d``, or that of the time ``d``, as it is said and for machines."""
    d = timezone.localtime(d) if isinstance(d, datetime) else d
    return mark_safe(f'<time datetime="{d:%Y-%m-%d}">{day_said(d)}</time>')


@register.simple_tag
def creneau(debut, fin):
    """What ``horaire`` says, for machines too."""
    begins = f"{timezone.localtime(debut):%Y-%m-%dT%H:%M%z}"
    return mark_safe(f'<time datetime="{begins}">{span_said(debut, fin)}</time>')


@register.filter
def heure(said):
    """An hour kept as "09:30", as it is said: "9 h 30"."""
    return hour_said(time.fromisoformat(said))
