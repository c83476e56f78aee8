"""Delete what the portal said it would not keep."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.core.management import BaseCommand, call_command
from django.db import connection
from django.utils import timezone
from django_tasks import task_backends
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult
from wagtail.models import ModelLogEntry, PageLogEntry

from communaute import (
    archives,
    brouillons,
    conservation,
    desaccord,
    mise_en_commun,
    moderation,
    notifications,
    passation,
    promesse,
    rencontres,
    reponses,
    salle,
    sommeil,
)
from communaute.invitations import send_invitations
from communaute.models import Abonnement, Adhesion, Invitation, Membre
from pages.models import Signalement


class Command(BaseCommand):
    help = (
        "Efface ce dont la durée de conservation est passée (docs/conservation.md), avertit qui n’est pas "
        "venu depuis 23 mois, clôt au bout de leurs quatorze jours les demandes d’accord (assouplir une "
        "promesse, mettre en commun), rappelle avant cela celles qui attendent, passe les places de "
        "rencontre que personne n’a confirmées et rappelle la veille les rencontres, demande de trier ce qui "
        "s’y est dit, redemande où en est ce "
        "qu’un désaccord essaie le jour dit, "
        "fait repartir les invitations dont le courriel n’a pu partir et refaire les archives qui attendent. "
        "« recurrent » la lance avec le reste."
    )

    def handle(self, *args, **options):
        gone = {
            "Messages effacés": _deleted(Signalement.objects.outdated()),
            "Demandes d’adhésion effacées": _deleted(Adhesion.objects.outdated()),
            "Invitations effacées": _deleted(Invitation.objects.outdated()),
            "Abonnements que personne n’a confirmés effacés": _deleted(
                Abonnement.objects.outdated()
            ),
            "Brouillons et fichiers de brouillons effacés": brouillons.forget_old(),
            "Archives effacées": archives.forget_outdated(),
            "Alertes effacées": moderation.forget_old_reports(),
            "Mots de passation effacés": passation.forget_old(),
            "Notes de rencontre que personne n’a triées effacées": salle.forget_old(),
            "Comptes fermés après deux ans": sommeil.forget(),
            "Nouvelles effacées": notifications.forget_old() + reponses.forget_old(),
            "Lignes d’historique effacées": _forget_history(),
        }
        if Invitation.objects.to_send().exists():  # a mail that did not leave
            send_invitations.enqueue()
        archives.make_those_that_wait()
        if Membre.objects.to_warn().exists():
            sommeil.warn.enqueue()
        _forget_what_ended()
        promesse.close_expired()
        mise_en_commun.resolve_due()
        mise_en_commun.remind_due()
        rencontres.keep_up()
        salle.keep_up()
        desaccord.call_back_due()
        if done := [f"{what} : {how_many}." for what, how_many in gone.items() if how_many]:
            self.stdout.write(" ".join(done))


def _deleted(queryset):
    return queryset.delete()[0]


def _forget_history():
    long_ago = timezone.now() - conservation.HISTORIQUE
    journals = ModelLogEntry, PageLogEntry
    return sum(_deleted(model.objects.filter(timestamp__lt=long_ago)) for model in journals)


def _forget_what_ended():
    """Sessions, jobs, and what the cache of the database would keep until it is full."""
    now = timezone.now()
    call_command("clearsessions")
    kept = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=kept).delete()
    if isinstance(task_backends["default"], DatabaseBackend):
        call_command("prune_db_task_results", min_age_days=conservation.TRAVAIL.days, verbosity=0)
        DBTaskResult.objects.filter(enqueued_at__lt=now - conservation.TRAVAIL_PERDU).delete()
    if isinstance(caches["default"], DatabaseCache):
        table = connection.ops.quote_name(caches["default"]._table)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # noqa: S608 - a name of ours
