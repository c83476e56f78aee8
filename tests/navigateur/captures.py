"""The pictures of the guides of ``docs/``, taken in the demo cohort: ``make captures``."""

import re
from io import BytesIO

from django.conf import settings
from PIL import Image
from playwright.sync_api import expect

from tests.navigateur.test_arrivee import link_for
from tests.navigateur.test_moderation import ESPACE, say
from tests.navigateur.test_redaction import TITLE, WATCHING, press, rewrite, send_back, write
from tests.navigateur.test_sujet import open_topic

FOLDER = settings.BASE_DIR / "docs/captures"
SIZE = {"width": 1280, "height": 760}
MEMBERS = {"width": 960, "height": 640}
COLOURS = 64
"""Enough for a page of the back office or of the members, and a third of the weight."""


def take(page, name):
    """Keep what ``page`` shows as ``docs/captures/<name>.png``."""
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)
    picture = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    FOLDER.mkdir(exist_ok=True)
    picture.quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)


def test_take_the_pictures_of_the_guide_of_editors(open_page):
    editor, facilitator, administrator = (
        open_page("/gestion/", account, viewport=SIZE)
        for account in ("editeur", "animation", "admin")
    )
    for page in (editor, facilitator):
        page.add_init_script(WATCHING)
    editor.goto("/gestion/enseignements/")
    editor.get_by_role("link", name=re.compile("Ajouter")).first.click()
    editor.get_by_placeholder("Titre de la page").fill("Un brouillon pour plus tard")
    editor.locator("[data-contentpath=corps]").get_by_title("Insérer un bloc").first.click()
    expect(editor.get_by_role("option", name="Texte", exact=True)).to_be_visible()
    take(editor, "blocs")
    editor.keyboard.press("Escape")
    press(editor, "Soumettre à la relecture")
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


def show(page, target):
    """Have ``target`` stand at the top of what ``page`` shows."""
    target.evaluate("one => window.scrollTo(0, one.getBoundingClientRect().top + scrollY - 24)")


def test_take_the_pictures_of_the_guide_of_members(open_page, site):
    facilitator = open_page("/communaute/invitations/nouvelle/", "animation")
    facilitator.get_by_label("Son adresse électronique").fill("odile.castaing@demo.example")
    facilitator.get_by_label("Collège").select_option("Élu·es")
    facilitator.get_by_label("Fonction").fill("Maire")
    facilitator.get_by_label("Mot personnel").fill("Nous parlions hier de votre école. Venez.")
    facilitator.get_by_role("button", name="Envoyer l’invitation").click()
    newcomer = open_page(link_for(site, "odile.castaing@demo.example"), viewport=MEMBERS)
    show(newcomer, newcomer.get_by_text("Étape 1 sur 3"))
    take(newcomer, "membre-arriver")

    page = open_page("/communaute/", "elue", viewport=MEMBERS)
    show(page, page.get_by_role("heading", level=1))
    take(page, "membre-espaces")
    page.get_by_role("link", name="Entre élu·es").last.click()
    page.get_by_role("link", name="Ouvrir un sujet").click()
    page.get_by_role("link", name="Question", exact=True).click()
    page.get_by_label("Titre").fill("Qui a déjà racheté des murs commerciaux ?")
    show(page, page.locator("#composer"))
    take(page, "membre-ecrire")
    page.goto("/communaute/profil/")
    show(page, page.get_by_role("heading", level=1))
    take(page, "membre-profil")
    page.goto("/communaute/annuaire/?q=habitat")
    show(page, page.get_by_role("heading", level=1))
    take(page, "membre-annuaire")


def test_take_the_pictures_of_the_guide_of_facilitators(open_page):
    page = open_page("/communaute/invitations/", "animation", viewport=MEMBERS)
    show(page, page.get_by_role("heading", level=1))
    take(page, "animation-invitations")
    page.get_by_role("link", name="Hélène Castan").click()
    show(page, page.get_by_role("heading", level=1))
    take(page, "animation-demande")

    page = open_topic(
        open_page, "animation", "Associer une entreprise", "tronc-commun", viewport=MEMBERS
    )
    page.get_by_text("Animer ce sujet").click()
    show(page, page.get_by_role("heading", level=1))
    take(page, "animation-sujet")

    _, address = say(
        open_page, "allie", "Le maire de là-bas, celui du grand projet, n’écoute personne."
    )
    reader = open_page(f"{address}alerter/", "etat")
    reader.get_by_label("Expose ou met en cause une personne").check()
    reader.get_by_label("Ce que l’animation doit savoir").fill("On reconnaît de qui il s’agit.")
    reader.get_by_role("button", name="Alerter l’animation").click()
    page.goto(f"{ESPACE}moderation/")
    show(page, page.get_by_role("heading", level=1))
    take(page, "animation-decider")
    page.goto(f"{ESPACE}sante/")
    show(page, page.get_by_role("heading", level=1))
    take(page, "animation-sante")
