"""What the body of a page is made of. One list, ``BLOCKS``, serves every page."""

from datetime import date

from wagtail import blocks

_TEXT = ["h2", "h3", "bold", "italic", "ol", "ul", "link"]


class TexteBlock(blocks.RichTextBlock):
    """Running text with its titles."""

    def __init__(self, **kwargs):
        super().__init__(**{"features": _TEXT, **kwargs})

    class Meta:
        label = "Texte"
        icon = "pilcrow"
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
        template = "pages/blocks/limite_block.html"
        preview_value = {"texte": "Rien ne dit que l’entente tiendra après les élections."}
        description = "Ce qui n’a pas marché, ou ce qui ne se mesure pas."


BLOCKS = [
    ("texte", TexteBlock()),
    ("preuve", PreuveBlock()),
    ("citation", CitationBlock()),
    ("limite", LimiteBlock()),
]
