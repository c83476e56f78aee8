"""A member asks for all that the portal holds about them, and is given it, them alone."""

import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone

from communaute import archives, conversation, mise_en_commun
from communaute.models import Accord, Archive, Membre, Passage, PieceJointe, Profil
from communaute.models.archives import private_storage
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    entered,
    un_membre,
    un_sujet,
    une_mise_en_commun,
)

pytestmark = pytest.mark.django_db

PAGE = "/compte/mes-donnees/"


@pytest.fixture
def asked(just_signed_in, django_capture_on_commit_callbacks):
    """``asked(membre)`` has a member ask for their archive, and returns the client and the archive."""

    def ask(membre):
        client = just_signed_in(membre)
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(PAGE).url == PAGE
        return client, Archive.objects.get(membre=membre)

    return ask


def opened(response):
    return ZipFile(BytesIO(b"".join(response.streaming_content)))


def test_a_member_is_told_that_their_archive_is_ready_and_downloads_it(asked, mailoutbox):
    espace = EspaceFactory()
    membre = un_membre(membre__first_name="Inès", membre__last_name="Lacaze")
    topic = un_sujet(espace, membre, "Un titre à moi", "Une phrase à moi.")
    post = topic.first_post
    conversation.edit(Membre.objects.get(pk=membre.pk), post, "Une phrase mieux dite.")
    PieceJointe.objects.create(
        post=post,
        auteur=membre,
        nom="notes.txt",
        type_mime="text/plain; charset=utf-8",
        taille=5,
        fichier=ContentFile(b"Notes", "piece"),
    )
    Profil.objects.create(
        membre=membre, partage="Mon temps", photo=ContentFile(b"une photo", "photo")
    )
    client, archive = asked(membre)
    [letter] = mailoutbox
    assert letter.to == [membre.email]
    assert PAGE in letter.body
    page = client.get(PAGE).content.decode()
    assert archive.get_absolute_url() in page
    response = client.get(archive.get_absolute_url())
    assert response["Content-Type"] == "application/zip"
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert response["Content-Disposition"].startswith("attachment")
    with opened(response) as files:
        said = json.loads(files.read("donnees.json"))
        html = BeautifulSoup(files.read("donnees.html"), "html.parser")
        [piece] = post.pieces.all()
        assert files.read(f"pieces/{piece.reference}-notes.txt") == b"Notes"
        assert files.read("photo.webp") == b"une photo"
        names = set(files.namelist())
    [message] = said["Mes messages"]
    assert message["titre"] == "Un titre à moi"
    assert message["texte"] == "Une phrase mieux dite."
    assert [one["texte"] for one in message["versions d’avant"]] == ["Une phrase à moi."]
    assert said["Mon profil"][0]["ce que je peux partager"] == "Mon temps"
    assert "Une phrase mieux dite." in html.get_text()
    assert {a["href"] for a in html.select("dd a")} <= names
    assert not html.select("script, link, img, iframe")


def test_another_member_finds_nothing_at_its_address(asked, just_signed_in):
    _, archive = asked(MembreFactory())
    other = just_signed_in(MembreFactory(is_superuser=True))
    assert other.get(archive.get_absolute_url()).status_code == 404
    other.logout()
    assert other.get(archive.get_absolute_url()).url.startswith("/compte/connexion/")


def test_an_archive_lies_outside_what_is_served_under_a_name_that_says_nothing(asked):
    membre = MembreFactory()
    _, archive = asked(membre)
    name = archive.fichier.name
    assert name.startswith("archives/")
    for known in (archive.reference, membre.reference, str(membre.pk)):
        assert known not in name.removeprefix("archives/").split("/")
    assert archive.fichier.path == private_storage().path(name)


def test_an_archive_is_gone_after_seven_days_with_its_file(
    asked, django_capture_on_commit_callbacks
):
    client, archive = asked(MembreFactory())
    Archive.objects.update(demandee_le=timezone.now() - timedelta(days=7))
    assert client.get(archive.get_absolute_url()).status_code == 404
    assert archive.get_absolute_url() not in client.get(PAGE).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        call_command("menage")
    assert not Archive.objects.exists()
    assert not archive.fichier.storage.exists(archive.fichier.name)


def test_asking_again_replaces_the_archive_and_its_file(asked):
    membre = MembreFactory()
    _, first = asked(membre)
    _, second = asked(membre)
    assert second.pk != first.pk
    assert not first.fichier.storage.exists(first.fichier.name)


