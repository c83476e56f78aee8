"""Every address × every person × every method × every target: nobody is told what they may not read.

The space of the élu·es is the secret one (``monde.py``); a canary stands in each of its private fields.
Each person (``visite.py``) asks for every address (``adresses.py``); whatever comes back, and whatever is
left behind, is looked through. Every request is undone (``lecteur.py``), so that each finds the same world.
"""

import logging
import re
from contextlib import contextmanager
from copy import copy
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.db import connection, transaction
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry, PageLogEntry, ReferenceIndex
from wagtail.search.models import IndexEntry

from communaute import desaccord, notifications, permissions
from communaute.forum_conversation.models import Nature, Post, Promesse, Topic
from communaute.models import (
    Abonnement,
    AcceptationCharte,
    Accord,
    Acte,
    ActeModeration,
    Alerte,
    AnnonceRencontre,
    Archive,
    AvisEssai,
    Cohorte,
    DateProposee,
    Disponibilite,
    Espace,
    Essai,
    Evenement,
    Invitation,
    Membre,
    MiseEnCommun,
    MotDePassation,
    Notification,
    Passage,
    Position,
    Presence,
    PreuveAccord,
    Profil,
    Recours,
    Reformulation,
    Rencontre,
    Siege,
    Tenue,
    VersionPassage,
    rights_of,
)
from communaute.views import arrivee, mes_espaces
from portail.logs import JsonFormatter
from portail.settings import LOGGING
from tests.confidentialite.adresses import ARRIVALS, COLLECTIONS, EXEMPT, addresses, samples
from tests.confidentialite.donnees import in_space, personal_models, restricted_models
from tests.confidentialite.lecteur import Lecteur
from tests.confidentialite.monde import CANARIES, CANARY, seen_in
from tests.confidentialite.visite import (
    ARRIVING,
    BEFORE_THE_CHARTER,
    OUTSIDERS,
    READERS,
    SHOWN,
    TO_ALL_READERS,
    WELCOME_BEHIND,
    Walk,
    was_there,
)
from tests.factories import SiegeFactory

pytestmark = pytest.mark.django_db

# --- What each may read, row by row


def may_read(what, membre, row):
    """Whether ``membre``, a reader of the space, may read ``row``, said in the simplest way."""
    facilitates, kind = what.startswith("facilitator"), type(row).__name__
    if kind in ("Accord", "PreuveAccord"):
        return row.membre_id == membre.pk
    topics = [part for part in parts_of(row) if isinstance(part, Topic)]
    if what == "successor" and any(is_older(topic) for topic in topics):
        return False
    if kind == "Presence" and row.membre_id != membre.pk and not row.is_seated:
        return False
    if kind == "Disponibilite" and row.membre_id != membre.pk:
        return facilitates or row.date.rencontre.topic.poster_id == membre.pk
    if kind == "NoteDeRencontre" and not (row.suite or was_there(membre, row.rencontre)):
        return False
    if kind in ("Participation", "Suivi"):
        return row.membre_id == membre.pk
    if kind == "Notification" and row.membre_id != membre.pk:
        return False
    if kind in ("Notification", "Evenement"):
        evenement = getattr(row, "evenement", row)
        if not is_there(evenement, membre):
            return False
    if kind in ("Brouillon", "Vote", "AccordPromesse"):
        if row.membre_id != membre.pk:
            return False
    elif kind == "Alerte":
        return facilitates and row.post.poster_id != membre.pk
    elif kind == "Suspension":
        return facilitates
    elif kind == "Resume" and row.topic.titre_masque and not facilitates:
        return row.ecrit_le >= row.topic.first_post.masque_le
    elif kind == "ActeModeration":
        return facilitates or row.acte == Acte.LIRE
    elif kind == "Recours":
        return facilitates and membre.pk not in (row.acte.par_id, row.acte.membre_id)
    elif kind == "PieceJointe":
        if row.brouillon:
            return may_read(what, membre, row.brouillon)
        if not row.post.is_shown:
            return False
    return facilitates or all(
        part.approved or part.poster_id == membre.pk
        for part in parts_of(row)
        if isinstance(part, Topic | Post)
    )


def is_proof(preuve):
    """Whether it proves a yes to what was handed over, or its end."""
    remise_le = preuve.accord.version.passage.mise_en_commun.remise_le
    return remise_le and preuve.reponse in (*Accord.OUI, PreuveAccord.RETIRE)


def is_there(evenement, membre):
    """Whether what is told of is there to be read, or answered by ``membre``."""
    post, demande, mise = evenement.post, evenement.demande, evenement.mise
    if evenement.rencontre:
        if evenement.quoi == "chercher":
            left = DateProposee.objects.unanswered_by(membre)
            return left.filter(rencontre=evenement.rencontre).exists()
        kept = Presence.objects.offered().filter(rencontre=evenement.rencontre, membre=membre)
        asked = {"place": kept.exists(), "tri": was_there(membre, evenement.rencontre)}
        return asked.get(evenement.quoi, True)
    if mise:
        return evenement.quoi in STILL_SO[mise.remise_le is not None](membre)
    if demande:
        return not demande.is_over
    if evenement.essai:
        return evenement.essai.clos_le is None
    return post.approved and post.topic.approved and post.is_shown


def is_older(topic):
    """Whether ``topic`` was opened before the successor arrived, which was today."""
    return timezone.localdate(topic.created) < timezone.localdate()


STILL_SO = (
    lambda membre: (
        {"demande", "rappel"}
        if Accord.objects.filter(membre=membre, reponse="").exists()
        else set()
    ),
    lambda membre: {"resolue"},
)
"""What is still so of a mise en commun: of that which is asked for, and of that which was handed over."""
ABOVE = (
    *("post", "topic", "sondage", "choix", "demande", "evenement"),
    *("mise", "mise_en_commun", "atelier", "passage", "version", "accord", "rencontre"),
    *("date", "position", "reformulation", "essai"),
)


def parts_of(row):
    """``row``, and what it is part of."""
    yield row
    for field in row._meta.concrete_fields:
        above = field.is_relation and field.name in ABOVE and getattr(row, field.name)
        if above:
            yield from parts_of(above)


def check_rows(monde, model, people):
    """Refuse that ``readable_by`` gives anyone a row that is not theirs, or keeps one that is."""
    rows = list(in_space(model, monde.elus))
    assert rows
    for what, membre in people.items():
        read = set(in_space(model, monde.elus).readable_by(membre))
        if what in READERS:
            assert read == {row for row in rows if may_read(what, membre, row)}, what
        elif what in BEFORE_THE_CHARTER and model is Espace:
            assert read == {monde.elus}
        elif model is PreuveAccord and what == "référent·e":
            assert read == {row for row in rows if is_proof(row)}
        elif model in (Accord, PreuveAccord):
            assert read == {row for row in rows if row.membre_id == membre.pk}, what
        else:
            assert read == set(), what


