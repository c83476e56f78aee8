"""What members write, each act in one transaction that locks the topic, then its forum.

Each function reads again what its author may do, in the transaction: rights lost since the page was
shown are lost here too. ``PermissionDenied`` says so, and ``ValidationError`` that the files of a message
are too many together.
"""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from communaute import mentions, notifications, permissions, promesse
from communaute.forum.models import Forum
from communaute.forum_conversation.models import Nature, Post, Promesse, Topic
from communaute.models import (
    Brouillon,
    Choix,
    DateProposee,
    Espace,
    Evenement,
    Membre,
    Mention,
    MiseEnCommun,
    Rencontre,
    Sondage,
    Suivi,
    Version,
)
from communaute.pieces import check_together
from communaute.prepared import Prepared
from communaute.search import indexed

WITHDRAWN_TITLE = "Sujet dont le premier message a été retiré"
HIDDEN_TITLE = "Sujet dont le premier message est masqué"
STAND_INS = (WITHDRAWN_TITLE, HIDDEN_TITLE)
"""Titles that nobody gave, by which nothing is looked for."""


class Conflict(Exception):
    """What was to be changed was changed by someone else meanwhile; ``current`` is as it stands now."""

    def __init__(self, current):
        super().__init__()
        self.current = current


@transaction.atomic
def start_topic(
    author,
    espace,
    subject,
    content,
    at=None,
    *,
    nature=Nature.QUESTION,
    promesse=Promesse.RESTE_ICI,
    sondage=None,
    rencontres=(),
    dates=(),
    envoi=None,
    pieces=(),
    windows=("",),
):
    """Open a topic with its first message, said now or at the time ``at``, and return it. Of what is said
    now, its readers are told.

    ``envoi`` is the key of the form: sent twice, it opens one topic. ``sondage`` is the poll it asks: a
    dict of ``choix``, ``plusieurs`` and ``ferme_le``; ``rencontres`` the fields of each date of the meeting
    it is about, ``dates`` those that are proposed for it. ``pieces`` are the references of those files of
    the author's draft that go with the message; the draft is done with, if one of these ``windows`` kept it.
    """
    author = as_of_now(author)
    espace = Espace.objects.readable_by(author).get(pk=espace.pk)
    if not permissions.can_open(author, espace, nature):
        raise PermissionDenied
    forum = lock_forum(espace.forum_id)
    if sent := _already_sent(author, envoi):
        _close_draft(author, {"espace": espace}, windows)
        return sent.topic
    topic = Topic(
        forum_id=espace.forum_id,
        poster=author,
        subject=subject,
        nature=nature,
        promesse=promesse,
        created=at or timezone.now(),
        approved=permissions.needs_no_approval(author, espace),
    )
    topic.save()
    if sondage:
        asked = Sondage.objects.create(
            topic=topic, plusieurs=sondage["plusieurs"], ferme_le=sondage["ferme_le"]
        )
        Choix.objects.bulk_create(
            Choix(sondage=asked, texte=texte, ordre=ordre)
            for ordre, texte in enumerate(sondage["choix"])
        )
    for fields in rencontres:
        rencontre = Rencontre.objects.create(topic=topic, **fields)
        DateProposee.objects.bulk_create(
            DateProposee(rencontre=rencontre, debut=debut, fin=fin) for debut, fin in dates
        )
    post = _add_post(topic, forum, author, content, at, envoi)
    topic.first_post = post
    Topic.objects.filter(pk=topic.pk).update(first_post=post)
    _attach(author, {"espace": espace}, windows, post, pieces)
    return topic


@transaction.atomic
def reply(author, topic, content, at=None, *, envoi=None, pieces=(), windows=("",)):
    """Add a message to a topic, said now or at ``at``, and return it, all as ``start_topic`` does."""
    author = as_of_now(author)
    topic = _locked_topic(author, topic)
    if sent := _already_sent(author, envoi):
        _close_draft(author, {"topic": topic}, windows)
        return sent
    if not permissions.can_reply(author, topic):
        raise PermissionDenied
    forum = lock_forum(topic.forum_id)
    post = _add_post(topic, forum, author, content, at, envoi)
    _attach(author, {"topic": topic}, windows, post, pieces)
    return post


