"""What the body of a page is made of. One list, ``BLOCKS``, serves every page."""

import re
from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from wagtail import blocks
from wagtail.documents import get_document_model
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock
from wagtail.models import Page
from wagtail.rich_text import extract_references_from_rich_text, features, get_text_for_indexing
from wagtail.rich_text.rewriters import LinkRewriter

from pages.models.reserve import readable_by

_TEXT = ["h2", "h3", "bold", "italic", "ol", "ul", "link"]
_ENDS = re.compile(r"</(?:h2|h3|h4|li|p|td|th)>")


def paragraphs(html):
    """The text of each paragraph, title and item of ``html``."""
    return [text for part in _ENDS.split(html) if (text := get_text_for_indexing(part))]


def _with_targets(values, keys_of):
    """``values``, blocks of one body, each with the keys (``targets``) of all the pages they lead to.

    The first that is shown finds out for all of them which may be read.
    """
    targets = frozenset(key for value in values for key in keys_of(value))
    for value in values:
        value.targets = targets
    return values


def _readable(value, keys_of, context):
    """The pages that ``value`` leads to and that the asker may read, by key."""
    targets = getattr(value, "targets", frozenset(keys_of(value)))
    request = context.get("request")
    known = vars(request).setdefault("readable_targets", {}) if request else {}
    if targets not in known:
        user = getattr(request, "user", AnonymousUser())
        known[targets] = readable_by(Page.objects.filter(pk__in=targets), user).in_bulk()
    return known[targets]


def _keys_in_text(texte):
    return [int(key) for _, key, *_ in extract_references_from_rich_text(texte.source)]


def _key_of_link(lien):
    return [lien["page"].pk] if lien["page"] else []


class TexteBlock(blocks.RichTextBlock):
    """Running text with its titles. A link to a page that the reader may not read is plain text."""

    def __init__(self, **kwargs):
        super().__init__(**{"features": _TEXT, **kwargs})

    def bulk_to_python(self, values):
        return _with_targets(super().bulk_to_python(values), _keys_in_text)

    def get_searchable_content(self, value):
        """Its paragraphs, titles and items, each apart."""
        return paragraphs(value.source)

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context)
        return context | {"texte": mark_safe(self._with_links(value, context))}

    def _with_links(self, value, context):
        def opening_tags(links):
            readable = _readable(value, _keys_in_text, context)
            pages = [readable.get(int(link["id"])) for link in links]
            urls = [page and page.get_url(context.get("request")) for page in pages]
            return [format_html('<a href="{}">', url) if url else "<a>" for url in urls]

        rules = {name: h.expand_db_attributes_many for name, h in features.get_link_types().items()}
        return LinkRewriter(bulk_rules=rules | {"page": opening_tags})(value.source)

    class Meta:
        label = "Texte"
        icon = "pilcrow"
        group = "Ce qui se dit"
        template = "pages/blocks/texte_block.html"
        preview_value = (
            "<h2>Ce que nous avons compris</h2>"
            "<p>Une réunion de plus n’aurait rien changé ; il manquait une question commune.</p>"
        )
        description = "Des paragraphes, des intertitres, des listes."


class CitationBlock(blocks.StructBlock):
    """Words of somebody, and in what capacity they were said."""

    texte = blocks.TextBlock(label="Citation")
    auteur = blocks.CharBlock(
        label="Qui parle",
        required=False,
        help_text="Une fonction plutôt qu’un nom, sauf accord de la personne.",
    )

    class Meta:
        label = "Citation"
        icon = "openquote"
        group = "Ce qui se dit"
        template = "pages/blocks/citation_block.html"
        preview_value = {
            "texte": "Nous avons cessé de demander qui était pour, et demandé ce qui comptait.",
            "auteur": "Une élue à l’aménagement",
        }
        description = "Une parole, et la fonction de qui l’a dite."


class PreuveBlock(blocks.StructBlock):
    """A small, dated, concrete result, and how one knows of it."""

    resultat = blocks.TextBlock(label="Résultat", help_text="Ce qui a changé, concrètement.")
    date = blocks.DateBlock(label="Date")
    source = blocks.CharBlock(label="D’où on le sait", required=False)

    class Meta:
        label = "Petite preuve"
        icon = "circle-check"
        group = "Ce qui le montre"
        template = "pages/blocks/preuve_block.html"
        preview_value = {
            "resultat": "Trois communes partagent désormais un même marché de travaux.",
            "date": date(2026, 5, 12),
            "source": "Délibérations concordantes",
        }
        description = "Un résultat concret et daté, avec sa source."


