"""What changed from one version of a text to the next."""

import re
from difflib import SequenceMatcher

from django.utils.safestring import mark_safe

_PART = re.compile(r'<(?:"[^"]*"|[^">])*>|\s+|[^\s<]+')


def changes(after, before):
    """``after`` with the words that ``before`` had not in ``ins``, and those that are gone, where they were,
    in ``del``. All of it is safe HTML.
    """
    old, parts = _words(_PART.findall(before)), _PART.findall(after)
    new = _words(parts)
    added, gone_before, gone_after = set(), {}, {}
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        gone = f"<del>{' '.join(old[i1:i2])}</del>"
        if kind == "replace":
            gone_before[j1] = f"{gone} "
        elif kind == "delete" and j1:
            gone_after[j1 - 1] = f" {gone}"
        elif kind == "delete":
            gone_before[0] = f"{gone} "
        if kind in ("replace", "insert"):
            added.update(range(j1, j2))
    html, number, is_open = [], 0, False
    for part in parts:
        if part[0] == "<" and is_open:
            html.append("</ins>")
            is_open = False
        if not _is_word(part):
            html.append(part)
            continue
        html.append(gone_before.get(number, ""))
        if number in added and not is_open:
            html.append("<ins>")
            is_open = True
        html.append(part)
        if is_open and (number + 1 not in added or number + 1 in gone_before):
            html.append("</ins>")
            is_open = False
        html.append(gone_after.get(number, ""))
        number += 1
    # A space after the last of some words is not one of them.
    return mark_safe(re.sub(r"(\s+)</ins>", r"</ins>\1", "".join(html)))


def _words(parts):
    return [part for part in parts if _is_word(part)]


def _is_word(part):
    return part[0] != "<" and not part.isspace()
