"""What a page of the spaces may cost; ``make bench-conversation`` says how long it takes."""

import pytest

from communaute import conversation, markdown, moderation
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    TerritoireFactory,
    entered,
    un_membre,
    un_sujet,
)

pytestmark = pytest.mark.usefixtures("tree", "at_the_portals_address")

MOST_QUERIES = 12


@pytest.fixture
def espace():
    return EspaceFactory(slug="elus")


@pytest.fixture
def elue(espace, signed_in):
    elue = entered(un_membre("elus", territoire=TerritoireFactory()), espace)
    signed_in(elue)
    return elue


@pytest.fixture
def topic(espace, elue):
    """A topic of two pages, by several people."""
    topic = un_sujet(espace)
    for number in range(25):
        author = elue if number % 2 else entered(un_membre(), espace)
        conversation.reply(author, topic, f"Une **réponse**, la {number}e.")
    return topic


@pytest.mark.parametrize(
    "address",
    [
        "/communaute/",
        "/communaute/espaces/elus/",
        "/communaute/espaces/elus/lecteurs/",
        "/communaute/espaces/elus/nouveau-sujet/",
        "/communaute/recherche/?q=r%C3%A9ponse",
        "{topic}",
        "{topic}?page=2",
    ],
)
def test_no_page_that_is_read_costs_more_than_twelve_queries(address, queries, topic):
    assert queries(address.format(topic=topic.get_absolute_url())) <= MOST_QUERIES


@pytest.mark.parametrize(
    "address",
    [
        "",
        "decisions/",
        "suivi/",
        "espaces/elus/",
        "espaces/elus/moderation/",
        "espaces/elus/suspensions/",
        "espaces/elus/journal/",
        "espaces/elus/sante/",
        "messages/{post}/moderer/",
        "sujets/{topic}/deplacer/",
        "sujets/{topic}/promesse/",
        "sujets/{topic}/",
    ],
)
def test_no_page_of_a_facilitator_costs_more_either(address, queries, espace, topic, signed_in):
    twin, animatrice = EspaceFactory(), MembreFactory()
    for each in (espace, twin):
        each.nominate("animation", [animatrice, MembreFactory()])
    post = topic.posts.last()
    moderation.report(entered(un_membre(), espace), post, "ton", "Cela blesse.")
    signed_in(entered(animatrice, espace, twin))
    address = address.format(topic=topic.reference, post=post.reference)
    assert queries(f"/communaute/{address}") <= MOST_QUERIES


def test_a_message_is_made_into_html_once_when_it_is_written(client, topic, monkeypatch):
    monkeypatch.setattr(markdown, "_markdown", None)
    page = client.get(topic.get_absolute_url()).content.decode()
    assert "Une <strong>réponse</strong>, la 3e." in page
