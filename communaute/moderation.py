"""What facilitators decide for a space, and what is asked of them.

Each act is one transaction: rights are read again, the topic is locked, then its forum, and the act is
put on record with what it changes. ``PermissionDenied`` says that it is not for whoever asks.
"""

import re

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from communaute import conservation, conversation, notifications, permissions
from communaute.conversation import Conflict, as_of_now, find_last_post, locked
from communaute.forum.models import Forum
from communaute.forum_conversation.models import Post, Topic
from communaute.models import (
    Acte,
    ActeModeration,
    Alerte,
    Espace,
    Nomination,
    Recours,
    Resume,
    Sondage,
    Suivi,
    Suspension,
)

TOPIC_ACTS = {
    Acte.EPINGLER: {"type": Topic.TOPIC_STICKY},
    Acte.DESEPINGLER: {"type": Topic.TOPIC_POST},
    Acte.FERMER: {"status": Topic.TOPIC_LOCKED},
    Acte.ROUVRIR: {"status": Topic.TOPIC_UNLOCKED},
}
"""What pinning and locking set on a topic."""

MOST_PINNED = 20
"""Topics pinned in a space: the page of its topics shows them all, above the others."""

WITHOUT_REASON = (Acte.APPROUVER, Acte.CLASSER)
"""Decisions that need no reason: nobody loses anything by them."""


class Refused(Exception):
    """What cannot be done, with the reason to show."""


# --- Topics ---------------------------------------------------------------------------------------


@transaction.atomic
def change_topic(facilitator, topic, acte):
    """Pin or unpin a topic, close or reopen it; done twice, it is on record once.

    ``Refused`` says that too many are pinned.
    """
    facilitator = as_of_now(facilitator)
    topic = locked(Topic.objects.readable_by(facilitator), topic)
    if not permissions.can_moderate(facilitator, topic.espace):
        raise PermissionDenied
    pinned = Topic.objects.filter(forum=topic.forum_id, type=Topic.TOPIC_STICKY)
    if acte == Acte.EPINGLER and pinned.exclude(pk=topic.pk).count() >= MOST_PINNED:
        raise Refused(f"{MOST_PINNED} sujets sont déjà épinglés : désépinglez-en un d’abord.")
    columns = TOPIC_ACTS[acte]
    if Topic.objects.filter(pk=topic.pk).exclude(**columns).update(**columns):
        record_act(acte, facilitator, topic.espace, topic=topic)


@transaction.atomic
def welcome_with(facilitator, topic, on):
    """Make a topic the one where those who arrive in its space land, in place of any other, or no longer.
    Done twice, it is on record once.
    """
    facilitator = as_of_now(facilitator)
    topic = locked(Topic.objects.readable_by(facilitator), topic)
    if not permissions.can_moderate(facilitator, topic.espace):
        raise PermissionDenied
    here = Espace.objects.filter(pk=topic.espace.pk)
    here = here.exclude(accueil=topic) if on else here.filter(accueil=topic)
    if here.update(accueil=topic if on else None):
        record_act(
            Acte.ACCUEILLIR if on else Acte.CONGEDIER, facilitator, topic.espace, topic=topic
        )


def destinations(facilitator, topic):
    """The other spaces that one facilitates, each with what moving the topic there would do.

    ``obstacle`` is why it cannot be moved there, or an empty text; ``losing`` is how many of those who
    wrote in the topic and can read it today could no longer. A constant number of queries.
    """
    source = topic.espace
    posts = Post.objects.filter(topic=topic)
    wrote = Q(pk__in=posts.filter(approved=True).values("poster"))
    strangers = ~Q(pk__in=topic.readers().values("pk"))
    opened = topic.opened_on
    espaces = list(
        Espace.objects.filter(pk__in=facilitator.rights.animated)
        .select_related("forum", "territoire")
        .with_readers_count(opened=opened)
        .with_readers_count("strangers_count", strangers, opened=opened)
        .with_readers_count("authors_count", wrote, opened=opened)
    )
    authors = next((e.authors_count for e in espaces if e.pk == source.pk), 0)
    waiting = posts.waiting().exists()
    refused = posts.filter(approved=False).exclude(masque_le=None).exists()
    found = [espace for espace in espaces if espace.pk != source.pk]
    for espace in found:
        espace.losing = authors - espace.authors_count
        espace.obstacle = _obstacle(source, espace, waiting, refused)
    return found


def _obstacle(source, target, waiting, refused):
    same = (source.audience, source.college, source.territoire_id) == (
        target.audience,
        target.college,
        target.territoire_id,
    )
    if source.audience != Espace.Audience.TOUS and not same:
        return (
            f"Cet espace est ouvert à d’autres personnes que « {source.nom} » : ce qui a été dit entre "
            "les un·es n’est pas montré aux autres."
        )
    if target.strangers_count == 1:
        return (
            f"Une personne y lit qui ne peut pas lire « {source.nom} » : elle découvrirait ce qui n’a "
            "pas été dit devant elle."
        )
    if target.strangers_count:
        return (
            f"{target.strangers_count} personnes y lisent qui ne peuvent pas lire « {source.nom} » : "
            "elles découvriraient ce qui n’a pas été dit devant elles."
        )
    if waiting:
        return "Un message du sujet attend votre relecture : acceptez-le ou refusez-le d’abord."
    if refused:
        return (
            "Un message du sujet a été refusé : les personnes qui animent cet espace pourraient le lire, "
            "alors que son auteur·rice ne s’adressait pas à elles."
        )
    return ""


@transaction.atomic
def move(facilitator, topic, target, motif=""):
    """Move a topic to another space that one facilitates too, and that nobody else reads.

    ``Refused`` says why it cannot be. Both forums' counts follow; drafts, marks and follows of whoever
    can no longer read it give nothing any more, being reached through ``readable_by``. It was pinned where
    it was, not where it comes.
    """
    facilitator = as_of_now(facilitator)
    topic = locked(Topic.objects.readable_by(facilitator), topic)
    source = topic.espace
    if not permissions.can_moderate(facilitator, source):
        raise PermissionDenied
    forums = Forum.objects.filter(espace__in=(source, target)).order_by("pk")
    list(forums.select_for_update(of=("self",), no_key=True))
    found = {espace.pk: espace for espace in destinations(facilitator, topic)}
    if target.pk not in found:
        raise PermissionDenied
    target = found[target.pk]
    if target.obstacle:
        raise Refused(target.obstacle)
    Suivi.objects.keep_marks(topic, source)
    Suivi.objects.keep_new(topic, target)
    Topic.objects.filter(pk=topic.pk).update(forum=target.forum_id, type=Topic.TOPIC_POST)
    shown = int(topic.approved)
    Forum.objects.filter(pk=source.forum_id).update(
        direct_topics_count=F("direct_topics_count") - shown,
        direct_posts_count=F("direct_posts_count") - topic.posts_count,
    )
    Forum.objects.filter(pk=target.forum_id).update(
        direct_topics_count=F("direct_topics_count") + shown,
        direct_posts_count=F("direct_posts_count") + topic.posts_count,
    )
    for forum in (source.forum_id, target.forum_id):
        find_last_post(forum)
    Espace.objects.filter(accueil=topic).update(accueil=None)
    record_act(Acte.DEPLACER, facilitator, source, motif, topic=topic)


@transaction.atomic
def erase_summary(facilitator, resume, motif):
    """Leave of a version of the summary of a topic who wrote it and when; they are told why."""
    facilitator = as_of_now(facilitator)
    topic = locked(Topic.objects.readable_by(facilitator), resume.topic)
    if not permissions.can_moderate(facilitator, topic.espace):
        raise PermissionDenied
    written = Resume.objects.filter(pk=resume.pk).exclude(texte="")
    if written.update(texte="", rendu=""):
        Topic.objects.filter(pk=topic.pk, resume=resume.pk).update(resume=None)
        record_act(Acte.VIDER, facilitator, topic.espace, motif, topic=topic, membre=resume.auteur)


# --- Messages -------------------------------------------------------------------------------------


