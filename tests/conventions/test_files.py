"""The files of the project: nothing of a merge left half done, no attribute that HTML does not know."""

import re

from django.conf import settings

FOLDERS = ("portail", "communaute", "pages", "templates", "tests", "benchmarks", "docs")
MADE_BY_TOOLS = {"__pycache__", "node_modules"}
MARKER = re.compile(rb"^(<{7} |\|{7} |={7}$|>{7} )", re.MULTILINE)


def written():
    """Every file of these folders, and those beside them, that somebody wrote."""
    paths = [path for folder in FOLDERS for path in (settings.BASE_DIR / folder).rglob("*")]
    paths += settings.BASE_DIR.glob("*")
    return [path for path in paths if path.is_file() and not MADE_BY_TOOLS & set(path.parts)]


def test_no_file_holds_the_marks_of_a_conflict():
    paths = written()
    assert len(paths) > 300
    assert [path for path in paths if MARKER.search(path.read_bytes())] == []


def test_what_htmx_reads_is_in_attributes_that_html_knows():
    templates = [path for path in written() if path.suffix == ".html"]
    assert any("data-hx-get=" in path.read_text() for path in templates)
    assert [path for path in templates if re.search(r"\shx-", path.read_text())] == []
