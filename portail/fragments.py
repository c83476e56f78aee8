"""Parts of pages that come back on page after page, made once as long as they would say the same."""

from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import timezone

KEPT = 2000


def fragment(template, shown):
    """The HTML of ``template``, given nothing but ``shown``, a named tuple of plain values, as its fields.

    It is kept under these very values, and under the day that dates are told from: who is shown something
    else is never shown this.
    """
    return _made(template, shown, timezone.localdate())


@lru_cache(maxsize=KEPT)
def _made(template, shown, day):
    return render_to_string(template, shown._asdict())
