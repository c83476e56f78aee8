"""Search by stems: what a text is found by, and what of it is shown to whoever searched.

``communaute.text`` says which words are the same. Texts and queries pass through the same function,
so that PostgreSQL and SQLite find the same.
"""

import unicodedata
from itertools import chain

from django.db import models
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.text import Truncator

from communaute.text import WORD, stems

MAX_STEMS = 20_000
"""Words of a text that are indexed, some eighty pages: PostgreSQL refuses a vector of over 1 MB."""
MAX_WANTED = 16
"""Words of a query that count: each costs the database some time."""
EXCERPT_LENGTH, BEFORE_MATCH = 220, 60


def wanted(text):
    """The stems that ``text`` asks for, each once; not more than ``MAX_WANTED``."""
    return list(dict.fromkeys(stems(text)))[:MAX_WANTED]


def indexed(text):
    """What ``text`` is found by: its stems between spaces, so that each word has one on either side."""
    return f" {' '.join(stems(text)[:MAX_STEMS])} "


class StemsField(models.TextField):
    """What the text that the attribute ``of`` gives is found by, brought up to date by each save."""

    def __init__(self, *args, of="", **kwargs):
        self.of = of
        super().__init__(*args, **{**kwargs, "editable": False, "default": "", "blank": True})

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, instance, add):
        value = indexed(getattr(instance, self.of))
        setattr(instance, self.attname, value)
        return value


@StemsField.register_lookup
class Says(models.Lookup):
    """That a text has all of these stems: by its index on PostgreSQL, by looking at each elsewhere."""

    lookup_name = "says"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        sql = " AND ".join(f"{lhs} LIKE %s" for _ in self.rhs)
        return f"({sql})", [param for stem in self.rhs for param in (*params, f"% {stem} %")]

    def as_postgresql(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        query = " & ".join(f"'{stem}'" for stem in self.rhs)
        return f"to_tsvector('simple', {lhs}) @@ to_tsquery('simple', %s)", [*params, query]


@StemsField.register_lookup
class Seen(Says):
    """The same, by looking at each text: faster where a few thousand are looked at."""

    lookup_name = "seen"

    def as_postgresql(self, compiler, connection):
        return self.as_sql(compiler, connection)


def excerpt(said, wanted):
    """What the texts ``said`` have around the first word of ``wanted``, or how they begin: safe HTML."""
    said = [unicodedata.normalize("NFC", " ".join(text.split())) for text in said]
    words = chain.from_iterable(((text, word) for word in WORD.finditer(text)) for text in said)
    text, at = next(
        ((text, word.start()) for text, word in words if _is_wanted(word, wanted)),
        (next(filter(None, said), ""), 0),
    )
    start = text.rfind(" ", 0, max(at - BEFORE_MATCH, 0) + 1) + 1
    cut = Truncator(text[start:]).chars(EXCERPT_LENGTH)
    return marked(f"… {cut}" if start else cut, wanted)


def marked(text, wanted):
    """``text`` as HTML, with the words of ``wanted`` marked."""
    html, end = [], 0
    for word in WORD.finditer(text):
        if _is_wanted(word, wanted):
            html += [escape(text[end : word.start()]), format_html("<mark>{}</mark>", word[0])]
            end = word.end()
    return mark_safe("".join([*html, escape(text[end:])]))


def _is_wanted(word, wanted):
    return not wanted.isdisjoint(stems(word[0]))
