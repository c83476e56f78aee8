"""Measure the peer spaces on generated conversations, beside plain machina with its own views.

``make bench-conversation`` runs it; the figures go to ``benchmarks/conversation.md``. It fails when a
target is missed. On the server that ``DATABASE_URL`` names, what was loaded by an earlier run is used
again. ``SIZES`` and ``ROUNDS`` make it shorter.
"""

import http.client
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

import psycopg
from bs4 import BeautifulSoup

from benchmarks.conversation.corpus import LONG, LONG_TOPIC, MEMBERS, READ_BY_EACH, SENTENCES
from benchmarks.serving import ROOT, filled, machine, say, served, start_redis

REPORT = ROOT / "benchmarks/conversation.md"
HOST = "banc.example"
SIZES = [int(size) for size in os.environ.get("SIZES", "10000 200000 1000000").split()]
ROUNDS = int(os.environ.get("ROUNDS", "60"))
WARMING, ENOUGH, LONG_ENOUGH = 1, 2, 10
"""What took so many seconds in all is asked no more, once it was asked so often."""
SERVER = (
    "gunicorn benchmarks.conversation.wsgi --bind 127.0.0.1:{port} --threads 4 --keep-alive 600 "
    "--log-level warning --no-control-socket --worker-tmp-dir /dev/shm"
)
PREPARE = {"portail": ["manage.py", "setup"], "machina": ["-m", "django", "migrate"]}
READY = {"portail": "/sante/prete/", "machina": "/"}
SETTINGS = {"portail": "portail.settings", "machina": "benchmarks.conversation.machina.settings"}

MOST_QUERIES, SHARE_OF_MACHINA, GROWTH = 12, 1 / 3, 1.15
SEARCH_MS = {200_000: 40, 1_000_000: 100}

DOCUMENT = """\
# How fast the peer spaces are

`make bench-conversation` wrote this page: do not edit it. It loads the same conversations ({sizes} messages,
ten to a topic but for one of {long}, in five spaces of {members} members who have each read {read} topics)
into the portal and into plain machina with its own views, each in databases of their own on one PostgreSQL
(`fsync` on, its default settings), and serves each with a gunicorn of its own (1 process of 4 threads).
Then one client does everything on each in turn, as an ordinary member, the order turned each time,
{rounds} times (fewer where it takes long): figures are medians, and ratios compare what met the same minutes.
machina keeps its connections open as the portal does; it searches with the backend of its documentation
that needs no other server. "My spaces" is measured twice, beside the two pages that tell a member of machina
as much: its index, which says when something was last said, and its list of unread topics, which says what.
{sentences}

Last run: {date}, {machine}, {versions}. The machine was shared: ratios mean more than times.

## Targets that are missed

At most {most_queries} queries on a page that is read, the same at every size; a third of machina's time and
processor; at most {growth} times as long with the most messages as with the fewest; a search under
{search}.

{missed}

## Beside plain machina

Queries; milliseconds of processor, in the application + in the database; milliseconds until the answer is
there, at the median and for 19 answers in 20. Then the portal's share of machina's time and processor.

{compared}

## As conversations grow

Milliseconds until the answer is there, by number of messages: the portal, then machina.

{grown}

{machina_grown}
"""
REAL = "What is said is made of real sentences (`../shared/data`)."
MADE_UP = (
    "What is said is made of invented words, without `../shared/data`: the searches find nothing."
)
COMPARED = """\
### {messages} messages

| | queries | processor | time | machina: queries | processor | time | time, share | processor, share |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
{rows}"""
VERSIONS = """\
import django; django.setup()
from benchmarks.serving import versions
print(versions("Django", "django-machina", "gunicorn"))
"""


@dataclass
class Case:
    """What a member does on both forums: the address in each, and what is sent there, if anything.

    A form is first shown at that address, and has the fields ``sent`` among its own.
    """

    name: str
    portail: str
    machina: str
    sent: dict | None = None
    form: str = "form[method=post]"


