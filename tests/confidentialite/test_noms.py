"""Who represents a territory is counted in public, and named only where they chose to be."""

import pytest

from tests.confidentialite.adresses import without_keys
from tests.confidentialite.conftest import CANARY
from tests.factories import un_membre, un_projet, une_analyse, une_page_allie, une_page_territoire

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def territoire():
    """A territory with all that can be below it, and an ally that supports it."""
    page = une_page_territoire("Vallée")
    un_projet(parent=page)
    une_analyse(parent=page, allie=une_page_allie(territoires=[page.territoire]).allie)
    return page


def public_text(client, territoire):
    """All that a visitor is told, address by address."""
    below = [page.url for page in territoire.get_descendants(inclusive=True)]
    for address in {*without_keys(), *below, "/la-cohorte/allies/"}:
        response = client.get(address)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        yield address, content.decode(errors="replace")


def test_a_member_who_chose_nothing_is_named_nowhere_in_public(client, territoire):
    un_membre(territoire=territoire.territoire, membre__last_name=CANARY, fonction=CANARY)
    for address, text in public_text(client, territoire):
        assert CANARY not in text, address
    assert "personne" in client.get(territoire.url).content.decode()


def test_a_member_who_chose_to_be_named_is_named_on_the_page_of_their_territory_alone(
    client, territoire
):
    un_membre(
        territoire=territoire.territoire,
        membre__last_name=CANARY,
        membre__nomme_publiquement=True,
    )
    named = {address for address, text in public_text(client, territoire) if CANARY in text}
    assert named == {territoire.url}
