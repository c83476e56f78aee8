"""Members' Markdown, rendered to HTML that cannot harm its readers."""

import nh3
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

MAX_LENGTH = 20_000
"""Longest message, in characters."""

_markdown = MarkdownIt("js-default", {"html": False, "linkify": False, "breaks": True}).disable(
    ["image"]
)
_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h3", "h4", "table", "thead", "tbody", "tr", "th", "td", "span"),
}


def _lower_headings(state):
    """A message lies under the page's own titles: its headings begin at level 3."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3" if token.tag in ("h1", "h2") else "h4"


def _mark_names(state):
    """Mark the people that the text names, but in code and links."""
    split = state.env.get("split")
    if split is None:
        return
    for block in state.tokens:
        children, linked = [], 0
        for token in block.children or []:
            linked += token.nesting if token.type.startswith("link_") else 0
            if token.type == "text" and not linked:
                children += [_text(*part) for part in split(token.content)]
            else:
                children.append(token)
        if block.children:
            block.children = children


def _text(content, is_name):
    if is_name:
        return Token(
            "html_inline", "", 0, content=f'<span class="mention">{escapeHtml(content)}</span>'
        )
    return Token("text", "", 0, content=content)


_markdown.core.ruler.push("lower_headings", _lower_headings)
_markdown.core.ruler.push("mark_names", _mark_names)


def render(text, split=None):
    """Return ``text`` as safe HTML: no script, no picture, links that tell nothing of this page.

    ``split`` cuts a piece of text into pairs: some text, and whether it is the name of someone to mark.
    """
    return mark_safe(
        nh3.clean(
            _markdown.render(text, {"split": split}),
            tags=_TAGS,
            attributes={"a": {"href"}, "ol": {"start"}},
            allowed_classes={"span": {"mention"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )
