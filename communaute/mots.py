"""Names, sizes and punctuation as people say and write them."""

import re

from django.utils.safestring import SafeString

from communaute.text import fold

_ELIDED = re.compile(r"[aeiou]|y[^aeiou\W]|h(adr|ec|el|en|er|il|ip|on|or|ub|ug|ya)")
"""How a name begins, folded, when *de* or *que* before it is elided: a vowel, or a mute *h*, as in Hélène."""


def of(name):
    """A name after *de*: "d’Hélène Marty", "de Hassan Benali"."""
    return _after("d", name)


def than(name):
    """A name after *que*: "qu’Inès Moreau", "que Hassan Benali"."""
    return _after("qu", name)


def _after(word, name):
    name = str(name)
    return f"{word}’{name}" if _ELIDED.match(fold(name)) else f"{word}e {name}"


def size_said(size):
    """A number of bytes: "30 ko", "1,4 Mo", "25 Mo"."""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))}\N{NO-BREAK SPACE}ko"
    said = f"{size / (1024 * 1024):.1f}".removesuffix(".0").replace(".", ",")
    return f"{said}\N{NO-BREAK SPACE}Mo"


_LOOSE = re.compile(r" (?=»|[:;?!](?![\w/=]))|(?<=«) ")
_LOOSE_IN_HTML = re.compile(
    r"""(<(?:code|pre|textarea)\b.*?</(?:code|pre|textarea)>|<(?:[^>"']|"[^"]*"|'[^']*')*>)|"""
    + _LOOSE.pattern,
    re.DOTALL,
)


def held_together(text):
    """``text`` where no line begins with a sign that French writes after a space, nor ends with «.

    Of HTML, which is told by its being safe, the tags and what is code or typed in a field stay as they are.
    """
    text = str(text)
    if isinstance(text, SafeString):
        return SafeString(_LOOSE_IN_HTML.sub(lambda found: found[1] or "\N{NO-BREAK SPACE}", text))
    return _LOOSE.sub("\N{NO-BREAK SPACE}", text)
