"""A page of its own."""

import pytest

from pages.models import AccueilPage, EnseignementIndexPage, StandardPage
from tests.factories import corps, restrict, une_page_libre, une_page_territoire

pytestmark = pytest.mark.usefixtures("tree")


def test_a_page_shows_its_title_introduction_and_body(read):
    page = une_page_libre(
        "La démarche", introduction="Penser d’abord.", corps=corps(("texte", "<p>Puis agir.</p>"))
    )
    shown = read(page.url)
    assert shown.h1.get_text() == "La démarche"
    assert "Penser d’abord." in shown.words
    assert "Puis agir." in shown.words


def test_a_page_can_stand_under_home_a_territory_or_another_page():
    for parent in (AccueilPage.objects.get(), une_page_territoire(), une_page_libre()):
        assert StandardPage.can_create_at(parent)
    assert not StandardPage.can_create_at(EnseignementIndexPage.objects.get())


def test_a_page_below_a_restricted_one_is_as_restricted(client):
    parent = une_page_libre("Dossier")
    child = StandardPage(title="Pièce", show_in_footer=True)
    parent.add_child(instance=child)
    restrict(parent)
    assert client.get(child.url).status_code == 404
    assert "Pièce" not in client.get("/").content.decode()
