"""The date of a meeting, searched for together: proposed, answered, chosen.

Each act is one transaction that locks the topic of the meeting. Once a date is chosen nothing of the others,
nor of who could come when, is left.
"""

from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone

from communaute import notifications, permissions, rencontres
from communaute.conversation import Conflict
from communaute.models import DateProposee, Disponibilite, Evenement, Presence

MOST_DATES = 12
BETWEEN_REMINDERS = timedelta(days=1)
COMES = {
    Disponibilite.Reponse.OUI: Presence.Reponse.OUI,
    Disponibilite.Reponse.SI_BESOIN: Presence.Reponse.PEUT_ETRE,
    Disponibilite.Reponse.NON: Presence.Reponse.NON,
}
"""What one says of one's coming once the date of which one said so is chosen."""


@transaction.atomic
def propose(membre, rencontre, dates):
    """Propose these dates too, each from when to when. ``ValidationError`` where there would be too many, or
    one is proposed already.
    """
    membre, rencontre = rencontres.held(membre, rencontre)
    _refuse_once_chosen(rencontre)
    if not permissions.can_choose_date(membre, rencontre):
        raise PermissionDenied
    there = set(rencontre.dates_proposees.values_list("debut", flat=True))
    if there & {debut for debut, _ in dates}:
        raise ValidationError("Une de ces dates est déjà proposée.")
    if len(there) + len(dates) > MOST_DATES:
        raise ValidationError(
            f"{MOST_DATES} dates au plus : il y en a déjà {len(there)}, proposez-en moins."
        )
    DateProposee.objects.bulk_create(
        DateProposee(rencontre=rencontre, debut=debut, fin=fin) for debut, fin in dates
    )


@transaction.atomic
def answer(membre, rencontre, said):
    """Note when ``membre`` could come: ``said`` is what they answer, by the key of each date."""
    membre, rencontre = rencontres.held(membre, rencontre)
    _refuse_once_chosen(rencontre)
    if not permissions.can_say_when(membre, rencontre):
        raise PermissionDenied
    before = Disponibilite.objects.filter(membre=membre, date__rencontre=rencontre)
    before = {one.date_id: one for one in before}
    for date in rencontre.dates_proposees.filter(pk__in=said):
        one = before.get(date.pk) or Disponibilite(date=date, membre=membre)
        if one.reponse != said[date.pk]:
            one.reponse, one.dite_le = said[date.pk], timezone.now()
            one.save()


@transaction.atomic
def choose(membre, rencontre, date):
    """Meet on that date, which is one of those proposed: who said yes comes, in the order they did, as long
    as there are seats. All that was said of the others is erased, and those who follow are told.

    ``Conflict`` where a date was chosen meanwhile, ``ValidationError`` where this one is past.
    """
    membre, rencontre = rencontres.held(membre, rencontre)
    _refuse_once_chosen(rencontre)
    if not permissions.can_choose_date(membre, rencontre):
        raise PermissionDenied
    date = rencontre.dates_proposees.get(pk=date.pk)
    if date.is_past:
        raise ValidationError("Cette date est passée : choisissez-en une autre.")
    said = list(date.disponibilites.select_related("membre").order_by("dite_le", "pk"))
    rencontres.fix(rencontre, date.debut, date.fin)
    rencontre.dates_proposees.all().delete()
    for one in said:
        if permissions.can_attend(one.membre, rencontre):
            rencontres.note_answer(one.membre, rencontre, COMES[one.reponse])
    notifications.record_rencontres([rencontre], Evenement.Quoi.DATE, by=membre)
    return rencontre


@transaction.atomic
def remind(membre, rencontre):
    """Ask those who have not answered to, at most once a day; whether they are asked."""
    membre, rencontre = rencontres.held(membre, rencontre)
    if not permissions.can_choose_date(membre, rencontre):
        raise PermissionDenied
    if not can_remind(rencontre):
        return False
    notifications.record_rencontres([rencontre], Evenement.Quoi.CHERCHER, by=membre)
    return True


def can_remind(rencontre):
    """Whether nobody was reminded lately."""
    asked = Evenement.objects.filter(rencontre=rencontre, quoi=Evenement.Quoi.CHERCHER)
    return not asked.filter(cree_le__gt=timezone.now() - BETWEEN_REMINDERS).exists()


def _refuse_once_chosen(rencontre):
    if not rencontre.is_searching:
        raise Conflict(rencontre)


# --- What is shown


def dates_of(rencontre, user):
    """The dates that are proposed, each with how many of those who read today can come (``oui``), could
    (``si_besoin``) and cannot (``non``), what ``user`` said of it (``mine``), and whether it suits the most
    (``is_best``).
    """
    reads = Q(disponibilites__membre__in=rencontre.topic.readers().values("pk"))
    counts = {
        reponse.value: Count("disponibilites", filter=reads & Q(disponibilites__reponse=reponse))
        for reponse in Disponibilite.Reponse
    }
    own = Disponibilite.objects.filter(date=OuterRef("pk"), membre=user.pk)
    dates = DateProposee.objects.filter(rencontre=rencontre).annotate(
        mine=Subquery(own.values("reponse")), **counts
    )
    dates = list(dates)
    to_come = [date for date in dates if not date.is_past]
    best = max(((date.oui, date.si_besoin) for date in to_come), default=(0, 0))
    for date in dates:
        is_equal = (date.oui, date.si_besoin) == best and best > (0, 0)
        date.is_best = is_equal and not date.is_past
    return dates


def with_names(dates, rencontre):
    """The same dates, each with what was ``said`` of it, and by whom: for who organises."""
    readers = rencontre.topic.readers().values("pk")
    said = Disponibilite.objects.filter(date__in=dates, membre__in=readers)
    said = list(said.select_related("membre"))
    for date in dates:
        date.said = [one for one in said if one.date_id == date.pk]
    return dates
