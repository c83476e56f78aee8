"""Delete what the portal said it would not keep."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import BaseCommand, call_command
from django_tasks import task_backends
from django_tasks_db import DatabaseBackend

from communaute import brouillons, promesse
from communaute.invitations import send_invitations
from communaute.models import Adhesion, Invitation
from pages.models import Signalement


class Command(BaseCommand):
    help = (
        "Efface les messages reçus par la page de contact, une fois traités et vieux d’un an, les "
        "demandes d’adhésion six mois après la réponse, les fichiers qui attendent depuis un mois dans "
        "un brouillon, les sessions finies et les travaux faits ; clôt les demandes d’assouplir une promesse "
        "au bout de leurs quatorze jours ; fait repartir les invitations dont le courriel n’a pu partir. "
        "« recurrent » la lance avec le reste."
    )

    def handle(self, *args, **options):
        effaces, _ = Signalement.objects.outdated().delete()
        demandes, _ = Adhesion.objects.outdated().delete()
        if Invitation.objects.to_send().exists():  # a mail that did not leave
            send_invitations.enqueue()
        fichiers = brouillons.forget_old_files()
        call_command("clearsessions")
        kept = Session.objects.values("session_key")
        UserSession.objects.exclude(session_key__in=kept).delete()
        if isinstance(task_backends["default"], DatabaseBackend):
            # Jobs that are done hold what they were given: addresses, codes, links.
            call_command("prune_db_task_results", min_age_days=1, verbosity=0)
        promesse.close_expired()
        self.stdout.write(
            f"Messages effacés : {effaces}. Demandes d’adhésion effacées : {demandes}. "
            f"Fichiers de brouillons effacés : {fichiers}."
        )
