"""What is told by mail and by the bell, and is due."""

from django.core.management import BaseCommand

from communaute import notifications


class Command(BaseCommand):
    help = (
        "Prépare et envoie les courriels dus : résumés dont c’est l’heure, courriels à essayer de nouveau, "
        "ce qu’un travail interrompu a laissé. « recurrent » la lance avec le reste."
    )

    def handle(self, *args, **options):
        notifications.catch_up()
