"""The slice from end to end: a visitor reads, an editor publishes, members talk among peers."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.navigateur.conftest import sign_in

WITHOUT_JAVASCRIPT = {"java_script_enabled": False}
PEOPLE = re.compile(r"\b\d+ personnes")
"""How many can read: other tests bring people in."""
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.mark.parametrize("context", [{}, WITHOUT_JAVASCRIPT | PHONE], ids=["desktop", "phone"])
def test_a_visitor_finds_a_territory_and_what_it_learned(open_page, context):
    page = open_page("/", **context)
    expect(page.get_by_role("heading", level=1)).to_contain_text("territoires apprennent")
    page.locator("main").get_by_role("link", name="Virelaube").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Virelaube")
    expect(page.get_by_text("inventés pour l’exemple")).to_be_visible()
    page.locator("main a[href^='/enseignements/']").first.click()
    expect(page.locator("main article, main").first).to_contain_text("min")


def test_a_fundamental_opens_on_its_learnings(open_page):
    page = open_page("/")
    page.locator("main").get_by_role("link", name="Coopération").first.click()
    assert page.url.endswith("/la-cohorte/cooperation/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_search_finds_a_learning(open_page):
    page = open_page("/")
    page.get_by_role("searchbox").first.fill("cantine")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/recherche/\?q=cantine"))
    expect(page.locator("main").get_by_role("link", name="cantine").first).to_be_visible()


@pytest.mark.parametrize("context", [{}, WITHOUT_JAVASCRIPT | PHONE], ids=["desktop", "phone"])
def test_an_elue_asks_her_peers_and_is_read_by_them_alone(open_page, site, context):
    page = open_page("/communaute/", "elue", **context)
    page.get_by_role("link", name="Entre élu·es").first.click()
    expect(page.get_by_text(PEOPLE).first).to_be_visible()
    page.get_by_role("link", name="sujet").first.click()

    page.get_by_role("link", name="Question").click()
    page.get_by_label("Titre du sujet").fill("Comment annoncer un renoncement ?")
    page.get_by_label("Votre message").fill("Nous **renonçons** au projet de la place.")
    page.get_by_role("button", name="Voir l’aperçu").click()
    expect(page.get_by_text("rien n’est encore envoyé")).to_be_visible()
    expect(page.locator("strong", has_text="renonçons")).to_be_visible()
    expect(page.get_by_label("Titre du sujet")).to_have_value("Comment annoncer un renoncement ?")
    page.get_by_role("button", name="Publier").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Comment annoncer un renoncement ?")
    address = urlsplit(page.url).path
    assert re.fullmatch(r"/communaute/sujets/[a-z2-9]{16}/", address)
    page.get_by_label("Votre message").fill("J’ajoute que le conseil est partagé.")
    page.get_by_role("button", name="Répondre").click()
    expect(page.get_by_text("J’ajoute que le conseil est partagé.")).to_be_visible()

    missing = "/communaute/sujets/aaaaaaaaaaaaaaaa/"
    for account in ("agent", "etat", "socio", "allie", "admin", "editeur"):
        outsider = open_page("/", account, **context)
        answers = [
            re.sub(r'(csrfmiddlewaretoken" value=")\w+', "", outsider.request.get(path).text())
            for path in (address, missing)
        ]
        assert outsider.goto(address).status == 404
        assert answers[0] == answers[1], account
        assert "renoncement" not in outsider.content()
    visitor = open_page(address)
    assert visitor.url == f"{site.url}/compte/connexion/?next={address}"
    assert "renoncement" not in visitor.content()


def test_the_charter_comes_first_then_the_topic_one_was_going_to(open_page):
    page = open_page("/communaute/", "etat")
    page.locator("main").get_by_role("link", name="Tronc commun").first.click()
    if "/charte/" in page.url:
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Entrer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tronc commun")
    expect(page.get_by_text(PEOPLE).first).to_be_visible()


def test_an_editor_gives_her_territory_its_real_perimeter_and_publishes(open_page):
    page = open_page("/gestion/", "editeur")
    page.goto("/gestion/territoire/")
    rows = page.locator("main table tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link").first.click()
    page.get_by_role("button", name="Ajouter : intercommunalité").click()
    modal = page.locator(".modal-dialog, [role=dialog]").last
    modal.get_by_label("Nom ou code").fill("rodez")
    found = modal.locator("tbody tr")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("CA Rodez Agglomération")
    found.get_by_role("checkbox").check()
    modal.get_by_role("button", name="Confirmer").click()
    expect(page.get_by_text("CA Rodez Agglomération").first).to_be_visible()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".messages")).to_contain_text("Oursanne")

    page.goto("/gestion/")
    page.get_by_role("link", name="Territoires", exact=True).click()
    page.get_by_role("link", name="Parc naturel régional des Monts d’Oursanne").first.click()
    page.get_by_role("textbox", name="En une phrase").fill(
        "Un territoire qui porte désormais son vrai périmètre."
    )
    page.get_by_role("button", name="Plus d'actions").click()
    page.get_by_role("button", name="Publier", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("publiée")

    public = open_page("/territoires/")
    public.locator("main").get_by_role("link", name="Oursanne").first.click()
    expect(public.get_by_text("Un territoire qui porte désormais")).to_be_visible()
    expect(public.get_by_text("CA Rodez Agglomération").first).to_be_visible()
    expect(public.get_by_text("Aveyron").first).to_be_visible()
    expect(public.get_by_text("code officiel géographique 2026")).to_be_visible()


def test_a_forgotten_password_is_replaced_through_a_mail(open_page, site):
    page = open_page("/compte/connexion/")
    page.get_by_text("Entrer avec un mot de passe").click()
    page.get_by_role("link", name="oublié").click()
    page.get_by_label("Votre adresse électronique").fill("michel.sarda@demo.example")
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    text = site.mailbox.latest("michel.sarda@demo.example", "nouveau mot de passe")
    page.goto(re.search(r"http://\S+", text).group())
    for field in page.locator("input[type=password]").all():
        field.fill("une longue phrase de passe")
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    sign_in(page, "michel.sarda@demo.example", "une longue phrase de passe")


def test_signing_out_closes_the_spaces(open_page, site):
    page = open_page("/compte/connexion/")
    sign_in(page, "animation@demo.example", "demo")
    page.get_by_role("button", name="Se déconnecter").first.click()
    expect(page.get_by_role("button", name="Se déconnecter")).to_have_count(0)
    page.goto("/communaute/")
    assert page.url == f"{site.url}/compte/connexion/?next=/communaute/"
