"""Lists, counts and search say nothing of a space to who may not read it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from communaute import brouillons, conversation
from communaute.models import Espace, Membre, Mention, Niveau, Participation, Sondage, Suivi
from tests.confidentialite.conftest import CANARY
from tests.factories import EspaceFactory, entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db

NOTHING = "zinzolin7q"
"""A word that nobody says, as long as nothing is heard of the canary's."""
PLACES = ["/communaute/", "/communaute/suivi/", "/communaute/recherche/"]


@pytest.fixture
def told(sujet):
    """A topic whose title, text and author bear the canary, with all that could be told of it to those
    who read it; ``told(membre)`` tells it to that one too."""
    espace = sujet.espace
    author = un_membre("elus", membre__first_name="Zoé", membre__last_name=CANARY.capitalize())
    author = entered(author, espace)
    topic = conversation.start_topic(author, espace, f"Autre {CANARY}", f"Encore {CANARY}")
    Sondage.objects.create(topic=topic, ferme_le=timezone.now() + timedelta(days=1))

    def tell(membre):
        Mention.objects.create(post=topic.posts.get(), membre=membre)
        brouillons.keep(membre, {"topic": topic}, {"content": f"Presque {CANARY}"})
        Suivi.objects.choose(membre, topic, Niveau.TOUT)
        Participation.objects.choose(membre, espace, Niveau.TOUT)
        return topic

    return tell


def answer(client, address, **asked):
    """All of an answer but what was asked, and the tokens of the session."""
    response = client.get(address, asked)
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    for word in asked.values():
        body = body.replace(word, "MOT")
    return response.status_code, body


def test_who_could_read_and_no_longer_can_is_told_of_nothing(client, told, outsider):
    """Even when the mentions, levels and marks of better days are still there."""
    topic = told(outsider)
    client.force_login(outsider)
    for place in PLACES:
        status, body = answer(client, place)
        assert status == 200
        assert CANARY not in body.lower(), place
        assert topic.reference not in body, place
        assert topic.espace.nom not in body, place


def test_a_search_for_what_is_said_elsewhere_is_one_for_nothing(client, told, outsider):
    told(outsider)
    client.force_login(outsider)
    for place in ("/communaute/recherche/", "/recherche/"):
        assert answer(client, place, q=CANARY) == answer(client, place, q=NOTHING), place
    for name in ("auteur", "espace", "nature"):
        asked = {"q": "encore", name: CANARY}
        assert answer(client, "/communaute/recherche/", **asked) == answer(
            client, "/communaute/recherche/", **{**asked, name: NOTHING}
        )


def test_an_author_whom_one_cannot_read_is_as_nobody(client, told, outsider):
    told(outsider)
    own = EspaceFactory(slug="les-siens", college="etat")
    own.nominate("animation", [outsider])
    outsider = entered(Membre.objects.get(pk=outsider.pk), own)
    un_sujet(own, author=outsider, content="Un lavoir")
    client.force_login(outsider)
    place = "/communaute/recherche/"
    for asked in ({}, {"q": "lavoir"}, {"q": "encore"}):
        seen = answer(client, place, **asked, auteur=CANARY)
        assert seen == answer(client, place, **asked, auteur=NOTHING)
        assert "les-siens" in seen[1]


def test_the_address_of_a_space_that_one_cannot_read_narrows_as_one_that_is_not(
    client, sujet, outsider
):
    Espace.objects.filter(pk=sujet.espace.pk).update(slug=CANARY)
    client.force_login(outsider)
    place = "/communaute/recherche/"
    private = answer(client, place, espace=CANARY, q="titre")
    assert private == answer(client, place, espace=NOTHING, q="titre")
    assert private[0] == 422


def test_acts_of_following_and_reading_are_answered_as_where_there_is_nothing(
    client, sujet, outsider
):
    client.force_login(outsider)

    def own():
        models = (Participation, Suivi)
        return [list(model.objects.filter(membre=outsider).values()) for model in models]

    before = own()
    for private, missing in (
        (f"espaces/{sujet.espace.slug}/suivi/", "espaces/rien/suivi/"),
        (f"espaces/{sujet.espace.slug}/tout-lu/", "espaces/rien/tout-lu/"),
        (f"sujets/{sujet.reference}/suivi/", "sujets/rien/suivi/"),
    ):
        seen = [
            re.sub(
                r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode()
            ).replace(path, "PATH")
            for path in (private, missing)
            for response in [client.post(f"/communaute/{path}", {"niveau": "rien"})]
            if response.status_code == 404
        ]
        assert len(seen) == 2
        assert seen[0] == seen[1]
    assert own() == before


def test_a_visitor_is_told_of_no_conversation(client, told):
    told(un_membre("elus"))
    assert answer(client, "/recherche/", q=CANARY) == answer(client, "/recherche/", q=NOTHING)


def test_a_reader_is_told_of_it_everywhere(client, told, sujet):
    """What the tests above look for is there to be seen."""
    membre = entered(un_membre("elus"), sujet.espace)
    topic = told(membre)
    client.force_login(membre)
    for place in PLACES[:2]:
        assert CANARY in answer(client, place)[1], place
    found = client.get("/communaute/recherche/", {"q": CANARY}).content.decode()
    assert topic.get_absolute_url() in found
    assert topic.posts.get().get_absolute_url() in found
    by_name = client.get("/communaute/recherche/", {"auteur": CANARY}).content.decode()
    assert topic.posts.get().get_absolute_url() in by_name
    site = client.get("/recherche/", {"q": CANARY})
    assert "Dans vos espaces : 4 résultats" in site.content.decode().replace("&nbsp;", " ")
    assert "no-store" in site.headers["Cache-Control"]


def test_what_one_follows_and_has_read_is_seen_by_oneself_alone(client, sujet):
    """Not even by those who read the same space."""
    espace = sujet.espace
    other, reader = (entered(un_membre("elus"), espace) for _ in range(2))
    client.force_login(other)
    places = ["/communaute/", "/communaute/suivi/", espace.get_absolute_url()]
    client.get(sujet.get_absolute_url())
    before = [re.sub(r'value="[^"]+"', "", answer(client, place)[1]) for place in places]
    Suivi.objects.choose(reader, sujet, Niveau.RIEN)
    Suivi.objects.mark_read(reader, sujet, timezone.now())
    Participation.objects.choose(reader, espace, Niveau.RIEN)
    assert before == [re.sub(r'value="[^"]+"', "", answer(client, place)[1]) for place in places]
