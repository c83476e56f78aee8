"""A job may be delivered more than once: it leaves what it leaves when it is delivered once."""

from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.utils import timezone
from django_tasks.base import Task

from communaute import conversation
from communaute.models import Adhesion, Archive, Envoi, Evenement, Invitation, Membre, Notification
from pages.models import Signalement
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    entered,
    un_enseignement,
    un_membre,
    un_sujet,
    une_image,
)

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
PLACES = ("communaute", "pages", "portail")


def an_answer():
    espace = EspaceFactory()
    reader, author = (entered(un_membre("elus"), espace) for _ in range(2))
    topic = un_sujet(espace, reader)
    Evenement.objects.all().delete()
    conversation.reply(author, topic, "Une réponse.")
    return Evenement.objects.get()


def told():
    return [an_answer().pk]


def due():
    Notification.objects.create(
        evenement=an_answer(), membre=un_membre("elus"), motif="cite", courriel_le=timezone.now()
    )
    Envoi.objects.create(membre=MembreFactory())
    return []


def invited():
    Invitation.objects.create(email="a@exemple.fr", college="elus", par=MembreFactory())
    return []


def refused():
    asked = {"prenom": "A", "nom": "B", "email": "a@exemple.fr", "message": "Bonjour"}
    return [Adhesion.objects.create(**asked, reponse="declinee", par=MembreFactory()).pk]


def asleep():
    long_ago = timezone.localdate() - timedelta(days=720)
    Membre.objects.filter(pk=MembreFactory().pk).update(vu_le=long_ago)
    return []


def a_report():
    signalement = Signalement.objects.create(objet="question", message="?", email="a@exemple.fr")
    return [signalement.pk]


def proposed():
    editor = MembreFactory(is_superuser=True)
    return ["submitted", un_enseignement().pk, editor.pk, MembreFactory(is_superuser=True).pk, ""]


JOBS = {
    "communaute.abonnements.ask": lambda: ["a@exemple.fr"],
    "communaute.account.write": lambda: [
        ["a@exemple.fr"],
        "account/email/password_set_message.txt",
        {},
    ],
    "communaute.archives.make": lambda: [Archive.objects.create(membre=MembreFactory()).pk],
    "communaute.invitations.send_invitations": invited,
    "communaute.invitations.send_refusal": refused,
    "communaute.notifications.deliver_due": due,
    "communaute.notifications.tell": told,
    "communaute.sommeil.warn": asleep,
    "pages.courriels.send": proposed,
    "pages.files.make_sizes": lambda: [une_image().pk],
    "pages.signalement.notify_cohorte": a_report,
    "pages.signalement.send_receipt": a_report,
    "portail.health.beat": list,
}
ANSWERS = {
    "communaute.account.write",
    "communaute.invitations.send_refusal",
    "pages.courriels.send",
    "pages.signalement.notify_cohorte",
    "pages.signalement.send_receipt",
}
"""Mails that answer what somebody just did, of which nothing is kept: delivered again, they leave again."""


def jobs():
    """Every job of the portal, by its name."""
    files = [path for place in PLACES for path in (ROOT / place).rglob("*.py")]
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in files
        if "\n@task(" in path.read_text()
    ]
    found = (one for name in names for one in vars(import_module(name)).values())
    return {task.module_path: task for task in found if isinstance(task, Task)}


def all_that_is_kept():
    """Every row of every table but those of the queue, and every file."""
    models = [
        model for model in apps.get_models() if not model.__module__.startswith("django_tasks")
    ]
    rows = {model: sorted(model._base_manager.values_list(), key=str) for model in models}
    return rows, sorted(settings.VAR_DIR.rglob("*"))


def test_every_job_is_tried():
    assert jobs().keys() == JOBS.keys()


@pytest.mark.parametrize("name", JOBS)
def test_a_job_delivered_three_times_leaves_what_it_leaves_once(name):
    job, arguments = jobs()[name], JOBS[name]()
    mail.outbox.clear()
    job.call(*arguments)
    kept, written = all_that_is_kept(), len(mail.outbox)
    for _ in range(2):
        job.call(*arguments)
    assert all_that_is_kept() == kept
    assert len(mail.outbox) == (3 * written if name in ANSWERS else written)
