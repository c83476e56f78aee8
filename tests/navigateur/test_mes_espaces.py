"""My spaces, a space and search as members use them: with a mouse, by keyboard alone, without scripts."""

import re

import pytest
from playwright.sync_api import expect

from tests.navigateur.conftest import fill, press, tab_to
from tests.navigateur.test_pages import faults, width_on_a_phone

HOME, ESPACE = "/communaute/", "/communaute/espaces/elus/"


def test_from_what_is_new_to_where_one_was_and_then_all_is_read(open_page):
    page = open_page(HOME, "animation", java_script_enabled=False)
    new = page.get_by_role("region", name="Nouveau pour moi")
    new.get_by_role("link", name=re.compile(r"\d+ sujets?$")).first.click()
    expect(page).to_have_url(re.compile(r"/communaute/espaces/[\w-]+/\?voir=non-lus$"))
    espace = page.url.split("?")[0]
    title = page.locator(".sujet--neuf .sujet__titre a").first
    name = title.inner_text()
    title.click()
    expect(page).to_have_url(re.compile(r"/communaute/sujets/\w+/(\?page=\d+)?#message-"))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.goto(espace)
    page.get_by_role("button", name="Tout marquer comme lu").click()
    expect(page.locator(".sujet--neuf")).to_have_count(0)
    page.get_by_role("link", name="Non lus").click()
    expect(page.get_by_text("Vous avez tout lu")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["", "without JavaScript"])
def test_a_word_leads_to_the_message_that_says_it(open_page, scripts):
    page = open_page(HOME, "elue", java_script_enabled=scripts)
    page.get_by_label("Retrouver ce qui s’est dit").fill("cantines")
    page.get_by_role("button", name="Chercher", exact=True).click()
    expect(page).to_have_url(re.compile("/communaute/recherche/\\?q=cantines"))
    expect(page.locator("mark").first).to_have_text(re.compile("cantine", re.IGNORECASE))
    page.get_by_text("Préciser").click()
    page.get_by_label("Écrit par").fill("hélène")
    page.get_by_role("button", name="Chercher", exact=True).click()
    expect(page.get_by_label("Écrit par")).to_have_value("hélène")
    page.locator(".trouve__titre a").first.click()
    expect(page).to_have_url(re.compile("#message-"))
    expect(page.locator("article:target")).to_contain_text(re.compile("cantine", re.IGNORECASE))


def test_the_sites_search_leads_members_to_their_spaces(open_page):
    page = open_page("/recherche/?q=cantine", "elue")
    page.get_by_role("link", name=re.compile("Dans vos espaces : [0-9]+ résultat")).click()
    expect(page).to_have_url(re.compile("/communaute/recherche/\\?q=cantine"))
    visitor = open_page("/recherche/?q=cantine")
    expect(visitor.get_by_text("Dans vos espaces")).to_have_count(0)


def test_what_one_follows_is_chosen_by_keyboard_alone(open_page):
    page = open_page("/communaute/suivi/", "agent")
    levels = page.get_by_role("group").first
    first = levels.get_by_role("button").first
    tab_to(page, first)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    chosen = levels.get_by_role("button", name="Les nouveaux sujets", pressed=True)
    expect(chosen).to_be_visible()
    expect(levels.get_by_role("button", pressed=True)).to_have_count(1)


def test_a_draft_is_kept_and_found_again_by_keyboard_alone(open_page):
    page = open_page("/communaute/espaces/agents/nouveau-sujet/?nature=ressource", "agent")
    fill(
        page,
        page.get_by_label("Titre du sujet"),
        "Un titre assez long pour deux lignes de téléphone",
    )
    press(page, page.get_by_role("button", name="Garder le brouillon"))
    expect(page.get_by_text("Votre brouillon, gardé")).to_be_visible()
    page.goto(HOME)
    drafts = page.get_by_role("region", name="Vos brouillons")
    expect(drafts).to_contain_text("Un sujet à ouvrir")
    assert faults(page) == []
    assert width_on_a_phone(page) == 320
    press(page, drafts.get_by_role("link", name="Un titre assez long"))
    expect(page.get_by_label("Titre du sujet")).to_have_value(re.compile("^Un titre assez long"))
    press(page, page.get_by_text("Jeter ce brouillon"))
    press(page, page.get_by_role("button", name="Le jeter pour de bon"))
    expect(page.get_by_text("Votre brouillon, gardé")).to_have_count(0)
    page.goto(HOME)
    expect(drafts).to_have_count(0)


def test_the_views_of_a_space_keep_their_place_in_the_address(open_page):
    page = open_page(ESPACE, "elue", java_script_enabled=False)
    page.get_by_role("link", name="Les miens").click()
    page.get_by_text("Par type").click()
    page.get_by_role("link", name="Question", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?voir=miens&nature=question$"))
    page.get_by_role("link", name="Seule de mon avis").click()
    page.go_back()
    current = page.locator(".vues [aria-current]")
    expect(current).to_have_text(["Les miens", "Question"])
