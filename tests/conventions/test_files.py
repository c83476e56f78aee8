"""The files that are kept together: nothing of a merge that was left half done."""

import re
import subprocess

import pytest
from django.conf import settings

MARKER = re.compile(rb"^(<{7} |\|{7} |={7}$|>{7} )", re.MULTILINE)


def kept():
    """Every file that git keeps; none where the project is not a clone."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=settings.BASE_DIR, capture_output=True, check=False
    )
    return [settings.BASE_DIR / name.decode() for name in listed.stdout.split(b"\0") if name]


def test_no_file_holds_the_marks_of_a_conflict():
    if not (paths := kept()):
        pytest.skip("Not a clone.")
    assert [path for path in paths if path.is_file() and MARKER.search(path.read_bytes())] == []
