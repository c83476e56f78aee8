"""A copy of the whole portal, database and files, that says by itself whether it is whole.

It is a folder: the database, the files that its rows name, what they were made with, and ``SHA256SUMS``,
which ``sha256sum --check`` reads too. The database comes first. A file is written before the row that
names it and deleted after it, so what a row of the copy names was there; what went since is what someone
meanwhile withdrew, and is left out. The journal of who left comes last, and is only ever added to: who left
after the copy was made leaves again when it is put back.
"""

import hashlib
import json
import os
import re
import shutil
from datetime import UTC, datetime

import django
import wagtail
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.files import File
from django.core.files.storage import default_storage, storages
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.utils.crypto import salted_hmac

from communaute import effacement, mise_en_commun
from communaute.models import Membre
from portail import database
from portail.cache import forget

FORMAT = 1
DATABASE, FILES, JOURNAL = "base", "fichiers", "effacements"
MANIFEST, SUMS = "manifeste.json", "SHA256SUMS"
PARTIAL = ".partielle"
STAMP = "%Y%m%dT%H%M%SZ"
NAME = re.compile(rf"portail-(\d{{8}}T\d{{6}}Z)(?:{re.escape(PARTIAL)})?")
LINE = re.compile(r"([0-9a-f]{64})  ([^\\\n]+)\n")
CHUNK = 1024 * 1024


class Refused(Exception):
    """Why nothing was done."""


# --- Save


def save(destination):
    """Write a backup in the folder ``destination``, and return its own folder and its manifest.

    It bears its name once it is whole and on the disk; until then that ends in ``PARTIAL``.
    """
    now = datetime.now(UTC)
    whole = destination / f"portail-{now:{STAMP}}"
    folder = destination / f"{whole.name}{PARTIAL}"
    destination.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    try:
        manifest = _write(folder, now)
    except BaseException:
        shutil.rmtree(folder)
        raise
    os.sync()
    folder.rename(whole)
    return whole, manifest


def _write(folder, now):
    sums = {}
    named, migrations = database.copy(folder / DATABASE, _read)
    sums[DATABASE] = _sum_of(folder / DATABASE)
    gone, size = [], 0
    for path, (storage, name) in named.items():
        try:
            sums[f"{FILES}/{path}"] = _copied(storage, name, folder / FILES / path)
        except FileNotFoundError:
            gone.append(path)
            continue
        size += (folder / FILES / path).stat().st_size
    journal = storages["effacements"]
    # What is noted just before the database says that somebody left, or took a yes back, may be forgotten.
    here = set(Membre.objects.filter(parti_le=None).values_list("reference", flat=True))
    here |= mise_en_commun.still_given()
    for name in _walk(journal):
        if name.removesuffix(".json") not in here:
            sums[f"{JOURNAL}/{name}"] = _copied(journal, name, folder / JOURNAL / name)
    manifest = {
        "format": FORMAT,
        "faite_le": now.isoformat(),
        "base": connection.vendor,
        "versions": {
            "django": django.get_version(),
            "wagtail": wagtail.__version__,
            connection.vendor: ".".join(map(str, connection.get_database_version())),
        },
        "migrations": migrations,
        "fichiers": len(named) - len(gone),
        "octets": size,
        "disparus": gone,
        "cle": _key(),
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    sums[MANIFEST] = _sum_of(folder / MANIFEST)
    lines = "".join(f"{sum_}  {path}\n" for path, sum_ in sorted(sums.items()))
    if len(LINE.findall(lines)) != len(sums):
        raise Refused("Un fichier porte un nom que la liste des sommes ne sait pas dire.")
    (folder / SUMS).write_text(lines, encoding="utf-8")
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return manifest


def _copied(storage, name, target):
    """Copy a file of ``storage`` to the path ``target``, and return its sum."""
    with storage.open(name) as source:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with target.open("wb") as file:
            return _sum(source, into=file)


def _read(rows):
    """What the database names: its files, and the migrations that made it."""
    migrations = rows("SELECT app, name FROM django_migrations ORDER BY id")
    return _named(rows), [list(row) for row in migrations]


def _named(rows):
    """The files that rows name: where each is kept in a backup, with its storage and its name there."""
    quote = connection.ops.quote_name
    return {
        f"{folder}/{name}": (field.storage, name)
        for folder, field in _file_fields()
        for (name,) in rows(
            # Names of ours.
            f"SELECT DISTINCT {quote(field.column)} FROM {quote(field.model._meta.db_table)}"  # noqa: S608
        )
        if name
    }


def _file_fields():
    return [
        ("media" if field.storage is default_storage else "prive", field)
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.FileField)
    ]


def _key():
    """What tells two values of ``SECRET_KEY`` apart, and nothing else of them."""
    return salted_hmac("portail.sauvegarde", "", algorithm="sha256").hexdigest()[:16]


def is_of_another_key(manifest):
    """Whether the backup was made under another ``SECRET_KEY``."""
    return manifest["cle"] != _key()


def _sum_of(path):
    with path.open("rb") as file:
        return _sum(file)


def _sum(file, into=None):
    """The sum of what is read of ``file``, and written to ``into`` meanwhile."""
    sum_ = hashlib.sha256()
    while chunk := file.read(CHUNK):
        sum_.update(chunk)
        if into:
            into.write(chunk)
    return sum_.hexdigest()


