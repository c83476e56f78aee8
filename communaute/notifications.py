"""Telling members of what happened: the bell, mails at once for what is said to them, summaries.

An act writes its ``Evenement`` in its own transaction. After it, jobs note who is told (``spread``), make
one mail of what is due to each (``gather``) and send it (``deliver``). Each may be done twice, by two
workers at once or by one that was killed half way: nothing is told twice, nothing is forgotten. One case
is left: a mail server that took a mail and was cut off before saying so is given it again, under the same
``Message-ID``.
"""

import logging
import smtplib
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import groupby, islice
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_tasks import task

from communaute import adresses_de_reponse, calendriers, courriel
from communaute.depouillement import MARKER
from communaute.forum_conversation.models import Post, Promesse
from communaute.models import (
    Accord,
    AccordPromesse,
    AvisEssai,
    Cohorte,
    Envoi,
    Evenement,
    Membre,
    Mention,
    Motif,
    Niveau,
    Nomination,
    Notification,
    Participation,
    Position,
    Presence,
    Reformulation,
    Rencontre,
    Suivi,
    Tenue,
)
from communaute.models.echanges import TIME_TO_AGREE
from communaute.models.membres import Rythme
from communaute.models.notifications import ADDRESSED, LEASE
from communaute.prepared import Prepared

log = logging.getLogger(__name__)
SUMMARY_AT = time(7)
"""When summaries leave, on the clock of the cohort."""
MEMBERS_AT_ONCE = 1000
BACK_OFF = [timedelta(minutes=minutes) for minutes in (2, 10, 30, 120, 360, 720, 1440)]
"""How long after each try the next one comes; after the last, the administration decides."""
EXCERPT = 1200
"""Signs of a message that a mail shows."""
MOST_COUNTED = 99
SALT = "courriels"
ELSEWHERE = (Motif.PLACE, Motif.TRI)
"""What one is told of a meeting that waits for an answer, or on another page than its own."""


# --- What happened


def record(post, *, change=False):
    """Write, in the transaction of the act, that ``post`` appeared or changed, and tell of it after."""
    _happened(Evenement(topic=post.topic, post=post, est_changement=change))


def record_demande(demande):
    """Write, in the transaction of the act, that a promise is asked to be loosened, and tell of it after."""
    _happened(Evenement(topic=demande.topic, demande=demande))


def record_mise(mise, quoi):
    """Write, in the transaction of the act, what happened to a mise en commun, and tell of it after."""
    _happened(Evenement(topic=mise.topic, mise=mise, quoi=quoi))


def record_rencontres(dates, quoi, by=None):
    """Write, in the transaction of the act, what happened to these dates of a meeting, and tell of it once,
    after, all but ``by``, the member who did it.
    """
    first, *others = dates
    others = [rencontre.pk for rencontre in others]
    evenement = Evenement(topic=first.topic, rencontre=first, autres_dates=others, quoi=quoi)
    _happened(evenement)
    if by:
        seen = {"membre": by, "motif": Motif(quoi), "vue_le": timezone.now()}
        Notification.objects.create(evenement=evenement, **seen)


def record_essai(essai):
    """Write, in the transaction of the act, that what is tried is to be talked of, and tell of it after."""
    _happened(Evenement(topic=essai.topic, essai=essai, quoi=Evenement.Quoi.REVOIR))


def record_decision(acte):
    """Write, in the transaction of the act, that whom it concerns is to be told of it, unless they want no
    mail.
    """
    if due := addressed_due(acte.membre, timezone.now()):
        Envoi.objects.create(membre=acte.membre, acte=acte, prochain_le=due)
        transaction.on_commit(deliver_due.enqueue)


def _happened(evenement):
    evenement.save()
    transaction.on_commit(partial(tell.enqueue, evenement.pk))


@task(priority=1)
def tell(evenement):
    """Tell of an event, and send at once what is said to somebody."""
    for found in Evenement.objects.filter(pk=evenement, diffuse_le=None):
        # What the same act did besides is told in the same mail.
        for one in Evenement.objects.filter(topic=found.topic_id, diffuse_le=None):
            spread(one)
    send_due()


