"""Tell ten thousand readers of one message, with and without killing the worker that does it.

``make bench-mail`` runs it on PostgreSQL, with a mail server on this machine; the figures go to
``benchmarks/diffusion.md``.
"""

import json
import logging
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter

import django
from aiosmtpd.controller import Controller

from benchmarks.serving import ROOT, machine, say, versions

REPORT = ROOT / "benchmarks/diffusion.md"
HOST = "banc.example"
READERS = int(os.environ.get("READERS", "10000"))
KILLS = int(os.environ.get("KILLS", "100"))
FEWER = 10
"""The same is measured with so many times fewer readers."""
LONGEST_LIFE = {"spread": 2.0, "gather": 2.0, "deliver": 5.0}
"""Seconds that a worker lives at most, by what there is to do."""

DOCUMENT = """\
# Ten thousand readers told of one message

`make bench-mail` wrote this page: do not edit it. A message appears in a space of {readers} readers, on a
PostgreSQL of its own; each reader's rights are read again when their mail leaves, to a mail server on
the same machine. The hour of the summaries is made to have come.

Last run: {date}, {machine}, {versions}. The machine was shared: ratios mean more than times.

## What it takes

Undisturbed, for one worker; a ratio compares the same run with {fewer} readers, by reader.

| step | seconds | by reader | queries | by reader |
| --- | ---: | ---: | ---: | ---: |
{steps}

Memory that the worker takes beyond what it began with: {memory:.0f} MB, and {memory_of_fewer:.0f} MB for
{fewer} readers.

## The worker killed on the way

`manage.py courriels`, killed (`SIGKILL`) {kills} times after a random moment, and begun again each time
({lives}).
At the end the quarter of an hour is made to have passed after which a mail left on its way is taken up again.

| | |
| --- | ---: |
| readers | {readers} |
| told in the bell | {told} |
| told twice in the bell | {told_twice} |
| mails that the server took, of different readers | {mailed} |
| readers never written to | {missing} |
| readers written to under two names | {two_names} |
| mails taken twice, under the same `Message-ID` | {again} |

The last line is the one case that docs/exploitation.md states: the server took a mail, and the worker died
before it noted so.
"""


class Taken:
    """A mail server that takes all, and counts."""

    def __init__(self):
        self.mails = Counter()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        lines = envelope.content.splitlines()
        name = next(line for line in lines if line.startswith(b"Message-ID"))
        self.mails[envelope.rcpt_tos[0], name] += 1
        return "250 OK"


def main():
    from tests.environment import free_port

    taken = Taken()
    server = Controller(taken, hostname="127.0.0.1", port=free_port())
    server.start()
    set_up(server.port)
    espaces = {college: people(college, count) for college, count in AUDIENCES.items()}
    measured = {}
    for college, espace in espaces.items():
        say(f"{AUDIENCES[college]} lecteurs…")
        measured[college] = in_a_child(measure, evenement_in(espace))
    say(f"{KILLS} arrêts brutaux…")
    lives = campaign(evenement_in(espaces["elus"]), taken)
    faults = report(measured, lives, taken)
    server.stop()
    say(f"{faults} erreur(s). Chiffres dans {REPORT.relative_to(ROOT)}.")
    sys.exit(bool(faults))


AUDIENCES = {"agents": READERS // FEWER, "elus": READERS}


def set_up(smtp_port):
    """A portal with its tables, on a new database, that writes to this mail server."""
    os.environ["TEST_ON"] = "sqlite"
    from tests import environment

    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "portail.settings",
        "SITE_URL": f"http://{HOST}",
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
        "DATABASE_URL": environment.start_postgresql(fsync="on"),
    }
    django.setup()
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # of the mail server
    from django.core.management import call_command

    with open(os.devnull, "w") as silence:
        call_command("setup", stdout=silence)


def people(college, count):
    """A space of this collège, and ``count`` members who entered it beside who speaks there."""
    from django.utils import timezone

    from communaute.models import AcceptationCharte, Membre, Siege
    from tests.factories import EspaceFactory

    espace = EspaceFactory(slug=college, college=college)
    now = timezone.now()
    membres = Membre.objects.bulk_create(
        Membre(email=f"{college}{number}@exemple.fr", first_name="Membre", last_name=str(number))
        for number in range(count + 1)
    )
    Siege.objects.bulk_create(
        Siege(membre=membre, college=college, fonction="Membre", debut=now) for membre in membres
    )
    charte = espace.charte
    AcceptationCharte.objects.bulk_create(
        AcceptationCharte(membre=membre, charte=charte, accepted_at=now) for membre in membres
    )
    return espace


