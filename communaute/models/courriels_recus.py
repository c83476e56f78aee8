"""What members answered by mail."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from communaute import conservation


class CourrielRecuQuerySet(models.QuerySet):
    def outdated(self):
        """Those received long enough ago: the address that they answered serves no more."""
        return self.filter(recu_le__lt=timezone.now() - conservation.NOTIFICATION)


class CourrielRecu(models.Model):
    """That a member answered a mail, and what became of it; delivered again, it is known. What it said is
    not here.
    """

    class Issue(models.TextChoices):
        PUBLIE = "publie", "Paru"
        ATTEND = "attend", "Attend une relecture"
        REFUSE = "refuse", "Refusé"
        IGNORE = "ignore", "Ignoré"

    cle = models.UUIDField(unique=True, editable=False)
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    issue = models.CharField("issue", max_length=10, choices=Issue)
    recu_le = models.DateTimeField("reçu le", default=timezone.now)

    objects = CourrielRecuQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "courriel reçu"
        verbose_name_plural = "courriels reçus"
        ordering = ["-recu_le", "-pk"]
        indexes = [models.Index(fields=["membre", "-recu_le"], name="courriel_recu_de_membre")]

    def __str__(self):
        return f"Courriel reçu le {timezone.localtime(self.recu_le):%d/%m/%Y à %H:%M}"
