"""The words of others that a message quotes: found in its Markdown, line by line.

A quotation is what «Citer» writes: lines that begin with ``>``, the first of which says whose words they
are. It may hold another, one ``>`` further; people also quote by hand, without a name.
"""

import re
from html import unescape

from django.utils.html import strip_tags

from communaute import markdown
from communaute.text import fold

_QUOTED = re.compile(r"\s{0,3}((?:>\s?)+)(.*)")
_ATTRIBUTION = re.compile(r"\*\*(.+?)\*\* a écrit\s*:?\s*")
ENOUGH = 4
"""Words of a line from which it is known to be somebody's, though no name says so."""


def attribution(nom):
    """The line that says whose words follow."""
    return f"**{nom}** a écrit :"


def edited(text, keeps, renamed=None, note=""):
    """``text`` without the quoted lines of which ``keeps(author, line)`` is false.

    ``author`` is the name that the quotation gives, or an empty text. ``renamed(author)`` is the name to
    give in its place; ``note`` is said once where lines are missing.
    """
    if ">" not in text:
        return text
    lines, authors, missing = [], [], False
    for line in text.split("\n"):
        found = _QUOTED.match(line)
        if not found:
            lines.append(line)
            authors, missing = [], False
            continue
        marks, said = found[1].rstrip(), found[2].rstrip("\r")
        depth = marks.count(">")
        while authors and authors[-1][0] > depth:
            authors.pop()
        if named := _ATTRIBUTION.fullmatch(said):
            if authors and authors[-1][0] == depth:
                authors.pop()
            authors.append((depth, named[1]))
            name = renamed(named[1]) if renamed else named[1]
            lines.append(f"{marks} {attribution(name)}" if name != named[1] else line)
            missing = False
        elif not said.strip() or keeps(authors[-1][1] if authors else "", said):
            lines.append(line)
            missing = missing and not said.strip()
        elif not missing:
            lines.append(f"{marks} {note}")
            missing = True
    return "\n".join(lines)


class Words:
    """What some messages say, but for what they quote, to know whether a quoted line is of them."""

    def __init__(self, texts):
        said = []
        for text in texts:
            own = "\n".join(line for line in text.split("\n") if not _QUOTED.match(line))
            said += [fold(own), fold(unescape(strip_tags(markdown.render(own))))]
        self._said = [f" {one} " for one in said]

    def say(self, line, enough=1):
        """Whether ``line`` is in one of them, and has ``enough`` words to tell."""
        words = fold(line)
        return len(words.split()) >= enough and any(f" {words} " in said for said in self._said)
