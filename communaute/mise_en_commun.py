"""From an exchange to a public learning: proposed, written and asked for in the space, with everyone's yes.

What each answers is sealed until all that is asked is known, then all of it is resolved at once; a no and a
silence look the same. A yes is to one version of one part: whatever changes it asks again for that part
alone. Nothing here is public: what is, is read from ``Passage.objects.public()`` each time it is shown.
"""

import re
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.dispatch import Signal
from django.utils import timezone

from communaute import citations, indices, notifications, permissions
from communaute.conversation import Conflict, as_of_now, locked, start_topic
from communaute.forum_conversation.models import Nature, Post, Promesse, Topic
from communaute.journal_des_effacements import noting
from communaute.models import (
    Accord,
    Evenement,
    MiseEnCommun,
    Passage,
    PreuveAccord,
    Siege,
    VersionPassage,
)
from communaute.text import fold

REMINDERS = (timedelta(days=7), timedelta(days=12))
"""How long after they are asked those who have not answered are reminded."""
ENOUGH_PEERS = 3
"""With fewer who may have said it, each of them must agree that it is published."""
SENTENCE_ENDS = re.compile(r"[.!?…:;\n]+")

handed_over = Signal()
"""Sent in the transaction that hands a ``mise`` over: who publishes makes the draft of its page."""


# --- Writing


@transaction.atomic
def propose(membre, topic, titre, introduction, messages, at=None, *, envoi=None):
    """Open a mise en commun of these ``messages`` of ``topic``, and a topic to discuss it, now or at ``at``;
    return it.

    ``envoi`` is the key of the form: sent twice, it opens one. ``PermissionDenied`` says that the topic
    promises otherwise, or that one may not speak there.
    """
    membre = as_of_now(membre)
    topic = locked(Topic.objects.readable_by(membre), topic)
    if not permissions.can_draw_on(membre, topic):
        raise PermissionDenied
    atelier = start_topic(
        membre,
        topic.espace,
        titre,
        introduction,
        at,
        nature=Nature.RETOUR,
        promesse=Promesse.RESTE_ICI,
        envoi=envoi,
    )
    if sent := MiseEnCommun.objects.filter(atelier=atelier).first():
        return sent
    mise = MiseEnCommun.objects.create(topic=topic, atelier=atelier, auteur=membre)
    read = Post.objects.readable_by(membre).shown().filter(topic=topic)
    mise.messages.set(read.filter(pk__in=[message.pk for message in messages]))
    chapeau = Passage.objects.create(mise_en_commun=mise, ordre=0)
    _write(membre, chapeau, 1, {"titre": titre, "texte": introduction})
    return mise


@transaction.atomic
def add(membre, mise, said):
    """Add a part at the end, and return it: ``said`` is a dict of its ``texte``, of ``est_citation``, and of
    ``sources``, those of the messages that it draws on. The text that is last already is not added again.
    """
    membre, mise = _writer(membre, mise)
    last = mise.passages.last()
    if not last.is_chapeau and not last.retire_le and last.derniere.texte == said["texte"]:
        return last
    made = Passage.objects.create(mise_en_commun=mise, ordre=last.ordre + 1)
    _write(membre, made, 1, said)
    return made


@transaction.atomic
def change(membre, passage, said, *, base):
    """Give a part another text, or other sources: it is asked again, and what all agreed to before, if
    anything, stands until all agree to this.

    ``base`` is the version that one was shown: ``Conflict`` says that there were changes since.
    """
    membre, mise = _writer(membre, passage.mise_en_commun)
    passage = _as_shown(mise, passage, base)
    _revise(membre, passage, said)


