"""Save the whole portal: database and files."""

from pathlib import Path

from django.core.management import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from communaute import conservation
from portail import database, sauvegarde


class Command(BaseCommand):
    help = (
        "Copie la base et les fichiers dans un dossier daté de DESTINATION, avec leurs sommes SHA-256, "
        "pendant que le site tourne ; puis efface de DESTINATION les sauvegardes trop vieilles."
    )

    def add_arguments(self, parser):
        parser.add_argument("destination", type=Path, help="le dossier des sauvegardes")
        parser.add_argument(
            "--garder",
            type=int,
            metavar="JOURS",
            default=conservation.SAUVEGARDE.days,
            help="combien de jours une sauvegarde est gardée (%(default)s)",
        )

    def handle(self, *, destination, garder, **options):
        try:
            folder, manifest = sauvegarde.save(destination)
        except (database.DatabaseFailed, sauvegarde.Refused, OSError) as failed:
            raise CommandError(f"Rien n’est sauvegardé. {failed}") from None
        self.stdout.write(
            f"{folder} : la base, fichiers : {manifest['fichiers']} ({filesizeformat(manifest['octets'])})."
        )
        if forgotten := sauvegarde.forget_old(destination, garder):
            self.stdout.write(f"Anciennes sauvegardes effacées : {forgotten}.")
