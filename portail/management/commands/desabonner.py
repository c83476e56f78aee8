"""Take an address off the letter of the week, for whoever asks for it otherwise than by its link."""

from django.core.management import BaseCommand, CommandError

from communaute import abonnements


class Command(BaseCommand):
    help = (
        "N’envoie plus la lettre de la semaine à une adresse, et l’efface si ce n’est pas celle d’un membre, "
        "comme le lien au bas de chaque lettre."
    )

    def add_arguments(self, parser):
        parser.add_argument("email", help="l’adresse qui ne veut plus de la lettre")

    def handle(self, *args, email, **options):
        if not abonnements.forget(email.lower()):
            raise CommandError("Cette adresse ne reçoit pas la lettre.")
        self.stdout.write("C’est fait : cette adresse ne reçoit plus la lettre.")
