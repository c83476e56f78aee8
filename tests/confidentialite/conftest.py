"""Everyone who is not a reader of a peer space, and what is said there."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.http import HttpResponseNotFound
from django.utils import timezone
from wagtail.models import Page

from communaute import moderation
from communaute.models import Espace, Membre
from portail import urls
from tests.confidentialite.monde import CANARY, Monde
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    SiegeFactory,
    entered,
    un_allie,
    un_membre,
    un_sujet,
    une_page_territoire,
)


@pytest.fixture(scope="module")
def monde(django_db_setup, django_db_blocker):
    """The cohort of ``Monde``, made once for all the tests of a module."""
    with django_db_blocker.unblock(), transaction.atomic():
        # The menu is the same for all, and the longest part of a page to make.
        Page.objects.update(show_in_menus=False)
        cohort = Monde()
        # What is in each table, as a database that serves knows it.
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'ANALYZE "{table}"')
        yield cohort
        transaction.set_rollback(True)


@pytest.fixture
def plain_404(monkeypatch):
    """A page of 404 that is quick to make, where what matters is that there is nothing else."""
    monkeypatch.setattr(
        urls, "handler404", lambda request, exception: HttpResponseNotFound(), raising=False
    )


@pytest.fixture
def sujet(tree):
    """A topic of the élu·es, whose title and text hold the canary."""
    espace = EspaceFactory(slug="elus", college="elus")
    return un_sujet(espace, subject=f"Titre {CANARY}", content=f"Texte {CANARY}")


def _ex_member():
    yesterday = timezone.localdate() - timedelta(days=1)
    return SiegeFactory(debut=yesterday - timedelta(days=99), fin=yesterday).membre


def _facilitator_of_another_space():
    membre = MembreFactory()
    autre = EspaceFactory(slug="agents", college="agents")
    autre.nominate("animation", [membre])
    return entered(membre, autre)


def _editor():
    membre = un_membre("agents")
    membre.groups.add(une_page_territoire().editors())
    return membre


def _suspended():
    espace = Espace.objects.filter(slug="elus").first() or EspaceFactory(slug="elus")
    animatrice, membre = MembreFactory(), entered(un_membre("elus"), espace)
    espace.nominate("animation", [animatrice])
    moderation.suspend(entered(animatrice, espace), espace, membre, "Un motif")
    return membre


OUTSIDERS = {
    "agent": lambda: un_membre("agents"),
    "state": lambda: un_membre("etat"),
    "socio-economic": lambda: un_membre("socio_economiques"),
    "ally": un_allie,
    "administrator": lambda: MembreFactory(is_superuser=True),
    "ex-member": _ex_member,
    "facilitator of another space": _facilitator_of_another_space,
    "editor": _editor,
    "suspended": _suspended,
    "without seat": MembreFactory,
}


@pytest.fixture(params=OUTSIDERS)
def outsider(request, sujet):
    """A signed-in person who may not read the topic; one test a kind of person."""
    return Membre.objects.get(pk=OUTSIDERS[request.param]().pk)
