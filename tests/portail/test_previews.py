"""The picture that accompanies a link."""

from io import BytesIO

import pytest
from PIL import Image

from communaute.models import Cohorte
from portail import previews
from tests.factories import restrict, un_enseignement, un_membre, une_page_libre

pytestmark = pytest.mark.usefixtures("tree")


def picture(client, page):
    response = client.get(f"/apercus/{page.pk}.png")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/png"
    return Image.open(BytesIO(response.content))


def test_a_public_page_has_a_picture_of_the_size_that_networks_show(client):
    image = picture(client, un_enseignement())
    assert (image.format, image.size) == ("PNG", (1200, 630))


def test_the_picture_says_the_title_and_the_cohort(client):
    first = picture(client, un_enseignement("Un titre")).tobytes()
    assert picture(client, un_enseignement("Un autre")).tobytes() != first
    Cohorte.objects.update_or_create(pk=Cohorte.load().pk, defaults={"nom": "La nôtre"})
    assert picture(client, un_enseignement("Un titre", slug="bis")).tobytes() != first


def test_french_letters_are_all_drawn():
    unknown = previews._font(previews.SourceSerifPro, 60).getmask("\uffff")
    for letter in "éèêëàâçùûüîïôöœæÉÈÀÇŒÆ’«»·–—…€\u00a0\u202f":
        drawn = previews._font(previews.SourceSerifPro, 60).getmask(letter)
        assert (drawn.size, bytes(drawn)) != (unknown.size, bytes(unknown)), letter


@pytest.mark.parametrize(
    "title", ["", "   ", "É" * 255, "mot " * 60, "Un <b>titre</b> & \t un\ndeuxième", "🌱 №"]
)
def test_any_title_is_drawn_light(title):
    assert 1_000 < len(previews.draw(title, "Cohorte")) < 60_000


def test_what_is_not_public_has_no_picture(client):
    draft, reserved = une_page_libre("Brouillon"), restrict(une_page_libre("Réservée"))
    draft.unpublish()
    paths = [f"/apercus/{key}.png" for key in (draft.pk, reserved.pk, 1, 999_999, "9" * 30)]
    for membre in (None, un_membre()):
        if membre:
            client.force_login(membre)
        assert {client.get(path).status_code for path in paths} == {404}


def test_a_picture_asked_again_is_not_drawn_again(client, monkeypatch):
    page = un_enseignement("Dessiné une fois")
    picture(client, page)
    monkeypatch.setattr(previews, "_fitted", None)
    picture(client, page)


def test_a_picture_costs_few_queries(queries):
    assert queries(f"/apercus/{un_enseignement().pk}.png") <= 5
