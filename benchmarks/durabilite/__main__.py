"""Kill the portal's worker while members write, a hundred times, and look for what they were told is kept.

``make durability`` runs it on PostgreSQL and on SQLite; the figures go to ``benchmarks/durabilite.md``.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from urllib.parse import urlencode

import django
from bs4 import BeautifulSoup

from benchmarks.serving import ROOT, family, filled, machine, say, served, versions

REPORT = ROOT / "benchmarks/durabilite.md"
HOST = "banc.example"
KILLS = int(os.environ.get("KILLS", "100"))
WRITERS = 4
ONE_TOPIC_IN = 5
"""One message in so many opens a topic; the others are replies."""
LONGEST_WAIT = 1.0
"""Seconds between the first message that a worker takes and the moment when it is killed, at most."""
SERVER = (  # loaded before it forks, so that a worker is back at once
    "gunicorn portail.wsgi --bind 127.0.0.1:{port} --threads 4 --preload --log-level critical "
    "--no-control-socket --worker-tmp-dir /dev/shm"
)

DOCUMENT = """\
# What is acknowledged is kept

`make durability` wrote this page: do not edit it. It serves the portal with gunicorn, on a database of
its own; {writers} members write without pause through the pages, as a browser does (session, CSRF, the
form as it was shown), replies and now and then a topic. The worker is killed (`SIGKILL`) at a random
moment after it took its first message, {kills} times. Whoever gets no answer sends the same form again
until there is one. At the end every message must be there exactly once, and the counts kept on topics
and forums must equal a recount.

PostgreSQL writes to the disk what it acknowledges (`fsync=on`); SQLite keeps a write-ahead log (WAL), as the
portal always has it.

Last run: {date}, {machine}.

| | {names} |
| --- | {rules} |
{rows}

