"""A learning from its first draft to the public page: written, sent, commented, sent back, published."""

import re

from playwright.sync_api import expect

TITLE = "Marcher la forêt avant d’en parler"
IN_THE_LIST = re.compile(r"/gestion/pages/\d+/$")
"""Where one is led once a page is reviewed."""
WATCHING = "addEventListener('w-unsaved:watch-edits', () => { window.watching = true })"
"""What is typed in the two seconds before Wagtail watches a form is not kept until the next change."""


def press(page, action):
    """One of the actions that the foot of the form unfolds."""
    page.get_by_role("button", name="Plus d'actions").last.click()
    page.get_by_role("button", name=action, exact=True).click()


def saved(page):
    """Wait until what was typed is kept."""
    expect(page.get_by_text("Enregistré", exact=True).first).to_be_visible()


def write(editor):
    """A draft: what is typed is kept without a button; what lacks is said when it is proposed."""
    editor.goto("/gestion/enseignements/")
    editor.get_by_role("link", name=re.compile("Ajouter")).first.click()
    editor.wait_for_function("window.watching")
    editor.get_by_placeholder("Titre de la page").fill(TITLE)
    editor.get_by_role("textbox", name="En deux phrases").fill("Nous avons marché d’abord.")
    editor.locator("[data-contentpath=corps]").get_by_title("Insérer un bloc").first.click()
    editor.get_by_role("option", name="Texte", exact=True).click()
    body = editor.locator("[data-contentpath=corps] [role=textbox]").first
    body.click()
    body.press_sequentially("Trois marches, onze personnes, un registre.")
    editor.get_by_role("checkbox", name="Coopération", exact=True).check()
    saved(editor)
    press(editor, "Soumettre à la relecture")
    expect(editor.get_by_text("Dites d’où cela vient", exact=False)).to_be_visible()
    expect(body).to_have_text("Trois marches, onze personnes, un registre.")
    saved(editor)  # a form given back saves itself, and must not end after what follows
    editor.get_by_role("checkbox", name="Parc naturel régional des Monts d’Oursanne").check()
    press(editor, "Soumettre à la relecture")
    expect(editor.locator(".messages")).to_contain_text(TITLE)


def send_back(facilitator):
    """Read it, comment it in the margin, and ask for changes with a word."""
    facilitator.goto("/gestion/")
    waiting = facilitator.get_by_role("region", name="On attend votre relecture")
    expect(waiting).to_contain_text("Proposé par Sandrine Maurel")
    waiting.get_by_role("link", name=TITLE).click()
    facilitator.wait_for_function("window.watching")
    introduction = facilitator.get_by_role("region", name="En deux phrases")
    introduction.get_by_role("textbox").hover()
    introduction.get_by_role("button", name="Ajouter un commentaire").click()
    facilitator.get_by_placeholder("Entrez votre commentaire…").fill("Qui a marché avec vous ?")
    # By keyboard: the box moves as it takes the focus, and a click may fall beside the button.
    facilitator.get_by_role("button", name="Commenter", exact=True).press("Enter")
    saved(facilitator)
    press(facilitator, "Demander des modifications")
    word = facilitator.locator(".modal-dialog, [role=dialog]").last
    word.get_by_role("textbox").fill("Un beau début : dites qui marchait.")
    word.locator("[type=submit]").click()
    expect(facilitator).to_have_url(IN_THE_LIST)


def rewrite(editor):
    """Find the word and the comment on one's home, rewrite, propose again."""
    editor.goto("/gestion/")
    proposals = editor.get_by_role("region", name="Vos propositions")
    expect(proposals).to_contain_text("À reprendre")
    expect(proposals).to_contain_text("1 commentaire en marge")
    expect(proposals).to_contain_text("Un beau début : dites qui marchait.")
    proposals.get_by_role("link", name=TITLE).click()
    editor.get_by_role("textbox", name="En deux phrases").fill(
        "Onze personnes ont marché avant de décider, et l’une d’elles coupe du bois."
    )
    press(editor, "Soumettre à nouveau à la relecture")
    expect(editor.locator(".messages")).to_contain_text(TITLE)


def test_a_learning_goes_from_draft_to_review_to_publication(open_page, site):
    editor, facilitator = open_page("/gestion/", "editeur"), open_page("/gestion/", "animation")
    for page in (editor, facilitator):
        page.add_init_script(WATCHING)
    write(editor)
    assert site.mailbox.latest("animation@demo.example", f"Sandrine Maurel propose « {TITLE} »")
    visitor = open_page("/enseignements/")
    expect(visitor.get_by_role("link", name=TITLE)).to_have_count(0)

    send_back(facilitator)
    assert site.mailbox.latest("editeur@demo.example", "dites qui marchait")
    rewrite(editor)

    facilitator.goto("/gestion/")
    waiting = facilitator.get_by_role("region", name="On attend votre relecture")
    waiting.get_by_role("link", name=TITLE).click()
    press(facilitator, "Approuver et publier")
    expect(facilitator).to_have_url(IN_THE_LIST)
    assert site.mailbox.latest("editeur@demo.example", "a été relu et accepté")

    visitor.goto("/enseignements/")
    visitor.get_by_role("link", name=TITLE).first.click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(visitor.locator("main")).to_contain_text("Onze personnes ont marché avant de décider")
    expect(visitor.locator("main")).to_contain_text("Trois marches, onze personnes, un registre.")
    expect(visitor.locator("main")).to_contain_text("Monts d’Oursanne")
