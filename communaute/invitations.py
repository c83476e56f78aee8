"""Coming in: inviting, taking up an invitation, asking to join and being answered.

Each act is one transaction, after which its mail is asked of the queue. What is written to people is
made from what is kept when the mail leaves: an invitation revoked meanwhile is not sent.
"""

from datetime import timedelta

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django_tasks import task
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from communaute import courriel, permissions
from communaute.dates import day_said
from communaute.models import Adhesion, Cohorte, Invitation, Membre, Siege
from communaute.models.invitations import in_two_weeks


class Over(Exception):
    """Raised when the invitation can no longer be taken up: used, revoked or out of date meanwhile."""


def obstacles(user, invitations):
    """For each of these unsaved invitations, each with its ``animates``, why ``user`` cannot send it, in
    French without capital nor full stop, or an empty text. A constant number of queries a kind of place.
    """
    addresses = [invitation.email for invitation in invitations]
    awaited = dict(
        Invitation.objects.open().filter(email__in=addresses).values_list("email", "creee_le")
    )
    seats = Siege.objects.active().filter(membre__email__in=addresses)
    seated = set(seats.values_list("membre__email", "college", "allie", "territoire"))
    allowed = _allowed(user, invitations)

    def obstacle(invitation):
        if not allowed[_kind(invitation)]:
            return "ce siège ouvre un espace que vous n’animez pas : demandez à l’administration"
        if since := awaited.get(invitation.email):
            day = day_said(since)
            return f"cette adresse est déjà invitée, depuis le {day} : renvoyez ou révoquez cette invitation"
        place = (invitation.college, invitation.allie_id, invitation.territoire_id)
        if invitation.gives_seat and (invitation.email, *place) in seated:
            return "cette personne tient déjà ce siège"
        return ""

    return [obstacle(invitation) for invitation in invitations]


def _kind(invitation):
    """What decides who may send it."""
    return (
        invitation.college,
        invitation.allie_id,
        invitation.territoire_id,
        bool(invitation.animates),
    )


def _allowed(user, invitations):
    """Of each kind among these invitations, whether ``user`` may send it."""
    kinds = {_kind(invitation): invitation for invitation in invitations}
    return {kind: permissions.can_invite(user, one) for kind, one in kinds.items()}


@transaction.atomic
def invite(user, invitations, adhesion=None):
    """Keep and send these unsaved ``invitations``, each with its ``animates`` (spaces): all or none.

    ``adhesion`` is the request they answer. Raises ``PermissionDenied`` for what ``user`` may not give,
    ``IntegrityError`` where an address is already invited.
    """
    if not all(_allowed(user, invitations).values()):
        raise PermissionDenied
    for invitation in invitations:
        invitation.par = user
    made = Invitation.objects.bulk_create(invitations)
    Invitation.espaces.through.objects.bulk_create(
        Invitation.espaces.through(invitation=invitation, espace=espace)
        for invitation in made
        for espace in invitation.animates
    )
    ModelLogEntry.objects.bulk_create(
        ModelLogEntry(
            content_type=ContentType.objects.get_for_model(Invitation),
            object_id=invitation.pk,
            label=str(invitation),
            action="communaute.inviter",
            user=user,
            timestamp=timezone.now(),
        )
        for invitation in made
    )
    if adhesion:
        _answer(user, adhesion, Adhesion.Reponse.INVITEE)
    transaction.on_commit(send_invitations.enqueue)
    return made


@transaction.atomic
def send_again(user, invitation):
    """Send an invitation anew: its earlier links are dead, its fourteen days begin again."""
    invitation = _mine(user, invitation)
    invitation.envois += 1
    invitation.expire_le = in_two_weeks()
    invitation.envoyee_le = invitation.refusee_le = None
    invitation.save(update_fields=["envois", "expire_le", "envoyee_le", "refusee_le"])
    log(invitation, "communaute.renvoyer", user=user)
    transaction.on_commit(send_invitations.enqueue)


