"""Bring a database, empty or not, to what this version of the portal needs."""

from django.core.management import BaseCommand, call_command

from communaute import reference
from pages import foundation


class Command(BaseCommand):
    help = (
        "Migre la base, crée la table de cache si elle sert, charge les listes officielles et pose "
        "les premières pages. Sans effet sur une base déjà à jour."
    )

    def handle(self, *args, verbosity, **options):
        self.stdout.write("Migration de la base (une vingtaine de secondes la première fois)…")
        call_command("migrate", interactive=False, verbosity=verbosity - 1)
        call_command("createcachetable", verbosity=verbosity - 1)
        self.stdout.write("Listes officielles des communes et des EPCI…")
        reference.load()
        foundation.lay()
        self.stdout.write(self.style.SUCCESS("La base est prête."))