def _search(name, words):
    return Case(
        f"search, {name}",
        f"/communaute/recherche/?q={quote(words)}",
        f"/search/?q={quote(words)}",
    )


TOPIC, MACHINA_TOPIC = "/communaute/sujets/t{:015}/", "/forum/espace-0-1/topic/sujet-{}/"
SHORT_TOPIC = 2 * LONG_TOPIC
CASES = [
    Case("my spaces", "/communaute/", "/"),
    Case("my spaces, beside its unread topics", "/communaute/", "/tracking/unread-topics/"),
    Case("a space", "/communaute/espaces/espace-0/", "/forum/espace-0-1/"),
    Case("a topic, first page", TOPIC.format(LONG_TOPIC), MACHINA_TOPIC.format(LONG_TOPIC)),
    Case(
        "a topic, last page",
        f"{TOPIC.format(LONG_TOPIC)}?page=9999",
        f"{MACHINA_TOPIC.format(LONG_TOPIC)}?page=last",
    ),
    Case(
        "reply",
        TOPIC.format(SHORT_TOPIC),
        f"{MACHINA_TOPIC.format(SHORT_TOPIC)}post/create/",
        {"content": "Un message de plus."},
        "form:has([name=content])",
    ),
    _search("two words", "ville océan"),
    _search("one word", "ville"),
]
MARK_READ = [
    Case(
        "mark all read",
        "/communaute/espaces/espace-0/",
        "/tracking/mark/forum/1/topics/",
        {},
        "form[action$='tout-lu/'], form[action='']",
    )
]


@dataclass
class Cost:
    """What one answer took: queries, seconds of processor there and in the database, seconds in all."""

    queries: int
    own: float
    database: float
    seconds: float


@dataclass
class Forum:
    """One of the two with so many messages: where it is served, and what each case cost."""

    project: str
    messages: int
    database: str
    cookie: str = ""
    port: int = 0
    costs: dict = field(default_factory=dict)

    def __post_init__(self):
        self.forms = {}

    def environment(self):
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": SETTINGS[self.project],
            "DATABASE_URL": self.database,
        }

    def ask(self, method, address, data=None):
        """The answer to this member, its body, and the seconds it took."""
        headers = {"Host": HOST, "Cookie": self.cookie}
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self.connection.request(method, address, data, headers)
        answer = self.connection.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - began
        if answer.status != (200 if data is None else 302):
            raise ValueError(f"{self.project}: {method} {address}: {answer.status}")
        for cookie in answer.headers.get_all("Set-Cookie", []):
            if cookie.startswith("csrftoken=") and "csrftoken=" not in self.cookie:
                self.cookie += f"; {cookie.partition(';')[0]}"
        return answer, body, seconds

    def do(self, case, clock):
        """Do it once, and note what it cost."""
        address, data = getattr(case, self.project), None
        if case.sent is not None:
            address, fields = self.form_of(case, address)
            data = urlencode(fields | case.sent | {"envoi": uuid4()})
        before = clock.seconds(self.name)
        answer, _, seconds = self.ask("GET" if data is None else "POST", address, data)
        cost = Cost(
            int(answer.headers["X-Queries"]),
            float(answer.headers["X-Seconds"]),
            clock.seconds(self.name) - before,
            seconds,
        )
        self.costs.setdefault(case.name, []).append(cost)

    def form_of(self, case, address):
        """Where the form is sent, and its fields; it is looked at once."""
        if case.name not in self.forms:
            page = BeautifulSoup(self.ask("GET", address)[1], "html.parser")
            form = page.select(case.form)[-1]
            action = form.get("action", "").partition("#")[0]
            self.forms[case.name] = (action if action.startswith("/") else address), filled(form)
        return self.forms[case.name]

    def has_enough(self, case):
        costs = self.costs.get(case.name, [])
        return len(costs) >= ENOUGH and sum(cost.seconds for cost in costs) > LONG_ENOUGH

    @property
    def name(self):
        """That of its database."""
        return urlsplit(self.database).path[1:]

    def queries(self, case):
        return median(cost.queries for cost in self.costs[case.name])

    def middle(self, case, what="seconds"):
        """The median of a time, in milliseconds."""
        return median(getattr(cost, what) for cost in self.costs[case.name]) * 1000

    def slow(self, case):
        """The milliseconds that nineteen answers in twenty do not exceed."""
        return quantiles((cost.seconds for cost in self.costs[case.name]), n=20)[18] * 1000

    def cpu(self, case):
        """The median of what it takes of processor, there and in the database, in milliseconds."""
        return median(cost.own + cost.database for cost in self.costs[case.name]) * 1000

    def row(self, case):
        """Its cells in the table of a size."""
        return (
            f"{self.queries(case):.0f} | {self.middle(case, 'own'):.1f} + "
            f"{self.middle(case, 'database'):.1f} | {self.middle(case):.1f}, {self.slow(case):.1f}"
        )


