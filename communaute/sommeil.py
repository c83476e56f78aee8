"""Accounts that nobody comes to any more: their owner is warned, then they are forgotten."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from communaute import conservation, courriel, effacement
from communaute.models import Cohorte, Membre


@task()
def warn():
    """Write to all those whose account will be forgotten, once; two at once write once."""
    today = timezone.localdate()
    for pk in Membre.objects.to_warn().order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            due = Membre.objects.to_warn().select_for_update(
                skip_locked=True, of=("self",), no_key=True
            )
            if membre := due.filter(pk=pk).first():
                Membre.objects.filter(pk=pk).update(prevenu_le=today)
                courriel.send(
                    membre.email, "communaute/email/compte_endormi.txt", _told(membre, today)
                )


def _told(membre, today):
    two_years = conservation.months_before(membre.visite, -conservation.COMPTE)
    return {
        "membre": membre,
        "cohorte": Cohorte.load(),
        "jour": max(two_years, today + conservation.PREAVIS),
        "adresse": f"{settings.SITE_URL}{reverse('communaute:accueil')}",
    }


def forget():
    """Anonymise those who were warned in time and did not come back, and return how many.

    What they wrote stays, unsigned. Who would leave nobody to set the cohort up stays too.
    """
    forgotten = 0
    for pk in Membre.objects.to_forget().order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            # They may have come back meanwhile.
            due = Membre.objects.to_forget().select_for_update(of=("self",), no_key=True)
            membre = due.filter(pk=pk).first()
            forgotten += membre is not None and _is_forgotten(membre)
    return forgotten


def _is_forgotten(membre):
    try:
        effacement.anonymise(membre, withdraw=False, asleep=True)
    except PermissionDenied:
        return False
    return True