class LimiteBlock(blocks.StructBlock):
    """What did not work, or what cannot be measured."""

    texte = blocks.TextBlock(label="Limite")

    class Meta:
        label = "Limite"
        icon = "warning"
        group = "Ce qui s’est appris"
        template = "pages/blocks/limite_block.html"
        preview_value = {"texte": "Rien ne dit que l’entente tiendra après les élections."}
        description = "Ce qui n’a pas marché, ou ce qui ne se mesure pas."


class AvantApresBlock(blocks.StructBlock):
    """What one thought or did before, and after."""

    avant = blocks.TextBlock(label="Avant")
    apres = blocks.TextBlock(label="Après")

    class Meta:
        label = "Avant, après"
        icon = "history"
        group = "Ce qui s’est appris"
        template = "pages/blocks/avant_apres_block.html"
        preview_value = {
            "avant": "Nous demandions un avis sur un plan achevé.",
            "apres": "Nous venons avec la question, et sans le plan.",
        }
        description = "Ce qui a changé dans la manière de voir ou de faire."


class AutrementBlock(blocks.StructBlock):
    """What one would do otherwise if it were to be done again."""

    texte = blocks.TextBlock(label="Ce que nous ferions autrement")

    class Meta:
        label = "Ce que nous ferions autrement"
        icon = "redirect"
        group = "Ce qui s’est appris"
        template = "pages/blocks/autrement_block.html"
        preview_value = {"texte": "Nous irions voir les fermes avant d’écrire le marché."}
        description = "Pour qui voudrait s’y prendre à son tour."


class ChiffreBlock(blocks.StructBlock):
    """A figure, what it counts, and where it comes from."""

    valeur = blocks.CharBlock(label="Chiffre", max_length=30, help_text="Avec son unité.")
    legende = blocks.TextBlock(label="Ce qu’il compte")
    source = blocks.CharBlock(label="Source et année")

    class Meta:
        label = "Chiffre"
        icon = "decimal"
        group = "Ce qui le montre"
        template = "pages/blocks/chiffre_block.html"
        preview_value = {
            "valeur": "14 sur 31",
            "legende": "villages où une maison fermée a été rouverte à l’année",
            "source": "Carnet de visites, 2026",
        }
        description = "Un nombre qui éclaire, avec sa source."


class PhotoBlock(blocks.StructBlock):
    """A picture, what it shows in words, and its caption."""

    image = ImageBlock(label="Photo")
    legende = blocks.CharBlock(label="Légende et crédit", required=False)

    class Meta:
        label = "Photo"
        icon = "image"
        group = "Ce qui le montre"
        template = "pages/blocks/photo_block.html"
        preview_value = {
            "image": None,
            "legende": "Le lavoir rouvert, un samedi de mai. Photo : mairie",
        }
        description = "Une photo décrite pour qui ne la voit pas."

    def get_preview_context(self, value, parent_context=None):
        return {**(parent_context or {}), "apercu": True}


class DocumentBlock(blocks.StructBlock):
    """A file to read, and what is in it."""

    document = DocumentChooserBlock(label="Document")
    texte = blocks.CharBlock(label="Ce qu’on y trouve", required=False)

    class Meta:
        label = "Document"
        icon = "doc-full"
        group = "Pour aller plus loin"
        template = "pages/blocks/document_block.html"
        description = "Un fichier à télécharger : lu par qui peut lire cette page."

    def get_preview_value(self):
        document = get_document_model()(pk=0, title="Carnet de visites", file="carnet.pdf")
        document.file_size = 184_000
        texte = "Ce que nous ont dit quatorze propriétaires."
        return self.normalize({"document": document, "texte": texte})


class LienPageBlock(blocks.StructBlock):
    """A way to another page of the portal, for those who may read it, and why one would follow it."""

    page = blocks.PageChooserBlock(label="Page")
    texte = blocks.CharBlock(label="Pourquoi la lire", required=False)

    class Meta:
        label = "Lien vers une page"
        icon = "link"
        group = "Pour aller plus loin"
        template = "pages/blocks/lien_page_block.html"
        description = "Une autre page du portail, qui prolonge celle-ci."

    def get_preview_value(self):
        home = Page.objects.filter(depth=2).first()
        return self.normalize({"page": home, "texte": "Pour comprendre d’où tout part."})

    def bulk_to_python(self, values):
        return _with_targets(super().bulk_to_python(values), _key_of_link)

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context)
        page = value["page"]
        readable = _readable(value, _key_of_link, context) if page else {}
        return context | {"page_liee": page if page and page.pk in readable else None}


BLOCKS = [
    ("texte", TexteBlock()),
    ("citation", CitationBlock()),
    ("avant_apres", AvantApresBlock()),
    ("limite", LimiteBlock()),
    ("autrement", AutrementBlock()),
    ("preuve", PreuveBlock()),
    ("chiffre", ChiffreBlock()),
    ("photo", PhotoBlock()),
    ("document", DocumentBlock()),
    ("lien_page", LienPageBlock()),
]
