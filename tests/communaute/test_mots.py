"""Names and sizes as people say them."""

import pytest

from communaute.mots import of, size_said, than


@pytest.mark.parametrize(
    "name",
    [
        "Hélène Marty",
        "Inès Moreau",
        "Émilie Costa",
        "Yves",
        "Œdipe",
        "Henri",
        "Hubert",
        "Ancien·ne",
    ],
)
def test_a_name_that_begins_with_a_vowel_or_a_mute_h_is_elided(name):
    assert (of(name), than(name)) == (f"d’{name}", f"qu’{name}")


@pytest.mark.parametrize("name", ["Marc", "Yanis Mercier", "Hassan", "Houria"])
def test_another_name_is_not(name):
    assert (of(name), than(name)) == (f"de {name}", f"que {name}")


@pytest.mark.parametrize(
    ("size", "said"),
    [(15, "1 ko"), (30_618, "30 ko"), (1_500_000, "1,4 Mo"), (10 * 1024 * 1024, "10 Mo")],
)
def test_a_size_is_said_as_in_the_help(size, said):
    assert size_said(size).replace("\N{NO-BREAK SPACE}", " ") == said
