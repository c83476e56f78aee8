"""Lock files: every requirement pinned with hashes, from no place in particular."""

import re

import pytest
from django.conf import settings

LOCKS = sorted((settings.BASE_DIR / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_pinned_with_hashes(lock):
    text = re.sub(r"(?m)^\s*#.*\n?", "", lock.read_text())
    requirements = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    assert len(requirements) > 20
    for requirement in requirements:
        assert re.fullmatch(
            r"[A-Za-z0-9._\[\],-]+==\S+( ;[^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*", requirement
        ), requirement


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_lock_file_names_a_host(lock):
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", lock.read_text())