def catch_up():
    """Do what is due: what a worker left undone, the summaries whose hour it is, the mails to try again."""
    for evenement in Evenement.objects.filter(diffuse_le=None):
        spread(evenement)
    send_due()


def spread(evenement):
    """Note for each reader that it concerns that they are told of ``evenement``, once."""
    now = timezone.now()
    told = ()
    if evenement.demande:
        told = _asked(evenement, now)
    elif evenement.mise:
        told = _told_of_mise(evenement, now)
    elif evenement.rencontre:
        told = _told_of_rencontre(evenement, now)
    elif evenement.essai:
        told = _called_back(evenement, now)
    elif evenement.post.approved and evenement.post.is_shown:
        told = _told(evenement, now)
    for some in _batches(told):
        Notification.objects.bulk_create(some, ignore_conflicts=True)
    Evenement.objects.filter(pk=evenement.pk).update(diffuse_le=now)


def spread_past(since):
    """Note in the bell what was said since then and was told to nobody; no mail is due for it."""
    for post in Post.objects.filter(created__gte=since, approved=True, evenements=None):
        evenement = Evenement.objects.create(topic=post.topic, post=post, cree_le=post.created)
        spread(evenement)
        evenement.notifications.update(courriel_le=None)


def _asked(evenement, now):
    """The notifications to make for the authors of a topic whose yes or no is awaited."""
    demande = evenement.demande
    if demande.is_over:
        return
    answered = AccordPromesse.objects.filter(demande=demande).values("membre")
    authors = _readers(evenement).filter(pk__in=evenement.topic.authors())
    yield from _each(authors.exclude(pk__in=answered), evenement, Motif.DEMANDE, now)


def _told_of_mise(evenement, now):
    """The notifications to make for those whose yes is awaited; for those who go on, once all is known; and
    for those whose exchange it came from.
    """
    mise, readers = evenement.mise, _readers(evenement)
    readers = readers.filter(pk__in=mise.atelier.readers().values("pk"))
    if evenement.quoi in Evenement.ASKING:
        awaited = Accord.objects.unanswered().filter(version__passage__mise_en_commun=mise)
        if evenement.quoi == Evenement.Quoi.RAPPEL:
            awaited = awaited.exclude(version__rappels=0)
        asked = readers.filter(pk__in=awaited.order_by().values("membre"))
        yield from _each(asked, evenement, Motif.DEMANDE, now)
    elif evenement.quoi == Evenement.Quoi.RESOLUE:
        active = Nomination.objects.active().filter(espace=evenement.topic.espace)
        facilitators = active.filter(role=Nomination.Role.ANIMATION).order_by().values("membre")
        going_on = readers.filter(Q(pk=mise.auteur_id) | Q(pk__in=facilitators))
        yield from _each(going_on, evenement, Motif.CONNU, now)
    else:
        given = Accord.objects.given().filter(version__passage__mise_en_commun=mise)
        given = given.order_by().values("membre")
        yield from _each(readers.filter(pk__in=given), evenement, Motif.MERCI, now)
        others = _with_niveau(readers.exclude(pk__in=given), evenement.topic)
        spoke = Q(pk__in=evenement.topic.authors()) & ~Q(niveau=Niveau.RIEN)
        listening = others.filter(Q(niveau=Niveau.TOUT) | spoke)
        yield from _each(listening, evenement, Motif.PARU, now)


def _told_of_rencontre(evenement, now):
    """The notifications to make for those who come, or may; of a seat, for those whom it is kept for and who
    were not told so since they wait.
    """
    if evenement.quoi == Evenement.Quoi.DATE:
        yield from _told_of_date(evenement, now)
        return
    if evenement.quoi == Evenement.Quoi.CHERCHER:
        asked = evenement.rencontre.silent().values("pk")
        yield from _each(_readers(evenement).filter(pk__in=asked), evenement, Motif.CHERCHER, now)
        return
    said = Presence.objects.filter(rencontre__in=evenement.dates).concerned().order_by()
    if evenement.quoi == Evenement.Quoi.PLACE:
        told = Notification.objects.filter(
            membre=OuterRef("membre"),
            motif=Motif.PLACE,
            evenement__rencontre=evenement.rencontre,
            evenement__cree_le__gte=OuterRef("attend_depuis"),
        )
        said = said.offered().filter(~Exists(told))
    elif evenement.quoi == Evenement.Quoi.VEILLE:
        said = said.filter(attend_depuis=None)
    elif evenement.quoi == Evenement.Quoi.TRI:
        said = said.there()
    readers = _readers(evenement).filter(pk__in=said.values("membre"))
    yield from _each(readers, evenement, Motif(evenement.quoi), now)


