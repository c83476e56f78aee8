"""What the portal said it would not keep is deleted."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from communaute.account import write
from communaute.models import Adhesion, Invitation
from pages.models import Signalement
from tests.factories import MembreFactory

pytestmark = pytest.mark.django_db


def test_outdated_messages_and_sessions_go_and_the_rest_stays(capsys):
    now, membre = timezone.now(), MembreFactory()
    old, recent = (
        Signalement.objects.create(objet="question", message="?", etat="traite") for _ in range(2)
    )
    Signalement.objects.filter(pk=old.pk).update(recu_le=now - timedelta(days=366))
    for key, days in (("finie", -1), ("ouverte", 1)):
        Session.objects.create(session_key=key, expire_date=now + timedelta(days=days))
        UserSession.objects.create(user=membre, session_key=key, ip="127.0.0.1")
    call_command("menage")
    assert Signalement.objects.get() == recent
    assert Session.objects.get().session_key == "ouverte"
    assert UserSession.objects.get().session_key == "ouverte"
    assert "Messages effacés : 1." in capsys.readouterr().out


def test_requests_answered_six_months_ago_go_and_invitations_that_wait_leave(mailoutbox):
    now = timezone.now()
    for days in (181, 179, None):
        Adhesion.objects.create(
            prenom="Lise",
            nom="Faure",
            email="lise@exemple.fr",
            message=str(days),
            repondue_le=days and now - timedelta(days=days),
        )
    invitation = Invitation.objects.create(
        email="lise@exemple.fr", college="elus", par=MembreFactory()
    )
    for _ in range(2):
        call_command("menage")
    assert {adhesion.message for adhesion in Adhesion.objects.all()} == {"179", "None"}
    assert [letter.to for letter in mailoutbox] == [[invitation.email]]


def test_jobs_done_the_day_before_yesterday_go(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    old, recent, waiting = (write.enqueue([], "x", {"code": "1234-5678"}).id for _ in range(3))
    for key, days in ((old, 2), (recent, 0)):
        DBTaskResult.objects.filter(pk=key).update(
            status="SUCCESSFUL", finished_at=timezone.now() - timedelta(days=days)
        )
    call_command("menage")
    left = {str(key) for key in DBTaskResult.objects.values_list("pk", flat=True)}
    assert left & {old, recent, waiting} == {recent, waiting}
