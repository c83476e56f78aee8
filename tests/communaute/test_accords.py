"""What becomes of a yes in time: silence, leaving, a backup brought back, two who act at once."""

from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from communaute import effacement, mise_en_commun, moderation
from communaute.journal_des_effacements import Journal
from communaute.models import (
    FORMER,
    Accord,
    Membre,
    Passage,
    PreuveAccord,
    VersionPassage,
)
from communaute.models.mises_en_commun import standing_changed
from tests.factories import une_mise_en_commun

pytestmark = pytest.mark.django_db

SANS_NOM, REFORMULE, NON = Accord.Reponse.SANS_NOM, Accord.Reponse.REFORMULE, Accord.Reponse.NON
FIRST, SECOND = "Nous avons posé la question.", "Nous avons attendu les réponses."


@pytest.fixture
def told():
    """The mises en commun of which it was said, meanwhile, that something else may stand."""
    heard = []

    def hear(sender, mise, **kwargs):
        heard.append(mise.pk)

    standing_changed.connect(hear)
    yield heard
    standing_changed.disconnect(hear)


def public(mise):
    """The texts that may be public of it, after its title and introduction."""
    found = Passage.objects.public().filter(mise_en_commun=mise, ordre__gt=0)
    return list(found.values_list("accorde__texte", flat=True))


def awaited(membre):
    return Accord.objects.readable_by(membre).unanswered().get()


def yes_of(membre):
    return Accord.objects.readable_by(membre).given().get()


def post_of(mise, membre):
    return mise.messages.get(poster=membre)


def add_and_ask(mise, texte, posts):
    """A part more, drawn on these messages, that is asked for; the version that is."""
    passage = mise_en_commun.add(mise.auteur, mise, {"texte": texte, "sources": posts})
    mise_en_commun.ask(mise.auteur, mise)
    return passage.versions.get()


def say(membre, reponse, texte=""):
    mise_en_commun.answer(membre, awaited(membre), reponse, texte)


# --- Silence


def test_silence_is_a_no_after_two_weeks_and_looks_like_one(espace):
    mise = une_mise_en_commun(espace, remise=False)
    silent = add_and_ask(mise, "Sans réponse.", [post_of(mise, mise.pairs[0])])
    refused = add_and_ask(mise, "Refusé.", [post_of(mise, mise.pairs[1])])
    VersionPassage.objects.asked().update(demandee_le=timezone.now() - timedelta(days=13, hours=23))
    call_command("menage")
    say(mise.pairs[1], NON)
    assert VersionPassage.objects.asked().count() == 2
    VersionPassage.objects.asked().update(demandee_le=timezone.now() - timedelta(days=14))
    call_command("menage")
    one, other = (
        Passage.objects.filter(versions=version).values("retire_le", "accorde").get()
        for version in (silent, refused)
    )
    assert one == other
    assert one["retire_le"]


def test_a_yes_stands_when_who_gave_it_is_suspended_or_holds_no_seat_any_more(espace):
    mise = une_mise_en_commun(espace)
    suspended, gone = mise.pairs
    moderation.suspend(mise.animatrice, espace, suspended, "Un ton.")
    yesterday = timezone.localdate() - timedelta(days=1)
    gone.sieges.update(debut=yesterday, fin=yesterday)
    assert public(mise) == [FIRST, SECOND]
    gone = Membre.objects.get(pk=gone.pk)
    mise_en_commun.withdraw(gone, yes_of(gone))
    assert public(mise) == [FIRST]


# --- Leaving


@pytest.mark.parametrize("withdraw", [True, False])
def test_who_leaves_takes_back_each_yes_and_the_trail_stays(espace, withdraw, told):
    mise = une_mise_en_commun(espace)
    leaving = mise.pairs[0]
    before = PreuveAccord.objects.filter(membre=leaving).count()
    told.clear()
    effacement.anonymise(leaving, withdraw)
    assert public(mise) == [SECOND]
    assert mise.pk in told
    trail = PreuveAccord.objects.filter(membre=leaving)
    assert trail.count() == before + 1
    assert trail.last().reponse == PreuveAccord.RETIRE
    assert str(trail.last().membre) == FORMER