def test_who_asks_twice_while_it_is_made_is_given_one(just_signed_in):
    client = just_signed_in(MembreFactory())
    for _ in range(2):
        client.post(PAGE)  # the job waits for the commit, which never comes here
    assert Archive.objects.get().prete_le is None
    assert "se prépare" in client.get(PAGE).content.decode()


def test_an_archive_whose_mail_cannot_leave_is_made_again_by_the_daily_job(monkeypatch, mailoutbox):
    before = set(Path(private_storage().path("archives")).rglob("*"))
    archive = Archive.objects.create(membre=MembreFactory())
    with monkeypatch.context() as patched, pytest.raises(OSError):
        patched.setattr("communaute.courriel.send", _no_server)
        archives.make.func(archive.pk)
    assert Archive.objects.get().prete_le is None
    folder = Path(private_storage().path("archives"))
    assert not [path for path in folder.rglob("*") if path.is_file() and path not in before]
    Archive.objects.update(demandee_le=timezone.now() - timedelta(hours=1))
    call_command("menage")
    assert Archive.objects.get().prete_le
    assert len(mailoutbox) == 1


def test_an_archive_is_there_for_whoever_has_an_address_that_takes_no_mail(refused):
    archive = Archive.objects.create(membre=MembreFactory())
    refused(archive.membre.email, 550)
    archives.make.func(archive.pk)
    archive.refresh_from_db()
    assert archive.prete_le
    assert archive.fichier.storage.exists(archive.fichier.name)


def _no_server(*args, **kwargs):
    raise OSError


@pytest.mark.parametrize(
    ("password", "leads_to"),
    [("Une phrase longue", "/compte/confirmer/"), (None, "/compte/connexion/")],
    ids=["by their password", "by coming in again"],
)
def test_who_signed_in_long_ago_proves_again_who_they_are(password, leads_to, asked):
    membre = MembreFactory()
    membre.set_password(password)
    membre.save()
    client, archive = asked(membre)
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 301
    session.save()
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE).url.startswith(leads_to)
    assert client.get(archive.get_absolute_url()).url.startswith(leads_to)


def test_who_must_have_a_second_factor_sets_it_up_first(client):
    espace, membre = EspaceFactory(), MembreFactory()
    espace.nominate("animation", [membre])
    client.force_login(entered(membre, espace))
    session = client.session
    session.pop("second_facteur", None)
    session.save()
    assert client.get(PAGE).url == "/compte/second-facteur/"
    assert client.post(PAGE).url == "/compte/second-facteur/"
    assert not Archive.objects.exists()


def related_to_a_member():
    """Every relation of a model to members, also those that have no name on their side."""
    return {
        f"{relation.related_model._meta.label}.{relation.field.name}"
        for relation in Membre._meta.get_fields(include_hidden=True)
        if relation.is_relation and relation.auto_created
    }


def test_all_that_is_about_a_member_is_in_their_archive_or_left_out_for_a_reason():
    assert related_to_a_member() == archives.SAID_HERE | set(archives.LEFT_OUT) | (
        set(archives.BEHIND)
    )


def test_the_archive_says_what_one_made_of_exchanges_and_answered_in_ones_own_words_alone():
    mise = une_mise_en_commun(passages=["Ce que nous en avons appris là-bas."], remise=False)
    [pair] = mise.pairs
    passage = Passage.objects.get(accorde__texte="Ce que nous en avons appris là-bas.")
    said = {"texte": "Ce que nous en avons appris là-bas.\nEt puis autre chose."}
    mise_en_commun.change(mise.animatrice, passage, said | {"sources": [pair.posts.get()]}, base=1)
    mise_en_commun.ask(mise.auteur, mise)
    accord = Accord.objects.readable_by(pair).unanswered().get()
    mise_en_commun.answer(pair, accord, Accord.Reponse.REFORMULE, "Plutôt ainsi.")
    theirs = {
        name: archives.Parts(Membre.objects.get(pk=membre.pk))
        for name, membre in (("pair", pair), ("author", mise.auteur), ("other", mise.animatrice))
    }
    written = {name: str(parts.drawn()) for name, parts in theirs.items()}
    assert "Ce que nous en avons appris" in written["author"]
    assert "Ce que nous en avons appris" not in written["other"] + written["pair"]
    assert "Et puis autre chose." in written["other"]
    assert "Plutôt ainsi." in written["pair"]
    assert "Plutôt ainsi." not in written["other"] + written["author"]
    answered = {name: str(parts.agreements()) for name, parts in theirs.items()}
    assert "Oui, ainsi reformulé" in answered["pair"]
    assert accord.version.empreinte in answered["pair"]
    assert "Oui, ainsi reformulé" not in answered["author"] + answered["other"]
