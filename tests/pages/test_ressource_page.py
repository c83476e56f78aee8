"""A resource: to read, to watch, to download, and to mark as done for oneself."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from pages.models import Parcours, PortailDocument
from tests.factories import (
    MembreFactory,
    SiegeFactory,
    corps,
    un_membre,
    un_module,
    une_ressource,
)

pytestmark = pytest.mark.usefixtures("tree")


def links(page, selector):
    return [a["href"] for a in page.select(f"{selector}[href], {selector} a[href]")]


def test_a_resource_says_what_it_is_and_where_it_stands(read):
    module = un_module("Premier")
    une_ressource("Avant", module)
    fiche = une_ressource("Fiche", module, duree=1, corps=corps(("texte", "<p>Sans table.</p>")))
    ailleurs = une_ressource("Ensuite", un_module("Second"))
    page = read(fiche.url)
    assert "Fiche de méthode · 1 minute" in page.words
    assert "Sans table." in page.words
    assert links(page, ".fil") == ["/tronc-commun/", module.url]
    assert links(page, ".suite a") == ["/tronc-commun/premier/avant/", ailleurs.url]


def test_a_recording_is_led_to_and_never_loaded(read):
    film = une_ressource("Film", genre="enregistrement", lien="https://video.exemple.fr/1")
    page = read(film.url)
    assert links(page, ".acces") == ["https://video.exemple.fr/1"]
    assert not page.select("iframe, video, [src^=http]")
    assert "vous quittez ce site" in page.words


def test_a_document_is_downloaded_from_the_page(read):
    file = ContentFile(b"%PDF-1.4", name="grille.pdf")
    document = PortailDocument.objects.create(title="Grille d’écoute", file=file)
    page = read(une_ressource("Grille", genre="document", document=document).url)
    assert links(page, ".acces") == [document.url]
    assert "Grille d’écoute (PDF" in page.words


def test_a_resource_for_members_is_for_a_visitor_a_page_that_does_not_exist(
    client, read, signed_in
):
    film = une_ressource("Film", visibilite="membres")
    assert client.get(film.url).status_code == 404
    assert client.post(film.url, {"parcourue": "oui"}).status_code == 404
    signed_in(un_membre())
    assert "Réservée aux membres" in read(film.url).words


def test_a_resource_is_for_all_or_for_members():
    fiche = une_ressource()
    fiche.visibilite = "delegation"
    with pytest.raises(ValidationError, match="pour tout le monde ou pour les membres"):
        fiche.full_clean()


# --- Progress -------------------------------------------------------------------------------------


def test_a_member_marks_a_resource_as_done_and_can_undo_it(signed_in, read):
    fiche = une_ressource()
    client = signed_in(un_membre())
    assert "J’en ai fait le tour" in read(fiche.url).select_one(".parcours").get_text()
    answer = client.post(fiche.url, {"parcourue": "oui"})
    assert (answer.status_code, answer.url) == (302, f"{fiche.url}#parcours")
    client.post(fiche.url, {"parcourue": "oui"})
    assert "Vous en avez fait le tour." in read(fiche.url).words
    assert Parcours.objects.count() == 1
    client.post(fiche.url, {"parcourue": "non"})
    assert "J’en ai fait le tour" in read(fiche.url).select_one(".parcours").get_text()
    assert not Parcours.objects.exists()
    assert client.post(fiche.url, {"parcourue": "non"}).status_code == 302


def test_the_mark_is_refused_without_the_forms_token(tree):
    fiche, client = une_ressource(), Client(enforce_csrf_checks=True)
    client.force_login(un_membre())
    assert client.post(fiche.url, {"parcourue": "oui"}).status_code == 403
    token = client.get(fiche.url).cookies["csrftoken"].value
    sent = {"parcourue": "oui", "csrfmiddlewaretoken": token}
    assert client.post(fiche.url, sent).status_code == 302


def _ended():
    yesterday = timezone.localdate() - timedelta(days=1)
    return SiegeFactory(debut=yesterday, fin=yesterday).membre


@pytest.mark.parametrize(
    "make",
    [lambda: None, MembreFactory, lambda: MembreFactory(is_superuser=True), _ended],
    ids=["visitor", "without seat", "administrator", "ended seat"],
)
def test_whoever_holds_no_active_seat_marks_nothing(client, read, make):
    fiche, membre = une_ressource(), make()
    if membre:
        client.force_login(membre)
    assert not read(fiche.url).select(".parcours")
    answer = client.post(fiche.url, {"parcourue": "oui"})
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert not Parcours.objects.exists()


def test_a_visitor_gets_neither_cookie_nor_token(client):
    module = un_module()
    fiche = une_ressource(parent=module)
    for address in ("/tronc-commun/", module.url, fiche.url):
        answer = client.get(address)
        assert not answer.cookies
        assert "csrf" not in answer.content.decode()