@pytest.mark.parametrize("model", restricted_models(), ids=lambda model: model.__name__)
def test_each_reads_by_readable_by_what_is_theirs_and_nothing_else(model, monde):
    check_rows(monde, model, monde.members(READERS + OUTSIDERS))


def check_personal(monde, people):
    """Refuse that a word is read by another than who wrote it and who comes after."""
    for mot in MotDePassation.objects.all():
        reading = {
            what for what, m in people.items() if mot in MotDePassation.objects.readable_by(m)
        }
        assert reading == {"successor" if CANARIES["mot reçu"] in mot.texte else "author"}
        received = {
            what for what, m in people.items() if mot in MotDePassation.objects.received_by(m)
        }
        assert received == reading - {"author"}
    successor, tomorrow = people["successor"], timezone.localdate() + timedelta(days=1)
    for rows, change in [
        (Siege.objects.filter(membre=successor), {"debut": tomorrow}),
        (Membre.objects.filter(pk=successor.pk), {"is_active": False}),
    ]:
        with undone():
            rows.update(**change)
            assert not MotDePassation.objects.received_by(successor), change
            assert not MotDePassation.objects.readable_by(successor), change
    profils = Profil.objects.filter(membre=monde.people["facilitator"])
    for what, membre in people.items():
        met = profils.readable_by(membre).first()
        assert (met is not None) == (what in READERS or what in BEFORE_THE_CHARTER), what
        shown = met and [value for value in met.shown if value]
        assert (shown or []) == ([CANARIES["partage"]] if what in READERS else []), what
        found = profils.readable_by(membre).saying([CANARIES["partage"]], ["partage"])
        assert found.exists() == (what in READERS), what
        assert profils.readable_by(membre).saying_something(["partage"]).exists() == (
            what in READERS
        ), what
        assert not profils.readable_by(membre).saying_something(["contact"]).exists()
        assert not profils.readable_by(membre).saying_something(["cherche"]).exists(), "it is empty"
        assert not profils.readable_by(membre).saying(["zinzolin"], ["partage"]).exists()
    with undone():
        SiegeFactory(membre=monde.people["facilitator"], college="elus")
        assert profils.get().membre in monde.commun.readers()
        near = profils.readable_by(people["agent"]).saying([CANARIES["partage"]], ["partage"])
        assert not near.exists(), "what is common to the whole cohort brings nobody near"


def test_what_is_about_a_person_is_read_by_whom_it_is_for_alone(monde):
    check_personal(monde, monde.members(READERS + OUTSIDERS))


def check_what_is_over(monde, people):
    """Refuse that one is told of what is over: a trial that closed, the answers to what was given up, a
    meeting that was cancelled but for that.
    """
    now = timezone.now()
    for model, about, over in [
        (Essai, {"essai__isnull": False}, {"clos_le": now}),
        (MiseEnCommun, {"quoi": Evenement.Quoi.RESOLUE}, {"abandonnee_le": now}),
        (Rencontre, {"quoi__in": Evenement.OF_ALL}, {"annulee_le": now}),
    ]:
        told = in_space(Evenement, monde.elus).filter(**about)
        assert any(told.readable_by(membre).exists() for membre in people.values())
        with undone():
            in_space(model, monde.elus).update(**over)
            assert not any(told.readable_by(membre).exists() for membre in people.values())


def test_nobody_is_told_of_what_is_over(monde):
    check_what_is_over(monde, monde.members(READERS + OUTSIDERS))


def check_dates(monde, people):
    """Refuse that what one says of a date that is proposed is taken for what another says."""
    dates, answered = in_space(DateProposee, monde.elus), 0
    for what, membre in people.items():
        said = Disponibilite.objects.filter(membre=membre.pk).values("date")
        left = set(dates.exclude(pk__in=said)) if what in SPEAKERS else set()
        assert set(dates.unanswered_by(membre)) == left, what
        answered += said.count()
    assert answered
    one, peer = dates.first(), people["peer"]
    with undone():
        Disponibilite.objects.filter(membre=peer).delete()
        Disponibilite.objects.create(date=one, membre=peer, reponse=Disponibilite.Reponse.OUI)
        assert set(dates.unanswered_by(peer)) == {*dates} - {one} != set()


def test_each_is_asked_of_the_dates_that_they_said_nothing_of(monde):
    check_dates(monde, monde.members(READERS + OUTSIDERS))


def check_behind_the_charter(monde, people):
    """Refuse that anyone but who has yet to accept the charter is led to it, or by what is not shown; and
    that a successor reads anything before they accepted it.
    """
    for model in (Topic, Post):
        rows = in_space(model, monde.elus)
        shown = {row for row in rows if all(part.approved for part in parts_of(row))}
        for what, membre in people.items():
            led = set(rows.behind_charte_for(membre))
            assert led == (shown if what in BEFORE_THE_CHARTER else set()), what
    with undone():
        AcceptationCharte.objects.filter(membre=people["successor"]).delete()
        in_space(Topic, monde.elus).update(created=timezone.now())
        successor = Membre.objects.get(pk=people["successor"].pk)
        for model in restricted_models():
            read = set(in_space(model, monde.elus).readable_by(successor))
            assert read == ({monde.elus} if model is Espace else set()), model


def test_the_charter_is_shown_to_who_has_yet_to_accept_it_alone(monde):
    check_behind_the_charter(monde, monde.members(READERS + OUTSIDERS))


def readers_of_spaces(monde):
    """Each space, its readers, and which of them have its charter to accept yet."""
    agents = {"agent", "former reader", "editor", "ex-member", "facilitator of another space"}
    seated = agents - {"facilitator of another space"}
    seated |= {"author", "named reader", "peer before the charter", "state", "socio-economic"}
    seated |= {"ally", "suspended", "référent·e", "successor"}
    return [
        (monde.elus, {*READERS, *BEFORE_THE_CHARTER}, BEFORE_THE_CHARTER),
        (monde.agents, agents, set()),
        (monde.commun, seated, set()),
        (monde.delegation, {"author", "peer", "agent"}, {"agent"}),
    ]


