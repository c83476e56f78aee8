"""Fields of the forms that members fill in."""

from django import forms


class LongField(forms.CharField):
    """A text of several lines, where the end of a line is one sign, as browsers count them.

    A browser would cut what is pasted beyond ``max_length`` without a word; here one is told, and loses
    nothing.
    """

    def to_python(self, value):
        return super().to_python(value).replace("\r\n", "\n")

    def widget_attrs(self, widget):
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs
