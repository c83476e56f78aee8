"""Those whom a message names: ``@Prénom Nom``, among the readers of its topic and nobody else."""

import re
import unicodedata

from communaute import markdown
from communaute.text import fold

SUGGESTED = 6
"""How many names are suggested at once."""


def read(text, place):
    """``text`` as safe HTML with the readers of ``place``, a topic or a space where one is opened, that it
    names marked, and their keys, a set.

    The name of anybody else is plain text, as is one that does not exist.
    """
    if "@" not in text:
        return markdown.render(text), set()
    named = Names(place.readers())
    return markdown.render(text, named.split), named.found


def suggest(place, start):
    """A few readers of ``place``, a topic or a space, of whose names each word of ``start`` begins one."""
    words = fold(start).split()
    found = []
    for reader in place.readers().with_sieges():
        name = fold(reader.get_full_name()).split()
        if all(any(part.startswith(word) for part in name) for word in words):
            found.append(reader)
            if len(found) == SUGGESTED:
                break
    return found


class Names:
    """The full names of some members, found in what is written, accents, case and hyphens forgiven.

    ``sign`` is what stands before a name that calls someone; without one, names are found anywhere.
    """

    def __init__(self, membres, sign="@"):
        self.found = set()
        self._membres = {}
        for membre in membres:
            if name := fold(membre.get_full_name()):
                self._membres.setdefault(name, set()).add(membre.pk)
        # The longest first: «Anne Martin-Roche» is not «Anne Martin». Homonyms are all named.
        names = sorted(self._membres, key=len, reverse=True)
        names = "|".join(r"(?:[^\w@]|_){1,3}".join(name.split()) for name in names)
        self._pattern = re.compile(rf"(?<![^\W_]){sign}({names})(?![^\W_])") if names else None

    def split(self, text):
        """Cut ``text`` into pairs: some text, and whether it names one of them."""
        folded, places = _folded(text)
        end = 0
        for match in self._pattern.finditer(folded) if self._pattern else ():
            start, stop = places[match.start()], places[match.end() - 1] + 1
            self.found |= self._membres[" ".join(re.findall(r"[^\W_]+", match[1]))]
            if start > end:
                yield text[end:start], False
            yield text[start:stop], True
            end = stop
        if end < len(text):
            yield text[end:], False


def _folded(text):
    """``text`` in lower case without accents, and where in ``text`` each of its signs comes from."""
    signs, places = [], []
    for place, sign in enumerate(text):
        for letter in unicodedata.normalize("NFKD", sign.lower()):
            if not unicodedata.combining(letter):
                signs.append({"œ": "oe", "æ": "ae"}.get(letter, letter))
                places += [place] * len(signs[-1])
    return "".join(signs), places
