"""The date of a meeting searched for together: proposed, answered, chosen, and what is left of it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from communaute import choix_de_date, conversation, effacement, rencontres
from communaute.conversation import Conflict
from communaute.forms.rencontres import DatesField
from communaute.forum_conversation.models import Nature
from communaute.models import DateProposee, Disponibilite, Presence, Rencontre
from tests.communaute.test_rencontres import FORM, again, coming, events, of, peers, said_by, told
from tests.factories import MembreFactory, entered

pytestmark = pytest.mark.django_db
OUI, SI_BESOIN, NON = Disponibilite.Reponse


@pytest.fixture
def done(django_capture_on_commit_callbacks):
    """``done(act, …)``: an act, and all that follows from it."""

    def done(act, *args, **kwargs):
        with django_capture_on_commit_callbacks(execute=True):
            return act(*args, **kwargs)

    return done


def une_recherche(espace, author, number=2, **said):
    """A meeting whose date is searched for, and the dates that are proposed for it."""
    first = timezone.now() + timedelta(days=9)
    begin = [first + timedelta(days=day) for day in range(number)]
    hour_ago = timezone.now() - timedelta(hours=1)
    topic = conversation.start_topic(
        author,
        espace,
        "Trouver un jour",
        "Pour se parler.",
        hour_ago,
        nature=Nature.RENCONTRE,
        rencontres=[said],
        dates=[(debut, debut + timedelta(hours=2)) for debut in begin],
    )
    rencontre = topic.rencontres.get()
    return rencontre, list(rencontre.dates_proposees.all())


def answers(membre, rencontre, *said):
    dates = rencontre.dates_proposees.all()
    by_date = {date.pk: one for date, one in zip(dates, said, strict=True)}
    choix_de_date.answer(membre, rencontre, by_date)


# --- Proposing


CHERCHER = {
    **{name: value for name, value in FORM.items() if name not in ("jour", "debut", "fin")},
    "nature": "chercher",
    "dates": "12/03/2027 14:00-16:00\nle 13/03/2027 de 9 h à 10 h 30",
}


def test_a_meeting_is_proposed_without_a_date_and_says_which_are_possible(
    client, espace, elue, read
):
    client.force_login(elue)
    address = f"{espace.get_absolute_url()}nouveau-sujet/"
    assert read(f"{address}?nature=rencontre").select_one('a[href="?nature=chercher"]')
    page = client.post(address, CHERCHER).url
    shown = read(page).select_one("#rencontre").get_text(" ").replace("\N{NO-BREAK SPACE}", " ")
    assert "On cherche une date" in shown
    assert "vendredi 12 mars 2027, de 14 h à 16 h" in shown
    assert "samedi 13 mars 2027, de 9 h à 10 h 30" in shown
    assert Rencontre.objects.get().lieu == "Mairie de Tarn"


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        ("", "Proposez de 2 à 12 dates"),
        ("12/03/2027 14:00-16:00", "il y en a 1"),
        ("12/03/2027 14:00-16:00\nmardi matin", "«\xa0mardi matin\xa0»\xa0: cela ne se lit pas"),
        ("31/02/2027 14:00-16:00\n12/03/2027 14:00-16:00", "ce jour ou cette heure n’existe pas"),
        ("12/03/2027 25:00-26:00\n12/03/2027 14:00-16:00", "ce jour ou cette heure n’existe pas"),
        ("12/03/2027 16:00-14:00\n12/03/2027 14:00-16:00", "elle finirait avant de commencer"),
        ("12/03/2020 14:00-16:00\n12/03/2027 14:00-16:00", "ce moment est passé"),
        ("01/01/0001 00:00-01:00\n12/03/2027 14:00-16:00", "une année entre 1900 et 2200"),
        ("31/12/9999 22:00-23:59\n12/03/2027 14:00-16:00", "une année entre 1900 et 2200"),
        ("28/03/2027 02:30-05:00\n12/03/2027 14:00-16:00", "les horloges avancent"),
        ("12/03/2027 14:00-16:00\n12/03/2027 14:00-17:00", "commencent au même moment"),
        ("\n".join(f"{day}/03/2027 14:00-16:00" for day in range(1, 14)), "il y en a 13"),
    ],
)
def test_what_is_wrong_in_the_dates_is_said_line_by_line(dates, message, client, espace, elue):
    client.force_login(elue)
    answer = client.post(f"{espace.get_absolute_url()}nouveau-sujet/", CHERCHER | {"dates": dates})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert dates.split("\n", maxsplit=1)[0] in answer.content.decode()
    assert not Rencontre.objects.exists()


def test_every_line_that_is_wrong_is_told():
    with pytest.raises(ValidationError) as refused:
        DatesField(2, 12).clean("demain\n12/03/2027 14:00-16:00\nhier")
    assert len(refused.value.messages) == 2


# --- Answering


def test_one_answers_for_each_date_and_changes_ones_mind(client, espace, elue, autre, read):
    rencontre, dates = une_recherche(espace, elue)
    client.force_login(autre)
    address = f"{of(rencontre)}disponibilites/"
    names = [f"date-{date.pk}" for date in dates]
    answer = client.post(address, {names[0]: "oui"})
    assert answer.status_code == 422
    assert "Répondez pour le" in answer.content.decode()
    assert client.post(address, {names[0]: "oui", names[1]: "peut-être"}).status_code == 422
    client.post(address, dict.fromkeys(names, "oui"))
    client.post(address, {names[0]: "si_besoin", names[1]: "oui"})
    checked = [one["value"] for one in read(address).select("[checked]")]
    assert checked == ["si_besoin", "oui"]
    page = read(rencontre.get_absolute_url()).select_one("#rencontre")
    assert "Changer mes réponses" in page.get_text()
    rows = [" ".join(one.get_text(" ").split()) for one in page.select(".propositions li")]
    assert "0 oui · 1 si besoin · 0 non" in rows[0]
    assert "convient le mieux" in rows[1]
    assert "convient le mieux" not in rows[0]


def test_who_said_what_and_who_has_not_is_for_who_organises_alone(client, espace, elue, autre):
    rencontre, _ = une_recherche(espace, elue)
    [silent] = peers(espace, 1)
    answers(autre, rencontre, OUI, NON)
    client.force_login(silent)
    page = client.get(rencontre.get_absolute_url()).content.decode()
    form = client.get(f"{of(rencontre)}disponibilites/").content.decode()
    assert autre.get_full_name() not in page + form
    for act in ("choisir/", "proposer/", "relancer/"):
        assert client.get(of(rencontre) + act).status_code == 404
        assert client.post(of(rencontre) + act).status_code == 404
    assert not Disponibilite.objects.readable_by(silent).exists()
    client.force_login(elue)
    page = client.get(f"{of(rencontre)}choisir/").content.decode()
    assert f"{autre.get_full_name()}&nbsp;: oui" in page
    assert silent.get_full_name() in page
    assert Disponibilite.objects.readable_by(elue).count() == 2


def test_who_only_reads_does_not_say_when(espace, elue, client):
    reader = MembreFactory()
    espace.nominate("lecture", [reader])
    rencontre, _ = une_recherche(espace, elue)
    reader = entered(reader, espace)
    with pytest.raises(PermissionDenied):
        answers(reader, rencontre, OUI, OUI)
    client.force_login(reader)
    assert client.get(f"{of(rencontre)}disponibilites/").status_code == 404
    assert set(rencontre.silent()) == {elue}
    assert not DateProposee.objects.unanswered_by(reader).exists()


def test_those_who_have_not_answered_are_reminded_at_most_once_a_day(
    client, espace, elue, autre, django_capture_on_commit_callbacks
):
    rencontre, _ = une_recherche(espace, elue)
    [silent] = peers(espace, 1)
    answers(autre, rencontre, OUI, NON)
    client.force_login(elue)
    for said in ("n’a pas répondu est prévenu", "il y a moins d’un jour"):
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(f"{of(rencontre)}relancer/", follow=True)
        assert said in answer.content.decode()
    assert (told(autre), told(silent)) == ([], ["chercher"])
    assert [letter.to for letter in mail.outbox] == [[silent.email]]
    answers(silent, rencontre, OUI, NON)
    assert told(silent) == []


# --- Choosing


def test_the_date_that_is_chosen_is_that_of_the_meeting_and_who_said_yes_comes(
    client, espace, elue, autre, django_capture_on_commit_callbacks
):
    rencontre, [_, second] = une_recherche(espace, elue, capacite=1)
    late, maybe, absent, silent = peers(espace, 4)
    for membre, said in ((autre, OUI), (late, OUI), (maybe, SI_BESOIN), (absent, NON)):
        answers(membre, rencontre, NON, said)
    client.force_login(elue)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{of(rencontre)}choisir/", {"date": second.pk})
    rencontre = again(rencontre)
    assert (rencontre.debut, rencontre.fin) == (second.debut, second.fin)
    assert coming(rencontre) == {autre.pk}
    assert said_by(late, rencontre).attend_depuis
    said = [said_by(membre, rencontre).reponse for membre in (maybe, absent)]
    assert said == ["peut_etre", "non"]
    assert not Presence.objects.filter(membre=silent).exists()
    assert not DateProposee.objects.exists()
    assert not Disponibilite.objects.exists()
    assert [told(m) for m in (autre, late, maybe)] == [["fixee"]] * 3
    assert [told(m) for m in (absent, silent)] == [["date"]] * 2
    [letter] = [letter for letter in mail.outbox if letter.to == [autre.email]]
    [(_, content, _)] = letter.attachments
    [event] = events(content)
    assert event.dtstart.value == second.debut.replace(microsecond=0)


def test_a_date_that_is_past_is_not_chosen_and_others_are_proposed(client, espace, elue, read):
    rencontre, [first, second] = une_recherche(espace, elue)
    past = timezone.now() - timedelta(hours=3)
    DateProposee.objects.filter(pk=first.pk).update(debut=past, fin=past + timedelta(hours=2))
    with pytest.raises(ValidationError):
        choix_de_date.choose(elue, rencontre, first)
    client.force_login(elue)
    answer = client.post(f"{of(rencontre)}choisir/", {"date": first.pk})
    assert answer.status_code == 422
    assert "Cette date est passée" in answer.content.decode()
    assert client.post(f"{of(rencontre)}choisir/", {"date": "rien"}).status_code == 422
    second.delete()
    assert "proposez-en d’autres" in read(rencontre.get_absolute_url()).get_text()
    address = f"{of(rencontre)}proposer/"
    assert client.post(address, {"dates": "demain"}).status_code == 422
    client.post(address, {"dates": "12/03/2027 14:00-16:00"})
    assert rencontre.dates_proposees.count() == 2
    again_too = client.post(address, {"dates": "12/03/2027 14:00-16:00"})
    assert "déjà proposée" in again_too.content.decode()
    many = "\n".join(f"{day}/04/2027 14:00-16:00" for day in range(1, 12))
    assert "12 dates au plus" in client.post(address, {"dates": many}).content.decode()


def test_who_comes_second_is_told_that_a_date_was_chosen(client, espace, elue, autre):
    rencontre, [first, second] = une_recherche(espace, elue)
    choix_de_date.choose(elue, rencontre, first)
    with pytest.raises(Conflict):
        choix_de_date.choose(elue, rencontre, second)
    with pytest.raises(Conflict):
        choix_de_date.answer(autre, rencontre, {second.pk: OUI})
    client.force_login(elue)
    for act in ("choisir/", "disponibilites/"):
        answer = client.post(of(rencontre) + act, {"date": second.pk}, follow=True)
        assert "est déjà choisie" in answer.content.decode()
    assert again(rencontre).debut == first.debut


def test_a_search_that_is_called_off_is_told_to_who_could_come(espace, elue, autre, done):
    rencontre, _ = une_recherche(espace, elue)
    [absent] = peers(espace, 1)
    answers(autre, rencontre, SI_BESOIN, NON)
    answers(absent, rencontre, NON, NON)
    done(rencontres.cancel, elue, rencontre, "Plus besoin.")
    assert (told(autre), told(absent)) == (["annulee"], [])
    assert not Disponibilite.objects.exists()


def test_nothing_of_a_search_is_left_where_its_first_message_is_withdrawn(
    client, espace, elue, autre
):
    rencontre, _ = une_recherche(espace, elue)
    conversation.reply(autre, rencontre.topic, "Je regarde.")
    answers(autre, rencontre, OUI, OUI)
    conversation.withdraw(elue, rencontre.topic.first_post)
    assert not DateProposee.objects.exists()
    client.force_login(autre)
    assert client.get(rencontre.topic.get_absolute_url()).status_code == 200


def test_who_leaves_the_portal_has_said_nothing(espace, elue, autre):
    rencontre, _ = une_recherche(espace, elue)
    answers(autre, rencontre, OUI, OUI)
    effacement.anonymise(autre, withdraw=False)
    assert not Disponibilite.objects.exists()


# --- Where one sees it


def test_it_is_in_the_agenda_and_asked_of_who_has_not_answered_but_in_no_calendar(
    client, espace, elue, autre, read
):
    rencontre, _ = une_recherche(espace, elue)
    client.force_login(autre)
    agenda = "/communaute/rencontres/"

    def said():
        page = read(agenda).select_one("main").get_text()
        mine = read("/communaute/").select_one("[aria-labelledby=venir-titre]").get_text()
        return "Quand pouvez-vous venir" in page, "Une date à trouver" in mine

    assert said() == (True, True)
    answers(autre, rencontre, OUI, NON)
    assert said() == (False, False)
    assert "Vous avez répondu" in read(agenda).get_text()
    client.post(agenda, {"acte": "ouvrir"})
    address = client.get(agenda).context["adresse"]
    assert events(client.get(address).content.decode()) == []
    for act in ("rencontre.ics", "modifier/"):
        assert client.get(of(rencontre) + act).status_code == 404
    assert client.get(f"{rencontre.topic.get_absolute_url()}dates/").status_code == 404


def test_pages_cost_as_many_queries_whatever_the_number_of_dates_and_answers(
    client, espace, elue, queries
):
    rencontre, _ = une_recherche(espace, elue)
    answers(peers(espace, 1)[0], rencontre, OUI, OUI)
    client.force_login(elue)
    paths = [
        *("/communaute/", "/communaute/rencontres/", rencontre.get_absolute_url()),
        *(of(rencontre) + act for act in ("disponibilites/", "choisir/")),
    ]
    before = [queries(path) for path in paths]
    assert max(before) <= 12
    more = [timezone.now() + timedelta(days=days) for days in range(20, 26)]
    choix_de_date.propose(elue, rencontre, [(one, one + timedelta(hours=1)) for one in more])
    for membre in peers(espace, 4):
        answers(membre, rencontre, *[OUI] * 8)
    for _ in range(3):
        une_recherche(espace, elue)
    assert [queries(path) for path in paths] == before