def check_spaces(monde, people):
    """Refuse that a space has other readers than those named, whichever way it is asked who they are."""
    author = people["author"]
    counted = Espace.objects.with_readers_count()
    counted = counted.with_readers_count("authors", among=Q(pk=author.pk))
    counts = {e: (e.readers_count, e.authors) for e in counted}
    shown = {what: membre for what, membre in people.items() if what != "visitor"}
    for espace, named, before in readers_of_spaces(monde):
        readers = set(espace.readers())
        open_to = {what for what, m in people.items() if espace.pk in rights_of(m).readable}
        assert open_to == named, espace.slug
        assert {what for what, membre in shown.items() if membre in readers} == named, espace.slug
        assert counts[espace] == (len(readers), author in readers), espace.slug
        entered = {what for what, m in people.items() if espace in Espace.objects.entered_by(m)}
        assert entered == named - before, espace.slug
        assert not readers & {m for m in shown.values() if not m.is_active}
    for what, membre in shown.items():
        met = {
            reader for espace in Espace.objects.readable_by(membre) for reader in espace.readers()
        }
        met |= {membre} if membre.is_active else set()
        assert set(Membre.objects.met_by(membre)) == met, what
    assert people["ex-member"].college == "agents", "neither the seat that ended nor that to come"
    check_who_reads_a_topic(monde.elus)


def check_who_reads_a_topic(espace):
    """Refuse that a successor is counted among who reads what was opened before them, unless its space is
    open to successors, as ``espace`` is not.
    """
    today, here = timezone.localdate(), Espace.objects.filter(pk=espace.pk)
    everybody = len(espace.readers())

    def counted(opened):
        found = here.with_readers_count(opened=opened).get()
        assert found.readers_count == Membre.objects.readers_of(found, opened).count()
        return found.readers_count

    assert counted(today) == everybody
    assert counted(today - timedelta(days=3)) == everybody - 1
    with undone():
        Espace.objects.exclude(pk=espace.pk).update(anterieur_ouvert_le=timezone.now())
        assert counted(today - timedelta(days=3)) == everybody - 1, "another space is open to them"
        here.update(anterieur_ouvert_le=timezone.now())
        assert counted(today - timedelta(days=3)) == everybody
        here.update(anterieur_ferme_le=timezone.now())
        assert counted(today - timedelta(days=3)) == everybody - 1


def test_a_space_has_the_readers_that_are_named_and_no_other(monde):
    check_spaces(monde, monde.members(READERS + OUTSIDERS))


def check_topics(monde, people):
    """Refuse that the page of a topic is given other messages than those that one may read."""
    for what, membre in people.items():
        for topic in in_space(Topic, monde.elus):
            read = set(Post.objects.readable_by(membre).filter(topic=topic))
            is_reader = what in READERS and not (what == "successor" and is_older(topic))
            if not is_reader or Topic.objects.readable_by(membre).filter(pk=topic.pk):
                assert set(topic.posts_read_by(membre)) == read, what
                assert set(topic.page_of_posts(membre, 0)) == read, what


def test_the_page_of_a_topic_is_given_the_messages_that_one_may_read(monde):
    check_topics(monde, monde.members(READERS + OUTSIDERS))


def check_my_spaces(monde, people):
    """Refuse that my spaces count as new, or name as unanswered, a topic that one may not read."""
    found = set()
    for what, membre in people.items():
        for espace in mes_espaces.spaces_of(membre) if what != "visitor" else ():
            keys = {*(espace.new or ()), *(espace.questions or ())}
            read = Topic.objects.readable_by(membre).filter(pk__in=keys)
            assert set(read.values_list("pk", flat=True)) == keys, (what, espace.slug)
            found |= keys
    assert found & set(in_space(Topic, monde.elus).values_list("pk", flat=True))


def test_my_spaces_are_made_of_what_one_reads(monde):
    check_my_spaces(monde, monde.members(READERS + OUTSIDERS))


