"""Queries asked at every request, whose SQL is written once: Django takes longer to write them than
databases to answer.
"""

from datetime import date, datetime

from django.db import connection

_written = {}


class Prepared:
    """The rows that a queryset of ``values_list`` finds, for parameters given each time.

    ``make`` is called once, with the values of ``examples``; wherever one of these is among the parameters
    of the SQL, the value of the same name takes its place. Examples are values that nothing else is, and
    ``make`` computes nothing from them, nor reads the clock: that would stay as it was the first time.
    """

    def __init__(self, make, **examples):
        self.make, self.examples = make, examples

    def rows(self, **values):
        """What it finds with these values, named as the examples are, as a list of tuples."""
        if self not in _written:
            _written[self] = self._write()
        sql, names, params = _written[self]
        given = {name: _adapted(value) for name, value in values.items()}
        pairs = zip(names, params, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(sql, [given[name] if name else param for name, param in pairs])
            return cursor.fetchall()

    def _write(self):
        sql, params = self.make(**self.examples).query.sql_with_params()
        named = {_adapted(example): name for name, example in self.examples.items()}
        names = [named.get(param) for param in params]
        if set(names) - {None} != set(self.examples):
            raise ValueError(f"Not all of {set(self.examples)} is asked for: {sql}")
        return sql, names, params


def forget():
    """Have each query written again, for whoever changes what it is made from while it is used."""
    _written.clear()


def _adapted(value):
    """``value`` as the database is given it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value
