"""Measure how fast the portal is, on PostgreSQL with the demo cohort.

``make bench`` runs it; the figures go to ``benchmarks/README.md``. It fails when a page costs too many
queries, or when a kept page is served too slowly.
"""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import django

from benchmarks.serving import ROOT, family, machine, say, served, spread, start_redis, versions
from benchmarks.vitesse.load import Load, ask

REPORT = ROOT / "benchmarks/README.md"

HOST = "banc.example"
DEFAULT = "gunicorn"
"""What ``Dockerfile`` starts."""
SERVERS = {
    "gunicorn": (
        "gunicorn benchmarks.vitesse.wsgi --bind 127.0.0.1:{port} --workers 2 --threads 4 "
        "--log-level warning --no-control-socket --worker-tmp-dir /dev/shm"
    ),
    "granian": (
        "granian benchmarks.vitesse.wsgi:application --port {port} --workers 2 "
        "--blocking-threads 4 --log-level warning --interface wsgi --http 1 --no-ws"
    ),
}
CONNECTIONS = 8
"""As many as each server has threads."""
ROUNDS, SECONDS = 7, 3
QUICK_ROUNDS, QUICK_SECONDS = 40, 0.4
"""For answers that take a millisecond: many short rounds, so that what is compared meets the same minute."""
MOST_QUERIES, LEAST_RATIO = 15, 0.8
TRIVIAL, BARE = "/banc/", "/banc/nu/"
NOT_KEPT = "banc=1"
"""Asked with a cookie, any one, a page is made anew."""
ALSO_COUNTED = (
    "/enseignements/?fondamental=cooperation",
    "/enseignements/?q=eau",
    "/recherche/?q=eau",
    "/flux/enseignements.atom",
    "/donnees/enseignements.csv",
    "/donnees/enseignements.json",
    "/api/v2/pages/",
    "/sitemap.xml",
)

DOCUMENT = """\
# How fast the portal is

`make bench` wrote this page: do not edit it. It loads the demo cohort into a PostgreSQL of its own and
counts queries; then it serves it with gunicorn and with granian, both as in production (2 processes
of 4 threads), and asks each in turn over {connections} connections that stay open, in {rounds} rounds
of {seconds} s, or {quick_rounds} of {quick_seconds} s where an answer takes a millisecond. A rate is the
median of the rounds, in answers a second, with the slowest and the fastest; a ratio is taken within
each round. The cache that processes share is Redis, as in `compose.yaml`.

Last run: {date}, {machine}, {versions}.

## Queries of a page made anew, for a visitor

At most {most_queries}. Of each kind, the page of the demo that costs the most.

| page | queries | for instance |
| --- | ---: | --- |
{counts}

## A page that is kept

`portail/cache.py` serves it from memory. It is compared to a view that only answers `ok`, on the same
server and through the same middleware: at least {least_ratio} with the server that is the default. Without
any middleware, that view is given for scale.

| server | page | a second | trivial view | ratio | without middleware |
| --- | --- | ---: | ---: | ---: | ---: |
{kept}

## gunicorn or granian

Kept pages, then pages made anew each time. gunicorn is the default: nearly all of the time of a real
page is spent in Python, where both are alike, and what granian gains on the rest, a fraction of a
millisecond, nobody would notice.

| page | gunicorn | p50 and p99, ms | granian | p50 and p99, ms | granian / gunicorn |
| --- | ---: | ---: | ---: | ---: | ---: |
{servers}

Memory at the end, shared pages counted once (PSS): {memory}.
Asking took {own} % of a core at most.
"""


def main():
    set_up()
    costs = count_queries()
    made, members = choose(costs)
    kept = {name: (made[name][0], "") for name in ("home", "territory", "learning")}
    with serving("gunicorn") as gunicorn, serving("granian") as granian:
        servers = [gunicorn, granian]
        quick = {"trivial": (TRIVIAL, NOT_KEPT), "bare": (BARE, NOT_KEPT)}
        measure(
            servers,
            quick | {f"kept {name}": kept[name] for name in kept},
            QUICK_ROUNDS,
            QUICK_SECONDS,
        )
        measure(servers, made | members, ROUNDS, SECONDS)
        memory = ", ".join(f"{server.name} {server.memory():.0f} MB" for server in servers)
    shares = {
        (server, name): ratios(server, f"kept {name}", server, "trivial")
        for server in servers
        for name in kept
    }
    compared = ["trivial", *(f"kept {name}" for name in kept), *made, *members]
    REPORT.write_text(
        DOCUMENT.format(
            rounds=ROUNDS,
            seconds=SECONDS,
            quick_rounds=QUICK_ROUNDS,
            quick_seconds=QUICK_SECONDS,
            connections=CONNECTIONS,
            most_queries=MOST_QUERIES,
            least_ratio=LEAST_RATIO,
            date=time.strftime("%Y-%m-%d"),
            machine=machine(),
            versions=versions("Django", "wagtail", "gunicorn", "granian"),
            counts="\n".join(
                f"| {kind} | {queries} | `{address}` |"
                for kind, (queries, address) in sorted(dearest(costs).items())
            ),
            kept="\n".join(
                f"| {server.name} | {name} | {server.rate(f'kept {name}')} | "
                f"{server.rate('trivial')} | {spread(share)} | {server.rate('bare')} |"
                for (server, name), share in shares.items()
            ),
            servers="\n".join(
                f"| {name} | {gunicorn.rate(name)} | {gunicorn.latency(name)} | {granian.rate(name)} | "
                f"{granian.latency(name)} | {spread(ratios(granian, name, gunicorn, name))} |"
                for name in compared
            ),
            memory=memory,
            own=max(server.own_share() for server in servers),
        )
    )
    faults = [
        f"{address} : {queries} requêtes"
        for _, address, queries, _ in costs
        if queries > MOST_QUERIES
    ]
    faults += [
        f"{name}, gardée : {median(share):.2f} fois la vue triviale"
        for (server, name), share in shares.items()
        if server.name == DEFAULT and median(share) < LEAST_RATIO
    ]
    for fault in faults:
        say(f"  erreur : {fault}")
    say(f"{len(faults)} erreur(s). Chiffres dans {REPORT.relative_to(ROOT)}.")
    sys.exit(bool(faults))


