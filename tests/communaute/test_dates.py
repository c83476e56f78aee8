"""A meeting of several dates: repeated, answered, changed and called off one by one or together."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from dateutil import rrule, tz
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communaute import conversation, rencontres, repetitions
from communaute.dates import day_said
from communaute.forms.rencontres import SerieForm
from communaute.forum_conversation.models import Nature, Topic
from communaute.models import Presence, Rencontre
from communaute.repetitions import MOST_DATES, Repetition
from tests.communaute.test_rencontres import FORM, again, events, moved, of, peers, told

pytestmark = pytest.mark.django_db
OUI, PEUT_ETRE, NON = Presence.Reponse
PARIS = tz.gettz("Europe/Paris")


@pytest.fixture
def done(django_capture_on_commit_callbacks):
    """``done(act, …)``: an act, and all that follows from it."""

    def done(act, *args, **kwargs):
        with django_capture_on_commit_callbacks(execute=True):
            return act(*args, **kwargs)

    return done


def une_serie(espace, author, number=3, week=1, **said):
    """The dates of a meeting of two hours, a week from one another from next week on."""
    first = timezone.localtime() + timedelta(days=1, weeks=week)
    first = first.replace(hour=18, minute=0, second=0, microsecond=0)
    days = [first.date() + timedelta(weeks=one) for one in range(number)]
    dates = []
    for day in days:
        debut, fin = repetitions.on_day(day, first, first + timedelta(hours=2))
        dates.append({"debut": debut, "fin": fin, **said})
    hour_ago = timezone.now() - timedelta(hours=1)
    topic = conversation.start_topic(
        author,
        espace,
        "L’heure des pairs",
        "Pour se parler.",
        hour_ago,
        nature=Nature.RENCONTRE,
        rencontres=dates,
    )
    return list(topic.rencontres.all())


def hours(rencontre):
    return [f"{timezone.localtime(one):%H:%M}" for one in (rencontre.debut, rencontre.fin)]


# --- Repeating

DAYS = st.dates(date(2026, 1, 1), date(2034, 12, 31))
BIT_BY_BIT = settings(deadline=None, suppress_health_check=list(HealthCheck))


def scanned(first, repetition, last):
    """The days of a repetition, found by looking at each day."""
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day.weekday() != first.weekday():
            continue
        before, after = day - timedelta(weeks=1), day + timedelta(weeks=1)
        if repetition == Repetition.SEMAINE:
            fits = True
        elif repetition == Repetition.DEUX_SEMAINES:
            fits = number % 14 == 0
        elif first.day > 28:
            fits = after.month != day.month
        else:
            nth = sum((day - timedelta(weeks=n)).month == day.month for n in range(5))
            fits = nth == sum((first - timedelta(weeks=n)).month == first.month for n in range(5))
            assert fits or before or after
        if fits:
            found.append(day)
    return found[: MOST_DATES + 1]


@BIT_BY_BIT
@given(
    first=DAYS,
    repetition=st.sampled_from([one for one in Repetition if one]),
    lasts=st.integers(0, 900),
)
def test_the_days_of_a_repetition_are_those_found_by_looking_at_each_day(first, repetition, lasts):
    last = first + timedelta(days=lasts)
    days = repetitions.days(first, repetition, last)
    assert days == scanned(first, repetition, last)
    assert days[0] == first
    assert all(before < after for before, after in pairwise(days))
    assert days[-1] <= last


@BIT_BY_BIT
@given(
    first=DAYS,
    repetition=st.sampled_from([Repetition.SEMAINE, Repetition.DEUX_SEMAINES]),
    hour=st.sampled_from([time(0), time(9, 30), time(18), time(23, 45)]),
)
def test_the_hour_on_the_wall_never_moves_the_nights_clocks_do(first, repetition, hour):
    days = repetitions.days(first, repetition, first + timedelta(days=365))
    instants = [repetitions.at(day, hour) for day in days]
    walls = [one.astimezone(PARIS) for one in instants]
    assert {one.time() for one in walls} == {hour}
    interval = 2 if repetition == Repetition.DEUX_SEMAINES else 1
    start = datetime.combine(first, hour, tzinfo=PARIS)
    expected = rrule.rrule(rrule.WEEKLY, interval=interval, dtstart=start, count=len(days))
    assert [one.astimezone(UTC) for one in expected] == [one.astimezone(UTC) for one in instants]


SERIE = FORM | {"repete": "mois", "jour": "2027-03-09", "jusquau": "2027-12-31"}


def test_a_meeting_is_repeated_and_the_preview_says_what_that_gives(client, espace, elue, read):
    client.force_login(elue)
    address = f"{espace.get_absolute_url()}nouveau-sujet/"
    preview = client.post(address, SERIE | {"apercu": "1"}).content.decode()
    assert "10 dates, le 2e mardi de chaque mois, du 9 mars 2027 au 14 décembre 2027." in preview
    assert not Rencontre.objects.exists()
    client.post(address, SERIE)
    dates = list(Rencontre.objects.all())
    assert len(dates) == 10
    assert {tuple(hours(one)) for one in dates} == {("18:30", "20:00")}
    assert {one.lieu for one in dates} == {"Mairie de Tarn"}
    page = read(dates[0].topic.get_absolute_url()).select_one("#rencontre")
    assert len(page.select(".dates a")) == 10
    [shown] = page.select("[aria-current]")
    assert shown["href"] == dates[0].get_absolute_url()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"jusquau": ""}, "Dites jusqu’à quel jour"),
        ({"repete": ""}, "Dites à quel rythme"),
        ({"jusquau": "2027-03-31"}, "le 2e mardi de chaque mois\xa0: d’ici là"),
        ({"jusquau": "2020-03-31"}, "d’ici là"),
        ({"repete": "semaine", "jusquau": "2029-03-31"}, "plus de 53 dates"),
        ({"repete": "parfois"}, "Sélectionnez un choix valide"),
        (
            {"repete": "semaine", "jour": "2027-03-21", "debut": "02:30", "fin": "05:00"},
            "Cette heure n’existe pas le 28 mars 2027",
        ),
        (
            {"repete": "semaine", "dernier_jour": "2027-03-20"},
            "durerait encore quand la suivante commence",
        ),
    ],
)
def test_what_is_wrong_in_a_repetition_is_said(wrong, message, client, espace, elue):
    client.force_login(elue)
    answer = client.post(f"{espace.get_absolute_url()}nouveau-sujet/", SERIE | wrong)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Rencontre.objects.exists()


@pytest.mark.parametrize(
    ("first", "repetition", "said"),
    [
        (date(2027, 3, 2), "mois", "le 1er mardi de chaque mois"),
        (date(2027, 3, 30), "mois", "le dernier mardi de chaque mois"),
        (date(2027, 3, 2), "semaine", "chaque mardi"),
        (date(2027, 3, 2), "quinzaine", "un mardi sur deux"),
    ],
)
def test_how_often_it_is_is_said_in_words(first, repetition, said):
    assert repetitions.said(first, repetition) == said


# --- Each date


def test_each_date_has_its_answers_and_a_place_in_the_page(client, espace, elue, autre, read):
    first, second, third = une_serie(espace, elue)
    rencontres.answer(autre, second, OUI)
    rencontres.cancel(elue, third, "")
    client.force_login(autre)
    rows = [
        " ".join(row.get_text(" ").split())
        for row in read(first.get_absolute_url()).select(".dates li")
    ]
    for row, said in zip(rows, ("Venez-vous", "Vous venez", "Annulée"), strict=True):
        assert said in row
    pressed = "#rencontre [aria-pressed=true]"
    assert not read(first.get_absolute_url()).select(pressed)
    [button] = read(second.get_absolute_url()).select(pressed)
    assert button.get_text() == "Je viens"
    for wrong in ("rien", ""):
        page = read(f"{first.topic.get_absolute_url()}?date={wrong}")
        assert page.select_one("[aria-current=true]")["href"] == first.get_absolute_url()


def test_one_comes_to_all_the_dates_and_waits_where_it_is_full(client, espace, elue, autre):
    dates = une_serie(espace, elue, 3, capacite=1)
    rencontres.answer(elue, dates[1], OUI)
    rencontres.answer(autre, dates[2], NON)
    client.force_login(autre)
    address = f"{dates[0].topic.get_absolute_url()}venir/"
    assert client.get(address).status_code == 302
    assert Presence.objects.filter(membre=autre).count() == 1
    page = client.post(address, follow=True).content.decode()
    said = Presence.objects.filter(membre=autre).order_by("rencontre__debut")
    assert [one.attend_depuis is None for one in said] == [True, False, True]
    assert "vous venez à 2 dates" in page
    assert f"liste d’attente\xa0: {day_said(dates[1].debut)}." in page
    assert "Je viens à toutes" not in page


def test_one_comes_to_none_where_all_are_over(client, espace, elue):
    first, *_ = une_serie(espace, elue)
    Rencontre.objects.update(annulee_le=timezone.now())
    client.force_login(elue)
    page = client.post(f"{first.topic.get_absolute_url()}venir/", follow=True).content.decode()
    assert "On ne peut plus répondre" in page
    assert not Presence.objects.exists()


# --- Changing and calling off several


def test_a_change_of_one_and_the_following_keeps_their_days_and_is_told_once(
    espace, elue, autre, done
):
    dates = une_serie(espace, elue, 4)
    for one in dates:
        rencontres.answer(autre, one, OUI)
    rencontres.cancel(elue, dates[3], "")
    begins = [timezone.localdate(one.debut) for one in dates]
    mail.outbox.clear()
    fields = moved(dates[1], lieu="Ailleurs", debut=dates[1].debut - timedelta(hours=1))
    done(rencontres.change, elue, dates[1], fields, base=0, following=True)
    assert [again(one).lieu for one in dates] == ["", "Ailleurs", "Ailleurs", ""]
    assert [hours(again(one))[0] for one in dates] == ["18:00", "17:00", "17:00", "18:00"]
    assert [timezone.localdate(again(one).debut) for one in dates] == begins
    assert told(autre).count("changee") == 1
    letters = [letter for letter in mail.outbox if letter.to == [autre.email]]
    [letter] = [one for one in letters if "a changé" in one.body]
    [(_, content, _)] = letter.attachments
    uids = {event.uid.value.split("@")[0] for event in events(content)}
    assert {dates[1].reference, dates[2].reference} <= uids
    assert dates[0].reference not in uids


def test_two_dates_of_a_meeting_never_begin_at_once(client, espace, elue):
    first, second, _ = une_serie(espace, elue)
    fields = moved(first, debut=second.debut, fin=second.fin)
    with pytest.raises(ValidationError):
        rencontres.change(elue, first, fields, base=0)
    begins = timezone.localtime(second.debut)
    said = {"jour": begins.date().isoformat(), "debut": "18:00", "fin": "20:00", "base": "0"}
    client.force_login(elue)
    answer = client.post(f"{of(first)}modifier/", said)
    assert answer.status_code == 422
    assert "a déjà une date" in answer.content.decode()
    answer = client.post(f"{first.topic.get_absolute_url()}dates/", said)
    assert answer.status_code == 422
    assert "a déjà une date" in answer.content.decode()


def test_one_and_the_following_are_called_off_and_told_once(
    client, espace, elue, autre, django_capture_on_commit_callbacks
):
    dates = une_serie(espace, elue)
    for one in dates:
        rencontres.answer(autre, one, OUI)
    client.force_login(elue)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{of(dates[1])}annuler/", {"motif": "Travaux.", "suivantes": "1"})
    assert [again(one).annulee_le is None for one in dates] == [True, False, False]
    assert told(autre).count("annulee") == 1
    [letter] = [one for one in mail.outbox if one.to == [autre.email]]
    [(_, content, _)] = letter.attachments
    assert {event.status.value for event in events(content)} == {"CANCELLED"}
    assert len(events(content)) == 2


def test_the_last_date_has_none_that_follow(client, espace, elue):
    dates = une_serie(espace, elue)
    client.force_login(elue)
    for act in ("modifier/", "annuler/"):
        assert 'name="suivantes"' in client.get(of(dates[0]) + act).content.decode()
        assert 'name="suivantes"' not in client.get(of(dates[2]) + act).content.decode()


def test_a_date_is_added_and_those_who_come_or_follow_are_told(
    client, espace, elue, autre, read, django_capture_on_commit_callbacks
):
    dates = une_serie(espace, elue, lieu="Mairie")
    [absent] = peers(espace, 1)
    rencontres.answer(autre, dates[0], OUI)
    client.force_login(elue)
    address = f"{dates[0].topic.get_absolute_url()}dates/"
    form = read(address).select_one("form.composition")
    assert form.select_one("[name=lieu]")["value"] == "Mairie"
    assert not form.select_one("[name=jour]").get("value")
    said = {"jour": "2028-03-07", "debut": "18:00", "fin": "20:00", "lieu": "Ailleurs"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(address, said)
    added = Rencontre.objects.get(lieu="Ailleurs")
    assert answer.url == added.get_absolute_url()
    assert (told(autre), told(absent)) == (["fixee"], ["date"])
    assert [letter.to for letter in mail.outbox] == [[autre.email]]
    with pytest.raises(PermissionDenied):
        rencontres.add(autre, added.topic, moved(added, debut=added.fin, fin=added.fin))


def test_a_topic_of_another_kind_has_no_dates(client, espace, elue):
    topic = conversation.start_topic(elue, espace, "Un titre", "Un texte.")
    client.force_login(elue)
    for act in ("venir/", "dates/"):
        assert client.get(topic.get_absolute_url() + act).status_code == 404


def test_pages_cost_as_many_queries_whatever_the_number_of_dates(
    client, espace, elue, autre, queries
):
    dates = une_serie(espace, elue, 2)
    rencontres.answer(autre, dates[0], OUI)
    client.force_login(elue)
    page = dates[0].topic.get_absolute_url()
    pages = ["/communaute/", "/communaute/rencontres/", page, f"{of(dates[0])}modifier/"]
    before = [queries(one) for one in pages]
    assert max(before) <= 12
    more = une_serie(espace, elue, 20, week=9)
    Rencontre.objects.filter(pk__in=[one.pk for one in more]).update(topic=dates[0].topic)
    assert [queries(one) for one in pages] == before


def test_a_series_is_of_the_length_that_its_form_says():
    form = SerieForm(SERIE | {"repete": "semaine", "jusquau": "2028-03-07"})
    assert form.is_valid(), form.errors
    assert len(form.rencontres) == MOST_DATES
    assert Topic.objects.count() == 0
