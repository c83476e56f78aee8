"""The mailbox where members' answers arrive."""

from django.core.management import BaseCommand

from communaute import boite


class Command(BaseCommand):
    help = (
        "Relève la boîte IMAP où arrivent les réponses par courriel ; ne fait rien sans IMAP_URL. "
        "« recurrent » la lance avec le reste."
    )

    def handle(self, *args, **options):
        if taken := boite.empty():
            self.stdout.write(f"Courriels relevés : {taken}.")
