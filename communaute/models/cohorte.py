"""The cohort itself: one installation, one cohort."""

from django.conf import settings
from django.db import models
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting


@register_setting(icon="group")
class Cohorte(BaseGenericSetting):
    """The cohort's name, region, presentation and contact, as shown on every page."""

    nom = models.CharField("nom de la cohorte", max_length=100, default="Cohorte")
    region = models.CharField("région", max_length=100, default="Occitanie")
    presentation = models.TextField(
        "présentation",
        max_length=300,
        blank=True,
        help_text="Une phrase : elle accompagne le site dans les moteurs de recherche.",
    )
    email_contact = models.EmailField("adresse de contact", blank=True)
    referent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="référent·e",
        help_text=(
            "La seule personne qui, quand la loi y oblige, peut ouvrir un message signalé, et ce message "
            "seulement, avec un motif que lisent son auteur·rice et les membres de l’espace."
        ),
    )

    class Meta:
        verbose_name = "cohorte"

    def __str__(self):
        return self.nom
