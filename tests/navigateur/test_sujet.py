"""The topic page, as people live in it: with and without JavaScript, by keyboard alone."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.navigateur.conftest import press
from tests.navigateur.test_pages import faults, width_on_a_phone

WITHOUT_JAVASCRIPT = {"java_script_enabled": False}
PHONE = {"viewport": {"width": 390, "height": 844}}
DEVICES = pytest.mark.parametrize(
    "context", [{}, WITHOUT_JAVASCRIPT | PHONE], ids=["desktop", "phone"]
)


def open_topic(open_page, account, title, espace="elus", **context):
    page = open_page(f"/communaute/espaces/{espace}/", account, **context)
    page.locator("main").get_by_role("link", name=title).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    return page


@DEVICES
def test_a_topic_says_what_it_is_what_it_promises_and_who_reads(open_page, context):
    page = open_topic(open_page, "elue", "Annoncer une mauvaise", **context)
    band = page.locator("main header").first
    expect(band).to_contain_text("Question")
    expect(band).to_contain_text("Sans attribution.")
    # One more reads the space, who came after that topic.
    expect(band).to_contain_text(re.compile(r"\b\d+ personnes"))
    expect(page.get_by_role("region", name="En bref")).to_contain_text("dire d’entrée")
    expect(page.get_by_text("Message retiré par son auteur·rice")).to_be_visible()
    reply = page.get_by_role("region", name="Répondre")
    expect(reply).to_contain_text("Personne n’est nommé, jamais.")
    expect(reply).to_contain_text(re.compile(r"\b\d+ personnes"))


@DEVICES
def test_thanks_are_said_and_taken_back(open_page, context):
    page = open_topic(open_page, "elue", "Que reste-t-il", **context)
    message = page.get_by_role("article").filter(has_text="laissez l’agent écrire")
    thanks = message.get_by_role("button", name="Merci à Fatima")
    expect(thanks).to_have_attribute("aria-pressed", "false")
    thanks.click()
    expect(thanks).to_have_attribute("aria-pressed", "true")
    message.get_by_text("1 personne dit merci").click()
    expect(message.get_by_text("Hélène", exact=False).last).to_be_visible()
    thanks.click()
    expect(thanks).to_have_attribute("aria-pressed", "false")


def test_an_answer_is_kept_by_keyboard_alone(open_page):
    page = open_topic(open_page, "animation", "Que reste-t-il")
    keep = page.get_by_role("button", name="Retenir cette réponse").first
    press(page, keep)
    answer = page.get_by_role("region", name="Réponse retenue")
    expect(answer).to_be_visible()
    answer.get_by_role("button", name="Ne plus la retenir").focus()
    page.keyboard.press("Enter")
    expect(answer).to_have_count(0)


@pytest.mark.parametrize(("height", "position"), [(225, "static"), (800, "sticky")])
def test_what_is_told_follows_down_the_page_where_it_leaves_room(open_page, height, position):
    screen = {"width": 320, "height": height}
    page = open_topic(open_page, "animation", "Que reste-t-il", viewport=screen)
    page.get_by_role("button", name="Retenir cette réponse").first.click()
    expect(page.get_by_role("status").first).to_have_css("position", position)
    message = page.locator(":target")
    assert 0 <= message.evaluate("one => one.getBoundingClientRect().top") < height
    page.get_by_role("button", name="Ne plus la retenir").click()


@DEVICES
def test_a_vote_is_cast_and_changed(open_page, context):
    page = open_topic(open_page, "animation", "Une page plutôt", "tronc-commun", **context)
    poll = page.get_by_role("region", name="Votre avis")
    expect(poll).to_contain_text("Personne ne voit qui a voté quoi")
    poll.get_by_label("Nous essayons dès").check()
    poll.get_by_role("button", name=re.compile("Voter|Changer")).click()
    expect(page.get_by_text("Votre vote est noté")).to_be_in_viewport(ratio=1)
    poll.get_by_label("Nous préférons attendre").check()
    poll.get_by_role("button", name="Changer mon vote").click()
    expect(poll.get_by_label("Nous préférons attendre")).to_be_checked()
    expect(poll).to_contain_text("Les résultats paraîtront à la clôture")
    expect(poll.get_by_role("table")).to_have_count(0)


@DEVICES
def test_what_is_new_is_marked_once_and_one_withdraws_what_one_said(open_page, context):
    page = open_topic(open_page, "elue", "Dire non à un projet", **context)
    page.get_by_label("Votre message").fill("Une phrase que je vais regretter.")
    page.get_by_role("button", name="Répondre", exact=True).click()
    said = page.get_by_role("article").filter(has_text="que je vais regretter")
    expect(said).to_be_visible()
    path = urlsplit(page.url).path

    other = open_page(f"{path}nouveau/", "animation", **context)
    new = other.get_by_role("article").filter(has_text="que je vais regretter")
    expect(new.get_by_text("Nouveau", exact=True)).to_be_visible()
    other.goto(path)
    expect(new.get_by_text("Nouveau", exact=True)).to_have_count(0)

    said.get_by_role("link", name="Retirer").click()
    expect(page.get_by_text("effacés pour de bon")).to_be_visible()
    page.get_by_role("button", name="Retirer mon message").click()
    expect(page.get_by_text("Votre message est retiré")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("que je vais regretter")).to_have_count(0)
    expect(page.get_by_text("Message retiré par son auteur·rice").last).to_be_visible()


@DEVICES
def test_a_summary_is_written_seen_and_kept(open_page, context):
    page = open_topic(open_page, "animation", "Désaccord au travail", "tronc-commun", **context)
    page.get_by_role("link", name="Mettre à jour le résumé").click()
    field = page.get_by_label("Le résumé")
    field.fill(field.input_value() + "\n\n**Encore une ligne.**")
    page.get_by_role("button", name="Voir l’aperçu").click()
    expect(page.locator("strong", has_text="Encore une ligne.").first).to_be_visible()
    page.get_by_role("button", name="Enregistrer le résumé").click()
    expect(page.get_by_role("region", name="En bref")).to_contain_text("Encore une ligne.")


@pytest.mark.parametrize("page_of", ["promesse", "resume", "retirer", "poll"])
def test_axe_finds_nothing_in_the_pages_around_a_topic(open_page, page_of):
    if page_of == "poll":
        page = open_topic(open_page, "animation", "Une page plutôt", "tronc-commun")
    elif page_of == "retirer":
        page = open_topic(open_page, "elue", "Seule de mon avis")
        page.get_by_role("link", name="Retirer").first.click()
    else:
        page = open_topic(open_page, "elue", "Seule de mon avis")
        page.goto(f"{urlsplit(page.url).path}{page_of}/")
    assert faults(page) == []


def test_one_is_told_by_keyboard_alone_that_a_promise_may_not_be_loosened_yet(open_page):
    page = open_topic(open_page, "elue", "Annoncer une mauvaise")
    press(page, page.get_by_role("link", name="La promesse du sujet"))
    expect(
        page.get_by_text("On ne pourra demander de nouveau à l’assouplir qu’à partir")
    ).to_be_visible()
    assert faults(page) == []
    assert width_on_a_phone(page) == 320


def test_a_page_left_open_says_by_itself_that_one_is_named(open_page):
    waiting = open_page("/", "elue")
    waiting.clock.install()
    waiting.goto("/communaute/nouvelles/")
    bell = waiting.locator("#cloche")
    before = bell.inner_text()
    page = open_topic(open_page, "animation", "Dire non à un projet")
    page.get_by_label("Votre message").fill("Et vous, @Hélène Marty ?")
    page.get_by_role("button", name="Répondre", exact=True).click()
    expect(page.get_by_role("article").filter(has_text="Et vous,")).to_be_visible()
    waiting.clock.fast_forward("01:01")
    expect(bell).not_to_have_text(before)
    expect(bell).to_contain_text("pour vous")
