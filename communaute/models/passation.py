"""What who leaves a seat hands over to who comes after."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from communaute import markdown
from communaute.models.membres import Siege


class MotDePassationQuerySet(models.QuerySet):
    def readable_by(self, user):
        """One's own while one holds the seat, and those of the seats that one's own succeed."""
        held = Siege.objects.held_by(user.pk)
        return self.filter(Q(siege__in=held) | Q(siege__successeur__in=held))

    def received_by(self, user, on=None):
        """Those that were written for ``user``, who holds the next seat on that day (today by default)."""
        return self.filter(siege__successeur__in=Siege.objects.held_by(user.pk, on))

    def unread(self):
        """Those that their reader has not said they read."""
        return self.filter(lu_le=None)


class MotDePassation(models.Model):
    """A word for whoever holds the seat next: read by them alone, and by its author until the seat ends."""

    siege = models.OneToOneField(
        Siege, models.PROTECT, related_name="mot_de_passation", verbose_name="siège"
    )
    texte = models.TextField("texte")
    ecrit_le = models.DateTimeField("écrit le", default=timezone.now)
    lu_le = models.DateTimeField("lu le", null=True, blank=True)

    objects = MotDePassationQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "mot de passation"
        verbose_name_plural = "mots de passation"
        ordering = ["-ecrit_le", "-pk"]

    def __str__(self):
        return "Mot de passation"

    @property
    def texte_rendu(self):
        """The text as safe HTML."""
        return markdown.render(self.texte)
