"""The mails to members, seen and tried again by whoever administers."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from communaute import notifications
from communaute.models import Abonnement, Envoi, Evenement, Lettre, Motif, Notification
from pages.groupes import ANIMATION
from pages.models import Annonce
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    entered,
    in_group,
    un_enseignement,
    un_membre,
    un_sujet,
)

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def failed():
    """A mail that could not leave, about a topic that its reader has not read."""
    espace = EspaceFactory(slug="elus", college="elus")
    reader = entered(un_membre("elus", membre__last_name="Vidal"), espace)
    post = un_sujet(espace, subject="Un sujet tu").first_post
    evenement = Evenement.objects.get(post=post)
    envoi = Envoi.objects.create(membre=reader, etat=Envoi.Etat.ECHEC, erreur="TimeoutError")
    Notification.objects.create(evenement=evenement, membre=reader, motif=Motif.SUJET, envoi=envoi)
    return envoi


@pytest.fixture
def administering(client):
    client.force_login(MembreFactory(is_superuser=True))
    return client


def test_whoever_administers_sees_what_left_and_what_could_not_and_not_what_it_says(
    administering, failed
):
    now = timezone.now()
    for days in (0, 3, 9):
        Envoi.objects.create(
            membre=failed.membre, etat=Envoi.Etat.ENVOYE, envoye_le=now - timedelta(days=days)
        )
    body = administering.get(reverse("envoi:index")).content.decode()
    assert "Partis aujourd’hui : 1, en sept jours : 2, en échec : 1" in body
    assert "Abonnements à la lettre de la semaine : 0, à confirmer : 0." in body
    assert "TimeoutError" in body
    assert "Un sujet tu" not in body
    body = administering.get(reverse("envoi:index"), {"etat": "echec"}).content.decode()
    assert body.count("Vidal") < 3


def test_whoever_administers_sees_how_many_take_the_letter_and_not_who(administering, failed):
    lettre = Lettre.objects.create(semaine="2026-11-23")
    Lettre.objects.create(semaine="2026-11-30")
    for title in ("Écouter d’abord", "Un autre"):
        Annonce.objects.create(page=un_enseignement(title), lettre=lettre)
    Abonnement.objects.create(email="attend@exemple.fr")
    for name, etat in (("a", "envoye"), ("b", "echec"), ("c", "du")):
        Envoi.objects.create(
            lettre=lettre,
            etat=etat,
            abonnement=Abonnement.objects.create(
                email=f"{name}@exemple.fr", confirme_le=timezone.now()
            ),
        )
    body = administering.get(reverse("envoi:index")).content.decode()
    assert (
        "Abonnements à la lettre de la semaine : 3, à confirmer : 1. La dernière lettre, du 23 novembre "
        "2026 : parties 1, en attente 1, en échec 1."
    ) in body
    assert "Abonné·e à la lettre" in body
    assert "Lettre du 23 novembre 2026" in body
    assert "@exemple.fr" not in body
    again = reverse("envoi:edit", args=[lettre.envois.get(etat="echec").pk])
    assert "@exemple.fr" not in administering.get(again).content.decode()


def test_a_mail_that_could_not_leave_is_sent_again_and_the_act_is_on_record(
    administering, failed, django_capture_on_commit_callbacks
):
    again = reverse("envoi:edit", args=[failed.pk])
    assert administering.get(again).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert administering.post(again).status_code == 302
    assert [letter.to for letter in mail.outbox] == [[failed.membre.email]]
    assert ModelLogEntry.objects.filter(action="courriel.renvoyer").count() == 1
    assert administering.post(again).status_code == 404


def test_nobody_else_sees_the_mails(client, failed):
    espace = failed.notifications.get().evenement.post.espace
    facilitator = in_group(ANIMATION)
    espace.nominate("animation", [facilitator])
    client.force_login(facilitator)
    for name, args in (("index", []), ("edit", [failed.pk])):
        answer = client.post(reverse(f"envoi:{name}", args=args))
        assert answer.status_code in (302, 404, 405)
    assert Envoi.objects.get(pk=failed.pk).etat == Envoi.Etat.ECHEC
    notifications.deliver()
    assert mail.outbox == []
