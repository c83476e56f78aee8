"""Several people write at once: nothing is lost, undone or counted wrong."""

import contextlib
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import uuid4, uuid5

import pytest
from django.core import mail
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.files.storage import InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.models import PageLogEntry, Revision
from wagtail.search.models import IndexEntry

from communaute import (
    abonnements,
    choix_de_date,
    conversation,
    desaccord,
    effacement,
    gestes,
    invitations,
    mise_en_commun,
    moderation,
    pieces,
    rencontres,
    reponses,
)
from communaute.adresses_de_reponse import Lien, address_of
from communaute.forum_conversation.models import Nature, Post, Topic
from communaute.models import (
    Abonnement,
    Accord,
    Acte,
    ActeModeration,
    Brouillon,
    Choix,
    CourrielRecu,
    Envoi,
    Espace,
    Essai,
    Evenement,
    Invitation,
    Issue,
    Lettre,
    Membre,
    MiseEnCommun,
    Passage,
    PieceJointe,
    Position,
    Presence,
    Reconnaissance,
    Reformulation,
    Siege,
    Sondage,
    Suivi,
    Tenue,
    VersionPassage,
    Vote,
)
from communaute.text import fold
from pages.models import EnseignementPage
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    entered,
    un_enseignement,
    un_membre,
    un_sujet,
    une_mise_en_commun,
)
from tests.recount import differences

WRITERS = 8
SECONDS, A_MOMENT = 60, 0.3
READING = ("SELECT", "PRAGMA")
LOCKED, UNLOCKED = Topic.TOPIC_LOCKED, Topic.TOPIC_UNLOCKED
REFUSED = (
    *(PermissionDenied, ObjectDoesNotExist, conversation.Conflict, moderation.Refused),
    invitations.Over,
)


pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def transactional_db(shared_database):
    """Under the name that tells pytest-django to make the test database, if only these tests run."""


@pytest.fixture
def espace(shared_database):
    return EspaceFactory(slug="elus")


@pytest.fixture
def in_thread():
    """``in_thread(act)`` begins ``act`` in a thread with a connection of its own, and returns its future:
    what the act returned, or the refusal that it raised."""

    def run(act):
        try:
            return act()
        except REFUSED as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        yield lambda act: pool.submit(run, act)


@pytest.fixture
def at_once(in_thread):
    """``at_once(acts)`` does all of them at the same time and returns what they came to."""

    def run(acts):
        ready = threading.Barrier(len(acts))
        begun = [in_thread(lambda act=act: (ready.wait(), act())[1]) for act in acts]
        return [future.result(SECONDS) for future in begun]

    return run


