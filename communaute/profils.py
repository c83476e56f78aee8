"""What a member changes of their profile, in one transaction; a photo that is replaced is erased."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from communaute.models import Membre, Profil
from communaute.pieces import PICTURES, redrawn

MAX_SIDE = 640
"""Pixels of the longest side that is kept of a photo."""


def of(membre):
    """The profile of ``membre``, empty where they said nothing of themselves yet."""
    return Profil.objects.filter(membre=membre).first() or Profil(membre=membre)


def photo(upload):
    """The picture ``upload`` drawn anew, smaller, without what the camera noted; ``ValidationError``."""
    ending = upload.name.rpartition(".")[2].lower()
    if ending not in PICTURES:
        raise ValidationError("Choisissez une image JPEG, PNG ou WebP.")
    content, _ = redrawn(upload, PICTURES[ending], MAX_SIDE, kept_as="WEBP")
    return content


@transaction.atomic
def save(profil, new_photo=None, *, without_photo=False, nomme_publiquement):
    """Keep ``profil`` as its member filled it in, with or without another photo."""
    membre = Membre.objects.held(profil.membre_id)
    if not membre.is_active:  # they left meanwhile
        raise PermissionDenied
    kept = Profil.objects.filter(membre=membre).values_list("photo", flat=True).first() or ""
    profil.photo = kept
    if new_photo or without_photo:
        profil.photo = ""
    if new_photo:
        profil.photo.save("photo", new_photo, save=False)
    profil.save()
    if kept and kept != profil.photo.name:
        storage = profil.photo.storage
        transaction.on_commit(lambda: storage.delete(kept))
    if nomme_publiquement != membre.nomme_publiquement:
        membre.nomme_publiquement = nomme_publiquement
        membre.save(update_fields=["nomme_publiquement"])
