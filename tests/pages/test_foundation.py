"""What every cohort has before anyone writes."""

import pytest
from wagtail.models import Page, Site

from pages import foundation
from pages.models import (
    AccueilPage,
    CadrePage,
    CohortePage,
    EnseignementIndexPage,
    Fondamental,
    StandardPage,
    TerritoireIndexPage,
)
from tests.factories import une_page_libre

pytestmark = pytest.mark.usefixtures("nothing_laid")


def state():
    return (
        list(Page.objects.values_list("path", "title", "url_path")),
        list(Fondamental.objects.values_list("code", "nom", "question", "rang")),
        list(Site.objects.values_list("hostname", "port", "root_page")),
    )


def test_an_empty_database_gets_a_home_its_sections_and_the_terms_of_the_method(client):
    foundation.lay()
    for page in Page.objects.filter(depth__gt=1):
        assert client.get(page.url).status_code == 200, page.url
    assert [model.objects.count() for model in (CohortePage, CadrePage)] == [1, 3]
    assert list(Fondamental.objects.values_list("code", flat=True)) == [
        "engagement",
        "cooperation",
        "systemique",
        "evaluation",
    ]


@pytest.mark.parametrize("slug", foundation.LEGALES)
def test_the_legal_notices_are_laid_at_the_foot_of_every_page(read, slug):
    foundation.lay()
    title, introduction = foundation.LEGALES[slug]
    page = read(f"/{slug}/")
    assert page.h1.get_text() == title
    assert introduction in page.words
    assert "[à compléter" in page.words.lower()
    assert "{" not in page.words
    assert "/nous-ecrire/" in [a["href"] for a in page.select(".prose a")]
    assert f"/{slug}/" in [a["href"] for a in read("/").select(".pied a")]


def test_the_site_is_said_not_to_conform_as_long_as_nobody_audited_it(read):
    foundation.lay()
    words = read("/accessibilite/").words
    assert "Accessibilité : non conforme" in words
    assert "Aucun audit n’a encore eu lieu" in words
    assert "Défenseur des droits" in words


def test_a_legal_notice_that_its_editors_completed_is_left_as_it_is():
    foundation.lay()
    page = StandardPage.objects.get(slug="mentions-legales")
    page.title, page.corps = "Mentions", "[]"
    page.save_revision().publish()
    foundation.lay()
    assert StandardPage.objects.get(slug="mentions-legales").title == "Mentions"
    assert StandardPage.objects.count() == len(foundation.LEGALES)


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