def evenement_in(espace):
    """That somebody opened a topic in ``espace``: nobody is told yet."""
    from communaute import conversation
    from communaute.models import Evenement, Membre

    author = Membre.objects.get(email=f"{espace.college}0@exemple.fr")
    topic = conversation.start_topic(author, espace, "Un titre", "Un texte " * 40)
    return Evenement.objects.get(post__topic=topic)


def make_due():
    """The hour of the summaries has come."""
    from django.utils import timezone

    from communaute.models import Notification

    Notification.objects.filter(envoi=None).update(courriel_le=timezone.now())


def measure(evenement):
    """Seconds and queries of each step, and the memory that they took (MB)."""
    from communaute import notifications

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {"spread": counted(notifications.spread, evenement)}
    make_due()
    figures["gather"] = counted(notifications.gather)
    figures["deliver"] = counted(notifications.deliver)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return figures | {"memory": (after - before) / 1024}


def counted(step, *arguments):
    """How many seconds and queries a step takes."""
    from django.db import connection

    queries = 0

    def count(execute, *query):
        nonlocal queries
        queries += 1
        return execute(*query)

    began = time.monotonic()
    with connection.execute_wrapper(count):
        step(*arguments)
    return [time.monotonic() - began, queries]


def in_a_child(function, *arguments):
    """What ``function`` returns in a process of its own."""
    reading, writing = os.pipe()

    def answer():
        with os.fdopen(writing, "w") as file:
            json.dump(function(*arguments), file)

    pid = child(answer)
    os.close(writing)
    with os.fdopen(reading) as answer:
        found = answer.read()
    os.waitpid(pid, 0)
    return json.loads(found)


def child(work):
    """Begin ``work`` in a process of its own, that shares no connection to the database; its pid."""
    from django.db import connection

    connection.close()
    connection.close_pool()
    pid = os.fork()
    if not pid:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return pid


def campaign(evenement, taken):
    """Kill ``KILLS`` workers on the way to tell all readers of it and let the last one end; return how many
    died during each step.
    """
    from django.utils import timezone

    from communaute.models import Envoi

    chance = random.Random(KILLS)  # noqa: S311 - the same moments in each run
    taken.mails.clear()
    lives = Counter()
    while sum(lives.values()) < KILLS:
        step = what_is_left(evenement)
        if step == "gather":
            make_due()
        pid = child(write)
        time.sleep(chance.uniform(0, LONGEST_LIFE[step]))
        if os.waitpid(pid, os.WNOHANG) == (0, 0):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            lives[step] += 1
        elif step == "deliver":
            break
    write()
    make_due()
    write()
    Envoi.objects.filter(etat=Envoi.Etat.EN_COURS).update(prochain_le=timezone.now())
    write()
    return lives


def write():
    """What ``recurrent`` runs."""
    from django.core.management import call_command

    with open(os.devnull, "w") as silence:
        call_command("courriels", stdout=silence)


def what_is_left(evenement):
    """The first step that is not done."""
    from communaute.models import Evenement, Notification

    if Evenement.objects.filter(pk=evenement.pk, diffuse_le=None).exists():
        return "spread"
    left = Notification.objects.filter(evenement=evenement, envoi=None)
    return "gather" if left.exists() else "deliver"


def report(measured, lives, taken):
    """Write the page, and return how many faults there were."""
    from communaute.models import Evenement, Notification

    told = Notification.objects.filter(evenement=Evenement.objects.latest("pk"))
    told = Counter(told.values_list("membre", flat=True))
    by_reader = Counter(address for address, _ in taken.mails)
    all_of_them, fewer = measured["elus"], measured["agents"]
    faults = {
        "told_twice": sum(times > 1 for times in told.values()),
        "missing": READERS - len(by_reader),
        "two_names": sum(names > 1 for names in by_reader.values()),
    }
    memory, memory_of_fewer = all_of_them.pop("memory"), fewer.pop("memory")
    steps = "\n".join(
        f"| {step} | {seconds:.1f} | {seconds / FEWER / fewer[step][0]:.2f} "
        f"| {queries} | {queries / FEWER / fewer[step][1]:.2f} |"
        for step, (seconds, queries) in all_of_them.items()
    )
    REPORT.write_text(
        DOCUMENT.format(
            date=time.strftime("%Y-%m-%d"),
            machine=machine(),
            versions=versions("Django"),
            readers=READERS,
            fewer=READERS // FEWER,
            steps=steps,
            memory=memory,
            memory_of_fewer=memory_of_fewer,
            kills=sum(lives.values()),
            lives=", ".join(f"{count} during `{step}`" for step, count in lives.items()),
            told=len(told),
            mailed=len(by_reader),
            again=sum(times > 1 for times in taken.mails.values()),
            **faults,
        )
    )
    return sum(faults.values()) + READERS - len(told)


if __name__ == "__main__":
    main()
