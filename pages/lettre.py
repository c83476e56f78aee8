"""« Ce que la cohorte a appris », the letter of the week: what is new among the public learnings, told once.

It is made on Monday at the hour of the summaries, or as soon after as can be. What it says is read again
when each mail leaves, as any visitor would read it.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone

from communaute import abonnements, courriel, notifications
from communaute.models import Abonnement, Cohorte, Envoi, Lettre, Membre
from pages.models import Annonce, EnseignementPage, named_by, public_pages

AT_ONCE = 1000


def make_due():
    """Make the letter of the last Monday whose hour has come, unless it is made."""
    monday = last_monday(timezone.now())
    if not Lettre.objects.filter(semaine=monday).exists():
        _make(monday)


def last_monday(at):
    """The last Monday whose hour has come at that time, on the clock of the cohort."""
    day = timezone.localdate(at)
    monday = day - timedelta(days=day.weekday())
    return monday if notifications.morning_of(monday) <= at else monday - timedelta(weeks=1)


@transaction.atomic
def _make(monday):
    """Make the letter of that week: once, whoever else does it meanwhile.

    What an editor published since that Monday waits for the next.
    """
    lettre, is_new = Lettre.objects.get_or_create(semaine=monday)
    if not is_new:
        return
    published = EnseignementPage.objects.live().public().filter(annonce=None)
    learned = published.filter(last_published_at__lte=notifications.morning_of(monday))
    told = [Annonce(page_id=pk, lettre=lettre) for pk in learned.values_list("pk", flat=True)]
    Annonce.objects.bulk_create(told)
    if told:
        readers = Membre.objects.taking_letter().written_to(timezone.localdate())
        _address(lettre, "membre_id", readers)
        _address(lettre, "abonnement_id", Abonnement.objects.to_write_to())


def _address(lettre, field, readers):
    keys = readers.order_by("pk").values_list("pk", flat=True)
    Envoi.objects.bulk_create(
        (Envoi(lettre=lettre, **{field: key}) for key in keys.iterator(AT_ONCE)),
        batch_size=AT_ONCE,
    )


@courriel.writes(Envoi.Sorte.LETTRE)
def letter_in(envoi):
    """The letter to one reader, if they still take it and something of it may still be read."""
    reader = envoi.membre or envoi.abonnement
    if envoi.membre and not _takes_it(envoi.membre):
        return None
    learned = _still_public(envoi.lettre)
    if not learned:
        return None
    stop = abonnements.stop_address(reader)
    return courriel.Courriel(
        reader.email,
        "pages/email/lettre.txt",
        {
            "objet": _subject(learned),
            "enseignements": learned,
            "membre": envoi.membre,
            "cohorte": Cohorte.load(),
            "arreter": stop,
            "preferences": envoi.membre and notifications.preferences_of(envoi.membre),
        },
        html="pages/email/lettre.html",
        headers=courriel.headers_of(envoi, stop),
    )


def _takes_it(membre):
    taking = Membre.objects.taking_letter().written_to(timezone.localdate())
    return taking.filter(pk=membre.pk).exists()


def _still_public(lettre):
    """What ``lettre`` tells of that anyone may read now, the newest first, each with its ``adresse``."""
    learned = list(
        EnseignementPage.objects.live()
        .public()
        .filter(annonce__lettre=lettre)
        .defer("corps")
        .order_by("-date", "-pk")
        .prefetch_related(Prefetch("territoires", named_by(public_pages())))
    )
    # Those that stand side by side are found once: each by itself would ask the cache where.
    places = {}
    for page in learned:
        above = page.path[: -page.steplen]
        if above not in places:
            places[above] = page.full_url.removesuffix(f"{page.slug}/")
        page.adresse = f"{places[above]}{page.slug}/"
    return learned


def _subject(learned):
    if len(learned) > 1:
        return f"Ce que la cohorte a appris : {len(learned)} enseignements"
    return f"Ce que la cohorte a appris : {learned[0].title}"
