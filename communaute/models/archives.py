"""What a member asked to be given of all that the portal holds about them."""

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.urls import reverse
from django.utils import timezone

from communaute.conservation import ARCHIVE
from communaute.models.membres import new_reference


def private_storage():
    """Where archives lie: under no address, served by a view that asks whose it is."""
    return storages["pieces_jointes"]


def unguessable(archive, filename):
    """A name that tells nothing of whose archive it is, nor how to ask for it."""
    name = new_reference()
    return f"archives/{name[:2]}/{name}"


class ArchiveQuerySet(models.QuerySet):
    def readable_by(self, user):
        """One's own, as long as it is kept."""
        return self.filter(membre=user.pk, demandee_le__gt=timezone.now() - ARCHIVE)

    def outdated(self):
        """Those whose time is over."""
        return self.filter(demandee_le__lte=timezone.now() - ARCHIVE)

    def waiting(self):
        """Those that are asked for and not made yet."""
        return self.filter(prete_le=None)


class Archive(models.Model):
    """That a member asked for all that the portal holds about them, and the file that was made of it."""

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    membre = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="membre"
    )
    demandee_le = models.DateTimeField("demandée le", default=timezone.now)
    prete_le = models.DateTimeField("prête le", null=True)
    fichier = models.FileField(storage=private_storage, upload_to=unguessable, blank=True)

    objects = ArchiveQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "archive"
        ordering = ["-demandee_le", "-pk"]

    def __str__(self):
        return "Archive"

    def get_absolute_url(self):
        return reverse("archive", args=[self.reference])

    @property
    def jusquau(self):
        """When it will be deleted."""
        return self.demandee_le + ARCHIVE
