"""Whatever happens in whatever order, each reads what a model of a few sets says; also two at once."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from communaute import conversation
from communaute.forum_conversation.models import Post, Topic
from communaute.models import (
    ActeModeration,
    Brouillon,
    Membre,
    PieceJointe,
    Siege,
    Suspension,
)
from tests.confidentialite.lecteur import Lecteur
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    SiegeFactory,
    entered,
    un_membre,
    un_sujet,
)

SPACES = ("elus", "agents")
PEOPLE = ("nadia", "omar", "lea")
spaces, people = st.sampled_from(SPACES), st.sampled_from(PEOPLE)
which = st.integers(0, 9)
YESTERDAY = timezone.localdate() - timedelta(days=1)
LONG_AGO = YESTERDAY - timedelta(days=99)
REFUSED = (PermissionDenied, ObjectDoesNotExist)


class Conversations(RuleBasedStateMachine):
    """What happens in two spaces, beside a model: who reads which space, and which object is where."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.space = {slug: EspaceFactory(slug=slug, college=slug) for slug in SPACES}
        self.person = {name: MembreFactory(first_name=name) for name in PEOPLE}
        self.college, self.named, self.animates = {}, set(), set()
        self.suspended, self.accepted = set(), set()
        self.succeeding, self.older, self.opened = set(), set(), set()
        self.topics, self.posts, self.pieces, self.drafts = {}, {}, {}, {}
        self.turn = itertools.count()

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    # --- The model

    def reads(self, name, slug):
        """Whether the model says that a person reads a space."""
        member = self.college.get(name) == slug or (name, slug) in self.named | self.animates
        return member and (name, slug) in self.accepted - self.suspended

    def reads_topic(self, name, key):
        """Whether they read a topic: a successor, those opened since they arrived."""
        slug = self.topics[key][1]
        reads_all = (name, slug) in self.named | self.animates or slug in self.opened
        came_late = name in self.succeeding and key in self.older
        return self.reads(name, slug) and (reads_all or not came_late)

    def may_read(self, name, key, author, approved):
        """Whether a person reads what ``author`` said in a topic, approved or not."""
        facilitates = (name, self.topics[key][1]) in self.animates
        return self.reads_topic(name, key) and (approved or author == name or facilitates)

    def pick(self, rows, number):
        """One of ``rows`` (a dict), if there is any."""
        return sorted(rows)[number % len(rows)] if rows else None

    # --- What happens

    @rule(name=people, slug=spaces)
    def join(self, name, slug):
        self.person[name].sieges.all().delete()
        Siege.objects.create(membre=self.person[name], college=slug, fonction="Essai")
        self.college[name] = slug
        self.succeeding.discard(name)

    @rule(name=people, slug=spaces)
    def succeed(self, name, slug):
        self.join(name, slug)
        before = SiegeFactory(college=slug, debut=LONG_AGO, fin=YESTERDAY)
        self.person[name].sieges.update(succede_a=before)
        self.succeeding.add(name)

    @rule(slug=spaces)
    def open_to_successors_or_not(self, slug):
        self.opened ^= {slug}
        espace = self.space[slug]
        espace.open_to_successors(slug in self.opened)
        espace.save()

    @rule(number=which)
    def was_opened_before_anyone_arrived(self, number):
        if (key := self.pick(self.topics, number)) is not None:
            Topic.objects.filter(pk=key).update(created=timezone.now() - timedelta(days=3))
            self.older.add(key)

    @rule(name=people)
    def leave(self, name):
        ended = timezone.localdate() - timedelta(days=1)
        self.person[name].sieges.update(debut=ended, fin=ended)
        self.college.pop(name, None)

    @rule(name=people, slug=spaces)
    def accept(self, name, slug):
        self.space[slug].charte.accept(self.person[name])
        self.accepted.add((name, slug))

    @rule(slug=spaces, turn=which)
    def change_the_charter(self, slug, turn):
        self.space[slug].adopt_charte(f"Version {next(self.turn)}")
        self.accepted = {pair for pair in self.accepted if pair[1] != slug}

    @rule(
        name=people, slug=spaces, role=st.sampled_from(["animation", "lecture"]), on=st.booleans()
    )
    def name_or_not(self, name, slug, role, on):
        self.space[slug].nominate(role, [self.person[name]] if on else [])
        held = self.animates if role == "animation" else self.named
        held -= {pair for pair in held if pair[1] == slug}
        if on:
            held.add((name, slug))

    @rule(name=people, slug=spaces)
    def suspend_or_lift(self, name, slug):
        membre, espace = self.person[name], self.space[slug]
        if (name, slug) in self.suspended:
            membre.suspensions.filter(espace=espace).update(levee_le=timezone.now())
        else:
            acte = ActeModeration.objects.create(
                espace=espace, acte="suspendre", par=membre, membre=membre
            )
            Suspension.objects.create(espace=espace, membre=membre, acte=acte)
        self.suspended ^= {(name, slug)}

    @rule(name=people, slug=spaces)
    def open_a_topic(self, name, slug):
        speaks = self.college.get(name) == slug or (name, slug) in self.animates
        try:
            topic = conversation.start_topic(self.person[name], self.space[slug], "Titre", "Dit")
        except REFUSED:
            assert not (speaks and self.reads(name, slug))
        else:
            assert speaks
            assert self.reads(name, slug)
            self.topics[topic.pk] = (name, slug)
            self.posts[Post.objects.get(topic=topic).pk] = (name, topic.pk, True)

    @rule(name=people, number=which, approved=st.booleans())
    def reply(self, name, number, approved):
        if (key := self.pick(self.topics, number)) is None:
            return
        slug = self.topics[key][1]
        speaks = self.college.get(name) == slug or (name, slug) in self.animates
        try:
            post = conversation.reply(self.person[name], Topic.objects.get(pk=key), "Répondu")
        except REFUSED:
            assert not (speaks and self.reads_topic(name, key))
        else:
            assert speaks
            assert self.reads_topic(name, key)
            Post.objects.filter(pk=post.pk).update(approved=approved)
            self.posts[post.pk] = (name, key, approved)

    @rule(number=which)
    def approve(self, number):
        if (key := self.pick(self.posts, number)) is not None:
            Post.objects.filter(pk=key).update(approved=True)
            self.posts[key] = (*self.posts[key][:2], True)

    @rule(name=people, number=which)
    def edit(self, name, number):
        if (key := self.pick(self.posts, number)) is None:
            return
        author, topic, _ = self.posts[key]
        try:
            conversation.edit(self.person[name], Post.objects.get(pk=key), "Changé")
        except REFUSED:
            pass
        else:
            assert name == author
            assert self.reads_topic(name, topic)

    @rule(number=which, slug=spaces)
    def move(self, number, slug):
        if (key := self.pick(self.topics, number)) is not None:
            Topic.objects.filter(pk=key).update(forum=self.space[slug].forum)
            self.topics[key] = (self.topics[key][0], slug)

    @rule(number=which)
    def attach(self, number):
        if (key := self.pick(self.posts, number)) is not None:
            auteur = self.person[self.posts[key][0]]
            piece = PieceJointe(post_id=key, auteur=auteur, nom="a", type_mime="a", taille=1)
            piece.fichier.save("a", ContentFile(b"a"))
            self.pieces[piece.pk] = key

    @rule(number=which)
    def withdraw(self, number):
        if (key := self.pick(self.posts, number)) is not None:
            Post.objects.filter(pk=key).update(retire_le=timezone.now())
            self.pieces = {piece: post for piece, post in self.pieces.items() if post != key}
            PieceJointe.objects.filter(post=key).delete()

    @rule(name=people, number=which)
    def draft(self, name, number):
        if (key := self.pick(self.topics, number)) is not None:
            kept, _ = Brouillon.objects.get_or_create(membre=self.person[name], topic_id=key)
            self.drafts[kept.pk] = (name, key)

    # --- What must hold

    @invariant()
    def each_reads_what_the_model_says(self):
        for name in PEOPLE:
            membre = Membre.objects.get(pk=self.person[name].pk)
            posts = {
                key
                for key, (author, topic, approved) in self.posts.items()
                if self.may_read(name, topic, author, approved)
            }
            expected = {
                Topic: {key for key in self.topics if self.reads_topic(name, key)},
                Post: posts,
                PieceJointe: {piece for piece, post in self.pieces.items() if post in posts},
                Brouillon: {
                    key
                    for key, (owner, topic) in self.drafts.items()
                    if owner == name and self.reads_topic(name, topic)
                },
            }
            for model, keys in expected.items():
                found = model.objects.filter(pk__in=self._all(model)).readable_by(membre)
                assert {row.pk for row in found} == keys, (name, model)

    @invariant()
    def the_pages_say_the_same(self):
        if (key := self.pick(self.topics, next(self.turn))) is None:
            return
        topic = Topic.objects.get(pk=key)
        name = PEOPLE[next(self.turn) % len(PEOPLE)]
        lecteur = Lecteur(Membre.objects.get(pk=self.person[name].pk), self.space["elus"])
        answer, _ = lecteur.ask("GET", topic.get_absolute_url())
        assert (answer.status == 200) == self.reads_topic(name, key)

    def _all(self, model):
        known = {Topic: self.topics, Post: self.posts, PieceJointe: self.pieces}
        return list(known.get(model, self.drafts))


