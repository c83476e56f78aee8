"""Writing in a browser: with scripts, without, and by the keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

WITHOUT_JAVASCRIPT = {"java_script_enabled": False}
PHONE = {"viewport": {"width": 390, "height": 844}}
QUESTION = "/communaute/espaces/elus/nouveau-sujet/?nature=question"
NOTE = {"name": "note.txt", "mimeType": "text/plain", "buffer": "À lire".encode()}


@pytest.mark.parametrize("context", [{}, WITHOUT_JAVASCRIPT | PHONE], ids=["desktop", "phone"])
def test_a_question_is_kept_seen_and_asked_with_its_file_and_whom_it_names(open_page, context):
    page = open_page(QUESTION, "elue", **context)
    page.get_by_label("Titre du sujet").fill("Qui a déjà renoncé ?")
    page.get_by_label("Votre message").fill("@Fatima Haddad, qu’en **dites**-vous ?")
    page.get_by_text("Joindre des fichiers").click()
    page.get_by_label("Fichiers").set_input_files(NOTE)
    page.get_by_role("button", name="Garder le brouillon").click()

    page.goto("/communaute/espaces/elus/nouveau-sujet/")
    page.get_by_role("link", name="Reprendre").click()
    expect(page.get_by_text("Votre brouillon")).to_be_visible()
    expect(page.get_by_label("Titre du sujet")).to_have_value("Qui a déjà renoncé ?")
    expect(page.get_by_role("checkbox", name="note.txt")).to_be_checked()
    page.get_by_role("button", name="Voir l’aperçu").click()
    expect(page.locator(".apercu .mention")).to_have_text("@Fatima Haddad")
    page.get_by_role("button", name="Publier").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Qui a déjà renoncé ?")
    expect(page.locator(".message .mention")).to_have_text("@Fatima Haddad")
    link = page.get_by_role("link", name="note.txt")
    assert page.request.get(link.get_attribute("href")).text() == "À lire"


def test_what_is_typed_is_kept_while_one_types(open_page):
    page = open_page("/communaute/espaces/elus/", "elue")
    page.get_by_role("link", name="Seule de mon avis").click()
    page.get_by_label("Votre message").fill("Je commence à répondre")
    expect(page.get_by_text(re.compile("Brouillon gardé à"))).to_be_visible()
    page.reload()
    expect(page.get_by_label("Votre message")).to_have_value("Je commence à répondre")
    page.get_by_text("Jeter ce brouillon").click()
    page.get_by_role("button", name="Le jeter pour de bon").click()
    expect(page.get_by_label("Votre message")).to_have_value("")


SAID_SINCE = """one => {
    window.said = 0;
    new MutationObserver(() => window.said++).observe(one, {childList: true, characterData: true});
}"""


def test_that_a_draft_is_kept_is_not_said_again_at_each_pause(open_page):
    page = open_page("/communaute/espaces/elus/", "elue")
    page.get_by_role("link", name="Seule de mon avis").click()
    page.clock.install()
    page.route("**/sujets/**", lambda route: route.fulfill(json={"garde": "14 h 02"}), times=2)
    text, state = page.get_by_label("Votre message"), page.locator(".composition__garde")
    for words in ("Je commence", "Je commence à répondre"):
        with page.expect_response("**/sujets/**"):
            text.fill(words)
            page.clock.run_for(2000)
        expect(state).to_have_text("Brouillon gardé à 14 h 02")
        if words == "Je commence":
            state.evaluate(SAID_SINCE)
    assert page.evaluate("window.said") == 0


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda route: route.fulfill(status=409), "Le brouillon n’a pas pu être gardé"),
        (lambda route: route.abort(), "Pas de réseau"),
    ],
    ids=["refused", "cut"],
)
def test_a_draft_that_is_not_kept_says_so(open_page, answer, said):
    page = open_page("/communaute/espaces/elus/", "elue")
    page.get_by_role("link", name="Seule de mon avis").click()
    page.route("**/sujets/**", answer)
    page.get_by_label("Votre message").fill("Je commence à répondre")
    expect(page.get_by_text(f"{said} : votre texte reste dans cette page.")).to_be_visible()


def test_a_name_is_chosen_and_a_message_quoted_by_the_keyboard_alone(open_page):
    page = open_page("/communaute/espaces/elus/", "elue")
    page.get_by_role("link", name="Seule de mon avis").click()
    quote = page.get_by_role("link", name="Citer").first
    quote.focus()
    page.keyboard.press("Enter")
    box = page.get_by_label("Votre message")
    expect(box).to_have_value(re.compile(r"^> \*\*.+\*\* a écrit :"))
    expect(box).to_be_focused()
    page.keyboard.type("@fati")
    names = page.get_by_role("group", name="Personnes qui lisent ici").get_by_role("button")
    expect(names).to_have_text([re.compile("Fatima Haddad")])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(box).to_have_value(re.compile(r"@Fatima Haddad $"))
    page.get_by_role("button", name="Gras").first.focus()
    page.keyboard.press("Enter")
    expect(box).to_have_value(re.compile(r"\*\*important\*\*$"))


def test_the_names_stay_as_they_are_under_whoever_goes_on_into_them(open_page):
    page = open_page("/communaute/espaces/elus/", "elue")
    page.get_by_role("link", name="Seule de mon avis").click()
    box = page.get_by_label("Votre message")
    names = page.get_by_role("group", name="Personnes qui lisent ici").get_by_role("button")
    box.press_sequentially("@f")
    expect(names.first).to_be_visible()
    held = []
    page.route("**/mentions/**", lambda route: held.append(route))
    with page.expect_request("**/mentions/**"):
        box.press_sequentially("a")
    page.keyboard.press("Tab")
    expect(names.first).to_be_focused()
    with page.expect_response("**/mentions/**"):
        held[0].continue_()
    page.wait_for_timeout(200)
    expect(names.first).to_be_focused()
