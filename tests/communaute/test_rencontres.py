"""Meetings: proposed in a topic, answered, moved, called off; seats pass on; calendars are told little."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote, urlsplit

import pytest
import vobject
from dateutil import tz
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communaute import conversation, effacement, rencontres
from communaute.conversation import Conflict
from communaute.dates import span_said
from communaute.forum_conversation.models import Nature, Promesse, Topic
from communaute.models import (
    AgendaPersonnel,
    Membre,
    MiseEnCommun,
    Notification,
    Presence,
    Rencontre,
)
from communaute.models.rencontres import TIME_TO_CONFIRM
from communaute.repetitions import at
from tests.confidentialite.lecteur import Lecteur
from tests.factories import EspaceFactory, MembreFactory, entered, un_enseignement, un_membre

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


def une_rencontre(
    espace, author, *, days=9, promesse=Promesse.RESTE_ICI, title="Se parler", **said
):
    """A meeting of two hours in so many days, proposed an hour ago."""
    debut = timezone.now() + timedelta(days=days)
    said = {"debut": debut, "fin": debut + timedelta(hours=2), **said}
    hour_ago = timezone.now() - timedelta(hours=1)
    return conversation.start_topic(
        author,
        espace,
        title,
        "Pour se voir.",
        hour_ago,
        nature=Nature.RENCONTRE,
        promesse=promesse,
        rencontres=[said],
    ).rencontres.get()


def of(rencontre):
    """The address under which one acts on a date of a meeting."""
    return f"/communaute/rencontres/{rencontre.reference}/"


def peers(espace, number):
    return [entered(un_membre("elus"), espace) for _ in range(number)]


def again(row):
    return type(row).objects.get(pk=row.pk)


def said_by(membre, rencontre):
    return Presence.objects.get(rencontre=rencontre, membre=membre)


def coming(rencontre):
    return set(
        Presence.objects.filter(rencontre=rencontre).seated().values_list("membre", flat=True)
    )


def told(membre):
    readable = Notification.objects.readable_by(Membre.objects.get(pk=membre.pk))
    return list(readable.order_by("pk").values_list("motif", flat=True))


def moved(rencontre, **fields):
    """What the form says of a meeting, with these fields changed."""
    said = {name: getattr(rencontre, name) for name in rencontres.CHANGEABLE}
    return said | fields


def events(content):
    """The events of a calendar, as a program that is not ours reads them."""
    return vobject.readOne(content).contents.get("vevent", [])


# --- Proposing


FORM = {
    "nature": "rencontre",
    "subject": "Une heure entre nous",
    "content": "Pour se parler.",
    "jour": "2027-03-04",
    "debut": "18h30",
    "fin": "20:00",
    "lieu": "Mairie de Tarn",
    "lien": "",
    "programme": "18 h 30 Accueil\n19h Parler",
    "capacite": "",
    "territoire": "",
    "dernier_jour": "",
    "promesse": "reste_ici",
}


def test_a_meeting_is_a_topic_that_says_when_where_and_what_for(client, espace, elue, read):
    client.force_login(elue)
    answer = client.post(f"{espace.get_absolute_url()}nouveau-sujet/", FORM)
    topic = Topic.objects.get(subject="Une heure entre nous")
    assert answer.url == topic.get_absolute_url()
    shown = read(answer.url).select_one("#rencontre").get_text(" ")
    shown = " ".join(shown.replace("\N{NO-BREAK SPACE}", " ").split())
    assert "jeudi 4 mars 2027, de 18 h 30 à 20 h" in shown
    assert "Mairie de Tarn" in shown
    assert "18 h 30 Accueil 19 h Parler" in shown
    assert "Personne n’a encore dit venir" in shown


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"jour": ""}, "Choisissez le jour."),
        ({"jour": "31/02/2027"}, "Cette date n’en est pas une"),
        ({"debut": "midi"}, "Cette heure n’en est pas une"),
        ({"fin": "18:00"}, "La rencontre finirait avant de commencer."),
        ({"dernier_jour": "2027-03-03"}, "La rencontre finirait avant de commencer."),
        ({"jour": "2020-03-04"}, "Ce moment est passé"),
        ({"jour": "2027-03-28", "debut": "02:30", "fin": "05:00"}, "les horloges avancent"),
        ({"programme": "18 h Accueil\nPuis on parle"}, "«\xa0Puis on parle\xa0»"),
        ({"lien": "javascript:alert(1)"}, "Cette adresse n’en est pas une"),
        ({"capacite": "0"}, "supérieure ou égale à 1"),
    ],
)
def test_what_is_wrong_in_it_is_said_and_what_was_typed_comes_back(
    wrong, message, client, espace, elue
):
    client.force_login(elue)
    answer = client.post(f"{espace.get_absolute_url()}nouveau-sujet/", FORM | wrong)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert message in page
    assert 'value="Mairie de Tarn"' in page
    assert not Rencontre.objects.exists()


# The machine may be slow; what is asked of it is the same.
@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    day=st.sampled_from([date(2027, 3, 28), date(2027, 10, 31), date(2028, 3, 26)])
    | st.dates(date(2026, 1, 1), date(2035, 12, 31)),
    hour=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
)
def test_hours_are_those_of_the_clock_on_the_wall_also_the_nights_it_changes(day, hour):
    wall = datetime.combine(day, hour)
    if not tz.datetime_exists(wall, PARIS):
        with pytest.raises(ValidationError):
            at(day, hour)
    else:
        assert at(day, hour).astimezone(UTC) == wall.replace(tzinfo=PARIS).astimezone(UTC)


def test_a_meeting_over_the_night_when_clocks_go_back_lasts_an_hour_more(client, espace, elue):
    client.force_login(elue)
    night = {"jour": "2027-10-30", "debut": "22:00", "dernier_jour": "2027-10-31", "fin": "06:00"}
    client.post(f"{espace.get_absolute_url()}nouveau-sujet/", FORM | night | {"programme": ""})
    rencontre = Rencontre.objects.get()
    assert rencontre.fin - rencontre.debut == timedelta(hours=9)


# --- Coming


def test_one_says_whether_one_comes_and_changes_ones_mind(client, espace, elue, autre, read):
    rencontre = une_rencontre(espace, elue)
    page, address = rencontre.get_absolute_url(), f"{of(rencontre)}venir/"
    client.force_login(autre)
    for reponse, pressed in (
        ("oui", "Je viens"),
        ("peut_etre", "Peut-être"),
        ("non", "Je ne viens pas"),
    ):
        assert client.post(address, {"reponse": reponse}).url == page
        [button] = read(page).select("#rencontre [aria-pressed=true]")
        assert button.get_text() == pressed
    assert client.post(address, {"reponse": "jamais"}).status_code == 302
    assert said_by(autre, rencontre).reponse == NON


def test_who_comes_is_named_and_nobody_learns_who_hesitates_or_does_not_come(
    client, espace, elue, autre, read
):
    rencontre = une_rencontre(espace, elue)
    third = entered(un_membre("elus", membre__last_name="Hésitante"), espace)
    fourth = entered(un_membre("elus", membre__last_name="Absent"), espace)
    for membre, reponse in ((autre, OUI), (third, PEUT_ETRE), (fourth, NON)):
        rencontres.answer(membre, rencontre, reponse)
    client.force_login(elue)
    shown = read(rencontre.topic.get_absolute_url()).select_one("#rencontre").get_text()
    assert "Sarda" in shown
    assert "1 peut-être" in shown
    assert "Hésitante" not in shown
    assert "Absent" not in shown


def test_the_link_is_shown_to_who_comes_and_who_organises_alone(client, espace, elue, autre):
    rencontre = une_rencontre(espace, elue, lien="https://visio.exemple/salle")

    def is_shown_to(membre):
        client.force_login(membre)
        ics = client.get(f"{of(rencontre)}rencontre.ics").content.decode()
        page = client.get(rencontre.get_absolute_url()).content.decode()
        assert ("visio.exemple" in ics) == (membre.pk in coming(rencontre))
        return "visio.exemple" in page

    assert is_shown_to(elue)
    assert not is_shown_to(autre)
    rencontres.answer(autre, rencontre, OUI)
    assert is_shown_to(autre)


@pytest.mark.parametrize(
    "state", [{"annulee_le": timezone.now()}, {"fin": timezone.now() - timedelta(days=1)}]
)
def test_one_says_nothing_more_of_a_meeting_that_is_over_or_called_off(state, client, espace, elue):
    rencontre = une_rencontre(espace, elue)
    if "fin" in state:
        state |= {"debut": state["fin"] - timedelta(hours=1)}
    Rencontre.objects.update(**state)
    with pytest.raises(PermissionDenied):
        rencontres.answer(elue, rencontre, OUI)
    client.force_login(elue)
    address = of(rencontre)
    answer = client.post(f"{address}venir/", {"reponse": "oui"}, follow=True)
    assert "On ne peut plus répondre" in answer.content.decode()
    for act in ("modifier/", "annuler/"):
        assert client.get(address + act).status_code == 404
    assert not Presence.objects.exists()


def test_who_only_reads_a_space_does_not_come(espace, elue):
    reader = MembreFactory()
    espace.nominate("lecture", [reader])
    rencontre = une_rencontre(espace, elue)
    with pytest.raises(PermissionDenied):
        rencontres.answer(entered(reader, espace), rencontre, OUI)


# --- Seats


def test_who_comes_too_late_waits_and_a_seat_that_comes_free_is_kept_for_the_first(
    espace, elue, autre, done
):
    rencontre = une_rencontre(espace, elue, capacite=1)
    second, third = peers(espace, 2)
    for membre in (autre, second, third):
        done(rencontres.answer, membre, rencontre, OUI)
    assert coming(rencontre) == {autre.pk}
    done(rencontres.answer, autre, rencontre, NON)
    kept = said_by(second, rencontre).offerte_jusqua
    assert timezone.now() < kept <= timezone.now() + TIME_TO_CONFIRM
    assert said_by(third, rencontre).offerte_jusqua is None
    assert (told(second), told(third)) == (["place"], [])
    [letter] = [letter for letter in mail.outbox if letter.to == [second.email]]
    assert "Une place s’est libérée pour vous" in letter.subject
    # Nobody else takes it meanwhile.
    done(rencontres.answer, autre, rencontre, OUI)
    assert coming(rencontre) == set()
    done(rencontres.answer, second, rencontre, OUI)
    assert coming(rencontre) == {second.pk}
    assert told(second) == []


def test_a_seat_that_is_not_confirmed_in_time_passes_to_the_next(espace, elue, autre, done):
    rencontre = une_rencontre(espace, elue, capacite=1)
    second, third = peers(espace, 2)
    for membre in (autre, second, third):
        rencontres.answer(membre, rencontre, OUI)
    rencontres.answer(autre, rencontre, NON)
    Presence.objects.filter(membre=second).update(offerte_jusqua=timezone.now())
    done(call_command, "menage")
    assert said_by(second, rencontre).reponse == NON
    assert said_by(third, rencontre).offerte_jusqua
    assert told(third) == ["place"]


def test_a_seat_is_kept_for_half_of_the_time_that_is_left(espace, elue):
    rencontre, now = une_rencontre(espace, elue), timezone.now()
    rencontre.debut = now + timedelta(hours=10)
    assert rencontres.time_to_confirm(rencontre, now) == now + timedelta(hours=5)


def test_who_answers_yes_twice_keeps_their_seat_or_their_place_in_the_line(espace, elue, autre):
    rencontre = une_rencontre(espace, elue, capacite=1)
    [second] = peers(espace, 1)
    rencontres.answer(autre, rencontre, OUI)
    since = rencontres.answer(second, rencontre, OUI).attend_depuis
    rencontres.answer(autre, rencontre, OUI)
    assert coming(rencontre) == {autre.pk}
    assert rencontres.answer(second, rencontre, OUI).attend_depuis == since


def test_more_seats_are_kept_for_who_waits_and_fewer_send_nobody_away(espace, elue, autre):
    rencontre = une_rencontre(espace, elue, capacite=1)
    waiting = peers(espace, 3)
    for membre in (autre, *waiting):
        rencontres.answer(membre, rencontre, OUI)
    rencontres.change(elue, rencontre, moved(rencontre, capacite=3), base=0)
    kept = Presence.objects.offered().values_list("membre", flat=True)
    assert set(kept) == {membre.pk for membre in waiting[:2]}
    for membre in waiting[:2]:
        rencontres.answer(membre, rencontre, OUI)
    rencontres.change(elue, again(rencontre), moved(again(rencontre), capacite=1), base=1)
    assert len(coming(rencontre)) == 3


def test_who_leaves_the_space_gives_their_seat_to_who_waits(espace, elue, autre):
    rencontre = une_rencontre(espace, elue, capacite=1)
    [second] = peers(espace, 1)
    for membre in (autre, second):
        rencontres.answer(membre, rencontre, OUI)
    autre.sieges.update(
        debut=timezone.localdate() - timedelta(days=9), fin=timezone.localdate() - timedelta(days=1)
    )
    call_command("menage")
    assert not Presence.objects.filter(membre=autre).exists()
    assert said_by(second, rencontre).offerte_jusqua


def test_who_leaves_the_portal_comes_no_more_and_is_named_nowhere(espace, elue, autre):
    rencontre = une_rencontre(espace, elue, lieu=f"Chez {autre.get_full_name()}")
    rencontres.answer(autre, rencontre, OUI)
    AgendaPersonnel.objects.create(membre=autre)
    conversation.reply(autre, rencontre.topic, "Je vous attends.")
    effacement.anonymise(autre, withdraw=False)
    assert not Presence.objects.exists()
    assert not AgendaPersonnel.objects.exists()
    assert autre.get_full_name() not in again(rencontre).lieu


# --- Changing, calling off


def test_those_who_come_or_may_are_told_when_it_moves_but_who_moved_it(espace, elue, autre, done):
    rencontre = une_rencontre(espace, elue, promesse=Promesse.A_PARTAGER)
    maybe, absent = peers(espace, 2)
    for membre, reponse in ((elue, OUI), (autre, OUI), (maybe, PEUT_ETRE), (absent, NON)):
        rencontres.answer(membre, rencontre, reponse)
    later = {"debut": rencontre.debut + timedelta(days=1), "fin": rencontre.fin + timedelta(days=1)}
    done(rencontres.change, elue, rencontre, moved(rencontre, **later), base=0)
    assert [told(m) for m in (autre, maybe, absent)] == [["changee"], ["changee"], []]
    [letter] = [letter for letter in mail.outbox if letter.to == [autre.email]]
    assert "Une rencontre a changé : Se parler" in letter.subject
    assert span_said(**later) in letter.body
    [(name, content, kind)] = letter.attachments
    assert (name, kind) == ("rencontre.ics", "text/calendar")
    [event] = events(content)
    assert event.dtstart.value == later["debut"].replace(microsecond=0)
    assert event.sequence.value == "1"
    assert not [letter for letter in mail.outbox if letter.to == [elue.email]]


def test_what_calendars_do_not_keep_changes_without_a_word(espace, elue, autre, done):
    rencontre = une_rencontre(espace, elue)
    rencontres.answer(autre, rencontre, OUI)
    said = moved(rencontre, programme=[{"heure": "09:00", "texte": "Accueil"}])
    done(rencontres.change, elue, rencontre, said, base=0)
    assert again(rencontre).programme == said["programme"]
    assert told(autre) == []
    with pytest.raises(PermissionDenied):
        rencontres.change(autre, again(rencontre), said, base=1)


def test_two_who_change_it_at_once_are_shown_each_others_version(client, espace, elue):
    rencontre = une_rencontre(espace, elue)
    rencontres.change(elue, rencontre, moved(rencontre, lieu="Ailleurs"), base=0)
    with pytest.raises(Conflict):
        rencontres.change(elue, again(rencontre), moved(rencontre, lieu="Ici"), base=0)
    client.force_login(elue)
    sent = FORM | {"lieu": "Ici", "base": "0"}
    address = f"{of(rencontre)}modifier/"
    answer = client.post(address, sent)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Ailleurs" in page
    assert 'value="Ici"' in page
    assert client.post(address, sent | {"base": "1"}).status_code == 302
    assert again(rencontre).lieu == "Ici"


def test_a_meeting_that_is_called_off_says_why_and_leaves_what_was_said(
    client, espace, elue, autre, django_capture_on_commit_callbacks
):
    rencontre = une_rencontre(espace, elue)
    rencontres.answer(autre, rencontre, OUI)
    client.force_login(elue)
    page = rencontre.topic.get_absolute_url()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{of(rencontre)}annuler/", {"motif": "La salle a brûlé."})
    assert told(autre) == ["annulee"]
    client.force_login(autre)
    shown = client.get(page).content.decode()
    assert "La salle a brûlé." in shown
    assert "Pour se voir." in shown
    [event] = events(client.get(f"{of(rencontre)}rencontre.ics").content.decode())
    assert event.status.value == "CANCELLED"


def test_a_meeting_whose_first_message_is_withdrawn_is_called_off(espace, elue, autre, done):
    rencontre = une_rencontre(espace, elue, lieu="Chez moi")
    conversation.reply(autre, rencontre.topic, "J’y serai.")
    rencontres.answer(autre, rencontre, OUI)
    done(conversation.withdraw, elue, rencontre.topic.first_post)
    assert told(autre)[-1] == "annulee"
    assert (again(rencontre).lieu, again(rencontre).annulee_le is None) == ("", False)


# --- Reminding


def test_one_is_reminded_of_a_meeting_once_on_its_eve(espace, elue, autre, done, monkeypatch):
    rencontre = une_rencontre(espace, elue)
    [absent] = peers(espace, 1)
    rencontres.answer(autre, rencontre, OUI)
    rencontres.answer(absent, rencontre, NON)
    done(call_command, "menage")
    assert told(autre) == []
    monkeypatch.setattr(rencontres, "eve_of", lambda one: timezone.now() - timedelta(minutes=1))
    for _ in range(2):
        done(rencontres.keep_up)
    assert (told(autre), told(absent)) == (["veille"], [])


def test_the_eve_is_the_morning_before_on_the_clock_of_the_cohort(espace, elue):
    rencontre = une_rencontre(espace, elue)
    rencontre.debut = datetime(2027, 3, 29, 0, 30, tzinfo=PARIS)
    assert rencontres.eve_of(rencontre) == datetime(2027, 3, 28, 7, tzinfo=PARIS)
    assert not rencontres.is_to_remind_of(rencontre, datetime(2027, 3, 28, 6, 59, tzinfo=PARIS))
    assert rencontres.is_to_remind_of(rencontre, datetime(2027, 3, 28, 7, tzinfo=PARIS))
    assert not rencontres.is_to_remind_of(rencontre, rencontre.debut)


# --- The agenda


def test_the_agenda_holds_the_meetings_of_ones_spaces_and_no_other(
    client, espace, elue, autre, read
):
    here = une_rencontre(espace, elue)
    elsewhere = EspaceFactory(slug="agents", college="agents")
    other = une_rencontre(elsewhere, entered(un_membre("agents"), elsewhere), title="Ailleurs")
    past = une_rencontre(espace, elue, title="Hier", days=-2)
    client.force_login(autre)
    page = read("/communaute/rencontres/").select_one("main").get_text()
    assert here.topic.subject in page
    assert "Venez-vous" in page
    assert other.topic.subject not in page
    assert past.topic.subject not in page
    assert past.topic.subject in read("/communaute/rencontres/?voir=passees").get_text()
    assert (
        here.topic.subject
        in read("/communaute/").select_one("[aria-labelledby=venir-titre]").get_text()
    )


def test_pages_cost_as_many_queries_whatever_the_number_of_meetings_and_answers(
    client, espace, elue, queries
):
    rencontre = une_rencontre(espace, elue)
    client.force_login(elue)
    pages = ["/communaute/rencontres/", rencontre.topic.get_absolute_url()]
    rencontres.answer(peers(espace, 1)[0], rencontre, OUI)
    before = [queries(page) for page in pages]
    assert max(before) <= 12
    for membre in peers(espace, 5):
        rencontres.answer(membre, rencontre, OUI)
        une_rencontre(espace, elue)
    assert [queries(page) for page in pages] == before


# --- A calendar of one's own


def test_ones_agenda_has_a_secret_address_that_tells_when_and_nothing_else(
    client, espace, elue, autre
):
    said = {"lieu": "Maison commune", "lien": "https://visio.exemple/salle"}
    here = une_rencontre(espace, elue, **said)
    une_rencontre(espace, elue, title="Sans moi")
    rencontres.answer(autre, here, OUI)
    rencontres.answer(autre, Rencontre.objects.exclude(pk=here.pk).get(), NON)
    client.force_login(autre)
    client.post("/communaute/rencontres/", {"acte": "ouvrir"})
    page = client.get("/communaute/rencontres/")
    address = page.context["adresse"]
    client.logout()
    answer = client.get(address)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    content = answer.content.decode()
    [event] = events(content)
    assert event.summary.value == "Rencontre de la cohorte"
    assert event.dtstart.value == here.debut.replace(microsecond=0)
    assert event.dtend.value == here.fin.replace(microsecond=0)
    for private in (*said.values(), "Se parler", espace.nom, here.topic.reference, autre.email):
        assert private not in content


def test_a_secret_address_that_was_changed_guessed_or_is_of_who_left_opens_nothing(
    client, espace, autre
):
    client.force_login(autre)

    def opened():
        client.post("/communaute/rencontres/", {"acte": "ouvrir"})
        return client.get("/communaute/rencontres/").context["adresse"]

    def asked(address):
        path = urlsplit(address).path
        answer, _ = Lecteur(AnonymousUser(), espace).ask("GET", path)
        return answer.but_for(path)

    first, second = opened(), opened()
    missing = asked("/agenda/personnel/rien.ics")
    assert missing[0] == 404
    assert asked(second)[0] == 200
    assert asked(first) == asked(f"{second[:-9]}xxxxx.ics") == missing
    client.post("/communaute/rencontres/", {"acte": "fermer"})
    assert client.get(second).status_code == 404
    third = opened()
    Membre.objects.filter(pk=autre.pk).update(is_active=False)
    assert client.get(third).status_code == 404


def test_the_agenda_of_who_left_a_space_has_nothing_of_it(client, espace, elue, autre):
    une_rencontre(espace, elue)
    client.force_login(autre)
    client.post("/communaute/rencontres/", {"acte": "ouvrir"})
    address = client.get("/communaute/rencontres/").context["adresse"]
    assert len(events(client.get(address).content.decode())) == 1
    autre.sieges.update(
        debut=timezone.localdate() - timedelta(days=9), fin=timezone.localdate() - timedelta(days=1)
    )
    assert events(client.get(address).content.decode()) == []


def test_what_a_reader_puts_in_their_calendar_by_hand_says_what_and_where(
    client, espace, elue, autre
):
    rencontre = une_rencontre(espace, elue, lieu="Salle ; du fond, à gauche\nau bout")
    client.force_login(autre)
    content = client.get(f"{of(rencontre)}rencontre.ics").content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    [event] = events(content.decode())
    assert event.summary.value == "Se parler"
    assert event.location.value == rencontre.lieu
    assert event.uid.value.startswith(rencontre.reference)


# --- What the public is told


SAID = {
    "titre": "Portes ouvertes",
    "presentation": "Venez voir.\n\nSans s’inscrire.",
    "lieu": "Au marché",
}


@pytest.fixture
def animation(espace):
    membre = MembreFactory()
    espace.nominate("animation", [membre])
    return entered(membre, espace)


@pytest.fixture
def annoncee(espace, elue):
    """A meeting whose topic lets something of it be told."""
    private = {"lieu": "Chez Camille", "lien": "https://visio.exemple/salle"}
    return une_rencontre(
        espace, elue, promesse=Promesse.SANS_ATTRIBUTION, title="Titre du sujet", **private
    )


PUBLIC = ("/agenda/", "/agenda.ics", "/flux/agenda.atom", "/sitemap.xml")


def test_a_facilitator_tells_the_public_of_a_meeting_and_no_other_does(
    client, elue, animation, annoncee, read
):
    address = f"{of(annoncee)}annoncer/"
    client.force_login(elue)
    assert client.get(address).status_code == client.post(address, SAID).status_code == 404
    client.force_login(animation)
    answer = client.post(address, SAID | {"titre": ""})
    assert answer.status_code == 422
    assert "Au marché" in answer.content.decode()
    assert not read(address).select("[name=retirer]")
    public = client.post(address, SAID).url
    [button] = read(address).select("[name=retirer]")
    assert "sera effacé" in button.find_parent("details").get_text()
    client.logout()
    page = read(public).select_one("main").get_text(" ")
    assert all(text in page for text in ("Portes ouvertes", "Sans s’inscrire.", "Au marché"))
    for path in PUBLIC:
        assert public in client.get(path).content.decode().replace("\r\n ", ""), path
    topic = annoncee.topic
    private = (topic.reference, topic.subject, "Chez Camille", "visio.exemple", topic.espace.nom)
    for path in (public, public.rstrip("/") + ".ics", *PUBLIC):
        content = client.get(path).content.decode()
        assert not [text for text in private if text in content], path
    [event] = events(client.get(public.rstrip("/") + ".ics").content.decode())
    assert (event.summary.value, event.location.value) == ("Portes ouvertes", "Au marché")


def hides(annoncee, animation):
    conversation.hide(annoncee.topic.first_post, annoncee.topic, timezone.now())


def tightens(annoncee, animation):
    Topic.objects.filter(pk=annoncee.topic_id).update(promesse=Promesse.RESTE_ICI)


def withdraws(annoncee, animation):
    conversation.withdraw(annoncee.topic.poster, annoncee.topic.first_post)


def takes_back(annoncee, animation):
    rencontres.take_back(animation, annoncee)


@pytest.mark.parametrize("act", [hides, tightens, withdraws, takes_back])
def test_what_the_public_is_told_ends_at_once_with_what_lets_it_be_told(
    act, client, annoncee, animation
):
    annonce = rencontres.announce(animation, annoncee, SAID)
    public = annonce.get_absolute_url()
    assert client.get(public).status_code == 200
    act(annoncee, animation)
    for path in (public, public.rstrip("/") + ".ics"):
        assert client.get(path).status_code == 404
    for path in PUBLIC:
        assert public not in client.get(path).content.decode().replace("\r\n ", "")


def test_a_meeting_where_all_stays_is_not_told_to_the_public(client, espace, elue, animation):
    rencontre = une_rencontre(espace, elue)
    with pytest.raises(PermissionDenied):
        rencontres.announce(animation, rencontre, SAID)
    client.force_login(animation)
    page = client.get(rencontre.topic.get_absolute_url()).content.decode()
    assert "annoncer" not in page


def test_the_public_is_told_that_it_moved_or_is_called_off(client, elue, annoncee, animation, read):
    annonce = rencontres.announce(animation, annoncee, SAID)
    debut = at(date(2027, 3, 4), datetime.min.time().replace(hour=9))
    said = moved(annoncee, debut=debut, fin=debut + timedelta(hours=3))
    rencontres.change(elue, annoncee, said, base=0)
    page = read(annonce.get_absolute_url()).get_text().replace("\N{NO-BREAK SPACE}", " ")
    assert "jeudi 4 mars 2027, de 9 h à 12 h" in page
    rencontres.cancel(elue, again(annoncee), "Neige.")
    assert "annulée" in read(annonce.get_absolute_url()).get_text()
    assert "Annulée." in client.get("/flux/agenda.atom").content.decode()
    [event] = events(client.get("/agenda.ics").content.decode())
    assert event.status.value == "CANCELLED"


def test_the_public_agenda_costs_as_many_queries_whatever_it_holds(
    espace, elue, annoncee, animation, queries
):
    rencontres.announce(animation, annoncee, SAID)
    before = [queries(path) for path in PUBLIC]
    for _ in range(4):
        more = une_rencontre(espace, elue, promesse=Promesse.A_PARTAGER)
        rencontres.announce(animation, more, SAID)
    assert [queries(path) for path in PUBLIC] == before


# --- What came out of it


SUITES = "On y a compris que l’eau se partage.\n\nLa suite : https://exemple.fr/eau"


@pytest.fixture
def passee(espace, elue, animation):
    """A meeting that took place, of which the public was told."""
    rencontre = une_rencontre(
        espace, elue, promesse=Promesse.SANS_ATTRIBUTION, title="Titre du sujet", days=-2
    )
    rencontres.announce(animation, rencontre, SAID)
    return rencontre


def test_what_came_out_of_a_public_meeting_is_told_once_it_took_place(
    client, animation, passee, read
):
    address = f"{of(passee)}annoncer/"
    client.force_login(animation)
    assert "Dire au public ce qui en est sorti" in read(passee.topic.get_absolute_url()).get_text()
    assert read(address).select_one("h1").get_text() == "Dire au public ce qui en est sorti"
    public = client.post(address, SAID | {"suites": SUITES}).url
    assert read(address).select_one("[name=suites]").get_text().strip() == SUITES
    client.logout()
    page = read(public)
    assert [title.get_text() for title in page.select(".prose h2")] == [
        "Ce qui en est sorti",
        "Ce qui était annoncé",
    ]
    assert page.select_one(".prose a")["href"] == "https://exemple.fr/eau"
    assert "l’eau se partage" in read("/agenda/?voir=passees").get_text()
    assert "l’eau se partage" not in read("/agenda/").get_text()
    for path in (f"{public.rstrip('/')}.ics", "/agenda.ics"):
        assert "partage" not in client.get(path).content.decode()


def test_the_feed_tells_what_came_out_of_it_as_news(client, animation, passee, annoncee):
    rencontres.announce(animation, annoncee, SAID | {"titre": "Plus récente"})
    before = client.get("/flux/agenda.atom").content.decode()
    assert before.index("Plus récente") < before.index("Portes ouvertes")
    annonce = rencontres.announce(animation, passee, SAID | {"suites": SUITES})
    after = client.get("/flux/agenda.atom").content.decode()
    assert after.index("Plus récente") > after.index("Portes ouvertes")
    assert "Ce qui en est sorti : On y a compris" in after
    assert annonce.last_said == annonce.suites_le
    assert f"<updated>{annonce.suites_le:%Y-%m-%dT%H:%M:%S}" in after
    # The same again is no news.
    again_said = rencontres.announce(animation, passee, SAID | {"suites": SUITES})
    assert again_said.suites_le == annonce.suites_le


def test_nothing_came_out_of_a_meeting_to_come_or_called_off(
    client, animation, annoncee, passee, read
):
    Rencontre.objects.filter(pk=passee.pk).update(annulee_le=timezone.now())
    client.force_login(animation)
    for rencontre in (annoncee, again(passee)):
        with pytest.raises(PermissionDenied):
            rencontres.announce(animation, rencontre, SAID | {"suites": SUITES})
        address = f"{of(rencontre)}annoncer/"
        assert not read(address).select("[name=suites]")
        client.post(address, SAID | {"suites": SUITES})
        assert "partage" not in read(rencontre.annonce.get_absolute_url()).get_text()


@pytest.mark.parametrize("act", [hides, tightens, withdraws, takes_back])
def test_what_came_out_of_it_ends_at_once_too(act, client, passee, animation):
    annonce = rencontres.announce(animation, passee, SAID | {"suites": SUITES})
    paths = (annonce.get_absolute_url(), "/agenda/?voir=passees", "/flux/agenda.atom")
    assert all("partage" in client.get(path).content.decode() for path in paths)
    act(passee, animation)
    assert not any("partage" in client.get(path).content.decode() for path in paths)


def test_what_is_told_of_a_meeting_gives_no_address_of_a_learning_drawn_from_its_topic(
    client, tree, passee, animation, elue, read
):
    drawn = un_enseignement("Décider tôt", slug="décider-tôt")
    other = un_enseignement("Décider tôt, ailleurs", slug="décider-tôt-ailleurs")
    workshop = conversation.start_topic(elue, passee.topic.espace, "Un atelier", "Un texte.")
    MiseEnCommun.objects.create(
        topic=passee.topic, atelier=workshop, auteur=elue, page=drawn.page_ptr
    )
    client.force_login(animation)
    address = f"{of(passee)}annoncer/"
    refused = [
        f"Lisez https://testserver{drawn.url}",
        f"Lisez {drawn.url.rstrip('/').upper()}.",
        f"Lisez http://autre.fr{unquote(drawn.url)}?de=la",
    ]
    for suites in refused:
        for field in ("suites", "presentation"):
            answer = client.post(address, SAID | {field: suites})
            assert answer.status_code == 422
            assert "tiré de ce sujet" in answer.context["form"].errors[field][0]
            assert suites.split()[1].split("?")[0] in answer.content.decode()
    with pytest.raises(PermissionDenied):
        rencontres.announce(animation, passee, SAID | {"suites": refused[0]})
    assert again(passee.annonce).suites == ""
    assert client.post(address, SAID | {"suites": f"Lisez {other.url}"}).status_code == 302


def test_who_leaves_is_named_no_more_in_what_the_public_was_told(espace, passee, autre, animation):
    conversation.reply(autre, passee.topic, "J’y étais.")
    said = {"suites": f"Merci à {autre.get_full_name()}.", "presentation": autre.get_full_name()}
    annonce = rencontres.announce(animation, passee, SAID | said)
    effacement.anonymise(autre, withdraw=False)
    annonce = again(annonce)
    assert autre.get_full_name() not in annonce.suites + annonce.presentation