def set_up():
    """Load the demo cohort into a database of its own, and make this process part of that portal."""
    os.environ.pop("DATABASE_URL", None)
    os.environ["TEST_ON"] = "postgresql"
    say("Préparation de la cohorte de démonstration sur PostgreSQL…")
    from tests import environment  # it starts PostgreSQL and sets the environment

    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "portail.settings",
        "REDIS_URL": start_redis(environment.free_port()),
        "SITE_URL": f"http://{HOST}",
        "DEMO": "1",
    }
    django.setup()
    from django.core.management import call_command

    with open(os.devnull, "w") as silence:
        call_command("setup", stdout=silence)
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("demo", stdout=silence)
    # What the demo leaves to the worker, such as the sizes of pictures, is done before measuring.
    worker = [sys.executable, "manage.py", "db_worker", "--batch", "--no-startup-delay"]
    subprocess.run(worker, check=True, cwd=ROOT, stderr=subprocess.DEVNULL)  # noqa: S603


def count_queries():
    """Of each public page: its kind, its address, the queries of making it, and its length."""
    from django.core.cache import caches
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from pages.models import public_pages

    pages = [
        (type(page).__name__, page.get_url())
        for page in public_pages().filter(depth__gt=1).specific()
    ]
    client, costs = Client(SERVER_NAME=HOST), []
    for kind, address in (*pages, *((address, address) for address in ALSO_COUNTED)):
        for _ in range(2):  # the first time warms the process
            caches["pages"].clear()
            with CaptureQueriesContext(connection) as captured:
                response = client.get(address)
                length = len(response.getvalue())
        if response.status_code != 200:
            sys.exit(f"{address} répond {response.status_code}.")
        costs.append((kind, address, len(captured), length))
    return costs


def dearest(costs):
    """For each kind of page, the most queries and the page that costs them."""
    found = {}
    for kind, address, queries, _ in costs:
        found[kind] = max(found.get(kind, (0, "")), (queries, address))
    return found


def choose(costs):
    """What is asked of the servers, address and cookie: pages made for a visitor, then for a member."""
    from django.conf import settings
    from django.test import Client

    from communaute.forum_conversation.models import Topic
    from communaute.models import Membre

    def longest(kind):
        return max((length, address) for other, address, _, length in costs if other == kind)[1]

    made = {
        "home": "/",
        "territory": longest("TerritoirePage"),
        "learning": longest("EnseignementPage"),
        "list of learnings": longest("EnseignementIndexPage"),
        "search": "/recherche/?q=eau",
    }
    membre, client = Membre.objects.get(email="elue@demo.example"), Client(SERVER_NAME=HOST)
    client.force_login(membre)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    topic = Topic.objects.readable_by(membre).order_by("-posts_count").first()
    return {name: (address, NOT_KEPT) for name, address in made.items()}, {
        "members: my spaces": ("/communaute/", cookie),
        "members: a topic": (topic.get_absolute_url(), cookie),
    }


class Server:
    """A running server, and what it answered in each round, case by case."""

    def __init__(self, name, port, process):
        self.name, self.port, self.process = name, port, process
        self.loads = {}

    def rate(self, name):
        return spread([load.rate for load in self.loads[name]], "{:.0f}")

    def latency(self, name):
        """The median and the 99th centile of all the rounds, in milliseconds."""
        together = Load([seconds for load in self.loads[name] for seconds in load.durations])
        return f"{together.centile(50):.1f}, {together.centile(99):.1f}"

    def own_share(self):
        """The largest share of a core that asking took, in percent."""
        loads = (load for loads in self.loads.values() for load in loads)
        return round(max(100 * load.own_seconds / load.seconds for load in loads))

    def memory(self):
        """The proportional set size of its processes, in MB."""
        total = 0
        for pid in family(self.process.pid):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total / 1000


@contextmanager
def serving(name):
    """The portal, served by this server on a port of its own."""
    from tests.environment import free_port

    port = free_port()
    with served(
        SERVERS[name].format(port=port), f"http://127.0.0.1:{port}/sante/prete/"
    ) as process:
        yield Server(name, port, process)


def measure(servers, cases, rounds, seconds):
    """Ask every case of every server in turn, in as many rounds, the order turned each time."""
    say(f"Mesures : {', '.join(cases)}…")
    for number in range(rounds + 1):
        for name, (address, cookie) in cases.items():
            for server in servers if number % 2 else reversed(servers):
                load = ask(server.port, HOST, address, cookie, CONNECTIONS, seconds)
                if number:  # the first round fills memories and pools
                    server.loads.setdefault(name, []).append(load)


def ratios(server, name, reference, reference_name):
    """Round by round, how many times the rate of the second case is that of the first."""
    pairs = zip(server.loads[name], reference.loads[reference_name], strict=True)
    return [load.rate / other.rate for load, other in pairs]


if __name__ == "__main__":
    main()
