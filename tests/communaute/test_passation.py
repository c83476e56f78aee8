"""The word that who leaves a seat writes for who comes after."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from communaute import passation
from communaute.models import Membre, MotDePassation
from tests.factories import EspaceFactory, MembreFactory, SiegeFactory, un_membre

pytestmark = pytest.mark.django_db

ADDRESS = "/communaute/passation/"
TODAY = timezone.localdate()


@pytest.fixture
def seat():
    return SiegeFactory(debut=TODAY - timedelta(days=99), membre__last_name="Sortante")


@pytest.fixture
def successor(seat):
    """Who comes after, once a word was left."""
    passation.write(seat.membre, seat, "Appelez **Nadia**.")
    yesterday = TODAY - timedelta(days=1)
    return seat.pass_on(MembreFactory(), "Maire", fin=yesterday, debut=TODAY).membre


def test_who_holds_a_seat_writes_a_word_changes_it_and_takes_it_back(client, seat):
    client.force_login(seat.membre)
    for texte, kept in (("Bon courage.", 1), ("Bon vent.", 1), ("", 0)):
        response = client.post(ADDRESS, {"siege": seat.pk, "texte": texte}, follow=True)
        assert response.status_code == 200
        assert MotDePassation.objects.count() == kept
        assert texte in client.get(ADDRESS).content.decode()


def test_a_word_too_long_is_given_back_with_the_reason(client, seat):
    client.force_login(seat.membre)
    response = client.post(ADDRESS, {"siege": seat.pk, "texte": "long " * 5000})
    assert response.status_code == 422
    assert "long long" in response.content.decode()


def test_who_comes_after_reads_the_word_and_its_author_no_longer(client, seat, successor):
    client.force_login(successor)
    assert "<strong>Nadia</strong>" in client.get(ADDRESS).content.decode()
    client.force_login(seat.membre)
    assert "Nadia" not in client.get(ADDRESS).content.decode()
    assert client.post(ADDRESS, {"siege": seat.pk, "texte": "Encore"}).status_code == 404
    with pytest.raises(PermissionDenied):
        passation.write(seat.membre, seat, "Encore")


def test_my_spaces_show_the_word_until_it_is_said_read_and_it_is_found_afterwards(
    client, successor
):
    EspaceFactory(college="elus")
    client.force_login(successor)
    assert "vous a laissé un mot" in client.get("/communaute/").content.decode()
    mot = MotDePassation.objects.get()
    client.post(ADDRESS, {"acte": "lu", "mot": mot.pk})
    assert "vous a laissé un mot" not in client.get("/communaute/").content.decode()
    page = client.get(ADDRESS).content.decode()
    assert "Nadia" in page
    assert "C’est lu" not in page


@pytest.mark.parametrize("key", ["", "rien", "0", "9" * 30, "²"])
def test_what_is_no_word_is_not_read(client, successor, key):
    client.force_login(successor)
    assert client.post(ADDRESS, {"acte": "lu", "mot": key}).status_code == 302
    assert MotDePassation.objects.get().lu_le is None


def test_nobody_else_says_that_it_was_read_nor_writes_in_the_place_of_another(
    client, seat, successor
):
    client.force_login(un_membre("elus"))
    mot = MotDePassation.objects.get()
    client.post(ADDRESS, {"acte": "lu", "mot": mot.pk})
    mot.refresh_from_db()
    assert mot.lu_le is None
    taken = successor.sieges.get()
    assert client.post(ADDRESS, {"siege": taken.pk, "texte": "À moi"}).status_code == 404


def test_a_word_is_read_while_the_seat_that_came_after_is_held(successor):
    after = successor.sieges.get()
    for debut, fin, count in (
        (TODAY + timedelta(days=1), None, 0),
        (TODAY, TODAY, 1),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=1), 0),
    ):
        successor.sieges.filter(pk=after.pk).update(debut=debut, fin=fin)
        assert MotDePassation.objects.readable_by(successor).count() == count


def test_a_closed_account_reads_no_word(successor):
    Membre.objects.filter(pk=successor.pk).update(is_active=False)
    assert not MotDePassation.objects.readable_by(successor).exists()
