"""What members say, found by walking the models, and in which space each row of it is."""

from functools import cache

from django.apps import apps
from django.db.models import ForeignKey, Q

from communaute.forum.models import Forum
from communaute.models import Espace, Membre

ENDS = {Espace: ["pk"], Forum: ["espace"]}


@cache
def restricted_models():
    """The models of the members' room that are read through ``readable_by``, and said in a space."""
    return [model for model in _read_by_some() if model not in personal_models()]


@cache
def personal_models():
    """Those of them that are about a person, and said in no space."""
    return [model for model in _read_by_some() if not paths_to_space(model)]


@cache
def _read_by_some():
    return [
        model
        for model in apps.get_models()
        if model.__module__.startswith("communaute.")
        and hasattr(model._default_manager, "readable_by")
    ]


@cache
def paths_to_space(model):
    """The lookups that lead from a row of ``model`` to the space it is in.

    A row stands in what it cannot be without; a draft or a file, in one place among several.
    """
    if model in ENDS:
        return ENDS[model]
    keys = [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey)
        and (field.related_model in ENDS or field.related_model in _read_by_some())
    ]
    keys = [field for field in keys if not field.null] or keys
    return [
        f"{field.name}__{path}" for field in keys for path in paths_to_space(field.related_model)
    ]


def in_space(model, espace):
    """The rows of ``model`` that belong to ``espace``; of members, those who read it."""
    if model is Membre:
        return espace.readers().order_by("pk")
    where = Q()
    for path in paths_to_space(model):
        where |= Q(**{path: espace.pk})
    return model._default_manager.filter(where).order_by("pk").distinct()
