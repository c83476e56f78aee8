"""The letter of the week: what is new among the public learnings, once, on Monday, to whoever takes it."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import PageViewRestriction

from communaute import notifications
from communaute.models import Abonnement, Envoi, Lettre, Membre
from pages import lettre
from pages.models import Annonce, EnseignementIndexPage, EnseignementPage
from tests.factories import (
    MembreFactory,
    TerritoireFactory,
    restrict,
    un_enseignement,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")

PARIS = ZoneInfo("Europe/Paris")
# A year that is not yet: what models date by themselves is due by then.
MONDAY = date(2039, 11, 21)


def at(*moment, **kwargs):
    return datetime(*moment, tzinfo=PARIS, **kwargs)


@pytest.fixture
def the_clock(monkeypatch):
    """``the_clock(*moment)`` says what time it is from then on."""

    def set_to(*moment):
        monkeypatch.setattr(timezone, "now", lambda: at(*moment))

    set_to(2039, 11, 21, 7, 1)
    return set_to


@pytest.fixture
def send(the_clock):
    """``send()``: what comes back, once; the letters that left, by address."""

    def send():
        mail.outbox.clear()
        call_command("courriels")
        assert len({letter.to[0] for letter in mail.outbox}) == len(mail.outbox)
        return {letter.to[0]: letter for letter in mail.outbox}

    return send


def learned(title="Écouter d’abord", published=None, **fields):
    """A learning that an editor published, on a Sunday if nothing else is said."""
    published = published or at(2039, 11, 20, 12)
    return un_enseignement(
        title, first_published_at=published, last_published_at=published, **fields
    )


def subscriber(email="lise@exemple.fr"):
    return Abonnement.objects.create(email=email, confirme_le=timezone.now())


def test_members_and_subscribers_are_told_on_monday_what_was_learned(send, the_clock):
    membre = MembreFactory(first_name="Camille")
    subscriber()
    territoire = TerritoireFactory(nom="Vallée")
    une_page_territoire("Vallée des Essais", territoire)
    page = learned(territoires=[territoire])
    the_clock(2039, 11, 21, 6, 59)
    assert send() == {}
    the_clock(2039, 11, 21, 7)
    letters = send()
    assert set(letters) == {membre.email, "lise@exemple.fr"}
    for letter in letters.values():
        message = letter.message()
        assert letter.subject == "Ce que la cohorte a appris : Écouter d’abord"
        for said in (letter.body, letter.alternatives[0].content):
            assert page.introduction in said
            assert "Enseignement · Vallée des Essais" in said
            assert page.full_url in said
            assert "<img" not in said
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert "/lettre/arreter/" in message["List-Unsubscribe"]
    assert "Bonjour Camille," in letters[membre.email].body
    assert "/courriels/" not in letters["lise@exemple.fr"].body
    assert send() == {}


def test_what_was_told_is_told_no_more_however_it_is_changed(send, the_clock):
    subscriber()
    page = learned()
    assert send()
    for _ in range(2):
        page.unpublish()
        page.save_revision().publish()
    the_clock(2039, 11, 28, 8)
    assert send() == {}
    learned("Un autre", at(2039, 11, 29, 8))
    the_clock(2039, 12, 5, 8)
    [letter] = send().values()
    assert "Écouter d’abord" not in letter.body


def draft(page):
    EnseignementPage.objects.filter(pk=page.pk).update(live=False, last_published_at=None)


def reserved(page):
    restrict(page)


def reserved_from_above(page):
    restrict(EnseignementIndexPage.objects.get())


def shared_with_a_password(page):
    PageViewRestriction.objects.create(page=page, restriction_type="password", password="x")


def unpublished(page):
    page.unpublish()


def below_a_draft(page):
    EnseignementIndexPage.objects.update(live=False)


def scheduled(page):
    later = at(2039, 11, 23, 8)
    EnseignementPage.objects.filter(pk=page.pk).update(live=False, go_live_at=later)


WITHHELD = [
    *(draft, reserved, reserved_from_above, shared_with_a_password),
    *(unpublished, below_a_draft, scheduled),
]


@pytest.mark.parametrize("withhold", WITHHELD)
def test_what_is_not_public_enters_no_letter(withhold, send):
    subscriber()
    withhold(learned())
    assert send() == {}
    assert not Annonce.objects.exists()


@pytest.mark.parametrize("withhold", WITHHELD)
def test_what_is_public_no_more_when_a_mail_leaves_is_not_in_it(withhold, the_clock, send):
    subscriber()
    pages = [learned(), learned("Un autre")]
    lettre.make_due()
    withhold(pages[0])
    letters = send()
    gone = withhold in (reserved_from_above, below_a_draft)
    assert len(letters) == (0 if gone else 1)
    assert "Écouter d’abord" not in "".join(letter.body for letter in letters.values())
    assert Envoi.objects.get().etat == (Envoi.Etat.ANNULE if gone else Envoi.Etat.ENVOYE)


def test_without_anything_new_nothing_leaves_and_what_comes_waits_for_the_next_monday(
    send, the_clock
):
    subscriber()
    assert send() == {}
    learned(published=at(2039, 11, 22, 12))
    the_clock(2039, 11, 22, 13)
    assert send() == {}
    the_clock(2039, 11, 28, 7)
    assert len(send()) == 1


def test_a_learning_opened_to_all_in_the_week_waits_for_the_next_monday(send, the_clock):
    subscriber()
    page = restrict(learned())
    assert send() == {}
    the_clock(2039, 11, 22, 12)
    page.view_restrictions.all().delete()
    assert send() == {}
    the_clock(2039, 11, 28, 8)
    assert len(send()) == 1


def test_after_an_outage_one_letter_tells_of_all_of_it(send, the_clock):
    subscriber()
    for title, day in (("Un", 2), ("Deux", 10), ("Trois", 20)):
        learned(title, at(2039, 11, day, 12))
    the_clock(2039, 11, 23, 15)
    [letter] = send().values()
    assert letter.subject == "Ce que la cohorte a appris : 3 enseignements"
    assert Lettre.objects.get().semaine == MONDAY
    the_clock(2039, 11, 28, 8)
    assert send() == {}


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        (at(2039, 11, 21, 6, 59), date(2039, 11, 14)),
        (at(2039, 11, 21, 7), MONDAY),
        (at(2039, 11, 27, 23, 59), MONDAY),
        # The nights when clocks change: seven in the morning stays seven in the morning.
        (at(2026, 3, 30, 6, 59), date(2026, 3, 23)),
        (at(2026, 3, 30, 7), date(2026, 3, 30)),
        (at(2026, 10, 26, 6, 59), date(2026, 10, 19)),
        (at(2026, 10, 26, 7), date(2026, 10, 26)),
        (at(2026, 10, 25, 2, 30, fold=1), date(2026, 10, 19)),
    ],
)
def test_the_week_begins_on_monday_at_seven_by_the_clock_of_the_cohort(now, monday):
    assert lettre.last_monday(now.astimezone(ZoneInfo("UTC"))) == monday


@pytest.mark.parametrize(
    ("fields", "is_told"),
    [
        ({}, True),
        ({"lettre": False}, False),
        ({"rythme": "jamais"}, True),
        ({"is_active": False}, False),
        ({"courriel_refuse_le": at(2039, 11, 1)}, False),
        ({"pause_jusqu_au": MONDAY}, False),
        ({"pause_jusqu_au": MONDAY - timedelta(days=1)}, True),
    ],
)
def test_a_member_is_told_as_they_chose_also_after_the_letter_was_made(
    fields, is_told, send, the_clock
):
    before = MembreFactory(**fields)
    after = MembreFactory()
    learned()
    lettre.make_due()
    assert Envoi.objects.filter(membre=before).exists() == is_told
    Membre.objects.filter(pk=after.pk).update(**fields)
    assert set(send()) == ({before.email, after.email} if is_told else set())


def test_an_address_that_is_also_a_members_is_written_to_once(send):
    membre = MembreFactory()
    subscriber(membre.email)
    learned()
    assert len(send()) == 1
    assert Envoi.objects.get().membre == membre


def test_whoever_confirmed_nothing_is_told_nothing(send):
    Abonnement.objects.create(email="lise@exemple.fr")
    learned()
    assert send() == {}


def test_a_letter_is_ended_from_itself(send, client):
    subscriber()
    membre = MembreFactory()
    learned()
    for letter in send().values():
        address = re.search(r"/lettre/arreter/[^>]+", letter.message()["List-Unsubscribe"])[0]
        assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Abonnement.objects.exists()
    assert not Membre.objects.get(pk=membre.pk).lettre


def test_a_letter_takes_as_many_queries_for_two_learnings_as_for_six(send):
    envoi = None
    counts = []
    for many in (2, 4):
        territoires = [TerritoireFactory() for _ in range(many)]
        for number, territoire in enumerate(territoires):
            une_page_territoire(f"Territoire {many} {number}", territoire)
            learned(f"Un titre {many} {number}", territoires=[territoire])
        if envoi is None:
            subscriber()
            lettre.make_due()
            envoi = Envoi.objects.get()
        else:
            made = Lettre.objects.get()
            new = EnseignementPage.objects.filter(annonce=None)
            Annonce.objects.bulk_create(Annonce(page=page, lettre=made) for page in new)
        lettre.letter_in(envoi)
        with CaptureQueriesContext(connection) as captured:
            notifications.courriel.render_to_string(
                "pages/email/lettre.txt", lettre.letter_in(envoi).context
            )
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_it_takes_as_many_queries_to_make_for_two_readers_as_for_twenty(the_clock):
    counts = []
    for week, many in enumerate((2, 18)):
        for number in range(many):
            subscriber(f"l{week}{number}@exemple.fr")
            MembreFactory()
        learned(f"Un titre {week}")
        the_clock(2039, 11, 21 + 7 * week, 8)
        with CaptureQueriesContext(connection) as captured:
            lettre.make_due()
        counts.append(len(captured))
    assert Envoi.objects.count() == 4 + 40
    assert counts[0] == counts[1]


def test_each_learning_is_led_to_where_it_stands(send):
    subscriber()
    pages = [learned("Écouter d’abord"), learned("Agir ensuite")]
    first = EnseignementIndexPage.objects.get()
    other = first.get_parent().add_child(instance=EnseignementIndexPage(title="Ailleurs"))
    pages[1].move(other, pos="last-child")
    [letter] = send().values()
    for page in EnseignementPage.objects.filter(pk__in=[page.pk for page in pages]):
        assert f"{page.full_url}\n" in letter.body