@transaction.atomic
def revoke(user, invitation):
    """Take an invitation back: none of its links opens anything any more."""
    invitation = _mine(user, invitation)
    invitation.revoquee_le = timezone.now()
    invitation.save(update_fields=["revoquee_le"])
    log(invitation, "communaute.revoquer", user=user)


def _mine(user, invitation):
    """The open invitation, locked, if ``user`` follows it; ``Over`` once it was taken up or revoked."""
    mine = Invitation.objects.handled_by(user, permissions.administers(user))
    found = mine.select_for_update(of=("self",)).open().filter(pk=invitation.pk).first()
    if found is None:
        raise Over
    return found


@transaction.atomic
def accept(invitation, membre=None, **identity):
    """Take up an invitation, once: as ``membre``, who has its address, or as a new member.

    ``identity`` is the new member's first and last name, and for all the ``fonction`` of the seat.
    Raises ``Over`` when somebody was faster, or the invitation was revoked or passed meanwhile. Returns
    the member, whose rights were not read yet.
    """
    found = Invitation.objects.select_for_update(of=("self",)).pending()
    invitation = found.filter(pk=invitation.pk, envois=invitation.envois).first()
    if invitation is None or (membre and membre.email != invitation.email):
        raise Over
    fonction = identity.pop("fonction", "") or invitation.fonction
    if membre is None:
        membre = Membre.objects.create_user(invitation.email, **identity)
    if invitation.succede_a:
        _take_over(invitation.succede_a, membre, fonction)
    elif invitation.gives_seat:
        membre.sieges.create(
            college=invitation.college,
            allie=invitation.allie,
            territoire=invitation.territoire,
            fonction=fonction,
        )
    for espace in invitation.espaces.all():
        espace.entrust_to(membre)
    invitation.acceptee_le, invitation.membre = timezone.now(), membre
    invitation.save(update_fields=["acceptee_le", "membre"])
    log(invitation, "communaute.accepter", user=membre)
    return Membre.objects.get(pk=membre.pk)


def _take_over(before, membre, fonction):
    """Have the seat ``before`` pass on today; ``Over`` when it passed to another meanwhile."""
    today = timezone.localdate()
    yesterday = today - timedelta(days=1)
    ends = min(before.fin or yesterday, yesterday)
    try:
        before.pass_on(membre, fonction, ends, today)
    except ValidationError:
        raise Over from None


@transaction.atomic
def decline(user, adhesion, mot):
    """Answer no to a request to join, courteously; ``mot`` is added to what is written."""
    _answer(user, adhesion, Adhesion.Reponse.DECLINEE, mot)
    log(adhesion, "communaute.decliner", user=user)
    transaction.on_commit(lambda: send_refusal.enqueue(adhesion.pk))


def _answer(user, adhesion, reponse, mot=""):
    """Note the one answer to a request; ``Over`` when somebody else gave one."""
    waiting = Adhesion.objects.handled_by(user, permissions.administers(user)).waiting()
    said = {"reponse": reponse, "mot": mot, "par": user, "repondue_le": timezone.now()}
    if not waiting.filter(pk=adhesion.pk).update(**said):
        raise Over


@task()
def send_invitations():
    """Write to all those who are invited and were not written to yet; two at once write once."""
    now, cohorte = timezone.now(), Cohorte.load()
    courriel.send_to_each(
        Invitation.objects.to_send(),
        lambda invitation: (
            invitation.email,
            "communaute/email/invitation.txt",
            {"invitation": invitation, "cohorte": cohorte},
        ),
        sent={"envoyee_le": now},
        refused={"refusee_le": now},
    )


@task()
def send_refusal(pk):
    """Write to whoever asked to join that it is not possible."""
    adhesion = Adhesion.objects.get(pk=pk)
    context = {"adhesion": adhesion, "cohorte": Cohorte.load()}
    courriel.send(adhesion.email, "communaute/email/adhesion_declinee.txt", context)
