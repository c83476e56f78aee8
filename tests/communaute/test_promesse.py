"""What a topic promises changes at once when it is more, by everyone's yes when it is less."""

from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.management import call_command
from django.utils import timezone

from communaute import conversation, promesse
from communaute.forum_conversation.models import Promesse, Topic
from communaute.models import AccordPromesse, DemandePromesse, Siege
from tests.factories import MembreFactory, entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db

RESTE_ICI, SANS_ATTRIBUTION, A_PARTAGER = Promesse


@pytest.fixture
def membres(espace):
    """Three peers: the first opened the topic, the second answered there, the third only reads."""
    return [entered(un_membre("elus"), espace) for _ in range(3)]


@pytest.fixture
def sujet(espace, membres):
    topic = un_sujet(espace, author=membres[0])
    conversation.reply(membres[1], topic, "Moi aussi.")
    Topic.objects.filter(pk=topic.pk).update(promesse=SANS_ATTRIBUTION)
    return topic


@pytest.fixture
def send(client, sujet):
    """``send(membre, **data)`` sends one of the forms of the promise's page, and returns the page it
    leads to."""

    def do(membre, status=200, **data):
        client.force_login(membre)
        response = client.post(f"/communaute/sujets/{sujet.reference}/promesse/", data, follow=True)
        assert response.status_code == status
        return response.content.decode()

    return do


def promised(topic):
    return Topic.objects.get(pk=topic.pk).promesse


def change(promesse):
    return {"acte": "changer", "promesse": promesse}


def say(oui):
    return {"acte": "repondre", "oui": "1" if oui else "0"}


def let_time_pass(days=14):
    DemandePromesse.objects.update(demandee_le=timezone.now() - timedelta(days=days))


def test_any_participant_tightens_it_at_once_and_the_page_does_not_say_who(send, membres, sujet):
    send(membres[1], **change(RESTE_ICI))
    assert promised(sujet) == RESTE_ICI
    page = send(membres[2], status=404, **say(True))
    assert membres[1].get_full_name() not in page


def test_the_page_says_since_when(read, client, send, membres, sujet):
    assert "Promesse changée" not in read_as(client, read, membres[2], sujet)
    send(membres[1], **change(RESTE_ICI))
    assert "Promesse changée aujourd’hui" in read_as(client, read, membres[2], sujet)


def read_as(client, read, membre, topic, page=""):
    client.force_login(membre)
    return read(f"{topic.get_absolute_url()}{page}").words


@pytest.mark.parametrize("wanted", [RESTE_ICI, A_PARTAGER])
def test_who_only_reads_changes_nothing(send, membres, espace, sujet, wanted):
    send(membres[2], status=404, **change(wanted))
    animatrice = MembreFactory()
    espace.nominate("animation", [animatrice])
    send(entered(animatrice, espace), status=404, **change(wanted))
    assert promised(sujet) == SANS_ATTRIBUTION
    assert not DemandePromesse.objects.exists()


def test_loosening_takes_every_authors_yes(send, membres, sujet):
    page = send(membres[0], **change(A_PARTAGER))
    assert "Il faut le oui de chaque personne" in page
    assert promised(sujet) == SANS_ATTRIBUTION
    send(membres[1], **say(True))
    assert promised(sujet) == A_PARTAGER
    assert DemandePromesse.objects.get().obtenue


def test_who_withdraws_all_that_they_said_holds_back_the_yes_of_the_others_no_more(
    client, send, membres, sujet
):
    said = sujet.posts.get(poster=membres[1])
    send(membres[0], **change(A_PARTAGER))
    client.force_login(membres[1])
    client.post(f"/communaute/messages/{said.reference}/retirer/")
    assert promised(sujet) == A_PARTAGER
    assert DemandePromesse.objects.get().obtenue


def test_an_author_is_told_that_their_answer_is_awaited(client, read, send, membres, sujet):
    send(membres[0], **change(A_PARTAGER))
    told = "On vous demande si la promesse"
    assert told in read_as(client, read, membres[1], sujet)
    assert told not in read_as(client, read, membres[0], sujet)
    assert told not in read_as(client, read, membres[2], sujet)
    send(membres[1], **say(False))
    assert told not in read_as(client, read, membres[1], sujet)


def test_a_no_and_a_silence_look_the_same_until_the_end_and_after(
    client, read, send, espace, membres, sujet
):
    other = un_sujet(espace, author=membres[0])
    conversation.reply(membres[1], other, "Moi aussi.")
    Topic.objects.filter(pk=other.pk).update(promesse=SANS_ATTRIBUTION)
    for topic in (sujet, other):
        promesse.ask(membres[0], topic, A_PARTAGER)
    promesse.answer(membres[1], sujet, False)

    def seen_by(membre):
        return [read_as(client, read, membre, topic, "promesse/") for topic in (sujet, other)]

    for membre in (membres[0], membres[2]):
        refused, silent = seen_by(membre)
        assert refused == silent
        assert "Toutes les personnes n’ont pas dit oui" not in refused
    let_time_pass()
    for close in (lambda: None, lambda: call_command("menage")):
        close()
        for membre in membres:
            refused, silent = seen_by(membre)
            assert refused == silent
            assert "Toutes les personnes n’ont pas dit oui" in refused
    assert promised(sujet) == promised(other) == SANS_ATTRIBUTION


