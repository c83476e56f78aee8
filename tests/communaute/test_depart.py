"""A member leaves: they become nobody in particular, and others keep what they said."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import models
from django.utils import timezone
from wagtail.models import ModelLogEntry

from communaute import brouillons, conversation, effacement, gestes, profils, promesse
from communaute.forum_conversation.models import Post, Topic
from communaute.models import FORMER, AccordPromesse, Membre, MotDePassation, Nomination, Vote
from tests.communaute.test_archive import related_to_a_member
from tests.factories import EspaceFactory, MembreFactory, SiegeFactory, entered, un_membre, un_sujet
from tests.recount import differences

pytestmark = pytest.mark.django_db

PAGE = "/compte/partir/"
KEEP, WITHDRAW = {"messages": "garder", "sur": "on"}, {"messages": "retirer", "sur": "on"}


@pytest.fixture
def espace(tree):
    return EspaceFactory()


@pytest.fixture
def ines(espace):
    return entered(un_membre(membre__first_name="Inès", membre__last_name="Lacaze-Dor"), espace)


@pytest.fixture
def marc(espace):
    return entered(un_membre(membre__first_name="Marc", membre__last_name="Ferrand"), espace)


def now(membre):
    return Membre.objects.get(pk=membre.pk)


# --- The page


def test_the_page_says_what_will_happen_and_one_chooses(just_signed_in, ines, mailoutbox):
    client = just_signed_in(ines)
    page = client.get(PAGE).content.decode()
    for words in ("Ce qui s’efface", "Ce qui reste", "pour de bon"):
        assert words in page
    assert client.post(PAGE, {"messages": "garder"}).status_code == 422
    assert client.post(PAGE, {"sur": "on"}).status_code == 422
    assert client.post(PAGE, {"messages": "autre", "sur": "on"}).status_code == 422
    assert now(ines).is_active
    assert not mailoutbox


def test_who_leaves_is_signed_out_and_told(
    just_signed_in, ines, mailoutbox, django_capture_on_commit_callbacks
):
    client = just_signed_in(ines)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(PAGE, KEEP, follow=True)
    assert "Votre compte est fermé" in response.content.decode()
    assert client.get("/compte/").status_code == 302
    [letter] = mailoutbox
    assert letter.to == [ines.email]
    assert "reste, sans votre nom" in letter.body
    left = now(ines)
    assert str(left) == FORMER
    assert not left.is_active
    assert not left.has_usable_password()


def test_the_last_who_administers_cannot_leave(just_signed_in, tree):
    last = MembreFactory(is_superuser=True)
    client = just_signed_in(last)
    assert "la seule personne qui administre" in client.get(PAGE).content.decode()
    assert client.post(PAGE, KEEP).status_code == 409
    with pytest.raises(PermissionDenied):
        effacement.anonymise(last, withdraw=False)
    with pytest.raises(CommandError, match="la seule personne"):
        call_command("effacer_membre", last.email, "--garder")
    MembreFactory(is_superuser=True)
    assert client.post(PAGE, KEEP).status_code == 302
    assert not now(last).is_superuser


def test_who_is_alone_to_facilitate_is_told_so(just_signed_in, espace, ines, marc):
    espace.nominate("animation", [ines])
    client = just_signed_in(now(ines))
    assert "la seule personne qui anime" in client.get(PAGE).content.decode()
    espace.nominate("animation", [ines, marc])
    assert "la seule personne qui anime" not in client.get(PAGE).content.decode()


def test_it_can_be_done_by_a_command(ines, marc, capsys):
    un_sujet(ines.sieges.get() and EspaceFactory(), marc)
    call_command("effacer_membre", ines.email.upper(), "--retirer")
    assert str(now(ines)) == FORMER
    with pytest.raises(CommandError):
        call_command("effacer_membre", ines.email, "--retirer")


# --- What stays and what goes


def test_others_keep_what_they_said_where_messages_are_withdrawn(espace, ines, marc):
    alone = un_sujet(espace, ines, "Un titre d’Inès", "Une phrase.")
    topic = un_sujet(espace, ines, "Un autre titre d’Inès", "Une autre phrase.")
    answer = conversation.reply(marc, topic, "Une réponse de Marc.")
    gestes.keep_answer(now(ines), answer, on=True)
    theirs = un_sujet(espace, marc, "Un titre de Marc")
    mine = conversation.reply(now(ines), theirs, "Une réponse d’Inès.")
    gestes.keep_answer(now(marc), mine, on=True)
    effacement.anonymise(ines, withdraw=True)
    assert differences() == []
    topics = Topic.objects.readable_by(now(marc)).listed()
    assert set(topics) == {topic, theirs}
    assert alone not in topics
    assert Topic.objects.get(pk=topic.pk).subject == conversation.WITHDRAWN_TITLE
    assert Topic.objects.get(pk=topic.pk).answer == answer
    assert Topic.objects.get(pk=theirs.pk).reponse is None
    assert Post.objects.get(pk=mine.pk).retire_le
    assert Post.objects.get(pk=answer.pk).content.raw == "Une réponse de Marc."


def test_messages_are_withdrawn_also_where_one_could_no_longer_read(espace, ines):
    topic = un_sujet(espace, ines)
    ines.sieges.update(debut=timezone.localdate() - timedelta(days=9))
    ines.sieges.update(fin=timezone.localdate() - timedelta(days=1))
    effacement.anonymise(ines, withdraw=True)
    assert topic.posts.get().retire_le
    assert differences() == []


def test_a_name_is_left_where_it_is_also_that_of_another(espace, ines, marc):
    homonym = entered(un_membre(membre__first_name="Inès", membre__last_name="Lacaze Dor"), espace)
    shared = un_sujet(espace, homonym, "Chez l’homonyme", "Une phrase bien à moi, vraiment.")
    conversation.reply(now(ines), shared, "Encore une phrase bien à Inès.")
    quoting = conversation.reply(
        marc,
        shared,
        "> **Inès Lacaze-Dor** a écrit :\n>\n> Une phrase bien à moi, vraiment.\n\n"
        "> **Inès Lacaze-Dor** a écrit :\n>\n> Encore une phrase bien à Inès.\n\nOui.",
    )
    own = un_sujet(espace, ines, "Chez Inès", "Autre chose.")
    cited = conversation.reply(marc, own, "> **Inès Lacaze-Dor** a écrit :\n> Autre chose.\n\nOui.")
    effacement.anonymise(ines, withdraw=True)
    kept = Post.objects.get(pk=quoting.pk).content.raw
    assert "Une phrase bien à moi, vraiment." in kept
    assert "Encore une phrase" not in kept
    assert Post.objects.get(pk=cited.pk).content.raw == (
        f"> **{FORMER}** a écrit :\n> {effacement.WITHDRAWN_QUOTE}\n\nOui."
    )


def test_another_name_that_a_message_calls_stays_marked(espace, ines, marc):
    topic = un_sujet(espace, marc, content="@Inès Lacaze-Dor et @Marc Ferrand, qu’en dites-vous ?")
    effacement.anonymise(ines, withdraw=False)
    post = topic.posts.get()
    assert post.content.raw == f"{FORMER} et @Marc Ferrand, qu’en dites-vous ?"
    assert '<span class="mention">@Marc Ferrand</span>' in post.content.rendered
    assert post.updates_count == 0
    assert [mention.membre for mention in post.mentions.all()] == [marc]


def test_seats_and_nominations_end_and_stay_on_record(espace, ines):
    today = timezone.localdate()
    future = SiegeFactory(membre=ines, debut=today + timedelta(days=9))
    espace.nominate("animation", [ines])
    MotDePassation.objects.create(siege=future, texte="Signé Inès Lacaze-Dor.")
    effacement.anonymise(now(ines), withdraw=False)
    for siege in ines.sieges.all():
        assert siege.debut <= siege.fin == today - timedelta(days=1)
        assert siege.fonction == ""
    assert Nomination.objects.get(membre=ines).jusqua
    assert MotDePassation.objects.get().texte == f"Signé {FORMER}."
    assert not Membre.objects.readers_of(espace).filter(pk=ines.pk).exists()


def test_what_another_tab_still_sends_is_not_kept(espace, ines):
    effacement.anonymise(ines, withdraw=False)
    with pytest.raises(PermissionDenied):
        brouillons.keep(ines, {"espace": espace}, {"content": "Encore un mot"})
    with pytest.raises(PermissionDenied):
        profils.save(profils.of(ines), nomme_publiquement=True)
    with pytest.raises((PermissionDenied, ObjectDoesNotExist)):
        conversation.start_topic(ines, espace, "Trop tard", "Trop tard.")


def test_a_vote_counts_in_a_poll_that_is_closed_and_not_in_one_that_is_open(espace, ines, marc):
    polls = []
    for closes in (timedelta(days=-1), timedelta(days=1)):
        asked = {"choix": ["Oui", "Non"], "plusieurs": False}
        topic = conversation.start_topic(
            marc, espace, "?", "?", sondage={**asked, "ferme_le": timezone.now() + closes}
        )
        Vote.objects.create(choix=topic.sondage.choix.first(), membre=ines)
        polls.append(topic.sondage)
    effacement.anonymise(ines, withdraw=False)
    assert Vote.objects.get().choix.sondage == polls[0]


def test_who_left_says_yes_to_nothing_any_more(espace, ines, marc):
    topic = un_sujet(espace, ines)
    conversation.reply(marc, topic, "D’accord.")
    promesse.ask(now(ines), topic, "a_partager")
    effacement.anonymise(ines, withdraw=False)
    assert not AccordPromesse.objects.exists()
    promesse.answer(now(marc), topic, oui=True)
    assert Topic.objects.get(pk=topic.pk).promesse == "reste_ici"


def test_leaving_is_written_in_the_journal_of_the_back_office_without_a_name(ines):
    effacement.anonymise(ines, withdraw=True)
    entry = ModelLogEntry.objects.get(action=effacement.LEFT)
    assert (entry.label, entry.data) == (FORMER, {"messages": "retirés"})


# --- The journal kept apart


def test_the_journal_holds_a_reference_a_date_and_a_choice_and_nothing_else(ines):
    effacement.anonymise(ines, withdraw=True)
    with storages["effacements"].open(f"{ines.reference}.json") as file:
        entry = json.load(file)
    left = now(ines)
    assert entry == {"membre": ines.reference, "le": left.parti_le.isoformat(), "retire": True}


def brought_back(membre):
    """The row of ``membre`` as a backup holds it."""
    Membre.objects.filter(pk=membre.pk).update(
        parti_le=None, is_active=True, **{n: getattr(membre, n) for n in ("first_name", "email")}
    )


@pytest.mark.parametrize("withdraw", [True, False])
def test_what_a_backup_brings_back_is_erased_again_with_the_same_choice(
    withdraw, espace, ines, marc, mailoutbox, django_capture_on_commit_callbacks
):
    effacement.anonymise(ines, withdraw)
    at = now(ines).parti_le
    brought_back(ines)
    entered(SiegeFactory(membre=ines).membre, espace)
    topic = un_sujet(espace, now(ines))
    with django_capture_on_commit_callbacks(execute=True):
        assert effacement.replay() == 1
        assert effacement.replay() == 0
    assert str(now(ines)) == FORMER
    assert now(ines).parti_le == at
    assert bool(topic.posts.get().retire_le) == withdraw
    assert now(marc).is_active
    assert not mailoutbox


def test_an_entry_that_was_being_written_when_all_stopped_erases_nobody(ines, marc):
    journal = storages["effacements"]
    journal.save(f"{ines.reference}.json", ContentFile(b'{"membre"'))
    effacement.anonymise(marc, withdraw=False)
    brought_back(marc)
    assert effacement.replay() == 1
    assert now(ines).is_active
    effacement.anonymise(ines, withdraw=True)
    assert effacement.Journal().read(ines.reference) == (now(ines).parti_le, True)


def test_the_last_who_administered_is_erased_again_all_the_same(tree):
    first, _ = MembreFactory(is_superuser=True), MembreFactory(is_superuser=True)
    effacement.anonymise(first, withdraw=False)
    brought_back(first)
    Membre.objects.exclude(pk=first.pk).update(is_superuser=False)
    Membre.objects.filter(pk=first.pk).update(is_superuser=True)
    assert effacement.replay() == 1
    assert str(now(first)) == FORMER


def test_who_could_not_leave_after_all_is_not_in_the_journal(ines, monkeypatch):
    write = effacement.Journal.write

    def fail(*args):
        write(*args)
        raise OSError

    monkeypatch.setattr(effacement.Journal, "write", fail)
    with pytest.raises(OSError):
        effacement.anonymise(ines, withdraw=True)
    assert now(ines).is_active
    assert not storages["effacements"].exists(f"{ines.reference}.json")


# --- Nothing forgotten


def test_each_relation_to_a_member_is_decided():
    assert set(effacement.RELATIONS) == related_to_a_member()


def test_each_column_of_addresses_is_decided():
    columns = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if isinstance(field, models.EmailField)
    }
    assert set(effacement.ADDRESSES) == columns


def test_nobody_is_called_as_those_who_left(espace, ines, marc):
    effacement.anonymise(ines, withdraw=False)
    topic = un_sujet(espace, marc, content=f"@{FORMER}, es-tu là ?")
    assert not topic.posts.get().mentions.exists()
