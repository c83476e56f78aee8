"""Who is told of a mise en commun: as long as it is so, and never what anybody answered."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from communaute import conversation, mise_en_commun, notifications, promesse
from communaute.forum_conversation.models import Promesse
from communaute.models import (
    Accord,
    Envoi,
    Evenement,
    Membre,
    Niveau,
    Notification,
    Suivi,
    VersionPassage,
)
from pages.models import EnseignementPage
from tests.factories import (
    MembreFactory,
    entered,
    un_enseignement,
    un_membre,
    une_mise_en_commun,
)

pytestmark = pytest.mark.django_db

SANS_NOM, NON = Accord.Reponse.SANS_NOM, Accord.Reponse.NON
A_WEEK, TWELVE_DAYS, TWO_WEEKS = (timedelta(days=days) for days in (7, 12, 14))


@pytest.fixture
def mise(espace):
    """One in which the second of two peers is asked of a part that was added since the others said yes."""
    mise = une_mise_en_commun(espace, remise=False)
    source = mise.messages.order_by("pk").last()
    mise_en_commun.add(mise.auteur, mise, {"texte": "Une part de plus.", "sources": [source]})
    Notification.objects.all().delete()
    Evenement.objects.all().delete()
    return mise


@pytest.fixture
def after(django_capture_on_commit_callbacks):
    """``after(act, …)`` does an act, and all that follows from it."""

    def after(act, *args):
        with django_capture_on_commit_callbacks(execute=True):
            return act(*args)

    return after


@pytest.fixture
def asked(mise, after):
    """Who was asked, once they were told."""
    after(mise_en_commun.ask, mise.auteur, mise)
    return mise.pairs[1]


def told(membre):
    found = Notification.objects.readable_by(Membre.objects.get(pk=membre.pk))
    return list(found.unread().order_by("pk").values_list("motif", flat=True))


def letters_to(membre):
    return [letter for letter in mail.outbox if letter.to == [membre.email]]


def say(membre, reponse, after=None):
    [accord] = Accord.objects.readable_by(membre).unanswered()
    (after or (lambda act, *args: act(*args)))(mise_en_commun.answer, membre, accord, reponse)


def days_pass(days):
    """The mises en commun are asked for since so long, and what comes back is done."""
    VersionPassage.objects.asked().update(demandee_le=timezone.now() - days)


def test_who_is_asked_is_told_in_the_bell_and_by_a_mail_that_leads_to_the_answer(mise, asked):
    assert told(asked) == ["demande"]
    assert not told(mise.auteur) + told(mise.animatrice) + told(mise.pairs[0])
    [letter] = letters_to(asked)
    assert letter.subject == "On vous demande votre accord : Un titre secret"
    assert f"/communaute/mises-en-commun/{mise.reference}/repondre/" in letter.body
    assert "Entre élu·es" in letter.body
    said = letter.body + letter.alternatives[0][0]
    assert "Une part de plus" not in said
    assert mise.auteur.last_name not in said
    assert "Reply-To" not in letter.extra_headers
    assert mail.outbox == [letter]


def test_the_bell_and_my_spaces_lead_to_the_answer_until_it_is_given(mise, asked, signed_in, read):
    address = f"/communaute/mises-en-commun/{mise.reference}/repondre/"
    signed_in(asked)
    pages = ("/communaute/nouvelles/", "/communaute/")
    assert all(read(page).select(f'main [href="{address}"]') for page in pages)
    [accord] = Accord.objects.readable_by(asked).unanswered()
    Accord.objects.filter(pk=accord.pk).update(reponse=NON)
    assert not any(read(page).select(f'[href="{address}"]') for page in pages)


@pytest.mark.parametrize("reponse", [SANS_NOM, NON])
def test_whoever_answers_before_the_mail_leaves_is_not_written_to(mise, reponse):
    mise_en_commun.ask(mise.auteur, mise)
    [evenement] = Evenement.objects.all()
    notifications.spread(evenement)
    asked = mise.pairs[1]
    assert told(asked) == ["demande"]
    [accord] = Accord.objects.readable_by(asked).unanswered()
    Accord.objects.filter(pk=accord.pk).update(reponse=reponse)
    assert told(asked) == []
    notifications.send_due()
    assert not mail.outbox


def test_those_who_do_not_answer_are_reminded_twice(mise, asked):
    for days, letters in ((6, 1), (7, 2), (8, 2), (11, 2), (12, 3), (13, 3)):
        days_pass(timedelta(days=days))
        for _ in range(2):
            call_command("menage")
            call_command("courriels")
        assert len(letters_to(asked)) == letters, days
    assert told(asked) == ["demande"] * 3
    assert len(mail.outbox) == 3


def test_who_answered_is_not_reminded(mise, after):
    source = mise.messages.first()
    mise_en_commun.add(mise.auteur, mise, {"texte": "Et une autre.", "sources": [source]})
    mise_en_commun.ask(mise.auteur, mise)
    say(mise.pairs[0], NON)
    days_pass(A_WEEK)
    Notification.objects.all().delete()
    after(mise_en_commun.remind_due)
    assert [letter.to for letter in mail.outbox] == [[mise.pairs[1].email]]


def test_a_reminder_that_a_crash_stopped_is_sent_once(mise, asked, monkeypatch):
    days_pass(A_WEEK)
    record, mail.outbox[:] = notifications.record_mise, []

    def crash(*args):
        record(*args)
        raise RuntimeError

    monkeypatch.setattr(notifications, "record_mise", crash)
    with pytest.raises(RuntimeError):
        mise_en_commun.remind_due()
    monkeypatch.setattr(notifications, "record_mise", record)
    assert mise_en_commun.remind_due() == 1
    assert mise_en_commun.remind_due() == 0
    call_command("courriels")
    call_command("courriels")
    assert len(letters_to(asked)) == 1


def test_a_reminder_that_comes_late_comes_once(mise, asked):
    days_pass(TWELVE_DAYS)
    assert mise_en_commun.remind_due() == 1
    assert mise_en_commun.remind_due() == 0
    assert Evenement.objects.filter(quoi=Evenement.Quoi.RAPPEL).count() == 1


@pytest.mark.parametrize("ending", [NON, SANS_NOM, None])
def test_once_all_is_known_those_who_go_on_are_told_that_and_nothing_else(
    mise, asked, ending, after
):
    mail.outbox.clear()
    if ending:
        say(asked, ending, after)
    else:
        days_pass(TWO_WEEKS)
        after(mise_en_commun.resolve_due)
    going_on = [mise.auteur, mise.animatrice]
    assert [told(one) for one in [*going_on, asked, mise.pairs[0]]] == [
        ["connu"],
        ["connu"],
        [],
        [],
    ]
    assert {letter.to[0] for letter in mail.outbox} == {one.email for one in going_on}
    for letter in mail.outbox:
        assert letter.subject == "Les réponses à une mise en commun sont là : Un titre secret"
        assert asked.last_name not in letter.body
        assert f"/communaute/mises-en-commun/{mise.reference}/\n" in letter.body
    assert len({letter.body.partition("--\n")[0] for letter in mail.outbox}) == 1


def test_that_all_is_known_is_not_told_any_more_once_something_is_asked_again(mise, asked, after):
    say(asked, SANS_NOM, after)
    assert told(mise.animatrice) == ["connu"]
    mise_en_commun.add(mise.auteur, mise, {"texte": "Encore.", "sources": [mise.messages.first()]})
    mise_en_commun.ask(mise.auteur, mise)
    assert told(mise.animatrice) == []


def test_nobody_is_told_of_what_is_given_up(mise, asked):
    mise_en_commun.abandon(mise.auteur, mise)
    assert told(asked) == []
    days_pass(TWO_WEEKS)
    assert mise_en_commun.remind_due() == mise_en_commun.resolve_due() == 0


def test_who_may_not_read_the_exchange_any_more_is_not_told(mise, asked):
    asked.sieges.update(debut=timezone.localdate() - TWO_WEEKS, fin=timezone.localdate() - A_WEEK)
    assert told(asked) == []


def test_where_all_stays_the_mail_says_nothing_but_the_space(mise, after):
    mise_en_commun.ask(mise.auteur, mise)
    say(mise.pairs[1], SANS_NOM)
    mise_en_commun.hand_over(mise.animatrice, mise)
    promesse.tighten(mise.pairs[0], mise.topic, Promesse.RESTE_ICI)
    mail.outbox.clear()
    publish(mise, after)
    Notification.objects.exclude(courriel_le=None).update(courriel_le=timezone.now())
    notifications.send_due()
    assert {letter.subject for letter in letters_to(mise.pairs[0])} == {
        "Merci : un enseignement est né grâce à votre accord (Entre élu·es)"
    }


def publish(mise, after):
    """Its page, live, as ``pages`` says it."""
    page = EnseignementPage.objects.filter(pk=mise.page_id).first() or un_enseignement()
    EnseignementPage.objects.filter(pk=page.pk).update(live=True)
    page.refresh_from_db()
    type(mise).objects.filter(pk=mise.pk).update(page=page)
    after(mise_en_commun.note_published, mise)
    return page


@pytest.mark.usefixtures("tree")
def test_what_came_of_it_is_told_to_those_who_spoke_and_follow_and_those_who_said_yes_are_thanked(
    espace, after
):
    mise = une_mise_en_commun(espace)
    follower, deaf, mute = (entered(un_membre(), espace) for _ in range(3))
    Suivi.objects.choose(deaf, mise.topic, Niveau.RIEN)
    Suivi.objects.choose(mute, mise.topic, Niveau.MENTIONS)
    speaker = entered(un_membre(), espace)
    conversation.reply(speaker, mise.topic, "Et chez vous ?")
    Suivi.objects.choose(speaker, mise.topic, Niveau.MENTIONS)
    Notification.objects.all().delete()
    Evenement.objects.all().delete()
    page = publish(mise, after)
    after(mise_en_commun.note_published, mise)
    people = [*mise.pairs, mise.auteur, speaker, follower, mise.animatrice, deaf, mute]
    told_of = [["merci"]] * 3 + [["paru"]] * 3 + [[], []]
    assert [told(one) for one in people] == told_of
    page.unpublish()
    assert not any(told(one) for one in people)


def test_what_it_costs_to_tell_does_not_grow(mise):
    def cost():
        evenement = Evenement.objects.create(topic=mise.topic, mise=mise, quoi=Evenement.Quoi.PARUE)
        with CaptureQueriesContext(connection) as captured:
            notifications.spread(evenement)
        return evenement.notifications.count(), len(captured)

    cost()
    told_before, before = cost()
    for _ in range(8):
        entered(un_membre(), mise.topic.espace)
    assert cost() == (told_before + 8, before)


@pytest.mark.usefixtures("tree")
def test_the_list_of_mails_tells_nobody_who_is_reminded(mise, asked, signed_in, read):
    days_pass(A_WEEK)
    mise_en_commun.remind_due()
    call_command("courriels")
    assert Envoi.objects.filter(membre=asked).count() == 2
    assert not Envoi.objects.listed().filter(membre=asked)
    Envoi.objects.create(membre=mise.auteur)
    signed_in(MembreFactory(is_superuser=True))
    page = read("/gestion/envoi/").get_text()
    assert asked.last_name not in page
    assert mise.auteur.last_name in page
