"""Who leaves is named nowhere any more, and what they withdraw is said nowhere."""

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from wagtail.log_actions import log
from wagtail.models import Comment, Page
from wagtail.users.models import UserProfile

from communaute import conversation, effacement, gestes, moderation
from communaute.forum_conversation.models import Post
from communaute.models import (
    FORMER,
    Acte,
    ActeModeration,
    Adhesion,
    Alerte,
    Brouillon,
    Invitation,
    Membre,
    PieceJointe,
    Profil,
)
from pages.models import Parcours, RessourcePage, Signalement
from tests.confidentialite.monde import seen_in
from tests.confidentialite.test_archive import GIVEN

pytestmark = pytest.mark.django_db

FIRST, LAST, EMAIL = "Zélie", "Vander-Zon7q", "zelie.vz7q@exemple.fr"
TRACES = ("vander", "zon7q", "zélie", "z\\u00e9lie", "vz7q@")
NAME = f"{FIRST} {LAST}"
TOLD = {"motif", "motif de lecture", "motif d’une lecture ailleurs"}
"""Reasons of decisions about them: others wrote these."""
SAID_BY_OTHERS_TOO = {"titre"}
DRAWN_FROM_OTHERS = {"passage", "passage refusé", "passage d’avant", "passage remis"}
"""What they wrote down of what others said: it is these others' too."""
WITHDRAWN_BEFORE = {"texte retiré"}
"""What the world of these tests keeps in a message that is withdrawn; the portal keeps nothing there."""


KEPT = TOLD | SAID_BY_OTHERS_TOO | DRAWN_FROM_OTHERS | WITHDRAWN_BEFORE


