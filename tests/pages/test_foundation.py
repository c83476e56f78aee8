"""What every cohort has before anyone writes."""

import pytest
from wagtail.models import Page, Site

from pages import foundation
from pages.models import AccueilPage, EnseignementIndexPage, Fondamental, TerritoireIndexPage
from tests.factories import une_page_libre

pytestmark = pytest.mark.django_db


def state():
    return (
        list(Page.objects.values_list("path", "title", "url_path")),
        list(Fondamental.objects.values_list("code", "nom", "question", "rang")),
        list(Site.objects.values_list("hostname", "port", "root_page")),
    )


def test_an_empty_database_gets_a_home_two_lists_and_four_fundamentals(client):
    foundation.lay()
    assert [
        client.get(address).status_code for address in ("/", "/territoires/", "/enseignements/")
    ] == [200] * 3
    assert list(Fondamental.objects.values_list("code", flat=True)) == [
        "engagement",
        "cooperation",
        "systemique",
        "evaluation",
    ]


def test_wagtails_welcome_page_is_gone():
    foundation.lay()
    assert AccueilPage.objects.count() == 1
    assert not Page.objects.filter(title__startswith="Welcome").exists()


def test_laying_again_changes_nothing():
    foundation.lay()
    before = state()
    foundation.lay()
    assert state() == before


def test_what_editors_wrote_is_left_as_it_is():
    foundation.lay()
    for model in (AccueilPage, TerritoireIndexPage, EnseignementIndexPage):
        page = model.objects.get()
        page.title, page.introduction = "Autrement dit", "<p>Nos mots.</p>"
        page.save_revision().publish()
    Fondamental.objects.filter(code="cooperation").update(question="Et à plusieurs ?")
    une_page_libre()
    before = state()
    foundation.lay()
    assert state() == before


def test_a_list_that_is_missing_comes_back():
    foundation.lay()
    TerritoireIndexPage.objects.get().delete()
    foundation.lay()
    assert TerritoireIndexPage.objects.get().live


@pytest.mark.parametrize(
    ("address", "hostname", "port"),
    [
        ("https://cohorte.exemple.fr", "cohorte.exemple.fr", 443),
        ("http://cohorte.exemple.fr", "cohorte.exemple.fr", 80),
        ("http://127.0.0.1:8123", "127.0.0.1", 8123),
    ],
)
def test_the_site_answers_at_the_address_of_the_settings(settings, address, hostname, port):
    settings.SITE_URL = address
    foundation.lay()
    site = Site.objects.get()
    assert (site.hostname, site.port) == (hostname, port)
    assert site.root_page.specific == AccueilPage.objects.get()
