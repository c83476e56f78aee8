"""Text folded so that what people type finds what is written."""

import re
import unicodedata
from functools import lru_cache

from snowballstemmer import stemmer

WORD = re.compile(r"[^\W_]+(?:·[^\W_]+)*")
"""A word as it is written; an inclusive one, «élu·es», is one word."""
MAX_WORD_LENGTH = 40
"""Letters of a word that count: a longer one is an accident, and stemming it would take time."""

STOP_WORDS = """
ai au aux avec avons avez ca car ce ceci cela celle celles celui ces cet cette ceux chez comme
comment dans de des dont du elle elles en es est et eu eux il ils je la laquelle le lequel les
lesquelles lesquels leur leurs lorsqu lorsque lui ma mais me mes moi mon ne ni nos notre nous on ont
ou par pour pourquoi puisqu puisque qu quand que quel quelle quelles quels qui quoi quoiqu sa se ses
si soi sont sur ta te tes toi tu un une vos votre vous
"""
"""What says nothing of a subject, folded: neither indexed nor asked for, so that a question finds.
French lists have more: *été*, *avoir*, *son* are also things that one looks for."""

_STOP_WORDS = frozenset(STOP_WORDS.split())

# The French stemmer, made to forget accents: it knows some endings by them, so these get back the one
# that they nearly always have (but -uite is rather that of *gratuite*). Others it does not know.
BEFORE_STEMMING = [
    (re.compile(r"ee(s?)$"), r"ée\1"),  # rénovée
    (re.compile(r"(?<!u)ite(s?)$"), r"ité\1"),  # mobilité
    (re.compile(r"trices?$"), "teur"),  # agricultrice, agriculteur
    (re.compile(r"(?<=[ao]i)ses?$"), "s"),  # gersoise, gersois
    (re.compile(r"(\w\w[aou]|\w[ao]i)s$"), r"\1"),  # élus, vélos, emplois
]
AFTER_STEMMING = [
    (re.compile(r"(?<=[eo]u)x$"), ""),  # lieux, enjeux
    (re.compile(r"iqu$"), "ic"),  # publique, public
    (re.compile(r"nn$"), "n"),  # paysanne, paysan
    (re.compile(r"(?<=\w{3})[iy]$"), ""),  # association, associé; emploi, employer
]
# A noun in -ier or -ière, which the stemmer would mistake for a verb: *quartier* is not of *quart*.
_IER = re.compile(r"(?<!if)ier(?:s|e|es)?$")


def fold(text):
    """Lower case, without accents, ligatures or punctuation: «L’Aiguillon» becomes ``l aiguillon``."""
    text = text.lower().replace("œ", "oe").replace("æ", "ae")
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())


def stems(text):
    """What the words of a French text are searched by, in their order: one stem for a whole family.

    «Rénovée», «renover» and «rénovations» have the same; articles and single letters have none.
    """
    words = WORD.findall(unicodedata.normalize("NFC", text))
    return [stem for word in words for stem in _stems(word[:MAX_WORD_LENGTH])]


@lru_cache(maxsize=50_000)
def _stems(word):
    # «élu·es» is found as «élu»; «½» folds into two words.
    return tuple(
        _stem(part)
        for part in fold(word.partition("·")[0]).split()
        if part not in _STOP_WORDS and (len(part) > 1 or part.isdecimal())
    )


def _stem(word):
    if noun := _IER.search(word):
        return word[: noun.start()] + "ier"
    for ending, other in BEFORE_STEMMING:
        word = ending.sub(other, word)
    # A stemmer holds the word it is at: each thread needs its own.
    stem = fold(stemmer("french").stemWord(word))
    for ending, other in AFTER_STEMMING:
        stem = ending.sub(other, stem)
    return stem
