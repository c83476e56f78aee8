"""What a form says of itself."""

from django import template
from django.forms import PasswordInput

register = template.Library()


@register.filter
def gives_all_back(form):
    """Whether what was typed is all shown again: a password never is."""
    return not any(isinstance(field.widget, PasswordInput) for field in form.fields.values())
