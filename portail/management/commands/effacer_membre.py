"""Have a member leave who asked for it otherwise than on the site."""

from django.core.exceptions import PermissionDenied
from django.core.management import BaseCommand, CommandError

from communaute import effacement
from communaute.models import Membre


class Command(BaseCommand):
    help = (
        "Ferme pour de bon le compte d’un membre qui l’a demandé, comme la page « Fermer mon compte » : son "
        "nom, son adresse, son profil s’effacent ; ses messages restent sans son nom, ou sont retirés. "
        "Vérifiez d’abord, de vive voix, que c’est bien la personne. Elle en est avertie par courriel."
    )

    def add_arguments(self, parser):
        parser.add_argument("email", help="l’adresse du membre")
        choice = parser.add_mutually_exclusive_group(required=True)
        choice.add_argument(
            "--garder", dest="retirer", action="store_false", help="laisser ses messages, sans nom"
        )
        choice.add_argument(
            "--retirer", dest="retirer", action="store_true", help="retirer ses messages"
        )

    def handle(self, *args, email, retirer, **options):
        membre = Membre.objects.filter(email=email.lower(), parti_le=None).first()
        if membre is None:
            raise CommandError("Aucun membre n’a cette adresse.")
        try:
            effacement.anonymise(membre, retirer)
        except PermissionDenied:
            raise CommandError(
                "C’est la seule personne qui administre le site : nommez d’abord quelqu’un d’autre."
            ) from None
        self.stdout.write("C’est fait : le compte est fermé, et rien n’y dit plus de qui il était.")
