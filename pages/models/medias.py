"""Pictures and documents: Wagtail's, in tables of ours."""

from functools import cached_property

from django.core.files.base import ContentFile
from django.db import models
from django.urls import reverse
from wagtail.documents.models import AbstractDocument, Document
from wagtail.images.models import AbstractImage, AbstractRendition, Filter, Image, ImageQuerySet
from wagtail.images.shortcuts import get_renditions_or_not_found


class PortailImageQuerySet(ImageQuerySet):
    def in_bulk(self, *args, **kwargs):
        """As Django's, with the sizes of each: a body's pictures cost as much, few or many."""
        with_sizes = self.prefetch_related("renditions")
        return super(PortailImageQuerySet, with_sizes).in_bulk(*args, **kwargs)


class PortailImage(AbstractImage):
    """A picture: Wagtail's, in a table of ours so that it can grow."""

    FORMATS = ("avif", "webp")
    WIDTHS = (400, 800, 1600)
    FALLBACK = "width-800|format-jpeg"

    admin_form_fields = Image.admin_form_fields

    objects = PortailImageQuerySet.as_manager()

    class Meta(AbstractImage.Meta):
        verbose_name = "image"

    @cached_property
    def picture(self):
        """What ``composants/image.html`` shows: ``sources``, the lightest first, and the ``url``,
        ``width`` and ``height`` of the one that every browser knows.

        Sources take seconds to make: they are shown once ``make_sizes`` made them. Read this on
        pictures whose ``renditions`` are prefetched.
        """
        made = self.find_existing_renditions(*map(Filter, self._sources()))
        sources = {}
        for filter_, rendition in made.items():
            sources.setdefault(filter_.spec.rpartition("-")[2], {})[rendition.width] = rendition.url
        fallback = get_renditions_or_not_found(self, [self.FALLBACK])[self.FALLBACK]
        return {
            "sources": [
                {
                    "type": f"image/{name}",
                    # A picture is never enlarged: two sizes of a small one are the same.
                    "srcset": ", ".join(f"{sources[name][w]} {w}w" for w in sorted(sources[name])),
                }
                for name in self.FORMATS
                if name in sources
            ],
            "url": fallback.url,
            "width": fallback.width,
            "height": fallback.height,
        }

    def make_sizes(self):
        """Make what ``picture`` shows, where it is missing."""
        get_renditions_or_not_found(self, [self.FALLBACK, *self._sources()])

    def generate_rendition_file(self, *args, **kwargs):
        """Wagtail's, but in memory: it would leave a temporary file open for each size."""
        with super().generate_rendition_file(*args, **kwargs) as made:
            made.seek(0)
            return ContentFile(made.read(), made.name)

    def _sources(self):
        return [f"width-{width}|format-{name}" for name in self.FORMATS for width in self.WIDTHS]


class PortailRendition(AbstractRendition):
    """A picture at one size, made when it is first asked for."""

    image = models.ForeignKey(PortailImage, models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="rendition_unique"
            )
        ]
        indexes = [models.Index(fields=["file"], name="rendition_file")]

    @property
    def url(self):
        """The portal's own address, wherever the file is stored: who may read it is asked there."""
        return reverse("image", args=[self.file.name.removeprefix("images/")])


class PortailDocument(AbstractDocument):
    """A file to read: Wagtail's, in a table of ours so that it can grow."""

    admin_form_fields = Document.admin_form_fields

    class Meta(AbstractDocument.Meta):
        verbose_name = "document"