def _told_of_date(evenement, now):
    """The notifications to make for those who come to another date of the meeting, or may, and for those who
    follow its topic.
    """
    said = Presence.objects.filter(rencontre__topic=evenement.topic).concerned().order_by()
    readers = _readers(evenement)
    yield from _each(readers.filter(pk__in=said.values("membre")), evenement, Motif.FIXEE, now)
    others = _with_niveau(readers.exclude(pk__in=said.values("membre")), evenement.topic)
    yield from _each(others.filter(niveau=Niveau.TOUT), evenement, Motif.DATE, now)


def _called_back(evenement, now):
    """The notifications to make for those who took part in a disagreement, and said nothing of what is tried
    since its day came.
    """
    essai, topic = evenement.essai, evenement.topic
    if essai.is_open:
        took_part = (
            Q(pk__in=[topic.poster_id, essai.par_id])
            | Q(pk__in=topic.authors())
            | Q(pk__in=Position.objects.filter(topic=topic, retiree_le=None).values("auteur"))
            | Q(pk__in=Tenue.objects.filter(position__topic=topic).values("membre"))
            | Q(pk__in=Reformulation.objects.filter(position__topic=topic).values("auteur"))
            | Q(pk__in=AvisEssai.objects.filter(essai__topic=topic).values("membre"))
        )
        since = AvisEssai.objects.filter(essai=essai, dit_le__gte=essai.le).values("membre")
        asked = _readers(evenement).filter(took_part).exclude(pk__in=since)
        yield from _each(asked, evenement, Motif.REVOIR, now)


def _readers(evenement):
    """Those who may read the topic of an event, and were not told of it yet."""
    told_before = Notification.objects.filter(evenement=evenement).order_by().values("membre")
    return evenement.topic.readers().exclude(pk__in=told_before)


def _each(members, evenement, motif, now):
    """That each of them is told, for the same reason."""
    for membre in members.order_by("pk").iterator(chunk_size=MEMBERS_AT_ONCE):
        due = mail_due(membre, motif, now)
        yield Notification(evenement=evenement, membre=membre, motif=motif, courriel_le=due)


def _with_niveau(members, topic):
    """``members``, each with the ``niveau`` at which they follow ``topic``."""
    own = Suivi.objects.filter(topic=topic, membre=OuterRef("pk")).exclude(niveau="")
    here = Participation.objects.filter(espace=topic.espace, membre=OuterRef("pk"))
    levels = Subquery(own.values("niveau")), Subquery(here.values("niveau"))
    return members.annotate(niveau=Coalesce(*levels, Value(Niveau.TOUT)))


def _told(evenement, now):
    """The notifications to make for the readers of a message who are told of it."""
    post, topic = evenement.post, evenement.topic
    told_before = Notification.objects.filter(evenement=evenement)
    if evenement.est_changement:
        told_before |= Notification.objects.filter(evenement__post=post, motif=Motif.CITE)
    named = set(Mention.objects.filter(post=post).values_list("membre", flat=True))
    told_before = told_before.order_by().values("membre")
    readers = topic.readers().exclude(pk=post.poster_id).exclude(pk__in=told_before)
    readers = _with_niveau(readers, topic).order_by("pk")
    if evenement.est_changement:
        readers = readers.filter(pk__in=named)
    is_first = topic.first_post_id == post.pk
    for reader in readers.iterator(chunk_size=MEMBERS_AT_ONCE):
        if motif := _motif(reader, topic, is_first, reader.pk in named):
            is_more = motif == Motif.REPONSE and _awaits_reading(reader, topic)
            due = mail_due(reader, Motif.MESSAGE if is_more else motif, now)
            yield Notification(evenement=evenement, membre=reader, motif=motif, courriel_le=due)


