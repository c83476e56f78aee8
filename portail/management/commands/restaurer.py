"""Put back a backup of the whole portal."""

from pathlib import Path

from django.core.management import BaseCommand, CommandError

from portail import database, sauvegarde


class Command(BaseCommand):
    help = (
        "Remet la base et les fichiers dans l’état d’une sauvegarde, après en avoir vérifié chaque somme, "
        "puis les amène à cette version du portail et efface ce qui a été effacé depuis. Le site doit être "
        "arrêté."
    )

    def add_arguments(self, parser):
        parser.add_argument("source", type=Path, help="le dossier de la sauvegarde")
        parser.add_argument(
            "--remplacer",
            action="store_true",
            help="remplacer une installation qui n’est pas vide",
        )

    def handle(self, *, source, remplacer, **options):
        try:
            manifest = sauvegarde.restore(source, replace=remplacer, say=self.stdout.write)
        except (database.DatabaseFailed, sauvegarde.Refused) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(
            self.style.SUCCESS(f"La sauvegarde du {manifest['faite_le']} est en place.")
        )
        if sauvegarde.is_of_another_key(manifest):
            self.stderr.write(
                "SECRET_KEY n’est pas celle de la sauvegarde : les applications de codes et les codes de "
                "secours sont à refaire, et les invitations à renvoyer."
            )
