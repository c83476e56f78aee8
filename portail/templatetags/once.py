"""A part of a page that stands there twice, made once."""

from django import template

register = template.Library()


@register.simple_block_tag
def once(content):
    """What is inside, to keep under a name: ``{% once as name %}…{% endonce %}``."""
    return content
