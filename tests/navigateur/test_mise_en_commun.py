"""From an exchange in a space to a public page, and back: by those who speak, ask, answer and publish."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.navigateur.conftest import press
from tests.navigateur.test_pages import faults, width_on_a_phone
from tests.navigateur.test_redaction import IN_THE_LIST
from tests.navigateur.test_redaction import press as press_action

WITHOUT_JAVASCRIPT = {"java_script_enabled": False, "viewport": {"width": 390, "height": 844}}
WITHOUT_AUTOSAVE = "addEventListener('w-autosave:save', (event) => event.preventDefault())"
"""What saves itself must not end after what follows: Wagtail takes what changed meanwhile for kept."""
SPEAKERS = {
    "elue": "Nous avons posé la question d’abord.",
    "agent": "Chez nous le dossier est venu avant.",
    "socio": "Moi, j’ai surtout écouté.",
}
PARTS = {
    "agent": "Quand le dossier vient avant, on défend le dossier.",
    "socio": "Écouter prend du temps, et en fait gagner.",
}


def enter(page):
    """Accept the charter of the space, where that is not done yet."""
    page.goto("/communaute/espaces/tronc-commun/")
    enters = page.get_by_role("button", name="Entrer dans l’espace")
    if enters.count():
        page.get_by_role("checkbox").check()
        enters.click()


class Path:
    """The pages of those who take part, and the addresses of the topic and of what is drawn from it."""

    def __init__(self, open_page, title, promesse="À partager", **context):
        self.pages = {who: open_page("/communaute/", who, **context) for who in SPEAKERS}
        self.pages["animation"] = open_page("/communaute/", "animation", **context)
        self.title = title
        for page in self.pages.values():
            enter(page)
        elue = self.pages["elue"]
        elue.goto("/communaute/espaces/tronc-commun/nouveau-sujet/?nature=question")
        elue.get_by_label("Titre du sujet").fill(f"Sujet : {title}")
        elue.get_by_label("Votre message").fill(SPEAKERS["elue"])
        elue.get_by_text("Choisir ce que deviendra ce qui se dit ici").click()
        elue.get_by_role("radio", name=promesse).check()
        elue.get_by_role("button", name="Publier").click()
        self.topic = urlsplit(elue.url).path
        for who in ("agent", "socio"):
            page = self.at(who, self.topic)
            page.get_by_label("Votre message").fill(SPEAKERS[who])
            page.get_by_role("button", name="Répondre", exact=True).click()
            expect(page.get_by_role("article").filter(has_text=SPEAKERS[who])).to_be_visible()

    def at(self, who, address=None):
        """The page of ``who``, led to the address, or to what is being drawn from the topic."""
        self.pages[who].goto(address or self.mise)
        return self.pages[who]

    def written(self):
        """Propose it, and write a part from what each of the other two said."""
        elue = self.at("elue", self.topic)
        elue.get_by_role("link", name="Mettre en commun").click()
        elue.get_by_label("Ce qu’on a appris, en un titre").fill(self.title)
        elue.get_by_label("En deux phrases").fill("Une question posée tôt change ce qu’on regarde.")
        for words in SPEAKERS.values():
            elue.get_by_label(words).check()
        elue.get_by_role("button", name="Commencer").click()
        self.mise = urlsplit(elue.url).path
        for who, text in PARTS.items():
            elue.get_by_role("link", name="Ajouter un passage").click()
            elue.get_by_label("Ce que dit ce passage").fill(text)
            elue.get_by_label(SPEAKERS[who]).check()
            elue.get_by_role("button", name="Enregistrer").click()
        return self

    def asked(self):
        """Ask all of them."""
        elue = self.at("elue")
        elue.get_by_role("link", name="Demander les accords").click()
        expect(elue.get_by_text("Une seule personne est concernée").first).to_be_visible()
        elue.get_by_role("button", name="Demander ces accords").click()
        expect(elue.get_by_text("Les demandes sont parties")).to_be_visible()
        return self

    def answers(self, who, answer, wording=""):
        """Answer what one is asked, having seen the whole text."""
        page = self.at(who)
        page.get_by_role("link", name="Lire et répondre").click()
        for text in PARTS.values():
            expect(page.locator(".prose", has_text=text).first).to_be_visible()
        page.get_by_role("radio", name=answer, exact=True).check()
        if wording:
            page.get_by_label("Comment vous le diriez").fill(wording)
        page.get_by_role("button", name=re.compile("Enregistrer m")).click()
        expect(page.get_by_text("C’est noté")).to_be_visible()
        return self

    def shows(self, who, *texts, hides=()):
        """What ``who`` reads where it is written."""
        page = self.at(who)
        for text in texts:
            expect(page.locator(".passages")).to_contain_text(text)
        for text in hides:
            expect(page.locator(".passages")).not_to_contain_text(text)
        return page


@pytest.fixture
def path(open_page):
    """``path(title)``: four people around a topic that may be drawn on."""
    return lambda title, **how: Path(open_page, title, **how)


def published(open_page, title):
    """The public page of what was handed over, once it was reviewed."""
    editor = open_page("/gestion/", "animation")
    editor.add_init_script(WITHOUT_AUTOSAVE)
    waiting = editor.get_by_role("region", name="On attend votre relecture")
    waiting.get_by_role("link", name=title).click()
    editor.get_by_role("checkbox", name="Coopération", exact=True).check()
    press_action(editor, "Approuver et publier")
    expect(editor).to_have_url(IN_THE_LIST)
    public = open_page("/enseignements/")
    link = public.locator("main").get_by_role("link", name=title).first
    expect(link).to_be_visible()
    link.click()
    return public


def test_an_exchange_becomes_public_with_every_yes_and_is_taken_back(path, open_page):
    told = path("Demander avant d’écrire").written().asked()
    told.answers("agent", "Oui, sans mon nom").answers("socio", "Oui, avec mon nom")
    told.shows("animation", *PARTS.values())
    expect(told.at("animation").get_by_role("link", name="Remettre")).to_have_count(0)
    told.answers("elue", "Oui, sans mon nom")
    animation = told.shows("animation", "Chaque personne a dit oui")
    animation.get_by_role("link", name="Remettre à l’équipe éditoriale").click()
    animation.get_by_role("button", name="Remettre ce texte").click()
    expect(animation.get_by_text("C’est remis")).to_be_visible()

    public = published(open_page, told.title)
    for text in PARTS.values():
        expect(public.locator("main")).to_contain_text(text)
    expect(public.locator("main")).to_contain_text("Issu d’un échange entre pairs")
    expect(public.locator("main")).to_contain_text("Yanis Mercier")
    for secret in ("Julien", "Hélène Marty", *SPEAKERS.values(), "Sujet :"):
        expect(public.locator("main")).not_to_contain_text(secret)
    assert faults(public) == []
    expect(
        told.at("agent", told.topic).get_by_text("est né un enseignement public")
    ).to_be_visible()

    agent = told.at("agent", "/communaute/mes-accords/")
    assert faults(agent) == []
    part = agent.get_by_role("article").filter(has_text=PARTS["agent"]).first
    press(agent, part.locator("summary", has_text="Retirer mon oui"))
    press(agent, part.get_by_role("button", name="Le retirer"))
    expect(agent.get_by_text("C’est retiré")).to_be_visible()
    public.reload()
    expect(public.locator("main")).not_to_contain_text(PARTS["agent"])
    expect(public.locator("main")).to_contain_text(PARTS["socio"])
    expect(public.get_by_text("Un passage a été retiré")).to_be_visible()

    socio = told.at("socio", "/communaute/mes-accords/")
    part = socio.get_by_role("article").filter(has_text=PARTS["socio"]).first
    part.get_by_text("Retirer mon oui").click()
    part.get_by_role("button").click()
    assert public.reload().status == 410


def test_a_no_takes_its_part_out_and_nobody_is_told_whose(path):
    told = path("Dire non en paix", **WITHOUT_JAVASCRIPT).written().asked()
    told.answers("elue", "Oui, sans mon nom").answers("agent", "Non")
    told.shows("animation", *PARTS.values())
    told.answers("socio", "Oui, sans mon nom")
    page = told.shows("animation", PARTS["socio"], hides=[PARTS["agent"]])
    expect(page.get_by_text("Un passage ne fait plus partie du texte.")).to_be_visible()
    expect(page.locator(".passages")).not_to_contain_text("Julien")


def test_ones_own_wording_is_what_is_kept(path):
    told = path("Mieux dit").written().asked()
    told.answers("elue", "Oui, sans mon nom").answers("socio", "Oui, sans mon nom")
    told.answers(
        "agent", "Oui, ainsi reformulé", wording="Un dossier trop tôt se défend tout seul."
    )
    told.shows("animation", "Un dossier trop tôt se défend", hides=[PARTS["agent"]])


def test_what_stays_in_the_space_offers_no_way_out_and_no_name_where_none_is_given(path):
    kept = path("Rien ne sort", promesse="Reste ici")
    expect(kept.at("elue", kept.topic).get_by_role("link", name="Mettre en commun")).to_have_count(
        0
    )
    unnamed = path("Sans nom", promesse="Sans attribution").written().asked()
    page = unnamed.at("agent", f"{unnamed.mise}repondre/")
    expect(page.get_by_role("radio", name="Oui, sans mon nom")).to_be_visible()
    expect(page.get_by_role("radio", name="Oui, avec mon nom")).to_have_count(0)


@pytest.mark.parametrize("step", ["proposer", "ecrire", "demander", "repondre", "lire"])
def test_axe_finds_nothing_on_the_way_and_it_fits_a_small_phone(open_page, step):
    page = open_page("/communaute/espaces/elus/", "elue")
    page.locator("main").get_by_role("link", name="Demander d’abord").first.click()
    if step == "proposer":
        page.get_by_role("link", name="Mettre en commun").click()
    else:
        page.get_by_role("link", name="Poser la question avant").click()
    mise = urlsplit(page.url).path
    if step == "repondre":
        page.get_by_role("link", name=re.compile("Lire et répondre|Revoir ma réponse")).click()
    elif step in ("ecrire", "demander"):
        address = f"{mise}passages/" if step == "ecrire" else f"{mise}demander/"
        page = open_page(address, "animation")
    assert faults(page) == []
    assert width_on_a_phone(page) == 320
