"""Imports go one way: portail, pages, communaute; machina stays where it is made ours."""

from django.conf import settings
from importlinter.cli import lint_imports


def test_imports_keep_the_contracts_of_pyproject(capsys):
    code = lint_imports(str(settings.BASE_DIR / "pyproject.toml"), no_cache=True, no_logo=True)
    assert code == 0, capsys.readouterr().out
