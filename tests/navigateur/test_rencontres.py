"""A meeting, from its proposal to its last day: on a phone without JavaScript, and read by a machine."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from tests.navigateur.test_pages import faults, width_on_a_phone
from tests.navigateur.test_sujet import open_topic

WITHOUT_JAVASCRIPT = {"java_script_enabled": False, "viewport": {"width": 390, "height": 844}}


def test_a_meeting_is_proposed_answered_moved_and_called_off_without_javascript(open_page):
    elue = open_page("/communaute/espaces/elus/nouveau-sujet/", "elue", **WITHOUT_JAVASCRIPT)
    elue.get_by_role("link", name="Rencontre", exact=True).click()
    elue.get_by_label("Titre de la rencontre").fill("Se parler avant le conseil")
    day = timezone.localdate() + timedelta(days=20)
    elue.get_by_label("Jour", exact=True).fill(day.isoformat())
    elue.get_by_label("Heure de début").fill("18:30")
    elue.get_by_label("Heure de fin").fill("17:30")
    elue.get_by_label("Pourquoi on se retrouve").fill("Pour ne pas arriver chacun avec sa réponse.")
    elue.get_by_text("Compter les places").click()
    elue.get_by_label("Nombre de places").fill("1")
    elue.get_by_role("button", name="Publier").click()
    expect(elue.get_by_role("alert")).to_contain_text("finirait avant de commencer")
    elue.get_by_label("Heure de fin").fill("19:30")
    elue.get_by_role("button", name="Publier").click()
    meeting = elue.get_by_role("region", name="La rencontre")
    expect(meeting).to_contain_text("de 18 h 30 à 19 h 30")
    expect(meeting).to_contain_text("1 place")
    meeting.get_by_role("button", name="Je viens", exact=True).click()
    expect(elue.get_by_text("C’est noté : vous venez.")).to_be_visible()

    other = open_topic(open_page, "animation", "Se parler avant", **WITHOUT_JAVASCRIPT)
    theirs = other.get_by_role("region", name="La rencontre")
    theirs.get_by_role("button", name="Je viens", exact=True).click()
    expect(theirs).to_contain_text("Vous êtes sur la liste d’attente")
    meeting.get_by_role("button", name="Je ne viens pas").click()
    other.reload()
    expect(theirs).to_contain_text("Une place s’est libérée")
    theirs.get_by_role("button", name="Je viens", exact=True).click()
    expect(theirs.get_by_role("button", name="Je viens", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )

    meeting.get_by_role("link", name="Changer la date ou le lieu").click()
    elue.get_by_label("Lieu", exact=False).first.fill("Salle des mariages")
    elue.get_by_role("button", name="Enregistrer").click()
    expect(meeting).to_contain_text("Salle des mariages")
    meeting.get_by_role("link", name="Annuler la rencontre").click()
    elue.get_by_label("Pourquoi, en une phrase").fill("Le conseil est reporté.")
    elue.get_by_role("button", name="Annuler la rencontre").click()
    cancelled = elue.get_by_role("region", name="Rencontre annulée")
    expect(cancelled).to_contain_text("Le conseil est reporté.")


def are_for_all(open_page, addresses):
    """Refuse faults in these pages, with scripts: those of axe wait for nothing without."""
    page = open_page(addresses[0], "elue")
    for address in addresses:
        page.goto(address)
        assert faults(page) == [], address
        assert width_on_a_phone(page) == 320, address


def test_a_meeting_is_repeated_and_one_comes_to_all_its_dates_without_javascript(open_page):
    elue = open_page("/communaute/espaces/elus/nouveau-sujet/", "elue", **WITHOUT_JAVASCRIPT)
    seen = []
    elue.get_by_role("link", name="Rencontre", exact=True).click()
    elue.get_by_label("Titre de la rencontre").fill("L’heure du mardi")
    day = timezone.localdate() + timedelta(days=20)
    elue.get_by_label("Jour", exact=True).fill(day.isoformat())
    elue.get_by_label("Heure de début").fill("18:30")
    elue.get_by_label("Heure de fin").fill("19:30")
    elue.get_by_label("Pourquoi on se retrouve").fill("Pour se parler chaque semaine.")
    elue.get_by_text("La répéter").click()
    elue.get_by_label("Se répète").select_option("Chaque semaine")
    elue.get_by_role("button", name="Publier").click()
    expect(elue.get_by_role("alert")).to_contain_text("jusqu’à quel jour")
    elue.get_by_label("Jusqu’au").fill((day + timedelta(weeks=3)).isoformat())
    elue.get_by_role("button", name="Voir l’aperçu").click()
    expect(elue.get_by_role("region", name="Aperçu")).to_contain_text("4 dates, chaque")
    elue.get_by_role("button", name="Publier").click()
    meeting = elue.get_by_role("region", name="La rencontre")
    expect(meeting.get_by_role("listitem").filter(has_text="Venez-vous")).to_have_count(4)
    seen.append(elue.url)
    meeting.get_by_role("button", name="Je viens à toutes").click()
    expect(elue.get_by_text("vous venez à 4 dates")).to_be_visible()
    expect(meeting.get_by_role("listitem").filter(has_text="Vous venez")).to_have_count(4)
    meeting.get_by_role("link", name="Changer la date ou le lieu").click()
    elue.get_by_label("Lieu", exact=False).first.fill("Salle des mariages")
    elue.get_by_label("Celle-ci et les suivantes").check()
    seen.append(elue.url)
    elue.get_by_role("button", name="Enregistrer").click()
    expect(meeting).to_contain_text("Salle des mariages")
    meeting.locator(".dates a").last.click()
    expect(meeting.locator(".dates a").last).to_have_attribute("aria-current", "true")
    expect(meeting).to_contain_text("Salle des mariages")
    meeting.get_by_role("link", name="Ajouter une date").click()
    expect(elue.get_by_role("heading", name="Ajouter une date")).to_be_visible()
    seen.append(elue.url)
    are_for_all(open_page, seen)


def test_a_date_is_searched_for_together_and_chosen_without_javascript(open_page):
    elue = open_page("/communaute/espaces/elus/nouveau-sujet/", "elue", **WITHOUT_JAVASCRIPT)
    seen = []
    elue.get_by_role("link", name="Rencontre", exact=True).click()
    elue.get_by_role("link", name="Pas encore de date").click()
    elue.get_by_label("Titre de la rencontre").fill("Se voir au printemps")
    days = [timezone.localdate() + timedelta(days=after) for after in (20, 21)]
    lines = [f"{day:%d/%m/%Y} 14:00-16:00" for day in days]
    elue.get_by_label("Les dates possibles").fill("\n".join([lines[0], "mardi"]))
    elue.get_by_label("Pourquoi on se retrouve").fill("Pour se parler.")
    elue.get_by_role("button", name="Publier").click()
    expect(elue.get_by_role("alert")).to_contain_text("cela ne se lit pas")
    elue.get_by_label("Les dates possibles").fill("\n".join(lines))
    elue.get_by_role("button", name="Publier").click()
    search = elue.get_by_role("region", name="On cherche une date")
    expect(search.get_by_role("listitem")).to_have_count(2)
    seen.append(elue.url)

    other = open_topic(open_page, "animation", "Se voir au printemps", **WITHOUT_JAVASCRIPT)
    other.get_by_role("link", name="Dire quand je peux venir").click()
    expect(other.get_by_role("heading", name="Quand je peux venir")).to_be_visible()
    seen.append(other.url)
    for group, said in zip(other.locator("main fieldset").all(), ("Non", "Oui"), strict=True):
        group.get_by_label(said, exact=True).check()
    other.get_by_role("button", name="Répondre").click()
    expect(other.get_by_text("convient le mieux")).to_be_visible()

    search.get_by_role("link", name="Proposer d’autres dates").click()
    expect(elue.get_by_role("heading", name="Proposer d’autres dates")).to_be_visible()
    seen.append(elue.url)
    elue.get_by_role("link", name="Ne rien changer").click()
    search.get_by_role("link", name="Choisir la date").click()
    expect(elue.get_by_text("N’ont pas tout répondu")).to_be_visible()
    seen.append(elue.url)
    are_for_all(open_page, seen)
    elue.get_by_role("button", name="Leur demander de répondre").click()
    expect(elue.get_by_text("C’est fait")).to_be_visible()
    elue.locator("main").get_by_role("radio").last.check()
    elue.get_by_role("button", name="Choisir cette date").click()
    meeting = elue.get_by_role("region", name="La rencontre")
    expect(meeting).to_contain_text("de 14 h à 16 h")
    expect(meeting).to_contain_text("1 personne vient")


def test_pages_about_a_meeting_are_for_all(open_page):
    page = open_topic(open_page, "animation", "Une journée à Port-Sansouire", "tronc-commun")
    links = [
        page.get_by_role("link", name=name).get_attribute("href")
        for name in ("Changer la date", "Annuler la rencontre", "agenda public")
    ]
    for path in (
        page.url,
        *links,
        "/communaute/rencontres/",
        "/agenda/",
    ):
        page.goto(path)
        assert faults(page) == []
        assert width_on_a_phone(page) == 320


def test_ones_own_agenda_is_at_an_address_to_copy(open_page, site):
    page = open_page("/communaute/rencontres/", "elue", **WITHOUT_JAVASCRIPT)
    page.get_by_role("button", name="Créer mon adresse").click()
    address = page.get_by_label("Votre adresse").input_value()
    assert address.startswith(f"{site.url}/agenda/personnel/")
    answer = page.request.get(address)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "SUMMARY:Rencontre de la cohorte" in answer.text()
    page.get_by_role("button", name="Ne plus en avoir").click()
    assert page.request.get(address).status == 404


def test_what_came_out_of_a_public_meeting_is_told_without_javascript(open_page):
    page = open_topic(
        open_page, "animation", "Un soir à Virelaube", "tronc-commun", **WITHOUT_JAVASCRIPT
    )
    page.get_by_role("link", name="Dire au public ce qui en est sorti").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ce qui en est sorti")
    field = page.get_by_label("Ce qui en est sorti")
    expect(field).to_have_value(re.compile("Quarante personnes"))
    field.fill("On y a entendu les absents.")
    page.get_by_role("button", name="Publier").click()
    expect(page.get_by_role("heading", name="Ce qui en est sorti")).to_be_visible()
    expect(page.get_by_text("On y a entendu les absents.")).to_be_visible()
    seen = [page.url]
    page.get_by_role("link", name="L’agenda").first.click()
    page.get_by_role("link", name="Celles qui ont eu lieu").click()
    expect(page.get_by_text("On y a entendu les absents.")).to_be_visible()
    are_for_all(open_page, [*seen, page.url])
