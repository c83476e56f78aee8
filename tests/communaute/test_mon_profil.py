"""What a member says of themselves to others, and whether they are named in public."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from communaute.models import Membre, Profil
from tests.factories import MembreFactory, un_membre, un_territoire

ADDRESS = "/communaute/profil/"

VISIBLE = {f"{name}_visible": "espaces" for name in ("photo", "partage", "cherche", "contact")}

pytestmark = pytest.mark.django_db


@pytest.fixture
def membre():
    return un_membre(territoire=un_territoire(nom="Vallée"), fonction="Adjointe")


def a_photo(color="red"):
    """A picture as a telephone takes it, with a note of what it is."""
    content, exif = BytesIO(), Image.Exif()
    exif[0x010F] = "Un téléphone"
    Image.new("RGB", (1280, 960), color).save(content, "JPEG", exif=exif)
    return SimpleUploadedFile("moi.jpg", content.getvalue())


def is_named(membre):
    return Membre.objects.get(pk=membre.pk).nomme_publiquement


def test_nobody_is_named_before_they_choose_to_be(membre):
    assert not is_named(membre)


def test_the_page_says_what_would_be_shown_and_where(signed_in, membre, read):
    signed_in(membre)
    words = read(ADDRESS).words
    assert f"{membre.get_full_name()}, Adjointe sur la page « Vallée »" in words
    assert "Élu·es" in words
    assert membre.email not in words


def test_a_member_who_represents_no_territory_is_told_that_nothing_would_show(signed_in, read):
    signed_in(MembreFactory())
    assert "aucun territoire aujourd’hui" in read(ADDRESS).words


def test_a_member_chooses_to_be_named_then_changes_their_mind(signed_in, membre, read):
    client = signed_in(membre)
    answer = client.post(ADDRESS, {**VISIBLE, "nomme_publiquement": "on"}, follow=True)
    assert is_named(membre)
    assert "votre nom est affiché" in answer.content.decode()
    assert read(ADDRESS).select_one("[name=nomme_publiquement]").has_attr("checked")
    answer = client.post(ADDRESS, VISIBLE, follow=True)
    assert not is_named(membre)
    assert "votre nom n’est pas affiché" in answer.content.decode()


def test_the_choice_is_ones_own(signed_in, membre):
    other = un_membre()
    asked = {**VISIBLE, "nomme_publiquement": "on", "membre": other.pk}
    signed_in(membre).post(ADDRESS, asked)
    assert is_named(membre)
    assert not is_named(other)


def test_what_cannot_be_kept_is_given_back_with_the_reason(signed_in, membre):
    client = signed_in(membre)
    answer = client.post(ADDRESS, {**VISIBLE, "partage": "long " * 400})
    assert answer.status_code == 422
    assert "long long" in answer.content.decode()
    answer = client.post(ADDRESS, {"partage": "Un lavoir.", "partage_visible": "tout le monde"})
    assert answer.status_code == 422
    assert "Un lavoir." in answer.content.decode()
    assert not Profil.objects.exists()


def test_a_photo_is_drawn_anew_kept_apart_and_erased_when_it_is_replaced(
    signed_in, membre, django_capture_on_commit_callbacks
):
    client = signed_in(membre)
    seen = []
    for color in ("red", "blue"):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(ADDRESS, {**VISIBLE, "fichier": a_photo(color)})
        seen.append(Profil.objects.get().photo)
    assert not seen[0].storage.exists(seen[0].name)
    with seen[1].open() as file, Image.open(file) as kept:
        assert kept.format == "WEBP"
        assert max(kept.size) == 640
        assert not kept.getexif()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(ADDRESS, {**VISIBLE, "partage": "Sans la photo changer."})
    assert seen[1].storage.exists(seen[1].name)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(ADDRESS, {**VISIBLE, "sans_photo": "on"})
    assert not seen[1].storage.exists(seen[1].name)
    assert not Profil.objects.get().photo


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("moi.txt", b"Moi", "Choisissez une image"),
        ("moi.jpg", b"Moi", "pas une image que l’on sait lire"),
        ("moi.png", b"", "vide"),
        ("moi.jpg", b"x" * (11 * 1024 * 1024), "pèse plus de 10 Mo"),
    ],
    ids=["text", "no picture", "nothing", "too large"],
)
def test_what_is_no_photo_is_refused_and_the_rest_is_given_back(
    name, content, reason, signed_in, membre
):
    upload = SimpleUploadedFile(name, content)
    data = {**VISIBLE, "partage": "Un lavoir.", "fichier": upload}
    answer = signed_in(membre).post(ADDRESS, data)
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert "Un lavoir." in answer.content.decode()
    assert not Profil.objects.exists()


def test_my_spaces_lead_to_the_choice(signed_in, membre, read):
    signed_in(membre)
    assert read("/communaute/").main.find("a", href=ADDRESS)


def test_a_visitor_is_led_to_sign_in(client):
    assert client.get(ADDRESS).url == f"/compte/connexion/?next={ADDRESS}"
