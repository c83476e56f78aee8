"""Links in short texts: a page that the public may not read is not linked to."""

import json

import pytest
from wagtail.admin.rich_text import get_rich_text_editor_widget

from pages.models import AccueilPage
from tests.factories import restrict, une_page_libre

pytestmark = pytest.mark.usefixtures("tree")


def links(read, *pages):
    home = AccueilPage.objects.get()
    home.introduction = "".join(
        f'<p><a linktype="page" id="{page.pk}">Voir {page.title}</a></p>' for page in pages
    )
    home.save()
    return [(link.get_text(), link.get("href")) for link in read("/").select(".chapeau a")]


def test_a_link_leads_to_a_public_page(read):
    page = une_page_libre("La méthode")
    assert links(read, page) == [("Voir La méthode", page.url)]


def test_half_a_sign_that_a_browser_sends_is_left_out():
    text = {"key": "a", "text": "a\ud83d b \ud83d\ude00", "type": "unstyled", "depth": 0}
    text |= {"inlineStyleRanges": [], "entityRanges": []}
    sent = {"texte": json.dumps({"blocks": [text], "entityMap": {}})}
    assert "a b 😀</p>" in get_rich_text_editor_widget().value_from_datadict(sent, {}, "texte")


def test_a_link_to_what_is_not_public_is_plain_text(read):
    draft, reserved = une_page_libre("Brouillon"), restrict(une_page_libre("Réservée"))
    draft.unpublish()
    gone = une_page_libre("Supprimée")
    gone.delete()
    gone.pk = 999_999
    shown = links(read, draft, reserved, gone)
    assert shown == [("Voir Brouillon", None), ("Voir Réservée", None), ("Voir Supprimée", None)]
