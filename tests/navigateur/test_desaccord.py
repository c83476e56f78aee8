"""A disagreement put to work, by two who hold different things, with JavaScript and without."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.navigateur.test_mise_en_commun import WITHOUT_JAVASCRIPT, enter
from tests.navigateur.test_pages import faults, width_on_a_phone


@pytest.mark.parametrize("context", [{}, WITHOUT_JAVASCRIPT], ids=["desktop", "phone"])
def test_a_position_is_held_under_a_role_restated_and_understood(open_page, context):
    elue, agent = (open_page("/communaute/", who, **context) for who in ("elue", "agent"))
    for page in (elue, agent):
        enter(page)
    agent.goto("/communaute/espaces/tronc-commun/nouveau-sujet/?nature=desaccord")
    agent.get_by_label("Titre du sujet").fill(f"Qui décide, {len(context)} ?")
    agent.get_by_label("L’objet du désaccord").fill("Les un·es veulent voter, les autres non.")
    agent.get_by_label("Ce que nous partageons").fill("Nous voulons que cela tienne.")
    agent.get_by_role("button", name="Publier").click()
    topic = urlsplit(agent.url).path
    for page, said, role in (
        (agent, "Il faut voter.", ""),
        (elue, "Voter divise.", "Une élue de village"),
    ):
        page.goto(topic)
        page.get_by_role("link", name="Dire ce que je tiens").click()
        page.get_by_label("Ma position").fill(said)
        page.get_by_label("La porter par un rôle").fill(role)
        page.get_by_role("button", name="Poser ma position").click()
    agent.reload()
    region = agent.get_by_role("region", name="Où en est ce désaccord")
    expect(region).to_contain_text("Une élue de village")
    expect(region).not_to_contain_text("Hélène")
    region.get_by_role("link", name="Redire cette position (Une élue de village)").click()
    agent.get_by_label("Comment je comprends").fill("Le vote ferme la discussion.")
    agent.get_by_role("button", name="Redire ainsi").click()
    elue.goto("/communaute/")
    asked = elue.get_by_role("region", name="On me demande")
    asked.get_by_role("link", name=f"Qui décide, {len(context)} ?").first.click()
    elue.get_by_label("C’est bien ça").check()
    if not context:
        assert faults(elue) == []
        assert width_on_a_phone(elue) == 320
    elue.get_by_role("button", name="Répondre", exact=True).click()
    agent.reload()
    expect(region).to_contain_text("C’est bien ça")
    region.get_by_role("link", name="Proposer un essai").click()
    agent.get_by_label("Ce que nous essayons").fill("Voter une fois, à main levée.")
    agent.get_by_label("Le jour où l’on en reparle").fill("2036-01-31")
    agent.get_by_role("button", name="Proposer", exact=True).click()
    region.get_by_role("link", name="Dire si cela me va").click()
    agent.get_by_label("Cela me va").check()
    agent.get_by_role("button", name="Répondre", exact=True).click()
    expect(region).to_contain_text("Cela va à")
    region.get_by_role("link", name="Dire où cela en est").click()
    agent.get_by_label("Vécu avec").check()
    agent.get_by_label("Ce qu’il en reste").fill("Nous votons pour le petit, pas pour le grand.")
    agent.get_by_role("button", name="Le dire").click()
    expect(region).to_contain_text("Vécu avec")
    if not context:
        assert faults(agent) == []
        assert width_on_a_phone(agent) == 320
