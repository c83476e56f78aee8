"""Who reports by the public form a message that they cannot read learns nothing of it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from communaute import conversation, moderation
from communaute.forum_conversation.models import Post, Topic
from communaute.models import Alerte
from pages.models import Signalement
from tests.confidentialite.conftest import CANARY
from tests.factories import MembreFactory, entered

pytestmark = pytest.mark.django_db

MISSING = "a" * 16


@pytest.fixture
def send(client, mailoutbox, django_capture_on_commit_callbacks):
    """``send(address)`` reports it as illicit: the answer, the mails and the receipt; how many queries."""

    def send(address, objet="illicite"):
        del mailoutbox[:]
        fields = {
            "objet": objet,
            "adresse": address,
            "message": "On m’y nomme.",
            "nom": "Lise Faure",
            "email": "lise@exemple.fr",
            "bonne_foi": "on",
        }
        with (
            CaptureQueriesContext(connection) as queries,
            django_capture_on_commit_callbacks(execute=True),
        ):
            response = client.post("/signaler/", fields)
        reference = Signalement.objects.latest("recu_le").reference
        receipt = client.get(response.url).content.decode()
        said = [str(response.status_code), response.url, receipt, str(response.headers)]
        said += [f"{mail.subject} {mail.body} {mail.to}" for mail in mailoutbox]
        return [re.sub(rf"{reference}|/\d+/", "OWN", part) for part in said], len(queries)

    return send


def test_who_is_sent_to_sign_in_reports_the_address_that_they_tried(client, read, sujet):
    for reference in (sujet.reference, MISSING):
        address = f"/communaute/sujets/{reference}/"
        signing_in = client.get(address).url
        for page in (signing_in, signing_in.replace("connexion/", "connexion/code/")):
            [link] = read(page).select(".pied a[href^='/signaler/']")
            form = client.get(link["href"], follow=True).content.decode()
            assert f'name="adresse" value="{address}"' in form, page


def test_a_report_is_answered_alike_whether_the_message_exists_or_not(send, sujet):
    post = sujet.posts.get()
    send("/rien/")  # what is read once per process
    answers = [
        send(address)
        for address in (
            f"/communaute/messages/{post.reference}/",
            f"/communaute/sujets/{sujet.reference}/",
            f"/communaute/sujets/{MISSING}/",
            f"/communaute/messages/{MISSING}/",
            "/communaute/sujets/123/",
            "/communaute/",
            "/territoires/vallee/",
            "je ne sais plus",
        )
    ]
    assert Alerte.objects.count() == 2
    assert all(answer == answers[0] for answer in answers)
    assert CANARY not in str(answers)


@pytest.mark.parametrize("objet", ["illicite", "mineurs"])
@pytest.mark.parametrize(
    "address",
    [
        "/communaute/messages/{post}/",
        "https://portail.exemple/communaute/sujets/{topic}/?page=2#message-{post}",
        "/communaute/sujets/{topic}/#message-{post}",
        "voir https://portail.exemple/communaute/messages/{post}",
    ],
)
def test_its_facilitators_read_what_the_public_wrote(client, send, sujet, address, objet):
    conversation.reply(entered(sujet.poster, sujet.espace), sujet, "La réponse")
    reply = sujet.posts.last()
    send(address.format(post=reply.reference, topic=sujet.reference), objet)
    alerte = Alerte.objects.get()
    assert (alerte.post, alerte.membre, alerte.motif) == (reply, None, "illicite")
    assert alerte.espace == sujet.espace
    assert timezone.now() > alerte.recue_le
    facilitator = MembreFactory()
    sujet.espace.nominate("animation", [facilitator])
    client.force_login(entered(facilitator, sujet.espace))
    page = client.get("/communaute/espaces/elus/moderation/").content.decode()
    assert "On m’y nomme." in page
    assert "par le formulaire public" in page
    assert "Lise Faure" not in page


def test_the_address_of_a_topic_is_that_of_its_first_message(send, sujet):
    conversation.reply(entered(sujet.poster, sujet.espace), sujet, "La réponse")
    send(f"/communaute/sujets/{sujet.reference}/")
    assert Alerte.objects.get().post == sujet.posts.first()


@pytest.mark.parametrize("gone", ["withdrawn", "waiting", "waiting topic"])
def test_what_is_not_there_to_read_is_not_reported(send, sujet, gone):
    post = Post.objects.filter(topic=sujet)
    if gone == "withdrawn":
        post.update(retire_le=timezone.now())
    elif gone == "waiting":
        post.update(approved=False)
    else:
        Topic.objects.filter(pk=sujet.pk).update(approved=False)
    send(post.get().get_absolute_url())
    assert not Alerte.objects.exists()


def test_other_purposes_report_nothing(send, sujet):
    for objet in ("question", "donnees", "accessibilite"):
        send(sujet.posts.get().get_absolute_url(), objet)
    assert not Alerte.objects.exists()


def test_such_a_report_is_decided_like_another(send, sujet):
    send(sujet.get_absolute_url())
    send(sujet.get_absolute_url())
    facilitator = MembreFactory()
    sujet.espace.nominate("animation", [facilitator])
    facilitator = entered(facilitator, sujet.espace)
    moderation.decide(facilitator, sujet.posts.get(), "masquer", "Un motif")
    assert not Alerte.objects.waiting().exists()
