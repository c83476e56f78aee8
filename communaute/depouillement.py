"""What a mail says that is new: without the mail that it answers, nor what signs it.

The libraries made for this were tried. On a French corpus they lose what is written between quotes, and a
text made for it keeps their expressions busy for minutes: here each line is looked at a few times,
whatever it holds.
"""

import re
from functools import lru_cache
from itertools import dropwhile, groupby
from operator import itemgetter
from unicodedata import category

from django.conf import settings

from communaute.text import fold

MARKER = "Répondez au-dessus de cette ligne"
"""What our mails say where they begin: below it, unless it is quoted, nothing is new."""
QUOTED_KEPT = 12
"""Lines of a quote that stay before what was written below it."""
FOLDED = 4
"""Lines on which a mailer says who wrote what follows, at most."""
HEADERS_WITHIN = 10
"""Lines on which it gives the headers of the mail that is answered."""
SIGNED = 12
"""Lines that two dashes begin, at most; more of them are no signature."""
LOOKED_AT = 600
"""Signs of a line, or of a paragraph, that tell what it is."""
FOOTERS = 6
"""How many paragraphs that programs add are taken from the end, at most."""
SHORT = 130
"""Signs of a line that a program adds, with an address, at most."""
LEGAL = 120
"""Signs of a paragraph on confidentiality, at least: whoever means it says it in fewer."""

_MARKER = fold(MARKER)
_QUOTED = re.compile(r" {0,3}>")
_WROTE = re.compile(r"(^| )(a ecrit|wrote)$")
_OPENING = re.compile(r"(le|on)\b", re.IGNORECASE)
_TIME = re.compile(r"\d{1,2} ?[:hH] ?\d{2}")
_SEPARATOR = re.compile(
    r"(message d origine|message original|mail original|courriel original|message initial"
    r"|original message|message transfere|forwarded message)"
)
_HEADER = re.compile(
    r"[*_ ]*(de|from|envoyé(?: le)?|sent|date|à|a|to|cc|objet|subject)[*_ \u00a0]*:", re.IGNORECASE
)
_WHO, _WHEN, _WHAT = {"de", "from"}, {"envoye", "envoye le", "sent", "date"}, {"objet", "subject"}
_PICTURE = re.compile(r"(?m)^\[(cid|image): ?[^\]\n]{0,200}\]$")
_RULE = re.compile(r"[_=*-]{8,}")
_DASHES = re.compile(r"--[ \u00a0]?")
_MACHINE = re.compile(
    r"(envoye (de|depuis|a partir (de|d)|avec) (mon \w*(phone|ipad|mac|appareil|mobile|android|galaxy"
    r"|portable|ordinateur)|ma tablette|la messagerie|l appli|outlook|courrier pour|mail pour|yahoo"
    r"|proton)\w*\b.*"
    r"|(obtenir|obtenez|telecharger|telechargez) outlook pour .*|get outlook for .*"
    r"|sent (from|with) (my|mail for|outlook|proton|yahoo)\b.*"
    r"|garanti sans virus\b.*|l absence de virus dans ce .*|virus free\b.*)"
)
_ENVIRONMENT = re.compile(
    r"(p )?(avant d imprimer\b.*environnement|n imprimez\b.*(necessaire|environnement)"
    r"|(pensez|penser|pensons|please consider)\b.*environ.*(imprim|print))"
)
_LEGAL = re.compile(
    r"(ce|cet|le present|les informations|l information|this|the information|avis|confidential\w*)\b"
)


def new_text(text):
    """What the author of the mail wrote; a quote stays where they wrote between quotes, line by line."""
    parts = _parts(_up_to_the_rest(_lines(text)))
    own = [place for place, (is_quote, part) in enumerate(parts) if not is_quote and any(part)]
    if len(own) < 2:
        return _joined(parts[place][1] for place in own)
    return _joined(
        _shortened(part) if is_quote else part for is_quote, part in parts[: own[-1] + 1]
    )


def without_quotes(text):
    """What ``new_text`` gave, without the quotes that it kept."""
    return _joined([[line for line in text.split("\n") if not _QUOTED.match(line)]])


