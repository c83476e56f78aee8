"""Members' Markdown, rendered to HTML that cannot harm its readers."""

import nh3
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt

MAX_LENGTH = 20_000
"""Longest message, in characters."""

_markdown = MarkdownIt("js-default", {"html": False, "linkify": False, "breaks": True}).disable(
    ["image"]
)
_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h3", "h4", "table", "thead", "tbody", "tr", "th", "td"),
}


def _lower_headings(state):
    """A message lies under the page's own titles: its headings begin at level 3."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3" if token.tag in ("h1", "h2") else "h4"


_markdown.core.ruler.push("lower_headings", _lower_headings)


def render(text):
    """Return ``text`` as safe HTML: no script, no picture, links that tell nothing of this page."""
    return mark_safe(
        nh3.clean(
            _markdown.render(text),
            tags=_TAGS,
            attributes={"a": {"href"}, "ol": {"start"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )
