"""Files that members attach: which are taken, checked by what they hold, and how they are kept."""

import re
import unicodedata
import zipfile
from io import BytesIO
from pathlib import PurePosixPath

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.db import transaction
from django.db.models.signals import post_delete
from PIL import ExifTags, Image
from PIL.Image import Transpose

from communaute.models import Archive, PieceJointe
from communaute.mots import size_said

MAX_BYTES = 10 * 1024 * 1024
"""Of one file."""
MAX_TOTAL = 25 * 1024 * 1024
"""Of the files of one message."""
MAX_FILES = 6
MAX_PIXELS = 40_000_000
"""A picture is decoded whole: beyond this it would cost more memory than a worker has."""
MAX_SIDE = 2400
"""Pixels of the longest side that is kept of a picture: enough to read a scanned page."""
MAX_ENTRIES = 5_000
"""Of the archive that an office document is; more is no document."""

TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""How a picture is turned to be looked at, by the orientation that its EXIF gives: ``exif_transpose`` would
write the rest of the EXIF again, and fail on what some phones put there."""

PICTURES = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}
_OPEN_DOCUMENTS = {
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OFFICE_DOCUMENTS = {
    "docx": f"{_OFFICE}wordprocessingml.document",
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "pptx": f"{_OFFICE}presentationml.presentation",
}
_TEXTS = {"txt": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8"}
ACCEPTED = [*PICTURES, "pdf", *_OPEN_DOCUMENTS, *_OFFICE_DOCUMENTS, *_TEXTS]
"""The endings of the names of files that are taken."""


class LimitedUpload(FileUploadHandler):
    """Let go by what no message can hold while it arrives, and keep the rest of the form.

    A file too large is dropped, and its name kept in ``request.too_large``; so is every file of a
    visitor, from whom none is taken.
    """

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):  # noqa: N803
        self.request.too_large = []
        self.left = MAX_TOTAL if self.request.user.is_authenticated else 0

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data, start):
        self.received += len(raw_data)
        if self.received > min(MAX_BYTES, self.left):
            self.request.too_large.append(clean_name(self.file_name))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size):
        self.left = max(0, self.left - file_size)


def attach(brouillon, upload, among):
    """Keep a file that was sent with a draft, and return it; ``among`` are those already there.

    ``ValidationError`` says why it cannot be taken, naming it.
    """
    name = clean_name(upload.name)
    if len(among) >= MAX_FILES:
        raise ValidationError(
            f"« {name} » n’est pas joint : un message porte {MAX_FILES} fichiers au plus."
        )
    piece = PieceJointe(brouillon=brouillon, auteur=brouillon.membre, nom=name)
    content = _checked(piece, upload)
    piece.taille = content.size
    if piece.taille + sum(other.taille for other in among) > MAX_TOTAL:
        raise ValidationError(
            f"« {name} » n’est pas joint : les fichiers d’un message pèsent "
            f"{size_said(MAX_TOTAL)} au plus, tous ensemble."
        )
    piece.fichier.save(name, content, save=False)
    try:
        piece.save()
    except Exception:
        piece.fichier.delete(save=False)
        raise
    return piece


def check_together(sizes):
    """``ValidationError`` where files of these sizes are too many, or weigh too much, for one message."""
    if len(sizes) > MAX_FILES:
        raise ValidationError(
            f"Un message porte {MAX_FILES} fichiers au plus, et il y en a {len(sizes)} : décochez-en "
            f"{len(sizes) - MAX_FILES}."
        )
    if sum(sizes) > MAX_TOTAL:
        raise ValidationError(
            f"Les fichiers d’un message pèsent {size_said(MAX_TOTAL)} au plus, tous ensemble, et "
            f"ceux-ci {size_said(sum(sizes))} : décochez-en."
        )


def too_large(name):
    """Why a file of that name was let go by."""
    return ValidationError(
        f"« {name} » n’est pas joint : un fichier pèse {size_said(MAX_BYTES)} au plus, et ceux "
        f"d’un message {size_said(MAX_TOTAL)} tous ensemble."
    )


def watch():
    """Delete the file of an attachment, or of an archive, with its row, once that is certain."""
    for model in (PieceJointe, Archive):
        post_delete.connect(_delete_file, sender=model)


def _delete_file(instance, **kwargs):
    delete_after(instance.fichier)


def delete_after(file):
    """Delete ``file``, if there is one, once what is written meanwhile is certain."""
    storage, name = file.storage, file.name
    if name:
        transaction.on_commit(lambda: storage.delete(name))


def clean_name(name):
    """The last part of a file's name, in signs that are seen and cannot turn it round."""
    name = unicodedata.normalize("NFC", name or "").replace("\\", "/").rpartition("/")[2]
    name = "".join(" " if sign.isspace() else sign for sign in name)
    name = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C")
    path = PurePosixPath(" ".join(re.sub(r'["<>|:*?]', " ", name).split()) or "fichier")
    return f"{path.stem[: 119 - len(path.suffix[:10])]}{path.suffix[:10]}"


