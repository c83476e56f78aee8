"""Names and sizes as people say them."""

import re

from communaute.text import fold

_ELIDED = re.compile(r"[aeiou]|y[^aeiou\W]|h(adr|ec|el|en|er|il|ip|on|or|ub|ug|ya)")
"""How a name begins, folded, when *de* loses its vowel: a vowel, or an *h* that is mute, as in Hélène."""


def of(name):
    """A name after *de*: "d’Hélène Marty", "de Hassan Benali"."""
    name = str(name)
    return f"d’{name}" if _ELIDED.match(fold(name)) else f"de {name}"


def size_said(size):
    """A number of bytes: "30 ko", "1,4 Mo", "25 Mo"."""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))}\N{NO-BREAK SPACE}ko"
    said = f"{size / (1024 * 1024):.1f}".removesuffix(".0").replace(".", ",")
    return f"{said}\N{NO-BREAK SPACE}Mo"