@transaction.atomic
def report(membre, post, motif, texte=""):
    """Report a message to those who facilitate its space, and return whether it was not yet.

    A member has one open report on a message: until it is decided, another adds nothing.
    """
    membre = as_of_now(membre)
    topic = locked(Topic.objects.readable_by(membre), post.topic)
    post = locked(Post.objects.readable_by(membre), post)
    if not permissions.can_report(membre, post):
        raise PermissionDenied
    _, created = Alerte.objects.get_or_create(
        post=post,
        membre=membre,
        decision=None,
        defaults={"espace": topic.espace, "motif": motif, "texte": texte},
    )
    return created


_ADDRESS = re.compile(r"#message-([a-z2-9]{16})$|/communaute/(?:sujets|messages)/([a-z2-9]{16})\b")

# One query whether the message exists or not: neither the answer nor its time tells.
_REPORT = """
    INSERT INTO communaute_alerte (espace_id, post_id, motif, texte, recue_le)
    SELECT espace.id, post.id, %s, %s, %s
      FROM forum_conversation_post post
      JOIN forum_conversation_topic topic ON topic.id = post.topic_id
      JOIN communaute_espace espace ON espace.forum_id = topic.forum_id
     WHERE (post.reference = %s OR (topic.reference = %s AND topic.first_post_id = post.id))
       AND post.approved AND topic.approved AND post.retire_le IS NULL
"""


def report_from_outside(address, texte):
    """Report, as against the law, the message that ``address`` leads to, if it leads to one.

    For those who are concerned and cannot read it. A topic's address is that of its first message.
    """
    found = list(_ADDRESS.finditer(address))
    reference = next((part for part in found[-1].groups() if part), "") if found else ""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_REPORT, [Alerte.Motif.ILLICITE, texte, now, reference, reference])


def decisions_on(post):
    """What a facilitator can decide about a message as it is now."""
    if post.retire_le:
        decisions = []
    elif not post.approved:
        decisions = [Acte.APPROUVER] if post.masque_le else [Acte.APPROUVER, Acte.REFUSER]
    else:
        decisions = [Acte.DEMASQUER] if post.masque_le else [Acte.MASQUER]
    if Alerte.objects.waiting().filter(post=post).exists():
        decisions.append(Acte.CLASSER)
    return decisions


@transaction.atomic
def decide(facilitator, post, acte, motif="", *, base=None):
    """Hide, restore, accept or refuse a message, or close its reports, and return the act.

    ``base`` is the ``updates_count`` that was shown: ``Conflict`` says that the message changed since,
    or that somebody else decided.
    """
    facilitator = as_of_now(facilitator)
    topic = locked(Topic.objects.readable_by(facilitator), post.topic)
    post = locked(Post.objects.readable_by(facilitator), post)
    if not permissions.can_decide(facilitator, post):
        raise PermissionDenied
    if acte not in decisions_on(post) or base not in (None, post.updates_count):
        raise Conflict(post)
    concerned = None if acte in WITHOUT_REASON else post.poster
    record = record_act(
        acte, facilitator, topic.espace, motif, topic=topic, post=post, membre=concerned
    )
    if acte in (Acte.DEMASQUER, Acte.APPROUVER):
        _overturn(record, acte__post=post.pk, acte__fait_le=post.masque_le)
    if acte in (Acte.MASQUER, Acte.REFUSER):
        # The same instant as the act's: this is how the act is known to be in force.
        conversation.hide(post, topic, record.fait_le)
    elif acte == Acte.DEMASQUER:
        conversation.show(post, topic)
    elif acte == Acte.APPROUVER:
        _accept(post, topic)
    if acte in (Acte.MASQUER, Acte.CLASSER):
        Alerte.objects.waiting().filter(post=post).update(decision=record)
    return record


