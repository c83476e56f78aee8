"""Where a member chooses to be named in public, or not."""

import pytest

from communaute.models import Membre
from tests.factories import MembreFactory, un_membre, un_territoire

ADDRESS = "/communaute/mon-nom/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def membre():
    return un_membre(territoire=un_territoire(nom="Vallée"), fonction="Adjointe")


def is_named(membre):
    return Membre.objects.get(pk=membre.pk).nomme_publiquement


def test_nobody_is_named_before_they_choose_to_be(membre):
    assert not is_named(membre)


def test_the_page_says_what_would_be_shown_and_where(signed_in, membre, read):
    signed_in(membre)
    words = read(ADDRESS).words
    assert f"{membre.get_full_name()}, Adjointe sur la page « Vallée »" in words
    assert "Élu·es" in words
    assert membre.email not in words


def test_a_member_who_represents_no_territory_is_told_that_nothing_would_show(signed_in, read):
    signed_in(MembreFactory())
    assert "aucun territoire aujourd’hui" in read(ADDRESS).words


def test_a_member_chooses_to_be_named_then_changes_their_mind(signed_in, membre, read):
    client = signed_in(membre)
    answer = client.post(ADDRESS, {"nomme_publiquement": "on"}, follow=True)
    assert is_named(membre)
    assert "votre nom est affiché" in answer.content.decode()
    assert read(ADDRESS).select_one("[name=nomme_publiquement]").has_attr("checked")
    answer = client.post(ADDRESS, {}, follow=True)
    assert not is_named(membre)
    assert "votre nom n’est pas affiché" in answer.content.decode()


def test_the_choice_is_ones_own(signed_in, membre):
    other = un_membre()
    signed_in(membre).post(ADDRESS, {"nomme_publiquement": "on", "membre": other.pk})
    assert is_named(membre)
    assert not is_named(other)


def test_my_spaces_lead_to_my_account_and_it_to_the_choice(signed_in, membre, read):
    signed_in(membre)
    assert read("/communaute/").main.find("a", href="/compte/")
    assert read("/compte/").main.find("a", href=ADDRESS)


def test_a_visitor_is_led_to_sign_in(client):
    assert client.get(ADDRESS).url == f"/compte/connexion/?next={ADDRESS}"
