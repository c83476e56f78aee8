"""Files attached to messages: what is taken, who is given them, what becomes of them."""

import struct
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from communaute import brouillons, pieces
from communaute.forum_conversation.models import Post
from communaute.models import Brouillon, PieceJointe
from tests.factories import entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n%%EOF"
ODT = "application/vnd.oasis.opendocument.text"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


@pytest.fixture(autouse=True)
def in_memory(monkeypatch):
    monkeypatch.setattr(PieceJointe._meta.get_field("fichier"), "storage", InMemoryStorage())


@pytest.fixture
def sujet(espace, elue):
    return un_sujet(espace, author=elue)


@pytest.fixture
def en_elue(client, elue):
    client.force_login(elue)
    return client


def file(name="note.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def picture(kind="JPEG", size=(40, 20), **options):
    content = BytesIO()
    Image.new("RGB", size, "#96341a").save(content, kind, **options)
    return content.getvalue()


def archive(**entries):
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name, text in entries.items():
            made.writestr(name.replace("__", "/"), text)
    return content.getvalue()


def odt(**entries):
    return archive(mimetype=ODT, **entries)


def docx(types=WORD, **entries):
    content = BytesIO(archive(**entries))
    with zipfile.ZipFile(content, "a") as made:
        made.writestr("[Content_Types].xml", f'<Override ContentType="{types}"/>')
    return content.getvalue()


def damaged(how, after):
    """A document whose parts, compressed so, are spoilt ``after`` some bytes."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", how) as made:
        for name in ("[Content_Types].xml", "mimetype"):
            made.writestr(name, "a" * 500)
    spoilt = bytearray(content.getvalue())
    for part in made.infolist():
        start = part.header_offset + 30 + len(part.filename) + after
        spoilt[start : start + 4] = b"\xff" * 4
    return bytes(spoilt)


def send(client, topic, *files, **fields):
    data = {"content": "Voici", "fichiers": list(files), **fields}
    return client.post(topic.get_absolute_url(), data)


def attached(client, topic, *files):
    """The files of the message sent with them."""
    response = send(client, topic, *files)
    assert response.status_code == 302, response.content.decode()
    return list(PieceJointe.objects.filter(post__topic=topic))


def stored(folder=""):
    """The names of the files that are kept."""
    storage = PieceJointe._meta.get_field("fichier").storage
    folders, files = storage.listdir(folder)
    return [*files, *(name for below in folders for name in stored(f"{folder}/{below}".strip("/")))]


@pytest.mark.parametrize(
    ("name", "content", "mime"),
    [
        ("note.pdf", PDF, "application/pdf"),
        ("note.PDF", PDF, "application/pdf"),
        ("note.odt", odt(), ODT),
        ("note.docx", docx(), WORD.removesuffix(".main+xml")),
        ("note.txt", "Été".encode(), "text/plain; charset=utf-8"),
        ("table.csv", "a;é".encode("utf-8-sig"), "text/csv; charset=utf-8"),
    ],
)
def test_a_file_is_given_back_as_what_it_is_and_nothing_else(en_elue, sujet, name, content, mime):
    [piece] = attached(en_elue, sujet, file(name, content))
    response = en_elue.get(piece.get_absolute_url())
    assert b"".join(response.streaming_content) == content
    headers = response.headers
    assert headers["Content-Type"] == mime
    assert headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in headers["Cache-Control"]
    assert "private" in headers["Cache-Control"]
    head = en_elue.head(piece.get_absolute_url())
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(content)))


@pytest.mark.parametrize(
    ("name", "kind"), [("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP")]
)
def test_a_picture_is_shown_and_drawn_anew_without_what_the_camera_noted(
    en_elue, sujet, name, kind
):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned
    exif[0x010F] = "Appareil-espion"
    [piece] = attached(en_elue, sujet, file(name, picture(kind, exif=exif)))
    response = en_elue.get(piece.get_absolute_url())
    content = b"".join(response.streaming_content)
    drawn = Image.open(BytesIO(content))
    assert b"Appareil-espion" not in content
    assert not drawn.getexif()
    assert (drawn.format, drawn.size) == (kind, (20, 40))
    assert (piece.largeur, piece.hauteur) == (20, 40)
    assert response.headers["Content-Disposition"].startswith("inline")
    assert response.headers["Content-Type"] == Image.MIME[kind]


@pytest.mark.parametrize(("name", "kind"), [("a.jpg", "JPEG"), ("a.webp", "WEBP")])
@pytest.mark.parametrize("tag", [282, 296, 531])
def test_a_photo_is_turned_whatever_else_its_phone_noted(en_elue, sujet, name, kind, tag):
    [piece] = attached(en_elue, sujet, file(name, picture(kind, exif=exif(tag))))
    assert (piece.largeur, piece.hauteur) == (20, 40)


def test_the_greys_of_a_scanner_are_kept(en_elue, sujet):
    content, greys = BytesIO(), struct.pack("<64H", *range(0, 65_536, 1_024))
    Image.frombytes("I;16", (64, 64), greys * 64).save(content, "PNG")
    [piece] = attached(en_elue, sujet, file("scan.png", content.getvalue()))
    drawn = Image.open(piece.fichier)
    assert [drawn.getpixel((x, 5))[0] for x in (0, 16, 32, 63)] == [0, 64, 128, 252]


def exif(tag):
    """Notes of a picture to be turned, with a text where a number belongs."""
    entries = struct.pack("<HHI4s", 274, 3, 1, b"\6") + struct.pack("<HHI4s", tag, 2, 3, b"72")
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + bytes(4)


@pytest.mark.parametrize("raised", [TypeError, struct.error, AttributeError, AssertionError])
def test_a_picture_on_which_pillow_stumbles_is_refused_and_the_text_kept(
    en_elue, sujet, monkeypatch, raised
):
    def stumble(self):
        raise raised

    monkeypatch.setattr(Image.Image, "getexif", stumble)
    response = send(en_elue, sujet, file("photo.png", picture("PNG")))
    assert response.status_code == 422
    page = response.content.decode()
    assert (
        "«\xa0photo.png\xa0» n’est pas joint\xa0: ce n’est pas une image que l’on sait lire" in page
    )
    assert "Voici</textarea>" in page


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("dessin.svg", b"<svg/>"),
        ("sans-fin", b"texte"),
        ("note.pdf", b"<html>"),
        ("photo.jpg", PDF),
        ("photo.jpg", picture("PNG")),
        ("photo.png", picture("PNG")[:60]),
        ("note.odt", archive(mimetype="application/zip")),
        ("note.odt", PDF),
        ("note.odt", odt(Basic__Standard="Sub Main")),
        ("note.docx", odt()),
        ("note.docx", docx(WORD.replace("openxmlformats", "autre"))),
        ("note.docx", docx(f"{WORD} macroEnabled")),
        ("note.docx", docx(word__vbaProject="x")),
        ("note.docm", docx()),
        *((name, damaged(zipfile.ZIP_DEFLATED, 0)) for name in ("note.docx", "note.odt")),
        *((name, damaged(zipfile.ZIP_LZMA, 4)) for name in ("note.docx", "note.odt")),
        ("note.xlsx", damaged(zipfile.ZIP_BZIP2, 0)),
        ("note.txt", "Été".encode("latin-1")),
        ("note.txt", b"a\0b"),
        ("note.exe", b"MZ"),
    ],
)
def test_what_is_not_what_it_says_is_refused_by_name_and_the_text_kept(
    en_elue, sujet, name, content
):
    response = send(en_elue, sujet, file(name, content))
    assert response.status_code == 422
    page = response.content.decode()
    assert f"«\xa0{name}\xa0» n’est pas joint" in page
    assert "Voici</textarea>" in page
    assert not stored()
    assert sujet.posts.count() == 1


def test_a_picture_of_too_many_points_is_never_decoded(en_elue, sujet, monkeypatch):
    monkeypatch.setattr(pieces, "MAX_PIXELS", 100)
    page = send(en_elue, sujet, file("photo.png", picture("PNG"))).content.decode()
    assert "«\xa0photo.png\xa0» n’est pas joint" in page
    assert "millions de points" in page


def test_a_bomb_is_no_picture(en_elue, sujet):
    content = BytesIO()
    Image.new("1", (20_000, 20_000)).save(content, "PNG")
    response = send(en_elue, sujet, file("bombe.png", content.getvalue()))
    assert response.status_code == 422
    assert "«\xa0bombe.png\xa0» n’est pas joint" in response.content.decode()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\moi\\note.txt", "note.txt"),
        ('a"b<c>.txt', "a b c .txt"),
        ("note\u202etxt.txt", "notetxt.txt"),
        ("é" * 300 + ".txt", "é" * 115 + ".txt"),
    ],
)
def test_a_name_is_its_last_part_in_signs_that_are_seen(given, kept):
    assert pieces.clean_name(given) == kept


def test_a_name_with_accents_is_given_back_safely(en_elue, sujet):
    [piece] = attached(en_elue, sujet, file("Procès « verbal ».pdf"))
    disposition = en_elue.get(piece.get_absolute_url()).headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''Proc%C3%A8s")


def test_a_file_too_large_is_dropped_and_the_rest_kept(en_elue, sujet, monkeypatch):
    monkeypatch.setattr(pieces, "MAX_BYTES", 1000)
    response = send(en_elue, sujet, file("gros.txt", b"a" * 1001), file("petit.txt", b"a"))
    page = response.content.decode()
    assert response.status_code == 422
    assert "«\xa0gros.txt\xa0» n’est pas joint" in page
    assert "petit.txt" in page
    assert "Voici</textarea>" in page
    assert len(stored()) == 1


def test_a_message_has_six_files_and_twenty_five_megabytes_at_most(en_elue, sujet, monkeypatch):
    page = send(en_elue, sujet, *(file(f"{n}.pdf") for n in range(7))).content.decode()
    assert "«\xa06.pdf\xa0» n’est pas joint\xa0: un message porte 6 fichiers au plus" in page
    Brouillon.objects.all().delete()
    monkeypatch.setattr(pieces, "MAX_TOTAL", 1500)
    page = send(en_elue, sujet, *(file(f"{n}.txt", b"a" * 1000) for n in range(2))).content.decode()
    assert "«\xa01.txt\xa0» n’est pas joint" in page


@pytest.mark.parametrize(
    ("most", "said"),
    [({"MAX_FILES": 2}, "et il y en a 4\xa0: décochez-en 2"), ({"MAX_TOTAL": 50}, "décochez-en.")],
)
def test_files_received_at_once_are_counted_again_when_sent(
    en_elue, sujet, monkeypatch, most, said
):
    send(en_elue, sujet, *(file(f"{n}.pdf") for n in range(4)), apercu="1")
    for name, value in most.items():
        monkeypatch.setattr(pieces, name, value)
    response = send(en_elue, sujet, pieces=chosen())
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert "Voici</textarea>" in page
    assert PieceJointe.objects.filter(brouillon__topic=sujet).count() == 4
    assert send(en_elue, sujet, pieces=chosen()[:2]).status_code == 302


def test_a_change_gives_a_message_no_more_files_than_it_may_have(en_elue, sujet):
    theirs = attached(en_elue, sujet, *(file(f"{n}.pdf") for n in range(6)))
    address = f"/communaute/messages/{theirs[0].post.reference}/modifier/"
    data = {"content": "Voici, enfin", "base": "0"}
    en_elue.post(address, data | {"fichiers": [file("7.pdf")], "garder": "1"})
    every = [piece.reference for piece in PieceJointe.objects.all()]
    response = en_elue.post(address, data | {"pieces": every})
    assert response.status_code == 422
    page = response.content.decode()
    assert "et il y en a 7\xa0: décochez-en 1" in page
    assert "Voici, enfin</textarea>" in page
    assert PieceJointe.objects.filter(post=theirs[0].post).count() == 6
    assert en_elue.post(address, data | {"pieces": every[1:]}).status_code == 302
    assert PieceJointe.objects.get(nom="7.pdf").post == theirs[0].post


def test_an_answer_to_what_is_far_too_large_is_clear(en_elue, sujet):
    response = en_elue.post(
        sujet.get_absolute_url(), {"content": "x"}, headers={"Content-Length": str(10**9)}
    )
    assert response.status_code == 413
    assert "trop lourd" in response.content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {"content": "Voici", "fichiers": [SimpleUploadedFile("a.txt", b"a")] * 101},
        {"content": "é" * 1_400_000},
    ],
    ids=["a hundred files", "a text of megabytes"],
)
def test_whoever_sends_too_much_to_be_read_is_told_what_a_message_may_hold(en_elue, sujet, sent):
    response = en_elue.post(sujet.get_absolute_url(), sent)
    page = response.content.decode()
    assert response.status_code == 413
    assert "Un message porte 6&nbsp;fichiers au plus" in page
    assert "Revenez en arrière&nbsp;: votre texte y est encore." in page


def test_files_stay_with_the_draft_through_preview_and_error_and_go_with_the_message(
    en_elue, sujet
):
    send(en_elue, sujet, file("un.pdf"), apercu="1")
    page = send(en_elue, sujet, file("deux.pdf"), content="", pieces=chosen()).content.decode()
    assert "un.pdf" in page
    assert "deux.pdf" in page
    page = BeautifulSoup(en_elue.get(sujet.get_absolute_url()).content, "html.parser")
    boxes = page.select("input[name=pieces]")
    assert len(boxes) == 2
    assert all(box.has_attr("checked") for box in boxes)
    response = send(en_elue, sujet, pieces=[box["value"] for box in boxes])
    post = Post.objects.get(reference=response.url.strip("/").split("/")[-1])
    assert (post.pieces.count(), post.pieces_count) == (2, 2)
    page = en_elue.get(sujet.get_absolute_url()).content.decode()
    assert "un.pdf" in page
    assert "deux.pdf" in page


def chosen():
    return [piece.reference for piece in PieceJointe.objects.filter(post=None)]


def test_a_file_that_is_unticked_does_not_go(en_elue, sujet, django_capture_on_commit_callbacks):
    send(en_elue, sujet, file("un.pdf"), file("deux.pdf"), apercu="1")
    kept = PieceJointe.objects.get(nom="un.pdf")
    with django_capture_on_commit_callbacks(execute=True):
        send(en_elue, sujet, pieces=[kept.reference])
    assert [piece.nom for piece in PieceJointe.objects.all()] == ["un.pdf"]
    assert len(stored()) == 1


def test_a_change_of_the_message_adds_and_removes_files(
    en_elue, elue, sujet, django_capture_on_commit_callbacks
):
    [old] = attached(en_elue, sujet, file("ancien.pdf"))
    address = f"/communaute/messages/{old.post.reference}/modifier/"
    assert "ancien.pdf" in en_elue.get(address).content.decode()
    data = {"content": "Voici", "base": "0"}
    with django_capture_on_commit_callbacks(execute=True):
        en_elue.post(address, data | {"fichiers": file("neuf.pdf")})
    post = old.post
    post.refresh_from_db()
    assert [piece.nom for piece in post.pieces.all()] == ["neuf.pdf"]
    assert (post.pieces_count, post.updates_count) == (1, 1)
    assert len(stored()) == 1


def test_a_conflict_keeps_the_files(en_elue, sujet):
    post = sujet.first_post
    address = f"/communaute/messages/{post.reference}/modifier/"
    Post.objects.filter(pk=post.pk).update(updates_count=1)
    data = {"subject": "Un titre", "content": "Autre", "base": "0", "fichiers": file("neuf.pdf")}
    response = en_elue.post(address, data)
    assert response.status_code == 409
    assert "neuf.pdf" in response.content.decode()


def test_a_forged_reference_takes_no_file_of_others(client, en_elue, espace, sujet):
    [theirs] = attached(en_elue, sujet, file("a-elle.pdf"))
    other = entered(un_membre("elus"), espace)
    client.force_login(other)
    send(client, sujet, file("a-moi.pdf"), pieces=[theirs.reference])
    theirs.refresh_from_db()
    assert theirs.auteur != other
    assert theirs.post.poster == theirs.auteur


def test_files_of_another_draft_do_not_go_with_a_message(en_elue, elue, espace, sujet):
    other = un_sujet(espace, author=elue)
    send(en_elue, other, file("ailleurs.pdf"), apercu="1")
    send(en_elue, sujet, pieces=chosen())
    assert PieceJointe.objects.get().brouillon.topic == other


def test_a_file_is_given_to_the_readers_of_its_message_alone(client, en_elue, espace, sujet):
    [piece] = attached(en_elue, sujet, file())
    client.force_login(entered(un_membre("elus"), espace))
    assert client.get(piece.get_absolute_url()).status_code == 200
    client.force_login(un_membre("agents"))
    assert client.get(piece.get_absolute_url()).status_code == 404
    client.logout()
    assert client.get(piece.get_absolute_url()).url.startswith("/compte/connexion/")


def test_a_file_waiting_in_a_draft_is_given_to_its_author_alone(client, en_elue, espace, sujet):
    send(en_elue, sujet, file(), apercu="1")
    address = PieceJointe.objects.get().get_absolute_url()
    assert en_elue.get(address).status_code == 200
    client.force_login(entered(un_membre("elus"), espace))
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("column", ["retire_le", "masque_le"])
def test_a_file_goes_out_of_sight_with_its_message(en_elue, sujet, column):
    [piece] = attached(en_elue, sujet, file())
    Post.objects.filter(pk=piece.post_id).update(**{column: timezone.now()})
    assert en_elue.get(piece.get_absolute_url()).status_code == 404


def test_a_file_leaves_the_disk_with_the_message_that_its_author_withdraws(
    en_elue, sujet, tmp_path, monkeypatch, django_capture_on_commit_callbacks
):
    storage = FileSystemStorage(tmp_path)
    monkeypatch.setattr(PieceJointe._meta.get_field("fichier"), "storage", storage)
    gone, kept = attached(en_elue, sujet, file("une.pdf")) + attached(en_elue, sujet, file())[1:]
    assert len(on_disk(tmp_path)) == 2
    with django_capture_on_commit_callbacks(execute=True):
        en_elue.post(f"/communaute/messages/{gone.post.reference}/retirer/")
    assert on_disk(tmp_path) == [kept.fichier.name]


def on_disk(folder):
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def test_a_visitor_leaves_no_file(client, elue, sujet):
    token = brouillons.token(elue, {"topic": sujet})
    response = send(client, sujet, file(), jeton=token)
    assert response.status_code == 403
    assert Brouillon.objects.get().champs["content"] == "Voici"
    assert not PieceJointe.objects.exists()
    assert not stored()


def test_names_of_stored_files_tell_nothing(en_elue, sujet):
    attached(en_elue, sujet, file("secret.pdf"))
    [name] = stored()
    assert "secret" not in name


def test_files_that_wait_for_a_month_are_deleted_and_the_text_stays(
    en_elue, sujet, django_capture_on_commit_callbacks
):
    attached(en_elue, sujet, file("envoye.pdf"))
    send(en_elue, sujet, file("attend.pdf"), apercu="1")
    PieceJointe.objects.update(jointe_le=timezone.now() - timedelta(days=31))
    with django_capture_on_commit_callbacks(execute=True):
        call_command("menage", verbosity=0)
    assert [piece.nom for piece in PieceJointe.objects.all()] == ["envoye.pdf"]
    assert len(stored()) == 1
    assert Brouillon.objects.get().champs["content"] == "Voici"


def test_a_form_sent_twice_with_its_file_has_it_once(en_elue, elue, sujet):
    envoi = "8a4f7c1e-6f0a-4f5e-9b1e-3a2d1c0b9a87"
    for _ in range(2):
        send(en_elue, sujet, file(), envoi=envoi)
    assert PieceJointe.objects.count() == 1
    assert sujet.posts.count() == 2
    assert not Brouillon.objects.exists()
    assert Post.objects.filter(poster=elue, pieces_count=1).count() == 1
