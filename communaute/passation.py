"""The word that who leaves a seat writes for who comes after, and that it was read."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from communaute import conservation
from communaute.models import MotDePassation, Siege


@transaction.atomic
def write(membre, siege, texte):
    """Leave ``texte`` with the seat ``siege``, which ``membre`` holds today; nothing when it is empty."""
    held = Siege.objects.held_by(membre.pk).select_for_update(of=("self",))
    siege = held.filter(pk=siege.pk).first()
    if siege is None:
        raise PermissionDenied
    if not texte:
        MotDePassation.objects.filter(siege=siege).delete()
        return
    written = {"texte": texte, "ecrit_le": timezone.now()}
    MotDePassation.objects.update_or_create(siege=siege, defaults=written)


def mark_read(membre, key):
    """Record that ``membre`` read the word of that key, which was written for them."""
    received = MotDePassation.objects.received_by(membre).unread()
    received.filter(pk=key).update(lu_le=timezone.now())


def forget_old():
    """Delete the words that were read long ago, and return how many."""
    long_ago = timezone.now() - conservation.MOT_DE_PASSATION
    return MotDePassation.objects.filter(lu_le__lt=long_ago).delete()[0]