"Already written" is a form whose answer was lost after its message was: sent again, it added none.
"""
ROWS = {
    "versions": "versions",
    "kills": "workers killed",
    "sent": "messages acknowledged",
    "cut": "forms without an answer",
    "written_unseen": "of which already written",
    "lost": "acknowledged and missing",
    "twice": "written more than once",
    "differences": "counts that differ from a recount",
    "seconds": "seconds",
}


def main():
    databases = {"PostgreSQL": "postgresql", "SQLite": "sqlite"}
    found = {name: json.loads(run_apart(database)) for name, database in databases.items()}
    REPORT.write_text(
        DOCUMENT.format(
            writers=WRITERS,
            kills=KILLS,
            date=time.strftime("%Y-%m-%d"),
            machine=machine(),
            names=" | ".join(found),
            rules=" | ".join("---:" for _ in found),
            rows="\n".join(
                f"| {label} | {' | '.join(str(figures[key]) for figures in found.values())} |"
                for key, label in ROWS.items()
            ),
        )
    )
    faults = sum(
        figures[key] for figures in found.values() for key in ("lost", "twice", "differences")
    )
    say(f"{faults} erreur(s). Chiffres dans {REPORT.relative_to(ROOT)}.")
    sys.exit(bool(faults))


def run_apart(database):
    """The figures of the campaign on this database, in a process of its own, as JSON."""
    say(f"{KILLS} arrêts brutaux, {database}…")
    command = [sys.executable, "-m", "benchmarks.durabilite", database]
    return subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE).stdout  # noqa: S603


def campaign(database):
    """Set up a portal on this database, kill its worker while members write, and say what became of it."""
    set_up(database)
    from django.db import connection

    from tests.environment import free_port

    writers = members_who_write()
    connection.close()
    port, began = free_port(), time.monotonic()
    live = f"http://127.0.0.1:{port}/sante/"
    with served(SERVER.format(port=port), live) as master:
        over = threading.Event()
        threads = [
            threading.Thread(target=writer.write_until, args=(port, over)) for writer in writers
        ]
        for thread in threads:
            thread.start()
        chance = random.Random(KILLS)  # noqa: S311 - the same moments in each run
        for _ in range(KILLS):
            before = sum(len(writer.sent) for writer in writers)
            while sum(len(writer.sent) for writer in writers) == before:
                if not all(thread.is_alive() for thread in threads):
                    os._exit(1)  # it said why
                time.sleep(0.01)
            time.sleep(chance.uniform(0, LONGEST_WAIT))
            for worker in family(master.pid)[1:]:
                os.kill(worker, signal.SIGKILL)
        over.set()
        for thread in threads:
            thread.join()
    figures = {"kills": KILLS, "seconds": round(time.monotonic() - began)}
    sys.stdout.write(json.dumps(figures | what_became_of(writers)))


def set_up(database):
    """A portal with its tables and static files, on a new database."""
    os.environ.pop("DATABASE_URL", None)
    os.environ["TEST_ON"] = "sqlite"
    from tests import environment

    os.environ |= {"DJANGO_SETTINGS_MODULE": "portail.settings", "SITE_URL": f"http://{HOST}"}
    if database == "postgresql":
        os.environ["DATABASE_URL"] = environment.start_postgresql(fsync="on")
    django.setup()
    from django.core.management import call_command

    with open(os.devnull, "w") as silence:
        call_command("setup", stdout=silence)
        call_command("collectstatic", interactive=False, verbosity=0)


def members_who_write():
    """Members signed in, each with the topic of the space where they will write."""
    from django.conf import settings
    from django.test import Client

    from tests.factories import EspaceFactory, entered, un_membre, un_sujet

    espace = EspaceFactory(slug="elus")
    topics = [un_sujet(espace).get_absolute_url() for _ in range(WRITERS // 2)]
    writers = []
    for number in range(WRITERS):
        client = Client(SERVER_NAME=HOST)
        client.force_login(entered(un_membre(), espace))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        addresses = [
            topics[number % len(topics)],
            f"{espace.get_absolute_url()}nouveau-sujet/?nature=question",
        ]
        writers.append(Writer(f"écrivain {number}", session, *addresses))
    return writers


class Writer:
    """A member who writes one message after the other, and sends again what got no answer."""

    def __init__(self, name, session, topic, new_topic):
        self.name, self.topic, self.new_topic = name, topic, new_topic
        self.cookies = {"sessionid": session}
        self.sent, self.cuts = [], {}

    def write_until(self, port, over):
        number = 0
        while not over.is_set():
            number += 1
            text = f"Message {number} de {self.name}."
            address = self.topic if number % ONE_TOPIC_IN else self.new_topic
            form = self.form_at(port, address)
            data = urlencode(form | {"content": text, "subject": text}, doseq=True)
            while self.ask(port, "POST", address, data, text)[0] != 302:
                pass
            self.sent.append(text)

    def form_at(self, port, address):
        """What the form that writes holds when it is shown, as a browser would send it."""
        status = None
        while status != 200:
            status, page = self.ask(port, "GET", address)
        form = BeautifulSoup(page, "html.parser").select_one("form:has([name=content])")
        return filled(form)

    def ask(self, port, method, address, data=None, text=None):
        """The status and the body of the answer; ``(None, b"")`` when there was none."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Host": HOST, "Cookie": cookies}
        if data:
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request(method, address, data, headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            if text:
                self.cuts.setdefault(text, time.time())
            time.sleep(0.05)
            return None, b""
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status not in (200, 302):
            raise AssertionError(f"{method} {address}: {answer.status}")
        return answer.status, body


def what_became_of(writers):
    """What was acknowledged, compared to what the database holds."""
    from communaute.forum_conversation.models import Post
    from tests.recount import differences

    kept = {}
    for text, created in Post.objects.values_list("content", "created"):
        kept.setdefault(str(text), []).append(created.timestamp())
    sent = [text for writer in writers for text in writer.sent]
    cuts = {text: when for writer in writers for text, when in writer.cuts.items()}
    return {
        "versions": versions("Django", "gunicorn"),
        "sent": len(sent),
        "cut": len(cuts),
        "written_unseen": sum(kept.get(text, [when])[0] < when for text, when in cuts.items()),
        "lost": sum(text not in kept for text in sent),
        "twice": sum(len(kept.get(text, [])) > 1 for text in sent),
        "differences": len(differences()),
    }


if __name__ == "__main__":
    if len(sys.argv) > 1:
        campaign(sys.argv[1])
    else:
        main()
