"""Words folded and stemmed: what people type and what is written meet."""

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest

from communaute import text
from communaute.text import STOP_WORDS, fold, stems

FAMILIES = [
    "rénover renover rénove rénové rénovée rénovées rénovation rénovations RÉNOVER renovee",
    "école ecole École écoles ÉCOLES l’école l'école d’écoles",
    "élu élue élus élues elus élu·e élu·es",
    "habitant habitante habitants habitantes habitant·e·s",
    "agriculteur agricultrice agricultrices agriculteur·rices",
    "commune communes commun",
    "communal communale communaux",
    "mobilité mobilités mobilite mobile",
    "biodiversité biodiversite",
    "rivière rivières riviere",
    "eau eaux l’eau",
    "lieu lieux",
    "enjeu enjeux",
    "emploi emplois employé employer",
    "public publique publics publiques",
    "associé associée association associations",
    "engager engagé engagée engagement engagements",
    "coopérer coopération coopérative coopère cooperation",
    "évaluer évaluation évaluations evaluation évalué",
    "écologie écologique écologiques",
    "énergie énergies",
    "financier financière financiers",
    "gratuit gratuite gratuité",
    "gersois gersoise gersoises",
    "paysan paysanne paysans",
    "vallée vallées vallee",
    "œuvre oeuvre œuvres",
    "cœur coeur cœurs",
    "loi lois",
    "CO₂ CO2 co2",
    "sous-préfecture sous-préfectures SOUS-PREFECTURE",
]
STRANGERS = [
    ("quartier", "quart"),
    ("chantier", "chanter"),
    ("mobilier", "mobilité"),
    ("rivière", "rive"),
    ("commune", "communal"),
    ("pays", "payer"),
    ("forêt", "fort"),
    ("2026", "2027"),
]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_words_of_a_family_have_the_same_stem(family):
    words = family.split()
    assert {word: stems(word) for word in words} == dict.fromkeys(words, stems(words[0]))


@pytest.mark.parametrize("words", STRANGERS)
def test_words_that_only_look_alike_do_not(words):
    one, other = words
    assert stems(one) != stems(other)


@pytest.mark.parametrize(
    "words",
    [
        *("", " ", "\0", "\n", "’", "·", "_", "a·", "·es", "½", "e\u0301cole", "ﬁn", "Ⅻ", "ß", "İ"),
        *(
            "x" * 100_000,
            "é" * 1000,
            "日本語",
            "привет",
            "عربي",
            "\u0301",
            "ee",
            "ite",
            "ier",
            "ses",
            "iqu",
        ),
        *("🌳 arbre", "a_b", "C++", "50 %", "1er", "12e", "m²", "A69", "-1", "01/02/2026"),
    ],
)
def test_a_stem_is_one_plain_word_whatever_is_read(words):
    for stem in stems(words):
        assert stem == fold(stem)
        assert stem.isalnum()


def test_letters_may_be_composed_or_not():
    assert stems("e\u0301cole") == stems("école") != []


def test_signs_separate_words_and_mean_nothing():
    assert stems("« Vivre-ensemble », l’eau ; (2026)…") == stems("vivre ensemble eau 2026")


@pytest.mark.parametrize("words", [STOP_WORDS, "La de l’ qu’à", "où çà", "A b C"])
def test_small_words_have_no_stem(words):
    assert stems(words) == []


def test_a_question_is_what_it_is_about():
    assert stems("Comment est-ce qu’on rénove une école ?") == stems("rénover école")


def test_a_word_that_never_ends_is_cut():
    assert len(stems("a" * 100_000)[0]) < 100


def test_threads_that_stem_at_once_do_not_mix_their_words():
    words = ["".join(letters) + "ations" for letters in product("bcdlmnrst", "aeiou", "bcdlmnrst")]
    alone = [stems(word) for word in words]
    text._stems.cache_clear()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(stems, words))
    finally:
        sys.setswitchinterval(interval)
    assert found == alone
