"""Coming in with a key, an app or a code, and going out everywhere, in a browser."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from tests.navigateur.conftest import forget, sign_in

HOME = re.compile(r"/communaute/$")
INDEX, SIGN_IN = "/compte/second-facteur/", "/compte/connexion/"


@pytest.fixture
def with_key(open_page):
    """``with_key(path)`` opens a page of a browser whose device can keep passkeys."""

    def open_with_key(path):
        page = open_page(path)
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        device = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device})
        return page

    return open_with_key


def sign_out(page):
    page.goto("/compte/deconnexion/")
    page.locator("main").get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("link", name="Espace des membres").first).to_be_visible()


def test_a_passkey_opens_ones_account_by_itself_and_as_a_second_factor(with_key):
    page = with_key(SIGN_IN)
    sign_in(page, "allie@demo.example", "demo")
    page.goto(INDEX)
    page.get_by_role("link", name="Ajouter une clé d’accès").click()
    page.get_by_label("Nom de cette clé").fill("Mon téléphone")
    page.get_by_role("button", name="Créer la clé").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vos codes de secours")
    expect(page.locator(".codes-secours li")).to_have_count(10)
    page.goto(INDEX)
    expect(page.locator("main")).to_contain_text("Mon téléphone")

    sign_out(page)
    page.goto(SIGN_IN)
    page.get_by_role("button", name="Entrer avec une clé d’accès").click()
    expect(page).to_have_url(HOME)

    sign_out(page)
    page.goto(SIGN_IN)
    page.get_by_role("button", name="Alliée").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre second facteur")
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    expect(page).to_have_url(HOME)

    page.goto(INDEX)
    page.get_by_role("link", name="Retirer la clé").click()
    page.get_by_role("button", name="La retirer").click()
    expect(page.locator("main")).not_to_contain_text("Mon téléphone")


def test_an_app_is_set_up_then_asked_for(open_page):
    page = open_page(SIGN_IN)
    sign_in(page, "etat@demo.example", "demo")
    page.goto(INDEX)
    page.get_by_role("link", name="Mettre en place une application").click()
    page.get_by_text("Je ne peux pas le montrer").click()
    secret = page.locator(".consignes__secret").inner_text()
    page.get_by_label("Code affiché").fill(_code(secret))
    page.get_by_role("button", name="C’est fait").click()
    rescue = page.locator(".codes-secours code").first.inner_text()

    sign_out(page)
    page.goto(SIGN_IN)
    page.get_by_role("button", name="Agente de l’État").click()
    page.get_by_label("Code de votre application").fill(_code(secret, ahead=1))
    page.get_by_role("button", name="Entrer", exact=True).click()
    expect(page).to_have_url(HOME)

    sign_out(page)
    page.goto(SIGN_IN)
    page.get_by_role("button", name="Agente de l’État").click()
    page.get_by_label("Code de votre application").fill(rescue)
    page.get_by_role("button", name="Entrer", exact=True).click()
    expect(page).to_have_url(HOME)
    page.goto(f"{INDEX}application/retirer/")
    page.get_by_role("button", name="La retirer").click()
    expect(page.get_by_role("link", name="Mettre en place une application")).to_be_visible()


def test_a_code_of_a_mail_opens_ones_account_and_one_goes_out_everywhere(open_page, site):
    first, second = open_page(SIGN_IN), open_page("/communaute/suivi/")
    sign_in(first, "editeur@demo.example", "demo")
    second.get_by_label("Votre adresse électronique").first.fill("editeur@demo.example")
    second.get_by_role("button", name="Recevoir un code").click()
    code = re.search(r"\d{4}-\d{4}", site.mailbox.latest("editeur@demo.example", "code"))[0]
    second.get_by_label("Code reçu par courriel").fill(code)
    second.get_by_role("button", name="Entrer", exact=True).click()
    expect(second).to_have_url(re.compile("/communaute/suivi/$"))
    second.goto("/compte/sessions/")
    second.get_by_role("button", name="Me déconnecter partout").click()
    forget(site, "editeur")
    for page in (first, second):
        page.goto("/communaute/")
        expect(page).to_have_url(re.compile(SIGN_IN))


def _code(secret, ahead=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))