@transaction.atomic
def reword_and_ask(editor, passage, titre, texte, *, base):
    """Have whom a part draws on asked whether it may read otherwise, as one who edits its page would have it.

    ``Conflict`` as ``change`` says it.
    """
    mise = _locked(passage.mise_en_commun)
    passage = _as_shown(mise, passage, base)
    if not Passage.objects.public().filter(pk=passage.pk).exists():
        raise PermissionDenied
    before = passage.accorde
    said = {"titre": titre, "texte": texte, "est_citation": before.est_citation}
    said["sources"] = list(before.sources.all())
    _ask(mise, [_revise(editor, passage, said)])


@transaction.atomic
def take_out(membre, passage):
    """Leave a part out, as whoever writes may decide at any time."""
    membre, mise = as_of_now(membre), _locked(passage.mise_en_commun)
    if passage.is_chapeau or not permissions.can_take_out(membre, mise):
        raise PermissionDenied
    mise.passages.filter(pk=passage.pk, retire_le=None).update(retire_le=timezone.now())
    _resolve_if_all_is_known(mise)
    _tell_of_change(mise)


def _as_shown(mise, passage, base):
    passage = mise.passages.select_related("mise_en_commun", "accorde").get(pk=passage.pk)
    if passage.numero != base:
        raise Conflict(passage)
    return passage


def _write(membre, passage, numero, said):
    """Keep a version of a part; its sources are among the messages that were picked, still there to be read.

    Without any, it is what ``membre`` says, or whoever said it in the version before.
    """
    picked = set(said.get("sources", ()))
    sources = passage.mise_en_commun.messages.shown().filter(pk__in=[post.pk for post in picked])
    before = passage.versions.filter(numero=numero - 1).first()
    if len(sources) != len(picked):
        raise PermissionDenied
    version = VersionPassage.objects.create(
        passage=passage,
        numero=numero,
        titre=said.get("titre") or (before.titre if before else ""),
        texte=said["texte"],
        est_citation=said.get("est_citation", False),
        de_id=None if sources else (before and before.de_id) or membre.pk,
        par=membre,
    )
    version.sources.set(sources)
    return version


def _revise(membre, passage, said):
    passage.versions.filter(close_le=None).update(close_le=timezone.now())
    numero = passage.numero + 1
    Passage.objects.filter(pk=passage.pk).update(numero=numero, retire_le=None)
    passage.numero = numero
    return _write(membre, passage, numero, said)


# --- Asking


def foresee(mise, versions):
    """Give each of ``versions`` of ``mise`` the members who are to be ``asked``: those it draws on; those of
    whose messages it repeats a sentence, though it does not say so; and where fewer than ``ENOUGH_PEERS``
    could have said what it says, each of these.

    The queries do not grow with the versions.
    """
    sources = Prefetch("sources", Post.objects.select_related("poster"))
    prefetch_related_objects(versions, "de", sources)
    peers, said = _Peers(mise.topic.espace), _Said(mise.topic)
    for version in versions:
        authors = {version.de} if version.de_id else {post.poster for post in version.sources.all()}
        authors |= said.by_whom(f"{version.titre}\n{version.texte}")
        plausible = peers.who_could_say(f"{version.titre} {version.texte}")
        few = plausible if len(plausible) < ENOUGH_PEERS else set()
        version.asked = sorted(
            authors | few, key=lambda one: (one.last_name, one.first_name, one.pk)
        )


class _Peers:
    """Those who could have said something in a space: its peers."""

    def __init__(self, espace):
        seats = Siege.objects.giving_access_to(espace).filter(membre__is_active=True)
        self._seats = list(seats.select_related("membre", "territoire"))

    def who_could_say(self, text):
        """All of them; where ``text`` names territories of the cohort, those who have a seat there."""
        said, phrases = f" {fold(text)} ", indices.capitalised(text).keys()
        there = {
            seat.membre
            for seat in self._seats
            if seat.territoire
            and (
                f" {fold(seat.territoire.nom)} " in said
                or indices.names_of(seat.territoire.nom) & phrases
            )
        }
        return there or {seat.membre for seat in self._seats}


