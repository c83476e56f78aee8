"""Who may not read gets the answer of what does not exist, to the byte."""

import re

import pytest

from communaute.forum_conversation.models import new_reference
from tests.confidentialite.conftest import CANARY
from tests.factories import EspaceFactory, entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db

METHODS = ["get", "head", "post", "put", "delete", "options"]


def private_and_missing(sujet):
    """Pairs of addresses: one that exists and is private, one alike that does not exist."""
    espace, post = sujet.espace, sujet.posts.get()
    other = new_reference()
    return [
        (f"/communaute/sujets/{sujet.reference}/", f"/communaute/sujets/{other}/"),
        (f"/communaute/sujets/{sujet.reference}", f"/communaute/sujets/{other}"),
        *(
            (f"/communaute/sujets/{sujet.reference}/{page}", f"/communaute/sujets/{other}/{page}")
            for page in ("nouveau/", "suivi/", "vote/", "resume/", "promesse/")
        ),
        *(
            (
                f"/communaute/messages/{post.reference}/{page}",
                f"/communaute/messages/{other}/{page}",
            )
            for page in ("merci/", "reponse/", "retirer/")
        ),
        (f"/communaute/messages/{post.reference}/", f"/communaute/messages/{other}/"),
        (
            f"/communaute/messages/{post.reference}/modifier/",
            f"/communaute/messages/{other}/modifier/",
        ),
        *(
            (f"/communaute/espaces/{espace.slug}/{page}", f"/communaute/espaces/rien/{page}")
            for page in ("", "charte/", "lecteurs/", "nouveau-sujet/")
        ),
        (f"/communaute/espaces/{espace.slug}/autre/", "/communaute/nulle/part/"),
    ]


def answer(client, method, path):
    """All of an answer but the path asked for and the tokens of the session."""
    response = getattr(client, method)(path, {"content": "Bonjour"} if method == "post" else None)
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    headers = {k: v for k, v in response.headers.items() if k not in ("Date", "Expires")}
    headers["Set-Cookie"] = sorted(response.cookies)
    return response.status_code, *(
        str(part).replace(path, "PATH").replace(path.strip("/"), "PATH") for part in (headers, body)
    )


@pytest.mark.parametrize("method", METHODS)
def test_an_outsider_cannot_tell_what_is_private_from_what_is_not(method, client, sujet, outsider):
    client.force_login(outsider)
    for private, missing in private_and_missing(sujet):
        seen = answer(client, method, private)
        assert seen == answer(client, method, missing)
        assert seen[0] in (404, 301, 405), private
        assert CANARY not in str(seen)


@pytest.mark.parametrize("method", METHODS)
def test_a_visitor_is_sent_to_sign_in_from_any_members_address(method, client, sujet):
    for private, missing in private_and_missing(sujet):
        seen = answer(client, method, private)
        assert seen == answer(client, method, missing)
        assert seen[0] == 302
        assert "/compte/connexion/?next=PATH" in seen[1]


def test_a_reader_of_the_space_is_answered(client, sujet):
    client.force_login(entered(un_membre("elus"), sujet.espace))
    assert CANARY in client.get(sujet.get_absolute_url()).content.decode()


def test_a_topic_of_another_space_is_no_way_in(client, sujet, outsider):
    """Keys of two spaces are never mixed: each address holds one key."""
    theirs = EspaceFactory(slug="les-leurs", college="agents")
    theirs.nominate("animation", [outsider])
    client.force_login(entered(outsider, theirs))
    own = un_sujet(theirs, author=outsider)
    assert client.get(own.get_absolute_url()).status_code == 200
    post = sujet.posts.get()
    client.post(f"/communaute/sujets/{sujet.reference}/", {"content": "Intrusion"})
    client.post(f"/communaute/messages/{post.reference}/modifier/", {"content": "Intrusion"})
    assert [p.content.raw for p in sujet.posts.all()] == [f"Texte {CANARY}"]


def test_members_pages_are_kept_by_no_cache(client, sujet):
    client.force_login(entered(un_membre("elus"), sujet.espace))
    for path in ("/communaute/", sujet.get_absolute_url(), "/communaute/sujets/rien/"):
        cache_control = client.get(path).headers["Cache-Control"]
        assert "no-store" in cache_control
        assert "private" in cache_control


def test_access_ends_with_the_seat_at_the_next_request(client, sujet):
    elue = entered(un_membre("elus"), sujet.espace)
    client.force_login(elue)
    assert client.get(sujet.get_absolute_url()).status_code == 200
    elue.sieges.update(college="agents")
    assert client.get(sujet.get_absolute_url()).status_code == 404
    assert client.post(sujet.get_absolute_url(), {"content": "Encore moi"}).status_code == 404
    assert sujet.posts.count() == 1


def test_a_reader_who_has_yet_to_accept_the_charter_is_led_to_it_and_shown_nothing(client, sujet):
    client.force_login(un_membre("elus"))
    for path in (sujet.get_absolute_url(), sujet.posts.get().get_absolute_url()):
        response = client.get(path, follow=True)
        assert response.redirect_chain[0][0].startswith("/communaute/espaces/elus/charte/")
        assert CANARY not in response.content.decode()