def in_the_database():
    """All that every table holds, by the table."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            yield table, str(cursor.fetchall())


def traces():
    """Where something of their name or address is found."""
    return {
        (table, trace)
        for table, text in in_the_database()
        for trace in TRACES
        if trace in text.lower()
    }


@pytest.fixture
def leaving(monde):
    """The author of the world, of whom something is kept everywhere that the portal can keep it."""
    author = monde.people["author"]
    Membre.objects.filter(pk=author.pk).update(first_name=FIRST, last_name=LAST, email=EMAIL)
    author, peer = monde.member("author"), monde.member("peer")
    _spoken_of(monde, author, peer)
    _cared_for(monde, author, peer)
    _known_elsewhere(monde, author)
    return author


def _spoken_of(monde, author, peer):
    said = "Voici six mots, pas un de plus."
    conversation.reply(author, monde.topic, f"{said} {NAME}")
    for texte in (
        f"@{NAME}, merci. Écris à {EMAIL}.",
        f"@zelie vander zon7q ? Oui : {NAME} le disait.",
        f"> **{NAME}** a écrit :\n>\n> {said}\n> {NAME}\n\nMerci.",
        f"> > **{NAME}** a écrit :\n> > {said}\n\nMerci.",
        f"> {said}\n\nCopié.",
    ):
        answer = conversation.reply(peer, monde.topic, texte)
        conversation.edit(peer, answer, f"{texte} Et voilà.")
    elsewhere = conversation.start_topic(
        monde.member("state"), monde.commun, "Ailleurs", f"@{NAME} ?"
    )
    gestes.thank(author, monde.reply, on=True)
    gestes.summarise(author, monde.topic, f"Dit par {NAME}.", base=2)
    Brouillon.objects.create(
        membre=peer, topic=elsewhere, champs={"content": f"@{NAME} {EMAIL} > {NAME}"}
    )
    piece = PieceJointe.objects.filter(auteur=author, post=monde.post)
    piece.update(nom=f"Notes de {NAME}.pdf")
    Profil.objects.create(
        membre=author, partage=f"Moi, {NAME}", photo=ContentFile(b"photo", "photo")
    )


def _cared_for(monde, author, peer):
    decided = {"espace": monde.elus, "par": monde.people["facilitator"]}
    ActeModeration.objects.create(
        **decided, acte=Acte.MASQUER, membre=author, motif=f"{NAME} blesse."
    )
    moderation.report(peer, monde.post, Alerte.Motif.TON, f"{NAME} encore")
    moderation.report(author, monde.reply, Alerte.Motif.TON, f"Moi, {NAME}")
    log(author, "wagtail.edit", data={"motif": f"{NAME}, {EMAIL}"})
    log(author.sieges.get(), "wagtail.edit")
    log(monde.elus, "wagtail.edit", user=author, data={"animateurs": [NAME]})


def _known_elsewhere(monde, author):
    Invitation.objects.create(
        email=EMAIL, prenom=FIRST, nom=LAST, college="elus", par=author, mot=f"Signé {NAME}"
    )
    Invitation.objects.filter(pk=monde.invitation.pk).update(
        membre=author, acceptee_le=timezone.now(), prenom=FIRST
    )
    Adhesion.objects.create(prenom=FIRST, nom=LAST, email=EMAIL.upper(), message=f"Je suis {NAME}")
    Signalement.objects.create(
        objet="question", nom=NAME, email=EMAIL, message=f"Bonjour, {NAME} ({EMAIL})"
    )
    EmailAddress.objects.create(user=author, email=EMAIL)
    Client().force_login(author)
    UserProfile.objects.create(user=author, avatar=ContentFile(b"avatar", f"{LAST}.png"))
    Page.objects.update(owner=author, locked_by=author, locked=True)
    page = Page.objects.get(depth=2)
    Comment.objects.create(page=page, user=author, text="Un doute.", contentpath="title")
    page.specific.save_revision(user=author)
    Parcours.objects.create(membre=author, ressource=RessourcePage.objects.first())
    DBTaskResult.objects.create(
        args_kwargs={"args": [[EMAIL]], "kwargs": {}}, task_path="x", backend_name="default"
    )


@pytest.fixture
def left(leaving, django_capture_on_commit_callbacks):
    """``left(withdraw)`` has them leave, and returns what their files were."""

    def leave(withdraw):
        files = [one.fichier for one in PieceJointe.objects.filter(auteur=leaving)]
        with django_capture_on_commit_callbacks(execute=True):
            effacement.anonymise(leaving, withdraw)
        return files

    return leave


@pytest.mark.parametrize("withdraw", [False, True], ids=["messages stay", "messages go"])
def test_nothing_names_who_left_in_any_table(withdraw, leaving, left):
    assert len({table for table, _ in traces()}) > 12
    photo, avatar = leaving.profil.photo, leaving.wagtail_userprofile.avatar
    left(withdraw)
    assert traces() == set()
    assert not UserSession.objects.filter(user=leaving).exists()
    for file in (photo, avatar):
        assert not file.storage.exists(file.name)


def test_what_stays_is_read_as_said_by_nobody_in_particular(monde, leaving, left):
    left(withdraw=False)
    kept = PieceJointe.objects.filter(auteur=leaving)
    assert kept
    assert all(piece.post for piece in kept)
    post = Post.objects.get(pk=monde.post.pk)
    assert seen_in(post.content.raw) == {"texte"}
    assert not post.versions.exists()
    client = Client()
    client.force_login(monde.member("peer"))
    page = client.get(monde.topic.get_absolute_url()).content.decode()
    assert FORMER in page
    assert f"<strong>{FORMER}</strong> a écrit" in page
    assert f"{FORMER} le disait" in page
    assert "[adresse retirée]" in page
    assert "Voici six mots" in page


def test_what_goes_is_said_nowhere_not_even_by_who_quoted_it(monde, leaving, left):
    files = left(withdraw=True)
    said = dict(in_the_database())
    found = set().union(*map(seen_in, said.values()))
    assert found & GIVEN["author"] <= KEPT
    assert not [table for table, text in said.items() if "Voici six mots" in text]
    assert not [file for file in files if file.storage.exists(file.name)]
    reply = Post.objects.get(pk=monde.reply.pk)
    assert reply.content.raw == "Merci de ce récit."
    client = Client()
    client.force_login(monde.member("peer"))
    page = client.get(monde.topic.get_absolute_url()).content.decode()
    assert "[Citation retirée avec le message de son auteur·rice.]" in page
    assert "Merci. Et voilà." in page
