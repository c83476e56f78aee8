"""The floor of every page: accessible in both schemes, at 320 px, without JavaScript, and light."""

import gzip
import re
from collections import defaultdict
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.navigateur.conftest import tab_to, visit

RULES = {
    "resultTypes": ["violations"],
    "runOnly": [
        *("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"),
        *("RGAAv4", "best-practice"),
    ],
}
COLOURS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
MAX_WEIGHT = 50_000
"""Bytes of HTML, CSS and JavaScript, gzipped (interface.md, the floor for every page)."""
MAX_REQUESTS = 8
TOUCHED = {"viewport": {"width": 320, "height": 800}, "has_touch": True, "is_mobile": True}
"""A small telephone."""

PUBLIC = {
    "home": "/",
    "cohort": "/la-cohorte/",
    "fundamental": "/la-cohorte/cooperation/",
    "path": "/tronc-commun/",
    "asks": "/ce-que-la-cohorte-porte/",
    "contact": "/nous-ecrire/",
    "legal": "/mentions-legales/",
    "territories": "/territoires/",
    "territories of a theme": "/territoires/?theme=eau",
    "territory": "/territoires/virelaube/",
    "project": "/territoires/hautes-serines/des-maisons-a-rouvrir/",
    "analysis": "/territoires/port-sansouire/sous-la-carte/",
    "programmes": "/la-cohorte/dispositifs/",
    "programme": "/la-cohorte/dispositifs/installation-agricole/",
    "allies": "/la-cohorte/allies/",
    "ally": "/la-cohorte/allies/cooperative-ourlet/",
    "learnings": "/enseignements/",
    "learnings of a fundamental": "/enseignements/?fondamental=cooperation",
    "learnings, none found": "/enseignements/?q=introuvable&theme=eau",
    "learning": "/enseignements/concertation-apres-la-decision/",
    "shared learnings": "/enseignements/regards-croises/",
    "search": "/recherche/?q=cantine",
    "search without result": "/recherche/?q=introuvable",
    "sign-in": "/compte/connexion/",
    "code by mail": "/compte/connexion/code/",
    "password": "/compte/mot-de-passe/",
    "asking to join": "/rejoindre/",
    "request to join received": "/rejoindre/merci/",
    "letter": "/lettre/",
    "letter asked for": "/lettre/merci/",
    "closed sign-up": "/compte/inscription/",
    "not found": "/nulle-part/",
}
MEMBERS = {
    "my spaces": "/communaute/",
    "space": "/communaute/espaces/elus/",
    "view of a space": "/communaute/espaces/elus/?voir=miens&nature=question",
    "empty view of a space": "/communaute/espaces/elus/?nature=sondage",
    "what I follow": "/communaute/suivi/",
    "search in my spaces": "/communaute/recherche/?q=cantine",
    "search in my spaces, not understood": "/communaute/recherche/?q=cantine&du=hier",
    "readers": "/communaute/espaces/elus/lecteurs/",
    "charter": "/communaute/espaces/elus/charte/",
    "new topic": "/communaute/espaces/elus/nouveau-sujet/",
    "question": "/communaute/espaces/elus/nouveau-sujet/?nature=question",
    "poll": "/communaute/espaces/elus/nouveau-sujet/?nature=sondage",
    "topic": "topic",
    "edit": "Modifier mon message",
    "report": "Alerter l’animation",
    "decisions": "/communaute/decisions/",
    "members' not found": "/communaute/sujets/rien/",
    "rhythm": "/communaute/rythme/",
    "my account": "/compte/",
    "my second factor": "/compte/second-facteur/",
    "new key": "/compte/second-facteur/cle/",
    "new app": "/compte/second-facteur/application/",
    "my devices": "/compte/sessions/",
    "new password": "/compte/mot-de-passe/changer/",
    "no password": "/compte/mot-de-passe/retirer/",
    "what I am told": "/communaute/nouvelles/",
    "my data": "/compte/mes-donnees/",
    "leaving": "/compte/partir/",
    "my profile": "/communaute/profil/",
    "directory": "/communaute/annuaire/",
    "handover": "/communaute/passation/",
    "analysis for members": "/territoires/hautes-serines/maisons-de-famille/",
    "sign-out": "/compte/deconnexion/",
}
FACILITATORS = {
    "queue": "/communaute/espaces/elus/moderation/",
    "suspensions": "/communaute/espaces/elus/suspensions/",
    "journal": "/communaute/espaces/elus/journal/",
    "health": "/communaute/espaces/elus/sante/",
    "invitations": "/communaute/invitations/",
    "invite": "/communaute/invitations/nouvelle/",
    "invite a list": "/communaute/invitations/liste/",
    "decide": "Modérer",
    "move": "Déplacer…",
}
PAGES = [
    *((path, None) for path in PUBLIC.values()),
    *((path, "elue") for path in MEMBERS.values()),
    *((path, "animation") for path in FACILITATORS.values()),
]
IDS = [*PUBLIC, *MEMBERS, *FACILITATORS]