def _batches(items):
    """The items in lists of ``MEMBERS_AT_ONCE``."""
    items = iter(items)
    return iter(lambda: list(islice(items, MEMBERS_AT_ONCE)), [])


def _motif(reader, topic, is_first, is_named):
    """Why ``reader``, given with the ``niveau`` at which they follow, is told of a message, or None."""
    if reader.niveau == Niveau.RIEN:
        return None
    if is_named:
        return Motif.CITE
    if reader.niveau == Niveau.MENTIONS:
        return None
    if topic.poster_id == reader.pk:
        return Motif.REPONSE
    if is_first:
        return Motif.SUJET
    return Motif.MESSAGE if reader.niveau == Niveau.TOUT else None


def _awaits_reading(membre, topic):
    """Whether ``membre``, who opened ``topic``, was told of an answer that they have not read: of the next
    ones, a summary is enough.
    """
    answers = Notification.objects.filter(
        membre=membre, motif=Motif.REPONSE, evenement__topic=topic
    )
    return answers.unread().exists()


# --- The bell


def mark_seen(membre, until):
    """Note that ``membre`` has seen all that they are told until then."""
    told = Notification.objects.readable_by(membre)
    told = told.filter(vue_le=None, evenement__cree_le__lte=until)
    told.update(vue_le=timezone.now())


def mark_mise_seen(membre, mise):
    """Note that ``membre`` saw where a mise en commun stands; what it asks waits for their answer."""
    told = Notification.objects.readable_by(membre).filter(evenement__mise=mise, vue_le=None)
    told.exclude(motif=Motif.DEMANDE).update(vue_le=timezone.now())


def mark_rencontre_seen(membre, topic, waiting=ELSEWHERE):
    """Note that ``membre`` saw how the meeting of ``topic`` stands, but for what is ``waiting`` for them
    elsewhere.
    """
    told = Notification.objects.readable_by(membre).filter(vue_le=None, evenement__topic=topic)
    told = told.filter(evenement__rencontre__isnull=False).exclude(motif__in=waiting)
    told.update(vue_le=timezone.now())


def news_of_rencontre(user):
    """Whether something that ``mark_rencontre_seen`` marks was told to ``user`` of the meeting of the query
    around.
    """
    told = Notification.objects.filter(membre=user.pk, vue_le=None).exclude(motif__in=ELSEWHERE)
    return Exists(told.filter(evenement__rencontre=OuterRef("pk")))


def mark_changes_seen(membre, posts):
    """Note that ``membre`` has seen how ``posts`` read since they were changed."""
    changed = [post.pk for post in posts if post.updates_count]
    if changed:
        told = Notification.objects.readable_by(membre).filter(evenement__post__in=changed)
        told.filter(evenement__est_changement=True, vue_le=None).update(vue_le=timezone.now())


def count_addressed(user):
    """How many messages are said to ``user`` that they have not seen, at most ``MOST_COUNTED`` of them; with
    what was decided, one more.
    """
    told = ()
    if user.awaits_bell:
        told = ADDRESSED_TO.fetch(user=user, asked_since=timezone.now() - TIME_TO_AGREE)
    return len(told) + user.awaits_decision


ADDRESSED_TO = Prepared(
    lambda user, asked_since: (
        Notification.objects.readable_by(user, asked_since)
        .addressed()
        .unread()
        .values_list("pk")[:MOST_COUNTED]
    ),
    asked_since=datetime(1848, 2, 24, tzinfo=UTC),
)


# --- When it is told by mail


def mail_due(membre, motif, now):
    """When ``membre`` is written to of what happened ``now``; None when never."""
    if motif in ADDRESSED:
        return addressed_due(membre, now)
    return None if membre.rythme == Rythme.JAMAIS else next_summary(membre, now)


def addressed_due(membre, now):
    """When ``membre`` is written to of what is said to them ``now``; None when never."""
    if membre.rythme == Rythme.JAMAIS:
        return None
    if is_paused(membre, now):
        return morning_of(membre.pause_jusqu_au + timedelta(days=1))
    return now


