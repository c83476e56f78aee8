"""The letter of the week, and who takes it without being a member."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from communaute import conservation
from communaute.dates import day_said
from communaute.models.membres import Membre, new_reference


class LettreQuerySet(models.QuerySet):
    def with_counts(self):
        """With how many mails of each were sent, wait, and failed."""
        states = {"parties": ("envoye",), "attendent": ("du", "en_cours"), "en_echec": ("echec",)}
        return self.annotate(
            **{
                name: models.Count("envois", filter=Q(envois__etat__in=etats))
                for name, etats in states.items()
            }
        )


class Lettre(models.Model):
    """What the cohort learned until a Monday: one a week, which goes to nobody when nothing was learned.

    ``pages`` knows what it tells of: this only says that a week is done.
    """

    semaine = models.DateField("lundi", unique=True)
    faite_le = models.DateTimeField("préparée le", default=timezone.now)

    objects = LettreQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "lettre de la semaine"
        ordering = ["-semaine"]

    def __str__(self):
        return f"Lettre du {day_said(self.semaine)}"


class AbonnementQuerySet(models.QuerySet):
    def confirmed(self):
        """Those whose owner said yes from their mailbox."""
        return self.exclude(confirme_le=None)

    def waiting(self):
        """Those that can still be confirmed."""
        return self.filter(confirme_le=None, demande_le__gt=_oldest())

    def outdated(self):
        """Those that nobody confirmed in time."""
        return self.filter(confirme_le=None, demande_le__lte=_oldest())

    def to_write_to(self):
        """Those that take the letter, but for members who take it as members."""
        return self.confirmed().exclude(email__in=Membre.objects.taking_letter().values("email"))


def _oldest():
    return timezone.now() - conservation.ABONNEMENT


class Abonnement(models.Model):
    """An address that takes the letter, once its owner confirmed it: nothing else is known of them.

    It goes with all that was to be written to it.
    """

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    email = models.EmailField("adresse électronique", unique=True)
    demande_le = models.DateTimeField("demandé le", default=timezone.now)
    confirme_le = models.DateTimeField("confirmé le", null=True)

    objects = AbonnementQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "abonnement à la lettre"
        verbose_name_plural = "abonnements à la lettre"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="abonnement_email_en_minuscules"
            )
        ]

    def __str__(self):
        return f"Abonnement {self.reference}"
