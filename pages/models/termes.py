"""What learnings and projects are about: the terms of the method, and the themes."""

from django.db import models


class Terme(models.Model):
    """A term of the method: fixed by its ``code``, worded by the cohort."""

    code = models.SlugField("code", max_length=20, primary_key=True)
    nom = models.CharField("nom", max_length=60)
    question = models.CharField("question", max_length=200)
    rang = models.PositiveSmallIntegerField("rang", unique=True)

    class Meta:
        abstract = True
        ordering = ["rang"]

    def __str__(self):
        return self.nom


class Fondamental(Terme):
    """One of the four fundamentals of the method, and the question it asks."""

    class Meta(Terme.Meta):
        verbose_name = "fondamental"
        verbose_name_plural = "fondamentaux"


class Cadre(Terme):
    """One of the three frames through which a change matures: thought, organisation, action."""

    class Meta(Terme.Meta):
        verbose_name = "cadre"


class Echelle(Terme):
    """One of the three scales: local, regional, national."""

    class Meta(Terme.Meta):
        verbose_name = "échelle"


class Theme(models.Model):
    """A subject that learnings and projects share, in the words of the cohort."""

    nom = models.CharField("nom", max_length=60, unique=True)
    slug = models.SlugField("dans l’adresse", max_length=60, unique=True)

    class Meta:
        verbose_name = "thème"
        ordering = ["nom"]

    def __str__(self):
        return self.nom