def is_paused(membre, now):
    """Whether ``membre`` asked to be left alone that day."""
    return membre.pause_jusqu_au is not None and timezone.localdate(now) <= membre.pause_jusqu_au


def next_summary(membre, after):
    """The first hour of a summary that ``membre`` wants after that time, on the clock of the cohort."""
    day = timezone.localdate(after)
    if is_paused(membre, after):
        day = membre.pause_jusqu_au + timedelta(days=1)
    while morning_of(day) <= after or day.weekday() not in _days(membre):
        day += timedelta(days=1)
    return morning_of(day)


def _days(membre):
    if membre.rythme == Rythme.HEBDOMADAIRE:
        return {0}
    if membre.rythme == Rythme.CHOISIS:
        return set(membre.jours) or {0}
    return set(range(7))


def morning_of(day):
    """The hour of summaries of that day, on the clock of the cohort."""
    return timezone.make_aware(datetime.combine(day, SUMMARY_AT))


@transaction.atomic
def choose(membre):
    """Save how often ``membre`` is written to, and wait as long for what was not written yet.

    An address that was refused is tried again.
    """
    membre.courriel_refuse_le = None
    chosen = ("rythme", "jours", "lettre", "pause_jusqu_au")
    membre.save(update_fields=[*chosen, "courriel_refuse_le"])
    now = timezone.now()
    waiting = Notification.objects.filter(membre=membre, envoi=None, courriel_le__isnull=False)
    for addressed in (True, False):
        motifs = [motif for motif in Motif if (motif in ADDRESSED) == addressed]
        due = mail_due(membre, motifs[0], now)
        waiting.filter(motif__in=motifs).update(courriel_le=due)


# --- The mails


def send_due():
    """Prepare and send every mail that is due."""
    gather()
    deliver()


def gather():
    """Make one mail of all that is due to each member; those whom another worker holds are its own."""
    due = Notification.objects.to_mail(timezone.now()).order_by()
    members = due.order_by("membre").values_list("membre", flat=True).distinct()
    for some in _batches(members):
        with transaction.atomic():
            held = Membre.objects.select_for_update(skip_locked=True, no_key=True)
            held = set(held.filter(pk__in=some).values_list("pk", flat=True))
            left = due.filter(membre__in=held).values_list("membre", flat=True).distinct()
            made = Envoi.objects.bulk_create(Envoi(membre_id=pk) for pk in left)
            theirs = Envoi.objects.filter(pk__in=[envoi.pk for envoi in made])
            theirs = theirs.filter(membre=OuterRef("membre")).order_by()
            due.filter(membre__in=held).update(envoi=Subquery(theirs.values("pk")))


def deliver():
    """Send the mails that are due, each by one worker."""
    for pk in (
        Envoi.objects.due(timezone.now()).order_by("prochain_le").values_list("pk", flat=True)
    ):
        deliver_one(pk)


def deliver_one(pk):
    """Send the mail of this key, if it is due and nobody else does."""
    if envoi := _taken(pk):
        _send(envoi)


@transaction.atomic
def _taken(pk):
    """The mail, on its way from now on and for a while; None when another has it."""
    now = timezone.now()
    due = Envoi.objects.due(now).select_for_update(skip_locked=True, of=("self",))
    envoi = due.filter(pk=pk).select_related("membre", "abonnement", "lettre", "acte").first()
    if envoi:
        envoi.etat, envoi.essais = Envoi.Etat.EN_COURS, envoi.essais + 1
        envoi.prochain_le = now + LEASE
        envoi.save(update_fields=["etat", "essais", "prochain_le"])
    return envoi


def _send(envoi):
    try:
        if (mail := courriel.WRITERS[envoi.sorte](envoi)) is None:
            _ended(envoi, Envoi.Etat.ANNULE)
            return
        courriel.send(**mail._asdict())
    except Exception as error:  # whatever a mail server does, the others' mails leave
        if not isinstance(error, OSError):  # SMTP's are among them
            log.exception("Courriel qui ne peut s’écrire")
        _failed(envoi, error)
    else:
        _ended(envoi, Envoi.Etat.ENVOYE, envoye_le=timezone.now(), erreur="")


