"""Delete what the portal said it would not keep."""

from django.core.management import BaseCommand, call_command

from communaute import brouillons, promesse
from pages.models import Signalement


class Command(BaseCommand):
    help = (
        "Efface les messages reçus par la page de contact, une fois traités et vieux d’un an, les "
        "fichiers qui attendent depuis un mois dans un brouillon, et les sessions finies ; clôt les "
        "demandes d’assouplir une promesse au bout de leurs quatorze jours. « recurrent » la lance avec le "
        "reste."
    )

    def handle(self, *args, **options):
        effaces, _ = Signalement.objects.outdated().delete()
        fichiers = brouillons.forget_old_files()
        call_command("clearsessions")
        promesse.close_expired()
        self.stdout.write(
            f"Messages effacés : {effaces}. Fichiers de brouillons effacés : {fichiers}."
        )
