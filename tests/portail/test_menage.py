"""What the portal said it would not keep is deleted."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from wagtail.models import ModelLogEntry

from communaute import brouillons, moderation
from communaute.account import write
from communaute.models import (
    ActeModeration,
    Adhesion,
    Alerte,
    Brouillon,
    Invitation,
    MotDePassation,
    Siege,
)
from pages.models import Signalement
from tests.factories import EspaceFactory, MembreFactory, entered, un_membre, un_sujet

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


def test_invitations_go_six_months_after_their_end_and_unanswered_requests_after_a_year():
    now, par = timezone.now(), MembreFactory()
    for days in (179, 181):
        then = now - timedelta(days=days)
        for state in ("acceptee_le", "revoquee_le", "expire_le"):
            Invitation.objects.create(
                email=f"{state}@{days}.fr", college="elus", par=par, **{state: then}
            )
        who = {"prenom": "Lise", "nom": "Faure", "email": "lise@exemple.fr"}
        adhesion = Adhesion.objects.create(message=str(days), **who)
        Adhesion.objects.filter(pk=adhesion.pk).update(recue_le=then - timedelta(days=185))
    call_command("menage")
    assert {invitation.email for invitation in Invitation.objects.all()} == {
        f"{state}@179.fr" for state in ("acceptee_le", "revoquee_le", "expire_le")
    }
    assert {adhesion.message for adhesion in Adhesion.objects.all()} == {"179"}


def test_what_nobody_needs_any_more_goes_a_year_after_its_last_use():
    espace, animatrice = EspaceFactory(), MembreFactory()
    lectrice, autrice = un_membre(), un_membre()
    espace.nominate("animation", [animatrice])
    posts = [un_sujet(espace, autrice).first_post for _ in range(2)]
    for post in posts:
        moderation.report(entered(lectrice, espace), post, "ton", "Blessant.")
        moderation.decide(entered(animatrice, espace), post, "classer")
    siege = Siege.objects.get(membre=lectrice)
    MotDePassation.objects.create(siege=siege, texte="À qui vient.", lu_le=timezone.now())
    brouillons.keep(autrice, {"espace": espace}, {"contenu": "Presque."})
    ModelLogEntry.objects.log_action(espace, "wagtail.edit")
    call_command("menage")
    assert Alerte.objects.count() == 2
    long_ago = timezone.now() - timedelta(days=366)
    ActeModeration.objects.filter(post=posts[0]).update(fait_le=long_ago)
    MotDePassation.objects.update(lu_le=long_ago)
    Brouillon.objects.update(garde_le=long_ago)
    ModelLogEntry.objects.update(timestamp=long_ago)
    call_command("menage")
    assert Alerte.objects.get().post == posts[1]
    assert ActeModeration.objects.count() == 2
    assert not MotDePassation.objects.exists()
    assert not Brouillon.objects.exists()
    assert ModelLogEntry.objects.exists()
    ModelLogEntry.objects.update(timestamp=timezone.now() - timedelta(days=3 * 365 + 1))
    call_command("menage")
    assert not ModelLogEntry.objects.exists()


def test_the_database_keeps_no_network_address_longer_than_it_is_counted(settings):
    table = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "essai"}
    settings.CACHES = settings.CACHES | {"default": table}
    call_command("createcachetable", verbosity=0)
    caches["default"].set("signalement:192.0.2.1", [1], timeout=-1)
    caches["default"].set("signalement:192.0.2.2", [1], timeout=60)
    call_command("menage")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM essai")
        assert [key for (key,) in cursor.fetchall()] == [":1:signalement:192.0.2.2"]


def test_jobs_done_the_day_before_yesterday_go(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    told = {"code": "1234-5678"}
    old, recent, waiting, lost = (write.enqueue([], "x", told).id for _ in range(4))
    for key, days in ((old, 2), (recent, 0)):
        DBTaskResult.objects.filter(pk=key).update(
            status="SUCCESSFUL", finished_at=timezone.now() - timedelta(days=days)
        )
    # Its worker was killed.
    days_ago = timezone.now() - timedelta(days=31)
    DBTaskResult.objects.filter(pk=lost).update(status="RUNNING", enqueued_at=days_ago)
    call_command("menage")
    left = {str(key) for key in DBTaskResult.objects.values_list("pk", flat=True)}
    assert left & {old, recent, waiting, lost} == {recent, waiting}