def _failed(envoi, error):
    """Try again later, or not; nothing of the mail is kept, only what kind of failure it was."""
    code = courriel.refusal_code(error)
    erreur = f"{type(error).__name__} {code or ''}".strip()
    is_final = courriel.is_final(error)
    if is_final and isinstance(error, smtplib.SMTPRecipientsRefused):
        envoi.note_refusal()
    if is_final or envoi.essais > len(BACK_OFF):
        _ended(envoi, Envoi.Etat.ECHEC, erreur=erreur)
    else:
        later = timezone.now() + BACK_OFF[envoi.essais - 1]
        _ended(envoi, Envoi.Etat.DU, erreur=erreur, prochain_le=later)


def _ended(envoi, etat, **what):
    mine = Envoi.objects.filter(pk=envoi.pk, etat=Envoi.Etat.EN_COURS, essais=envoi.essais)
    mine.update(etat=etat, **what)


def send_again(envoi):
    """Have a mail that could not leave tried again from the beginning."""
    failed = Envoi.objects.filter(pk=envoi.pk, etat=Envoi.Etat.ECHEC)
    if failed.update(etat=Envoi.Etat.DU, essais=0, prochain_le=timezone.now()):
        transaction.on_commit(deliver_due.enqueue)


@task(priority=1)
def deliver_due():
    """Send the mails that are due."""
    deliver()


def forget_old():
    """Delete what is not told of any more, and the mails that left; return how many rows."""
    return Evenement.objects.outdated().delete()[0] + Envoi.objects.outdated().delete()[0]


# --- What they say


@courriel.writes(Envoi.Sorte.NOUVELLES)
def news_in(envoi):
    """The mail of what its reader is told."""
    if lines := lines_of(envoi):
        return courriel.Courriel(
            envoi.membre.email,
            "communaute/email/nouvelles.txt",
            context_of(envoi.membre, lines),
            html="communaute/email/nouvelles.html",
            headers=headers_of(envoi, lines),
            files=_meetings_of(envoi.membre, lines),
        )
    return None


@courriel.writes(Envoi.Sorte.DECISION)
def decision_in(envoi):
    """The mail that something was decided: what and why is read on the site alone."""
    membre, seen = envoi.membre, envoi.membre.decisions_vues_le
    is_wanted = membre.is_active and membre.rythme != Rythme.JAMAIS
    if not is_wanted or membre.courriel_refuse_le or (seen and seen >= envoi.acte.fait_le):
        return None
    preferences = preferences_of(membre)
    return courriel.Courriel(
        membre.email,
        "communaute/email/decision.txt",
        {
            "membre": membre,
            "cohorte": Cohorte.load(),
            "adresse": f"{settings.SITE_URL}{reverse('communaute:decisions')}",
            "preferences": preferences,
        },
        headers=courriel.headers_of(envoi, preferences),
    )


def _meetings_of(membre, lines):
    """The meetings that these lines announce or say changed, for the calendar of their reader: one file."""
    opened = {line.evenement.topic_id for line in lines if line.motif == Motif.SUJET}
    dates = {key for line in lines if line.evenement.rencontre_id for key in line.evenement.dates}
    told = Q(topic__in=opened) | Q(pk__in=dates)
    found = Rencontre.objects.readable_by(membre).filter(told, debut__isnull=False)
    found = found.select_related("topic")
    events = [calendriers.entry(rencontre) for rencontre in found]
    return (calendriers.attachment(events),) if events else ()


def lines_of(envoi):
    """What the mail tells, as its reader may read it now and has not read yet, the newest first; of a
    message that changed meanwhile, that it did.
    """
    membre = envoi.membre
    if not membre.is_active or membre.courriel_refuse_le:
        return []
    told = (
        Notification.objects.readable_by(membre)
        .unread()
        .filter(envoi=envoi)
        .with_subject()
        .order_by("pk")
    )
    latest = {_what(line): line for line in told}
    return sorted(latest.values(), key=lambda line: line.evenement.said_on, reverse=True)


def _what(line):
    """What tells one line of a mail from another: what is said twice is told once."""
    evenement = line.evenement
    if evenement.quoi:
        return evenement.mise_id, evenement.rencontre_id, line.motif
    return evenement.post_id or line


