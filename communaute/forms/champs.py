"""Fields of the forms that members fill in."""

import re
from unicodedata import category

from django import forms

from communaute.dates import check_year
from communaute.markdown import MAX_LENGTH


def plain(text):
    """``text`` with lines that end alike, and without the NUL that no database keeps."""
    return text.replace("\r\n", "\n").replace("\0", "")


class LongField(forms.CharField):
    """A text of several lines, as ``plain`` makes it: the end of a line is one sign, as browsers count.

    A browser would cut what is pasted beyond ``max_length`` without a word; here one is told, and loses
    nothing.
    """

    def to_python(self, value):
        return plain(super().to_python(value))

    def widget_attrs(self, widget):
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class WrittenField(LongField):
    """Text with something to be seen in it: spaces of zero width are no message."""

    def to_python(self, value):
        value = super().to_python(value)
        return value if any(category(sign)[0] not in "CZ" for sign in value) else ""


class TextField(WrittenField):
    """A text in Markdown, as long as a message may be."""

    def __init__(self, *, rows=8, required_message="", **kwargs):
        super().__init__(
            max_length=MAX_LENGTH,
            widget=forms.Textarea(attrs={"rows": rows}),
            error_messages={
                "required": required_message,
                "max_length": (
                    "Votre message compte %(show_value)s signes, la limite est de %(limit_value)s. "
                    "Raccourcissez-le, ou envoyez-le en plusieurs fois."
                ),
            },
            **kwargs,
        )


class TitleField(WrittenField):
    """The title of a topic."""

    def __init__(self, **kwargs):
        super().__init__(
            label="Titre du sujet",
            max_length=150,
            error_messages={
                "required": "Donnez un titre à votre sujet.",
                "max_length": (
                    "Votre titre compte %(show_value)s signes, la limite est de %(limit_value)s."
                ),
            },
            **kwargs,
        )


def reason(label="Motif", **options):
    """A field for why something is done, in a few lines."""
    options = {
        "max_length": 2000,
        "widget": forms.Textarea(attrs={"rows": 4, "class": "court"}),
        "error_messages": {
            "required": "Dites pourquoi.",
            "max_length": (
                "Ce texte compte %(show_value)s signes, la limite est de %(limit_value)s. Raccourcissez-le."
            ),
        },
    } | options
    return WrittenField(label=label, **options)


class DayField(forms.DateField):
    """A day, as browsers send it or as people write it."""

    default_validators = [check_year]

    def __init__(self, **kwargs):
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d", "%d/%m/%Y"],
            **kwargs,
        )
        self.error_messages["invalid"] = (
            "Cette date n’en est pas une : écrivez par exemple 31/12/2026."
        )


class HourField(forms.TimeField):
    """An hour, as browsers send it or as people write it: "14:30", "14h30", "14 h"."""

    def __init__(self, **kwargs):
        super().__init__(
            widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            input_formats=["%H:%M", "%H:%M:%S"],
            **kwargs,
        )
        self.error_messages["invalid"] = (
            "Cette heure n’en est pas une : écrivez par exemple 14:30 ou 14 h."
        )

    def to_python(self, value):
        if isinstance(value, str) and (said := re.fullmatch(r"\s*(\d\d?)\s*h\s*(\d\d)?\s*", value)):
            value = f"{said[1]}:{said[2] or '00'}"
        return super().to_python(value)