@pytest.mark.django_db
def test_each_reads_what_the_model_says_whatever_happens(plain_404):
    run_state_machine_as_test(
        Conversations,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.usefixtures("shared_database")
def test_two_at_once_are_each_shown_their_own_space_alone():
    words = {"elus": "canarielus", "agents": "canariagents"}
    readers = {}
    for college, word in words.items():
        espace = EspaceFactory(slug=college, college=college)
        topic = un_sujet(espace, subject=f"Sur {word}", content=f"Dit {word}")
        readers[college] = entered(un_membre(college), espace), topic.get_absolute_url()

    def read(college):
        membre, path = readers[college]
        (other,) = set(words) - {college}
        client, seen = Client(), []
        client.force_login(membre)
        try:
            for _ in range(12):
                pages = ["/communaute/", f"/communaute/espaces/{college}/", path]
                pages += [f"/communaute/recherche/?q={words[other]}x"]
                texts = [client.get(page).content.decode() for page in pages]
                hidden = client.get(readers[other][1])
                seen.append(
                    words[college] in texts[2]
                    and words[other] not in "".join(texts).replace(f"{words[other]}x", "")
                    and hidden.status_code == 404
                )
                client.post(path, {"content": f"Encore {words[college]}"})
        finally:
            connection.close()
        return seen

    with ThreadPoolExecutor(len(words)) as at_once:
        for seen in at_once.map(read, words):
            assert seen == [True] * 12
