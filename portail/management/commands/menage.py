"""Delete what the portal said it would not keep."""

from django.core.management import BaseCommand, call_command

from communaute import brouillons, promesse
from communaute.invitations import send_invitations
from communaute.models import Adhesion, Invitation
from pages.models import Signalement


class Command(BaseCommand):
    help = (
        "Efface les messages reçus par la page de contact, une fois traités et vieux d’un an, les "
        "demandes d’adhésion six mois après la réponse, les fichiers qui attendent depuis un mois dans "
        "un brouillon, et les sessions finies ; clôt les demandes d’assouplir une promesse au bout de "
        "leurs quatorze jours ; fait repartir les invitations dont le courriel n’a pu partir. "
        "« recurrent » la lance avec le reste."
    )

    def handle(self, *args, **options):
        effaces, _ = Signalement.objects.outdated().delete()
        demandes, _ = Adhesion.objects.outdated().delete()
        if Invitation.objects.to_send().exists():  # a mail that did not leave
            send_invitations.enqueue()
        fichiers = brouillons.forget_old_files()
        call_command("clearsessions")
        promesse.close_expired()
        self.stdout.write(
            f"Messages effacés : {effaces}. Demandes d’adhésion effacées : {demandes}. "
            f"Fichiers de brouillons effacés : {fichiers}."
        )
