"""What was said in the room of a meeting: notes, that those who were there sort, and what is kept of them."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from communaute import conservation
from communaute.models.echanges import readable_topic
from communaute.models.membres import new_reference
from communaute.models.rencontres import TIME_TO_SORT, Presence, Rencontre


class NoteDeRencontreQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those of the meetings where ``user`` was; of the others that they may read of, what the minutes
        keep.
        """
        there = Presence.objects.there().filter(rencontre=OuterRef("rencontre"), membre=user.pk)
        about = readable_topic("rencontre__topic__", user), Q(rencontre__topic__titre_masque="")
        return self.filter(*about, Exists(there) | self._in_minutes())

    def in_minutes(self):
        """Those that were sorted, once the time to sort is over."""
        return self.filter(self._in_minutes())

    @staticmethod
    def _in_minutes():
        over = timezone.now() - TIME_TO_SORT
        return Q(rencontre__fin__lte=over) & ~Q(suite=NoteDeRencontre.Suite.A_TRIER)

    def outdated(self):
        """Those that nobody sorted, long enough ago."""
        since = timezone.now() - TIME_TO_SORT - conservation.NOTE_NON_TRIEE
        return self.filter(suite=NoteDeRencontre.Suite.A_TRIER, rencontre__fin__lt=since)


class NoteDeRencontre(models.Model):
    """What somebody noted of what was said in a meeting, without who wrote it, who said it, nor when.

    Until the time to sort is over, and after it as long as nobody sorted it, it is there for those who were
    there, and nobody else. ``ouvre`` is the topic it led to.
    """

    class Suite(models.TextChoices):
        A_TRIER = "", "À trier"
        RESTE_ICI = "reste_ici", "Reste ici"
        BESOIN = "besoin", "Besoin à adresser"
        DESACCORD = "desaccord", "Désaccord"
        METTRE_EN_COMMUN = "mettre_en_commun", "À mettre en commun"

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    rencontre = models.ForeignKey(Rencontre, models.CASCADE, related_name="notes")
    texte = models.TextField("texte", max_length=1000)
    suite = models.CharField("ce qu’elle devient", max_length=16, choices=Suite, blank=True)
    ouvre = models.ForeignKey(
        "forum_conversation.Topic",
        models.SET_NULL,
        related_name="+",
        null=True,
        verbose_name="sujet ouvert",
    )

    objects = NoteDeRencontreQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "note de rencontre"
        verbose_name_plural = "notes de rencontre"
        ordering = ["pk"]

    def __str__(self):
        return f"Note {self.reference}"

    def get_absolute_url(self):
        """Where those who were there sort it."""
        return f"{reverse('communaute:salle', args=[self.rencontre.reference])}#{self.anchor}"

    @property
    def anchor(self):
        """The id of this note in its page."""
        return f"note-{self.reference}"
