"""In the room of a meeting: who is there, what is noted, what those who were there make of it."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.utils import timezone

from communaute import rencontres, salle
from communaute.forum_conversation.models import Nature, Promesse, Topic
from communaute.models import (
    ActeModeration,
    MiseEnCommun,
    NoteDeRencontre,
    Notification,
    Presence,
    Rencontre,
)
from tests.communaute.test_rencontres import again, said_by, told, une_rencontre
from tests.factories import MembreFactory, entered, un_membre

pytestmark = pytest.mark.django_db
OUI, PEUT_ETRE, NON = Presence.Reponse
A_TRIER, RESTE_ICI, BESOIN, DESACCORD, METTRE_EN_COMMUN = NoteDeRencontre.Suite


@pytest.fixture
def rencontre(espace, elue):
    """A meeting that began just now."""
    return une_rencontre(espace, elue, days=0, promesse=Promesse.SANS_ATTRIBUTION)


@pytest.fixture
def absente(espace):
    return entered(un_membre("elus", membre__last_name="Absente"), espace)


@pytest.fixture
def animatrice(espace):
    membre = entered(un_membre("elus", membre__last_name="Anime"), espace)
    espace.nominate("animation", [membre])
    return membre


def page_of(rencontre, name="salle"):
    return f"/communaute/rencontres/{rencontre.reference}/{name}/"


def ended(rencontre, ago):
    """The meeting as if it had ended so long ago."""
    fin = timezone.now() - ago
    Rencontre.objects.filter(pk=rencontre.pk).update(fin=fin, debut=fin - timedelta(hours=2))
    found = again(rencontre)
    found.topic = Topic.objects.with_espace().get(pk=rencontre.topic_id)
    return found


def a_note(membre, rencontre, texte="Le transport, partout.", suite=A_TRIER):
    noted = salle.note(membre, rencontre, texte)
    if suite:
        salle.sort(membre, noted, suite)
    return again(noted)


def is_there(membre, rencontre):
    return Presence.objects.there().filter(rencontre=rencontre, membre=membre).exists()


# --- Who is there


def test_one_says_that_one_is_there_with_the_code_told_in_the_room(
    client, elue, autre, rencontre, read
):
    client.force_login(elue)
    code = read(page_of(rencontre, "presents")).select_one(".presents__code").get_text(strip=True)
    client.force_login(autre)
    page = read(page_of(rencontre, "presents"))
    assert code not in page.get_text()
    assert not page.select(".presents__code")
    typed = f" {code[:3].lower()} {code[3:]} "
    answer = client.post(page_of(rencontre, "presents"), {"acte": "signer", "code": typed})
    assert answer.url == page_of(rencontre)
    assert said_by(autre, rencontre).present_le
    assert said_by(autre, rencontre).is_seated


@pytest.mark.parametrize("code", ["", "ZZZZZZ", "é", "💥", "a" * 30])
def test_another_code_opens_nothing_and_comes_back(client, autre, rencontre, code):
    client.force_login(autre)
    answer = client.post(page_of(rencontre, "presents"), {"acte": "signer", "code": code})
    assert answer.status_code == 422
    assert f'value="{code}"' in answer.content.decode() or not code
    assert not is_there(autre, rencontre)
    assert client.get(page_of(rencontre)).status_code == 404


def test_each_meeting_has_its_own_code_and_guesses_are_counted(
    client, espace, elue, autre, settings
):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "presence": "3/h/user"}
    one, other = (une_rencontre(espace, elue, days=0) for _ in range(2))
    client.force_login(autre)
    guess = {"acte": "signer", "code": salle.code_of(other)}
    statuses = [client.post(page_of(one, "presents"), guess).status_code for _ in range(4)]
    assert statuses == [422, 422, 422, 429]
    right = {"acte": "signer", "code": salle.code_of(one)}
    answer = client.post(page_of(one, "presents"), right)
    assert answer.status_code == 429
    assert right["code"] in answer.content.decode()
    assert not is_there(autre, one)


@pytest.mark.parametrize(
    ("starts_in", "status"),
    [
        (timedelta(hours=2), 404),
        (timedelta(minutes=50), 200),
        (-timedelta(hours=2, minutes=50), 200),
        (-timedelta(hours=3, minutes=10), 404),
    ],
)
def test_one_says_so_from_an_hour_before_to_an_hour_after(
    client, espace, elue, autre, starts_in, status
):
    rencontre = une_rencontre(espace, elue, days=starts_in / timedelta(days=1))
    client.force_login(autre)
    assert client.get(page_of(rencontre, "presents")).status_code == status


def test_who_organises_calls_the_roll_and_mends_it(client, elue, autre, absente, rencontre, read):
    rencontres.answer(autre, rencontre, PEUT_ETRE)
    client.force_login(elue)
    page = read(page_of(rencontre, "presents"))
    expected = page.select_one("[name=attendus]")
    assert expected["value"] == autre.reference
    others = [field["value"] for field in page.select("[name=autres]")]
    assert absente.reference in others
    acte = {"acte": "appeler", "attendus": [autre.reference], "autres": [absente.reference]}
    client.post(page_of(rencontre, "presents"), acte)
    assert is_there(autre, rencontre)
    assert is_there(absente, rencontre)
    assert said_by(autre, rencontre).reponse == OUI
    away = {"acte": "retirer", "membre": absente.reference}
    client.post(page_of(rencontre, "presents"), away)
    assert not is_there(absente, rencontre)
    client.force_login(absente)
    assert client.get(page_of(rencontre)).status_code == 404


def test_the_roll_is_for_who_organises_alone(client, elue, autre, absente, rencontre):
    client.force_login(autre)
    for acte in ({"acte": "appeler", "autres": [absente.reference]}, {"acte": "retirer"}):
        client.post(page_of(rencontre, "presents"), acte)
    assert not is_there(absente, rencontre)
    for act in (salle.call_roll, salle.take_off):
        with pytest.raises(PermissionDenied):
            act(autre, rencontre, [absente] if act is salle.call_roll else absente)


def test_nobody_is_noted_who_may_not_read_of_the_meeting(client, elue, rencontre):
    stranger = un_membre("agents")
    client.force_login(elue)
    acte = {"acte": "appeler", "autres": [stranger.reference]}
    answer = client.post(page_of(rencontre, "presents"), acte)
    assert answer.status_code == 422
    assert "ne lit plus cet espace" in answer.content.decode()
    salle.call_roll(elue, rencontre, [stranger])
    assert not Presence.objects.filter(membre=stranger).exists()
    empty = client.post(page_of(rencontre, "presents"), {"acte": "appeler"})
    assert empty.status_code == 422
    assert "Cochez au moins une personne" in empty.content.decode()


def test_a_meeting_that_is_called_off_has_no_room(client, elue, autre, rencontre):
    rencontres.cancel(elue, rencontre, "")
    client.force_login(elue)
    assert client.get(page_of(rencontre, "presents")).status_code == 404
    with pytest.raises(PermissionDenied):
        salle.sign(autre, rencontre)


# --- Notes


def test_those_who_are_there_note_and_sort_and_nobody_else_reads(
    client, elue, autre, absente, rencontre, read
):
    for membre in (elue, autre):
        salle.sign(membre, rencontre)
    client.force_login(elue)
    answer = client.post(page_of(rencontre), {"texte": "Le transport, partout."})
    noted = NoteDeRencontre.objects.get()
    assert answer.url == noted.get_absolute_url()
    client.force_login(autre)
    page = read(page_of(rencontre)).select_one(f"#{noted.anchor}")
    assert "Le transport, partout." in page.get_text()
    assert elue.get_full_name() not in page.get_text()
    client.post(page_of(rencontre), {"note": noted.reference, "suite": "besoin"})
    assert again(noted).suite == BESOIN
    pressed = read(page_of(rencontre)).select_one(f"#{noted.anchor} [aria-pressed=true]")
    assert pressed.get_text() == "Besoin à adresser"
    client.force_login(absente)
    assert client.get(page_of(rencontre)).status_code == 404
    assert "Le transport" not in client.get(rencontre.topic.get_absolute_url()).content.decode()
    with pytest.raises(PermissionDenied):
        salle.sort(absente, noted, RESTE_ICI)


def test_who_organises_and_was_not_there_reads_nothing(client, elue, autre, animatrice, rencontre):
    salle.sign(autre, rencontre)
    a_note(autre, rencontre)
    for membre in (elue, animatrice):
        client.force_login(membre)
        assert client.get(page_of(rencontre)).status_code == 404
        assert not NoteDeRencontre.objects.readable_by(membre).exists()


@pytest.mark.parametrize(
    ("texte", "message"),
    [("", "Écrivez la note"), ("\u200b ", "Écrivez la note"), ("a" * 1001, "1001 signes")],
)
def test_what_cannot_be_noted_is_said_and_comes_back(client, elue, rencontre, texte, message):
    salle.sign(elue, rencontre)
    client.force_login(elue)
    answer = client.post(page_of(rencontre), {"texte": texte})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert texte in answer.content.decode()
    assert not NoteDeRencontre.objects.exists()


def test_a_note_sent_twice_is_noted_once(elue, rencontre):
    salle.sign(elue, rencontre)
    assert a_note(elue, rencontre) == a_note(elue, rencontre)


def test_a_key_that_none_has_finds_nothing(client, animatrice, elue, rencontre):
    salle.sign(elue, rencontre)
    salle.sign(animatrice, rencontre)
    client.force_login(animatrice)
    for name, data in (
        ("presents", {"acte": "retirer", "membre": "a\0b"}),
        ("salle", {"note": "a\0b", "suite": RESTE_ICI}),
    ):
        assert client.post(page_of(rencontre, name), data).status_code == 302
    assert Presence.objects.filter(rencontre=rencontre).there().count() == 2


def test_a_room_holds_so_many_notes_and_says_so(client, elue, rencontre, monkeypatch):
    monkeypatch.setattr(salle, "MOST_NOTES", 1)
    salle.sign(elue, rencontre)
    a_note(elue, rencontre)
    client.force_login(elue)
    answer = client.post(page_of(rencontre), {"texte": "Une de trop."})
    assert answer.status_code == 422
    assert "Une de trop." in answer.content.decode()
    assert NoteDeRencontre.objects.count() == 1


def test_what_is_to_be_forgotten_is_erased_for_good_by_anyone_who_was_there(
    client, elue, autre, rencontre
):
    for membre in (elue, autre):
        salle.sign(membre, rencontre)
    noted = a_note(elue, rencontre, suite=RESTE_ICI)
    client.force_login(autre)
    client.post(page_of(rencontre), {"note": noted.reference, "suite": "oublier"})
    assert not NoteDeRencontre.objects.exists()
    late = client.post(
        page_of(rencontre), {"note": noted.reference, "suite": "besoin"}, follow=True
    )
    assert "n’est plus là" in late.content.decode()
    with pytest.raises(salle.TooLate):
        salle.sort(elue, noted, BESOIN)


def test_nothing_is_drawn_on_where_all_stays(client, espace, elue, read):
    rencontre = une_rencontre(espace, elue, days=0)
    salle.sign(elue, rencontre)
    noted = a_note(elue, rencontre)
    client.force_login(elue)
    assert "À mettre en commun" not in read(page_of(rencontre)).get_text()
    client.post(page_of(rencontre), {"note": noted.reference, "suite": "mettre_en_commun"})
    assert again(noted).suite == A_TRIER
    with pytest.raises(PermissionDenied):
        salle.sort(elue, noted, METTRE_EN_COMMUN)


# --- What is kept of it


def test_after_two_days_the_space_reads_what_was_sorted_and_nothing_else(
    client, elue, autre, absente, rencontre, read
):
    salle.sign(elue, rencontre)
    salle.sign(autre, rencontre)
    a_note(elue, rencontre, "Gardons le lien.", RESTE_ICI)
    a_note(elue, rencontre, "Qui finance ?", DESACCORD)
    a_note(elue, rencontre, "Rien de décidé ici.")
    page = rencontre.topic.get_absolute_url()
    ended(rencontre, timedelta(hours=47))
    client.force_login(absente)
    assert "Gardons le lien." not in read(page).get_text()
    over = ended(rencontre, timedelta(hours=49))
    minutes = read(page).select_one("#rencontre").get_text(" ", strip=True)
    assert "2 personnes étaient là" in minutes
    assert "Reste ici Gardons le lien." in minutes
    assert "Désaccord Qui finance ?" in minutes
    assert "Rien de décidé ici." not in read(page).get_text()
    assert client.get(page_of(rencontre)).status_code == 404
    client.force_login(autre)
    room = read(page_of(rencontre))
    assert "Rien de décidé ici." in room.get_text()
    assert not room.select("main button[name=suite]")
    with pytest.raises(PermissionDenied):
        salle.note(elue, over, "Trop tard.")
    late = client.post(page_of(rencontre), {"texte": "Trop tard."})
    assert late.status_code == 409
    assert "Trop tard." in late.content.decode()


def test_what_nobody_sorted_is_erased_a_month_later(elue, rencontre):
    salle.sign(elue, rencontre)
    a_note(elue, rencontre, "Gardée.", RESTE_ICI)
    a_note(elue, rencontre, "Oubliée.")
    for days, kept in ((31, 2), (33, 1)):
        ended(rencontre, timedelta(days=days))
        call_command("menage")
        assert NoteDeRencontre.objects.count() == kept
    assert NoteDeRencontre.objects.get().texte == "Gardée."


@pytest.mark.parametrize(
    ("suite", "nature"), [(BESOIN, Nature.QUESTION), (DESACCORD, Nature.DESACCORD)]
)
def test_a_note_leads_to_the_topic_that_it_opened(client, elue, rencontre, read, suite, nature):
    salle.sign(elue, rencontre)
    noted = a_note(elue, rencontre, suite=suite)
    client.force_login(elue)
    link = read(page_of(rencontre)).select_one(f"#{noted.anchor} .notes__ouvre a")["href"]
    page = read(link)
    assert noted.texte in page.select_one("[name=content]").get_text()
    action = page.select_one("form.composition")["action"]
    sent = {"nature": nature, "subject": "Aller au travail sans voiture", "content": "Comment ?"}
    answer = client.post(action, sent | {"partage": "La rareté.", "promesse": "reste_ici"})
    topic = Topic.objects.get(subject="Aller au travail sans voiture")
    assert answer.url == topic.get_absolute_url()
    assert topic.nature == nature
    led = read(page_of(rencontre)).select_one(f"#{noted.anchor} .notes__ouvre a")
    assert led["href"] == topic.get_absolute_url()


def test_a_note_leads_to_the_mise_en_commun_that_it_opened(client, elue, rencontre, read):
    salle.sign(elue, rencontre)
    noted = a_note(elue, rencontre, suite=METTRE_EN_COMMUN)
    client.force_login(elue)
    link = read(page_of(rencontre)).select_one(f"#{noted.anchor} .notes__ouvre a")["href"]
    assert noted.texte in read(link).get_text()
    first = rencontre.topic.posts.get()
    said = {"titre": "Partager une voiture", "introduction": "Cela se peut."}
    client.post(link, said | {"messages": [first.reference]})
    assert again(noted).ouvre == MiseEnCommun.objects.get().atelier


def test_who_does_not_read_a_note_cannot_open_a_topic_from_it(client, elue, absente, rencontre):
    salle.sign(elue, rencontre)
    noted = a_note(elue, rencontre, suite=BESOIN)
    client.force_login(absente)
    address = f"{rencontre.topic.espace.get_absolute_url()}nouveau-sujet/?nature=question"
    page = client.get(f"{address}&note={noted.reference}").content.decode()
    assert noted.texte not in page
    sent = {"nature": "question", "subject": "Une question", "content": "Ah ?"}
    client.post(f"{address}&note={noted.reference}", sent | {"promesse": "reste_ici"})
    assert Topic.objects.filter(subject="Une question").exists()
    assert again(noted).ouvre is None


def test_who_only_reads_is_offered_to_open_nothing(client, espace, elue, rencontre, read):
    reader = MembreFactory()
    espace.nominate("lecture", [reader])
    salle.sign(elue, rencontre)
    for suite in (BESOIN, DESACCORD, METTRE_EN_COMMUN):
        a_note(elue, rencontre, f"Une note, {suite}.", suite)
    ended(rencontre, timedelta(days=3))
    page = rencontre.topic.get_absolute_url()
    for membre, offered in ((elue, 3), (entered(reader, espace), 0)):
        client.force_login(membre)
        minutes = read(page).select_one("#rencontre")
        assert len(minutes.select(".notes__une")) == 3
        assert len(minutes.select(".notes__ouvre a")) == offered


def test_a_facilitator_erases_a_note_of_the_minutes_with_a_reason_on_record(
    client, elue, autre, animatrice, rencontre, read
):
    salle.sign(elue, rencontre)
    noted = a_note(elue, rencontre, suite=RESTE_ICI)
    address = f"/communaute/notes/{noted.reference}/effacer/"
    client.force_login(animatrice)
    assert client.get(address).status_code == 404
    ended(rencontre, timedelta(days=3))
    client.force_login(autre)
    assert client.get(address).status_code == 404
    client.force_login(animatrice)
    assert read(rencontre.topic.get_absolute_url()).select_one(f'a[href="{address}"]')
    assert client.post(address, {"motif": ""}).status_code == 422
    assert client.post(address, {"motif": "Elle nomme quelqu’un."}).status_code == 302
    assert not NoteDeRencontre.objects.exists()
    acte = ActeModeration.objects.get(acte="effacer")
    assert (acte.par, acte.motif, acte.topic) == (
        animatrice,
        "Elle nomme quelqu’un.",
        rencontre.topic,
    )


# --- In time


def test_those_who_were_there_are_asked_to_sort_and_then_all_are_told(
    django_capture_on_commit_callbacks, client, elue, autre, absente, rencontre
):
    def menage():
        with django_capture_on_commit_callbacks(execute=True):
            call_command("menage")

    rencontres.answer(absente, rencontre, PEUT_ETRE)
    salle.sign(elue, rencontre)
    a_note(elue, rencontre, suite=RESTE_ICI)
    menage()
    assert told(elue) == []
    ended(rencontre, timedelta(minutes=5))
    for _ in range(2):
        menage()
    assert told(elue) == ["tri"]
    assert told(absente) == []
    client.force_login(elue)
    client.get(rencontre.topic.get_absolute_url())
    assert Notification.objects.get(membre=elue).vue_le is None
    client.get(page_of(rencontre))
    assert Notification.objects.get(membre=elue).vue_le
    ended(rencontre, timedelta(hours=49))
    for _ in range(2):
        menage()
    assert told(elue) == ["rendu"]
    assert told(absente) == ["rendu"]
    assert told(autre) == []
    client.get(rencontre.topic.get_absolute_url())
    assert Notification.objects.get(membre=elue).vue_le


def test_nobody_is_told_of_minutes_that_hold_nothing(
    django_capture_on_commit_callbacks, elue, rencontre
):
    salle.sign(elue, rencontre)
    a_note(elue, rencontre)
    for ago in (timedelta(minutes=5), timedelta(hours=49)):
        ended(rencontre, ago)
        with django_capture_on_commit_callbacks(execute=True):
            call_command("menage")
    assert told(elue) == []


# --- Cost


def test_pages_cost_as_many_queries_whatever_the_number_of_people_and_notes(
    client, espace, elue, rencontre, queries
):
    salle.sign(elue, rencontre)
    for number in range(2):
        a_note(elue, rencontre, f"Note {number}", BESOIN)
    client.force_login(elue)
    pages = [page_of(rencontre), page_of(rencontre, "presents")]
    before = [queries(page) for page in pages]
    assert max(before) <= 12
    for number in range(9):
        salle.sign(entered(un_membre("elus"), espace), rencontre)
        a_note(elue, rencontre, f"Autre {number}", BESOIN)
    assert [queries(page) for page in pages] == before
    ended(rencontre, timedelta(days=3))
    page = rencontre.topic.get_absolute_url()
    few = queries(page)
    for number in range(9):
        NoteDeRencontre.objects.create(rencontre=rencontre, texte=f"{number}", suite=RESTE_ICI)
    assert queries(page) == few
    assert few <= 13
