"""Taking the letter of the week, and ending it, as a member or not.

What is done of an address is done by a job, the same whatever is known of it: the answer, and how long it
takes, tell nobody who takes the letter. The links that a mail bears name a reference, never an address.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from communaute import courriel, notifications
from communaute.journal_des_effacements import Journal
from communaute.models import Abonnement, Cohorte, Envoi, Membre

CONFIRM, STOP = "lettre.confirmer", "lettre.arreter"
"""What a link is for: one that serves for the one opens nothing of the other."""
SILENCE = timedelta(hours=1)
"""How long an address that was written to is left alone, however often it is given."""


@task(priority=1)
def ask(email):
    """Write to ``email``, which somebody gave for the letter: to confirm it, or to say that it takes it."""
    if envoi := _asked(email):
        notifications.deliver_one(envoi.pk)


@transaction.atomic
def _asked(email):
    """The mail to send to that address, kept; None when it was written to a moment ago."""
    Abonnement.objects.get_or_create(email=email)
    abonnement = Abonnement.objects.select_for_update(no_key=True).get(email=email)
    now = timezone.now()
    on_its_way = Q(etat__in=(Envoi.Etat.DU, Envoi.Etat.EN_COURS))
    lately = abonnement.envois.filter(on_its_way | Q(cree_le__gt=now - SILENCE), lettre=None)
    if lately.exists():
        return None
    if abonnement.confirme_le is None:
        Abonnement.objects.filter(pk=abonnement.pk).update(demande_le=now)
    return Envoi.objects.create(abonnement=abonnement)


@courriel.writes(Envoi.Sorte.ABONNEMENT)
def confirmation_in(envoi):
    """The mail to an address that was given: what its owner does to take the letter, or to end it."""
    abonnement = envoi.abonnement
    return courriel.Courriel(
        abonnement.email,
        "communaute/email/abonnement.txt",
        {
            "cohorte": Cohorte.load(),
            "est_confirme": abonnement.confirme_le is not None,
            "confirmer": confirm_address(abonnement),
            "arreter": stop_address(abonnement),
        },
        headers=courriel.headers_of(envoi),
    )


def confirm(reference):
    """Note that its owner said yes, if they did in time: once is enough."""
    Abonnement.objects.waiting().filter(reference=reference).update(confirme_le=timezone.now())


@transaction.atomic
def stop(reference):
    """Send the letter no more to whom this reference names, a member or not."""
    for model in (Abonnement, Membre):
        for email in model.objects.filter(reference=reference).values_list("email", flat=True):
            forget(email)


@transaction.atomic
def forget(email):
    """Send the letter no more to that address; return whether it took it.

    The journal of who left has it, by its reference: a backup brings it back to nobody.
    """
    known = Abonnement.objects.filter(email=email)
    references = list(known.values_list("reference", flat=True))
    for reference in references:
        Journal().write(reference, True, timezone.now())
    known.delete()
    membre = Membre.objects.taking_letter().filter(email=email).first()
    if membre:
        Membre.objects.filter(pk=membre.pk).update(lettre=False)
    return bool(references or membre)


@transaction.atomic
def choose(membre):
    """Save how often ``membre`` is written to: who takes no letter does not take it otherwise either."""
    notifications.choose(membre)
    if not membre.lettre:
        forget(membre.email)


def takes_letter(reference):
    """Whether whom this reference names takes the letter, a member or not."""
    return (
        Abonnement.objects.filter(reference=reference).exists()
        or Membre.objects.taking_letter().filter(reference=reference).exists()
    )


# --- The links of the mails


def confirm_address(abonnement):
    """Where its owner confirms ``abonnement``."""
    return _link("lettre_confirmer", abonnement, CONFIRM)


def stop_address(recipient):
    """Where ``recipient``, a member or an ``Abonnement``, ends the letter: it opens nothing else."""
    return _link("lettre_arreter", recipient, STOP)


def _link(route, recipient, purpose):
    jeton = signing.dumps(recipient.reference, salt=purpose)
    return f"{settings.SITE_URL}{reverse(route, args=[jeton])}"


def named_by(jeton, purpose):
    """The reference that a link for that purpose names, or None."""
    try:
        return signing.loads(jeton, salt=purpose)
    except signing.BadSignature:
        return None
