"""What the letter of the week told of."""

from django.db import models

from communaute.models import Lettre
from pages.models.enseignements import EnseignementPage


class Annonce(models.Model):
    """That a learning was told of in a letter: once, whatever becomes of it.

    Without a letter, it was published before there were any.
    """

    page = models.OneToOneField(EnseignementPage, models.CASCADE, related_name="annonce")
    lettre = models.ForeignKey(
        Lettre, models.PROTECT, related_name="annonces", null=True, blank=True
    )

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "annonce d’un enseignement"

    def __str__(self):
        return f"Annonce de « {self.page} »"