def test_what_who_leaves_was_asked_counts_as_a_no_whatever_they_had_answered(espace):
    mise = une_mise_en_commun(espace, remise=False)
    leaving, staying = mise.pairs
    both = add_and_ask(mise, "À deux.", list(mise.messages.all()))
    say(leaving, SANS_NOM)
    effacement.anonymise(leaving, withdraw=False)
    assert VersionPassage.objects.asked().get() == both
    say(staying, SANS_NOM)
    passage = Passage.objects.get(versions=both)
    assert passage.accorde is None
    assert passage.retire_le


def test_nobody_waits_for_who_left(espace):
    mise = une_mise_en_commun(espace, remise=False)
    add_and_ask(mise, "Sans réponse.", [post_of(mise, mise.pairs[0])])
    effacement.anonymise(mise.pairs[0], withdraw=False)
    assert mise_en_commun.resolve_due() == 1


@pytest.fixture
def naming(espace):
    """One that cites Inès Lacaze-Dor, who said something else of it, and where others name her."""
    mise = une_mise_en_commun(espace, citations=["Chez nous aussi."])
    ines = mise.pairs[-1]
    Membre.objects.filter(pk=ines.pk).update(first_name="Inès", last_name="Lacaze-Dor")
    first = VersionPassage.objects.get(texte=FIRST)
    VersionPassage.objects.filter(pk=first.pk).update(
        titre="Ce qu’Inès Lacaze-Dor fait", texte="Inès Lacaze-Dor a posé la question."
    )
    Accord.objects.filter(version=first).update(texte="Comme Inès Lacaze-Dor le dit.")
    Accord.objects.filter(membre=ines).update(texte="Plutôt ainsi.")
    mise.ines = Membre.objects.get(pk=ines.pk)
    return mise


@pytest.mark.parametrize("withdraw", [True, False])
def test_their_name_and_what_they_withdraw_leave_what_others_made_of_the_exchange(
    naming, withdraw, told
):
    told.clear()
    effacement.anonymise(naming.ines, withdraw)
    assert naming.pk in told
    assert public(naming) == [f"{FORMER} a posé la question.", SECOND]
    versions = VersionPassage.objects.filter(passage__mise_en_commun=naming)
    said = " ".join(f"{one.titre} {one.texte}" for one in versions)
    said += " ".join(Accord.objects.values_list("texte", flat=True))
    assert "Lacaze" not in said
    assert "Plutôt ainsi" not in said
    assert (effacement.WITHDRAWN_QUOTE in said) == withdraw
    assert ("Chez nous aussi." in said) != withdraw


def test_what_who_leaves_wrote_of_their_own_goes_when_they_withdraw_all(espace):
    mise = une_mise_en_commun(espace)
    effacement.anonymise(mise.auteur, withdraw=True)
    introduction = VersionPassage.objects.get(passage__mise_en_commun=mise, passage__ordre=0)
    assert introduction.texte == effacement.WITHDRAWN_QUOTE
    assert not Passage.objects.public().filter(mise_en_commun=mise, ordre=0)


# --- A backup brought back


@pytest.fixture
def brought_back():
    """``brought_back(act, …)``: what was before the act is brought back after it, as a backup does; the
    journal of what was taken back is kept apart.
    """

    def brought_back(act, *args):
        with transaction.atomic():
            act(*args)
            transaction.set_rollback(True)

    return brought_back


@pytest.mark.parametrize("withdraw", [True, False])
def test_who_left_since_the_backup_takes_back_each_yes_again(espace, withdraw, brought_back, told):
    mise = une_mise_en_commun(espace)
    brought_back(effacement.anonymise, mise.pairs[0], withdraw)
    assert public(mise) == [FIRST, SECOND]
    told.clear()
    assert effacement.replay() == 1
    assert public(mise) == [SECOND]
    assert mise.pk in told
    assert effacement.replay() == 0