def test_nobody_is_told_who_answered_what(send, espace, membres, sujet):
    conversation.reply(membres[2], sujet, "Et moi.")
    send(membres[0], **change(A_PARTAGER))
    send(membres[1], **say(False))
    animatrice = MembreFactory()
    espace.nominate("animation", [animatrice])
    for membre in (membres[0], membres[2], entered(animatrice, espace)):
        assert not AccordPromesse.objects.readable_by(membre).filter(membre=membres[1]).exists()
    let_time_pass()
    call_command("menage")
    assert not AccordPromesse.objects.exists()


def test_one_changes_ones_mind_until_the_end_and_not_after(send, membres, sujet):
    conversation.reply(membres[2], sujet, "Et moi.")
    send(membres[0], **change(A_PARTAGER))
    send(membres[1], **say(False))
    send(membres[2], **say(True))
    assert promised(sujet) == SANS_ATTRIBUTION
    let_time_pass()
    page = send(membres[1], **say(True))
    assert "n’a pas été prise" in page
    let_time_pass(13)
    send(membres[1], **say(True))
    assert promised(sujet) == A_PARTAGER


def test_who_writes_meanwhile_must_agree_too(send, membres, sujet):
    send(membres[0], **change(A_PARTAGER))
    conversation.reply(membres[2], sujet, "Et moi.")
    send(membres[1], **say(True))
    assert promised(sujet) == SANS_ATTRIBUTION
    send(membres[2], **say(True))
    assert promised(sujet) == A_PARTAGER


def test_an_author_who_left_can_no_longer_agree(send, membres, sujet):
    send(membres[0], **change(A_PARTAGER))
    conversation.reply(membres[2], sujet, "Et moi.")
    send(membres[1], **say(True))
    Siege.objects.filter(membre=membres[1]).update(college="agents")
    send(membres[2], **say(True))
    assert promised(sujet) == SANS_ATTRIBUTION


def test_who_withdrew_all_they_said_is_not_asked(send, membres, sujet):
    conversation.withdraw(membres[1], sujet.posts.last())
    send(membres[0], **change(A_PARTAGER))
    assert promised(sujet) == A_PARTAGER


def test_tightening_is_a_no_to_what_is_asked(send, membres, sujet):
    Topic.objects.filter(pk=sujet.pk).update(promesse=SANS_ATTRIBUTION)
    conversation.reply(membres[2], sujet, "Et moi.")
    send(membres[0], **change(A_PARTAGER))
    send(membres[1], **say(True))
    send(membres[2], **change(RESTE_ICI))
    send(membres[1], **say(True))
    assert promised(sujet) == RESTE_ICI


def test_one_demand_at_a_time(membres, sujet):
    promesse.ask(membres[0], sujet, A_PARTAGER)
    with pytest.raises(conversation.Conflict):
        promesse.ask(membres[1], sujet, A_PARTAGER)
    let_time_pass(14 + 30)
    assert promesse.ask(membres[1], sujet, A_PARTAGER)
    assert DemandePromesse.objects.filter(close_le=None).count() == 1


@pytest.mark.parametrize("refused", [True, False])
def test_nobody_is_asked_again_soon_after_a_demand_that_failed(send, membres, sujet, refused):
    Topic.objects.filter(pk=sujet.pk).update(promesse=RESTE_ICI)
    send(membres[0], **change(SANS_ATTRIBUTION))
    if refused:
        send(membres[1], **say(False))
    for days in (14, 14 + 29):
        let_time_pass(days)
        again = timezone.localdate() + timedelta(days=14 + 30 - days)
        for asking in membres[:2]:
            for wanted in (SANS_ATTRIBUTION, A_PARTAGER):
                page = send(asking, status=422, **change(wanted))
                assert "On ne pourra demander de nouveau" in page
                assert f'datetime="{again.isoformat()}"' in page
            with pytest.raises(conversation.Conflict):
                promesse.ask(asking, sujet, A_PARTAGER)
        assert promised(sujet) == RESTE_ICI
    let_time_pass(14 + 30)
    send(membres[1], **change(SANS_ATTRIBUTION))
    send(membres[0], **say(True))
    assert promised(sujet) == SANS_ATTRIBUTION
    # What everyone said yes to calls for no rest.
    assert "Votre demande est partie" in send(membres[1], **change(A_PARTAGER))


def test_a_promise_is_tightened_while_nobody_may_be_asked_to_loosen_it(send, membres, sujet):
    send(membres[0], **change(A_PARTAGER))
    let_time_pass()
    send(membres[1], **change(RESTE_ICI))
    assert promised(sujet) == RESTE_ICI


def test_a_way_is_not_the_other(membres, sujet):
    with pytest.raises(PermissionDenied):
        promesse.tighten(membres[0], sujet, A_PARTAGER)
    with pytest.raises(PermissionDenied):
        promesse.ask(membres[0], sujet, RESTE_ICI)


def test_a_choice_that_is_missing_is_asked_for(send, membres, sujet):
    assert "Choisissez la promesse" in send(membres[0], status=422, acte="changer")
    send(membres[0], **change(A_PARTAGER))
    assert "Choisissez oui ou non" in send(membres[1], status=422, acte="repondre")


def test_rights_lost_meanwhile_are_lost_here_too(membres, sujet):
    promesse.ask(membres[0], sujet, A_PARTAGER)
    assert membres[1].rights.entered
    Siege.objects.filter(membre=membres[1]).update(college="agents")
    for write in (
        lambda: promesse.answer(membres[1], sujet, True),
        lambda: promesse.tighten(membres[1], sujet, RESTE_ICI),
    ):
        with pytest.raises((ObjectDoesNotExist, PermissionDenied)):
            write()