@transaction.atomic
def edit(author, post, content, *, subject=None, base=None, pieces=None, windows=("",)):
    """Replace the text of a message by its author, and return it; what it said is kept as a ``Version``,
    but for what was never accepted: nobody was to read it.

    ``subject`` is the title of the topic that the message opens. ``base`` is the ``updates_count`` that
    the author was shown: ``Conflict`` says that there were changes since. ``pieces`` are the references of
    the files it is to have, of its own and of the draft's; None leaves them.
    """
    author = as_of_now(author)
    topic = _locked_topic(author, post.topic)
    post = locked(Post.objects.readable_by(author), post)
    if not permissions.can_edit(author, post):
        raise PermissionDenied
    opens = topic.first_post_id == post.pk
    if not opens or subject is None:
        subject = topic.subject
    changed = content != post.content.raw.replace("\r\n", "\n") or subject != topic.subject
    if changed and base is not None and base != post.updates_count:
        raise Conflict(post)
    if pieces is not None:
        changed |= bool(post.pieces.exclude(reference__in=pieces).delete()[0])
    changed |= bool(_close_draft(author, {"post": post}, windows, post, pieces or ()))
    if not changed:
        return post
    post.pieces_count = post.pieces.count()
    if post.approved:
        Version.objects.create(
            post=post,
            titre=topic.subject if opens else "",
            texte=post.content.raw,
            auteur=post.updated_by or post.poster,
            ecrite_le=post.updated_on or post.created,
        )
    post.content = content
    post.updated_by = author
    post.updates_count += 1
    if _save(post, topic) and post.approved:
        notifications.record(post, change=True)
    if subject != topic.subject:
        retitle(topic, subject)
    return post


@transaction.atomic
def withdraw(author, post):
    """Erase all that a message of ``author`` said, and leave in its place that it was withdrawn.

    It still counts among the messages of its topic. Where nobody's words are left, the topic is no longer
    listed; a topic that goes on without its first message loses the title that it had given.
    """
    author = as_of_now(author)
    topic = _locked_topic(author, post.topic)
    post = locked(Post.objects.readable_by(author), post)
    if not permissions.can_withdraw(author, post):
        raise PermissionDenied
    lock_forum(topic.forum_id)
    erase(post, topic)


def erase(post, topic):
    """Leave of ``post`` that it was withdrawn; the caller holds both, and their forum."""
    for said in (post.versions, post.mentions, post.mercis, post.pieces):
        said.all().delete()
    Brouillon.objects.filter(post=post).delete()
    post.content = ""
    post.updated_by, post.update_reason, post.updates_count = None, None, 0
    post.pieces_count = 0
    post.retire_le = timezone.now()
    post.save()
    Topic.objects.filter(pk=topic.pk, reponse=post).update(reponse=None)
    left = topic.posts.filter(approved=True, retire_le=None).aggregate(on=Max("created"))["on"]
    if left and left < topic.last_post_on:
        Suivi.objects.pass_over(topic, left)
    if topic.first_post_id == post.pk:
        retitle(topic, WITHDRAWN_TITLE)
        Sondage.objects.filter(topic=topic).delete()
        topic.resumes.filter(auteur=post.poster).delete()
        _call_off(topic)
    unlist_if_silent(topic)
    promesse.settle(topic)
    MiseEnCommun.objects.drawing_on([post]).tell_of_change()


def _call_off(topic):
    """Cancel the meeting of a topic whose first message is withdrawn, and take away what was said of it."""
    now, dates = timezone.now(), Rencontre.objects.filter(topic=topic)
    to_come = dates.filter(Q(fin__gt=now) | Q(fin=None), annulee_le=None)
    DateProposee.objects.filter(rencontre__topic=topic).delete()
    if called_off := list(to_come):
        notifications.record_rencontres(called_off, Evenement.Quoi.ANNULEE)
        to_come.update(annulee_le=now, revision=F("revision") + 1, modifiee_le=now)
    dates.update(lieu="", lien="", programme=[], motif="")


def hide(post, topic, at):
    """Keep from readers what ``post`` says, and the title that it gave; the caller holds both."""
    Post.objects.filter(pk=post.pk).update(masque_le=at)
    if topic.first_post_id == post.pk:
        retitle(topic, HIDDEN_TITLE, titre_masque=topic.titre_masque or topic.subject)
    MiseEnCommun.objects.drawing_on([post]).tell_of_change()


def show(post, topic):
    """Let ``post``, and the title that it gave, be read again; the caller holds both."""
    Post.objects.filter(pk=post.pk).update(masque_le=None)
    if topic.first_post_id == post.pk and topic.titre_masque:
        retitle(topic, topic.titre_masque)
    MiseEnCommun.objects.drawing_on([post]).tell_of_change()


def retitle(topic, subject, titre_masque=""):
    """Give a topic another title; the caller holds it."""
    Topic.objects.filter(pk=topic.pk).update(
        subject=subject, mots=indexed(subject), titre_masque=titre_masque
    )


def unlist_if_silent(topic):
    """Take a topic where nobody's words are left, and its messages, out of every count; the caller holds it,
    and its forum.
    """
    if (
        topic.posts.filter(retire_le=None).exists()
        or topic.positions.filter(retiree_le=None).exists()
    ):
        return
    topic.resumes.all().delete()
    topic.demandes_promesse.all().delete()
    topic.posts.update(approved=False)
    Topic.objects.filter(pk=topic.pk).update(
        approved=False, posts_count=0, last_post=None, last_post_on=None
    )
    Forum.objects.filter(pk=topic.forum_id).update(
        direct_posts_count=F("direct_posts_count") - topic.posts_count,
        direct_topics_count=F("direct_topics_count") - (1 if topic.posts_count else 0),
    )
    find_last_post(topic.forum_id)