@pytest.fixture(scope="module", params=PAGES, ids=IDS)
def address(request, browser, site):
    """The path of one of the pages, or of where a link of a topic leads, and the account that sees it."""
    path, account = request.param
    if not path.startswith("/"):
        with visit(browser, site, account) as page:
            page.goto("/communaute/espaces/elus/")
            page.get_by_role("link", name="Seule de mon avis").click()
            if path != "topic":
                page.goto(page.locator("main a", has_text=path).first.get_attribute("href"))
            path = urlsplit(page.url).path
    return path, account


@pytest.fixture(scope="module")
def shown(address, browser, site):
    """That page, opened once for the tests that change nothing in it, with its ``responses``."""
    path, account = address
    with visit(browser, site, account) as page:
        page.responses = responses = []
        page.on("response", lambda response: responses.append(response))
        page.goto(path, wait_until="load")
        yield page


def faults(page):
    """What axe finds in a page; in the dark scheme, of its colours, which alone change."""
    # Whoever pressed a link waited until the next page began, not until it is there.
    page.wait_for_load_state()
    found = []
    for scheme, options in (("light", RULES), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [
            (scheme, violation["id"], node["target"], node["failureSummary"])
            for violation in Axe().run(page, options=options).response["violations"]
            for node in violation["nodes"]
        ]
    return found


def width_on_a_phone(page):
    """How wide a page is in a window of 320 pixels."""
    page.wait_for_load_state()
    page.set_viewport_size({"width": 320, "height": 640})
    # Where scripts of the page are off, the test's own still run.
    return page.evaluate("document.documentElement.scrollWidth")


def test_axe_finds_nothing_in_either_scheme(shown):
    assert faults(shown) == []


def test_a_page_is_light_and_asks_no_other_host(shown, site):
    responses = shown.responses
    assert {urlsplit(response.url).netloc for response in responses} == {urlsplit(site.url).netloc}
    assert len(responses) <= MAX_REQUESTS
    text = re.compile(r"text/(html|css|javascript)|application/javascript")
    weight = sum(
        len(gzip.compress(response.body()))
        for response in responses
        # Where the page asks again who one is, the answer that leads there has no body.
        if not 300 <= response.status < 400 and text.match(response.headers.get("content-type", ""))
    )
    assert 0 < weight <= MAX_WEIGHT


def test_nothing_scrolls_sideways_at_320_pixels_without_javascript(address, open_page):
    path, account = address
    page = open_page(path, account, java_script_enabled=False)
    assert width_on_a_phone(page) == 320
    assert page.locator("main h1").count() == 1
    assert page.locator("main").inner_text().strip()


def test_the_first_stop_of_the_keyboard_leads_to_the_content(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Aller au contenu"
    page.keyboard.press("Enter")
    assert page.url.endswith("#contenu")


SMALL = """() => [...document.querySelectorAll("main :is(a, summary, button)")]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 44)
    .map(one => one.textContent)"""


@pytest.mark.parametrize(
    ("path", "account"),
    [
        ("/compte/mot-de-passe/", None),
        ("/compte/inscription/", None),
        ("/communaute/profil/", "elue"),
    ],
)
def test_a_finger_finds_what_leads_on(open_page, path, account):
    page = open_page(path, account, **TOUCHED)
    assert page.evaluate(SMALL) == []


AROUND = """one => {
    const {x, y, width, height} = one.querySelector(".carte__rond").getBoundingClientRect();
    const at = ([right, down]) => document.elementFromPoint(x + width / 2 + right, y + height / 2 + down);
    return [[0, 0], [20, 0], [-20, 0], [0, 20], [0, -20]].map(
        way => at(way)?.closest("a")?.getAttribute("href") === one.getAttribute("href")
    );
}"""


@pytest.mark.parametrize("path", ["/territoires/", "/territoires/virelaube/"])
def test_a_finger_finds_the_marks_of_the_map(open_page, path):
    page = open_page(path, **TOUCHED)
    page.locator(".carte").first.evaluate("one => one.scrollIntoView({block: 'center'})")
    for mark in page.locator("a.carte__lieu").all():
        assert all(mark.evaluate(AROUND)), mark.text_content()


def test_the_lines_of_a_list_to_correct_are_read_whole_on_a_phone(open_page):
    page = open_page("/communaute/invitations/liste/", "animation", **TOUCHED)
    page.get_by_label("La liste").fill("pas-une-adresse;Lise;Martin;zélus;Nulle part;Maire")
    page.get_by_role("button", name="Envoyer les invitations").click()
    page.get_by_role("link", name="Une ligne est à corriger").click()
    row = page.get_by_role("row").last
    for cell in ("pas-une-adresse", "zélus"):
        box = row.get_by_role("cell").filter(has_text=cell).last.bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= 320


TWICE_AS_LARGE = "() => { document.documentElement.style.fontSize = '200%' }"
OVERLAP = """() => {
    const boxes = [".marque__nom", ".cloche", ".menu--repli"].map(
        one => document.querySelector(one).getBoundingClientRect()
    );
    return boxes.some((one, rank) => boxes.slice(rank + 1).some(
        other => one.left < other.right && other.left < one.right
            && one.top < other.bottom && other.top < one.bottom
    ));
}"""


@pytest.mark.parametrize(
    ("path", "account"),
    [
        ("/communaute/", "elue"),
        ("/communaute/annuaire/", "elue"),
        ("/communaute/recherche/?q=cantine", "elue"),
        ("/communaute/espaces/elus/sante/", "animation"),
        ("/communaute/invitations/nouvelle/", "animation"),
    ],
)
def test_letters_twice_as_large_stay_within_a_phone_and_apart(open_page, path, account):
    page = open_page(path, account, viewport={"width": 360, "height": 800})
    page.evaluate(TWICE_AS_LARGE)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert not page.evaluate(OVERLAP)


UNDER_SOMETHING = """() => {
    const one = document.activeElement, {x, y, width, height} = one.getBoundingClientRect();
    const above = document.elementFromPoint(x + width / 2, y + height / 2);
    return !one.contains(above) && !above.contains(one);
}"""


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_menu_left_open_hides_nothing_that_the_keyboard_goes_on_to(open_page, scripts):
    page = open_page("/communaute/", "elue", java_script_enabled=scripts, **TOUCHED)
    page.locator(".menu--repli summary").press("Enter")
    panel = page.locator(".menu__volet")
    expect(panel).to_be_visible()
    tab_to(page, panel.get_by_role("button", name="Se déconnecter"))
    expect(panel).to_be_visible()
    for _ in range(5):
        page.keyboard.press("Tab")
        assert not page.evaluate(UNDER_SOMETHING)


LEADS = r"""() => [...document.querySelectorAll("main :is(a[href], button[formaction])")]
    .filter(one => one.checkVisibility())
    .map(one => [one.textContent.trim().replace(/\s+/g, " "), one.formAction ?? one.href])"""


@pytest.mark.parametrize(
    ("path", "account"),
    [
        ("topic", "animation"),
        ("/communaute/rencontres/", "elue"),
        ("/communaute/recherche/?q=cantine", "elue"),
    ],
)
def test_what_leads_elsewhere_is_named_otherwise(open_page, path, account):
    page = open_page("/communaute/espaces/tronc-commun/" if path == "topic" else path, account)
    if path == "topic":
        page.get_by_role("link", name="Associer une entreprise").click()
        page.wait_for_load_state()
    addresses = defaultdict(set)
    for name, address in page.evaluate(LEADS):
        addresses[name].add(address)
    assert addresses
    assert [name for name, led in addresses.items() if len(led) > 1] == []


def test_a_visitor_receives_no_cookie(open_page):
    page = open_page("/")
    for path in ("/territoires/", "/enseignements/", "/recherche/?q=cantine"):
        page.goto(path)
    assert page.context.cookies() == []
