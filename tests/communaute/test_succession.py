"""A seat passes on: its successor reads what is opened from then on, or all that the space opens to them."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from communaute import conversation, promesse
from communaute.forum_conversation.models import Post, Topic
from communaute.models import (
    Acte,
    ActeModeration,
    Brouillon,
    Cohorte,
    DemandePromesse,
    Espace,
    Membre,
    Niveau,
    Siege,
    Suivi,
    rights_of,
)
from pages.groupes import ANIMATION
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    SiegeFactory,
    TerritoireFactory,
    entered,
    in_group,
    un_allie,
    un_membre,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
YESTERDAY = TODAY - timedelta(days=1)


def a_successor(days_ago=5, **seat):
    """Who holds, since then, the seat that somebody else held until the day before."""
    arrival = TODAY - timedelta(days=days_ago)
    before = SiegeFactory(debut=arrival - timedelta(days=300), fonction="Maire", **seat)
    return before.pass_on(
        MembreFactory(), "Maire", fin=arrival - timedelta(days=1), debut=arrival
    ).membre


def ago(days):
    return timezone.now() - timedelta(days=days)


@pytest.fixture
def espace():
    return EspaceFactory(slug="elus", college="elus")


@pytest.fixture
def older(espace):
    return a_topic(espace, 9, "Avant son arrivée")


@pytest.fixture
def newer(espace):
    return a_topic(espace, 2, "Après son arrivée")


def a_topic(espace, days, subject):
    author = entered(SiegeFactory(debut=TODAY - timedelta(days=400)).membre, espace)
    return conversation.start_topic(author, espace, subject, f"{subject}, dit.", ago(days))


def opened(espace, is_open=True):
    espace.open_to_successors(is_open)
    espace.save()
    return espace


def test_a_successor_reads_what_was_opened_from_their_arrival_on(espace, older, newer):
    successor = entered(a_successor(), espace)
    assert Topic.objects.readable_by(successor).get() == newer
    assert Post.objects.readable_by(successor).get() == newer.posts.get()


def test_who_holds_a_seat_that_nobody_held_before_reads_all(espace, older, newer):
    assert set(Topic.objects.readable_by(entered(un_membre("elus"), espace))) == {older, newer}


def test_a_topic_opened_on_the_day_of_arrival_is_read(espace):
    topic = a_topic(espace, 5, "Le jour même")
    successor = entered(a_successor(5), espace)
    assert Topic.objects.readable_by(successor).get() == topic
    assert successor in topic.readers()


def test_a_late_answer_in_an_older_topic_is_not_read(espace, older):
    conversation.reply(older.poster, older, "Répondu hier.", ago(1))
    successor = entered(a_successor(), espace)
    assert not Topic.objects.readable_by(successor).exists()
    assert not Post.objects.readable_by(successor).exists()


def test_a_space_may_open_what_came_before_and_close_it_again(espace, older, newer):
    successor = entered(a_successor(), opened(espace))
    assert set(Topic.objects.readable_by(successor)) == {older, newer}
    opened(espace, is_open=False)
    assert Topic.objects.readable_by(entered(successor)).get() == newer
    assert espace.anterieur_ouvert_le == espace.anterieur_ferme_le == TODAY


@pytest.mark.parametrize("role", ["animation", "lecture"])
def test_who_is_named_besides_reads_all(role, espace, older, newer):
    successor = a_successor()
    espace.nominate(role, [successor])
    assert set(Topic.objects.readable_by(entered(successor, espace))) == {older, newer}


def test_who_holds_another_seat_of_their_own_reads_all(espace, older, newer):
    successor = a_successor()
    SiegeFactory(membre=successor, college="elus")
    assert set(Topic.objects.readable_by(entered(successor, espace))) == {older, newer}


def test_another_seat_of_their_own_elsewhere_opens_nothing_more(espace, older, newer):
    successor = a_successor()
    SiegeFactory(membre=successor, college="agents")
    SiegeFactory(membre=successor, college="elus", debut=TODAY - timedelta(days=9), fin=YESTERDAY)
    assert Topic.objects.readable_by(entered(successor, espace)).get() == newer


def test_who_succeeds_to_two_seats_reads_from_the_earliest_on(espace, newer):
    successor = a_successor(5)
    arrival = TODAY - timedelta(days=30)
    before = SiegeFactory(debut=TODAY - timedelta(days=300))
    before.pass_on(successor, "Maire", fin=arrival - timedelta(days=1), debut=arrival)
    between = a_topic(espace, 20, "Entre les deux")
    successor = entered(successor, espace)
    assert set(Topic.objects.readable_by(successor)) == {between, newer}


@pytest.mark.parametrize("audience", ["tous", "delegation"])
def test_it_holds_in_every_space_that_the_seat_opens(audience):
    territoire = TerritoireFactory()
    where = territoire if audience == "delegation" else None
    espace = EspaceFactory(audience=audience, college="", territoire=where)
    author = entered(un_membre("agents", territoire=territoire), espace)
    older, newer = (
        conversation.start_topic(author, espace, "Titre", "Dit.", ago(days)) for days in (9, 2)
    )
    successor = entered(a_successor(territoire=territoire), espace)
    assert Topic.objects.readable_by(successor).get() == newer
    assert older.readers().count() == 1
    assert espace.count_readers(opened=older.opened_on) == 1
    assert espace.count_readers(opened=newer.opened_on) == newer.readers().count() == 2


def test_an_ally_succeeds_too():
    espace = EspaceFactory(audience=Espace.Audience.TOUS, college="")
    seat = un_allie().sieges.get()
    seat.debut = TODAY - timedelta(days=30)
    seat.save()
    after = seat.pass_on(MembreFactory(), "Consultant", fin=YESTERDAY, debut=TODAY)
    assert after.allie == seat.allie
    assert rights_of(after.membre).since.keys() == {espace.pk}


def test_the_readers_shown_are_those_who_read_each_topic(espace, older, newer):
    others = [a_successor(days) for days in (1, 5, 20)]
    others += [un_membre("elus"), un_membre("agents")]
    for membre in others:
        espace.charte.accept(membre)
    for is_open in (False, True):
        opened(espace, is_open)
        for topic in Topic.objects.filter(forum=espace.forum).select_related("forum__espace"):
            reading = {m for m in Membre.objects.all() if topic in Topic.objects.readable_by(m)}
            assert set(topic.readers()) == reading
            assert espace.count_readers(opened=topic.opened_on) == len(reading)
            reader = next(iter(reading))
            assert topic.around_for(reader).readers_count == len(reading)


def test_nobody_is_led_to_the_charter_by_an_older_topic(client, espace, older, newer):
    client.force_login(a_successor())
    assert client.get(older.get_absolute_url()).status_code == 404
    assert client.get(newer.get_absolute_url()).status_code == 302


def test_only_who_reads_a_topic_is_suggested_or_marked_in_it(client, espace, older):
    successor = a_successor()
    Membre.objects.filter(pk=successor.pk).update(first_name="Zoé", last_name="Zapata")
    espace.charte.accept(successor)
    client.force_login(older.poster)

    def names(topic):
        return client.get(f"{topic.get_absolute_url()}mentions/?q=zo").json()["noms"]

    assert names(older) == []
    client.post(older.get_absolute_url(), {"content": "Et @Zoé Zapata ?"})
    assert not older.posts.last().mentions.exists()
    newer = a_topic(espace, 1, "Après")
    assert [name["nom"] for name in names(newer)] == ["Zoé Zapata"]
    client.post(newer.get_absolute_url(), {"content": "Et @Zoé Zapata ?"})
    assert newer.posts.last().mentions.get().membre == successor


def test_what_one_followed_and_was_writing_in_an_older_topic_is_out_of_reach(espace, older):
    successor = entered(a_successor(), espace)
    Suivi.objects.create(membre=successor, topic=older, niveau=Niveau.TOUT)
    Brouillon.objects.create(membre=successor, topic=older)
    assert not Suivi.objects.readable_by(successor).exists()
    assert not Brouillon.objects.readable_by(successor).exists()


def test_exceptional_readings_of_older_topics_are_told_to_who_reads_these(espace, older, newer):
    cohorte = Cohorte.load()
    cohorte.referent = MembreFactory()
    cohorte.save()
    for topic in (older, newer):
        ActeModeration.objects.create(
            espace=espace, acte=Acte.LIRE, par=cohorte.referent, post=topic.posts.get(), motif="Vu"
        )
    successor = entered(a_successor(), espace)
    told = ActeModeration.objects.readable_by(successor)
    assert told.get().post.topic == newer
    assert ActeModeration.objects.readable_by(entered(older.poster)).count() == 2


def test_the_page_says_who_reads_this_topic_and_no_other(client, espace, older, newer):
    successor = a_successor()
    client.force_login(entered(older.poster, espace))
    for topic, count, shown in ((older, 2, False), (newer, 3, True)):
        page = client.get(topic.get_absolute_url()).content.decode()
        assert f"<strong>{count} personnes</strong> peuvent lire ce sujet" in page
        named = client.get(f"{topic.get_absolute_url()}lecteurs/").content.decode()
        assert f"{count} personnes, et personne d’autre" in named
        assert (str(successor) in named) == shown


def test_the_readers_of_a_space_see_from_when_a_successor_reads(client, espace):
    successor = a_successor()
    client.force_login(successor)
    address = f"{espace.get_absolute_url()}lecteurs/"
    assert "lit les sujets ouverts depuis le" in client.get(address).content.decode()
    opened(espace)
    page = client.get(address).content.decode()
    assert "lit les sujets ouverts depuis le" not in page
    assert "lit aussi ce qui s’est dit ici avant son arrivée" in page
    client.force_login(entered(successor, espace))
    assert "avant son arrivée" in client.get(espace.get_absolute_url()).content.decode()
    opened(espace, is_open=False)
    assert "Ce n’est plus le cas" in client.get(address).content.decode()


def test_my_spaces_do_not_tell_a_successor_that_anything_was_said_before(client, espace):
    client.force_login(entered(a_successor(), espace))
    author = entered(un_membre("elus"), espace)

    def shown():
        return (
            client.get("/communaute/").content.decode().partition("</nav>")[2].partition("<main")[2]
        )

    before = shown()
    topic = conversation.start_topic(author, espace, "Avant", "Dit.", ago(9))
    conversation.reply(author, topic, "Répondu.", ago(1))
    assert shown() == before
    a_topic(espace, 1, "Après")
    assert "1 sujet non lu" in shown()


def test_a_looser_promise_does_not_wait_for_who_cannot_read_the_topic(espace, older):
    successor = entered(a_successor(), espace)
    with pytest.raises(Topic.DoesNotExist):
        promesse.ask(successor, older, "a_partager")
    promesse.ask(older.poster, older, "a_partager")
    assert DemandePromesse.objects.get().obtenue


def test_a_topic_moves_only_where_no_newcomer_would_read_it(client, espace, older):
    there = EspaceFactory(college="elus")
    animatrice = entered(MembreFactory(), espace)
    for one in (espace, there):
        one.nominate("animation", [animatrice])
        one.charte.accept(animatrice)
    a_successor()
    opened(there)
    client.force_login(animatrice)
    page = client.get(f"{older.get_absolute_url()}deplacer/").content.decode()
    assert "Une personne y lit qui ne peut pas lire" in page
    opened(there, is_open=False)
    page = client.get(f"{older.get_absolute_url()}deplacer/").content.decode()
    assert "Une personne y lit" not in page


@pytest.mark.parametrize(
    "wrong",
    [{"debut": YESTERDAY}, {"fin": None}, {"fin": TODAY + timedelta(days=3)}],
    ids=["overlaps", "never ends", "ends later"],
)
def test_two_seats_that_succeed_each_other_do_not_overlap(wrong):
    seat = SiegeFactory(debut=TODAY - timedelta(days=30))
    when = {"fin": YESTERDAY, "debut": TODAY, **wrong}
    with pytest.raises(ValidationError):
        seat.pass_on(MembreFactory(), "Maire", **when)
    seat.refresh_from_db()
    assert seat.fin is None


def test_a_seat_passes_to_another_person_and_once():
    seat = SiegeFactory(debut=TODAY - timedelta(days=30))
    with pytest.raises(ValidationError):
        seat.pass_on(seat.membre, "Maire", fin=YESTERDAY, debut=TODAY)
    seat.pass_on(MembreFactory(), "Maire", fin=YESTERDAY, debut=TODAY)
    with pytest.raises(ValidationError):
        seat.pass_on(MembreFactory(), "Maire", fin=YESTERDAY, debut=TODAY)


# --- In the back office


@pytest.fixture
def administration(client, tree):
    client.force_login(MembreFactory(is_superuser=True))
    return client


def test_an_administrator_passes_a_seat_in_one_act_that_is_logged(administration):
    seat = SiegeFactory(debut=TODAY - timedelta(days=30), territoire=TerritoireFactory())
    successor = MembreFactory()
    address = reverse("siege:passer", args=[seat.pk])
    assert address in administration.get(reverse("siege:index")).content.decode()
    page = BeautifulSoup(administration.get(address).content, "html.parser")
    words = " ".join(page.main.get_text(" ").split())
    assert page.select_one("#header-title").get_text(strip=True) == (
        f"Passer le siège de {seat.membre}"
    )
    assert "ne lira plus les espaces de ce siège après son dernier jour" in words
    assert page.select_one("footer button").get_text(strip=True) == "Passer le siège"
    data = {"fin": YESTERDAY, "debut": TODAY, "membre": successor.pk, "fonction": "Adjointe"}
    response = administration.post(address, data, follow=True)
    assert f"Le siège est passé à {successor}" in response.content.decode()
    after = successor.sieges.get()
    assert (after.succede_a, after.territoire, after.fonction) == (
        seat,
        seat.territoire,
        "Adjointe",
    )
    seat.refresh_from_db()
    assert seat.fin == YESTERDAY
    logged = ModelLogEntry.objects.values_list("action", "object_id")
    assert {("siege.passer", str(seat.pk)), ("wagtail.create", str(after.pk))} <= set(logged)
    assert address not in administration.get(reverse("siege:index")).content.decode()
    assert "déjà passé" in administration.get(address, follow=True).content.decode()


def test_a_seat_that_cannot_pass_so_says_why_and_stays(administration):
    seat = SiegeFactory(debut=TODAY - timedelta(days=30))
    address = reverse("siege:passer", args=[seat.pk])
    data = {"fin": TODAY, "debut": TODAY, "membre": MembreFactory().pk, "fonction": "Maire"}
    response = administration.post(address, data)
    assert "finit la veille au plus tard" in response.content.decode()
    response = administration.post(address, {**data, "fin": YESTERDAY, "membre": seat.membre.pk})
    assert "Un siège passe à une autre personne" in response.content.decode()
    assert Siege.objects.get().fin is None


def test_a_seat_that_was_passed_on_does_not_last_into_the_next_one(administration):
    seat = a_successor().sieges.get().succede_a
    data = {"fonction": "Maire", "fin": ""}
    response = administration.post(reverse("siege:edit", args=[seat.pk]), data)
    assert "Ce siège est passé à" in response.content.decode()
    seat.refresh_from_db()
    assert seat.fin is not None


def test_only_who_may_change_seats_passes_one(client, tree):
    seat = SiegeFactory()
    client.force_login(in_group(ANIMATION))
    assert client.get(reverse("siege:passer", args=[seat.pk])).status_code != 200


def test_an_administrator_opens_what_came_before_and_closes_it_and_both_are_logged(
    administration, espace
):
    address = reverse("espace:edit", args=[espace.pk])
    data = {"nom": espace.nom, "objet": "Parler", "slug": "elus", "charte": espace.charte.texte}
    for anterieur, action in (("on", "espace.ouvrir"), ("", "espace.refermer")):
        administration.post(address, {**data, "anterieur": anterieur})
        espace.refresh_from_db()
        assert espace.is_open_to_successors == bool(anterieur)
        assert ModelLogEntry.objects.filter(action=action, object_id=espace.pk).count() == 1
    administration.post(address, data)
    assert ModelLogEntry.objects.filter(action__startswith="espace.").count() == 2
