"""What comes back: run it every few minutes."""

import fcntl
import logging
from contextlib import contextmanager

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection

from portail.health import beat

COMMANDS = ["publish_scheduled", "relever", "menage", "courriels"]
log = logging.getLogger(__name__)
LOCK = 0x504F5254
"""Any number, the same in every process: PostgreSQL names its locks by numbers."""


class Command(BaseCommand):
    help = (
        "Publie et retire les pages dont c’est l’heure, relève la boîte où arrivent les réponses, fait "
        "le ménage et envoie les courriels dus. À lancer "
        "toutes les quelques minutes ; si un autre passage n’a pas fini, celui-ci s’arrête sans rien faire."
    )

    def handle(self, *args, **options):
        with alone() as first:
            if not first:
                self.stdout.write("Un autre passage est en cours.")
                return
            failed = [name for name in COMMANDS if not self._done(name)]
        if failed:
            raise CommandError(f"N’ont pas abouti : {', '.join(failed)}. Le reste est fait.")
        beat.enqueue()

    def _done(self, name):
        """Whether ``name`` went through: one that fails does not keep the others from their turn."""
        try:
            call_command(name, stdout=self.stdout)
        except Exception:  # whatever it is
            log.exception("N’a pas abouti : %s", name)
            return False
        return True


@contextmanager
def alone():
    """Yield whether nobody else is at it, on any machine (PostgreSQL) or on this one (SQLite)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            first = cursor.fetchone()[0]
            try:
                yield first
            finally:
                if first:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        return
    settings.VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.VAR_DIR / "recurrent.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
