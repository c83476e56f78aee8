"""Names, sizes and punctuation as people say and write them, and what changed in a text."""

from django import template

from communaute.differences import changes
from communaute.models import College
from communaute.mots import held_together, of, size_said, than

register = template.Library()
register.filter("de", of)
register.filter("que", than)
register.filter("insecables", held_together)
register.filter("taille", size_said)
register.filter("depuis", changes)


@register.filter
def college(code):
    """What the collège of this code is called; nothing where there is none."""
    return dict(College.choices).get(code, "")
