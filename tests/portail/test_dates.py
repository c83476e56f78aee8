"""Dates as people say them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone

SHOWN = Template("{% load dates %}{% moment d %}")


def said(d):
    return SHOWN.render(Context({"d": d})).strip()


@pytest.mark.parametrize(
    ("d", "expected"),
    [
        (
            datetime(2024, 3, 1, 9, 5, tzinfo=UTC),
            '<time datetime="2024-03-01T10:05+0100" title="vendredi 1er mars 2024 à 10\xa0h\xa005">'
            "le 1er mars 2024</time>",
        ),
        (
            datetime(2023, 8, 12, 22, 30, tzinfo=UTC),
            '<time datetime="2023-08-13T00:30+0200" title="dimanche 13 août 2023 à 0\xa0h\xa030">'
            "le 13 août 2023</time>",
        ),
    ],
)
def test_a_time_is_said_in_short_and_in_full(d, expected):
    assert said(d) == expected


def test_today_is_said_with_its_hour_and_this_year_without_its_number(monkeypatch):
    now = datetime(2026, 7, 14, 18, 0, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert ">aujourd’hui à 19\xa0h\xa030<" in said(now - timedelta(minutes=30))
    assert ">le 2 février<" in said(datetime(2026, 2, 2, 12, 0, tzinfo=UTC))
