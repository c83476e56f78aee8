"""Run a command beside databases that are migrated already, for the tests to begin from copies of them.

    TEST_ON=postgresql python -m tests.bases COMMAND ARGUMENT…

To migrate takes a minute, to copy a second. One database of each kind is migrated, both at once, and the demo
cohort is loaded in a copy of the embedded one. They go away when the command ends.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

import tests.environment  # noqa: F401  it starts the server, or knows it

FOLDER = os.environ.get("TEST_BASES")
"""For the tests of the command: where the embedded ones are."""
TEMPLATE = "portail_migrated"
"""The name of the one on the server."""


def manage(*command, **variables):
    """Run a command of ``manage.py``, on the embedded default unless ``DATABASE_URL`` says otherwise."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    subprocess.run(
        [sys.executable, "manage.py", *command],
        check=True,
        env=environment | variables,
        stdout=subprocess.DEVNULL,
    )


def load_demo(var, **variables):
    """Make in ``var`` what ``make run`` does before it serves."""
    variables |= {"VAR_DIR": str(var), "DEMO": "1"}
    manage("setup", **variables)
    manage("collectstatic", "--noinput", **variables)
    manage("demo", **variables)


def migrate_embedded(folder):
    """A database file, and beside it the folder of a site."""
    site = folder / "site"
    site.mkdir()
    manage("migrate", VAR_DIR=str(site))
    shutil.copy(site / "portail.sqlite3", folder)
    load_demo(site, SITE_URL="http://localhost")


def migrate_on_postgresql(folder):
    """A database of the server."""
    _on_the_server(f"DROP DATABASE IF EXISTS {TEMPLATE}", f"CREATE DATABASE {TEMPLATE}")
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    manage("migrate", DATABASE_URL=f"{server}/{TEMPLATE}")


def _on_the_server(*statements):
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def run(command):
    """Run ``command`` beside them, and return its code."""
    with tempfile.TemporaryDirectory(prefix="portail-bases-") as name, ThreadPoolExecutor() as both:
        folder = Path(name)
        made = [both.submit(make, folder) for make in (migrate_embedded, migrate_on_postgresql)]
        for future in made:
            future.result()
        code = subprocess.call(command, env=os.environ | {"TEST_BASES": name})
        _on_the_server(f"DROP DATABASE {TEMPLATE}")
    return code


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
