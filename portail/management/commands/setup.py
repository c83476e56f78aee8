"""Bring a database, empty or not, to what this version of the portal needs."""

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command

from communaute import reference
from communaute.models import Membre
from pages import foundation
from portail.demonstration import ACCOUNTS

DEMO_EMAILS = [account["email"] for account in ACCOUNTS]


class Command(BaseCommand):
    help = (
        "Migre la base, crée la table de cache si elle sert, charge les listes officielles, pose "
        "les premières pages et refait l’index de la recherche. Sans effet sur une base déjà à jour."
    )

    def handle(self, *args, verbosity, **options):
        settings.VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.stdout.write("Migration de la base (une vingtaine de secondes la première fois)…")
        call_command("migrate", interactive=False, verbosity=verbosity - 1)
        call_command("createcachetable", verbosity=verbosity - 1)
        self.stdout.write("Listes officielles des communes et des EPCI…")
        if not settings.DEMO and Membre.objects.filter(email__in=DEMO_EMAILS).exists():
            raise CommandError(
                "Cette base contient la cohorte de démonstration, dont les mots de passe sont connus : "
                "le portail ne s’ouvre sur elle qu’avec DEMO=1. Prenez une base neuve."
            )
        reference.load()
        foundation.lay()
        self.stdout.write("Index de la recherche…")
        call_command("update_index", verbosity=0)
        self.stdout.write(self.style.SUCCESS("La base est prête."))
