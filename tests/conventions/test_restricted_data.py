"""What members say is reached through ``readable_by``, and no index of Wagtail's keeps it."""

import ast

import pytest
from django.conf import settings
from wagtail.models import ReferenceIndex

from communaute.forum.models import Forum
from communaute.models import AcceptationCharte, Charte, Espace, Siege
from tests.confidentialite.donnees import personal_models, restricted_models

PRIVATE = [*restricted_models(), *personal_models()]
RESTRICTED = {model.__name__ for model in PRIVATE} | {"Forum"}
MANY = {
    relation.get_accessor_name()
    for model in PRIVATE
    for field in model._meta.concrete_fields
    if model is not Espace and field.is_relation
    for relation in [field.remote_field]
    if relation.multiple and not relation.hidden
}
"""What leads from a row to the restricted rows that belong to it, such as ``topic.posts``."""
THEIR_OWN = (
    *("models", "conversation.py", "gestes.py", "promesse.py", "moderation.py"),
    *("brouillons.py", "pieces.py", "ouverture.py", "passation.py", "profils.py"),
    *("archives.py", "effacement.py", "notifications.py", "mise_en_commun.py"),
    "rencontres.py",
    "choix_de_date.py",
    "salle.py",
    "desaccord.py",
)
"""What defines restricted data, what writes it, and what gives each their own."""
WAYS_IN = {
    *("readable_by", "entered_by", "behind_charte_for", "concerning", "referred_to"),
    *("received_by", "public", "of_page", "of_pages", "with_word_of"),
    *("mark_read", "choose", "join"),
}
READS = {
    *("all", "filter", "exclude", "get", "first", "last", "count", "exists", "values"),
    *("order_by", "select_related", "prefetch_related", "annotate", "in_bulk", "iterator"),
    "values_list",
}


def may_reach_everything(path):
    """The modules that define what members say, and the one that writes it."""
    return (
        path.parts[0] == "communaute"
        and (path.parts[1].startswith("forum") or path.parts[1] in THEIR_OWN)
    ) or "migrations" in path.parts


def modules():
    for room in ("portail", "pages", "communaute"):
        for path in sorted((settings.BASE_DIR / room).rglob("*.py")):
            if not may_reach_everything(path.relative_to(settings.BASE_DIR)):
                yield path


def is_manager(node):
    """Whether ``node`` is a manager of restricted data, such as ``Topic.objects``."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr in ("objects", "_default_manager", "_base_manager")
        and isinstance(node.value, ast.Name)
        and node.value.id in RESTRICTED
    )


def is_read_of_many(node):
    """Whether ``node`` reads what belongs to a row, such as ``topic.posts.all``."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr in READS
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in MANY
    )


def unfiltered(source):
    """The lines of ``source`` where a manager of restricted data is used but by a way in."""
    tree = ast.parse(source)
    filtered = {
        node.func.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WAYS_IN
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if (is_manager(node) and node not in filtered) or is_read_of_many(node)
    ]


def test_what_is_restricted_is_known():
    assert {"Topic", "Post", "PieceJointe", "Brouillon", "Alerte", "Vote"} <= RESTRICTED
    assert {"posts", "topics", "versions", "pieces", "mercis", "alertes", "votes"} <= MANY


def test_restricted_data_is_only_reached_through_readable_by():
    found = {str(path): unfiltered(path.read_text(encoding="utf-8")) for path in modules()}
    assert len(found) > 20
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        "Topic.objects.all()",
        "Post.objects.filter(topic__in=Topic.objects.readable_by(user))",
        "manager = Forum.objects",
        "Topic.objects.filter(forum=1).readable_by(user)",
        "Topic._base_manager.get(pk=1)",
        "topic.posts.all()",
        "post.versions.filter(auteur=user).readable_by(user)",
    ],
)
def test_the_convention_sees_what_starts_elsewhere(source):
    assert unfiltered(source) == [1]


def asked_of_wagtail(source):
    """The lines of ``source`` where ``public()`` is asked of Wagtail's manager of pages."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "public"
        and any(isinstance(part, ast.Name) and part.id == "Page" for part in ast.walk(node.func))
    ]


def test_what_is_public_is_not_asked_of_wagtail():
    # It knows what is reserved, not what stands below an unpublished page: ``public_pages()`` does.
    assert asked_of_wagtail("Page.objects.live().public()") == [1]
    found = {str(path): asked_of_wagtail(path.read_text(encoding="utf-8")) for path in modules()}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "model",
    [*PRIVATE, Forum, Siege, Charte, AcceptationCharte],
    ids=lambda m: m.__name__,
)
def test_wagtail_keeps_no_reference_from(model):
    assert not ReferenceIndex.is_indexed(model)
    # The back office registers its models when it is first opened.
    assert not ReferenceIndex.model_is_indexable(model)
