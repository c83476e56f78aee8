"""Lists of people to invite, pasted from a spreadsheet or sent as a file, read line by line."""

import csv
from dataclasses import dataclass
from io import StringIO

from django.core.exceptions import ValidationError

from communaute import invitations
from communaute.models import Allie, College, Invitation, Territoire
from communaute.text import fold

MAX_LINES, MAX_BYTES = 5_000, 1_000_000
COLUMNS = ("adresse", "prénom", "nom", "collège", "territoire", "fonction", "organisation alliée")
"""The columns, in the order that a list without a heading has."""
ALSO_CALLED = {
    "adresse": ("adresse electronique", "adresse mail", "courriel", "e mail", "email", "mail"),
    "organisation alliée": ("allie", "alliee", "organisation"),
}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula."""


def harmless(cell):
    """``cell`` as a spreadsheet shows it without running it."""
    return f"'{cell}" if str(cell).startswith(FORMULA) else cell


class Unreadable(ValueError):
    """Raised, with a message in French, when what was given is no list."""


@dataclass
class Line:
    """One line of a list: its number as a spreadsheet counts, its text, the invitation it makes, and in
    French what keeps it from being sent.
    """

    number: int
    text: str
    invitation: Invitation
    errors: list


def decoded(contents):
    """The text of a file: UTF-8, UTF-16 with its mark, or what Windows writes. Raises ``Unreadable``."""
    utf16 = contents.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "cp1252"):
        try:
            text = contents.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable(
        "Ce fichier n’est pas une liste de texte. Dans votre tableur, enregistrez-le au format « CSV »."
    )


def read(user, text):
    """The ``Line`` of each person in ``text``, checked for ``user``. Raises ``Unreadable``.

    The number of queries does not grow with the list.
    """
    columns, rows = _rows(text)
    known = _Known()
    lines = [_line(number, row, columns, known) for number, row in rows]
    first = {}
    for line in lines:
        before = first.setdefault(line.invitation.email, line.number)
        if before != line.number and line.invitation.email:
            line.errors.append(f"cette adresse est déjà à la ligne {before}")
    sound = [line for line in lines if not line.errors]
    found = invitations.obstacles(user, [line.invitation for line in sound])
    for line, obstacle in zip(sound, found, strict=True):
        line.errors += [obstacle] if obstacle else []
    return lines


def _rows(text):
    """The columns of a list and its rows, each with its number; blank lines are passed over."""
    text = "\n".join(text.removeprefix("\ufeff").splitlines())
    head = text.strip().partition("\n")[0]
    delimiter = max(";\t,", key=head.count)
    try:
        reader = csv.reader(StringIO(text), delimiter=delimiter, strict=True)
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
    except csv.Error:
        raise Unreadable(
            "Un guillemet ouvert dans cette liste n’est pas refermé : corrigez-le, puis recommencez."
        ) from None
    columns = COLUMNS
    if rows and any(_column(cell) == "adresse" for cell in rows[0][1]):
        _, heading = rows.pop(0)
        columns = [_column(cell) for cell in heading]
        if None in columns:
            unknown = heading[columns.index(None)]
            raise Unreadable(
                f"La colonne « {unknown} » n’est pas connue. Les colonnes sont : {', '.join(COLUMNS)}."
            )
    if not rows:
        raise Unreadable("Cette liste ne contient personne.")
    if len(rows) > MAX_LINES:
        raise Unreadable(
            f"Cette liste compte {len(rows)} personnes, la limite est de {MAX_LINES}. Coupez-la en deux."
        )
    return columns, rows


def _column(cell):
    """The name of the column that a heading calls ``cell``, or None."""
    name = fold(cell)
    return next(
        (c for c in COLUMNS if name == fold(c) or name in ALSO_CALLED.get(c, ())),
        None,
    )


class _Known:
    """What a list may name, by its folded name."""

    def __init__(self):
        self.colleges = {
            fold(name): code for code, label in College.choices for name in (code, label)
        }
        self.territoires = {fold(one.nom): one for one in Territoire.objects.all()}
        self.allies = {fold(one.nom): one for one in Allie.objects.all()}


NOT_LISTED = {field.name for field in Invitation._meta.fields} - {
    "email",
    "prenom",
    "nom",
    "fonction",
}
"""The fields of an invitation that a list does not fill in as they are written."""


def _line(number, row, columns, known):
    errors = []
    if len(row) > len(columns):
        errors.append(f"{len(row)} colonnes au lieu de {len(columns)} au plus")
    said = dict(zip(columns, row, strict=False))
    if any(cell.startswith(FORMULA) for cell in row):
        errors.append("une case commence comme une formule de tableur")
    invitation = Invitation(
        email=said.get("adresse", "").lower(),
        prenom=said.get("prénom", ""),
        nom=said.get("nom", ""),
        fonction=said.get("fonction", ""),
    )
    invitation.animates = []
    for column, field, names, unknown in (
        ("collège", "college", known.colleges, "le collège « {} » n’est pas connu"),
        ("territoire", "territoire", known.territoires, "le territoire « {} » n’est pas connu"),
        ("organisation alliée", "allie", known.allies, "l’organisation « {} » n’est pas connue"),
    ):
        if name := said.get(column, ""):
            found = names.get(fold(name))
            if found is None:
                errors.append(unknown.format(name[:60]))
            else:
                setattr(invitation, field, found)
    if not errors and not invitation.gives_seat:
        errors.append("il manque le collège, ou l’organisation alliée")
    if invitation.college and invitation.allie:
        errors.append("un siège est d’un collège ou d’une organisation alliée, pas des deux")
    if not invitation.fonction:
        errors.append("il manque la fonction")
    try:
        invitation.clean_fields(exclude=NOT_LISTED)
    except ValidationError as refused:
        names = {"email": "adresse", "prenom": "prénom"}
        errors += [
            f"{names.get(field, field)} : {message[0].lower()}{message[1:].rstrip('.')}"
            for field, messages in refused.message_dict.items()
            for message in messages
        ]
    return Line(number, " · ".join(filter(None, row)), invitation, errors)
