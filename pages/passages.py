"""The body of a learning, where parts of a mise en commun stand among what editors write.

A page keeps the reference of each part and nothing of its text: whoever shows, indexes or exports the page
reads what all agree to at that time.
"""

import re

from django import forms
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from wagtail import blocks
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import register
from wagtail.blocks.stream_block import StreamBlockAdapter

from communaute.models import Passage
from pages.blocks import BLOCKS, paragraphs

WITHDRAWN = "Un passage a été retiré."
_LINK = re.compile(r"</?a\b[^>]*>")


def shown(version):
    """The text of a version as HTML, without what would lead from a public page into a space."""
    return mark_safe(_LINK.sub("", version.rendu))


class Passages:
    """What is public of the passages of these references, found in one query when it is first asked for."""

    def __init__(self, references):
        self.references = references

    @cached_property
    def found(self):
        passages = Passage.objects.public().filter(reference__in=self.references)
        return {passage.reference: passage.accorde for passage in passages}


class PassageValue(blocks.StructValue):
    """The reference of a passage, and what is public of it."""

    @cached_property
    def passages(self):
        return Passages([self["reference"]])

    @property
    def version(self):
        """The version that all agree to, or None."""
        return self.passages.found.get(self["reference"])


class PassageBlock(blocks.StructBlock):
    """A part of a mise en commun, as all whom it draws on agree to it at that time."""

    reference = blocks.CharBlock(label="Référence", required=False)
    texte = blocks.TextBlock(label="Texte consenti", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.child_blocks["texte"].field.widget.attrs["disabled"] = True

    def bulk_to_python(self, values):
        return read_together(super().bulk_to_python(values))

    def get_prep_value(self, value):
        return {"reference": value["reference"]}

    def get_form_state(self, value):
        text = value.version.texte if value.version else WITHDRAWN
        return super().get_form_state(value) | {"texte": text}

    def get_searchable_content(self, value):
        return paragraphs(shown(value.version)) if value.version else []

    def get_api_representation(self, value, context=None):
        version = value.version
        return version and {"texte": shown(version), "est_citation": version.est_citation}

    def get_context(self, value, parent_context=None):
        version = value.version
        context = super().get_context(value, parent_context)
        return context | {"version": version, "texte": version and shown(version)}

    class Meta:
        label = "Passage issu d’un échange"
        icon = "group"
        template = "pages/blocks/passage_block.html"
        form_template = "pages/blocks/passage_form.html"
        value_class = PassageValue
        description = "Un passage que toutes les personnes concernées ont accepté."


def read_together(values):
    """``values`` of passages: the first that is shown finds what is public of all of them."""
    values = list(values)
    passages = Passages([value["reference"] for value in values])
    for value in values:
        value.passages = passages
    return values


def in_body(corps):
    """The passages of a body."""
    # By rank: a block is made when it is asked for, with all those of its type.
    ranks = [rank for rank, raw in enumerate(corps.raw_data) if raw["type"] == "passage"]
    return [corps[rank].value for rank in ranks]


def references(corps):
    """Those of the passages of a body."""
    return [value["reference"] for value in in_body(corps)]


class CorpsBlock(blocks.StreamBlock):
    """The body of a learning: the blocks that editors choose, and passages, that they do not add."""

    def __init__(self, local_blocks=(), **kwargs):
        super().__init__(local_blocks or [*BLOCKS, ("passage", PassageBlock())], **kwargs)

    def render_basic(self, value, context=None):
        """As Wagtail's; several passages in a row that were withdrawn are said once."""
        rendered, withdrawn = [], False
        for child in value:
            before, withdrawn = withdrawn, is_withdrawn(child)
            if not (before and withdrawn):
                rendered.append((child.render(context=context), child.block_type))
        return format_html_join("\n", '<div class="w-block-{1} block-{1}">{0}</div>', rendered)


def is_withdrawn(child):
    """Whether a block of a body is a passage that does not stand any more."""
    return child.block_type == "passage" and child.value.version is None


class CorpsBlockAdapter(StreamBlockAdapter):
    """Wagtail's, but passages are not among the blocks that one adds."""

    js_constructor = "portail.CorpsBlock"

    @cached_property
    def media(self):
        return super().media + forms.Media(js=[versioned_static("portail/js/corps.js")])


register(CorpsBlockAdapter(), CorpsBlock)
