"""Landscapes drawn for the demo: the site shows no stock photograph, and an invented place has no other."""

import math
import random
from io import BytesIO

from PIL import Image, ImageDraw

SIZE = (1600, 1000)
SKIES = ("#f3e3cf", "#e8e4d8", "#dfe6e4", "#f1dcc9")
GROUNDS = (
    ("#c9a184", "#a8694a", "#7b3a20", "#4d2415"),
    ("#b9c2a0", "#86986b", "#4f6b45", "#2b4430"),
    ("#b4c3c6", "#7d98a0", "#486a77", "#26424f"),
    ("#d3bd93", "#b08f55", "#7d6232", "#4b3b20"),
)


def draw(seed):
    """A JPEG (bytes) of hills one behind the other; the same ``seed`` gives the same ones."""
    rng = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    width, height = SIZE
    picture = Image.new("RGB", SIZE, rng.choice(SKIES))
    pen = ImageDraw.Draw(picture)
    x, y, r = rng.randint(200, width - 200), rng.randint(150, 330), rng.randint(55, 110)
    pen.ellipse((x - r, y - r, x + r, y + r), fill="#fdf6e6")
    for depth, colour in enumerate(rng.choice(GROUNDS)):
        waves = [
            (rng.uniform(25, 110) / (depth + 1), rng.uniform(0.6, 2.4), rng.uniform(0, 6.3))
            for _ in range(3)
        ]
        base = height * (0.42 + 0.15 * depth)
        ridge = [
            (px, base + sum(a * math.sin(f * px / width * 6.3 + p) for a, f, p in waves))
            for px in range(0, width + 1, 8)
        ]
        pen.polygon([(0, height), *ridge, (width, height)], fill=colour)
    out = BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