def _accept(post, topic):
    """Let a message that waited appear, as said now, so that nobody has read past it; its author, who had
    read all of its topic, has still. Its poll is open as many days as was meant.
    """
    forum = conversation.lock_forum(topic.forum_id)
    now = timezone.now()
    author = post.poster
    read = Topic.objects.readable_by(author).with_reading_of(author).filter(is_unread=False)
    if read.filter(pk=topic.pk).exists():
        Suivi.objects.mark_read(author, topic, now)
    conversation.show(post, topic)
    Post.objects.filter(pk=post.pk).update(approved=True, created=now)
    if topic.first_post_id == post.pk:
        Topic.objects.filter(pk=topic.pk).update(approved=True, created=now)
        waited = timezone.localdate(now) - timezone.localdate(post.created)
        Sondage.objects.filter(topic=topic).update(ferme_le=F("ferme_le") + waited)
    post.created = now
    conversation.publish(post, topic, forum)
    notifications.record(post)


def what_waits(facilitator):
    """What waits in each space that one facilitates, as pairs of the space and counts by kind.

    The counts are ``alertes`` (messages reported), ``messages`` (to read before they appear) and
    ``recours``.
    """
    of_post = "topic__forum__espace"
    waiting = Post.objects.readable_by(facilitator).waiting().exclude(poster=facilitator)
    recours = Recours.objects.readable_by(facilitator).waiting()
    counts = {
        "alertes": _count(
            Alerte.objects.readable_by(facilitator).waiting(), f"post__{of_post}", "post"
        ),
        "messages": _count(waiting, of_post, "pk"),
        "recours": _count(recours, Coalesce(f"acte__post__{of_post}", "acte__espace"), "pk"),
    }
    espaces = Espace.objects.filter(pk__in=facilitator.rights.animated)
    return [
        (espace, {kind: count.get(espace.pk, 0) for kind, count in counts.items()})
        for espace in espaces.select_related("forum", "territoire")
    ]


def _count(queryset, espace, what):
    """How many different ``what`` in each space."""
    return dict(
        queryset.order_by()
        .annotate(of=F(espace) if isinstance(espace, str) else espace)
        .values("of")
        .annotate(total=Count(what, distinct=True))
        .values_list("of", "total")
    )


@transaction.atomic
def read_before_publication(facilitator, espace, on):
    """Have the messages of a space read by its facilitators before they appear, or no longer."""
    facilitator = as_of_now(facilitator)
    if not permissions.can_moderate(facilitator, espace):
        raise PermissionDenied
    if Espace.objects.filter(pk=espace.pk, premoderation=not on).update(premoderation=on):
        record_act(Acte.PREMODERER if on else Acte.LIBERER, facilitator, espace)


# --- Members --------------------------------------------------------------------------------------


def can_be_suspended(espace, by):
    """The readers of a space that ``by`` may suspend: all but those who facilitate it."""
    return espace.readers().exclude(pk__in=espace.animateurs.values("pk")).exclude(pk=by.pk)


@transaction.atomic
def suspend(facilitator, espace, membre, motif, jusqua=None):
    """Close a space to one of its readers until ``jusqua``, or until it is lifted; return the act."""
    facilitator = as_of_now(facilitator)
    espace = Espace.objects.select_for_update(of=("self",), no_key=True).get(pk=espace.pk)
    if not permissions.can_moderate(facilitator, espace):
        raise PermissionDenied
    membre = can_be_suspended(espace, facilitator).get(pk=membre.pk)
    past = espace.suspensions.filter(membre=membre, levee_le=None)
    past.update(levee_le=F("jusqua"))  # it had come to its end, or they would read no more
    acte = record_act(Acte.SUSPENDRE, facilitator, espace, motif, membre=membre)
    espace.suspensions.create(membre=membre, acte=acte, depuis=acte.fait_le, jusqua=jusqua)
    return acte


@transaction.atomic
def lift(facilitator, suspension, motif=""):
    """Give back to a member the space that was closed to them."""
    facilitator = as_of_now(facilitator)
    suspension = locked(Suspension.objects.active().readable_by(facilitator), suspension)
    Suspension.objects.filter(pk=suspension.pk).update(levee_le=timezone.now())
    espace, membre = suspension.espace, suspension.membre
    record = record_act(Acte.RETABLIR, facilitator, espace, motif, membre=membre)
    _overturn(record, acte=suspension.acte_id)