class _Said:
    """What is said in a topic, but for what is quoted there."""

    def __init__(self, topic):
        posts = Post.objects.shown().filter(topic=topic).select_related("poster")
        own = ((post.poster, citations.edited(post.content.raw, _keeps_nothing)) for post in posts)
        self._said = [(poster, f" {fold(text)} ") for poster, text in own]

    def by_whom(self, text):
        """Those who said a whole sentence of ``text``, long enough to be somebody's."""
        sentences = [fold(one) for one in SENTENCE_ENDS.split(text)]
        told = [f" {one} " for one in sentences if len(one.split()) >= citations.ENOUGH]
        return {poster for poster, said in self._said if any(one in said for one in told)}


def _keeps_nothing(author, line):
    return False


@transaction.atomic
def ask(membre, mise):
    """Ask for each part that was not asked for yet all whose yes it needs, and return those versions."""
    membre, mise = _writer(membre, mise)
    versions = list(VersionPassage.objects.to_ask().filter(passage__mise_en_commun=mise))
    if versions:
        _ask(mise, versions)
        _resolve_if_all_is_known(mise)
    return versions


def _ask(mise, versions):
    foresee(mise, versions)
    Accord.objects.bulk_create(
        Accord(version=version, membre=asked) for version in versions for asked in version.asked
    )
    keys = [version.pk for version in versions]
    VersionPassage.objects.filter(pk__in=keys).update(demandee_le=timezone.now())
    notifications.record_mise(mise, Evenement.Quoi.DEMANDE)


def remind_due():
    """Remind those whose yes is awaited since ``REMINDERS``, and return of how many mises en commun: once
    each, whatever stopped meanwhile.
    """
    return sum(_remind(mise) for mise in _asked_mises())


def _asked_mises():
    asked = VersionPassage.objects.asked().order_by().values("passage__mise_en_commun")
    return MiseEnCommun.objects.filter(pk__in=asked)


@transaction.atomic
def _remind(mise):
    mise = _locked(mise)
    asked = VersionPassage.objects.asked().filter(passage__mise_en_commun=mise)
    due = [
        asked.filter(rappels__lt=which, demandee_le__lte=timezone.now() - after)
        for which, after in enumerate(REMINDERS, 1)
    ]
    reminded = [found.update(rappels=which) for which, found in enumerate(due, 1)]
    if any(reminded):
        notifications.record_mise(mise, Evenement.Quoi.RAPPEL)
    return any(reminded)


def offered_answers(mise):
    """What may be answered: no name where nothing is attributed; and of what is public already, whose wording
    is reviewed before it is asked for, yes or no.
    """
    refused = set() if mise.topic.promesse == Promesse.A_PARTAGER else {Accord.Reponse.NOM}
    refused |= {Accord.Reponse.REFORMULE} if mise.remise_le else set()
    return [reponse for reponse in Accord.Reponse if reponse not in refused]


@transaction.atomic
def answer(membre, accord, reponse, texte="", *, dit_le_college=False):
    """Say yes, no, or how one would rather have it said; one may change one's mind until all is known.

    ``Accord.DoesNotExist`` says that one is not asked, or not any more.
    """
    membre = as_of_now(membre)
    mise = _locked(accord.version.passage.mise_en_commun)
    asked = Accord.objects.readable_by(membre).awaited()
    accord = asked.select_related("version__passage").get(pk=accord.pk)
    if reponse not in offered_answers(mise):
        raise PermissionDenied
    _note(accord, reponse, texte if reponse == Accord.Reponse.REFORMULE else "", dit_le_college)
    _resolve_if_all_is_known(mise)


def _note(accord, reponse, texte="", dit_le_college=False):
    now = timezone.now()
    Accord.objects.filter(pk=accord.pk).update(
        reponse=reponse, texte=texte, repondu_le=now, dit_le_college=dit_le_college
    )
    PreuveAccord.objects.create(
        accord=accord,
        membre_id=accord.membre_id,
        empreinte=accord.version.empreinte,
        reponse=reponse,
        le=now,
    )


