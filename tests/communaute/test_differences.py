"""What changed from one version of a text to the next."""

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from communaute.differences import changes
from communaute.markdown import render

PIECES = [
    "un",
    "deux",
    "**trois**",
    "<b>",
    "&",
    '"',
    "\n\n",
    "- ",
    "> ",
    "`code`",
    "[lien](https://x.fr/?a>b)",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join).map(render)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("Un deux trois.", "Un trois.", "<p>Un <del>deux</del> trois.</p>"),
        ("Un trois.", "Un deux trois.", "<p>Un <ins>deux</ins> trois.</p>"),
        ("Zéro un.", "un.", "<p><del>Zéro</del> un.</p>"),
        ("Un.\n\nDeux trois.", "Un.", "<p>Un. <del>Deux trois.</del></p>"),
        ("a <b> c", "a & c", "<p>a <del>&lt;b&gt;</del> <ins>&amp;</ins> c</p>"),
        ("Un.", "Un.", "<p>Un.</p>"),
        (
            "Un.",
            "Un **et deux** encore.",
            "<p><del>Un.</del> <ins>Un</ins> <strong><ins>et deux</ins></strong> <ins>encore.</ins></p>",
        ),
    ],
)
def test_words_that_came_and_words_that_went_are_marked(before, after, shown):
    assert changes(render(after), render(before)).strip() == shown


@given(TEXTS, TEXTS)
def test_nothing_else_changes(before, after):
    page = BeautifulSoup(changes(after, before), "html.parser")
    gone = [word for one in page.find_all("del") for word in one.extract().get_text().split()]
    kept = page.get_text(" ").split()
    came = [word for one in page.find_all("ins") for word in one.get_text(" ").split()]
    for one in page.find_all("ins"):
        one.unwrap()
    page.smooth()
    assert kept == BeautifulSoup(after, "html.parser").get_text(" ").split()
    was = BeautifulSoup(before, "html.parser").get_text(" ").split()
    if kept:
        assert sorted([*was, *came]) == sorted([*kept, *gone])
