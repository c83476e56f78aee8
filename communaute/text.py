"""Text folded so that what people type finds what is written."""

import unicodedata


def fold(text):
    """Lower case, without accents, ligatures or punctuation: «L’Aiguillon» becomes ``l aiguillon``."""
    text = text.lower().replace("œ", "oe").replace("æ", "ae")
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())
