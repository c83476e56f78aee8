"""An account that nobody comes to is forgotten, after its owner was warned in time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from communaute import conservation, sommeil
from communaute.models import FORMER, Membre
from tests.factories import EspaceFactory, MembreFactory, un_membre, un_sujet

pytestmark = pytest.mark.django_db


def last_seen(months, days=0, **fields):
    """A member who last came that many months ago, and ``days`` more."""
    seen = conservation.months_before(timezone.localdate(), months) - timedelta(days=days)
    return MembreFactory(vu_le=seen, **fields)


def names():
    return {str(membre) for membre in Membre.objects.all()}


def test_who_did_not_come_for_23_months_is_warned_once(mailoutbox):
    absent, _ = last_seen(23, days=1, email="absente@exemple.fr"), last_seen(23)
    for _ in range(2):
        call_command("menage")
    [letter] = mailoutbox
    assert letter.to == [absent.email]
    forgotten_on = conservation.months_before(absent.vu_le, -24)
    assert str(forgotten_on.year) in letter.body
    assert FORMER not in names()


def test_who_was_warned_is_forgotten_at_24_months_and_their_messages_stay(
    mailoutbox, django_capture_on_commit_callbacks
):
    espace = EspaceFactory()
    membre = un_membre()
    topic = un_sujet(espace, membre)
    today = timezone.localdate()
    seen = conservation.months_before(today, 24)
    Membre.objects.filter(pk=membre.pk).update(vu_le=seen, prevenu_le=today - timedelta(days=31))
    call_command("menage")
    assert FORMER not in names()
    Membre.objects.filter(pk=membre.pk).update(vu_le=seen - timedelta(days=1))
    with django_capture_on_commit_callbacks(execute=True):
        call_command("menage")
        call_command("menage")
    assert str(Membre.objects.get(pk=membre.pk)) == FORMER
    assert topic.posts.get().retire_le is None
    assert [letter.to for letter in mailoutbox] == [[membre.email]]


def test_nobody_is_forgotten_who_was_not_warned_thirty_days_before(mailoutbox):
    today = timezone.localdate()
    unwarned = last_seen(40)
    last_seen(40, prevenu_le=today - timedelta(days=29))
    call_command("menage")
    assert FORMER not in names()
    assert [letter.to for letter in mailoutbox] == [[unwarned.email]]
    Membre.objects.update(prevenu_le=today - timedelta(days=30))
    call_command("menage")
    assert names() == {FORMER}


def test_who_came_back_is_not_forgotten_and_is_warned_anew_later(client, mailoutbox):
    membre = last_seen(25, prevenu_le=timezone.localdate() - timedelta(days=60))
    client.force_login(membre)
    client.get("/compte/")
    call_command("menage")
    assert FORMER not in names()
    assert not mailoutbox
    long_ago = conservation.months_before(timezone.localdate(), 23) - timedelta(days=1)
    Membre.objects.update(vu_le=long_ago, prevenu_le=long_ago)
    call_command("menage")
    assert len(mailoutbox) == 1


def test_a_visit_is_noted_once_a_day(client, tree):
    client.force_login(MembreFactory())
    Membre.objects.update(vu_le=timezone.localdate() - timedelta(days=1))
    written = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get("/")
        written.append(len([q for q in captured if q["sql"].startswith("UPDATE")]))
    assert written == [1, 0]
    assert Membre.objects.get().vu_le == timezone.localdate()


def test_whose_visits_were_not_noted_yet_is_known_by_their_last_sign_in(mailoutbox):
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    MembreFactory(vu_le=None, date_joined=long_ago, last_login=timezone.now())
    MembreFactory(vu_le=None, date_joined=timezone.now())
    never = MembreFactory(vu_le=None, date_joined=long_ago)
    call_command("menage")
    assert [letter.to for letter in mailoutbox] == [[never.email]]


def test_the_last_who_administers_is_never_forgotten(mailoutbox):
    last_seen(40, is_superuser=True, prevenu_le=timezone.localdate() - timedelta(days=40))
    assert sommeil.forget() == 0
    assert FORMER not in names()


def test_a_mail_that_cannot_leave_warns_nobody(monkeypatch):
    def fail(*args, **kwargs):
        raise OSError

    last_seen(25)
    monkeypatch.setattr("communaute.courriel.send", fail)
    with pytest.raises(OSError):
        sommeil.warn.func()
    assert Membre.objects.get().prevenu_le is None


def test_an_address_that_takes_no_mail_keeps_nobody_from_being_warned(refused, mailoutbox):
    first, other = (last_seen(25) for _ in range(2))
    refused(first.email, 550)
    sommeil.warn.func()
    assert [letter.to for letter in mailoutbox] == [[other.email]]
    first.refresh_from_db()
    assert first.prevenu_le == timezone.localdate()
    assert first.courriel_refuse_le


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 26), 23, date(2024, 12, 26)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), -24, date(2026, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
    ],
)
def test_months_are_counted_as_people_do(day, months, expected):
    assert conservation.months_before(day, months) == expected