def withdraw(membre, accord):
    """Take back a yes, at any time: the part is out of all that is public from now on.

    It is noted apart from the database, with what the same member said of that part before: a backup brings
    none of it back. ``Accord.DoesNotExist`` says that it was not given, or is taken back already.
    """
    with noting() as journal, transaction.atomic():
        membre, now = as_of_now(membre), timezone.now()
        mise = _locked(accord.version.passage.mise_en_commun)
        given = Accord.objects.readable_by(membre).given().select_related("version")
        given = given.get(pk=accord.pk)
        _take_back(given, now)
        _resolve_if_all_is_known(mise)
        _tell_of_change(mise)
        said = Accord.objects.filter(membre=membre, version__passage=given.version.passage_id)
        until = said.filter(version__numero__lte=given.version.numero)
        for reference in until.values_list("reference", flat=True):
            journal.write(reference, True, now)


def withdraw_again(journal, references):
    """Take back each yes whose reference is among these of ``journal``, and return how many there were: older
    data was brought back.
    """
    yes = Accord.objects.filter(reponse__in=(*Accord.OUI, Accord.Reponse.REFORMULE), retire_le=None)
    taken_back = 0
    for accord in yes.filter(reference__in=references).select_related(
        "version__passage__mise_en_commun"
    ):
        if entry := journal.read(accord.reference):
            with transaction.atomic():
                mise = _locked(accord.version.passage.mise_en_commun)
                _take_back(accord, entry[0])
                _tell_of_change(mise)
            taken_back += 1
    return taken_back


def still_given():
    """The references of each yes by which a part may be public."""
    return set(Accord.objects.given().values_list("reference", flat=True))


def withdraw_all(membre, at):
    """Take back each yes of one who leaves ``at`` that time; the caller's transaction holds them."""
    accords = Accord.objects.filter(membre=membre).given()
    found = MiseEnCommun.objects.filter(passages__accorde__accords__in=accords)
    mises = list(found.order_by("pk").distinct())
    for mise in mises:
        _locked(mise)
    for accord in accords.select_related("version"):
        _take_back(accord, at)
    for mise in mises:
        _tell_of_change(mise)


def _take_back(accord, at):
    Accord.objects.filter(pk=accord.pk).update(retire_le=at)
    PreuveAccord.objects.create(
        accord=accord,
        membre_id=accord.membre_id,
        empreinte=accord.version.empreinte,
        reponse=PreuveAccord.RETIRE,
        le=at,
    )
    Passage.objects.filter(accorde=accord.version).update(accorde=None, retire_le=at)


# --- Resolving


def resolve_due():
    """Resolve those where all is known, or the time to answer is over; return how many."""
    resolved = 0
    for mise in _asked_mises():
        with transaction.atomic():
            resolved += _resolve_if_all_is_known(_locked(mise))
    return resolved


def _resolve_if_all_is_known(mise):
    """Resolve all that is asked at once, when each answered or their time is over; whether it was."""
    now = timezone.now()
    asked = list(VersionPassage.objects.asked().filter(passage__mise_en_commun=mise))
    silent = Accord.objects.filter(version__in=asked, reponse="", membre__is_active=True)
    waiting = set(silent.values_list("version", flat=True))
    if not asked or any(one.pk in waiting and one.jusquau > now for one in asked):
        return False
    for version in asked:
        _resolve(version, now)
    notifications.record_mise(mise, Evenement.Quoi.RESOLUE)
    _tell_of_change(mise)
    return True


def _resolve(version, now):
    """Keep a part to which all say yes; of one that they would say otherwise, the words of whom alone it
    draws on; take out the others, unless all agreed to how it was said before.
    """
    VersionPassage.objects.filter(pk=version.pk).update(close_le=now)
    accords = list(version.accords.select_related("membre", "version").order_by("repondu_le", "pk"))
    answers = {
        accord.reponse if accord.membre.is_active and not accord.retire_le else ""
        for accord in accords
    }
    if not answers or answers & {"", Accord.Reponse.NON}:
        Passage.objects.filter(pk=version.passage_id, accorde=None).update(retire_le=now)
    elif Accord.Reponse.REFORMULE in answers:
        _reword(version, accords, now)
    else:
        _agree(version, now)


