"""Pictures and documents: Wagtail's, in tables of ours."""

from django.db import models
from wagtail.documents.models import AbstractDocument, Document
from wagtail.images.models import AbstractImage, AbstractRendition, Image


class PortailImage(AbstractImage):
    """A picture: Wagtail's, in a table of ours so that it can grow."""

    admin_form_fields = Image.admin_form_fields

    class Meta(AbstractImage.Meta):
        verbose_name = "image"


class PortailRendition(AbstractRendition):
    """A picture at one size, made when it is first asked for."""

    image = models.ForeignKey(PortailImage, models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="rendition_unique"
            )
        ]


class PortailDocument(AbstractDocument):
    """A file to read: Wagtail's, in a table of ours so that it can grow."""

    admin_form_fields = Document.admin_form_fields

    class Meta(AbstractDocument.Meta):
        verbose_name = "document"
