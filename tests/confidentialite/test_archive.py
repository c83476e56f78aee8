"""The archive of one member holds what is theirs, and no one else's private words."""

from io import BytesIO
from zipfile import ZipFile

import pytest

from communaute import archives, conversation
from tests.confidentialite.monde import CANARIES, seen_in
from tests.confidentialite.visite import OUTSIDERS, READERS

pytestmark = pytest.mark.django_db

NOT_OF_THE_AUTHOR = {
    *("réponse d’un sujet en attente", "alerte", "alerte sur l’animation", "motif de suspension"),
    *("adresse invitée", "demande d’adhésion", "mot reçu", "partage", "contact tu"),
    *("contenu de l’archive", "adresse abonnée", "reformulation de l’animation"),
    *("position d’une autre", "position redite", "position masquée", "motif de mise de côté"),
    *("ce qui compte aussi", "ce qui gêne"),
    *("titre d’avant parution", "texte d’avant parution"),
    # Notes are nobody's; what is told of a meeting is the cohort's.
    *("note à trier", "note gardée", "note jamais triée", "suites qui ne se disent plus"),
}
GIVEN = {
    "author": set(CANARIES) - NOT_OF_THE_AUTHOR,
    "peer": {
        *("réponse d’un sujet en attente", "alerte", "alerte sur l’animation"),
        *("position d’une autre", "position redite", "position masquée", "ce qui gêne"),
        "motif de mise de côté",
    },
    "facilitator": {
        "motif de mise de côté",
        *("partage", "contact tu", "reformulation de l’animation", "ce qui compte aussi"),
    },
    "facilitator who decided": {"motif", "motif de suspension"},
    "suspended": {"motif de suspension", "titre"},
    "référent·e": {"motif de lecture", "motif d’une lecture ailleurs"},
    **{what: {"titre"} for what in ("inactive", "ex-member", "successor")},
}
"""Whose words each canary is, or who is told it: the reasons of decisions, their facilitator and who they
concern."""


def archive_of(membre):
    """What is in each file of the archive of ``membre``."""
    file = BytesIO()
    archives.write(membre, file)
    with ZipFile(file) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize("what", [what for what in READERS + OUTSIDERS if what != "visitor"])
def test_the_archive_of_one_member_holds_their_own_words_alone(what, monde):
    files = archive_of(monde.member(what))
    found = {name: seen_in(f"{name} {content}") for name, content in files.items()}
    assert set().union(*found.values()) == GIVEN.get(what, set())
    in_files = {field for field in GIVEN.get(what, set()) if field.startswith("contenu de")}
    assert found["donnees.json"] | in_files == GIVEN.get(what, set())
    assert found["donnees.html"] == found["donnees.json"]


@pytest.mark.parametrize(
    "quoted",
    [
        "> **Camille Autrice** a écrit :\n>\n> Dit {}\n\nMerci.",
        "> **Camille Autrice** a écrit :\n> > **Une autre** a écrit :\n> > Dit {}\n> Oui\n\nMerci.",
        "> un mot, dit {} en somme\n\nMerci.",
    ],
    ids=["cited", "cited in a citation", "copied without a name"],
)
def test_what_one_quotes_of_another_is_left_out(quoted, monde):
    words = CANARIES["texte"]
    conversation.reply(monde.member("author"), monde.topic, f"Voici un mot, dit {words} en somme.")
    conversation.reply(monde.member("peer"), monde.topic, quoted.format(words))
    files = archive_of(monde.member("peer"))
    for name in ("donnees.json", "donnees.html"):
        assert "texte" not in seen_in(files[name])
        assert "Merci." in files[name]
        assert "[Citation d’une autre personne" in files[name]
