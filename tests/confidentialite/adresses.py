"""Every address of the project, found by walking what Django resolves, and what to put in each.

An address that takes a key has a sample for it in ``keys_of``, or a reason not to in ``EXEMPT``:
``test_matrice.py`` fails on any other.
"""

import itertools
from functools import cache
from typing import NamedTuple

from django.contrib.auth.models import Group
from django.urls import URLPattern, get_resolver
from django.utils.regex_helper import normalize
from wagtail.models import Collection, Page, Site, Task, Workflow

from communaute import calendriers
from communaute.abonnements import confirm_address, stop_address
from communaute.forum_conversation.models import Post, Topic
from communaute.models import (
    ActeModeration,
    Adhesion,
    Allie,
    Archive,
    Charte,
    Cohorte,
    Envoi,
    Espace,
    Essai,
    Invitation,
    Membre,
    MiseEnCommun,
    NoteDeRencontre,
    Passage,
    PieceJointe,
    Position,
    Reformulation,
    Rencontre,
    Territoire,
)
from communaute.models.membres import new_reference
from communaute.notifications import preferences_of
from pages.models import Signalement, TerritoirePage, Theme

EXEMPT = {
    "gestion/failwhale/": "Wagtail’s own: raises an error on purpose.",
}
"""Addresses that nobody is made to ask for, each with the reason."""


class Address(NamedTuple):
    """An address: the name of its route, its path with ``%(key)s`` where it takes one, its view."""

    name: str
    path: str
    keys: tuple
    view: str

    @property
    def room(self):
        """The first part of the path: whose address it is."""
        return self.path.partition("/")[0]


@cache
def addresses():
    """All of them, each path once."""
    found = {}
    for address in _walk(get_resolver()):
        if address.path not in EXEMPT:
            found.setdefault(address.path, address)
    return list(found.values())


def without_keys():
    """The paths that take no key, and some of the public's, to look for what should be on none of them."""
    paths = {f"/{address.path}" for address in addresses() if not address.keys}
    return sorted(paths | {"/", "/territoires/", "/enseignements/", "/recherche/?q=titre"})


def _walk(resolver, prefix="", namespaces=()):
    for pattern in resolver.url_patterns:
        regex = prefix + pattern.pattern.regex.pattern.removeprefix("^")
        if isinstance(pattern, URLPattern):
            for path, keys in normalize(regex):
                name = ":".join((*namespaces, pattern.name or ""))
                view = (
                    f"{pattern.callback.__module__}.{getattr(pattern.callback, '__qualname__', '')}"
                )
                yield Address(name, path, tuple(keys), view)
        else:
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern, regex.removesuffix(r"\Z"), inner)


READABLE = ("readable_by",)
COLLECTIONS = {
    "espaces": (Espace, READABLE),
    "sujets": (Topic, READABLE),
    "messages": (Post, READABLE),
    "fichiers": (PieceJointe, READABLE),
    "mises-en-commun": (MiseEnCommun, READABLE),
    "positions": (Position, READABLE),
    "reformulations": (Reformulation, READABLE),
    "essais": (Essai, READABLE),
    "rencontres": (Rencontre, READABLE),
    "notes": (NoteDeRencontre, READABLE),
    "decisions": (ActeModeration, ("concerning",)),
    "recours": (ActeModeration, READABLE),
    "suspensions": (ActeModeration, READABLE),
    "referent": (Post, READABLE),
    "membres": (Membre, ("met_by",)),
}
"""What the second part of a members' address names, by its reference (a space by its slug), and the ways
in to it."""

ARRIVALS = {"invitations": Invitation, "adhesions": Adhesion}
"""The same for those about whom one invites, which follow rules of their own."""

A_MODEL = {
    "app_label": ("pages", "forum_conversation"),
    "app_name": ("pages", "forum_conversation"),
    "content_type_app_name": ("pages", "forum_conversation"),
    "content_type_model_name": ("standardpage", "post"),
    "model_name": ("standardpage", "post"),
}
"""The keys by which Wagtail names a model: one of the public's, and one of the members'."""


def samples(monde, address):
    """The paths, each complete, that stand for an address that is not about what members say."""
    values = [_values(monde, address.path, key) for key in address.keys]
    for combination in itertools.zip_longest(*values) if values else [()]:
        chosen = [
            each[-1] if value is None else value
            for value, each in zip(combination, values, strict=True)
        ]
        yield "/" + address.path % dict(zip(address.keys, chosen, strict=True))


def _values(monde, path, key):
    """What to put at ``key`` in ``path``; ``LookupError`` where nobody said."""
    if key in A_MODEL:
        return A_MODEL[key]
    table = _keys_of(monde)
    for prefix in sorted((p for p, k in table if k == key), key=len, reverse=True):
        if path.startswith(prefix):
            return table[prefix, key]
    raise LookupError(f"{path} : {key}")


