"""From the invitation to the first message, as people live it; asking to join."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.navigateur.test_pages import faults, width_on_a_phone

WITHOUT_JAVASCRIPT = {"java_script_enabled": False}
PHONE = {"viewport": {"width": 390, "height": 844}}


def link_for(site, address):
    """The link of the last mail to ``address``."""
    return re.search(r"/invitation/\S+", site.mailbox.latest(address, "/invitation/"))[0]


@pytest.mark.parametrize("context", [{}, WITHOUT_JAVASCRIPT | PHONE], ids=["desktop", "phone"])
def test_a_newcomer_goes_from_the_invitation_to_a_first_message(open_page, site, context):
    address = f"{uuid.uuid4().hex[:12]}@exemple.fr"
    page = open_page("/communaute/", "animation", **context)
    page.get_by_role("link", name="Inviter, et répondre").click()
    page.get_by_role("link", name="Inviter une personne").click()
    page.get_by_label("Son adresse électronique").fill(address)
    page.get_by_label("Collège").select_option("Élu·es")
    page.get_by_label("Fonction").fill("Maire")
    page.get_by_label("Mot personnel").fill("Nous en avions parlé.")
    page.get_by_role("button", name="Envoyer l’invitation").click()
    expect(page.get_by_text(f"L’invitation part pour {address}")).to_be_visible()

    page = open_page(link_for(site, address), **context)
    expect(page.get_by_text("Étape 1 sur 3")).to_be_visible()
    expect(page.get_by_text("Nous en avions parlé.")).to_be_visible()
    page.get_by_label("Votre prénom").fill("Odile")
    page.get_by_label("Votre nom").fill("Castaing")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Étape 2 sur 3")).to_be_visible()
    page.get_by_label("J’ai lu cette charte").check()
    page.get_by_role("button", name="Entrer dans l’espace").click()
    expect(page.get_by_text("Étape 3 sur 3")).to_be_visible()
    page.get_by_label("Un résumé par semaine").check()
    page.get_by_role("button", name="Entrer dans mon espace").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bienvenue")
    page.get_by_label("Votre message").fill(f"Bonjour, j’écris de {address}.")
    page.get_by_role("button", name="Répondre").click()
    message = page.locator("article", has_text=f"j’écris de {address}")
    expect(message).to_be_visible()
    expect(message.get_by_text("Odile Castaing").first).to_be_visible()


def test_what_only_newcomers_see_is_accessible_and_fits_a_phone(open_page, site):
    address = f"{uuid.uuid4().hex[:12]}@exemple.fr"
    page = open_page("/communaute/invitations/liste/", "animation")
    page.get_by_label("La liste").fill(f"{address};;;martiens;;Maire")
    page.get_by_role("button", name="Envoyer les invitations").click()
    expect(page.get_by_text("martiens").first).to_be_visible()
    assert faults(page) == []
    assert width_on_a_phone(page) == 320
    page.get_by_label("La liste").fill(f"{address};;;élus;;Maire")
    page.get_by_role("button", name="Envoyer les invitations").click()
    path = link_for(site, address)
    page = open_page(path)
    assert faults(page) == []
    assert width_on_a_phone(page) == 320
    page = open_page(path, "elue")
    expect(page.get_by_role("heading", level=1)).to_contain_text("autre adresse")
    assert faults(page) == []


def test_a_request_from_the_public_site_is_declined_with_courtesy(open_page, site):
    address = f"{uuid.uuid4().hex[:12]}@exemple.fr"
    page = open_page("/compte/connexion/", **WITHOUT_JAVASCRIPT)
    page.get_by_role("link", name="Demandez à rejoindre").click()
    page.get_by_label("Votre prénom").fill("Armel")
    page.get_by_label("Votre nom").fill("Doucet")
    page.get_by_label("Votre adresse électronique").fill(address)
    page.get_by_label("Élu·es").check()
    page.get_by_label("Ce qui vous amène").fill("Une cuisine centrale.")
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre demande est arrivée")

    page = open_page("/communaute/invitations/", "animation")
    page.get_by_role("link", name="Armel Doucet").last.click()
    assert faults(page) == []
    assert width_on_a_phone(page) == 320
    page.get_by_label("Votre mot").fill("Plutôt l’an prochain.")
    page.get_by_role("button", name="Décliner avec courtoisie").click()
    expect(page.get_by_text("C’est répondu.")).to_be_visible()
    assert site.mailbox.latest(address, "Plutôt l’an prochain.")
