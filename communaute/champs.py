"""Fields of the forms that members fill in."""

from django import forms


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