def test_a_yes_taken_back_since_the_backup_is_taken_back_again(espace, brought_back, told):
    mise = une_mise_en_commun(espace)
    membre = mise.pairs[0]
    brought_back(mise_en_commun.withdraw, membre, yes_of(membre))
    assert public(mise) == [FIRST, SECOND]
    told.clear()
    for replayed in (1, 0):
        assert effacement.replay() == replayed
        assert public(mise) == [SECOND]
    assert told == [mise.pk]
    taken_back = PreuveAccord.objects.filter(membre=membre).last()
    assert taken_back.reponse == PreuveAccord.RETIRE
    assert taken_back.le == Journal().read(taken_back.accord.reference)[0]


def test_a_backup_from_before_the_version_that_was_taken_back_brings_back_none(
    espace, brought_back
):
    mise = une_mise_en_commun(espace)
    membre = mise.pairs[0]

    def reworded_then_taken_back():
        passage = Passage.objects.get(accorde__texte=FIRST)
        mise_en_commun.reword_and_ask(mise.animatrice, passage, "", "Autrement.", base=1)
        say(membre, SANS_NOM)
        assert public(mise) == ["Autrement.", SECOND]
        mise_en_commun.withdraw(membre, yes_of(membre))

    brought_back(reworded_then_taken_back)
    assert effacement.replay() == 1
    assert public(mise) == [SECOND]


@pytest.mark.parametrize("reponse", [SANS_NOM, REFORMULE])
def test_nor_does_one_from_before_all_was_known(espace, reponse, brought_back):
    mise = une_mise_en_commun(espace, remise=False)
    first, second = mise.pairs
    mise_en_commun.add(mise.auteur, mise, {"texte": "Une.", "sources": [post_of(mise, first)]})
    mise_en_commun.add(mise.auteur, mise, {"texte": "L’autre.", "sources": [post_of(mise, second)]})
    mise_en_commun.ask(mise.auteur, mise)
    say(first, reponse, "Dit autrement.")

    def known_then_taken_back():
        say(second, SANS_NOM)
        [accord] = Accord.objects.readable_by(first).given().exclude(version__texte=FIRST)
        mise_en_commun.withdraw(first, accord)

    brought_back(known_then_taken_back)
    effacement.replay()
    say(second, SANS_NOM)
    stand = mise.passages.standing().values_list("accorde__texte", flat=True)
    assert set(stand[1:]) == {FIRST, SECOND, "L’autre."}


def test_a_yes_that_was_given_again_since_is_not_taken_back(espace):
    mise = une_mise_en_commun(espace, remise=False)
    membre = mise.pairs[0]
    passage = Passage.objects.get(accorde__texte=FIRST)
    mise_en_commun.withdraw(membre, yes_of(membre))
    passage.refresh_from_db()
    mise_en_commun.change(
        mise.auteur, passage, {"texte": "Mieux.", "sources": [post_of(mise, membre)]}, base=1
    )
    mise_en_commun.ask(mise.auteur, mise)
    say(membre, SANS_NOM)
    mise_en_commun.hand_over(mise.animatrice, mise)
    assert effacement.replay() == 0
    assert public(mise) == ["Mieux.", SECOND]


def test_what_could_not_be_taken_back_after_all_is_not_in_the_journal(espace, monkeypatch):
    mise = une_mise_en_commun(espace)
    accord = yes_of(mise.pairs[0])
    write = Journal.write

    def fail(*args):
        write(*args)
        raise OSError

    monkeypatch.setattr(Journal, "write", fail)
    with pytest.raises(OSError):
        mise_en_commun.withdraw(accord.membre, accord)
    assert public(mise) == [FIRST, SECOND]
    assert not storages["effacements"].exists(f"{accord.reference}.json")
