"""What all our page types share."""

from django.db import models
from django.utils.html import strip_tags
from django.utils.text import Truncator
from wagtail.models import Page

DESCRIPTION_LENGTH = 160
"""Characters that search engines and previews show."""


class PortailPage(Page):
    """A page of the portal: it describes itself, and can be reserved for members."""

    private_page_options = ["login"]

    class Meta:
        abstract = True

    @property
    def description(self):
        """The page in one or two sentences, as plain text."""
        text = self.search_description or strip_tags(getattr(self, "introduction", ""))
        return Truncator(text).chars(DESCRIPTION_LENGTH)


class ARelire(models.Model):
    """A page that says when it should be read again."""

    relire_le = models.DateField(
        "à relire à partir du",
        null=True,
        blank=True,
        help_text="Ce jour-là, la page vous attendra sur l’accueil de la gestion.",
    )

    class Meta:
        abstract = True
