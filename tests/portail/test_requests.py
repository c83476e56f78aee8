"""What no browser sends is refused with a page in French, and never fails."""

import pytest
from django.test import Client

from communaute.sessions import SessionStore

pytestmark = pytest.mark.django_db


def refused(response):
    assert response.status_code == 400
    assert "Cette demande n’a pas pu être lue." in response.content.decode()


@pytest.mark.parametrize(
    "address",
    ["/recherche/?q=%00", "/?page=%00", "/communaute/%00/", "/territoires/%00", "/gestion/?q=%00"],
)
def test_a_nul_character_is_refused(client, address):
    refused(client.get(address))


def test_a_cookie_with_a_nul_character_is_no_session(client):
    headers = {"Cookie": 'sessionid="abcdefgh\\000ijk"'}
    assert client.get("/communaute/", headers=headers).url.startswith("/compte/connexion/")
    assert SessionStore("abcdefgh\0ijk").session_key is None


@pytest.mark.parametrize("charset", ["utf-16", "rot13", "inconnu"])
def test_a_form_in_another_encoding_is_refused(client, charset):
    content_type = f"application/x-www-form-urlencoded; charset={charset}"
    refused(client.generic("POST", "/compte/connexion/", b"login=a", content_type))


def test_another_host_name_is_refused(settings):
    settings.ALLOWED_HOSTS = ["cohorte.example"]
    refused(Client(headers={"host": "ailleurs.example"}).get("/"))


@pytest.mark.parametrize(
    "following", ["http://[", "https://ailleurs.example/", "//ailleurs.example"]
)
@pytest.mark.parametrize("page", ["connexion", "deconnexion", "mot-de-passe", "inscription"])
def test_an_address_to_go_on_to_is_ours_or_ignored(client, page, following):
    response = client.get(f"/compte/{page}/", {"next": following})
    assert response.status_code in (200, 302)
    assert "ailleurs" not in response.headers.get("Location", "")


def test_no_file_is_reached_by_its_place_alone(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    for name in ("images/vue.jpg", "documents/rapport.txt", "original_images/vue.jpg"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("contenu")
    for path in (
        "/media/images/vue.jpg",
        "/media/documents/rapport.txt",
        "/media/images/../documents/rapport.txt",
        "/media/images/%2e%2e/documents/rapport.txt",
        "/media/images/..%2fdocuments/rapport.txt",
        "/media/original_images/vue.jpg",
        "/media/images/" + "a" * 300,
    ):
        assert client.get(path, follow=True).status_code == 404, path
