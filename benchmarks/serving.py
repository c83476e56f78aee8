"""What the benchmarks share: a server of their own, what it is made of, and how figures are said."""

import atexit
import os
import platform
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def start_redis(port):
    """Start a Redis server that keeps nothing on disk, and return its URL; it stops with the process."""
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
    atexit.register(redis.wait)
    atexit.register(redis.terminate)
    return f"redis://127.0.0.1:{port}/0"


@contextmanager
def served(command, ready, environment=None):
    """Run the server that this Python ``command`` starts, until ``ready`` answers; gives its process."""
    arguments = [sys.executable, "-m", *command.split()]
    process = subprocess.Popen(arguments, cwd=ROOT, env=environment)  # noqa: S603 - a benchmark's own
    try:
        wait_for(ready)
        yield process
    finally:
        process.terminate()
        process.wait()


def wait_for(url):
    """Return once ``url`` answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - on loopback
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def family(pid):
    """The process and all those that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def filled(form):
    """The fields of a parsed form as they are shown, as a browser would send them."""
    unlike_text = "[type=radio], [type=checkbox], [type=file], [type=submit]"
    chosen = f"input[name]:not({unlike_text}), input[name]:checked"
    fields = {one["name"]: one.get("value", "") for one in form.select(chosen)}
    for one in form.select("select[name]"):
        option = one.select_one("option[selected]") or one.select_one("option")
        fields[one["name"]] = option.get("value", "") if option else ""
    return fields


def spread(values, form="{:.2f}"):
    """The median, and between brackets the least and the most."""
    middle, least, most = (
        form.format(value) for value in (median(values), min(values), max(values))
    )
    return f"{middle} ({least} to {most})"


def machine():
    """How many cores, and of what."""
    cpu = next(
        (
            line.partition(": ")[2]
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return f"{os.cpu_count()} cores ({cpu})"


def versions(*packages):
    """Those of Python, the database in use, and these packages."""
    from django.db import connection

    with connection.cursor() as cursor:
        postgresql = connection.vendor == "postgresql"
        cursor.execute("SHOW server_version" if postgresql else "SELECT sqlite_version()")
        database = f"{connection.display_name} {cursor.fetchone()[0]}"
    return ", ".join(
        [f"Python {platform.python_version()}", database]
        + [f"{name} {version(name)}" for name in packages]
    )
