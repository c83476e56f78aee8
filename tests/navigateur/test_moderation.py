"""Care for a space, from an alert to an appeal, as those concerned live it: with and without JavaScript."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.navigateur.conftest import choose, fill, press
from tests.navigateur.test_pages import faults, width_on_a_phone
from tests.navigateur.test_sujet import DEVICES, WITHOUT_JAVASCRIPT, open_topic

ESPACE = "/communaute/espaces/tronc-commun/"
WORDS = "Une phrase qui vise quelqu’un."
HIDDEN = "Message masqué par l’animation"


def say(open_page, account, words, **context):
    """The page where ``account`` has just answered in the common space, and the address of the answer."""
    page = open_topic(open_page, account, "Associer une entreprise", "tronc-commun", **context)
    page.get_by_label("Votre message").fill(words)
    page.get_by_role("button", name="Répondre", exact=True).click()
    said = page.get_by_role("article").filter(has_text=words)
    expect(said).to_be_visible()
    return page, f"/communaute/messages/{said.get_attribute('id').removeprefix('message-')}/"


def what_waits(open_page, account, **context):
    """The queue of the common space, where ``account`` is led from their own spaces."""
    page = open_page("/communaute/", account, **context)
    asked = page.get_by_role("listitem").filter(has_text=re.compile("décisions? à prendre"))
    asked.get_by_role("link", name="Tronc commun").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce qui attend l’animation")
    return page


@DEVICES
def test_an_alert_is_decided_told_appealed_against_and_judged_by_another(open_page, context):
    author, address = say(open_page, "allie", WORDS, **context)

    reader = open_page(address, "etat", **context)
    message = reader.get_by_role("article").filter(has_text=WORDS)
    message.get_by_role("link", name="Alerter l’animation").click()
    reader.get_by_role("button", name="Alerter l’animation").click()
    reader.get_by_label("Blesse, méprise ou attaque").check()
    reader.get_by_label("Ce que l’animation doit savoir").fill("On le reconnaît.")
    reader.get_by_role("button", name="Alerter l’animation").click()
    expect(reader.get_by_text("L’animation va lire votre alerte")).to_be_visible()

    facilitator = what_waits(open_page, "animation", **context)
    reported = facilitator.get_by_role("region", name="Messages signalés")
    expect(reported).to_contain_text("On le reconnaît.")
    reported.get_by_role("link", name="Décider").click()
    expect(facilitator.locator("main")).to_contain_text(WORDS)
    facilitator.get_by_label("Masquer ce message").check()
    facilitator.get_by_role("button", name="Décider").click()
    expect(facilitator.get_by_text("Dites pourquoi").first).to_be_visible()
    facilitator.get_by_label("Pourquoi").fill("Dites-le sans le désigner.")
    facilitator.get_by_role("button", name="Décider").click()
    expect(facilitator.get_by_text("Le message est masqué")).to_be_visible()

    reader.goto(address)
    expect(reader.get_by_text(HIDDEN)).to_be_visible()
    expect(reader.get_by_text(WORDS)).to_have_count(0)

    author.goto("/communaute/")
    author.get_by_role("link", name="Décisions qui me concernent").click()
    decision = author.get_by_role("article", name="Message masqué").first
    expect(decision).to_contain_text("Dites-le sans le désigner.")
    decision.get_by_text("Relire votre message").click()
    expect(decision.get_by_text(WORDS)).to_be_visible()
    decision.get_by_role("link", name="Faire un recours").click()
    author.get_by_label("Ce que vous voulez que l’on entende").fill("Je parlais de moi.")
    author.get_by_role("button", name="Envoyer mon recours").click()
    expect(author.get_by_text("Votre recours est parti")).to_be_visible()

    facilitator.goto(f"{ESPACE}moderation/")
    appeals = facilitator.get_by_role("region", name="Recours à juger")
    expect(appeals).to_contain_text("Une autre personne de l’animation y répondra")
    expect(appeals.get_by_role("link", name="Lire et répondre")).to_have_count(0)

    judge = open_page(f"{ESPACE}moderation/", "agent", **context)
    judge.get_by_role("link", name="Lire et répondre").click()
    expect(judge.locator("main")).to_contain_text("Je parlais de moi.")
    judge.get_by_label("L’annuler").check()
    judge.get_by_label("Pourquoi").fill("On ne reconnaît personne.")
    judge.get_by_role("button", name="Répondre").click()
    expect(judge.get_by_text("Votre réponse attend la personne")).to_be_visible()

    author.reload()
    expect(decision).to_contain_text("La décision est annulée.")
    expect(decision).to_contain_text("On ne reconnaît personne.")
    reader.goto(address)
    expect(reader.get_by_text(WORDS)).to_be_visible()
    author.goto(f"{address}retirer/")
    author.get_by_role("button", name="Retirer mon message").click()


def test_an_alert_is_sent_decided_and_appealed_against_by_keyboard_alone(open_page):
    words = "Une phrase à masquer, avec son titre."
    author = open_page(f"{ESPACE}nouveau-sujet/?nature=question", "allie")
    fill(author, author.get_by_label("Titre du sujet"), "Un titre qui désigne quelqu’un")
    fill(author, author.get_by_label("Votre message"), words)
    press(author, author.get_by_role("button", name="Publier"))
    expect(author.get_by_role("heading", level=1)).to_have_text("Un titre qui désigne quelqu’un")
    address = urlsplit(author.url).path

    reader = open_page(address, "etat")
    press(reader, reader.get_by_role("link", name="Alerter l’animation"))
    choose(reader, reader.get_by_label("Blesse, méprise ou attaque"))
    fill(reader, reader.get_by_label("Ce que l’animation doit savoir"), "On le reconnaît.")
    press(reader, reader.get_by_role("button", name="Alerter l’animation"))
    expect(reader.get_by_text("L’animation va lire votre alerte")).to_be_visible()

    facilitator = open_page("/communaute/", "animation")
    asked = facilitator.get_by_role("listitem").filter(has_text=re.compile("décisions? à prendre"))
    press(facilitator, asked.get_by_role("link", name="Tronc commun"))
    reported = facilitator.get_by_role("region", name="Messages signalés")
    press(facilitator, reported.get_by_role("link", name="Décider"))
    choose(facilitator, facilitator.get_by_label("Masquer ce message"))
    press(facilitator, facilitator.get_by_role("button", name="Décider"))
    expect(facilitator.get_by_text("Dites pourquoi").first).to_be_visible()
    fill(facilitator, facilitator.get_by_label("Pourquoi"), "Dites-le sans le désigner.")
    press(facilitator, facilitator.get_by_role("button", name="Décider"))
    expect(facilitator.get_by_text("Le message est masqué")).to_be_visible()

    for page in (reader, author):
        page.goto(address)
        expect(page.get_by_role("article").get_by_text(HIDDEN)).to_be_visible()
        expect(page.get_by_role("heading", level=1)).not_to_contain_text("désigne")
        assert faults(page) == []
        assert width_on_a_phone(page) == 320

    author.goto("/communaute/")
    press(author, author.get_by_role("link", name="Décisions qui me concernent"))
    decision = author.get_by_role("article", name="Message masqué").first
    press(author, decision.get_by_text("Relire votre message"))
    expect(decision.get_by_text(words)).to_be_visible()
    press(author, decision.get_by_role("link", name="Faire un recours"))
    fill(author, author.get_by_label("Ce que vous voulez que l’on entende"), "Je parlais de moi.")
    press(author, author.get_by_role("button", name="Envoyer mon recours"))
    expect(author.get_by_text("Votre recours est parti")).to_be_visible()

    judge = open_page(f"{ESPACE}moderation/", "agent")
    press(judge, judge.get_by_role("link", name="Lire et répondre"))
    choose(judge, judge.get_by_label("L’annuler"))
    fill(judge, judge.get_by_label("Pourquoi"), "On ne reconnaît personne.")
    press(judge, judge.get_by_role("button", name="Répondre"))
    expect(judge.get_by_text("Votre réponse attend la personne")).to_be_visible()
    reader.goto(address)
    expect(reader.get_by_role("heading", level=1)).to_have_text("Un titre qui désigne quelqu’un")
    expect(reader.get_by_text(words)).to_be_visible()


def test_messages_are_read_before_they_appear_as_long_as_facilitators_ask(open_page):
    facilitator = open_page(f"{ESPACE}moderation/", "animation", **WITHOUT_JAVASCRIPT)
    facilitator.get_by_role("button", name="Relire avant parution", exact=True).click()
    words = "Un mot qui attend."
    author, address = say(open_page, "allie", words)
    expect(author.get_by_text("Le vôtre attendra d’être accepté").first).to_be_visible()
    assert faults(author) == []
    assert width_on_a_phone(author) == 320
    expect(author.get_by_text("En attente de relecture")).to_be_visible()
    reader = open_page(urlsplit(author.url).path, "etat")
    expect(reader.get_by_role("heading", level=1)).to_contain_text("Associer une entreprise")
    expect(reader.get_by_text(words)).to_have_count(0)

    facilitator.reload()
    waiting = facilitator.get_by_role("region", name="Messages à relire avant parution")
    expect(waiting).to_contain_text(words)
    waiting.get_by_role("button", name="Accepter").click()
    expect(facilitator.get_by_text("Le message a paru.")).to_be_visible()
    reader.goto(address)
    expect(reader.get_by_text(words)).to_be_visible()
    facilitator.get_by_role("button", name="Ne plus relire avant parution").click()
    expect(
        facilitator.get_by_role("button", name="Relire avant parution", exact=True)
    ).to_be_visible()
