"""One name for one thing, from its class to its template, its stylesheet and its test."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.template.utils import get_app_template_dirs
from wagtail.models import get_page_models

from pages import blocks
from pages.passages import PassageBlock

ROOT = settings.BASE_DIR
TEMPLATES = ROOT / "templates"
STYLESHEETS = sorted((ROOT / "portail/static").rglob("*.css"))
ROOMS = ("portail", "pages", "communaute")

# Found by Django under these names.
ANSWERED_BY_DJANGO = {"400.html", "403.html", "403_csrf.html", "404.html", "500.html"}
ANSWERED_BY_ALLAUTH = {"429.html"}
SAYING_NOTHING = {"utils", "helpers", "services", "core", "common"}


def snake(name):
    """``TerritoirePage`` as ``territoire_page``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@cache
def templates():
    return {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*")}


def modules():
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]


def page_types():
    return [model for model in get_page_models() if model._meta.app_label == "pages"]


def block_types():
    return [*(type(block) for _, block in blocks.BLOCKS), PassageBlock]


@cache
def named_in_python():
    """Every string of our modules."""
    return {
        node.value
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@cache
def named_in_templates():
    """What our templates extend or include, but for those that replace the one they extend."""
    return {
        name
        for own in templates()
        for name in re.findall(
            r"""{%\s*(?:extends|include)\s+["']([^"']+)["']""", (TEMPLATES / own).read_text()
        )
        if name != own
    }


def replaces_one_of_a_library(name):
    return any((Path(folder) / name).exists() for folder in get_app_template_dirs("templates"))


def sections():
    """The templates that the comments of our stylesheets name."""
    return {
        name
        for sheet in STYLESHEETS
        for name in re.findall(r"/\* ([a-z_/]+\.html)\b", sheet.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("model", page_types(), ids=lambda model: model.__name__)
def test_a_page_type_names_its_template(model):
    assert model.__name__.endswith("Page")
    assert model.template == f"pages/{snake(model.__name__)}.html"
    assert model.template in templates()


@pytest.mark.parametrize("block", block_types(), ids=lambda block: block.__name__)
def test_a_block_names_its_template(block):
    expected = f"pages/blocks/{snake(block.__name__)}.html"
    assert block.__name__.endswith("Block")
    assert block._meta_class.template == expected
    assert expected in templates()


def test_every_block_can_be_chosen_by_editors():
    written = {
        name
        for name, value in vars(blocks).items()
        if isinstance(value, type) and value.__module__ == blocks.__name__
    }
    assert written == {type(block).__name__ for _, block in blocks.BLOCKS}


@pytest.mark.parametrize("name", sorted(templates()))
def test_no_template_is_unused(name):
    assert (
        name in {model.template for model in page_types()}
        or name in named_in_python() | named_in_templates()
        or name in ANSWERED_BY_DJANGO | ANSWERED_BY_ALLAUTH
        or replaces_one_of_a_library(name)
    )


def test_a_component_with_classes_has_its_section_in_a_stylesheet():
    with_classes = {
        name
        for name in templates()
        if name.startswith("composants/") and "class=" in (TEMPLATES / name).read_text()
    }
    assert with_classes
    assert with_classes <= sections()


def test_every_section_of_a_stylesheet_is_about_a_template():
    assert sections() <= templates()


def test_there_are_at_most_three_stylesheets():
    assert 1 <= len(STYLESHEETS) <= 3


def test_a_test_of_pages_is_named_after_what_it_tests():
    tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests/pages").glob("test_*.py")}
    assert tested <= (
        {snake(model.__name__) for model in page_types()}
        | {path.stem for path in (ROOT / "pages").glob("*.py")}
        | {path.stem for path in (TEMPLATES / "pages/panels").glob("*.html")}
    )


@pytest.mark.parametrize("model", page_types(), ids=lambda model: model.__name__)
def test_every_page_type_is_tested(model):
    assert (ROOT / f"tests/pages/test_{snake(model.__name__)}.py").exists()


def test_modules_are_named_for_what_they_hold():
    names = {part for path in modules() for part in path.relative_to(ROOT).with_suffix("").parts}
    assert names & SAYING_NOTHING == set()
