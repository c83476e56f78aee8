"""The live filters of the learnings: counts, address, keyboard, what is announced."""

import re

import pytest
from playwright.sync_api import expect

LIST = "/enseignements/"


@pytest.fixture
def learnings(open_page):
    """The list, with all its learnings."""
    return open_page(LIST)


def total(page):
    return int(re.match(r"\d+", page.locator("#bilan").inner_text())[0])


def test_a_choice_renews_list_counts_and_address_and_keeps_the_focus(learnings):
    page, requests = learnings, []
    before = total(page)
    page.on("request", lambda request: requests.append(request))
    theme = page.get_by_label("Thème", exact=True)
    theme.focus()
    theme.select_option(index=1)
    code = theme.input_value()
    expect(page).to_have_url(re.compile(rf"{LIST}\?theme={code}$"))
    expect(page.locator(".choisis")).to_be_visible()
    left = total(page)
    assert 0 < left < before
    assert page.locator("#trouves .enseignement").count() == left
    expect(page.get_by_label("Nature").locator("option").first).to_have_text(f"Tous ({left})")
    expect(theme).to_be_focused()
    asked = [request.resource_type for request in requests if "favicon" not in request.url]
    assert asked == ["xhr"]


def test_what_is_found_is_announced_where_it_was_listened_to(learnings):
    page = learnings
    page.evaluate("window.heard = document.getElementById('bilan')")
    page.get_by_label("Nature").select_option("recit")
    expect(page.get_by_role("status").last).to_contain_text("Récit de transformation")
    assert page.evaluate("window.heard === document.getElementById('bilan')")
    assert page.locator("#bilan").get_attribute("role") == "status"


def test_the_fundamentals_are_chosen_with_the_arrows_of_the_keyboard(learnings):
    page = learnings
    page.get_by_role("radio", name=re.compile("^Tous")).focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"\?fondamental=engagement$"))
    expect(page.get_by_role("radio", name=re.compile("^Engagement"))).to_be_focused()
    expect(page.get_by_role("radio", name=re.compile("^Engagement"))).to_be_checked()


def test_going_back_shows_the_list_as_it_was(learnings):
    page = learnings
    before = total(page)
    page.get_by_label("Nature").select_option("recit")
    expect(page).to_have_url(re.compile("nature=recit"))
    page.go_back()
    expect(page).to_have_url(re.compile(rf"{LIST}$"))
    expect(page.locator("#bilan")).to_have_text(f"{before} enseignements")
    expect(page.get_by_label("Nature")).to_have_value("")


def test_words_are_sent_with_the_button_and_kept_with_the_filters(learnings):
    page = learnings
    page.get_by_label("Des mots à chercher").fill("cantine")
    page.get_by_role("button", name="Filtrer").click()
    expect(page).to_have_url(re.compile(r"\?q=cantine$"))
    page.get_by_label("Nature").select_option("recit")
    expect(page).to_have_url(re.compile(r"\?q=cantine&nature=recit$"))
    expect(page.get_by_label("Des mots à chercher")).to_have_value("cantine")


def test_without_javascript_the_button_filters(open_page):
    page = open_page(LIST, java_script_enabled=False)
    page.get_by_label("Nature").select_option("recit")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.locator("#bilan")).to_contain_text("Récit de transformation")
    expect(page.get_by_label("Nature")).to_have_value("recit")


def test_when_the_line_fails_the_browser_says_it(learnings):
    page = learnings
    page.context.set_offline(True)
    page.get_by_label("Nature").select_option("recit")
    expect(page.locator("#bilan")).to_have_count(0)
    page.context.set_offline(False)


def test_what_was_unfolded_on_a_phone_stays_unfolded(open_page):
    page = open_page(LIST, viewport={"width": 375, "height": 667})
    expect(page.get_by_label("Nature")).to_be_hidden()
    page.get_by_text("Préciser").click()
    page.get_by_label("Nature").focus()
    page.get_by_label("Nature").select_option("recit")
    expect(page).to_have_url(re.compile("nature=recit"))
    page.get_by_label("Nature").select_option("")
    expect(page).to_have_url(re.compile(rf"{LIST}$"))
    expect(page.get_by_label("Nature")).to_be_visible()
    expect(page.get_by_label("Nature")).to_be_focused()


@pytest.mark.parametrize("width", [375, 1280])
def test_no_script_of_the_list_breaks_the_content_policy(open_page, width):
    page = open_page("about:blank", viewport={"width": width, "height": 800})
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(LIST)
    page.locator("[name=fondamental]").nth(1).check(force=True)
    expect(page).to_have_url(re.compile("fondamental="))
    assert said == []