class Clock:
    """The seconds of processor that PostgreSQL spends on each database."""

    def __init__(self, server):
        self.connection = psycopg.connect(server, autocommit=True)
        backend = self.connection.info.backend_pid
        self.postmaster = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1]

    def seconds(self, database):
        """Those of the processes that now serve this database, and of all those that have ended."""
        query = "SELECT pid FROM pg_stat_activity WHERE datname = %s"
        pids = [pid for (pid,) in self.connection.execute(query, [database])]
        running = sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids)
        ended = Path(f"/proc/{self.postmaster}/stat").read_text().rpartition(")")[2].split()[13:15]
        return running / 1e9 + sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")


def main():
    server = os.environ.pop("DATABASE_URL", "")
    from tests.environment import free_port, start_postgresql

    server = server or start_postgresql(fsync="on")
    os.environ |= {
        "SITE_URL": f"http://{HOST}",
        "REDIS_URL": start_redis(free_port()),
    }
    forums = list(databases(server))
    for forum in forums:
        say(f"Chargement de {forum.messages} messages dans {forum.project}…")
        forum.cookie = run(forum, "-m", "benchmarks.conversation.corpus", str(forum.messages))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("SELECT pg_reload_conf()")
    with ExitStack() as stack:
        for forum in forums:
            stack.enter_context(serving(forum, free_port()))
        clock = Clock(server)
        measure(forums, CASES, clock)
        measure(forums, MARK_READ, clock)
    sys.exit(report(forums))


def databases(server):
    """Both projects at each size, in a database with their tables."""
    with psycopg.connect(server, autocommit=True) as connection:
        there = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        for project in SETTINGS:
            template = Forum(project, 0, f"{server.rpartition('/')[0]}/{project}")
            if template.name not in there:
                say(f"Préparation de {project}…")
                connection.execute(f"CREATE DATABASE {template.name}")
                run(template, *PREPARE[project])
            if project == "portail":
                run(template, "manage.py", "collectstatic", "--noinput")
            for size in SIZES:
                forum = Forum(project, size, f"{template.database}_{size}")
                if forum.name not in there:
                    connection.execute(f"CREATE DATABASE {forum.name} TEMPLATE {template.name}")
                yield forum


