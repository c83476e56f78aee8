"""Pictures and documents: given to whoever may read a page that shows them, and light."""

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Collection, CollectionViewRestriction

from communaute.models import Membre
from pages import files
from pages.groupes import ADMINISTRATION
from pages.models import PortailImage, PortailRendition, Preuve, TerritoirePage
from tests.factories import (
    MembreFactory,
    corps,
    in_group,
    restrict,
    un_document,
    un_enseignement,
    un_membre,
    un_projet,
    une_analyse,
    une_image,
    une_page_libre,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


def photo(image, alt="Un lavoir"):
    return ("photo", {"image": {"image": image.pk, "decorative": False, "alt_text": alt}})


def piece(document):
    return ("document", {"document": document.pk, "texte": ""})


def address(image):
    return image.picture["url"]


def closed(restriction=CollectionViewRestriction.LOGIN):
    """A collection that visitors are kept out of."""
    collection = Collection.get_first_root_node().add_child(instance=Collection(name="Fermée"))
    CollectionViewRestriction.objects.create(collection=collection, restriction_type=restriction)
    return collection


def drawn(image, **context):
    html = render_to_string("composants/image.html", {"image": image, "alt": "Vu", **context})
    return BeautifulSoup(html, "html.parser")


# --- The picture in a page


def test_a_picture_is_offered_in_light_formats_and_several_sizes():
    image = une_image(size=(2000, 1000))
    image.make_sizes()
    picture = drawn(image, sizes="50vw")
    types = [(s["type"], s["sizes"], s["srcset"].count(" ")) for s in picture.select("source")]
    assert types == [("image/avif", "50vw", 5), ("image/webp", "50vw", 5)]
    assert " 400w, " in picture.source["srcset"]
    assert picture.source["srcset"].endswith(" 1600w")
    img = picture.img
    assert (img["width"], img["height"], img["alt"]) == ("800", "400", "Vu")
    assert (img["loading"], img["decoding"]) == ("lazy", "async")
    assert img["src"].endswith(".jpg")


def test_what_is_seen_first_does_not_wait():
    img = drawn(une_image(), prioritaire=True).img
    assert "loading" not in img.attrs
    assert img["fetchpriority"] == "high"


def test_a_small_picture_is_not_enlarged_nor_named_twice():
    image = une_image(size=(300, 200))
    image.make_sizes()
    picture = drawn(image)
    assert [s["srcset"].split(" ", 1)[1] for s in picture.select("source")] == ["300w", "300w"]
    assert (picture.img["width"], picture.img["height"]) == ("300", "200")


def test_a_page_does_not_wait_for_what_takes_seconds_to_make():
    image = une_image()
    assert drawn(image).select("source") == []
    assert [r.filter_spec for r in PortailRendition.objects.all()] == [image.FALLBACK]


def test_the_sizes_are_made_when_a_picture_is_saved(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        image = une_image()
    assert PortailRendition.objects.filter(image=image).count() == 7


def test_the_sizes_of_a_picture_since_deleted_are_not_made():
    image = une_image()
    key = image.pk
    image.delete()
    files.make_sizes.call(key)


def test_a_picture_whose_file_is_lost_breaks_no_page(client, read):
    image = une_image()
    default_storage.delete(image.file.name)
    page = un_enseignement(corps=corps(photo(image)))
    assert client.get(read(page.url).select_one("img")["src"]).status_code == 404


def test_pictures_cost_the_same_twenty_as_two(queries):
    def body(number):
        return corps(*(photo(une_image(f"Lavoir {n}", size=(40, 30))) for n in range(number)))

    two, twenty = (
        un_enseignement("Deux", corps=body(2)).url,
        un_enseignement("Vingt", corps=body(20)).url,
    )
    assert queries(two) == queries(twenty)


# --- Who is given a file


@pytest.fixture
def image():
    return une_image()


@pytest.fixture
def document():
    return un_document()


def status(client, path, membre=None):
    client.logout()
    if membre:
        client.force_login(membre)
    return read_whole(client.get(path)).status_code


def read_whole(response):
    """``response``, read to its end as a browser does, which closes the file."""
    if response.streaming:
        assert b"".join(response.streaming_content)
    return response


def headers(client, path):
    response = read_whole(client.get(path))
    assert response.status_code == 200
    return response.headers


def test_a_file_of_a_public_page_is_for_all(client, image, document):
    assert status(client, address(image)) == 404
    assert status(client, document.url) == 404
    un_enseignement(corps=corps(photo(image), piece(document)))
    for path in (address(image), document.url):
        response = client.get(path)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == f"public, max-age={files.KEPT_FOR}, s-maxage=0"
        assert "Set-Cookie" not in response.headers
        assert b"".join(response.streaming_content)


def test_a_file_shown_beside_the_body_is_known_too(client):
    portrait, proof, report = une_image("Vallée"), une_image("Preuve"), un_document()
    page = une_page_territoire()
    page.photos.create(image=portrait, alt="La vallée")
    page.save()
    project = un_projet(parent=page)
    project.preuves = [
        Preuve(date="2026-01-01", resultat="Fait", source="Vu", image=proof, alt="Un mur")
    ]
    project.save()
    une_analyse(parent=page, document=report)
    for path in (address(portrait), address(proof), report.url):
        assert status(client, path) == 200


def test_a_file_of_a_draft_is_for_those_who_may_choose_it(client, image, document):
    admin = Membre.objects.create_superuser("technique@exemple.fr")
    page = une_page_libre()
    page.corps = corps(photo(image), piece(document))
    page.save_revision()
    for path in (address(image), document.url):
        assert status(client, path) == 404
        assert status(client, path, un_membre()) == 404
        assert status(client, path, admin) == 200
    page.get_latest_revision().publish()
    for path in (address(image), document.url):
        assert status(client, path) == 200


def test_what_a_draft_no_longer_shows_is_still_shown_by_the_page(client, image):
    page = une_page_libre(corps=corps(photo(image)))
    page.corps = corps(("texte", "<p>Sans photo</p>"))
    page.save_revision()
    assert status(client, address(image)) == 200
    page.get_latest_revision().publish()
    assert status(client, address(image)) == 404


def test_a_file_is_as_public_as_the_most_public_page_that_shows_it(client, image):
    restrict(une_page_libre("Réservée", corps=corps(photo(image))))
    assert status(client, address(image)) == 404
    assert status(client, address(image), un_membre()) == 200
    page = une_page_libre("Publique", corps=corps(photo(image)))
    assert status(client, address(image)) == 200
    page.unpublish()
    assert status(client, address(image)) == 404


def test_a_file_of_a_reserved_page_is_kept_nowhere(client, image, document):
    restrict(une_page_libre("Réservée", corps=corps(photo(image), piece(document))))
    client.force_login(un_membre())
    for path in (address(image), document.url):
        assert headers(client, path)["Cache-Control"] == "private, no-store"


def test_editors_see_the_files_of_their_territory_and_no_others(client):
    own, other = une_page_territoire("La leur"), une_page_territoire("Une autre")
    membre = MembreFactory()
    membre.groups.add(own.editors())
    other.editors()
    mine = Collection.objects.get(name=own.territoire.nom)
    theirs = Collection.objects.get(name=other.territoire.nom)
    for make in (un_document, une_image):
        for collection, expected in ((mine, 200), (theirs, 404)):
            file = make(collection=collection)
            path = file.url if make is un_document else address(file)
            assert status(client, path, membre) == expected


@pytest.mark.parametrize(
    "kind", [CollectionViewRestriction.LOGIN, CollectionViewRestriction.PASSWORD]
)
def test_a_closed_collection_closes_its_files_on_public_pages_too(client, kind):
    collection = closed(kind)
    image, document = une_image(collection=collection), un_document(collection=collection)
    une_page_libre(corps=corps(photo(image), piece(document)))
    for path in (address(image), document.url):
        assert status(client, path) == 404
        assert status(client, path, MembreFactory()) == 404
        expected = 200 if kind == CollectionViewRestriction.LOGIN else 404
        assert status(client, path, un_membre()) == expected


def test_a_document_is_found_under_its_own_name_alone(client, document):
    un_enseignement(corps=corps(piece(document)))
    for name in ("autre.pdf", "..", "%2e%2e", f"{document.filename}/", ""):
        assert status(client, f"/documents/{document.pk}/{name}") == 404
    assert status(client, f"/documents/{'9' * 18}/{document.filename}") == 404
    assert status(client, f"/documents/{'9' * 5000}/{document.filename}") == 404


def test_originals_and_documents_are_reached_by_no_address_of_their_folders(
    client, image, document
):
    un_enseignement(corps=corps(photo(image), piece(document)))
    admin = Membre.objects.create_superuser("technique@exemple.fr")
    for path in (
        f"/media/{image.file.name}",
        f"/media/{document.file.name}",
        f"/media/images/../{image.file.name}",
        f"/media/images/%2e%2e%2f{image.file.name}",
    ):
        assert status(client, path, admin) == 404


def test_a_file_lost_by_the_storage_is_not_found(client, document):
    un_enseignement(corps=corps(piece(document)))
    default_storage.delete(document.file.name)
    assert status(client, document.url) == 404


# --- As what


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        ("rapport.pdf", "application/pdf", "inline"),
        ("rapport.odt", "application/octet-stream", "attachment"),
        ("page.html", "application/octet-stream", "attachment"),
        ("dessin.svg", "application/octet-stream", "attachment"),
        ("dessin.SVG", "application/octet-stream", "attachment"),
        ("sans-nom", "application/octet-stream", "attachment"),
        ("tableau.csv", "application/octet-stream", "attachment"),
    ],
)
def test_a_document_runs_nothing_in_a_browser(client, name, kind, disposition):
    document = un_document(name=name, content=b"<script>alert(1)</script>")
    un_enseignement(corps=corps(piece(document)))
    said = headers(client, document.url)
    assert said["Content-Type"] == kind
    assert said["Content-Disposition"].startswith(f"{disposition}; filename=")
    assert said["X-Content-Type-Options"] == "nosniff"
    assert said["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_file_already_had_is_not_sent_again(client, image, document):
    un_enseignement(corps=corps(photo(image), piece(document)))
    for path in (address(image), document.url):
        etag = headers(client, path)["ETag"]
        again = client.get(path, headers={"If-None-Match": etag})
        assert again.status_code == 304
        assert again.headers["Cache-Control"] == f"public, max-age={files.KEPT_FOR}, s-maxage=0"
        head = client.head(path)
        assert (head.status_code, b"".join(head.streaming_content)) == (200, b"")
        assert client.post(path).status_code == 405


@pytest.fixture
def queries(client):
    """``queries(path)`` counts the queries of a file, which is closed."""

    def count(path):
        headers(client, path)
        with CaptureQueriesContext(connection) as captured:
            headers(client, path)
        return len(captured)

    return count


def test_a_file_costs_the_same_shown_on_twenty_pages_as_on_two(queries, image, document):
    def show(numbers):
        for n in numbers:
            une_page_libre(f"Page {n}", corps=corps(photo(image), piece(document)))

    paths = (address(image), document.url)
    show(range(2))
    on_two = [queries(path) for path in paths]
    show(range(2, 20))
    assert [queries(path) for path in paths] == on_two
    assert max(on_two) <= 6


def test_a_portrait_is_for_the_back_office(client):
    admin = Membre.objects.create_superuser("technique@exemple.fr")
    profile = files.UserProfile.get_for_user(admin)
    profile.avatar.save("moi.jpg", ContentFile(b"moi"))
    path = profile.avatar.url
    assert status(client, path) == 404
    assert status(client, path, un_membre()) == 404
    assert status(client, path, admin) == 200
    assert status(client, "/media/avatar_images/rien.jpg", admin) == 404


def test_a_territory_page_shows_its_photos(read):
    page = une_page_territoire()
    page.photos.create(image=une_image(), alt="Un pré", legende="Photo : mairie")
    page.save()
    assert TerritoirePage.objects.get().photos.count() == 1
    assert read(page.url).select_one("img[alt='Un pré']")


@pytest.mark.parametrize(
    ("name", "prefix", "field"),
    [
        ("wagtailimages:add", "", "file"),
        ("wagtailimages:add_multiple", "", "files[]"),
        ("wagtailimages_chooser:create", "image-chooser-upload-", "file"),
    ],
)
def test_a_damaged_picture_is_refused_in_words(client, name, prefix, field):
    client.force_login(in_group(ADMINISTRATION))
    with une_image().file.open() as file:
        whole = file.read()
    before = PortailImage.objects.count()
    for content in (whole[: len(whole) // 2], whole[:4]):
        data = {"title": "Lavoir", "collection": 1, field: ContentFile(content, "lavoir.jpg")}
        answer = client.post(
            reverse(name),
            {f"{prefix}{key}": value for key, value in data.items()},
            headers={"X-Requested-With": "XMLHttpRequest"},
        )
        assert answer.status_code == 200
        is_json = answer["Content-Type"] == "application/json"
        assert "Cette image est abîmée" in str(
            answer.json() if is_json else answer.content.decode()
        )
    assert PortailImage.objects.count() == before
