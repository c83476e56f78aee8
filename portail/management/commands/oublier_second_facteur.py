"""Let in again someone who lost their second factor."""

from django.core.management import BaseCommand, CommandError

from communaute import second_facteur
from communaute.models import Membre


class Command(BaseCommand):
    help = (
        "Retire à un membre ses clés d’accès, son application et ses codes de secours, et ferme ses "
        "sessions. Vérifiez d’abord, de vive voix, que c’est bien la personne : qui lit son courrier pourra "
        "entrer. Le membre en est averti, et l’acte est écrit dans le journal avec son motif."
    )

    def add_arguments(self, parser):
        parser.add_argument("email", help="l’adresse du membre")
        parser.add_argument(
            "--motif", required=True, help="pourquoi, et comment la personne a été reconnue"
        )

    def handle(self, *args, email, motif, **options):
        membre = Membre.objects.filter(email=email.lower()).first()
        if membre is None:
            raise CommandError("Aucun membre n’a cette adresse.")
        second_facteur.forget(membre, motif)
        self.stdout.write(f"Le second facteur de {membre} est retiré.")
