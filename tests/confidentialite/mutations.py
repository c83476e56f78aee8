"""Take each condition on who may read or do away in turn: the matrix must notice (``make mutation``).

A mutant is a function of ours whose code lacks one condition, one filter or one refusal. It takes the
place of the real code while the checks of ``test_matrice.py`` run, those on its own view first.
"""

import ast
import importlib
import re
import sys
import time
import types
from copy import deepcopy
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from communaute import prepared
from tests.confidentialite import test_matrice as matrix
from tests.confidentialite.donnees import restricted_models

pytestmark = pytest.mark.django_db

CONDITIONS = [
    "communaute/permissions.py",
    "communaute/forum_conversation/models.py",
    *(f"communaute/models/{name}.py" for name in ("echanges", "espaces", "lecture", "membres")),
    "communaute/models/moderation.py",
    "communaute/middleware.py",
    *(
        str(path.relative_to(settings.BASE_DIR))
        for path in sorted(Path(settings.BASE_DIR, "communaute/views").glob("*.py"))
    ),
]
READING = re.compile(
    r"readable|readers_of|_by$|behind_charte|concerning|referred|open_to|rights|active|"
    r"giving_access|audience_filter|permissions|__call__|process_exception"
)
"""What decides on reading, by its name, where a module holds other things too."""
REFUSAL = re.compile(r"raise$|permissions\.|rights|^\.(readable|entered|active|behind)")
"""What a view refuses by, and starts from; the rest of it is what it shows."""
FILTERS = {"filter", "exclude", "readable_by", "active", "entered_by", "behind_charte_for"}
WALKERS = (
    *("agent", "peer", "named reader", "author", "facilitator", "visitor"),
    *("suspended", "peer before the charter", "without seat"),
)


class Removal(ast.NodeTransformer):
    """Removes from a function the condition of this number, and says which it was."""

    def __init__(self, number, anything):
        self.number, self.removed, self.anything = number, None, anything

    def _is_the_one(self, node, what):
        if not (self.anything or REFUSAL.search(what)):
            return False
        self.number -= 1
        if self.number == -1:
            self.removed = f"{node.lineno}: {what}"
            return True
        return False

    def visit_BoolOp(self, node):
        self.generic_visit(node)
        for value in list(node.values) if isinstance(node.op, ast.And) else ():
            if self._is_the_one(value, ast.unparse(value)):
                node.values.remove(value)
                return node.values[0] if len(node.values) == 1 else node
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.BitAnd):
            for removed, kept in ((node.left, node.right), (node.right, node.left)):
                if self._is_the_one(removed, ast.unparse(removed)):
                    return kept
        return node

    def visit_If(self, node):
        self.generic_visit(node)
        refusal = node.body[-1]
        if isinstance(refusal, ast.Raise) and self._is_the_one(
            node, f"if {ast.unparse(node.test)}: raise"
        ):
            return node.orelse or ast.Pass()
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Attribute) and node.func.attr in FILTERS):
            return node
        name = node.func.attr
        if name == "filter":
            for part in (*node.args, *node.keywords):
                if self._is_the_one(part, f".filter({ast.unparse(part)})"):
                    (node.args if part in node.args else node.keywords).remove(part)
                    return node
        elif self._is_the_one(node, f".{name}()"):
            every = ast.Attribute(node.func.value, "all", ast.Load())
            return ast.Call(every, [], [])
        return node


def mutants():
    """Each mutant: the module, the function, what it lacks, and its code."""
    for path in CONDITIONS:
        source = Path(settings.BASE_DIR, path).read_text(encoding="utf-8")
        is_view = "/views/" in path
        for name, function in _functions(ast.parse(source)):
            number = 0
            if not (is_view or "permissions" in path or READING.search(name)):
                continue
            while True:
                tree, removal = deepcopy(function), Removal(number, not is_view)
                tree = removal.visit(tree)
                if not removal.removed:
                    break
                yield path, name, removal.removed, _replaced(source, function, tree)
                number += 1


def _functions(tree, prefix=""):
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield f"{prefix}{node.name}", node


def _replaced(source, function, other):
    """The module of ``source`` with ``other`` in the place of ``function``, compiled."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef):
            node.body = [
                other
                if isinstance(each, ast.FunctionDef) and each.lineno == function.lineno
                else each
                for each in node.body
            ]
    return compile(ast.fix_missing_locations(tree), "mutant", "exec")


def code_of(code, name):
    """The code of the function ``name`` inside that of its module."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            if constant.co_qualname == name:
                return constant
            if found := code_of(constant, name):
                return found
    return None


def function_of(path, name):
    """The function in the running project, below whatever decorates it."""
    found = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    for part in name.split("."):
        found = vars(found)[part]
    for inner in ("func", "fget", "__func__"):
        found = getattr(found, inner, found) if not isinstance(found, types.FunctionType) else found
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found


def checks(monde, path, name, known):
    """What looks for a leak, quickest first; ``known`` are people whose rights were read already."""
    everyone = matrix.READERS + matrix.OUTSIDERS
    people = known if path == "communaute/permissions.py" else monde.members(everyone)
    view = path.removesuffix(".py").replace("/", ".") if "/views/" in path else ""
    if not view:
        yield lambda: matrix.check_permissions(monde, people)
        for model in restricted_models() if path != "communaute/permissions.py" else ():
            yield lambda model=model: matrix.check_rows(monde, model, people)
        yield lambda: matrix.check_behind_the_charter(monde, people)
        if "permissions" in path:
            return
    elif view.endswith(("reading", "composer")):
        view = ""
    elif not name.startswith("_"):
        view = f"{view}.{name}"
    for what in WALKERS:
        yield lambda what=what: walk(monde, what, view)


def walk(monde, what, view):
    """Ask for the addresses of ``view``, or of them all, as one person."""
    asked = matrix.Walk(monde, what)
    asked.members_addresses(view)
    assert asked.wrong == []
    if what in matrix.SHOWN and not view:
        assert asked.seen == matrix.SHOWN[what]


def notices(check):
    """Whether a check goes red; whatever it did is undone."""
    try:
        with transaction.atomic():
            check()
            transaction.set_rollback(True)
    except Exception:
        return True
    return False


def test_the_matrix_notices_every_condition_that_is_missing(monde, plain_404):
    killed, survivors, began = 0, [], time.monotonic()
    known = monde.members(matrix.READERS + matrix.OUTSIDERS)
    for path, name, removed, module in mutants():
        function, code = function_of(path, name), code_of(module, name)
        if function.__code__.co_freevars != code.co_freevars:
            continue
        real, function.__code__ = function.__code__, code
        prepared.forget()
        try:
            dead = any(notices(check) for check in checks(monde, path, name, known))
        finally:
            function.__code__ = real
            prepared.forget()
        killed += dead
        if not dead:
            survivors.append(f"{path} {name}, line {removed}")
        verdict = "red" if dead else "STILL GREEN"
        print(f"{verdict:12} {path} {name} {removed}", file=sys.stderr, flush=True)  # noqa: T201
    total = killed + len(survivors)
    minutes = (time.monotonic() - began) / 60
    print(f"{killed} of {total} noticed, in {minutes:.0f} min", file=sys.stderr)  # noqa: T201
    assert survivors == []
