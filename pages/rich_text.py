"""Rich texts: how they are written, and the links in short ones (introductions, methods), which are shown
without knowing to whom.
"""

from django.utils.html import format_html
from wagtail.admin.rich_text import DraftailRichTextArea
from wagtail.rich_text import pages

from pages.models.reserve import public_pages


class PublicLinkHandler(pages.PageLinkHandler):
    """A link to a page that the public may not read is plain text, for members too.

    Bodies know who asks: see ``pages.blocks``.
    """

    @classmethod
    def expand_db_attributes_many(cls, attrs_list):
        keys = [int(attrs["id"]) for attrs in attrs_list]
        public = public_pages().in_bulk(keys)
        urls = [public[key].url if key in public else None for key in keys]
        return [format_html('<a href="{}">', url) if url else "<a>" for url in urls]


class RichTextArea(DraftailRichTextArea):
    """Wagtail's, without the halves of signs that a browser may send and that no page can hold."""

    def value_from_datadict(self, data, files, name):
        html = super().value_from_datadict(data, files, name)
        return html and html.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