def _lines(text):
    """Its lines, without the signs that no text has; two dashes that sign keep their space."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    text = _PICTURE.sub("", text)
    text = "".join(sign for sign in text if sign in "\n\t" or category(sign) not in ("Cc", "Cs"))
    lines = text.split("\n")
    return [
        line if line.startswith("--") and _DASHES.fullmatch(line) else line.rstrip()
        for line in lines
    ]


def _joined(parts):
    """The parts as one text: a blank line between them, never two."""
    text = "\n\n".join("\n".join(line.rstrip() for line in part) for part in parts)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


# --- The mail that is answered


def _up_to_the_rest(lines):
    """The lines before the mail that is answered, where it is given without signs of quoting."""
    for place, line in enumerate(lines):
        if line and not _QUOTED.match(line) and _begins_the_rest(lines, place):
            before = lines[:place]
            while before and (not before[-1] or _RULE.fullmatch(before[-1])):
                before.pop()
            return before
    return lines


def _begins_the_rest(lines, place):
    said = fold(lines[place][:LOOKED_AT])
    return (
        _MARKER in said
        or (lines[place].startswith("-") and _SEPARATOR.fullmatch(said) is not None)
        or _begins_headers(lines, place)
        or _begins_unquoted(lines, place)
    )


def _begins_headers(lines, place):
    """Whether the line and the next ones are the headers of a mail: from whom, when, and about what."""
    first = _header(lines[place])
    if first not in _WHO | _WHEN:
        return False
    following = lines[place : place + HEADERS_WITHIN]
    names = {_header(line) for line in following}
    return all(names & wanted for wanted in (_WHO, _WHEN, _WHAT))


@lru_cache(maxsize=64)
def _header(line):
    found = _HEADER.match(line)
    return fold(found[1]) if found else None


def _is_attribution(lines):
    """Whether all of these lines say, together, who wrote what follows."""
    said = " ".join(line[:LOOKED_AT] for line in lines)
    return said.endswith(":") and _WROTE.search(fold(said)) is not None


def _begins_unquoted(lines, place):
    """Whether it is said there who wrote what follows without signs of quoting: a mailer says so, with the
    hour and an address.
    """
    if not _OPENING.match(lines[place]):
        return False
    for end in range(place + 1, place + FOLDED + 1):
        said = lines[place:end]
        if _is_attribution(said):
            following = next((line for line in lines[end : end + FOLDED] if line), "")
            said = " ".join(said)
            is_a_mailers = "@" in said and _TIME.search(said) is not None
            return is_a_mailers and not _QUOTED.match(following)
    return False


def _parts(lines):
    """Pairs: whether some lines are quoted, and these lines; those that are not, without what signs them."""
    flags = [bool(_QUOTED.match(line)) for line in lines]
    last = None
    for place, line in enumerate(lines):
        if line:
            if flags[place] and last is not None and flags[last]:
                flags[last:place] = [True] * (place - last)
            last = place
    parts = []
    for is_quote, group in groupby(zip(flags, lines, strict=True), key=itemgetter(0)):
        parts.append((is_quote, [line for _, line in group]))
    return [
        (is_quote, part if is_quote else _own(part, place + 1 < len(parts)))
        for place, (is_quote, part) in enumerate(parts)
    ]


def _own(lines, before_a_quote):
    """What was written there: neither who wrote what is quoted next, nor what signs it."""
    lines = _without_last_blank(lines)
    if before_a_quote:
        lines = _without_last_blank(lines[: len(lines) - _attribution(lines)])
    return _unsigned(lines)


def _attribution(lines):
    """How many of the last lines say who wrote what follows."""
    found = 0
    for count in range(1, min(FOLDED, len(lines)) + 1):
        if not lines[-count]:
            break
        if _is_attribution(lines[-count:]):
            found = found or count
            if _OPENING.match(lines[-count]):
                return count
    return found


def _without_last_blank(lines):
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    return lines[:end]


def _shortened(quote):
    """The end of a quote, without what our mails say besides messages."""
    kept = [
        line
        for line in quote
        if settings.SITE_URL not in line and _MARKER not in fold(line[:LOOKED_AT])
    ]
    while kept and not kept[-1].strip("> "):
        kept.pop()
    kept = [line.lstrip() or ">" for line in kept[-QUOTED_KEPT:]]
    return list(dropwhile(lambda line: not line.strip("> "), kept))


# --- What signs a mail


def _unsigned(lines):
    """The lines without the signature below two dashes, what a program adds, and legal footers."""
    for place, line in enumerate(lines):
        if _DASHES.fullmatch(line) and (line != "--" or len(lines) - place <= SIGNED):
            lines = lines[:place]
            break
    lines = _without_last_blank(lines)
    for _ in range(FOOTERS):
        start = len(lines)
        while start and lines[start - 1]:
            start -= 1
        said = fold(" ".join(lines[start:])[:LOOKED_AT])
        if lines and len(lines[-1]) < SHORT and _MACHINE.fullmatch(fold(lines[-1])):
            lines = _without_last_blank(lines[:-1])
        elif start and (_ENVIRONMENT.match(said) or _is_legal(said)):
            lines = _without_last_blank(lines[:start])
        else:
            break
    if lines and _RULE.fullmatch(lines[-1]):
        lines = _without_last_blank(lines[:-1])
    return lines


def _is_legal(said):
    return (
        len(said) > LEGAL
        and _LEGAL.match(said) is not None
        and ("confiden" in said or "privileged" in said)
        and any(word in said for word in ("destinataire", "recipient", "intended", "piece"))
    )
