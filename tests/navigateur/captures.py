"""The pictures of ``docs/guide-redaction.md``, taken in the demo cohort: ``make captures``."""

import re
from io import BytesIO

from django.conf import settings
from PIL import Image
from playwright.sync_api import expect

from tests.navigateur.test_redaction import TITLE, press, rewrite, send_back, write

FOLDER = settings.BASE_DIR / "docs/captures"
SIZE = {"width": 1280, "height": 760}
COLOURS = 128
"""Enough for a page of the back office, and a third of the weight."""


def take(page, name):
    """Keep what ``page`` shows as ``docs/captures/<name>.png``."""
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)
    picture = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    FOLDER.mkdir(exist_ok=True)
    picture.quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)


def test_take_the_pictures_of_the_guide(open_page):
    editor, facilitator, administrator = (
        open_page("/gestion/", account, viewport=SIZE)
        for account in ("editeur", "animation", "admin")
    )
    editor.goto("/gestion/enseignements/")
    editor.get_by_role("link", name=re.compile("Ajouter")).first.click()
    editor.get_by_placeholder("Titre de la page").fill("Un brouillon pour plus tard")
    editor.locator("[data-contentpath=corps]").get_by_title("Insérer un bloc").first.click()
    expect(editor.get_by_role("option", name="Texte", exact=True)).to_be_visible()
    take(editor, "blocs")
    editor.keyboard.press("Escape")
    press(editor, "Soumettre à Relecture des enseignements")
    editor.get_by_text("Dites d’où cela vient").scroll_into_view_if_needed()
    take(editor, "manque")

    write(editor)
    facilitator.goto("/gestion/")
    take(facilitator, "relectures")
    send_back(facilitator)
    editor.goto("/gestion/")
    take(editor, "accueil")
    editor.get_by_role("link", name=TITLE).click()
    editor.get_by_role("button", name="Afficher/masquer les commentaires").click()
    expect(editor.get_by_text("Qui a marché avec vous ?").first).to_be_visible()
    take(editor, "commentaires")
    rewrite(editor)
    facilitator.goto("/gestion/")
    facilitator.get_by_role("link", name=TITLE).click()
    expect(facilitator).to_have_url(re.compile("/edit/$"))
    facilitator.goto(facilitator.url.replace("/edit/", "/revisions/compare/earliest...latest/"))
    take(facilitator, "comparaison")

    administrator.goto("/gestion/territoire/")
    administrator.get_by_role("link", name=re.compile("Monts d’Oursanne")).first.hover()
    administrator.get_by_role("button", name=re.compile("Monts d’Oursanne")).click()
    administrator.get_by_role("link", name="Donner l’édition à…").click()
    take(administrator, "edition")
