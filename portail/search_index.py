"""What Wagtail's search keeps and compares, the same on both databases: stems.

Texts and queries pass through the same function on their way to PostgreSQL's full text search or to
SQLite's FTS5, so that both find the same words. ``communaute.text`` says which words are the same.
"""

from django.db import connection
from django.db.models import Case, F, Manager, Value, When
from django.db.models.functions import Length, Replace
from modelsearch.utils import get_content_type_pk
from wagtail.search.index import (
    AutocompleteField,
    RelatedFields,
    SearchField,
    insert_or_update_object,
)
from wagtail.search.models import IndexEntry
from wagtail.search.query import MatchAll
from wagtail.signals import page_published

from communaute.search import indexed, wanted
from communaute.text import fold

if connection.vendor == "postgresql":
    from django.contrib.postgres.search import SearchVector
    from modelsearch.backends.database.postgres.postgres import SearchBackend as WagtailBackend

    TITLE, BODY = "index_entries__title_text", "index_entries__body_text"
else:
    from modelsearch.backends.database.sqlite.sqlite import SearchBackend as WagtailBackend

    TITLE, BODY = "index_entries__title", "index_entries__body"


def texts(obj, kind=SearchField):
    """The name and plain text of each field that ``obj`` is searched by, those of its parts included."""
    return _texts(obj, obj.get_search_fields(), kind)


def _texts(obj, fields, kind):
    for field in fields:
        if isinstance(field, RelatedFields):
            related = field.get_value(obj)
            for part in related.all() if isinstance(related, Manager) else filter(None, [related]):
                yield from _texts(part, field.fields, kind)
        elif isinstance(field, kind):
            yield field.field_name, _plain(field.get_value(obj))


def _plain(value):
    if isinstance(value, list | tuple):
        return "\n".join(map(_plain, value))
    return "" if value is None else str(value)


def _entry(obj):
    """The columns of the index entry of ``obj``."""
    found = list(texts(obj))
    columns = {
        "title": indexed(" ".join(text for name, text in found if name == "title")),
        "body": indexed(" ".join(text for name, text in found if name != "title")),
        "autocomplete": fold(" ".join(text for _, text in texts(obj, AutocompleteField))),
    }
    if connection.vendor != "postgresql":
        return columns
    vectors = {name: SearchVector(Value(text), config="simple") for name, text in columns.items()}
    return {**vectors, "title_text": columns["title"], "body_text": columns["body"]}


def watch():
    """Index a page again once it is published: Wagtail does it before its proofs and the like are saved."""
    page_published.connect(_index_again)


def _index_again(instance, **kwargs):
    insert_or_update_object(instance)


class Index(WagtailBackend.index_class):
    """Wagtail's index, holding stems."""

    def add_items(self, model, objs):
        entries = [
            IndexEntry(
                content_type_id=get_content_type_pk(model), object_id=str(obj.pk), **_entry(obj)
            )
            for obj in objs
        ]
        if entries:
            IndexEntry.objects.bulk_create(
                entries,
                update_conflicts=True,
                unique_fields=["content_type", "object_id"],
                update_fields=_entry(objs[0]),
            )


class SearchBackend(WagtailBackend):
    """Wagtail's search in the database, asked by stems; what completes a word is asked by its letters."""

    index_class = Index

    def __init__(self, params):
        super().__init__({**params, "SEARCH_CONFIG": "simple"})

    def search(self, query, model_or_queryset, *, order_by_relevance=True, **kwargs):
        if not isinstance(query, MatchAll):
            query = wanted(_words(query))
            if query and order_by_relevance:
                model_or_queryset = _by_relevance(model_or_queryset, query)
                order_by_relevance = False
            query = " ".join(query)
        return super().search(
            query, model_or_queryset, order_by_relevance=order_by_relevance, **kwargs
        )

    def autocomplete(self, query, *args, **kwargs):
        if not isinstance(query, MatchAll):
            query = fold(_words(query))
        return super().autocomplete(query, *args, **kwargs)


def _words(query):
    """The words of a query, which the back office may have parsed; quotation marks mean nothing here."""
    if isinstance(query, str):
        return query
    parts = map(_words, getattr(query, "subqueries", []))
    return " ".join(parts) or getattr(query, "query_string", "")


def _by_relevance(model_or_queryset, wanted):
    """First what has most of these stems in its title, and the shortest title; then what says them most;
    then the newest. The databases' own ranks differ: this one is the same on both.
    """
    words = [f" {stem} " for stem in wanted]
    in_title = sum(Case(When(**{f"{TITLE}__contains": word}, then=1), default=0) for word in words)
    said = sum(Length(BODY) - Length(Replace(BODY, Value(word), Value(" "))) for word in words)
    length = Case(When(in_title__gt=0, then=Length(TITLE)), default=0)
    found = getattr(model_or_queryset, "objects", model_or_queryset)
    return found.alias(in_title=in_title).order_by(
        F("in_title").desc(), length.asc(), said.desc(), F("pk").desc()
    )
