"""Querysets asked at every request, whose SQL is written once: Django takes longer to write it than
databases to answer.
"""

import re
from copy import copy
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from math import ceil
from types import SimpleNamespace
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection

READER, FIRST_SPACE = -1_848, -18_480
"""What stands for the key of who reads, and for those of the spaces of their rights, counting down."""
OFFSET = 184_800
"""The example of how many rows are left out."""
SIZES = (1, 4, 24, 96, 500)
"""A list is asked for as long as one of these, or as a multiple of the last, so that few are written."""

_written = {}


class Prepared:
    """A queryset, for values given each time.

    ``make`` is called once, with the values of ``examples``; wherever one of these is among the parameters
    of the SQL, the value of the same name takes its place. Examples are values that nothing else is, and
    ``make`` computes nothing from them, nor reads the clock: that would stay as it was the first time.
    """

    def __init__(self, make, **examples):
        self.make, self.examples = make, examples

    def fetch(self, *shape, user=None, **values):
        """A list of what it finds: instances, or the tuples of ``values_list``.

        The SQL is written anew for each ``shape``, which ``make`` is given first, and for each set of names
        that are given. Given a ``user``, it is written once for all those with as many spaces in each set of
        their rights. A value may be a list: its example is then the first of as many keys, counting down.
        """
        key, given, lists = [self, *shape, *values], {}, {}
        if user is not None:
            spaces = _spaces(user.rights)
            key.append(tuple(spaces.values()))
            given[READER] = user.pk
            given |= {FIRST_SPACE - number: space for number, space in enumerate(spaces)}
            given |= {
                _adapted(_arrival(FIRST_SPACE - number)): _adapted(user.rights.since[space])
                for number, space in enumerate(spaces)
                if space in user.rights.since
            }
        for name, value in values.items():
            example = self.examples[name]
            if isinstance(value, list):
                if not value:
                    return []
                whole = ceil(len(value) / SIZES[-1]) * SIZES[-1]
                lists[name] = next((size for size in SIZES if size >= len(value)), whole)
                value = value + value[-1:] * (lists[name] - len(value))
                given |= {example - number: one for number, one in enumerate(value)}
            else:
                given[_adapted(example)] = _adapted(value)
        key = (*key, *lists.values())
        if key not in _written:
            _written[key] = self._write(shape, user, values, lists, given)
        if _written[key] is None:
            return []
        queryset, compiler, sql, names, converters = _written[key]
        compiler = copy(compiler)
        compiler.connection = connection
        compiler.get_converters = lambda expressions: converters
        compiler.as_sql = lambda: (
            sql,
            {name: given.get(param, param) for param, name in names.items()},
        )
        query = copy(queryset.query)
        query.get_compiler = lambda using: compiler
        found = SimpleNamespace(**{**vars(queryset), "query": query, "db": queryset.db})
        return list(queryset._iterable_class(found))

    def _write(self, shape, user, values, lists, given):
        """The queryset for the examples, its compiler, its SQL, the names of its parameters there, and what
        makes of each column the value it is; None if it finds nothing.
        """
        examples = {name: self.examples[name] for name in values}
        if user is not None and READER in examples.values():
            raise ValueError("An example stands for who reads already.")
        for name, size in lists.items():
            examples[name] = [examples[name] - number for number in range(size)]
        if user is not None:
            examples["user"] = _stand_in(user)
        queryset = self.make(*shape, **examples)
        compiler = queryset.query.get_compiler(connection=connection)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return None
        sql, names = _named(sql, params, given)
        for name, example in self.examples.items():
            if name in values and name not in lists and _adapted(example) not in names:
                raise ValueError(f"{name} is not asked for: {sql}")
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        return queryset, compiler, sql, names, converters


def forget():
    """Have each queryset written again, for whoever changes what it is made from while it is used."""
    _written.clear()


def _named(sql, params, given):
    """``sql`` with one name for each of its parameters, and these names. Numbers and words that are not
    among ``given`` stay as they are: they are written out, and the database plans for them.
    """
    params, names = iter(params), {}

    def name(found):
        if found[0] == "%%":
            return "%%"
        param = next(params) if found[0] == "%s" else OFFSET
        if param not in given:
            if isinstance(param, bool | int):
                return str(param)
            if isinstance(param, str):
                return "'" + param.replace("'", "''").replace("%", "%%") + "'"
        return f"%({names.setdefault(param, f'p{len(names)}')})s"

    return re.sub(rf"%s|%%|(?<=OFFSET ){OFFSET}\b", name, sql), names


def _adapted(value):
    """``value`` as the database is given it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return value


def _arrival(space):
    """What stands for the moment since when topics are read in the space that ``space`` stands for."""
    return datetime(1789, 7, 14, tzinfo=UTC) + timedelta(days=FIRST_SPACE - space)


def _spaces(rights):
    """The sets that each space is in, by its key: all of those in the same sets follow one another."""
    sets = {}
    for field in fields(rights):
        for space in getattr(rights, field.name):
            sets[space] = (*sets.get(space, ()), field.name)
    return dict(sorted(sets.items(), key=lambda one: (one[1], one[0])))


def _stand_in(user):
    """Someone whose rights are of the same shape as those of ``user``."""
    sets = {field.name: set() for field in fields(user.rights)}
    for number, names in enumerate(_spaces(user.rights).values()):
        for name in names:
            sets[name].add(FIRST_SPACE - number)
    since = {space: _arrival(space) for space in sets.pop("since")}
    sets = {name: frozenset(one) for name, one in sets.items()}
    rights = type(user.rights)(**sets, since=since)
    return SimpleNamespace(pk=READER, is_authenticated=True, rights=rights)
