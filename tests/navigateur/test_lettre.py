"""The letter of the week, from the footer of the site to a mailbox and back."""

import re
import uuid

from playwright.sync_api import expect

from tests.navigateur.test_arrivee import PHONE, WITHOUT_JAVASCRIPT
from tests.navigateur.test_pages import faults, width_on_a_phone


def link_for(site, address, what):
    """The link of the last mail to ``address`` that serves for that."""
    return re.search(rf"/lettre/{what}/\S+", site.mailbox.latest(address, what))[0]


def test_whoever_reads_the_site_takes_the_letter_and_ends_it_by_mail(open_page, site):
    address = f"{uuid.uuid4().hex[:12]}@exemple.fr"
    page = open_page("/enseignements/", **WITHOUT_JAVASCRIPT, **PHONE)
    page.get_by_role("contentinfo").get_by_role("link", name="La lettre de la semaine").click()
    page.get_by_label("Votre adresse électronique").fill(address)
    page.get_by_role("button", name="Recevoir la lettre").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Regardez votre messagerie")
    page.goto(link_for(site, address, "confirmer"))
    page.get_by_role("button", name="Oui, je la reçois").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("C’est confirmé")
    page.goto(link_for(site, address, "arreter"))
    page.get_by_role("button", name="Arrêter la lettre").click()
    expect(page.get_by_text("Vous ne recevez plus la lettre")).to_be_visible()
    assert page.context.cookies() == []


def test_what_the_links_of_a_mail_lead_to_is_accessible_and_fits_a_phone(open_page, site):
    address = f"{uuid.uuid4().hex[:12]}@exemple.fr"
    page = open_page("/lettre/")
    page.get_by_label("Votre adresse électronique").fill(address)
    page.get_by_role("button", name="Recevoir la lettre").click()
    for what in ("confirmer", "arreter"):
        page.goto(link_for(site, address, what))
        assert faults(page) == []
        assert width_on_a_phone(page) == 320
