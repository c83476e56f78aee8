"""Lucide's tag, which draws each icon once a process rather than each time it is shown."""

from functools import cache

from django import template
from lucide.templatetags import lucide as library

register = template.Library()
register.simple_tag(cache(library.lucide))
