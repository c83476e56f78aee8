"""Seats that a meeting keeps for a collège or a territory: who may have one, who waits, until when."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from communaute import rencontres
from communaute.models import Presence, Rencontre, Siege
from communaute.places import RESERVED_UNTIL
from tests.communaute.test_rencontres import FORM, again, coming, moved, of, said_by, une_rencontre
from tests.factories import EspaceFactory, TerritoireFactory, entered, un_allie, un_membre

pytestmark = pytest.mark.django_db
OUI, _, NON = Presence.Reponse


@pytest.fixture
def commun(db):
    """A space where several collèges speak."""
    return EspaceFactory(slug="tronc-commun", nom="Tronc commun", audience="tous", college="")


def one(espace, college="elus", **siege):
    return entered(un_membre(college, **siege), espace)


def kept(**places):
    return [{"college": college, "places": number} for college, number in places.items()]


def held(territoire, places):
    return {"territoire": territoire.pk, "nom": territoire.nom, "places": places}


def offered(rencontre):
    here = Presence.objects.filter(rencontre=rencontre).offered()
    return list(here.values_list("membre", flat=True))


def come(rencontre, *membres):
    for membre in membres:
        rencontres.answer(membre, rencontre, OUI)


def draws_near(rencontre):
    debut = timezone.now() + RESERVED_UNTIL
    Rencontre.objects.filter(pk=rencontre.pk).update(debut=debut, fin=debut + timedelta(hours=2))


# --- Who may have a seat


def test_a_seat_that_is_kept_for_a_college_waits_for_one_of_it(commun):
    first, second, third = (one(commun) for _ in range(3))
    agent, other = one(commun, "agents"), one(commun, "agents")
    rencontre = une_rencontre(commun, first, capacite=3, reservees=kept(agents=1))
    come(rencontre, first, second, third)
    assert coming(rencontre) == {first.pk, second.pk}
    come(rencontre, agent, other)
    assert coming(rencontre) == {first.pk, second.pk, agent.pk}
    assert [said_by(m, rencontre).attend_depuis is None for m in (third, other)] == [False, False]


def test_who_waits_is_passed_over_by_who_a_seat_is_kept_for_and_comes_first_for_the_others(commun):
    first, second, third = (one(commun) for _ in range(3))
    agent = one(commun, "agents")
    rencontre = une_rencontre(commun, first, capacite=2, reservees=kept(agents=1))
    come(rencontre, first, second, third, agent)
    rencontres.answer(agent, rencontre, NON)
    assert offered(rencontre) == []
    rencontres.answer(first, rencontre, NON)
    assert offered(rencontre) == [second.pk]


def test_one_counts_for_the_seat_one_speaks_from_and_an_ally_for_no_college(commun):
    elue, ally = one(commun), entered(un_allie(), commun)
    rencontre = une_rencontre(commun, elue, capacite=1, reservees=kept(agents=1))
    come(rencontre, ally, elue)
    assert coming(rencontre) == set()
    late = timezone.localdate() - timedelta(days=9)
    Siege.objects.create(membre=elue, college="agents", fonction="Directrice", debut=late)
    rencontres.answer(elue, rencontre, NON)
    come(rencontre, elue)
    assert coming(rencontre) == set()
    elue.sieges.filter(college="elus").update(debut=late - timedelta(days=9))
    rencontres.answer(elue, rencontre, NON)
    come(rencontre, elue)
    assert coming(rencontre) == {elue.pk}


def test_seats_are_kept_by_territory_too(espace):
    here, there = TerritoireFactory(), TerritoireFactory()
    first, second = one(espace, territoire=here), one(espace, territoire=here)
    third = one(espace, territoire=there)
    said = [held(there, 1)]
    rencontre = une_rencontre(espace, first, capacite=2, reservees=said)
    come(rencontre, first, second, third)
    assert coming(rencontre) == {first.pk, third.pk}


def test_three_days_before_what_is_left_of_them_goes_to_who_waits(commun):
    first, second, third = (one(commun) for _ in range(3))
    rencontre = une_rencontre(commun, first, capacite=2, reservees=kept(agents=1))
    come(rencontre, first, second)
    call_command("menage")
    assert offered(rencontre) == []
    draws_near(rencontre)
    # Whoever asks then does not pass before who waits.
    come(rencontre, third)
    assert offered(rencontre) == [second.pk]
    assert coming(rencontre) == {first.pk}


def test_seats_that_are_kept_no_more_are_offered(commun):
    first, second = one(commun), one(commun)
    rencontre = une_rencontre(commun, first, capacite=2, reservees=kept(agents=1))
    come(rencontre, first, second)
    rencontres.change(first, rencontre, moved(rencontre, reservees=[]), base=0)
    assert offered(rencontre) == [second.pk]


def test_seats_kept_when_too_few_are_left_go_to_those_who_are_meant_all_the_same(commun):
    first, second = one(commun), one(commun)
    agent, state = one(commun, "agents"), one(commun, "etat")
    rencontre = une_rencontre(commun, first, capacite=3)
    come(rencontre, first, second)
    said = moved(rencontre, reservees=kept(agents=1, etat=1))
    rencontres.change(first, rencontre, said, base=0)
    come(again(rencontre), state, agent)
    assert coming(rencontre) == {first.pk, second.pk, state.pk}


# --- Saying so


def seats_line(read, rencontre):
    shown = read(rencontre.topic.get_absolute_url()).select_one("#rencontre").get_text(" ")
    return " ".join(shown.replace("\N{NO-BREAK SPACE}", " ").split())


def test_the_page_says_how_many_seats_are_left_and_for_whom_some_are_kept(client, commun, read):
    first, second, agent = one(commun), one(commun), one(commun, "agents")
    said = kept(agents=2, etat=1)
    rencontre = une_rencontre(commun, first, capacite=4, reservees=said)
    client.force_login(second)
    line = seats_line(read, rencontre)
    assert (
        "Il reste 4 places, dont 2 gardées pour les agent·es des collectivités, 1 pour les agent·es de "
        "l’État. Ce qu’il en reste le "
    ) in line
    assert "ira à tout le monde." in line
    come(rencontre, first, agent)
    assert "Il reste 2 places, dont 1 gardée pour les agent·es des" in seats_line(read, rencontre)
    answer = client.post(f"{of(rencontre)}venir/", {"reponse": "oui"}, follow=True)
    assert "Vous êtes sur la liste d’attente" in answer.content.decode()
    draws_near(rencontre)
    assert "Il reste 2 places." in seats_line(read, rencontre)
    Rencontre.objects.update(capacite=2)
    assert "Toutes les places sont prises" in seats_line(read, rencontre)


def test_a_page_costs_as_many_queries_whatever_is_kept_of_its_seats(client, espace, elue, queries):
    here, *others = [TerritoireFactory() for _ in range(6)]
    said = [held(here, 1)]
    rencontre = une_rencontre(espace, elue, capacite=60, reservees=said)
    client.force_login(elue)
    page = rencontre.topic.get_absolute_url()
    before = queries(page)
    assert before <= 12
    said += [held(other, 2) for other in others]
    Rencontre.objects.update(reservees=said)
    come(rencontre, *(one(espace, territoire=other) for other in others))
    assert queries(page) == before


SEATS = {"capacite": "6", "reservees": "2 élus\n3 places pour les Agent·es de l’État"}


def test_seats_are_kept_in_the_form_that_proposes_a_meeting_and_in_the_one_that_changes_it(
    client, espace, elue, read
):
    tarn = TerritoireFactory(nom="Pays de Tarn")
    client.force_login(elue)
    client.post(f"{espace.get_absolute_url()}nouveau-sujet/", FORM | SEATS)
    rencontre = Rencontre.objects.get()
    assert rencontre.reservees == [
        {"college": "elus", "places": 2},
        {"college": "etat", "places": 3},
    ]
    address = f"{of(rencontre)}modifier/"
    shown = read(address).select_one("[name=reservees]").get_text().strip()
    assert shown == "2 Élu·es\n3 Agent·es de l’État"
    sent = FORM | {"base": "0", "capacite": "6"}
    assert client.post(address, sent | {"reservees": shown}).status_code == 302
    assert again(rencontre).revision == 0
    client.post(address, sent | {"reservees": "4 PAYS DE TARN"})
    assert again(rencontre).reservees == [held(tarn, 4)]
    assert read(address).select_one("[name=reservees]").get_text().strip() == "4 Pays de Tarn"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"reservees": "4 élus\n3 agents"}, "Vous gardez 7 places, et il y en a 6 en tout"),
        ({"capacite": ""}, "Dites combien de places il y a, puisque vous en gardez."),
        ({"reservees": "2 marsouins"}, "« marsouins » n’est ni un collège ni un territoire"),
        ({"reservees": "2 élus\n1 Élu·es"}, "Un groupe est écrit deux fois"),
        ({"reservees": "2 élus\n1 Pays de Tarn"}, "par collège ou par territoire, pas les deux"),
        ({"reservees": "élus"}, "Une ligne ne commence pas par un nombre de places : « élus »"),
        ({"reservees": "0 élus"}, "Une ligne ne commence pas par un nombre de places"),
        ({"reservees": "99999 élus"}, "Une ligne ne commence pas par un nombre de places"),
    ],
)
def test_seats_that_cannot_be_kept_are_refused_and_what_was_typed_comes_back(
    wrong, message, client, espace, elue, read
):
    TerritoireFactory(nom="Pays de Tarn")
    client.force_login(elue)
    sent = FORM | SEATS | wrong
    answer = client.post(f"{espace.get_absolute_url()}nouveau-sujet/", sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert message in page.replace("\N{NO-BREAK SPACE}", " ")
    assert sent["reservees"].splitlines()[0] in page
    assert not Rencontre.objects.exists()


# --- Whatever happens, in whatever order

NAMES = ("a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2")
TAKEN = Counter()
names = st.sampled_from(NAMES)


class Seats(RuleBasedStateMachine):
    """A meeting beside a slow model of it: who has a seat, to whom one is offered, who waits, in turn."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        espace = EspaceFactory()
        self.territoires = {"a": TerritoireFactory(), "b": TerritoireFactory(), "c": None}
        self.person = {name: one(espace, territoire=self.territoires[name[0]]) for name in NAMES}
        self.group = {name: name[0] for name in NAMES}
        self.kept, self.capacite, self.is_early = {"a": 2, "b": 1}, 4, True
        self.seated, self.offered, self.waiting = set(), set(), []
        self.rencontre = une_rencontre(
            espace, self.person["c1"], capacite=4, reservees=self.reservees
        )
        self.room_for_kept = True

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @property
    def reservees(self):
        return [held(self.territoires[group], places) for group, places in self.kept.items()]

    # The model: as slow and plain as it can be.

    def owed(self, group):
        if not self.is_early:
            return 0
        taken = [name for name in self.seated | self.offered if self.group[name] == group]
        return max(self.kept.get(group, 0) - len(taken), 0)

    def is_free_for(self, name):
        left_after = self.capacite - len(self.seated | self.offered) - 1
        mine = self.group[name]
        others = 0 if self.owed(mine) else sum(self.owed(one) for one in "ab" if one != mine)
        return left_after >= others

    def offer(self):
        while found := next(filter(self.is_free_for, self.waiting), None):
            self.waiting.remove(found)
            self.offered.add(found)

    def leave(self, name):
        self.seated.discard(name)
        self.offered.discard(name)
        self.waiting = [other for other in self.waiting if other != name]

    # What happens, to both.

    @rule(name=names)
    def come(self, name):
        rencontres.answer(self.person[name], self.rencontre, OUI)
        if name in self.offered:
            self.leave(name)
            self.seated.add(name)
        elif name not in self.seated and name not in self.waiting:
            self.offer()
            if self.is_free_for(name):
                self.seated.add(name)
                TAKEN[self.group[name], self.is_early] += 1
            else:
                self.waiting.append(name)
        self.offer()

    @rule(name=names)
    def decline(self, name):
        rencontres.answer(self.person[name], self.rencontre, NON)
        self.leave(name)
        self.offer()

    @precondition(lambda self: self.offered)
    @rule(number=st.integers(0, 7))
    def let_an_offer_pass(self, number):
        name = sorted(self.offered)[number % len(self.offered)]
        late = Presence.objects.filter(membre=self.person[name])
        late.update(offerte_jusqua=timezone.now())
        rencontres.keep_up()
        self.leave(name)
        self.offer()

    @rule(capacite=st.integers(1, 6), a=st.integers(0, 3), b=st.integers(0, 3))
    def change_the_seats(self, capacite, a, b):
        kept = {group: places for group, places in (("a", a), ("b", b)) if places}
        if sum(kept.values()) > capacite:
            return
        self.kept, self.capacite = kept, capacite
        rencontre = again(self.rencontre)
        said = moved(rencontre, capacite=capacite, reservees=self.reservees)
        rencontres.change(self.person["c1"], rencontre, said, base=rencontre.revision)
        if said != moved(rencontre):
            self.offer()
        self.room_for_kept = self.has_room()

    @rule(name=st.sampled_from(NAMES[:6]), group=st.sampled_from("abc"))
    def speak_for_another_territory(self, name, group):
        self.person[name].sieges.update(territoire=self.territoires[group])
        self.group[name] = group
        self.room_for_kept = self.has_room()

    @precondition(lambda self: self.is_early)
    @rule(really=st.integers(0, 9))
    def draw_near(self, really):
        if not really:
            draws_near(self.rencontre)
            self.is_early = False

    @rule()
    def keep_up(self):
        rencontres.keep_up()
        self.offer()
        assert not [name for name in self.waiting if self.is_free_for(name)]

    def has_room(self):
        """Whether all that is kept can be had yet."""
        taken = len(self.seated | self.offered)
        return taken + sum(self.owed(group) for group in "ab") <= self.capacite

    @invariant()
    def both_say_the_same(self):
        here = Presence.objects.filter(rencontre=self.rencontre)
        waiting = here.waiting().filter(offerte_jusqua=None)
        found = [
            [self.name_of(membre) for membre in rows.values_list("membre", flat=True)]
            for rows in (here.seated(), here.offered(), waiting)
        ]
        assert (set(found[0]), set(found[1]), found[2]) == (
            self.seated,
            self.offered,
            self.waiting,
        )

    @invariant()
    def what_is_kept_stays_there_for_whom_it_is_kept(self):
        assert self.has_room() or not self.room_for_kept

    def name_of(self, membre):
        return next(name for name, person in self.person.items() if person.pk == membre)


def test_no_seat_is_one_too_many_nobody_is_forgotten_and_what_is_kept_is_kept():
    TAKEN.clear()
    run_state_machine_as_test(
        Seats,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert all(TAKEN[group, early] for group in "abc" for early in (True, False))