def find_last_post(forum):
    """Note the last message of the forum of this key, after a topic left it or came; the caller holds it."""
    topics = Topic.objects.filter(forum=forum).exclude(last_post=None)
    last = topics.order_by("-last_post_on").first()
    Forum.objects.filter(pk=forum).update(
        last_post=last and last.last_post_id, last_post_on=last and last.last_post_on
    )


def publish(post, topic, forum):
    """Count ``post`` among the messages of its topic and forum, as they are now: the caller holds both."""
    Topic.objects.filter(pk=topic.pk).update(
        posts_count=topic.posts_count + 1, **_last_of(topic, post)
    )
    Forum.objects.filter(pk=forum.pk).update(
        direct_posts_count=forum.direct_posts_count + 1,
        direct_topics_count=forum.direct_topics_count + (0 if topic.posts_count else 1),
        **_last_of(forum, post),
    )


def _last_of(place, post):
    """What says that ``post`` is the last message of a topic or a forum, if it is."""
    is_last = place.last_post_on is None or place.last_post_on <= post.created
    return {"last_post": post.pk, "last_post_on": post.created} if is_last else {}


def as_of_now(author):
    """The author again, whose rights were not read yet, held until the transaction ends."""
    return Membre.objects.held(author.pk)


def locked(queryset, instance):
    """The row of ``instance`` as it is now, held until the transaction ends.

    Its key is left free: rows that point to it, such as what others have read, are written meanwhile.
    It is asked for again when it is not found: PostgreSQL does not find a topic that was moved while it
    waited, as it looks for it beside the forum that it had before.
    """
    held = queryset.select_for_update(of=("self",), no_key=True).filter(pk=instance.pk)
    return next(iter(held), None) or held.get()


def lock_forum(pk):
    """The forum as it is now, held until the transaction ends; after its topic, always."""
    [forum] = FORUM.fetch(forum=pk)
    return forum


FORUM = Prepared(
    lambda forum: Forum.objects.select_for_update(no_key=True).filter(pk=forum), forum=-1_848
)


def _locked_topic(author, topic):
    """The topic with its space, as ``locked`` gives it, if ``author`` may read it."""
    found = TOPIC.fetch(user=author, topic=topic.pk) or TOPIC.fetch(user=author, topic=topic.pk)
    if not found:
        raise Topic.DoesNotExist
    return found[0]


TOPIC = Prepared(
    lambda user, topic: (
        Topic.objects.readable_by(user)
        .with_espace()
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=topic)
    ),
    topic=-1_849,
)


def _already_sent(author, envoi):
    found = SENT.fetch(membre=author.pk, envoi=envoi) if envoi else []
    return found[0] if found else None


SENT = Prepared(
    lambda membre, envoi: Post.objects.filter(poster=membre, envoi=envoi).select_related("topic"),
    membre=-1_848,
    envoi=UUID(int=1_848),
)


def _add_post(topic, forum, author, content, at, envoi):
    post = Post(
        topic=topic,
        poster=author,
        content=content,
        created=at or timezone.now(),
        envoi=envoi,
        approved=permissions.needs_no_approval(author, topic.espace),
    )
    _save(post, topic)
    if post.approved:
        publish(post, topic, forum)
        if at is None:
            notifications.record(post)
    Suivi.objects.follow(author, topic)
    return post


def _save(post, topic):
    """Save a message, rendered with those whom it names, who are known to be named; return whether any is."""
    rendered, named = mentions.read(post.content.raw, topic)
    post.save()
    if rendered != post._content_rendered:
        Post.objects.filter(pk=post.pk).update(_content_rendered=rendered)
        post._content_rendered = rendered
    if post.updates_count:
        Mention.objects.filter(post=post).exclude(membre__in=named).delete()
    Mention.objects.bulk_create(
        [Mention(post=post, membre_id=key) for key in named], ignore_conflicts=True
    )
    return bool(named)


def _attach(author, place, windows, post, pieces):
    """Give a new message those files of the draft that go with it."""
    if moved := _close_draft(author, place, windows, post, pieces):
        Post.objects.filter(pk=post.pk).update(pieces_count=moved)
        post.pieces_count = moved


def _close_draft(author, place, windows, post=None, pieces=()):
    """Delete the draft of a place, if one of these windows kept it, once what it held is said; return how
    many files it gave ``post``, which may have some already.
    """
    [(name, instance)] = place.items()
    moved = 0
    for brouillon in DRAFT.fetch(name, membre=author.pk, place=instance.pk):
        moved = brouillon.pieces.filter(reference__in=pieces).update(post=post, brouillon=None)
        if brouillon.fenetre in windows:
            brouillon.delete()
    if moved:
        check_together(post.pieces.values_list("taille", flat=True))
    return moved


DRAFT = Prepared(
    lambda name, membre, place: Brouillon.objects.select_for_update().filter(
        membre=membre, **{name: place}
    ),
    membre=-1_848,
    place=-1_849,
)
