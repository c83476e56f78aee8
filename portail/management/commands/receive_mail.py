"""One mail received, from the mail server that pipes it."""

import os
import sys

from django.core.management import BaseCommand, CommandError

from communaute import reponses
from communaute.courriels_recus import MAX_BYTES


class Command(BaseCommand):
    help = (
        "Lit sur l’entrée standard un courriel reçu et en fait ce qu’il faut : une réponse de membre paraît "
        "dans son sujet, un rapport d’échec suspend les envois à son adresse, le reste est ignoré. Rend 75 "
        "(EX_TEMPFAIL) quand le serveur de courrier doit le redonner plus tard."
    )

    def handle(self, *args, **options):
        # One sign more than is read: that it is too large is known, and the rest is let go by.
        raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        try:
            resultat = reponses.receive(raw)
        except Exception as error:
            raise CommandError(
                f"À redonner plus tard : {type(error).__qualname__}.", returncode=os.EX_TEMPFAIL
            ) from None
        self.stdout.write(f"{resultat.issue.label}.")