def forget_old(destination, days):
    """Delete the backups of that folder older than ``days``, with what was left half written the day before;
    return how many.
    """
    now, old = datetime.now(UTC), []
    for folder in destination.iterdir():
        if name := NAME.fullmatch(folder.name):
            age = now - datetime.strptime(name[1], STAMP).replace(tzinfo=UTC)
            if age.days >= (1 if folder.name.endswith(PARTIAL) else days):
                old.append(folder)
    for folder in old:
        shutil.rmtree(folder)
    return len(old)


# --- Check


def check(folder):
    """Read a backup whole, and return its manifest; ``Refused`` if anything is not as it was written."""
    if folder.name.endswith(PARTIAL) or not (folder / SUMS).is_file():
        raise Refused(f"« {folder} » n’est pas une sauvegarde entière.")
    sums = _sums(folder)
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    if any(path.is_symlink() for path in found.values()):
        raise Refused("La sauvegarde contient un lien vers autre chose.")
    files = {name: path for name, path in found.items() if path.is_file() and name != SUMS}
    if lacking := sorted(sums.keys() - files.keys()):
        raise Refused(f"Il manque « {lacking[0]} » à la sauvegarde.")
    if unknown := sorted(files.keys() - sums.keys()):
        raise Refused(f"« {unknown[0]} » n’est pas de la sauvegarde, ou {SUMS} est incomplet.")
    for name, path in files.items():
        if _sum_of(path) != sums[name]:
            raise Refused(f"« {name} » n’est plus tel qu’il a été sauvegardé.")
    manifest = json.loads(files[MANIFEST].read_text(encoding="utf-8"))
    if manifest["format"] != FORMAT:
        raise Refused("Cette version du portail ne sait pas lire une telle sauvegarde.")
    return manifest


def _sums(folder):
    text = (folder / SUMS).read_bytes().decode("utf-8", errors="replace")
    sums = {name: sum_ for sum_, name in LINE.findall(text)}
    if "".join(f"{sum_}  {name}\n" for name, sum_ in sums.items()) != text or MANIFEST not in sums:
        raise Refused(f"{SUMS} n’est plus tel qu’il a été écrit.")
    return sums


# --- Restore


def restore(folder, *, replace, say):
    """Make the portal what it was when the backup ``folder`` was made, but for who left since.

    ``say`` is told each step. All is checked before anything is touched. Files are added first, and those
    that no row names taken away last: until the database is put back, at one stroke, nothing is lost.
    """
    say("Vérification des sommes…")
    manifest = check(folder)
    _check_fits(manifest)
    settings.VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not replace and not is_empty():
        raise Refused(
            "Cette installation n’est pas vide. Pour la remplacer par la sauvegarde, et perdre ce qui "
            "n’est que là, ajoutez --remplacer."
        )
    say("Fichiers…")
    own = {kept: field.storage for kept, field in _file_fields()}
    for name, path in _files_in(folder / FILES):
        kept, _, name = name.partition("/")
        _put_file(own[kept], name, path)
    journal = storages["effacements"]
    for name, path in _files_in(folder / JOURNAL):
        if not journal.exists(name):
            _put_file(journal, name, path)
    say("Base…")
    database.put_back(folder / DATABASE)
    call_command("migrate", interactive=False, verbosity=0)
    if left := effacement.replay():
        say(f"Effacements refaits : {left}.")
    call_command("setup", verbosity=0)
    _take_away_unnamed(own)
    cache.clear()
    forget()
    return manifest


def is_empty():
    """Whether nobody has an account and no file is kept: all there is was laid by ``setup``."""
    if Membre._meta.db_table in connection.introspection.table_names() and Membre.objects.exists():
        return False
    return not any(next(_walk(field.storage), None) for _, field in _file_fields())


def _check_fits(manifest):
    if manifest["base"] != connection.vendor:
        raise Refused(
            f"La sauvegarde est celle d’une base {manifest['base']}, celle-ci est {connection.vendor}."
        )
    known = MigrationLoader(None).disk_migrations
    if newer := [
        f"{app}.{name}" for app, name in manifest["migrations"] if (app, name) not in known
    ]:
        raise Refused(
            f"La sauvegarde vient d’une version plus récente du portail ({newer[0]}) : installez-la d’abord."
        )


def _files_in(folder):
    """The files of a part of a backup: their names there, and their paths."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(path.relative_to(folder).as_posix(), path) for path in paths]


def _put_file(storage, name, path):
    if storage.exists(name):
        with storage.open(name) as there:
            if _sum(there) == _sum_of(path):
                return
        storage.delete(name)
    with path.open("rb") as file:
        storage.save(name, File(file))


def _take_away_unnamed(own):
    with connection.cursor() as cursor:

        def rows(sql):
            cursor.execute(sql)
            return cursor.fetchall()

        named = _named(rows).keys()
    for kept, storage in own.items():
        for name in list(_walk(storage)):
            if f"{kept}/{name}" not in named:
                storage.delete(name)


def _walk(storage, folder=""):
    """The names of all the files in a storage."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}{name}"
    for name in folders:
        yield from _walk(storage, f"{folder}{name}/")