@contextmanager
def undone():
    """What is done meanwhile is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def check_public(monde, people):
    """Refuse that a part may be public without a yes that stands of each whom it draws on; or a meeting
    whose topic is not there, or lets nothing of it be told.
    """
    title, part = monde.handed_over.passages.all()
    version, now = part.accorde, timezone.now()
    accords = Accord.objects.filter(version=version)
    said = Post.objects.filter(pk__in=version.sources.values("pk"))
    assert set(Passage.objects.public()) == {title, part}
    assert set(Accord.objects.given()) == {*accords, *title.accorde.accords.all()}
    for rows, change in [
        *((accords, {"reponse": reponse}) for reponse in ("", "non", "reformule")),
        (accords, {"retire_le": now}),
        (Membre.objects.filter(pk__in=accords.values("membre")), {"is_active": False}),
        *((said, {name: now}) for name in ("retire_le", "masque_le")),
        (Passage.objects.filter(pk=part.pk), {"retire_le": now}),
        (Passage.objects.filter(pk=part.pk), {"accorde": None}),
    ]:
        with undone():
            rows.update(**change)
            assert set(Passage.objects.public()) == {title}, change
            if rows.model is Accord or "accorde" in change:
                assert not Accord.objects.given().filter(version=version), change
    with undone():
        PreuveAccord.objects.filter(accord__in=accords).delete()
        accords.delete()
        assert set(Passage.objects.public()) == {title}
    with undone():
        MiseEnCommun.objects.update(remise_le=None)
        assert set(Passage.objects.standing()) == {title, part}
        assert not Passage.objects.public()
    told = AnnonceRencontre.objects.filter(pk=monde.annonce.pk)
    assert told.public()
    topic = Topic.objects.filter(pk=monde.annonce.rencontre.topic_id)
    for change in (
        {"approved": False},
        {"titre_masque": "Masqué"},
        {"promesse": Promesse.RESTE_ICI},
    ):
        with undone():
            topic.update(**change)
            assert not told.public(), change


def test_a_part_may_be_public_with_a_yes_that_stands_alone(monde):
    check_public(monde, {})


def check_asked(monde, people):
    """Refuse that anybody is asked for what is not awaited of them, or reads what is drawn from what they may
    not read.
    """
    mise, now = monde.mise, timezone.now()
    title, _, part = mise.passages.all()
    waiting, whole = part.derniere, set(VersionPassage.objects.asked())
    assert whole == {title.derniere, waiting}
    assert set(Accord.objects.awaited()) == set(Accord.objects.filter(version__in=whole))
    assert set(Accord.objects.unanswered()) == {monde.awaited}
    for what, membre in people.items():
        assert set(MiseEnCommun.objects.asking(membre)) == ({mise} if what == "peer" else set())
    this, alone = Passage.objects.filter(pk=part.pk), VersionPassage.objects.filter(pk=waiting.pk)
    for rows, change in [
        (this, {"retire_le": now}),
        (this, {"numero": part.numero + 1}),
        (alone, {"close_le": now}),
        (alone, {"demandee_le": None}),
        (alone, {"demandee_le": None, "close_le": now}),
        (MiseEnCommun.objects.filter(pk=mise.pk), {"abandonnee_le": now}),
    ]:
        with undone():
            rows.update(**change)
            assert waiting not in VersionPassage.objects.asked(), change
            is_to_ask = waiting in VersionPassage.objects.to_ask()
            assert is_to_ask == (change == {"demandee_le": None}), change
    topics = {mise.topic_id: {"peer"}, mise.atelier_id: {"author"}}
    for topic, own in topics.items():
        for change, reading in (
            ({"approved": False}, own | FACILITATORS),
            ({"created": now}, set(READERS) - {"successor"}),
        ):
            with undone():
                Topic.objects.filter(pk=topic).update(**change)
                read = {w for w, m in people.items() if mise in MiseEnCommun.objects.readable_by(m)}
                assert read == reading, change
                told = in_space(Evenement, monde.elus).filter(mise=mise)
                told = {w for w, m in people.items() if told.readable_by(m)}
                assert told == {"peer"} & reading, change
    proofs, former = PreuveAccord.objects, people["référent·e"]
    assert proofs.readable_by(former).exists()
    assert not proofs.readable_by(changed(former, is_active=False)).exists()


def test_each_is_asked_for_what_is_awaited_of_them_alone(monde):
    check_asked(monde, monde.members(READERS + OUTSIDERS))


def check_disagreement(monde, people):
    """Refuse that anybody is asked of a disagreement where they take no part, cannot, or answered."""
    own, other, _ = desaccord.positions_of(Topic.objects.get(pk=monde.disagreement.pk))
    [restated], [answered] = own.restatements, other.restatements
    today = timezone.localdate()

    def asked():
        return {
            what: found
            for what, membre in people.items()
            if (
                found := {
                    *Reformulation.objects.asking(membre),
                    *Essai.objects.asking(membre, today),
                }
            )
        }

    whole = {
        "author": {monde.tried},
        "facilitator": {restated, monde.tried},
        "peer": {answered},
    }
    assert asked() == whole
    tried = Essai.objects.filter(pk=monde.tried.pk)
    for rows, change, left in [
        (Topic.objects.filter(pk=monde.disagreement.pk), {"status": Topic.TOPIC_LOCKED}, {}),
        (Topic.objects.filter(pk=monde.disagreement.pk), {"approved": False}, {}),
        *(
            (tried, change, {"facilitator": {restated}, "peer": {answered}})
            for change in (
                {"le": today + timedelta(days=1)},
                {"clos_le": timezone.now()},
                {"texte": ""},
            )
        ),
        *(
            (Position.objects.filter(pk=own.pk), change, whole | {"facilitator": {monde.tried}})
            for change in ({"masquee_le": timezone.now()}, {"redite": restated})
        ),
    ]:
        with undone():
            rows.update(**change)
            assert asked() == left, change
    check_what_was_said(monde, people, own, other, asked, whole)


def check_held_before(monde, people):
    """Refuse that who held a position before they came back in the place of another is asked of it still."""
    path = reverse("communaute:reconnaitre", args=[monde.restated.reference])
    successor = people["successor"]
    lecteur = Lecteur(successor, monde.agents)
    with undone():
        Tenue.objects.create(position=monde.position, membre=successor)
        for days, status in ((0, 200), (3, 404)):
            opened = timezone.now() - timedelta(days=days)
            Topic.objects.filter(pk=monde.disagreement.pk).update(created=opened)
            assert lecteur.ask("GET", path)[0].status == status, days


def test_who_came_back_is_not_asked_of_what_they_held_before(monde):
    check_held_before(monde, monde.members(("successor",)))


def check_what_was_said(monde, people, own, other, asked, whole):
    """Refuse that what is ``asked``, the ``whole`` before, changes with what is said elsewhere or by who
    cannot speak, or stays once it is answered.
    """
    speaker, silent, author = people["successor"], people["named reader"], people["author"]
    today, said = timezone.localdate(), {"texte": "De nouveau."}

    def holds(membre, position=None):
        Tenue.objects.create(position=position or takes(silent), membre=membre)

    def takes(membre):
        return Position.objects.create(topic=monde.topic, auteur=membre, **said)

    def takes_back(membre):
        gone = {"topic": monde.disagreement, "retiree_le": timezone.now()}
        Position.objects.create(auteur=membre, **gone, **said)

    def restates(membre, position=None):
        restated = {"position": position or takes(silent), "depuis": other, "auteur": membre}
        return Reformulation.objects.create(**restated, **said)

    def weighs(membre, on, essai=None):
        elsewhere = {"topic": monde.topic, "par": silent, "le": today, "clos_le": timezone.now()}
        essai = essai or Essai.objects.create(**elsewhere, **said)
        AvisEssai.objects.create(essai=essai, membre=membre, va=True, dit_le=on)

    before = monde.tried.le - timedelta(days=1)
    for act, about, left in [
        (takes, [speaker], {}),
        (takes_back, [speaker], {}),
        (holds, [speaker], {}),
        (restates, [speaker], {}),
        (weighs, [speaker, today], {}),
        (holds, [silent, own], {}),
        (holds, [people["peer"], own], {}),
        (weighs, [author, today], {}),
        (weighs, [author, before, monde.tried], {}),
        (weighs, [author, today, monde.tried], {"author": None}),
    ]:
        with undone():
            act(*about)
            assert asked() == {w: f for w, f in (whole | left).items() if f}, (act.__name__, about)
    with undone():
        again = restates(people["peer"], own)
        asked_again = {what: {again, monde.tried} for what in ("author", "facilitator")}
        assert asked() == whole | asked_again, "of the last one, whatever was said of another"


def test_each_is_asked_of_a_disagreement_where_they_take_part_alone(monde):
    check_disagreement(monde, monde.members(READERS + OUTSIDERS))


def check_own(monde, people):
    """Refuse that anyone is told of decisions or reports that are not about them, or theirs."""
    reports, acts = in_space(Alerte, monde.elus), in_space(ActeModeration, monde.elus)
    referred = set(reports.filter(post=monde.reply))
    everyone = set(monde.people.values())
    assert len({report.membre for report in reports}) > 1
    for what, membre in people.items():
        sent = {report for report in reports if report.membre_id == membre.pk}
        assert set(reports.concerning(membre)) == sent, what
        about = {acte for acte in acts if acte.membre_id == membre.pk}
        assert set(acts.concerning(membre)) == about, what
        assert set(reports.referred_to(membre)) == (referred if what == "référent·e" else set())
        decided = ActeModeration.objects.filter(membre=membre.pk).exclude(par=membre.pk)
        answered = Alerte.objects.filter(membre=membre.pk, decision__isnull=False)
        is_told = decided.exists() or answered.exists()
        if membre.pk:
            assert Membre.objects.by_key(membre.pk).awaits_decision == is_told, what
    told = {
        acte.membre_id: acte.espace_connu
        for membre in everyone
        for acte in ActeModeration.objects.concerning(membre)
        if acte.espace != monde.elus
    }
    opened = acts.filter(acte=Acte.LIRE)
    with undone():
        moved = Topic.objects.filter(pk__in=opened.values("post__topic"))
        moved.update(forum=monde.agents.forum)
        reading = {what for what, membre in people.items() if opened.readable_by(membre)}
        there = {what for what, m in people.items() if monde.agents.pk in rights_of(m).entered}
        assert reading == (set(READERS) - {"successor"}) | there > there
    never_entered = monde.people["socio-economic"].pk
    known = {monde.people[what].pk: True for what in ("peer", "author")}
    assert told == known | {never_entered: False}


def test_each_is_told_of_the_decisions_and_reports_that_are_theirs_alone(monde):
    check_own(monde, monde.members(READERS + OUTSIDERS))


def check_arrivals(monde, people):
    """Refuse that whoever arrives is led to, or takes up, anything but what is theirs."""
    client, state = Client(), people["state"]
    found = {"par": people["facilitator"], "college": "etat", "fonction": "Préfète"}
    with undone():
        invitation = Invitation.objects.create(email="nouvelle@exemple.fr", **found)
        told = {"first_name": "Lise", "last_name": "Faure", "fonction": "Préfète"}
        arrived = client.post(_path(invitation.adresse), told)
        assert arrived.url.startswith(f"/communaute/espaces/{monde.commun.slug}/charte/")
        known = Invitation.objects.create(email=state.email, **found)
        assert Client().get(_path(known.adresse)).url.startswith("/compte/connexion/")
    client.force_login(state)
    for espace, accueil, lands in [
        (monde.commun, monde.topic, monde.commun.get_absolute_url()),
        (monde.elus, monde.topic, reverse("communaute:accueil")),
    ]:
        with undone():
            Espace.objects.filter(pk=espace.pk).update(accueil=accueil)
            session = client.session
            session[arrivee.ARRIVAL] = espace.slug
            session.save()
            answer = client.post(reverse("communaute:rythme"), {"rythme": "jamais"})
            assert answer.url == lands, espace.slug


def _path(adresse):
    return urlsplit(adresse).path


def test_an_arrival_leads_to_what_is_read_by_whoever_arrives(monde):
    check_arrivals(monde, monde.members(("state", "facilitator")))


def check_sealed(monde, people):
    """Refuse that where an answer leads tells whether others answered, or that the référent·e is shown the
    proof of what was not handed over.
    """
    mise = monde.mise
    with undone():
        Accord.objects.filter(version__passage__mise_en_commun=mise).update(reponse="")
        path = reverse("communaute:repondre", args=[mise.reference])
        said = {f"{monde.awaited.reference}-reponse": Accord.Reponse.SANS_NOM}
        answer, _ = Lecteur(people["peer"], monde.agents).ask("POST", path, said)
        assert answer.headers["Location"] == mise.get_absolute_url()
    proofs, _ = Lecteur(people["référent·e"], monde.elus).ask("GET", reverse("communaute:preuves"))
    shown = {int(key) for key in re.findall(r'id="preuve-(\d+)"', proofs.body)}
    assert shown == {one.pk for one in PreuveAccord.objects.all() if is_proof(one)} != set()


def test_what_one_answers_is_told_to_nobody_until_it_is_handed_over(monde):
    check_sealed(monde, monde.members(("peer", "référent·e")))


def check_directory(monde, people):
    """Refuse that the directory finds anyone by what they share with those who are near them alone."""
    for asked in (f"q={CANARIES['partage']}", "quoi=partage"):
        finding = set()
        for what, membre in people.items():
            page, _ = Lecteur(membre, monde.elus).ask("GET", f"/communaute/annuaire/?{asked}")
            if monde.people["facilitator"].reference in page.body:
                finding.add(what)
        assert finding == set(READERS), asked


def test_the_directory_finds_nobody_by_what_one_is_not_shown(monde):
    check_directory(monde, monde.members(READERS + OUTSIDERS))


def check_ateliers(monde, people):
    """Refuse that who reads where a mise en commun is discussed, and not what it draws on, is led to it."""
    mise, successor = monde.mise, people["successor"]
    with undone():
        Topic.objects.filter(pk=mise.topic_id).update(created=timezone.now() - timedelta(days=3))
        Topic.objects.filter(pk=mise.atelier_id).update(created=timezone.now())
        page, _ = Lecteur(successor, monde.agents).ask("GET", mise.atelier.get_absolute_url())
        assert page.status == 200
        assert mise.get_absolute_url() not in page.body


def test_where_it_is_discussed_leads_to_what_one_reads(monde):
    check_ateliers(monde, monde.members(("successor",)))


def check_signed_links(monde, people):
    """Refuse that a link that nobody signed opens anything."""
    signed = [address.path for address in addresses() if "jeton" in address.keys]
    assert len(signed) > 4
    for path in signed:
        assert Client().get("/" + path % {"jeton": "rien"}).status_code == 404, path


def test_a_link_that_nobody_signed_opens_nothing(monde):
    check_signed_links(monde, {})


def check_archives(monde, people):
    """Refuse that anyone but its owner is led to an archive, or given it."""
    archive = Archive.objects.get()
    for what, membre in people.items():
        lecteur = Lecteur(membre, monde.elus)
        page, _ = lecteur.ask("GET", "/compte/mes-donnees/")
        assert (archive.reference in page.body) == (what == "author"), what
        given, _ = lecteur.ask("GET", archive.get_absolute_url())
        assert (seen_in(given.text) == {"contenu de l’archive"}) == (what == "author"), what
    with transaction.atomic():
        Archive.objects.update(demandee_le=archive.demandee_le - timedelta(days=7))
        given, _ = Lecteur(people["author"], monde.elus).ask("GET", archive.get_absolute_url())
        assert given.status == 404
        transaction.set_rollback(True)


def test_an_archive_is_given_to_its_owner_alone(monde):
    check_archives(monde, monde.members(("author", "peer", "agent", "without seat", "visitor")))


# --- What each may do


FACILITATORS = {"facilitator", "facilitator who decided"}
SPEAKERS = {"author", "peer", "successor"} | FACILITATORS


def permitted(monde):
    """Each permission asked about one thing, in one state: its name, what it is about, who has it."""
    topic, post, elus = monde.topic, monde.post, monde.elus
    reply = monde.reply
    locked = changed(topic, status=Topic.TOPIC_LOCKED)
    question = changed(topic, nature=Nature.QUESTION)
    poll, yesterday = topic.sondage, timezone.now() - timedelta(days=1)
    against = monde.suspended
    judged = changed(against)
    judged._state.fields_cache["recours"] = Recours()
    reread = changed(topic, forum=changed(topic.forum))
    reread.forum._state.fields_cache["espace"] = changed(elus, premoderation=True)
    silent = monde.people["named reader"]  # who spoke there once, and only reads now
    for kept in (reply, post):
        kept.topic = topic
    gone = [{"masque_le": yesterday}, {"retire_le": yesterday}]
    mise = MiseEnCommun.objects.get(pk=monde.mise.pk)
    inviting = changed(monde.invitation, animates=[])
    naming = changed(monde.invitation, animates=[elus])
    abroad = changed(inviting, territoire=monde.territoire)
    allied = changed(inviting, college="", allie_id=1)  # who reads the common space alone
    return [
        ("is_peer", [elus], SPEAKERS | BEFORE_THE_CHARTER),
        ("can_speak", [elus], SPEAKERS),
        ("can_moderate", [elus], FACILITATORS),
        ("can_open", [elus, Nature.QUESTION], SPEAKERS),
        ("can_open", [elus, Nature.ANNONCE], FACILITATORS),
        ("needs_no_approval", [changed(elus, premoderation=True)], FACILITATORS),
        ("can_reply", [topic], SPEAKERS),
        ("can_reply", [locked], set()),
        ("can_reply", [changed(topic, approved=False)], set()),
        ("can_edit", [post], {"author"}),
        ("can_edit", [changed(post, topic=locked)], set()),
        *(("can_edit", [changed(post, **state)], set()) for state in gone),
        ("can_edit", [changed(post, poster=silent)], set()),
        ("can_edit", [changed(post, topic=reread)], set()),
        ("can_withdraw", [post], {"author"}),
        ("can_withdraw", [changed(post, retire_le=yesterday)], set()),
        ("can_answer", [question], {"author"} | FACILITATORS),
        ("can_answer", [changed(question, poster=silent)], FACILITATORS),
        ("can_answer", [topic], set()),
        ("can_keep_answer", [changed(reply, topic=question)], {"author"} | FACILITATORS),
        ("can_keep_answer", [changed(post, topic=question)], set()),
        *(
            ("can_keep_answer", [changed(reply, topic=question, **state)], set())
            for state in (*gone, {"approved": False})
        ),
        ("can_thank", [post], SPEAKERS - {"author"}),
        *(("can_thank", [changed(post, **s)], set()) for s in (*gone, {"approved": False})),
        ("can_vote", [poll], SPEAKERS),
        ("can_vote", [changed(poll, ferme_le=yesterday)], set()),
        ("can_vote", [changed(poll, topic=changed(topic, titre_masque="Masqué"))], set()),
        *(("can_attend", *asked) for asked in meeting(monde.rencontre, yesterday, SPEAKERS)),
        *(
            ("can_organise", *asked)
            for asked in meeting(monde.rencontre, yesterday, {"author"} | FACILITATORS)
        ),
        ("can_organise", [changed(monde.rencontre, topic=reread)], FACILITATORS),
        ("can_attend", [monde.searched], set()),
        *(
            (may, [changed(one, topic=changed(one.topic, **state))], set())
            for may, one in (("can_attend", monde.rencontre), ("can_say_when", monde.searched))
            for state in ({"titre_masque": "Masqué"}, {"approved": False})
        ),
        ("can_announce", [changed(monde.searched, topic=monde.rencontre.topic)], set()),
        *(("can_say_when", *asked) for asked in searching(monde, yesterday, SPEAKERS)),
        *(
            ("can_choose_date", *asked)
            for asked in searching(monde, yesterday, {"author"} | FACILITATORS)
        ),
        ("can_add_date", [monde.rencontre.topic], {"author"} | FACILITATORS),
        ("can_add_date", [topic], set()),
        *(
            ("can_add_date", [changed(monde.rencontre.topic, **state)], set())
            for state in ({"titre_masque": "Masqué"}, {"approved": False})
        ),
        *in_the_room(monde, reread),
        ("can_announce", [monde.rencontre], FACILITATORS),
        ("can_announce", [changed(monde.rencontre, topic=topic)], set()),
        (
            "can_announce",
            [changed(monde.rencontre, topic=changed(monde.rencontre.topic, approved=False))],
            set(),
        ),
        ("can_summarise", [topic], {"author"} | FACILITATORS),
        ("can_summarise", [reread], FACILITATORS),
        ("can_summarise", [changed(topic, poster=silent)], FACILITATORS),
        ("can_summarise", [locked], FACILITATORS),
        ("can_summarise", [changed(topic, titre_masque="Masqué")], FACILITATORS),
        *(("can_draw_on", *asked) for asked in drawing(topic, reread)),
        ("can_write_out", [mise], {"author"} | FACILITATORS),
        ("can_write_out", [changed(mise, auteur=silent)], FACILITATORS),
        ("can_write_out", [changed(mise, abandonnee_le=yesterday)], set()),
        ("can_write_out", [changed(mise, topic=topic)], set()),
        ("can_write_out", [changed(mise, remise_le=yesterday)], set()),
        ("can_take_out", [mise], {"author"} | FACILITATORS),
        ("can_take_out", [changed(mise, auteur=silent)], FACILITATORS),
        ("can_take_out", [changed(mise, abandonnee_le=yesterday)], set()),
        *disagreeing(monde),
        ("can_hand_over", [mise], FACILITATORS),
        ("can_hand_over", [changed(mise, topic=topic)], set()),
        ("can_report", [post], set(READERS + OUTSIDERS) - {"author"}),
        *(("can_report", [changed(post, **s)], set()) for s in (*gone, {"approved": False})),
        ("can_decide", [post], FACILITATORS),
        (
            "can_decide",
            [changed(post, poster=monde.people["facilitator"])],
            {"facilitator who decided"},
        ),
        ("can_appeal", [against], {"suspended"}),
        ("can_appeal", [judged], set()),
        ("can_appeal", [changed(against, acte=Acte.CLASSER)], set()),
        ("can_appeal", [ActeModeration.objects.get(post=monde.hidden)], set()),
        *(("can_appeal", [acte], set()) for acte in monde.ended),
        (
            "can_meet",
            [],
            {*READERS, *OUTSIDERS} - {"visitor", "inactive", "administrator", "without seat"},
        ),
        ("can_leave", [], {*READERS, *OUTSIDERS} - {"visitor", "inactive", "administrator"}),
        ("is_referent", [], {"référent·e"}),
        ("can_manage", [], {"facilitator of another space", "editor", "administrator"}),
        ("can_export", [], {"administrator"}),
        ("can_invite", [inviting], FACILITATORS | {"administrator"}),
        ("can_invite", [naming], {"administrator"}),
        ("can_invite", [abroad], {"administrator"}),
        ("can_invite", [allied], {"administrator"}),
        (
            "needs_second_factor",
            [],
            FACILITATORS
            | {"facilitator before the charter", "facilitator of another space"}
            | {"editor", "administrator"}
            | {"peer"},  # who facilitates another space
        ),
    ]


def meeting(rencontre, yesterday, who):
    """In which states of a meeting ``who``, and nobody else, has a say."""
    return [
        ([rencontre], who),
        ([changed(rencontre, fin=yesterday)], set()),
        ([changed(rencontre, annulee_le=yesterday)], set()),
    ]


def searching(monde, yesterday, who):
    """In which states of a meeting whose date is searched for ``who``, and nobody else, has a say."""
    return [
        ([monde.searched], who),
        ([monde.rencontre], set()),
        ([changed(monde.searched, annulee_le=yesterday)], set()),
    ]


def in_the_room(monde, reread):
    """What may be done in the room of a meeting that just ended, where the peer was and the author not."""
    room, long_over = monde.rooms
    long_ago = timezone.now() - timedelta(days=2)
    there = Presence.objects.get(rencontre=room, membre=monde.people["peer"])
    closed = [{"annulee_le": long_ago}, {"topic": changed(room.topic, titre_masque="Masqué")}]
    closed += [{"topic": changed(room.topic, approved=False)}, {"fin": long_ago}]
    soon = {
        "debut": timezone.now() + timedelta(hours=2),
        "fin": timezone.now() + timedelta(hours=3),
    }
    return [
        ("can_sign", [room], SPEAKERS),
        ("can_sign", [long_over], set()),
        ("can_call_roll", [room], {"author"} | FACILITATORS),
        ("can_call_roll", [long_over], set()),
        ("can_call_roll", [changed(room, topic=reread)], FACILITATORS),
        ("can_sort", [room, there], {"peer"}),
        ("can_sort", [room, None], set()),
        ("can_sort", [room, changed(there, present_le=None)], set()),
        ("can_sort", [room, changed(there, membre=monde.people["named reader"])], set()),
        *(
            (may, [changed(room, **state), *about], set())
            for state in (*closed, soon)
            for may, *about in (("can_sign",), ("can_call_roll",), ("can_sort", there))
        ),
    ]


def drawing(topic, reread):
    """In which states of a topic, whose promise is that all stays there, who may draw on it."""
    allowed = {"promesse": Promesse.SANS_ATTRIBUTION}
    return [
        ([topic], set()),
        ([changed(topic, **allowed)], SPEAKERS),
        ([changed(topic, promesse=Promesse.A_PARTAGER)], SPEAKERS),
        ([changed(topic, approved=False, **allowed)], set()),
        ([changed(topic, nature=Nature.DESACCORD, **allowed)], set()),
        ([changed(reread, **allowed)], FACILITATORS),
    ]


def disagreeing(monde):
    """What may be done in the disagreement where the author and the facilitator hold a position, and the peer
    another, which the author restated as the peer did theirs.
    """
    yesterday = timezone.now() - timedelta(days=1)
    topic = Topic.objects.with_espace().get(pk=monde.disagreement.pk)
    own, other, hidden = desaccord.positions_of(topic)
    [restated], [answered] = own.restatements, other.restatements
    closed = changed(topic, status=Topic.TOPIC_LOCKED)
    reread = changed(topic, forum=changed(topic.forum))
    reread.forum._state.fields_cache["espace"] = changed(monde.elus, premoderation=True)
    tried = changed(monde.tried, topic=topic)
    gone = [{"retiree_le": yesterday}, {"masquee_le": yesterday}, {"topic": closed}]
    alone, both = changed(topic), changed(own)
    alone._prefetched_objects_cache = {"positions": [own, hidden]}
    peers = Tenue(position=own, membre=monde.people["peer"])
    both._prefetched_objects_cache = {"tenues": [*own.tenues.all(), peers]}
    return [
        ("can_take_position", [topic], SPEAKERS),
        ("can_take_position", [closed], set()),
        ("can_take_position", [changed(topic, nature=Nature.QUESTION)], set()),
        ("can_take_position", [reread], FACILITATORS),
        ("can_hold", [own], SPEAKERS - {"author"}),
        ("can_hold", [other], SPEAKERS - {"peer"}),
        *(("can_hold", [changed(own, **state)], set()) for state in gone),
        ("can_restate", [own], {"peer"}),
        ("can_restate", [other], {"author", "facilitator"}),
        ("can_restate", [changed(own, topic=alone)], set()),
        ("can_restate", [both], set()),
        *(("can_restate", [changed(other, **state)], set()) for state in gone),
        ("can_recognise", [restated], {"author", "facilitator"}),
        ("can_recognise", [answered], {"peer"}),
        ("can_recognise", [changed(answered, auteur=monde.people["peer"])], set()),
        *(
            ("can_recognise", [changed(restated, position=changed(own, **state))], set())
            for state in gone
        ),
        ("can_say_beneath", [own], {"author", "facilitator"}),
        *(("can_say_beneath", [changed(own, **state)], set()) for state in gone),
        ("can_steer", [topic], {"author"} | FACILITATORS),
        ("can_steer", [closed], set()),
        ("can_steer", [changed(topic, poster=monde.people["named reader"])], FACILITATORS),
        ("can_weigh", [tried], SPEAKERS),
        *(
            ("can_weigh", [changed(tried, **state)], set())
            for state in ({"clos_le": yesterday}, {"texte": ""}, {"topic": closed})
        ),
        ("can_withdraw_position", [own], {"author"}),
        ("can_withdraw_position", [changed(own, retiree_le=yesterday)], set()),
        ("can_hide_position", [own], FACILITATORS),
        ("can_hide_position", [changed(own, retiree_le=yesterday)], set()),
        (
            "can_hide_position",
            [changed(own, auteur=monde.people["facilitator"])],
            {"facilitator who decided"},
        ),
    ]


def changed(row, **fields):
    """A copy of ``row`` with other values, saved nowhere."""
    other = copy(row)
    other._state = copy(row._state)
    other._state.fields_cache = dict(row._state.fields_cache)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def check_permissions(monde, people):
    """Refuse that a permission lets through anyone but those it names."""
    for name, about, who in permitted(monde):
        ask = getattr(permissions, name)
        passing = {what for what, membre in people.items() if ask(membre, *about)}
        assert passing == who, (name, about)
    with transaction.atomic():
        Cohorte.objects.update(referent=None)
        assert not [what for what, membre in people.items() if permissions.is_referent(membre)]
        transaction.set_rollback(True)


def test_each_may_do_what_the_permissions_say_and_nothing_else(monde):
    check_permissions(monde, monde.members(READERS + OUTSIDERS))
    asked = {name for name, *_ in permitted(monde)}
    said = {n for n in vars(permissions) if n.startswith(("can_", "needs_", "is_"))}
    assert asked == said


# --- What each is answered


@pytest.fixture
def read_once(monkeypatch):
    """Rights, which a request reads once, are read once for each person: no request changes them for long."""
    known, rights_of = {}, Membre.rights.func

    def remembered(membre):
        return known.get(membre.pk) or known.setdefault(membre.pk, rights_of(membre))

    monkeypatch.setattr(Membre, "rights", property(remembered))


@pytest.fixture
def logged():
    """What is written in the logs meanwhile, line by line, as in production."""
    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(JsonFormatter().format(record))

    handler, loggers = Keep(), [logging.getLogger(name) for name in (None, *LOGGING["loggers"])]
    for logger in loggers:
        logger.addHandler(handler)
    yield lines
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.mark.parametrize("what", [what for what in OUTSIDERS if what not in WELCOME_BEHIND])
def test_the_back_office_is_closed_to_who_has_nothing_to_do_there(what, monde, plain_404):
    walk = Walk(monde, what)
    walk.closed_addresses()
    assert walk.asked > 200
    assert walk.wrong == []


@pytest.mark.parametrize("what", OUTSIDERS)
def test_nobody_outside_the_space_is_told_or_changes_anything(what, monde, logged, read_once):
    walk = Walk(monde, what)
    walk.members_addresses()
    walk.what_is_offered()
    walk.other_addresses()
    assert walk.asked > 100
    assert walk.wrong == []
    assert not [line for line in logged if CANARY in line]
    # An invitation goes to the address that it is for.
    own = monde.invitation.email
    letters = [str(letter.message()).replace(own, "") for letter in mail.outbox]
    assert not [letter for letter in letters if CANARY in letter]


@pytest.mark.parametrize("what", READERS)
def test_a_reader_of_the_space_is_shown_what_is_theirs_to_read(what, monde, logged, read_once):
    walk = Walk(monde, what)
    walk.members_addresses()
    walk.what_is_offered()
    assert walk.wrong == []
    assert walk.seen == SHOWN[what]
    assert not [line for line in logged if CANARY in line]


def test_no_spreadsheet_of_the_back_office_holds_what_was_said(monde):
    walk, spreadsheets = Walk(monde, "administrator"), set()
    for address in addresses():
        if address.room == "gestion" and not address.keys:
            answer = walk.ask("GET", f"/{address.path}?export=csv")
            if answer.headers.get("Content-Type") == "text/csv":
                spreadsheets.add(address.path.split("/")[1])
    assert {"users", "siege", "espace", "invitation", "adhesion"} < spreadsheets
    assert walk.wrong == []
    assert walk.seen <= ARRIVING


@pytest.mark.parametrize("what", OUTSIDERS)
@pytest.mark.parametrize("path", ["/recherche/", "/communaute/recherche/", "/communaute/annuaire/"])
def test_a_search_for_what_was_said_is_answered_as_one_for_what_nobody_said(path, what, monde):
    lecteur, answers = Lecteur(monde.member(what), monde.elus), set()
    for field in ("titre", "texte", "partage", None):
        word = CANARIES.get(field, "zinzolin7q4x")
        answer, _ = lecteur.ask("GET", f"{path}?q={word}")
        answers.add(answer.but_for(word))
    assert len(answers) == 1


def test_a_search_by_a_reader_finds_what_was_said(monde):
    lecteur = Lecteur(monde.member("peer"), monde.agents)
    answer, _ = lecteur.ask("GET", f"/communaute/recherche/?q={CANARIES['texte']}")
    assert monde.post.reference in answer.body


def test_mail_tells_nobody_what_they_may_not_read_when_it_leaves(monde):
    told = Topic.objects.filter(forum=monde.elus.forum)
    told.update(promesse=Promesse.A_PARTAGER)
    Notification.objects.update(courriel_le=timezone.now())
    notifications.send_due()
    letters = {what: [] for what in monde.people}
    decisions = [one for one in mail.outbox if one.subject == "Une décision vous concerne"]
    assert decisions
    assert set().union(*(seen_in(one.body) for one in decisions)) == set()
    for letter in mail.outbox:
        if letter in decisions:
            continue
        [what] = [what for what, m in monde.people.items() if [m.email] == letter.to]
        letters[what].append(str(letter.message().as_bytes().decode()))
    assert {what for what, sent in letters.items() if sent} == set(READERS)
    for what in READERS:
        [letter] = letters[what]
        assert seen_in(letter) <= TO_ALL_READERS
        assert bool(seen_in(letter)) == (what != "successor")


# --- What is kept of it, and where


def test_what_members_say_is_kept_in_their_own_tables_alone(monde):
    """Whatever table comes later, a private text in it must be thought of here."""
    holding = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            if fields := seen_in(str(cursor.fetchall())):
                holding[table] = fields
    private = (
        *restricted_models(),
        *personal_models(),
        *ARRIVALS.values(),
        Abonnement,
        AnnonceRencontre,
    )
    own = {model._meta.db_table for model in private}
    assert set(holding) <= own, holding
    in_files = {field for field in CANARIES if field.startswith("contenu de")}
    kept_nowhere = {field for field in CANARIES if field.endswith("d’avant parution")}
    assert set().union(*holding.values()) == set(CANARIES) - in_files - kept_nowhere


def test_the_back_office_logs_and_refers_to_nothing_of_it(monde):
    theirs = {"forum", "forum_conversation"}
    for model in (ReferenceIndex, ModelLogEntry, PageLogEntry, IndexEntry):
        kinds = ContentType.objects.filter(pk__in=model.objects.values("content_type"))
        assert not theirs & set(kinds.values_list("app_label", flat=True))
    for model in (*restricted_models(), *personal_models()):
        assert not ReferenceIndex.is_indexed(model), model
        assert not ReferenceIndex.model_is_indexable(model), model


def test_files_are_kept_apart_under_names_that_say_nothing(monde):
    for path in settings.VAR_DIR.rglob("*"):
        assert CANARY not in path.name
        if path.is_file() and "prive" not in path.parts:
            assert CANARY.encode() not in path.read_bytes(), path


# --- What there is to ask for


def test_every_address_has_something_to_put_in_it_or_a_reason_not_to(monde):
    without = []
    for address in addresses():
        try:
            if address.room == "communaute" and address.keys:
                inner = address.keys[1:]
                assert inner in ((), ("passage",)), f"{address.path}: parents are derived"
                (COLLECTIONS | ARRIVALS)[address.path.split("/")[1]]
            else:
                assert list(samples(monde, address))
        except LookupError:
            without.append(address.path)
    assert without == []
    assert len(addresses()) > 280
    assert all(reason.endswith(".") for reason in EXEMPT.values())
