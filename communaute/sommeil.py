"""Accounts that nobody comes to any more: their owner is warned, then they are forgotten."""

from functools import partial

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
    """Write to all those whose account will be forgotten, once; two at once write once.

    Whoever has an address that takes no mail any more cannot be told, and is forgotten like the others.
    """
    today = timezone.localdate()
    told = {"prevenu_le": today}
    courriel.send_to_each(
        Membre.objects.to_warn(),
        partial(_letter, cohorte=Cohorte.load(), today=today),
        sent=told,
        refused=told | {"courriel_refuse_le": timezone.now()},
    )


def _letter(membre, cohorte, today):
    two_years = conservation.months_before(membre.visite, -conservation.COMPTE)
    context = {
        "membre": membre,
        "cohorte": cohorte,
        "jour": max(two_years, today + conservation.PREAVIS),
        "adresse": f"{settings.SITE_URL}{reverse('communaute:accueil')}",
    }
    return membre.email, "communaute/email/compte_endormi.txt", context


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