def _checked(piece, upload):
    """What is kept of ``upload``, whose type ``piece`` is given; what it holds decides."""
    ending = piece.nom.rpartition(".")[2].lower() if "." in piece.nom else ""
    if ending in PICTURES:
        return _picture(piece, upload, PICTURES[ending])
    if ending == "pdf":
        piece.type_mime = "application/pdf"
        taken = upload.read(5) == b"%PDF-"
    elif ending in _OPEN_DOCUMENTS:
        piece.type_mime = _OPEN_DOCUMENTS[ending]
        taken = _is_archive(piece, upload, _is_open_document)
    elif ending in _OFFICE_DOCUMENTS:
        piece.type_mime = _OFFICE_DOCUMENTS[ending]
        taken = _is_archive(piece, upload, _is_office_document)
    elif ending in _TEXTS:
        piece.type_mime = _TEXTS[ending]
        if not _is_text(upload):
            raise ValidationError(
                f"« {piece.nom} » n’est pas joint : ce texte n’est pas en UTF-8. Enregistrez-le dans "
                "ce codage (« CSV UTF-8 » dans un tableur), puis joignez-le de nouveau."
            )
        taken = True
    else:
        raise ValidationError(
            f"« {piece.nom} » n’est pas joint : ce genre de fichier n’est pas accepté. Le sont les "
            "images (JPEG, PNG, WebP), les PDF, les documents de bureautique sans macro, les textes "
            "(TXT, CSV)."
        )
    if not taken:
        raise ValidationError(
            f"« {piece.nom} » n’est pas joint : ce qu’il contient n’est pas ce que son nom annonce, ou "
            "il contient des macros."
        )
    upload.seek(0)
    return upload


def _picture(piece, upload, kind):
    """The picture drawn anew, as ``redrawn`` says."""
    try:
        content, (piece.largeur, piece.hauteur) = redrawn(upload, kind, MAX_SIDE)
    except ValidationError as error:
        reason = f"{error.message[0].lower()}{error.message[1:]}"
        raise ValidationError(f"« {piece.nom} » n’est pas joint : {reason}") from error
    piece.type_mime = Image.MIME[kind]
    return content


def redrawn(upload, kind, side, kept_as=None):
    """A picture turned as it is looked at, without what the camera or the phone noted, and its size.

    Its longest side has ``side`` pixels at most. ``ValidationError`` says why it cannot be taken.
    """
    kept_as = kept_as or kind
    try:
        with Image.open(upload, formats=[kind]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            picture.draft("RGB", (side, side))
            picture.load()
            turn = TURNS.get(picture.getexif().get(ExifTags.Base.Orientation))
            drawn = picture if turn is None else picture.transpose(turn)
            # A scanner's greys, of which Pillow would keep the 256 darkest.
            if drawn.mode == "I;16":
                drawn = drawn.point(lambda grey: grey / 256).convert("L")
            drawn.thumbnail((side, side))
            # Pixels alone: what the file said of itself stays behind.
            transparent = "A" in drawn.getbands() or "transparency" in drawn.info
            drawn = drawn.convert("RGBA" if transparent and kept_as != "JPEG" else "RGB")
            drawn.info = {}
            content = BytesIO()
            drawn.save(content, kept_as, **({} if kept_as == "PNG" else {"quality": 85}))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError(
            f"L’image compte plus de {MAX_PIXELS // 1_000_000} millions de points. Réduisez-la."
        ) from error
    except Exception as error:  # what Pillow raises on a damaged picture is of any kind
        raise ValidationError("Ce n’est pas une image que l’on sait lire.") from error
    return ContentFile(content.getvalue()), drawn.size


def _is_archive(piece, upload, is_document):
    try:
        with zipfile.ZipFile(upload) as archive:
            return len(archive.infolist()) <= MAX_ENTRIES and is_document(archive, piece.type_mime)
    except Exception:  # each way of compressing has errors of its own
        return False


def _is_open_document(archive, mime):
    macros = any(name.startswith(("Basic/", "Scripts/")) for name in archive.namelist())
    return _start_of(archive, "mimetype") == mime.encode() and not macros


def _is_office_document(archive, mime):
    types = _start_of(archive, "[Content_Types].xml")
    macros = any("vbaproject" in name.lower() for name in archive.namelist())
    return f"{mime}.main+xml".encode() in types and b"macroEnabled" not in types and not macros


def _start_of(archive, name):
    with archive.open(name) as entry:
        return entry.read(1024 * 1024)


def _is_text(upload):
    content = upload.read()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in content