@cache
def _keys_of(monde):
    page = Page.objects.get(depth=2).pk
    author, space = monde.people["author"], monde.elus
    seat = author.sieges.get().pk
    image, document = monde.image, monde.document
    first = {
        "gestion/theme/": Theme,
        "gestion/territoire/": Territoire,
        "gestion/allie/": Allie,
        "gestion/sites/": Site,
        "gestion/groups/": Group,
        "gestion/workflows/": Workflow,
        "gestion/workflows/tasks/": Task,
        "gestion/collections/": Collection,
        "gestion/settings/": Cohorte,
        "gestion/signalement/": Signalement,
        "gestion/invitation/": Invitation,
        "gestion/adhesion/": Adhesion,
        "gestion/charte/": Charte,
        "gestion/envoi/": Envoi,
    }
    keys = {(prefix, "pk"): [model.objects.first().pk] for prefix, model in first.items()}
    numbers = (
        "revision_id",
        "session_id",
        "task_state_id",
        "workflow_state_id",
        "uploaded_file_id",
    )
    passages = Passage.objects.values_list("reference", flat=True)
    pages = ("page_id", "page_pk", "page_to_move_id", "parent_page_id", "destination_id")
    return keys | {
        ("gestion/espace/", "pk"): [space.pk],
        ("gestion/passages/", "reference"): [*passages] or [new_reference()],
        ("gestion/siege/", "pk"): [seat],
        ("gestion/users/", "pk"): [author.pk],
        ("gestion/choix_membre/", "pk"): [author.pk],
        ("gestion/choix_epci/", "pk"): ["200000001"],
        ("gestion/choix_commune/", "pk"): ["31555"],
        ("gestion/api/main/documents/", "pk"): [document.pk],
        ("gestion/api/main/images/", "pk"): [image.pk],
        ("gestion/documents/chooser/", "pk"): [document.pk],
        ("gestion/images/chooser/", "pk"): [image.pk],
        ("gestion/api/main/pages/", "pk"): [page],
        ("gestion/pages/", "pk"): [page],
        ("api/v2/pages/", "pk"): [page],
        ("apercus/", "key"): [page],
        **{("gestion/", key): [1] for key in numbers},
        **{("gestion/", key): [page] for key in pages},
        ("gestion/", "action"): ["delete"],
        ("gestion/", "action_name"): ["publish"],
        ("gestion/", "collection_id"): [Collection.objects.first().pk],
        ("gestion/", "doc_id"): [document.pk],
        ("gestion/", "document_id"): [document.pk],
        ("gestion/", "filter_spec"): ["max-100x100"],
        ("gestion/", "image_id"): [image.pk],
        ("gestion/", "object_id"): [page, monde.post.pk],
        ("gestion/", "revision_id_a"): ["earliest"],
        ("gestion/", "revision_id_b"): ["latest"],
        ("gestion/", "task_id"): [Task.objects.first().pk],
        ("gestion/", "workflow_pk"): [Workflow.objects.first().pk],
        ("gestion/password_reset/", "uidb64"): ["MQ"],
        ("gestion/password_reset/", "token"): ["rien"],
        ("compte/", "uidb36"): ["1"],
        ("compte/", "key"): ["rien"],
        ("compte/mes-donnees/", "reference"): [Archive.objects.get(membre=author).reference],
        ("compte/second-facteur/cles/", "pk"): [monde.key.pk],
        ("_util/", "page_view_restriction_id"): [1],
        ("_util/", "page_id"): [page],
        ("lettre/confirmer/", "jeton"): [confirm_address(monde.abonnement).split("/")[-2]],
        ("lettre/arreter/", "jeton"): [
            stop_address(reader).split("/")[-2] for reader in (monde.abonnement, author)
        ],
        ("agenda/", "reference"): [monde.annonce.reference],
        ("agenda/personnel/", "jeton"): [
            calendriers.address_of(monde.agenda).split("/")[-1].removesuffix(".ics")
        ],
        ("courriels/", "jeton"): [preferences_of(author).split("/")[-2]],
        ("invitation/", "jeton"): [monde.invitation.adresse.split("/")[-2]],
        ("signaler/", "reference"): [Signalement.objects.first().reference],
        ("documents/", "_0"): [document.pk],
        ("documents/", "_1"): [document.filename],
        ("media/", "name"): monde.files,
        ("flux/themes/", "slug"): [Theme.objects.first().slug],
        ("flux/territoires/", "slug"): [TerritoirePage.objects.first().slug],
        ("", "_0"): monde.pages,
    }
