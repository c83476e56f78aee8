"""What is told by mail and by the bell, and is due."""

from django.core.management import BaseCommand

from communaute import notifications
from pages import lettre


class Command(BaseCommand):
    help = (
        "Prépare et envoie les courriels dus : résumés et lettre de la semaine dont c’est l’heure, courriels "
        "à essayer de nouveau, ce qu’un travail interrompu a laissé. « recurrent » la lance avec le reste."
    )

    def handle(self, *args, **options):
        lettre.make_due()
        notifications.catch_up()