def context_of(membre, lines):
    """What the templates of the mail are given: its topics, each with what is told of it.

    Of a topic whose promise is that all stays there, nothing is said but that something is there; of a mise
    en commun, that something is asked, is known, or came out of it.
    """
    lines = sorted(lines, key=lambda line: line.evenement.topic_id)
    topics = []
    for _, group in groupby(lines, key=lambda line: line.evenement.topic_id):
        group = list(group)
        topic = group[0].evenement.topic
        stays = topic.promesse == Promesse.RESTE_ICI
        topics.append(
            {
                "espace": topic.espace.nom,
                "titre": "" if stays else topic.subject,
                "reponse": _answered_at(membre, group),
                "newest": group[0].evenement.said_on,
                "lignes": [_line(notification, stays) for notification in group],
            }
        )
    topics.sort(key=lambda topic: topic["newest"], reverse=True)
    addressed = [line for line in lines if line.is_addressed]
    return {
        "membre": membre,
        "cohorte": Cohorte.load(),
        "sujets": topics,
        "objet": _subject(topics, addressed),
        "preferences": preferences_of(membre),
        "repere": MARKER,
    }


def _answered_at(membre, lines):
    """Where ``membre`` answers what these lines tell of one topic; nowhere where it is a yes that is asked:
    a mail is no yes.
    """
    is_said = all(line.evenement.post_id for line in lines)
    return adresses_de_reponse.offered(membre, lines[0].evenement.topic) if is_said else ""


def _line(notification, stays):
    evenement = notification.evenement
    text, rencontre = _text_of(evenement), evenement.rencontre
    return {
        "motif": notification.get_motif_display(),
        "adresse": f"{settings.SITE_URL}{evenement.get_absolute_url()}",
        "qui": "" if stays else evenement.said_by,
        "rencontre": rencontre if not stays and rencontre and rencontre.debut else None,
        "autres_dates": len(evenement.autres_dates),
        "texte": "" if stays else text[:EXCERPT],
        "coupe": not stays and len(text) > EXCERPT,
    }


def _text_of(evenement):
    if evenement.quoi:
        return ""
    if evenement.post:
        return evenement.post.content.raw
    asked = evenement.demande.promesse_demandee
    return f"Faire passer la promesse de ce sujet à « {asked.label} » : {asked.explication}"


def _subject(topics, addressed):
    if len(topics) > 1:
        return f"Du nouveau dans vos espaces : {len(topics)} sujets"
    [topic] = topics
    what = addressed[0].get_motif_display() if addressed else topic["lignes"][0]["motif"]
    return f"{what} : {topic['titre']}" if topic["titre"] else f"{what} ({topic['espace']})"


def headers_of(envoi, lines):
    """The headers of the mail: what tells it from others and stops them in a click, and ties it to the
    others of its topic for this reader alone.
    """
    headers = courriel.headers_of(envoi, preferences_of(envoi.membre))
    topics = {line.evenement.topic_id for line in lines}
    if len(topics) == 1:
        host = urlsplit(settings.SITE_URL).hostname
        thread = f"<{_thread(envoi.membre, *topics)}@{host}>"
        headers |= {"In-Reply-To": thread, "References": thread}
        if address := _answered_at(envoi.membre, lines):
            headers["Reply-To"] = address
    return headers


def _thread(membre, topic):
    """What stands for a topic in the mailbox of one member: it tells nobody else anything."""
    return salted_hmac(SALT, f"{membre.reference} {topic}", algorithm="sha256").hexdigest()[:32]


# --- Preferences from a mail, without signing in


def preferences_of(membre):
    """The address where ``membre`` chooses how often to be written to: it opens nothing else."""
    jeton = signing.dumps(membre.reference, salt=SALT)
    return f"{settings.SITE_URL}{reverse('courriels', args=[jeton])}"


def bearer_of(jeton):
    """The active member whose preferences this opens, or None."""
    try:
        reference = signing.loads(jeton, salt=SALT)
    except signing.BadSignature:
        return None
    return Membre.objects.filter(reference=reference, is_active=True).first()