# --- Appeals --------------------------------------------------------------------------------------


def other_facilitators(acte):
    """Those who could judge an appeal against ``acte``."""
    espace = acte.post.espace if acte.post else acte.espace
    others = espace.animateurs.filter(pk__in=espace.readers().values("pk"))
    return others.exclude(pk__in=(acte.par_id, acte.membre_id))


def say_whether_judged(actes):
    """Give each of ``actes`` its ``has_judge``: whether it has ``other_facilitators``, asked in one query."""
    where = {acte: (acte.post.topic if acte.post else acte.espace).forum_id for acte in actes}
    here = {"espace": OuterRef("espace"), "membre": OuterRef("membre")}
    facilitating = Nomination.objects.active().filter(
        ~Exists(Suspension.objects.active().filter(**here)),
        role=Nomination.Role.ANIMATION,
        membre__is_active=True,
        espace__forum__in=where.values(),
    )
    judges = facilitating.values_list("espace__forum", "membre")
    for acte, forum in where.items():
        acte.has_judge = any(
            there == forum and membre not in (acte.par_id, acte.membre_id)
            for there, membre in judges
        )


@transaction.atomic
def appeal(membre, acte, texte):
    """Ask another facilitator to look again at a decision that concerns ``membre``."""
    acte = locked(ActeModeration.objects.concerning(membre), acte)
    if not permissions.can_appeal(membre, acte):
        raise PermissionDenied
    Recours.objects.create(acte=acte, texte=texte)


@transaction.atomic
def judge(facilitator, recours, confirm, motif):
    """Confirm the decision that was appealed against, or overturn it, which undoes it; return the act.

    ``Conflict`` says that somebody else has judged.
    """
    facilitator = as_of_now(facilitator)
    acte = recours.acte
    topic = post = None
    if acte.post_id:
        topic = locked(Topic.objects.readable_by(facilitator), acte.post.topic)
        post = locked(Post.objects.readable_by(facilitator), acte.post)
        acte.post = post
    recours = locked(Recours.objects.readable_by(facilitator), recours)
    if recours.reponse_id:
        raise Conflict(recours)
    if not confirm and acte.is_in_force and not (post and post.retire_le):
        if acte.acte == Acte.SUSPENDRE:
            Suspension.objects.filter(acte=acte).update(levee_le=timezone.now())
        elif acte.acte == Acte.REFUSER:
            _accept(post, topic)
        else:
            conversation.show(post, topic)
    answer = record_act(
        Acte.CONFIRMER if confirm else Acte.INFIRMER,
        facilitator,
        topic.espace if topic else acte.espace,
        motif,
        topic=topic,
        post=post,
        membre=acte.membre,
    )
    Recours.objects.filter(pk=recours.pk).update(reponse=answer)
    return answer


def _overturn(record, **about):
    """Answer by ``record`` the appeal against what it undoes."""
    Recours.objects.waiting().filter(**about).update(reponse=record)


def forget_old_reports():
    """Delete the reports decided on long ago, and return how many; what was decided stays on record."""
    long_ago = timezone.now() - conservation.ALERTE
    return Alerte.objects.filter(decision__fait_le__lt=long_ago).delete()[0]


# --- The one exceptional reading ------------------------------------------------------------------


@transaction.atomic
def read_exceptionally(referent, reference, motif):
    """The message of that reference, opened alone by the référent·e and put on record before it is."""
    referent = as_of_now(referent)
    referred = Alerte.objects.referred_to(referent).filter(post__reference=reference)
    locked(Topic.objects, Topic.objects.get(posts__reference=reference))
    post = Post.objects.select_related("poster").get(pk__in=referred.values("post"))
    record_act(Acte.LIRE, referent, post.espace, motif, post=post, membre=post.poster)
    return post


def record_act(acte, par, espace, motif="", **about):
    """Put an act on record, in its transaction, and have whom it concerns told of it."""
    record = ActeModeration.objects.create(acte=acte, par=par, espace=espace, motif=motif, **about)
    if record.membre and record.membre != par:
        notifications.record_decision(record)
    return record
