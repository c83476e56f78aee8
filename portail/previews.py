"""The picture that accompanies a link to a public page: its title, drawn as the site is."""

from functools import lru_cache
from io import BytesIO
from math import sin

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe
from font_source_serif_pro import SourceSerifPro, SourceSerifProSemibold
from PIL import Image, ImageDraw, ImageFont

from communaute.models import Cohorte
from pages.models import public_pages

SIZE = WIDTH, HEIGHT = 1200, 630
"""Pixels, as social networks show it."""
MARGIN = 80
TITLE_SIZES, TITLE_LINES = (84, 72, 60, 50), 4
STEP, FINER = 2, 3
"""Lines are made of dots that close, and drawn larger, then reduced: Pillow does not smooth them."""
PAPER, INK, EARTH = "#f6f4ee", "#1b222b", "#96341a"
"""``--papier``, ``--encre`` and ``--terre-fond`` of base.css."""


@require_safe
def preview(request, key):
    """The picture of a page that the public may read; of any other, what does not exist."""
    page = get_object_or_404(public_pages().filter(depth__gt=1), pk=key)
    picture = draw(page.title, Cohorte.load(request).nom)
    return HttpResponse(picture, content_type="image/png")


@lru_cache(maxsize=128)
def draw(title, cohorte):
    """A PNG: the name of the cohort, the title, and the three lines of the site's sign."""
    image = _sign().copy()
    canvas = ImageDraw.Draw(image)
    canvas.text((MARGIN, MARGIN - 10), cohorte, EARTH, _font(SourceSerifProSemibold, 34))
    lines, size = _fitted(title)
    for rank, line in enumerate(lines):
        canvas.text((MARGIN, 150 + rank * size * 1.12), line, INK, _font(SourceSerifPro, size))
    content = BytesIO()
    image.quantize(48).save(content, "PNG", optimize=True)
    return content.getvalue()


def _fitted(title):
    """The title's lines, few, in the largest letters that fit; its end is cut when none do."""
    for size in TITLE_SIZES:
        lines = _lines(title, _font(SourceSerifPro, size))
        if len(lines) <= TITLE_LINES:
            return lines, size
    return [*lines[: TITLE_LINES - 1], lines[TITLE_LINES - 1].rpartition(" ")[0] + " …"], size


def _lines(text, font):
    lines = [""]
    for word in " ".join(text.splitlines()).split(" "):
        longer = f"{lines[-1]} {word}".strip(" ")
        if font.getlength(longer) <= WIDTH - 2 * MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]


@lru_cache(maxsize=1)
def _sign():
    """The paper, and from edge to edge a line of dots, one of dashes, one that is whole."""
    image = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), PAPER)
    canvas = ImageDraw.Draw(image)
    for rank, dash in enumerate((0, 34, WIDTH)):
        for x in range(0, WIDTH + 1, STEP):
            if x % (dash + 26) <= dash:
                y = HEIGHT - 118 + rank * 34 + 12 * sin(x / 48)
                dot = (x - 4.5, y - 4.5, x + 4.5, y + 4.5)
                canvas.ellipse([side * FINER for side in dot], EARTH)
    return image.reduce(FINER)


@lru_cache
def _font(path, size):
    return ImageFont.truetype(path, size)
