"""How pictures are taken in."""

from functools import partial

from django.core.exceptions import ValidationError
from wagtail.images.forms import BaseImageForm

DAMAGED = "Cette image est abîmée : on ne sait pas la lire. Choisissez-en une autre."


class ImageForm(BaseImageForm):
    """Wagtail's, which breaks on a picture that is damaged: here one is told."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if file := self.fields.get("file"):
            file.to_python = partial(_read, file.to_python)


def _read(to_python, upload):
    try:
        return to_python(upload)
    except ValidationError:
        raise
    except Exception as error:  # what Pillow raises on a damaged picture is of any kind
        raise ValidationError(DAMAGED) from error