def _reword(version, accords, now):
    """Write down how each would have it said, the first to have said so last: it is asked next, but where
    nobody else has a say.
    """
    reworded = [accord for accord in accords if accord.reponse == Accord.Reponse.REFORMULE]
    said = {"titre": version.titre, "est_citation": version.est_citation}
    said["sources"] = list(version.sources.all())
    for accord in reversed(reworded):
        made = _revise(accord.membre, version.passage, said | {"texte": accord.texte})
    if _is_theirs_alone(made, version, accords):
        VersionPassage.objects.filter(pk=made.pk).update(demandee_le=now, close_le=now)
        agreed = Accord.objects.create(version=made, membre=reworded[0].membre)
        _note(agreed, Accord.Reponse.SANS_NOM, dit_le_college=reworded[0].dit_le_college)
        _agree(made, now)


def _agree(version, now):
    VersionPassage.objects.filter(pk=version.pk).update(accordee_le=now)
    Passage.objects.filter(pk=version.passage_id).update(accorde=version)


def _is_theirs_alone(version, before, accords):
    """Whether who alone answered of ``before`` is alone concerned by ``version``, and nothing more in it may
    tell who is spoken of: what does is read again by whoever asks.
    """
    foresee(version.passage.mise_en_commun, [version])
    told, told_before = indices.found_in([f"{one.titre}\n{one.texte}" for one in (version, before)])
    alone = len(accords) == 1 and version.asked == [accords[0].membre]
    return alone and set(told) <= set(told_before)


# --- Handing over


@transaction.atomic
def hand_over(membre, mise):
    """Close it, and have the draft of its page made of what all agreed to, and of nothing else.

    ``Conflict`` says that something is pending, that nothing is left, or that it was handed over already.
    """
    membre = as_of_now(membre)
    mise = _locked(mise)
    if not permissions.can_hand_over(membre, mise):
        raise PermissionDenied
    if not can_be_handed_over(mise):
        raise Conflict(mise)
    mise.remise_le, mise.remise_par = timezone.now(), membre
    mise.save(update_fields=["remise_le", "remise_par"])
    handed_over.send(MiseEnCommun, mise=mise)


def can_be_handed_over(mise):
    """Whether nothing is pending, and its title and one part at least stand."""
    pending = VersionPassage.objects.latest().filter(passage__mise_en_commun=mise, close_le=None)
    return mise.is_open and mise.passages.standing().make_a_page() and not pending.exists()


@transaction.atomic
def note_published(mise):
    """Tell those whose exchange it came from that its page is public; once, however often it is published."""
    if MiseEnCommun.objects.filter(pk=mise.pk, parue_le=None).update(parue_le=timezone.now()):
        notifications.record_mise(_locked(mise), Evenement.Quoi.PARUE)


@transaction.atomic
def abandon(membre, mise):
    """Give it up: nothing of it will be public."""
    _, mise = _writer(membre, mise)
    MiseEnCommun.objects.filter(pk=mise.pk).update(abandonnee_le=timezone.now())


def _tell_of_change(mise):
    MiseEnCommun.objects.filter(pk=mise.pk).tell_of_change()


def _writer(membre, mise):
    """The member and the mise en commun as they are now, if one may write it."""
    membre = as_of_now(membre)
    mise = _locked(mise)
    if not permissions.can_write_out(membre, mise):
        raise PermissionDenied
    return membre, mise


def _locked(mise):
    """It as it is now, held until the transaction ends, with its topic and space."""
    held = MiseEnCommun.objects.select_for_update(of=("self",), no_key=True)
    return held.select_related("topic__forum__espace").get(pk=mise.pk)
