"""The lists of the back office: found by what one comes to do, limited to what one may see."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from pages.groupes import ADMINISTRATION, ANIMATION
from pages.models import PhotoTerritoire
from tests.factories import (
    in_group,
    un_enseignement,
    un_projet,
    un_theme,
    une_image,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


def une_photo(page):
    PhotoTerritoire.objects.create(page=page, image=une_image(), alt="Un lavoir")


@pytest.fixture
def listed(client):
    """``listed(name, membre, **query)``: the titles of a list, in order."""

    def titles(name, membre, **query):
        client.force_login(membre)
        answer = client.get(reverse(f"{name}:index"), query)
        assert answer.status_code == 200
        page = BeautifulSoup(answer.content, "html.parser")
        return [cell.get_text(strip=True) for cell in page.select("main td.title .title-wrapper")]

    return titles


def test_territories_without_picture_are_found(listed):
    administrator = in_group(ADMINISTRATION)
    une_page_territoire("Plateau")
    with_photo = une_page_territoire("Vallée")
    for _ in range(2):
        une_photo(with_photo)
    assert listed("territoires", administrator) == ["Plateau", "Vallée"]
    assert listed("territoires", administrator, photo="sans") == ["Plateau"]
    assert listed("territoires", administrator, photo="avec") == ["Vallée"]
    assert listed("territoires", administrator, q="vall") == ["Vallée"]


def test_an_editor_is_listed_their_own_drafts_and_what_is_published(listed):
    vallee, plateau = une_page_territoire("Vallée"), une_page_territoire("Plateau", live=False)
    editor = in_group(vallee.editors())
    un_enseignement("Publié")
    un_enseignement("À moi", owner=editor, live=False)
    un_enseignement("À d’autres", owner=in_group(plateau.editors()), live=False)
    assert listed("territoires", editor) == ["Vallée"]
    assert sorted(listed("enseignements", editor)) == ["Publié", "À moi"]


def test_learnings_are_found_by_what_they_are_about(listed):
    facilitator, eau = in_group(ANIMATION), un_theme("Eau")
    un_enseignement("Un récit", nature="recit", fondamentaux=["evaluation"])
    un_enseignement("Sur l’eau", themes=[eau])
    assert listed("enseignements", facilitator, nature="recit") == ["Un récit"]
    assert listed("enseignements", facilitator, themes=eau.pk) == ["Sur l’eau"]
    assert listed("enseignements", facilitator, fondamentaux="evaluation") == ["Un récit"]
    assert listed("enseignements", facilitator, themes=eau.pk, q="eau") == ["Sur l’eau"]
    assert listed("enseignements", facilitator, themes=eau.pk, q="récit") == []


def test_pages_to_read_again_come_by_date(listed):
    vallee, today = une_page_territoire("Vallée"), timezone.localdate()
    un_projet("Plus tard", vallee, relire_le=today + timedelta(days=9))
    un_projet("D’abord", vallee, relire_le=today - timedelta(days=9))
    un_projet("Jamais", vallee)
    un_enseignement("D’un autre", relire_le=today)
    editor = in_group(vallee.editors())
    assert listed("relectures", editor) == ["D’abord", "Plus tard"]
    assert listed("relectures", editor, echeance="venue") == ["D’abord"]
    assert listed("relectures", editor, q="tard") == ["Plus tard"]


def test_an_empty_list_says_so_kindly(client):
    client.force_login(in_group(une_page_territoire().editors()))
    empty = client.get(reverse("relectures:index")).content.decode()
    assert "Aucune page ici" in empty
    assert 'class="listing' not in empty
    searched = client.get(reverse("enseignements:index"), {"q": "introuvable"}).content.decode()
    assert "essayez un autre mot" in searched


@pytest.mark.parametrize("name", ["territoires", "enseignements", "relectures"])
def test_a_list_asks_no_more_for_more_rows(name, queries, client):
    client.force_login(in_group(ADMINISTRATION))

    def add(total):
        for rank in range(total):
            page = une_page_territoire(f"Lieu {rank} de {total}", relire_le=timezone.localdate())
            une_photo(page)
            un_enseignement(f"Leçon {rank} de {total}")

    add(2)
    few = queries(reverse(f"{name}:index"))
    add(10)
    assert queries(reverse(f"{name}:index")) == few


def test_each_is_offered_what_they_use(client):
    def menu(membre):
        client.force_login(membre)
        home = client.get(reverse("wagtailadmin_home")).content.decode()
        names = ("territoires", "enseignements", "relectures", "theme", "signalement")
        return {name for name in names if reverse(f"{name}:index") in home}, home

    everyone = {"territoires", "enseignements", "relectures"}
    offered, home = menu(in_group(une_page_territoire().editors()))
    assert offered == everyone
    assert "Tronc commun" not in home
    assert "/gestion/reports/" not in home
    offered, home = menu(in_group(ANIMATION))
    assert offered == everyone - {"territoires"} | {"theme", "signalement"}
    assert "Tronc commun" in home
    assert "/gestion/reports/" not in home
    assert "/gestion/reports/" in menu(in_group(ADMINISTRATION))[1]


@pytest.mark.parametrize(
    "name", ["enseignements:index", "choix_membre:choose", "wagtailadmin_pages:search"]
)
def test_a_paragraph_pasted_as_a_search_finds_nothing_and_breaks_nothing(client, name):
    client.force_login(in_group(ADMINISTRATION))
    assert client.get(reverse(name), {"q": "mot " * 3000}).status_code == 200
