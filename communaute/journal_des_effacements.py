"""What is remembered of what was taken back, apart from the database: older data brought back does not bring
it back to anybody.
"""

import json
import os
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import storages


class Journal:
    """Who left, by a reference that says nothing of them, when, and what they chose; who ended the letter;
    which yes was taken back: one file each, written once and never changed.
    """

    def __init__(self):
        self._storage = storages["effacements"]
        self._written = []

    def write(self, reference, withdraw, at):
        """Note that they left; once is enough."""
        name = f"{reference}.json"
        if self._storage.exists(name):
            if self.read(reference):
                return
            self._storage.delete(name)
        entry = {"membre": reference, "le": at.isoformat(), "retire": withdraw}
        self._written.append(self._storage.save(name, ContentFile(json.dumps(entry))))
        self._settle(name)

    def _settle(self, name):
        """Have what was written on the disk before the database says that they left."""
        try:
            path = Path(self._storage.path(name))
        except NotImplementedError:  # a bucket keeps what it took
            return
        for place in (path, path.parent):
            handle = os.open(place, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def take_back(self):
        """Forget what was noted of what was not done after all."""
        for name in self._written:
            self._storage.delete(name)

    def references(self):
        """Those of all who left, and of all that was taken back."""
        try:
            _, files = self._storage.listdir("")
        except FileNotFoundError:
            return []
        return [name.removesuffix(".json") for name in files if name.endswith(".json")]

    def read(self, reference):
        """When that one left, and whether they withdrew what they wrote; None of an entry that is not whole:
        all stopped while it was written, and they had not left.
        """
        with self._storage.open(f"{reference}.json") as file:
            content = file.read()
        try:
            entry = json.loads(content)
        except ValueError:
            return None
        return datetime.fromisoformat(entry["le"]), entry["retire"]


@contextmanager
def noting():
    """The journal, around a transaction that ends with what is noted: what stops it has that forgotten, and
    what stops between the two leaves it noted, never the contrary.
    """
    journal = Journal()
    try:
        yield journal
    except BaseException:
        journal.take_back()
        raise
