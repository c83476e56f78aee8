"""In the room of a meeting, on a phone without JavaScript: who is there, what is noted, what is kept."""

from urllib.parse import urlsplit

from django.utils import timezone
from playwright.sync_api import expect

from tests.navigateur.test_pages import faults, width_on_a_phone
from tests.navigateur.test_rencontres import WITHOUT_JAVASCRIPT
from tests.navigateur.test_sujet import open_topic


def test_those_who_are_there_note_and_sort_what_stays_in_the_room(open_page):
    host = open_page(
        "/communaute/espaces/elus/nouveau-sujet/?nature=rencontre",
        "animation",
        **WITHOUT_JAVASCRIPT,
    )
    host.get_by_label("Titre de la rencontre").fill("Une heure pour se dire")
    host.get_by_label("Jour", exact=True).fill(timezone.localdate().isoformat())
    host.get_by_label("Heure de début").fill("00:00")
    host.get_by_label("Heure de fin").fill("23:59")
    host.get_by_label("Pourquoi on se retrouve").fill("Pour se dire ce que l’on ne sait pas.")
    host.get_by_role("button", name="Publier").click()
    host.get_by_role("link", name="Dire qui est là").click()
    code = host.locator(".presents__code").inner_text()

    elue = open_topic(open_page, "elue", "Une heure pour se dire", **WITHOUT_JAVASCRIPT)
    elue.get_by_role("link", name="Je suis là").click()
    elue.get_by_label("Le code dit dans la salle").fill("ABC")
    elue.get_by_role("button", name="Je suis là").click()
    expect(elue.get_by_role("alert")).to_contain_text("Ce n’est pas le code de cette rencontre")
    elue.get_by_label("Le code dit dans la salle").fill(code.lower())
    elue.get_by_role("button", name="Je suis là").click()
    expect(elue.get_by_text("C’est noté : vous êtes là.")).to_be_visible()

    for said in ("Personne ne sait dire qu’il ne sait pas.", "Un nom que l’on regrette."):
        elue.get_by_label("Ce qui s’est dit").fill(said)
        elue.get_by_role("button", name="Ajouter cette note").click()
        expect(elue.get_by_role("listitem").filter(has_text=said)).to_be_visible()
    kept, regretted = (
        elue.get_by_role("listitem").filter(has_text=said)
        for said in ("Personne ne sait", "Un nom que")
    )
    kept.get_by_role("button", name="Besoin à adresser").click()
    expect(kept.get_by_role("button", name="Besoin à adresser")).to_have_attribute(
        "aria-pressed", "true"
    )
    for who, address in (("animation", host.url), ("elue", elue.url)):
        page = open_page(urlsplit(address).path, who)
        assert faults(page) == []
        assert width_on_a_phone(page) == 320
    regretted.get_by_text("À oublier").click()
    regretted.get_by_role("button", name="Effacer pour de bon").click()
    expect(regretted).to_have_count(0)

    # Who animates and did not say that they are there reads nothing of it.
    assert host.goto(elue.url.split("#")[0]).status == 404

    kept.get_by_role("link", name="En faire une question aux pairs").click()
    expect(elue.get_by_label("Votre message")).to_have_value(
        "Personne ne sait dire qu’il ne sait pas."
    )
    elue.get_by_label("Titre du sujet").fill("Comment dire que l’on ne sait pas ?")
    elue.get_by_role("button", name="Publier").click()
    expect(elue.get_by_role("heading", level=1)).to_have_text("Comment dire que l’on ne sait pas ?")


def test_the_space_reads_the_minutes_of_a_meeting_and_what_they_open(open_page):
    page = open_page("/communaute/rencontres/?voir=passees", "socio")
    page.get_by_role("link", name="Une heure à distance").click()
    minutes = page.get_by_role("region", name="La rencontre a eu lieu")
    expect(minutes.get_by_role("heading", name="Besoin à adresser")).to_be_visible()
    expect(minutes.get_by_role("link", name="Proposer une mise en commun")).to_be_visible()
    assert faults(page) == []
    assert width_on_a_phone(page) == 320
