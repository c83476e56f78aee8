"""The space of the élu·es and two who speak there, as most tests of the members' room know them."""

import pytest

from tests.factories import EspaceFactory, entered, un_membre


@pytest.fixture
def espace(db):
    return EspaceFactory(slug="elus", nom="Entre élu·es")


@pytest.fixture
def elue(espace):
    return entered(un_membre("elus", membre__last_name="Fontan"), espace)


@pytest.fixture
def autre(espace):
    return entered(un_membre("elus", membre__last_name="Sarda"), espace)