def test_counts_equal_a_recount_after_eight_writers_at_once(espace, at_once):
    espaces = [espace, EspaceFactory()]
    membres = [entered(un_membre(), *espaces) for _ in range(WRITERS // 2)]
    topics = [un_sujet(one) for one in espaces for _ in range(2)]

    def start(membre, topic):
        conversation.start_topic(membre, topic.espace, "Un titre", "Un texte.")

    def reply(membre, topic):
        conversation.reply(membre, topic, "Un message.")

    def edit(membre, topic):
        if mine := Post.objects.filter(poster=membre, topic=topic).last():
            conversation.edit(membre, mine, f"{mine.content.raw} Et encore.")

    def withdraw(membre, topic):
        if mine := Post.objects.filter(poster=membre, topic=topic, retire_le=None).last():
            conversation.withdraw(membre, mine)

    def read(membre, topic):
        Suivi.objects.mark_read(membre, topic, timezone.now())

    def lock(membre, topic):
        Topic.objects.filter(pk=topic.pk).update(status=LOCKED)

    def unlock(membre, topic):
        Topic.objects.filter(pk=topic.pk).update(status=UNLOCKED)

    def write(membre, seed):
        choose = random.Random(seed)
        for _ in range(20):
            act = choose.choice(
                [start, reply, reply, reply, edit, edit, withdraw, read, lock, unlock]
            )
            with contextlib.suppress(*REFUSED):
                act(membre, choose.choice(topics))

    # Each member writes from two devices.
    at_once([partial(write, membre, seed) for seed, membre in enumerate([*membres, *membres])])
    assert Post.objects.count() > 3 * WRITERS
    assert differences() == []


def test_an_answer_delivered_to_several_workers_at_once_is_one_message(
    espace, elue, at_once, settings
):
    settings.REPLY_ADDRESS = "reponse@portail.exemple.fr"
    topic = un_sujet(espace)
    to, late = (
        address_of(Lien(elue.pk, topic.pk, timezone.localdate() + timedelta(days=days)))
        for days in (1, -1)
    )
    for address in (to, late):
        raw = f"From: {elue.email}\nTo: {address}\nMessage-ID: <a@b.fr>\n\nOui.".encode()
        at_once([partial(reponses.receive, raw)] * WRITERS)
    assert [post.content.raw for post in Post.objects.filter(poster=elue)] == ["Oui."]
    assert CourrielRecu.objects.count() == 2
    assert [letter.to for letter in mail.outbox].count([elue.email]) == 1
    assert differences() == []


def test_who_leaves_while_writing_leaves_nothing_said(espace, elue, at_once):
    other, topics = entered(un_membre(), espace), [un_sujet(espace) for _ in range(2)]

    def write(membre):
        for number in range(10):
            with contextlib.suppress(*REFUSED):
                conversation.reply(membre, topics[number % 2], f"Un message : {number}.")
                conversation.start_topic(membre, espace, "Un titre", "Un texte.")

    def leave():
        time.sleep(A_MOMENT)
        effacement.anonymise(elue, withdraw=True)

    acts = [partial(write, membre) for membre in (elue, elue, elue, other, other)]
    at_once([*acts, leave])
    assert not Post.objects.filter(poster=elue, retire_le=None).exists()
    assert Post.objects.filter(poster=other, retire_le=None).count() == 40
    assert differences() == []


def test_a_letter_that_several_make_and_send_at_once_is_made_once_and_sent_once(
    shared_database, at_once
):
    un_enseignement(last_published_at=timezone.now() - timedelta(days=7))
    members = [MembreFactory().email for _ in range(WRITERS)]
    others = [f"l{number}@exemple.fr" for number in range(WRITERS)]
    Abonnement.objects.bulk_create(
        Abonnement(email=email, confirme_le=timezone.now()) for email in [*others, members[0]]
    )
    at_once([partial(call_command, "courriels")] * WRITERS)
    assert Lettre.objects.count() == 1
    assert sorted(to for letter in mail.outbox for to in letter.to) == sorted([*members, *others])
    assert set(Envoi.objects.values_list("etat", flat=True)) == {Envoi.Etat.ENVOYE}


def test_an_address_given_by_several_at_once_is_written_to_once(shared_database, at_once):
    at_once([partial(abonnements.ask.call, "lise@exemple.fr")] * WRITERS)
    assert Abonnement.objects.count() == len(mail.outbox) == 1


def test_a_reply_sent_while_its_author_is_leaving_is_refused(espace, elue, in_thread):
    topic = un_sujet(espace)
    with transaction.atomic():
        effacement.anonymise(elue, withdraw=False)
        reply = in_thread(lambda: conversation.reply(elue, topic, "Trop tard"))
        time.sleep(A_MOMENT)
        assert not reply.done()
    assert isinstance(reply.result(SECONDS), REFUSED)
    assert Post.objects.count() == 1


def test_two_who_administer_do_not_both_leave(espace, at_once):
    both = [MembreFactory(is_superuser=True) for _ in range(2)]
    left = at_once([partial(effacement.anonymise, membre, withdraw=False) for membre in both])
    assert {type(one) for one in left} == {type(None), PermissionDenied}
    assert Membre.objects.administrators().count() == 1


def test_a_form_with_a_file_whose_draft_goes_with_a_first_click_is_one_message(
    espace, elue, client, monkeypatch
):
    monkeypatch.setattr(PieceJointe._meta.get_field("fichier"), "storage", InMemoryStorage())
    topic, envoi, checked = un_sujet(espace, author=elue), uuid4(), pieces._checked

    def while_another_click_is_taken(piece, upload):
        content = checked(piece, upload)
        if topic.posts.count() == 1:
            conversation.reply(elue, topic, "Voici", envoi=uuid5(envoi, "Voici"))
        return content

    monkeypatch.setattr(pieces, "_checked", while_another_click_is_taken)
    client.force_login(elue)
    file = SimpleUploadedFile("note.txt", b"Bonjour")
    sent = {"content": "Voici", "envoi": envoi, "fichiers": [file]}
    assert client.post(topic.get_absolute_url(), sent).status_code == 302
    assert topic.posts.count() == 2
    assert not Brouillon.objects.exists()


def test_the_same_form_sent_eight_times_at_once_is_one_message(espace, elue, at_once):
    topic, envoi = un_sujet(espace), uuid4()
    sent = at_once([lambda: conversation.reply(elue, topic, "Une fois", envoi=envoi)] * WRITERS)
    assert len(set(sent)) == 1
    assert Post.objects.filter(topic=topic).count() == 2
    assert differences() == []


def test_a_form_whose_button_is_pressed_eight_times_at_once_gives_one_message(
    espace, elue, at_once
):
    topic = un_sujet(espace)
    clients = [Client() for _ in range(WRITERS)]
    for client in clients:
        client.force_login(elue)
    page = clients[0].get(topic.get_absolute_url()).content.decode()
    envoi = re.search(r'name="envoi" value="([^"]+)"', page)[1]
    data = {"envoi": envoi, "content": "Une seule fois"}
    answers = at_once([partial(c.post, topic.get_absolute_url(), data) for c in clients])
    [post] = Post.objects.filter(topic=topic, poster=elue)
    assert {(answer.status_code, answer.url) for answer in answers} == {
        (302, post.get_absolute_url())
    }
    assert differences() == []


def test_the_same_new_topic_sent_eight_times_at_once_is_one_topic(espace, elue, at_once):
    envoi = uuid4()
    write = partial(conversation.start_topic, elue, espace, "Une fois", "Texte", envoi=envoi)
    assert len(set(at_once([write] * WRITERS))) == 1
    assert Topic.objects.count() == 1
    assert differences() == []


def test_a_reply_sent_while_the_topic_is_being_locked_is_refused(espace, elue, in_thread):
    topic = un_sujet(espace)
    with transaction.atomic():
        Topic.objects.filter(pk=topic.pk).update(status=LOCKED)
        reply = in_thread(lambda: conversation.reply(elue, topic, "Trop tard"))
        time.sleep(A_MOMENT)
        assert not reply.done()
    assert isinstance(reply.result(SECONDS), PermissionDenied)
    assert Post.objects.count() == 1
    assert differences() == []


def test_what_is_sent_while_the_topic_is_being_moved_goes_with_it(espace, in_thread):
    twin, animatrice = EspaceFactory(slug="jumeau"), MembreFactory()
    for one in (espace, twin):
        one.nominate("animation", [animatrice])
    animatrice, elue = entered(animatrice, espace, twin), entered(un_membre("elus"), espace, twin)
    topic = un_sujet(espace, author=elue)
    with transaction.atomic():
        moderation.move(animatrice, topic, twin)
        sent = [
            in_thread(partial(conversation.reply, elue, topic, "Entre deux")),
            in_thread(partial(conversation.edit, elue, topic.first_post, "Un autre texte")),
            in_thread(partial(gestes.summarise, elue, topic, "Un résumé", 0)),
        ]
        time.sleep(A_MOMENT)
    assert not [future.result(SECONDS) for future in sent if isinstance(future.result(), REFUSED)]
    assert {post.content.raw for post in topic.posts.all()} == {"Un autre texte", "Entre deux"}
    assert differences() == []


def test_a_reply_sent_while_its_author_leaves_is_refused_or_wholly_done(espace, in_thread):
    topic = un_sujet(espace)
    for number in range(2):
        elue = entered(un_membre("elus"), espace)
        with transaction.atomic():
            if number:  # the reply waits, after its author's rights were read
                conversation.locked(Topic.objects.all(), topic)
            Siege.objects.filter(membre=elue).update(college="agents")
            reply = in_thread(partial(conversation.reply, elue, topic, "Au revoir"))
            time.sleep(A_MOMENT)
        outcome = reply.result(SECONDS)
        written = list(Post.objects.filter(poster=elue))
        assert written == ([] if isinstance(outcome, REFUSED) else [outcome])
        assert differences() == []


def test_a_lock_is_not_undone_by_whoever_read_the_topic_before(espace, elue):
    stale = un_sujet(espace, author=elue, subject="Avant")
    post = stale.posts.get()
    assert post.topic.status == UNLOCKED
    Topic.objects.filter(pk=stale.pk).update(status=LOCKED)
    for write in (
        lambda: conversation.reply(elue, stale, "Trop tard"),
        lambda: conversation.edit(elue, post, "Trop tard", subject="Après"),
    ):
        with pytest.raises(PermissionDenied):
            write()
    stale.refresh_from_db()
    assert (stale.status, stale.subject) == (LOCKED, "Avant")


def a_meeting(espace, author, seats, kept=()):
    """A meeting of so many seats, some of them ``kept``."""
    debut = timezone.now() + timedelta(days=9)
    said = {"debut": debut, "fin": debut + timedelta(hours=2), "capacite": seats}
    said["reservees"] = list(kept)
    kind = {"nature": Nature.RENCONTRE, "rencontres": [said]}
    topic = conversation.start_topic(author, espace, "Se voir", "Pour parler.", **kind)
    return topic.rencontres.get()


def places(rencontre):
    """Who comes, who is kept a seat, and who waits in turn for one."""
    here = Presence.objects.filter(rencontre=rencontre)
    offered = here.offered()
    waiting = here.waiting().exclude(pk__in=offered.values("pk"))
    return [
        list(rows.values_list("membre", flat=True)) for rows in (here.seated(), offered, waiting)
    ]


def test_eight_who_want_the_last_seats_share_them_and_the_others_wait(espace, elue, at_once):
    rencontre = a_meeting(espace, elue, seats=3)
    membres = [entered(un_membre(), espace) for _ in range(WRITERS)]
    oui = Presence.Reponse.OUI
    at_once([partial(rencontres.answer, membre, rencontre, oui) for membre in membres])
    coming, kept, waiting = places(rencontre)
    assert (len(coming), kept, len(waiting)) == (3, [], WRITERS - 3)


def test_seats_given_back_while_others_come_pass_on_in_turn_and_nobody_is_forgotten(
    espace, elue, at_once
):
    rencontre = a_meeting(espace, elue, seats=4)
    membres = [entered(un_membre(), espace) for _ in range(WRITERS)]
    oui, non = Presence.Reponse.OUI, Presence.Reponse.NON
    for membre in membres[:6]:
        rencontres.answer(membre, rencontre, oui)
    first_in_turn = [membre.pk for membre in membres[4:6]]
    at_once(
        [
            *(partial(rencontres.answer, membre, rencontre, non) for membre in membres[:2]),
            *(partial(rencontres.answer, membre, rencontre, oui) for membre in membres[6:]),
            *(rencontres.keep_up for _ in range(2)),
        ]
    )
    coming, kept, waiting = places(rencontre)
    assert set(coming) == {membre.pk for membre in membres[2:4]}
    assert set(kept) == set(first_in_turn)
    assert set(waiting) == {membre.pk for membre in membres[6:]}
    assert Evenement.objects.filter(quoi=Evenement.Quoi.PLACE).count() == 2


@pytest.fixture
def commun(shared_database):
    """A space where several collèges speak."""
    return EspaceFactory(slug="tronc-commun", audience="tous", college="")


def test_eight_who_want_the_last_seats_leave_those_that_are_kept_to_whom_they_are_for(
    commun, at_once
):
    elues = [entered(un_membre("elus"), commun) for _ in range(WRITERS // 2)]
    agents = [entered(un_membre("agents"), commun) for _ in range(WRITERS // 2)]
    kept = [{"college": "agents", "places": 2}]
    rencontre = a_meeting(commun, elues[0], seats=4, kept=kept)
    oui = Presence.Reponse.OUI
    at_once([partial(rencontres.answer, one, rencontre, oui) for one in [*elues, *agents]])
    coming, offered, waiting = places(rencontre)
    assert (len(coming), offered, len(waiting)) == (4, [], WRITERS - 4)
    assert len({one.pk for one in agents}.intersection(coming)) >= 2


def test_seats_kept_while_others_come_and_go_are_neither_taken_nor_forgotten(commun, at_once):
    elues = [entered(un_membre("elus"), commun) for _ in range(5)]
    agents = [entered(un_membre("agents"), commun) for _ in range(3)]
    kept = [{"college": "agents", "places": 1}]
    rencontre = a_meeting(commun, elues[0], seats=3, kept=kept)
    oui, non = Presence.Reponse.OUI, Presence.Reponse.NON
    # Two élues and an agent come; another élue, then an agent, wait.
    for membre in [*elues[:2], agents[0], elues[2], agents[1]]:
        rencontres.answer(membre, rencontre, oui)
    at_once(
        [
            partial(rencontres.answer, agents[0], rencontre, non),
            partial(rencontres.answer, elues[0], rencontre, non),
            *(partial(rencontres.answer, one, rencontre, oui) for one in [*elues[3:], agents[2]]),
            *(rencontres.keep_up for _ in range(3)),
        ]
    )
    coming, offered, waiting = places(rencontre)
    assert coming == [elues[1].pk]
    assert set(offered) == {elues[2].pk, agents[1].pk}
    assert set(waiting) == {elues[3].pk, elues[4].pk, agents[2].pk}


@pytest.mark.skipif(
    "not os.environ.get('DATABASE_URL')", reason="On SQLite, writes are made one at a time."
)
def test_readers_marks_do_not_wait_for_a_writer(espace, elue, in_thread):
    topic = un_sujet(espace)
    with transaction.atomic():
        conversation.locked(Topic.objects.all(), topic)
        Suivi.objects.filter(topic=topic).delete()
        reading = in_thread(lambda: Suivi.objects.mark_read(elue, topic, timezone.now()))
        reading.result(SECONDS)
    assert Suivi.objects.get(topic=topic).lu_jusqua


def test_a_page_read_again_opens_no_transaction_and_waits_for_no_writer(espace, elue, in_thread):
    topic = un_sujet(espace)
    client = Client()
    client.force_login(elue)

    def read():
        with CaptureQueriesContext(connections["default"]) as captured:
            answers = [client.get(path).status_code for path in pages]
        return answers, [query["sql"] for query in captured]

    pages = ["/communaute/", espace.get_absolute_url(), topic.get_absolute_url()]
    in_thread(read).result(SECONDS)  # marks what it shows, and fills the memory of the process
    with transaction.atomic():
        conversation.reply(elue, topic, "Pas encore dit")
        answers, sql = in_thread(read).result(SECONDS)
    assert answers == [200, 200, 200]
    assert [q for q in sql if q.split()[0] not in READING] == []


def test_a_page_read_first_writes_its_mark_and_nothing_else(espace, elue):
    topic, client = un_sujet(espace), Client()
    client.force_login(elue)
    client.get("/communaute/")
    with CaptureQueriesContext(connections["default"]) as captured:
        client.get(topic.get_absolute_url())
    written = [query["sql"] for query in captured if query["sql"].split()[0] not in READING]
    # The shared cache is a table of the database on PostgreSQL.
    tables = {word for sql in written for word in re.findall(r'(?:INTO|UPDATE|FROM) "(\w+)"', sql)}
    assert tables - {"cache"} == {"communaute_suivi"}


def test_one_who_votes_eight_times_at_once_has_one_vote(espace, elue, at_once):
    topic = un_sujet(espace, author=elue)
    sondage = Sondage.objects.create(topic=topic)
    for ordre in range(WRITERS):
        Choix.objects.create(sondage=sondage, texte=f"Choix {ordre}", ordre=ordre)
    at_once([partial(gestes.vote, elue, topic, [ordre]) for ordre in range(WRITERS)])
    assert Vote.objects.count() == 1


def test_a_message_withdrawn_while_others_write_leaves_the_counts_right(espace, elue, at_once):
    topics = [un_sujet(espace, author=elue) for _ in range(4)]
    autre = entered(un_membre(), espace)
    for topic in topics:
        at_once(
            [
                partial(conversation.withdraw, elue, topic.posts.first()),
                partial(conversation.reply, autre, topic, "Un message."),
                partial(conversation.start_topic, autre, espace, "Un titre", "Un texte."),
            ]
        )
    assert differences() == []
    for topic in Topic.objects.filter(pk__in=[topic.pk for topic in topics]):
        assert topic.approved == topic.posts.filter(retire_le=None).exists()


# --- Facilitators at the same time as others ------------------------------------------------------


def facilitators(*espaces):
    """Two who facilitate all of these spaces."""
    both = [MembreFactory(), MembreFactory()]
    for espace in espaces:
        espace.nominate("animation", both)
    return [entered(membre, *espaces) for membre in both]


def test_a_topic_moved_twice_while_others_write_leaves_the_counts_of_both_spaces_right(
    espace, at_once
):
    twin = EspaceFactory(slug="jumeau", nom="Bis", college="elus")
    one, other = facilitators(espace, twin)
    elue, autre = (entered(un_membre("elus"), espace, twin) for _ in range(2))
    for _ in range(4):
        topic = un_sujet(espace, author=elue)
        mine = conversation.reply(elue, topic, "Un message.")
        outcomes = at_once(
            [
                partial(moderation.move, one, topic, twin),
                partial(moderation.move, other, topic, twin),
                partial(conversation.reply, autre, topic, "Un message."),
                partial(conversation.reply, elue, topic, "Un autre."),
                partial(conversation.withdraw, elue, mine),
                partial(conversation.start_topic, autre, twin, "Un titre", "Un texte."),
            ]
        )
        assert sum(isinstance(outcome, REFUSED) for outcome in outcomes[:2]) == 1
        assert Topic.objects.get(pk=topic.pk).forum == twin.forum
        assert ActeModeration.objects.filter(acte=Acte.DEPLACER, topic=topic).count() == 1
    assert differences() == []


def test_two_who_decide_at_once_decide_once(espace, at_once):
    one, other = facilitators(espace)
    topic = un_sujet(espace)
    post = topic.posts.get()
    for acte in (Acte.MASQUER, Acte.DEMASQUER) * 2:
        outcomes = at_once(
            [partial(moderation.decide, who, post, acte, "Un motif") for who in (one, other)]
        )
        assert sum(isinstance(outcome, REFUSED) for outcome in outcomes) == 1
    assert ActeModeration.objects.count() == 4
    assert Topic.objects.get(pk=topic.pk).subject == topic.subject


def test_a_message_decided_on_while_its_author_changes_or_withdraws_it_is_in_one_state(
    espace, elue, at_once
):
    one, _ = facilitators(espace)
    Espace.objects.filter(pk=espace.pk).update(premoderation=True)
    for acte in (Acte.APPROUVER, Acte.REFUSER) * 3:
        topic = un_sujet(Espace.objects.get(pk=espace.pk), author=elue)
        post = topic.posts.get()
        at_once(
            [
                partial(moderation.decide, one, post, acte, "Un motif", base=0),
                partial(conversation.edit, elue, post, "Autre chose", subject="Un autre titre"),
                partial(conversation.withdraw, elue, post),
            ]
        )
        topic, post = Topic.objects.get(pk=topic.pk), Post.objects.get(pk=post.pk)
        assert post.content.raw == ""
        assert (topic.subject, topic.titre_masque) == (conversation.WITHDRAWN_TITLE, "")
        assert (topic.approved, topic.posts_count) == (False, 0)
        assert differences() == []


def test_an_invitation_taken_up_by_several_at_once_makes_one_member(espace, at_once):
    invitation = Invitation.objects.create(
        email="lise@exemple.fr", college="elus", fonction="Maire", par=MembreFactory()
    )

    def accept(number):
        return invitations.accept(invitation, first_name=f"Lise {number}", last_name="Faure")

    made = at_once([partial(accept, number) for number in range(WRITERS)])
    [membre] = [one for one in made if isinstance(one, Membre)]
    assert Membre.objects.get(email="lise@exemple.fr") == membre
    assert membre.sieges.count() == 1


def test_invitations_sent_by_several_at_once_are_each_written_once(espace, at_once, mailoutbox):
    for number in range(5):
        Invitation.objects.create(email=f"{number}@exemple.fr", college="elus", par=MembreFactory())
    at_once([invitations.send_invitations.call] * 4)
    assert sorted(letter.to[0][0] for letter in mailoutbox) == list("01234")


# --- A yes, while others act ----------------------------------------------------------------------


@pytest.fixture
def mise(espace):
    return une_mise_en_commun(espace, passages=["Une part."], remise=False)


def a_part_that_is_asked(mise):
    """A part more of ``mise``, and the yes that is awaited for it."""
    said = {"texte": "Ceci.", "sources": [mise.messages.get()]}
    passage = mise_en_commun.add(mise.auteur, mise, said)
    mise_en_commun.ask(mise.auteur, mise)
    changing = partial(
        mise_en_commun.change, mise.auteur, passage, said | {"texte": "Cela."}, base=1
    )
    accord = Accord.objects.get(version__passage=passage)
    return passage, changing, partial(mise_en_commun.answer, mise.pairs[0], accord, "sans_nom")


def test_an_answer_to_a_part_that_is_being_changed_is_refused(mise, in_thread):
    passage, change, answer = a_part_that_is_asked(mise)
    with transaction.atomic():
        change()
        answering = in_thread(answer)
        time.sleep(A_MOMENT)
        assert not answering.done()
    assert isinstance(answering.result(SECONDS), Accord.DoesNotExist)
    assert Passage.objects.get(pk=passage.pk).accorde is None
    assert not Accord.objects.filter(version__passage=passage).exclude(reponse="")


def test_an_answer_given_while_a_part_changes_counts_for_what_was_read_or_not_at_all(mise, at_once):
    for _ in range(4):
        passage, change, answer = a_part_that_is_asked(mise)
        changed, answered = at_once([change, answer])
        assert not isinstance(changed, REFUSED)
        passage = Passage.objects.select_related("accorde").get(pk=passage.pk)
        is_refused = isinstance(answered, Accord.DoesNotExist)
        assert (passage.accorde is None) == is_refused
        assert is_refused or passage.accorde.texte == "Ceci."
        accord = Accord.objects.get(version__passage=passage)
        assert accord.version.texte == "Ceci."
        assert bool(accord.reponse) != is_refused
        mise_en_commun.take_out(mise.auteur, passage)


def test_two_workers_remind_and_resolve_once(mise, at_once):
    a_part_that_is_asked(mise)
    for days, act, quoi in (
        (7, mise_en_commun.remind_due, Evenement.Quoi.RAPPEL),
        (14, mise_en_commun.resolve_due, Evenement.Quoi.RESOLUE),
    ):
        Evenement.objects.all().delete()
        since = timezone.now() - timedelta(days=days)
        VersionPassage.objects.asked().update(demandee_le=since)
        assert sum(at_once([act] * 3)) == 1
        assert Evenement.objects.filter(quoi=quoi).count() == 1


def test_what_is_taken_back_while_an_editor_publishes_is_public_in_no_order(
    shared_database, at_once
):
    for number, word in enumerate(("Salamandre", "Hérisson", "Blaireau", "Loutre")):
        rank = number % 2
        said = {"passages": [f"{word} attend."]} if rank else {"titre": f"{word} patient"}
        mise = une_mise_en_commun(**said)
        page = EnseignementPage.objects.get(pk=mise.page_id)
        publish = PublishPageRevisionAction(page.get_latest_revision())
        given = Accord.objects.given().filter(version__passage__mise_en_commun=mise)
        yes = given.filter(version__passage__ordre=rank).first()
        at_once(
            [
                publish.execute,
                partial(mise_en_commun.withdraw, yes.membre, yes),
                partial(page.save_revision, log_action=True),
            ]
        )
        after = EnseignementPage.objects.get(pk=page.pk)
        assert not after.live
        tables = (EnseignementPage, Revision, PageLogEntry, IndexEntry)
        kept = fold(" ".join(str(list(table.objects.values())) for table in tables))
        assert fold(word)[:6] not in kept


def test_two_who_hand_over_at_once_make_one_page(shared_database, at_once):
    mise = une_mise_en_commun(remise=False)
    outcomes = at_once([partial(mise_en_commun.hand_over, mise.animatrice, mise)] * 2)
    assert sum(isinstance(outcome, REFUSED) for outcome in outcomes) == 1
    assert EnseignementPage.objects.get().pk == MiseEnCommun.objects.get().page_id


def test_two_who_choose_a_date_at_once_choose_one_and_the_other_is_told(espace, elue, at_once):
    begin = [timezone.now() + timedelta(days=days) for days in (9, 10)]
    topic = conversation.start_topic(
        elue,
        espace,
        "Se voir",
        "Pour parler.",
        nature=Nature.RENCONTRE,
        rencontres=[{"capacite": 2}],
        dates=[(debut, debut + timedelta(hours=2)) for debut in begin],
    )
    rencontre = topic.rencontres.get()
    dates = list(rencontre.dates_proposees.all())
    membres = [entered(un_membre(), espace) for _ in range(4)]
    for membre in membres:
        choix_de_date.answer(membre, rencontre, {date.pk: "oui" for date in dates})

    def choose(date):
        try:
            return choix_de_date.choose(elue, rencontre, date)
        except conversation.Conflict:
            return None

    chosen = [one for one in at_once([partial(choose, date) for date in dates * 3]) if one]
    assert len(chosen) == 1
    rencontre.refresh_from_db()
    assert rencontre.debut == chosen[0].debut
    coming, kept, waiting = places(rencontre)
    assert (coming, kept) == ([membre.pk for membre in membres[:2]], [])
    assert waiting == [membre.pk for membre in membres[2:]]


# --- A disagreement


ROLE = "une personne d’ici"


@pytest.fixture
def disagreement(espace):
    """A disagreement, and eight who speak there."""
    membres = [entered(un_membre(), espace) for _ in range(WRITERS)]
    topic = conversation.start_topic(
        membres[0], espace, "Fermer la place ?", "Qui décide ?", nature=Nature.DESACCORD
    )
    return topic, membres


def test_a_position_that_is_sent_by_eight_clients_of_one_member_is_one(disagreement, at_once):
    topic, [membre, *_] = disagreement
    at_once([partial(desaccord.take_position, membre, topic, "Oui.", ROLE)] * WRITERS)
    assert Position.objects.count() == 1


def test_eight_who_take_a_position_under_one_role_at_once_have_one_each(disagreement, at_once):
    topic, membres = disagreement
    taken = at_once([partial(desaccord.take_position, m, topic, "Oui.", ROLE) for m in membres])
    assert {one.auteur_id for one in taken} == {membre.pk for membre in membres}
    assert Position.objects.filter(role=ROLE).count() == WRITERS


def test_of_those_who_say_at_once_that_it_is_so_one_does_and_no_more_is_asked(
    disagreement, at_once
):
    topic, [first, second, *others] = disagreement
    position = desaccord.take_position(first, topic, "Oui.", ROLE)
    desaccord.take_position(second, topic, "Non.")
    for membre in others[:3]:
        desaccord.hold(membre, position, on=True)
    holders = [first, *others[:3]]
    restated = [desaccord.restate(second, position, f"Vous dites oui, {n}.") for n in range(2)]
    outcomes = at_once(
        [
            *(partial(desaccord.recognise, m, one, True) for m in holders[:3] for one in restated),
            partial(desaccord.recognise, holders[3], restated[0], False, "Presque"),
            partial(desaccord.restate, second, position, "Encore autrement."),
        ]
    )
    said = Reconnaissance.objects.filter(est_juste=True)
    assert said.count() == 1
    position = Position.objects.get(pk=position.pk)
    assert position.redite_id == said.get().reformulation_id
    went = [one for one in outcomes if not isinstance(one, conversation.Conflict)]
    made = said.count() + Reconnaissance.objects.filter(est_juste=False).count()
    assert len(went) == made + Reformulation.objects.count() - len(restated)


def test_of_several_trials_proposed_at_once_one_is_open(disagreement, at_once):
    topic, [first, *_] = disagreement
    day = timezone.localdate() + timedelta(days=3)
    at_once([partial(desaccord.try_out, first, topic, f"{n} fois", day) for n in range(WRITERS)])
    assert Essai.objects.count() == WRITERS
    assert Essai.objects.open().count() == 1


def test_two_endings_at_once_are_both_kept_and_the_same_one_is_said_once(disagreement, at_once):
    topic, [first, *_] = disagreement
    day = timezone.localdate() + timedelta(days=3)
    desaccord.try_out(first, topic, "Un dimanche.", day)
    same = (topic, Issue.Fin.PAUSE, "On y revient.")
    at_once([partial(desaccord.conclude, first, *same)] * WRITERS)
    assert Issue.objects.count() == 1
    assert not Essai.objects.open().exists()
    at_once([partial(desaccord.conclude, first, topic, fin, "Oui.") for fin in Issue.Fin])
    assert set(Issue.objects.filter(texte="Oui.").values_list("fin", flat=True)) == {*Issue.Fin}


def test_what_is_said_of_a_position_while_it_is_withdrawn_goes_with_it(disagreement, at_once):
    topic, [first, second, *others] = disagreement
    desaccord.take_position(second, topic, "Non.")
    position = desaccord.take_position(first, topic, "Oui.", ROLE)
    at_once(
        [
            partial(desaccord.withdraw, first, position),
            partial(desaccord.restate, second, position, "Vous dites oui."),
            partial(desaccord.say_beneath, first, position, "Les enfants.", "Un essai."),
            *(partial(desaccord.hold, membre, position, True) for membre in others[:4]),
        ]
    )
    position = Position.objects.get(pk=position.pk)
    assert (position.texte, position.compte, position.changerait) == ("", "", "")
    assert not Reformulation.objects.exists()
    assert not Tenue.objects.exists()


def test_those_who_took_part_are_called_back_once_by_several_workers(disagreement, at_once):
    topic, [first, *_] = disagreement
    desaccord.try_out(first, topic, "Un dimanche.", timezone.localdate())
    assert sum(at_once([desaccord.call_back_due] * 4)) == 1
    assert Evenement.objects.exclude(essai=None).count() == 1
