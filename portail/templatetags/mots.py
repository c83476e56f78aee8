"""Names and sizes as people say them."""

from django import template

from communaute.mots import of, size_said, than

register = template.Library()
register.filter("de", of)
register.filter("que", than)
register.filter("taille", size_said)
