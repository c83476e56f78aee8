"""Open a whole cohort from files."""

import tomllib
from pathlib import Path

from django.core.management import BaseCommand, CommandError
from django.db import transaction

from communaute import listes, ouverture, permissions
from communaute.models import Membre


class Command(BaseCommand):
    help = (
        "Ouvre une cohorte décrite dans un fichier TOML (territoires, alliés, espaces, chartes, "
        "animation) et une liste CSV de personnes à inviter. Tout se fait, ou rien ; ce qui existe déjà "
        "n’est pas touché. Avec --essai, dit ce qui se ferait."
    )

    def add_arguments(self, parser):
        parser.add_argument("description", type=Path, help="le fichier TOML")
        parser.add_argument("--personnes", type=Path, help="la liste CSV des personnes à inviter")
        parser.add_argument(
            "--par",
            required=True,
            help="l’adresse de l’administrateur ou administratrice qui invite",
        )
        parser.add_argument("--essai", action="store_true", help="n’écrire rien")

    def handle(self, *, description, personnes, par, essai, **options):
        user = Membre.objects.filter(email=par.lower()).first()
        if user is None or not permissions.administers(user):
            raise CommandError(f"« {par} » n’administre pas ce portail.")
        try:
            told = tomllib.loads(listes.decoded(description.read_bytes()))
            people = listes.decoded(personnes.read_bytes()) if personnes else ""
            with transaction.atomic():
                made = ouverture.open_cohort(user, told, people)
                transaction.set_rollback(essai)
        except OSError as missing:
            raise CommandError(f"« {missing.filename} » ne peut être lu.") from None
        except tomllib.TOMLDecodeError as wrong:
            raise CommandError(f"« {description} » n’est pas du TOML : {wrong}") from None
        except (listes.Unreadable, ouverture.Refused) as refused:
            raise CommandError(f"Rien n’a été fait.\n{refused}") from None
        for line in made:
            self.stdout.write(f"{'serait fait' if essai else 'fait'} : {line}")
        if not made:
            self.stdout.write("Tout était déjà là.")