def run(forum, *command):
    """What this Python command prints, in the environment of ``forum``."""
    return subprocess.run(  # noqa: S603 - a benchmark's own
        [sys.executable, *command],
        check=True,
        cwd=ROOT,
        env=forum.environment(),
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


@contextmanager
def serving(forum, port):
    """Serve the forum on this port, and open the connection that it is asked on."""
    ready = f"http://127.0.0.1:{port}{READY[forum.project]}"
    forum.connection = http.client.HTTPConnection("127.0.0.1", port)
    with served(SERVER.format(port=port), ready, forum.environment()):
        yield


def measure(forums, cases, clock):
    """Do every case on every forum in turn, the order turned each round."""
    say(f"Mesures : {', '.join(case.name for case in cases)}…")
    for number in range(WARMING + ROUNDS):
        if number == WARMING:
            for forum in forums:
                for case in cases:
                    forum.costs[case.name].clear()
        for case in cases:
            for forum in forums if number % 2 else reversed(forums):
                if not forum.has_enough(case):
                    forum.do(case, clock)


def report(forums):
    """Write the figures, and return how many targets are missed."""
    ours = {forum.messages: forum for forum in forums if forum.project == "portail"}
    theirs = {forum.messages: forum for forum in forums if forum.project == "machina"}
    faults = list(missed(ours, theirs))
    REPORT.write_text(
        DOCUMENT.format(
            sizes=", ".join(f"{size:,}" for size in SIZES),
            long=f"{LONG:,}",
            members=f"{MEMBERS:,}",
            read=READ_BY_EACH,
            rounds=ROUNDS,
            date=time.strftime("%Y-%m-%d"),
            sentences=REAL if SENTENCES.exists() else MADE_UP,
            machine=machine(),
            versions=run(forums[0], "-c", VERSIONS).strip(),
            most_queries=MOST_QUERIES,
            growth=GROWTH,
            search=" and ".join(f"{ms} ms at {size:,} messages" for size, ms in SEARCH_MS.items()),
            missed="\n".join(f"- {fault}" for fault in faults) or "None.",
            compared="\n\n".join(comparison(ours[size], theirs[size]) for size in SIZES),
            grown=grown(ours),
            machina_grown=grown(theirs),
        )
    )
    for fault in faults:
        say(f"  manqué : {fault}")
    say(f"{len(faults)} cible(s) manquée(s). Chiffres dans {REPORT.relative_to(ROOT)}.")
    return bool(faults)


def missed(ours, theirs):
    """A sentence for each target that was not reached."""
    least, most = ours[min(ours)], ours[max(ours)]
    for case in CASES + MARK_READ:
        for size, forum in ours.items():
            other, where = theirs[size], f"{case.name}, {size:,} messages"
            if case.sent is None and forum.queries(case) > MOST_QUERIES:
                yield f"{where}: {forum.queries(case):.0f} queries"
            if forum.middle(case) > SHARE_OF_MACHINA * other.middle(case):
                yield f"{where}: {forum.middle(case) / other.middle(case):.2f} of machina's time"
            if forum.cpu(case) > SHARE_OF_MACHINA * other.cpu(case):
                yield f"{where}: {forum.cpu(case) / other.cpu(case):.2f} of machina's processor"
            if case.name.startswith("search") and forum.middle(case) > SEARCH_MS.get(size, 1000):
                yield f"{where}: {forum.middle(case):.0f} ms"
        if least.queries(case) != most.queries(case):
            yield f"{case.name}: {least.queries(case):.0f} queries, then {most.queries(case):.0f}"
        if most.middle(case) > GROWTH * least.middle(case):
            yield f"{case.name}: {most.middle(case) / least.middle(case):.2f} times as long once larger"


def comparison(forum, other):
    """A table of both forums at one size."""
    rows = [
        f"| {case.name} | {forum.row(case)} | {other.row(case)} | "
        f"{forum.middle(case) / other.middle(case):.2f} | {forum.cpu(case) / other.cpu(case):.2f} |"
        for case in CASES + MARK_READ
    ]
    return COMPARED.format(messages=f"{forum.messages:,}", rows="\n".join(rows))


def grown(forums):
    """A table of one forum at every size."""
    sizes = sorted(forums)
    head = " | ".join(f"{size:,}" for size in sizes)
    rows = [
        f"| {case.name} | {' | '.join(f'{forums[size].middle(case):.1f}' for size in sizes)} | "
        f"{forums[sizes[-1]].middle(case) / forums[sizes[0]].middle(case):.2f} |"
        for case in CASES + MARK_READ
    ]
    rule = " | ".join("---:" for _ in sizes)
    return "\n".join([f"| | {head} | last / first |", f"| --- | {rule} | ---: |", *rows])


if __name__ == "__main__":
    main()
