"""A part is public only with the standing yes, to that very text, of all whom it draws on."""

from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
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

from communaute import conversation, mise_en_commun, promesse
from communaute.conversation import Conflict
from communaute.forum_conversation.models import Promesse, Topic
from communaute.models import Accord, Membre, Nomination, Passage, VersionPassage
from communaute.models.echanges import DRAWN_ON
from tests.factories import EspaceFactory, entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db

NOM, SANS_NOM, REFORMULE, NON = Accord.Reponse
PEOPLE = ("nadia", "omar", "lea", "anna")
REFUSED = (PermissionDenied, ObjectDoesNotExist, Conflict)
HANDED_OVER = []
people, which = st.sampled_from(PEOPLE), st.integers(0, 9)


class MisesEnCommun(RuleBasedStateMachine):
    """What people do with one, beside a model: who stands by which text."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        espace = EspaceFactory(slug="elus", college="elus")
        self.person = {
            name: entered(un_membre("elus", membre__first_name=name), espace) for name in PEOPLE
        }
        espace.nominations.create(membre=self.person["anna"], role=Nomination.Role.ANIMATION)
        self.topic = un_sujet(espace, self.person["nadia"])
        self.posts = [self.topic.first_post]
        self.posts += [
            conversation.reply(self.person[name], self.topic, "Moi aussi.")
            for name in ("omar", "lea", "omar")
        ]
        Topic.objects.filter(pk=self.topic.pk).update(promesse=Promesse.A_PARTAGER)
        self.topic.refresh_from_db()
        self.texts, self.authors, self.yes, self.gone = 0, {}, set(), set()
        self.mise = mise_en_commun.propose(
            self.person["omar"], self.topic, "Un titre", "D’où cela vient.", self.posts
        )
        mise_en_commun.add(self.person["omar"], self.mise, self.part([1, 2]))
        self.authors["D’où cela vient."] = {self.person["omar"].pk}

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def part(self, numbers):
        """A part with a text that no other has, that draws on these messages."""
        self.texts += 1
        sources = [self.posts[number % len(self.posts)] for number in set(numbers)]
        sources = list({post.pk: post for post in sources}.values())
        text = f"Texte {'i' * self.texts}"
        self.authors[text] = {post.poster_id for post in sources}
        return {"texte": text, "est_citation": False, "sources": sources}

    def passage(self, number):
        passages = list(Passage.objects.filter(mise_en_commun=self.mise))
        return passages[number % len(passages)]

    def attempt(self, act, *arguments, **options):
        """Do it as far as it is allowed; whether it was."""
        try:
            with transaction.atomic():
                act(*arguments, **options)
        except REFUSED:
            return False
        return True

    def member(self, name):
        return Membre.objects.get(pk=self.person[name].pk)

    @rule(name=people, numbers=st.lists(which, max_size=3))
    def add(self, name, numbers):
        self.attempt(mise_en_commun.add, self.member(name), self.mise, self.said(name, numbers))

    @rule(name=people, number=which, numbers=st.lists(which, max_size=3))
    def change(self, name, number, numbers):
        passage = self.passage(number)
        said = self.said(name, numbers)
        if not numbers and passage.derniere.de:
            self.authors[said["texte"]] = {passage.derniere.de_id}
        self.attempt(mise_en_commun.change, self.member(name), passage, said, base=passage.numero)

    def said(self, name, numbers):
        said = self.part(numbers)
        if not numbers:
            self.authors[said["texte"]] = {self.person[name].pk}
        return said

    @rule(name=st.sampled_from(("omar", "anna", "lea")))
    def ask(self, name):
        self.attempt(mise_en_commun.ask, self.member(name), self.mise)

    @rule(number=which, reponse=st.sampled_from(Accord.Reponse))
    def answer_when_it_is_too_late_or_not(self, number, reponse):
        accords = list(Accord.objects.order_by("pk").select_related("version"))
        if accords:
            self.says(accords[number % len(accords)], reponse)

    @rule(number=which, reponse=st.sampled_from(Accord.Reponse))
    def answer(self, number, reponse):
        if asked := self.awaited():
            self.says(asked[number % len(asked)], reponse)

    @rule(but=st.one_of(st.none(), st.none(), which), reponse=st.sampled_from([REFORMULE, NON]))
    def all_say_yes_but_one_perhaps(self, but, reponse):
        self.attempt(mise_en_commun.ask, self.member("omar"), self.mise)
        for number, accord in enumerate(self.awaited()):
            self.says(accord, reponse if number == but else SANS_NOM)
        if but is None:
            self.is_handed_over_by("anna")

    def awaited(self):
        awaited = Accord.objects.filter(version__in=VersionPassage.objects.asked(), reponse="")
        return list(awaited.select_related("version").order_by("pk"))

    def says(self, accord, reponse):
        author, text, reworded = accord.membre_id, accord.version.texte, ""
        if reponse == REFORMULE:
            self.texts += 1
            reworded = f"Texte {'i' * self.texts}"
            self.authors[reworded] = self.authors[text]
        membre = Membre.objects.get(pk=author)
        if self.attempt(mise_en_commun.answer, membre, accord, reponse, reworded):
            self.yes.discard((author, text))
            if reworded:
                self.yes.add((author, reworded))
            elif reponse != NON:
                self.yes.add((author, text))

    @precondition(lambda self: self.yes)
    @rule(name=people, number=which)
    def withdraw(self, name, number):
        given = list(Accord.objects.filter(membre=self.person[name]).given())
        if given:
            accord = given[number % len(given)]
            if self.attempt(mise_en_commun.withdraw, self.member(name), accord):
                self.yes.discard((accord.membre_id, accord.version.texte))

    @rule(name=people, number=which)
    def take_out(self, name, number):
        self.attempt(mise_en_commun.take_out, self.member(name), self.passage(number))

    @precondition(lambda self: self.texts > 5)
    @rule(number=which)
    def withdraw_a_message(self, number):
        post = self.posts[number % len(self.posts)]
        if self.attempt(conversation.withdraw, self.member_of(post), post):
            self.gone.add(post.pk)

    def member_of(self, post):
        return Membre.objects.get(pk=post.poster_id)

    @precondition(lambda self: self.texts > 8)
    @rule(name=people)
    def leave(self, name):
        Membre.objects.filter(pk=self.person[name].pk).update(is_active=False)
        self.yes = {(author, text) for author, text in self.yes if author != self.person[name].pk}

    @rule()
    def two_weeks_pass(self):
        asked = VersionPassage.objects.asked()
        asked.update(demandee_le=timezone.now() - timedelta(days=14))
        mise_en_commun.resolve_due()

    @precondition(lambda self: self.texts > 10)
    @rule(name=people)
    def tighten(self, name):
        self.attempt(promesse.tighten, self.member(name), self.topic, Promesse.RESTE_ICI)

    @rule(name=st.sampled_from(("omar", "anna", "anna")))
    def hand_over(self, name):
        self.is_handed_over_by(name)

    def is_handed_over_by(self, name):
        if self.attempt(mise_en_commun.hand_over, self.member(name), self.mise):
            assert name == "anna"
            assert set(self.mise.passages.filter(retire_le=None)) == set(Passage.objects.public())
            assert Topic.objects.get(pk=self.topic.pk).promesse in DRAWN_ON
            HANDED_OVER.append(self.mise.pk)

    @rule(number=which)
    def reword_from_its_page(self, number):
        passage = self.passage(number)
        self.texts += 1
        text = f"Texte {'i' * self.texts}"
        self.authors[text] = self.authors[passage.derniere.texte]
        act, editor = mise_en_commun.reword_and_ask, self.person["lea"]
        self.attempt(act, editor, passage, passage.derniere.titre, text, base=passage.numero)

    @invariant()
    def what_may_be_public_has_every_yes_to_that_text(self):
        for passage in Passage.objects.standing().select_related("accorde"):
            version = passage.accorde
            assert {(author, version.texte) for author in self.authors[version.texte]} <= self.yes
            assert not self.gone.intersection(version.sources.values_list("pk", flat=True))


def test_no_text_may_be_public_without_everyones_yes_whatever_happens_in_whatever_order():
    run_state_machine_as_test(
        MisesEnCommun,
        settings=settings(
            max_examples=20,
            stateful_step_count=50,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert HANDED_OVER
