"""The page from which anyone writes to the cohort."""

import pytest

from pages.models import ContactPage, Signalement
from tests.factories import MembreFactory, corps

pytestmark = pytest.mark.usefixtures("tree")

ADDRESS = "/nous-ecrire/"


def value(page, name):
    field = page.select_one(f"[name={name}]")
    return field.get_text().strip() if field.name == "textarea" else field.get("value", "")


def test_the_page_shows_its_texts_and_the_form(read):
    ContactPage.objects.update(
        introduction="Écrivez-nous.", corps=corps(("texte", "<p>Pour un territoire, sa page.</p>"))
    )
    page = read(ADDRESS)
    assert page.h1.get_text() == "Nous écrire"
    assert "Écrivez-nous." in page.words
    assert "Pour un territoire, sa page." in page.words
    assert page.select_one("form.ecrire")["action"] == "/signaler/"
    offered = [radio["value"] for radio in page.select("[name=objet]")]
    assert offered == Signalement.Objet.values


def test_the_form_says_what_a_notice_of_illicit_content_needs(read):
    words = read(ADDRESS).words
    assert "pourquoi ce contenu vous paraît illicite" in words
    assert "Je déclare de bonne foi" in words
    assert (
        "Devant une violence sexuelle sur mineur·e, le nom et l’adresse sont facultatifs." in words
    )


def test_what_is_optional_is_said_before_one_fails(read, client):
    when = "Nécessaire pour signaler un contenu"
    assert read(ADDRESS).words.count(when) == 2
    words = client.post("/signaler/", {"objet": "question"}).content.decode()
    assert when not in words
    assert "(facultatif)" in words
    assert when in client.post("/signaler/", {"message": "?"}).content.decode()


def test_a_visitor_gets_neither_cookie_nor_token(client):
    answer = client.get(ADDRESS)
    assert not answer.cookies
    assert "csrf" not in answer.content.decode()


def test_the_address_of_the_page_fills_the_form(read):
    page = read(f"{ADDRESS}?objet=illicite&adresse=/territoires/%3Cb%3E")
    assert value(page, "adresse") == "/territoires/<b>"
    assert page.select_one("[name=objet][checked]")["value"] == "illicite"
    assert not read(f"{ADDRESS}?objet=rien").select("[name=objet][checked]")


def test_a_member_does_not_type_who_they_are(signed_in, read):
    signed_in(MembreFactory(first_name="Nadia", last_name="Roux", email="nadia@exemple.fr"))
    page = read(ADDRESS)
    assert (value(page, "nom"), value(page, "email")) == ("Nadia Roux", "nadia@exemple.fr")


def test_every_page_leads_to_the_form_with_its_own_address(client, read):
    page = read("/territoires/")
    [link] = [a["href"] for a in page.select(".pied a") if "Signaler" in a.get_text()]
    assert ADDRESS in [a["href"] for a in page.select(".pied a")]
    form = client.get(link, follow=True)
    assert form.redirect_chain[-1][0].startswith(ADDRESS)
    assert form.context["form"].initial["adresse"] == "/territoires/"
    assert form.context["form"].initial["objet"] == "illicite"


def test_a_contact_page_that_is_not_public_is_nowhere(client, read):
    ContactPage.objects.get().unpublish()
    assert ADDRESS not in [a["href"] for a in read("/").select(".pied a")]
    assert client.get("/signaler/").status_code == 404
