"""What facilitators decide about topics, messages and members, and who is told what of it."""

import re
from datetime import timedelta
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from django.core import mail
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.management import call_command
from django.utils import timezone

from communaute import conversation, moderation
from communaute.forum_conversation.models import Post, Topic
from communaute.models import (
    Acte,
    ActeModeration,
    Alerte,
    Cohorte,
    Envoi,
    Espace,
    Membre,
    Participation,
    Recours,
    Suivi,
    Suspension,
    Vote,
)
from communaute.models.lecture import NEW_TO_NEWCOMERS
from communaute.models.membres import Rythme
from communaute.views import decisions
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    entered,
    un_allie,
    un_membre,
    un_sujet,
)
from tests.recount import differences

pytestmark = pytest.mark.django_db


@pytest.fixture
def animatrice(espace):
    return a_facilitator(espace)


@pytest.fixture
def sujet(espace, elue):
    return un_sujet(espace, author=elue, subject="Un titre à nous", content="Une phrase à nous.")


@pytest.fixture
def as_(client):
    """``as_(membre)`` is the client, signed in as that member."""

    def sign_in(membre):
        client.force_login(membre)
        return client

    return sign_in


def a_facilitator(*espaces):
    membre = MembreFactory(first_name="Inès")
    for espace in espaces:
        espace.nominate("animation", [*espace.animateurs, membre])
    return entered(membre, *espaces)


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def decide(client, post, acte, motif="", **more):
    data = {"acte": acte, "motif": motif, "base": post.updates_count, **more}
    return client.post(f"/communaute/messages/{post.reference}/moderer/", data)


def acts(espace):
    return list(ActeModeration.objects.filter(espace=espace).values_list("acte", flat=True))[::-1]


def counts(espace):
    """The topics and messages that a space counts, as a recount counts them."""
    assert differences() == []
    forum = Espace.objects.get(pk=espace.pk).forum
    return forum.direct_topics_count, forum.direct_posts_count


# --- A topic --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("acte", "undone_by", "holds"),
    [
        ("epingler", "desepingler", lambda topic: topic.is_sticky),
        ("fermer", "rouvrir", lambda topic: topic.is_locked),
    ],
)
def test_a_facilitator_pins_or_closes_a_topic_and_it_is_on_record(
    as_, espace, animatrice, sujet, acte, undone_by, holds
):
    address = f"/communaute/sujets/{sujet.reference}/animer/"
    for step, on in ((acte, True), (acte, True), (undone_by, False)):
        assert as_(animatrice).post(address, {"acte": step}).url == sujet.get_absolute_url()
        sujet.refresh_from_db()
        assert holds(sujet) == on
    assert acts(espace) == [acte, undone_by]


def test_no_more_topics_are_pinned_than_the_page_of_a_space_shows(as_, espace, animatrice, sujet):
    for number in range(moderation.MOST_PINNED):
        moderation.change_topic(animatrice, un_sujet(espace, subject=f"N° {number}"), Acte.EPINGLER)
    address = f"/communaute/sujets/{sujet.reference}/animer/"
    page = html(as_(animatrice).post(address, {"acte": "epingler"}, follow=True))
    assert "20 sujets sont déjà épinglés" in page
    page = html(as_(animatrice).get("/communaute/espaces/elus/"))
    assert all(f"N° {number}<" in page for number in range(moderation.MOST_PINNED))


def test_the_topic_that_welcomes_is_on_record(as_, espace, animatrice, sujet):
    address = f"/communaute/sujets/{sujet.reference}/animer/"
    for acte in ("accueillir", "accueillir", "ne-plus-accueillir", "ne-plus-accueillir"):
        as_(animatrice).post(address, {"acte": acte})
    assert acts(espace) == ["accueillir", "congedier"]


def test_a_member_has_no_tool_of_facilitators(as_, sujet, elue):
    assert "Animer ce sujet" not in html(as_(elue).get(sujet.get_absolute_url()))
    reference, post = sujet.reference, sujet.posts.get().reference
    for address in (
        f"/communaute/sujets/{reference}/animer/",
        f"/communaute/sujets/{reference}/deplacer/",
        f"/communaute/messages/{post}/moderer/",
        "/communaute/espaces/elus/moderation/",
        "/communaute/espaces/elus/suspensions/",
        "/communaute/espaces/elus/sante/",
    ):
        assert as_(elue).post(address, {"acte": "epingler"}).status_code in (404, 405), address
        assert as_(elue).get(address).status_code in (404, 405), address
    assert not ActeModeration.objects.exists()


def test_an_act_that_is_none_is_not_found(as_, sujet, animatrice):
    for acte in ("", "masquer", "rien"):
        address = f"/communaute/sujets/{sujet.reference}/animer/"
        assert as_(animatrice).post(address, {"acte": acte}).status_code == 404


# --- Moved ----------------------------------------------------------------------------------------


@pytest.fixture
def tronc():
    return EspaceFactory(slug="tronc", nom="Tronc commun", audience="tous", college="")


def move(client, topic, target, motif=""):
    data = {"vers": target.slug, "motif": motif}
    return client.post(f"/communaute/sujets/{topic.reference}/deplacer/", data)


def test_a_topic_moves_to_a_narrower_space_with_its_counts(as_, tronc, espace):
    animatrice = a_facilitator(tronc, espace)
    agent, elue = entered(un_membre("agents"), tronc), entered(un_membre("elus"), tronc, espace)
    topic, stays = un_sujet(tronc, author=agent), un_sujet(tronc, author=elue)
    conversation.reply(elue, topic, "Une réponse")
    other = un_sujet(espace, author=elue)

    page = html(as_(animatrice).get(f"/communaute/sujets/{topic.reference}/deplacer/"))
    assert "Entre élu·es — lu par 2 personnes" in page
    assert "une personne qui a écrit dans ce sujet ne pourra plus le lire" in page
    response = move(as_(animatrice), topic, espace, "Entre élu·es, plutôt")
    assert response.url == topic.get_absolute_url()

    assert Topic.objects.get(pk=topic.pk).forum == espace.forum
    assert counts(tronc) == (1, 1)
    assert counts(espace) == (2, 3)
    assert {stays.forum, other.forum} == {tronc.forum, espace.forum}
    [acte] = ActeModeration.objects.all()
    assert (acte.acte, acte.espace, acte.motif) == ("deplacer", tronc, "Entre élu·es, plutôt")


def test_what_was_read_stays_read_when_its_topic_moves(as_, tronc, espace):
    animatrice = a_facilitator(tronc, espace)
    reader, other = (entered(un_membre("elus"), tronc, espace) for _ in range(2))
    topic = un_sujet(tronc, author=other)
    Suivi.objects.choose(other, topic, "rien")
    for membre in (reader, other):
        as_(membre).post("/communaute/espaces/tronc/tout-lu/")
    move(as_(animatrice), topic, espace)
    for membre in (reader, other):
        assert "Un titre secret" not in html(
            as_(membre).get("/communaute/espaces/elus/?voir=non-lus")
        )
    assert Suivi.objects.get(membre=other).niveau == "rien"


def unread(client):
    page = BeautifulSoup(html(client.get("/communaute/espaces/elus/?voir=non-lus")), "html.parser")
    return {link.text.strip() for link in page.select("main h3 a, main h2 a")}


@pytest.mark.parametrize("seen", ["nothing", "its beginning"])
def test_what_was_new_stays_new_when_its_topic_moves_where_all_was_read(as_, tronc, espace, seen):
    animatrice = a_facilitator(tronc, espace)
    author, reader = (entered(un_membre("elus"), tronc, espace) for _ in range(2))
    before = un_sujet(espace, author=author, subject="Lu de longue date")
    topic = un_sujet(tronc, author=author, subject="Jamais lu")
    after = un_sujet(espace, author=author, subject="Lu depuis")
    client = as_(reader)
    if seen == "its beginning":
        client.get(topic.get_absolute_url())
    conversation.reply(author, topic, "Une suite")
    conversation.reply(author, before, "Une suite")
    client.get(after.get_absolute_url())
    client.post("/communaute/espaces/elus/tout-lu/")
    conversation.reply(author, after, "Une suite")
    assert unread(client) == {"Lu depuis"}

    move(as_(animatrice), topic, espace)
    client = as_(reader)
    assert unread(client) == {"Jamais lu", "Lu depuis"}
    first = topic.posts.order_by("pk")[0 if seen == "nothing" else 1]
    assert client.get(f"{topic.get_absolute_url()}nouveau/").url.endswith(f"#{first.anchor}")
    client.get(topic.get_absolute_url())
    assert unread(client) == {"Lu depuis"}


def test_what_was_said_long_before_one_entered_is_not_new_when_its_topic_moves(as_, tronc, espace):
    animatrice = a_facilitator(tronc, espace)
    topic = un_sujet(tronc, author=animatrice)
    reader = entered(un_membre("elus"), espace)
    Participation.objects.filter(membre=reader).update(
        rejoint_le=timezone.now() + 2 * NEW_TO_NEWCOMERS,
        lu_jusqua=timezone.now() + NEW_TO_NEWCOMERS,
    )
    move(as_(animatrice), topic, espace)
    assert unread(as_(reader)) == set()


def test_a_topic_that_moves_is_pinned_no_more(as_, tronc, espace):
    animatrice = a_facilitator(tronc, espace)
    topic = un_sujet(tronc)
    moderation.change_topic(animatrice, topic, Acte.EPINGLER)
    move(as_(animatrice), topic, espace)
    topic.refresh_from_db()
    assert topic.type == Topic.TOPIC_POST


def test_a_topic_that_moves_welcomes_nobody_where_it_was(as_, tronc, espace):
    animatrice = a_facilitator(tronc, espace)
    topic = un_sujet(tronc, author=animatrice)
    moderation.welcome_with(animatrice, topic, on=True)
    move(as_(animatrice), topic, espace)
    tronc.refresh_from_db()
    assert tronc.accueil is None


def test_whoever_loses_a_topic_that_moves_loses_all_that_hangs_on_it(as_, tronc, espace):
    animatrice, agent = a_facilitator(tronc, espace), entered(un_membre("agents"), tronc)
    topic = un_sujet(tronc, author=agent)
    assert Suivi.objects.readable_by(agent).exists()
    move(as_(animatrice), topic, espace)
    agent = Membre.objects.get(pk=agent.pk)
    assert not Topic.objects.readable_by(agent).exists()
    assert not Post.objects.readable_by(agent).exists()
    assert not Suivi.objects.readable_by(agent).exists()
    client = as_(agent)
    assert client.get(topic.get_absolute_url()).status_code == 404
    assert client.post(topic.get_absolute_url(), {"content": "Et moi ?"}).status_code == 404
    assert "Un titre secret" not in html(client.get("/communaute/"))


@pytest.mark.parametrize(
    "case", ["wider", "other college", "named reader", "facilitator", "waits", "refused"]
)
def test_a_topic_never_moves_towards_a_wider_audience_and_it_is_said_why(as_, tronc, espace, case):
    agents = EspaceFactory(slug="agents", nom="Entre agent·es", college="agents")
    twin = EspaceFactory(slug="jumeau", nom="Entre élu·es, bis", college="elus")
    animatrice = a_facilitator(tronc, espace, agents, twin)
    topic = un_sujet(espace)
    target = {"wider": tronc, "other college": agents}.get(case, twin)
    said = "ouvert à d’autres personnes"
    if case in ("named reader", "facilitator"):
        role = {"named reader": "lecture", "facilitator": "animation"}[case]
        named = [MembreFactory(), *(twin.animateurs if role == "animation" else ())]
        twin.nominate(role, named)
        said = "Une personne y lit qui ne peut pas lire"
    if case in ("waits", "refused"):
        Espace.objects.filter(pk=espace.pk).update(premoderation=True)
        post = conversation.reply(entered(un_membre("elus"), espace), topic, "Attend")
        said = "attend votre relecture"
    if case == "refused":
        moderation.decide(animatrice, post, Acte.REFUSER, "Un motif")
        ActeModeration.objects.all().delete()
        said = "a été refusé"
    page = html(as_(animatrice).get(f"/communaute/sujets/{topic.reference}/deplacer/"))
    assert said in page.split("Pourquoi pas ailleurs")[1]
    assert f'value="{target.slug}"' not in page
    html(move(as_(animatrice), topic, target), 422)
    with pytest.raises(moderation.Refused):
        moderation.move(animatrice, topic, target)
    assert Topic.objects.get(pk=topic.pk).forum == espace.forum
    assert not ActeModeration.objects.exists()


def test_a_topic_moves_only_between_spaces_that_one_facilitates(as_, espace, animatrice):
    twin = EspaceFactory(slug="jumeau", nom="Bis", college="elus")
    topic = un_sujet(espace)
    page = html(as_(animatrice).get(f"/communaute/sujets/{topic.reference}/deplacer/"))
    assert "vous n’animez pas d’autre espace" in page
    html(move(as_(animatrice), topic, twin), 422)
    with pytest.raises(PermissionDenied):
        moderation.move(animatrice, topic, twin)


def test_moving_asks_no_more_for_more_spaces(as_, queries, tronc):
    animatrice = a_facilitator(tronc, *(EspaceFactory() for _ in range(2)))
    topic = un_sujet(tronc, author=animatrice)
    address = f"/communaute/sujets/{topic.reference}/deplacer/"
    as_(animatrice)
    few = queries(address)
    for espace in [EspaceFactory() for _ in range(5)]:
        espace.nominate("animation", [animatrice])
        espace.charte.accept(animatrice)
    for _ in range(4):
        conversation.reply(entered(un_membre("elus"), tronc), topic, "Encore")
    assert queries(address) == few <= 12


# --- Reported -------------------------------------------------------------------------------------


def report(client, post, motif="ton", texte=""):
    data = {"motif": motif, "texte": texte}
    return client.post(f"/communaute/messages/{post.reference}/alerter/", data)


@pytest.mark.usefixtures("animatrice")
def test_any_reader_reports_a_message_once_and_is_thanked(as_, espace, sujet):
    reader = MembreFactory(last_name="Lectrice")
    espace.nominate("lecture", [reader])
    post, client = sujet.posts.get(), as_(entered(reader, espace))
    address = f"/communaute/messages/{post.reference}/alerter/"
    page = BeautifulSoup(html(client.post(address, {"motif": ""}), 422), "html.parser")
    assert "Choisissez ce qui vous alerte" in page.text
    assert page.title.text.startswith("À revoir\xa0: ")
    assert page.select_one(page.select_one(".erreurs a")["href"])["type"] == "radio"
    response = report(client, post, "confidence", "C’était dit hors d’ici.")
    assert "Merci" in html(client.get(response.url, follow=True))
    response = report(client, post)
    assert "déjà alerté" in html(client.get(response.url, follow=True))
    page = html(client.get(address))
    assert "Vous avez déjà alerté l’animation sur ce message" in page
    assert "<textarea" not in page
    [alerte] = Alerte.objects.all()
    assert (alerte.motif, alerte.texte) == ("confidence", "C’était dit hors d’ici.")


@pytest.mark.usefixtures("animatrice")
def test_what_is_not_there_or_is_ones_own_cannot_be_reported(as_, elue, espace, sujet):
    post = sujet.posts.get()
    assert report(as_(elue), post).status_code == 404
    other = entered(un_membre("elus"), espace)
    for gone in ("retire_le", "masque_le"):
        Post.objects.filter(pk=post.pk).update(retire_le=None, masque_le=None)
        Post.objects.filter(pk=post.pk).update(**{gone: timezone.now()})
        assert report(as_(other), post).status_code == 404
    assert not Alerte.objects.exists()


def test_the_queue_shows_a_reported_message_and_not_who_reported_it(as_, espace, animatrice, sujet):
    reporter = entered(un_membre("elus", membre__last_name="Discrète"), espace)
    report(as_(reporter), sujet.posts.get(), "personne", "On m’y reconnaît.")
    page = html(as_(animatrice).get("/communaute/espaces/elus/moderation/"))
    for shown in ("Une phrase à nous.", "Un titre à nous", "On m’y reconnaît.", "Expose ou met"):
        assert shown in page
    assert "Discrète" not in page


def test_it_is_said_that_a_message_changed_since_it_was_reported(
    as_, espace, animatrice, elue, sujet
):
    post = sujet.posts.get()
    conversation.edit(elue, post, "Une phrase dure.")
    moderation.report(entered(un_membre("elus"), espace), post, "ton")
    pages = (
        "/communaute/espaces/elus/moderation/",
        f"/communaute/messages/{post.reference}/moderer/",
    )
    for page in pages:
        assert "modifié depuis l’alerte" not in html(as_(animatrice).get(page))
    conversation.edit(elue, post, "Une phrase douce.")
    history = f"/communaute/messages/{post.reference}/historique/"
    for page in pages:
        assert f'<a href="{history}">modifié depuis l’alerte</a>' in html(as_(animatrice).get(page))
    changed = html(as_(animatrice).get(history))
    assert "Une phrase <del>dure.</del> <ins>douce.</ins>" in changed


def test_a_facilitator_does_not_judge_what_they_wrote(as_, espace, animatrice, elue):
    post = un_sujet(espace, author=animatrice).posts.get()
    page = html(as_(elue).get(f"/communaute/messages/{post.reference}/alerter/"))
    assert "Personne ne peut juger de ce message ici" in page
    report(as_(elue), post)
    assert not Alerte.objects.exists()
    espace.nominations.update(jusqua=timezone.now())
    page = html(as_(elue).get(f"/communaute/messages/{post.reference}/alerter/"))
    assert "Personne n’anime encore cet espace" in page
    assert "la personne qui l’a écrit" not in page
    assert 'href="/signaler/">Écrivez à la cohorte</a>' in page
    report(as_(elue), post)
    assert not Alerte.objects.exists()
    espace.nominations.update(jusqua=None)

    other = a_facilitator(espace)
    report(as_(elue), post, texte="Trop dur.")
    assert "Trop dur." not in html(as_(animatrice).get("/communaute/espaces/elus/moderation/"))
    assert decide(as_(animatrice), post, "classer").status_code == 404
    assert "Trop dur." in html(as_(other).get("/communaute/espaces/elus/moderation/"))


def test_reporters_are_told_that_it_was_decided_and_not_what(as_, espace, animatrice, sujet):
    reporter, post = entered(un_membre("elus"), espace), sujet.posts.get()
    report(as_(reporter), post)
    assert "n’a pas encore décidé" in html(as_(reporter).get("/communaute/decisions/"))
    decide(as_(animatrice), post, "masquer", "Un nom y est cité.")
    page = html(as_(reporter).get("/communaute/decisions/"))
    assert "l’animation a décidé" in page
    for untold in ("Un nom y est cité.", "Message masqué", "Une phrase à nous."):
        assert untold not in page
    assert "Une phrase à nous." not in html(
        as_(animatrice).get("/communaute/espaces/elus/moderation/")
    )


def test_reports_closed_without_action_leave_the_message_and_are_on_record(
    as_, espace, animatrice, sujet
):
    post = sujet.posts.get()
    report(as_(entered(un_membre("elus"), espace)), post)
    decide(as_(animatrice), post, "classer")
    assert not Alerte.objects.waiting().exists()
    post.refresh_from_db()
    assert post.is_shown
    assert acts(espace) == ["classer"]
    assert "Aucune" in html(as_(post.poster).get("/communaute/decisions/"))


# --- Decided --------------------------------------------------------------------------------------


def test_a_hidden_message_is_read_by_its_author_alone_with_the_reason(
    as_, espace, animatrice, sujet, elue
):
    conversation.reply(entered(un_membre("elus"), espace), sujet, "Je réponds.")
    post = sujet.posts.first()
    page = html(decide(as_(animatrice), post, "masquer"), 422)
    assert "Dites pourquoi" in page
    assert "facultatif" not in page
    decide(as_(animatrice), post, "masquer", "On y reconnaît quelqu’un.")
    other = entered(un_membre("elus"), espace)
    for reader in (other, elue, animatrice):
        page = html(as_(reader).get(sujet.get_absolute_url()))
        assert "Une phrase à nous." not in page
        assert "masqué par l’animation" in page
        assert "Je réponds." in page
    page = html(as_(elue).get("/communaute/decisions/"))
    for told in ("Message masqué", "On y reconnaît", "Inès", "Entre élu·es", "Une phrase à nous."):
        assert told in page
    assert "Aucune" in html(as_(other).get("/communaute/decisions/"))
    counts(espace)


VIEWS = (
    "",
    "?voir=sans-reponse",
    "?voir=suivis",
    "?voir=non-lus",
    "?voir=miens",
    "?nature=question",
)
PLACES = (
    "/communaute/",
    "/communaute/suivi/",
    "/communaute/recherche/?q=titre",
    "/communaute/recherche/?q=raconte",
    *(f"/communaute/espaces/elus/{view}" for view in VIEWS),
    "/communaute/espaces/elus/journal/",
)
"""Where a topic may be listed, counted or found."""


def seen_by(client, topic, *places):
    """Where ``client`` is shown something of the title or of the text of ``topic``."""
    return [
        place
        for place in (topic.get_absolute_url(), *PLACES, *places)
        for page in [words(client.get(place))]
        if "Un titre" in page or "raconte" in page
    ]


def words(response):
    """What the page says, without its marks."""
    text = BeautifulSoup(response.content, "html.parser").main.get_text(" ")
    return " ".join(text.split())


def test_a_hidden_first_message_takes_its_title_along_until_it_is_restored(as_, espace, animatrice):
    elue, other = (entered(un_membre("elus"), espace) for _ in range(2))
    topic = un_sujet(espace, author=elue, subject="Un titre qui nomme", content="Ce qui le raconte")
    Suivi.objects.choose(other, topic, "tout")
    shown = {who: seen_by(as_(who), topic) for who in (elue, other, animatrice)}
    assert {topic.get_absolute_url(), "/communaute/suivi/", *PLACES[2:5]} <= {*shown[other]}

    acte = moderation.decide(animatrice, topic.posts.get(), Acte.MASQUER, "On l’y reconnaît.")
    for who in shown:
        assert seen_by(as_(who), topic) == []
        assert conversation.HIDDEN_TITLE in html(as_(who).get(topic.get_absolute_url()))
    for page in ("/communaute/", "/communaute/espaces/elus/?voir=sans-reponse"):
        assert conversation.HIDDEN_TITLE not in html(as_(other).get(page))
    assert "Un titre qui nomme" in html(as_(elue).get("/communaute/decisions/"))
    address = f"/communaute/messages/{topic.posts.get().reference}/moderer/"
    assert "Un titre qui nomme" in html(as_(animatrice).get(address))

    moderation.appeal(elue, acte, "Il est d’accord.")
    moderation.judge(a_facilitator(espace), acte.recours, False, "Il l’a confirmé.")
    for who, places in shown.items():
        assert {*places} <= {*seen_by(as_(who), topic)}
    topic = Topic.objects.get(pk=topic.pk)
    assert (topic.subject, topic.titre_masque) == ("Un titre qui nomme", "")
    assert counts(espace) == (1, 1)


def test_a_hidden_message_that_its_author_withdraws_leaves_no_title_behind(espace, animatrice):
    elue = entered(un_membre("elus"), espace)
    topic = un_sujet(espace, author=elue)
    conversation.reply(entered(un_membre("elus"), espace), topic, "Et moi.")
    acte = moderation.decide(animatrice, topic.posts.first(), Acte.MASQUER, "Un motif")
    moderation.appeal(elue, acte, "Et pourtant")
    conversation.withdraw(elue, topic.posts.first())
    moderation.judge(a_facilitator(espace), acte.recours, False, "Soit.")
    topic = Topic.objects.get(pk=topic.pk)
    assert (topic.subject, topic.titre_masque) == (conversation.WITHDRAWN_TITLE, "")


def test_a_hidden_answer_leaves_the_title_of_its_topic(espace, animatrice, sujet):
    post = conversation.reply(entered(un_membre("elus"), espace), sujet, "Une réponse.")
    moderation.decide(animatrice, post, Acte.MASQUER, "Un motif")
    assert Topic.objects.get(pk=sujet.pk).subject == "Un titre à nous"
    moderation.decide(animatrice, post, Acte.DEMASQUER, "Un motif")
    assert Topic.objects.get(pk=sujet.pk).subject == "Un titre à nous"


def test_a_poll_is_hidden_with_the_message_that_asks_it(as_, espace, animatrice):
    tomorrow = timezone.now() + timedelta(days=1)
    asked = {"choix": ["Un nom", "Un autre nom"], "plusieurs": False, "ferme_le": tomorrow}
    elue = entered(un_membre("elus"), espace)
    topic = conversation.start_topic(
        elue, espace, "Qui donc ?", "Dites.", nature="sondage", sondage=asked
    )
    assert "Un autre nom" in html(as_(elue).get(topic.get_absolute_url()))
    assert "Qui donc" in html(as_(elue).get("/communaute/"))
    moderation.decide(animatrice, topic.posts.get(), Acte.MASQUER, "Des noms")
    assert "Un autre nom" not in html(as_(elue).get(topic.get_absolute_url()))
    assert "Un sondage se ferme" not in html(as_(elue).get("/communaute/"))
    page = as_(elue).post(
        f"/communaute/sujets/{topic.reference}/vote/", {"choix": "0"}, follow=True
    )
    assert "Un autre nom" not in html(page)
    assert not Vote.objects.exists()


def test_a_message_restored_is_read_again(as_, espace, animatrice, sujet, elue):
    post = sujet.posts.get()
    decide(as_(animatrice), post, "masquer", "Trop vite.")
    decide(as_(animatrice), post, "demasquer", "Relu : rien à redire.")
    assert "Une phrase à nous." in html(as_(elue).get(sujet.get_absolute_url()))
    assert acts(espace) == ["masquer", "demasquer"]


def test_a_decision_on_a_message_that_changed_meanwhile_is_taken_again(
    as_, espace, animatrice, sujet, elue
):
    post = sujet.posts.get()
    conversation.edit(elue, post, "Une phrase corrigée.")
    page = html(decide(as_(animatrice), post, "masquer", "Un motif précieux", base=0), 409)
    for shown in (
        "a changé pendant que vous décidiez",
        "Une phrase corrigée.",
        "Un motif précieux",
    ):
        assert shown in page
    assert 'name="base" value="1"' in page
    assert acts(espace) == []


def test_two_facilitators_who_decide_at_once_decide_once(animatrice, espace, sujet):
    post, other = sujet.posts.get(), a_facilitator(espace)
    moderation.decide(animatrice, post, Acte.MASQUER, "Oui")
    with pytest.raises(conversation.Conflict):
        moderation.decide(other, post, Acte.MASQUER, "Oui aussi")
    assert acts(espace) == ["masquer"]


@pytest.mark.parametrize("act", ["change", "move", "decide", "suspend", "switch"])
def test_facilitation_lost_since_the_page_was_shown_is_lost_for_the_act(
    espace, animatrice, sujet, elue, act
):
    twin = EspaceFactory(college="elus")
    twin.nominate("animation", [animatrice])
    assert animatrice.rights.animated
    espace.nominate("animation", [])
    with pytest.raises((ObjectDoesNotExist, PermissionDenied)):
        {
            "change": lambda: moderation.change_topic(animatrice, sujet, Acte.FERMER),
            "move": lambda: moderation.move(animatrice, sujet, twin),
            "decide": lambda: moderation.decide(animatrice, sujet.posts.get(), Acte.MASQUER, "x"),
            "suspend": lambda: moderation.suspend(animatrice, espace, elue, "x"),
            "switch": lambda: moderation.read_before_publication(animatrice, espace, True),
        }[act]()
    assert not ActeModeration.objects.exists()


# --- Read before they appear ----------------------------------------------------------------------


@pytest.fixture
def relue(as_, espace, animatrice):
    """The space, whose messages are read before they appear."""
    as_(animatrice).post("/communaute/espaces/elus/moderation/", {"relire": "1"})
    return Espace.objects.get(pk=espace.pk)


def test_facilitators_switch_it_on_and_off_and_it_is_on_record(as_, espace, relue, animatrice):
    assert relue.premoderation
    as_(animatrice).post("/communaute/espaces/elus/moderation/", {"liberer": "1"})
    assert not Espace.objects.get(pk=espace.pk).premoderation
    assert acts(espace) == ["premoderer", "liberer"]


def test_a_message_that_waits_is_seen_by_its_author_and_facilitators_only(
    as_, relue, animatrice, sujet_relu, elue
):
    other, address = entered(un_membre("elus"), relue), sujet_relu.get_absolute_url()
    assert as_(other).get(address).status_code == 404
    assert "Un sujet relu" not in html(as_(other).get("/communaute/espaces/elus/"))
    assert "Un sujet relu" not in html(as_(other).get("/communaute/"))
    assert counts(relue) == (0, 0)
    for reader in (elue, animatrice):
        page = html(as_(reader).get(address))
        assert "Un texte relu" in page
        assert "attente de relecture" in page
    assert "Un texte relu" in html(as_(animatrice).get("/communaute/espaces/elus/moderation/"))


REASON, NEEDED = "L’auteur·rice du message lira ce motif.", "Il en faut un, sauf"


@pytest.mark.parametrize(
    ("about", "reported", "help_text", "note"),
    [
        ({}, False, REASON, "Un message masqué reste"),
        ({}, True, f"{REASON} {NEEDED} pour classer sans suite.", "Un message masqué reste"),
        ({"masque_le": timezone.now()}, False, REASON, ""),
        (
            {"approved": False},
            False,
            f"{REASON} {NEEDED} pour accepter.",
            "Un message refusé ne paraît",
        ),
        (
            {"approved": False},
            True,
            f"{REASON} {NEEDED} pour accepter ou pour classer sans suite.",
            "Un message refusé ne paraît",
        ),
        (
            {"approved": False, "masque_le": timezone.now()},
            False,
            "Facultatif. Gardé au journal de l’espace.",
            "",
        ),
    ],
)
def test_what_a_decision_asks_for_is_said_of_those_that_are_offered(
    as_, espace, animatrice, sujet, about, reported, help_text, note
):
    post = sujet.posts.get()
    if reported:
        moderation.report(entered(un_membre("elus"), espace), post, "ton")
    Post.objects.filter(pk=post.pk).update(**about)
    page = BeautifulSoup(
        html(as_(animatrice).get(f"/communaute/messages/{post.reference}/moderer/")), "html.parser"
    )
    assert page.select_one("#id_motif_helptext").text == help_text
    said = page.select_one(".deux-temps__faire .deux-temps__note").text
    assert note in said
    assert ("Un message" in said) == bool(note)


@pytest.fixture
def sujet_relu(as_, relue, elue):
    return un_sujet(relue, author=elue, subject="Un sujet relu", content="Un texte relu")


def test_once_accepted_it_appears_as_said_now(as_, relue, animatrice, sujet_relu):
    long_ago = timezone.now() - timedelta(days=3)
    Post.objects.update(created=long_ago)
    Topic.objects.update(created=long_ago)
    decide(as_(animatrice), sujet_relu.posts.get(), "approuver")
    topic = Topic.objects.get(pk=sujet_relu.pk)
    assert topic.approved
    assert topic.posts.get().created == topic.created == topic.last_post_on
    assert timezone.now() - topic.created < timedelta(minutes=1)
    assert counts(relue) == (1, 1)
    other = entered(un_membre("elus"), relue)
    assert "Un texte relu" in html(as_(other).get(topic.get_absolute_url()))
    conversation.reply(other, topic, "Une réponse qui attend")
    assert counts(relue) == (1, 1)
    decide(as_(animatrice), topic.posts.last(), "approuver")
    assert counts(relue) == (1, 2)
    assert acts(relue) == ["premoderer", "approuver", "approuver"]


def test_once_accepted_it_is_new_to_all_but_its_author(as_, espace, relue, animatrice):
    topic = un_sujet(relue, author=animatrice)
    elue, other, late = (entered(un_membre("elus"), relue) for _ in range(3))
    for membre in (elue, other):
        as_(membre).get(topic.get_absolute_url())
    unread = "/communaute/espaces/elus/?voir=non-lus"
    decide(as_(animatrice), conversation.reply(elue, topic, "Relue"), "approuver")
    assert "Un titre secret" not in html(as_(elue).get(unread))
    assert "Un titre secret" in html(as_(other).get(unread))
    decide(as_(animatrice), conversation.reply(late, topic, "Relue"), "approuver")
    for membre in (elue, other, late):
        assert "Un titre secret" in html(as_(membre).get(unread))


def test_a_poll_that_waited_is_open_as_long_as_was_meant(as_, relue, animatrice, elue):
    closes, waited = timezone.now() + timedelta(hours=1), timedelta(days=3)
    poll = {"choix": ["Oui", "Non"], "plusieurs": False, "ferme_le": closes - waited}
    topic = conversation.start_topic(
        elue, relue, "Quel jour ?", "Dites.", timezone.now() - waited, sondage=poll
    )
    decide(as_(animatrice), topic.posts.get(), "approuver")
    topic.sondage.refresh_from_db()
    assert topic.sondage.ferme_le == closes


def test_refused_it_is_told_to_its_author_and_shown_to_nobody(
    as_, relue, animatrice, sujet_relu, elue
):
    post = sujet_relu.posts.get()
    assert "Dites pourquoi" in html(decide(as_(animatrice), post, "refuser"), 422)
    decide(as_(animatrice), post, "refuser", "Ce n’est pas le lieu.")
    page = html(as_(elue).get("/communaute/decisions/"))
    for told in ("Message refusé", "Ce n’est pas le lieu.", "Un texte relu"):
        assert told in page
    other = entered(un_membre("elus"), relue)
    assert as_(other).get(sujet_relu.get_absolute_url()).status_code == 404
    assert counts(relue) == (0, 0)
    assert "Un texte relu" not in html(as_(animatrice).get("/communaute/espaces/elus/moderation/"))


@pytest.mark.parametrize("decision", [None, "refuser"])
def test_a_first_message_that_did_not_appear_is_nowhere_for_readers(
    as_, relue, animatrice, decision
):
    elue, other = (entered(un_membre("elus"), relue) for _ in range(2))
    before = [words(as_(other).get("/communaute/")) for _ in range(2)][1]
    topic = un_sujet(relue, author=elue, subject="Un titre à relire", content="Ce qui se raconte")
    Suivi.objects.choose(elue, topic, "tout")
    Suivi.objects.choose(other, topic, "tout")
    health = "/communaute/espaces/elus/sante/"
    if decision:
        moderation.decide(animatrice, topic.posts.get(), decision, "Un motif")
    assert seen_by(as_(other), topic) == []
    assert words(as_(other).get("/communaute/")) == before
    assert topic.reference not in html(as_(other).get("/communaute/espaces/elus/"))
    if decision:
        # Its author reads it with the decision; nobody is shown it in a list any more.
        assert seen_by(as_(elue), topic) == []
        assert seen_by(as_(animatrice), topic, health) == []
        for reader in (elue, animatrice):
            for place in PLACES:
                if "journal" not in place:
                    page = html(as_(reader).get(place))
                    assert topic.reference not in page
                    assert conversation.HIDDEN_TITLE not in page
        page = html(as_(elue).get("/communaute/decisions/"))
        assert "Un titre à relire" in page
        assert topic.posts.get().get_absolute_url() in page
    else:
        assert "/communaute/espaces/elus/" in seen_by(as_(elue), topic)
        assert "/communaute/espaces/elus/" in seen_by(as_(animatrice), topic, health)
    assert counts(relue) == (0, 0)


def test_a_first_message_refused_then_accepted_in_appeal_has_its_title_again(
    as_, relue, animatrice, sujet_relu, elue
):
    acte = moderation.decide(animatrice, sujet_relu.posts.get(), Acte.REFUSER, "Un motif")
    assert Topic.objects.get(pk=sujet_relu.pk).subject == conversation.HIDDEN_TITLE
    moderation.appeal(elue, acte, "Relisez.")
    moderation.judge(a_facilitator(relue), acte.recours, False, "Soit.")
    other = entered(un_membre("elus"), relue)
    assert "Un sujet relu" in html(as_(other).get("/communaute/espaces/elus/"))
    assert counts(relue) == (1, 1)


def test_what_was_accepted_stays_as_it_was_read(as_, relue, animatrice, sujet_relu, elue):
    post = sujet_relu.posts.get()
    conversation.edit(elue, post, "Un texte mieux dit")
    decide(as_(animatrice), post, "approuver", base=1)
    address = f"/communaute/messages/{post.reference}/modifier/"
    assert as_(elue).post(address, {"content": "Tout autre chose"}).status_code == 404
    with pytest.raises(PermissionDenied):
        conversation.edit(elue, post, "Tout autre chose")
    assert Post.objects.get(pk=post.pk).content.raw == "Un texte mieux dit"


def test_what_was_written_before_it_was_accepted_is_told_to_no_reader(
    as_, espace, elue, autre, animatrice
):
    Espace.objects.filter(pk=espace.pk).update(premoderation=True)
    topic = un_sujet(espace, author=elue, subject="Un nom cité", content="Une phrase de trop.")
    post = topic.first_post
    edit, history = (
        f"/communaute/messages/{post.reference}/{act}/" for act in ("modifier", "historique")
    )
    data = {"subject": "Titre relu", "content": "Texte relu", "base": 0}
    assert as_(elue).post(edit, data).status_code == 302
    assert "ce qu’il disait avant n’est pas gardé" in html(as_(animatrice).get(history))
    assert decide(as_(animatrice), post, "approuver").status_code == 409
    post.refresh_from_db()
    decide(as_(animatrice), post, "approuver")
    assert history not in html(as_(autre).get(topic.get_absolute_url()))
    page = html(as_(autre).get(history))
    assert "Texte relu" in page
    assert "Un nom cité" not in page and "Une phrase de trop." not in page
    Espace.objects.filter(pk=espace.pk).update(premoderation=False)
    as_(elue).post(edit, data | {"content": "Texte repris", "base": 1})
    assert "Texte relu" in html(as_(autre).get(history))


def test_who_writes_is_told_that_their_messages_are_read_first(as_, relue, animatrice, elue):
    topic = un_sujet(relue, author=animatrice)
    places = [topic.get_absolute_url(), "/communaute/espaces/elus/nouveau-sujet/?nature=question"]
    told = "Le vôtre attendra d’être accepté"
    for place in places:
        assert told in html(as_(elue).get(place))
        assert told not in html(as_(animatrice).get(place))
    moderation.read_before_publication(animatrice, relue, False)
    assert told not in html(as_(elue).get(places[0]))


def test_what_facilitators_write_does_not_wait(relue, animatrice):
    assert un_sujet(relue, author=animatrice).approved
    assert counts(relue) == (1, 1)


# --- Suspended ------------------------------------------------------------------------------------


def suspend(client, membre, motif="Vous avez répété ailleurs ce qui est dit ici.", jusqua=""):
    data = {"membre": membre.pk, "motif": motif, "jusqua": jusqua}
    return client.post("/communaute/espaces/elus/suspensions/", data)


def test_a_suspension_closes_the_space_at_the_next_request(as_, espace, animatrice, sujet, elue):
    suspend(as_(animatrice), elue)
    client = as_(elue)
    for address in (
        "/communaute/espaces/elus/",
        "/communaute/espaces/elus/lecteurs/",
        "/communaute/espaces/elus/charte/",
        sujet.get_absolute_url(),
        sujet.posts.get().get_absolute_url(),
    ):
        assert client.get(address).status_code == 404
    assert client.post(sujet.get_absolute_url(), {"content": "Encore"}).status_code == 404
    page = html(client.get("/communaute/decisions/"))
    for told in ("Votre accès à «", "est suspendu", "répété ailleurs", "Inès", "Entre élu·es"):
        assert told in page
    assert "Un titre à nous" not in page
    assert acts(espace) == ["suspendre"]


def test_readers_counted_and_named_are_still_those_who_read(espace, animatrice):
    suspended, free = (entered(un_membre("elus"), espace) for _ in range(2))
    ended = entered(un_membre("elus"), espace)
    moderation.suspend(animatrice, espace, suspended, "x")
    moderation.suspend(animatrice, espace, ended, "x", timezone.now() - timedelta(minutes=1))
    reading = {m for m in Membre.objects.all() if espace.pk in m.rights.readable}
    assert reading == {animatrice, free, ended} == set(espace.readers())
    assert Espace.objects.with_readers_count().get(pk=espace.pk).readers_count == 3


def test_members_see_that_someone_reads_no_more_and_not_why(as_, espace, animatrice, elue):
    other = entered(un_membre("elus"), espace)
    suspend(as_(animatrice), elue)
    page = html(as_(other).get("/communaute/espaces/elus/lecteurs/"))
    assert elue.get_full_name() in page.split("Ont pu lire auparavant")[1]
    assert "2 personnes" in page
    for untold in ("uspen", "répété ailleurs"):
        assert untold not in page


def test_a_suspension_ends_by_itself_or_is_lifted(as_, espace, animatrice, sujet, elue):
    tomorrow = timezone.localdate() + timedelta(days=1)
    suspend(as_(animatrice), elue, jusqua=tomorrow.isoformat())
    [suspension] = Suspension.objects.all()
    assert timezone.localdate(suspension.jusqua) == tomorrow
    page = html(as_(animatrice).get("/communaute/espaces/elus/suspensions/"))
    assert elue.get_full_name() in page
    Suspension.objects.update(jusqua=timezone.now() - timedelta(seconds=1))
    assert as_(elue).get(sujet.get_absolute_url()).status_code == 200

    suspend(as_(animatrice), elue)
    assert as_(elue).get(sujet.get_absolute_url()).status_code == 404
    last = Suspension.objects.active().get()
    response = as_(animatrice).post(f"/communaute/suspensions/{last.acte.reference}/")
    assert response.url == "/communaute/espaces/elus/suspensions/"
    assert as_(elue).get(sujet.get_absolute_url()).status_code == 200
    assert acts(espace) == ["suspendre", "suspendre", "retablir"]
    assert "levée" in html(as_(elue).get("/communaute/decisions/"))


def test_neither_a_facilitator_nor_an_outsider_is_suspended(as_, espace, animatrice):
    other, agent = a_facilitator(espace), un_membre("agents")
    for membre in (other, agent, animatrice):
        assert "ne peut pas être suspendue" in html(suspend(as_(animatrice), membre), 422)
    assert not Suspension.objects.exists()


def test_a_suspension_cannot_end_in_the_past_and_says_so(as_, animatrice, elue):
    yesterday = timezone.localdate() - timedelta(days=1)
    page = html(suspend(as_(animatrice), elue, "Un motif gardé", "après-demain"), 422)
    assert "Cette date n’en est pas une" in page
    assert "après-demain" in page
    page = html(suspend(as_(animatrice), elue, "Un motif gardé", f"{yesterday:%d/%m/%Y}"), 422)
    assert "Cette date est passée" in page
    assert "Un motif gardé" in page


def test_a_facilitator_of_another_space_lifts_nothing(as_, espace, animatrice, elue):
    acte = moderation.suspend(animatrice, espace, elue, "x")
    stranger = a_facilitator(EspaceFactory(college="agents"))
    address = f"/communaute/suspensions/{acte.reference}/"
    assert as_(stranger).post(address).status_code == 404
    assert as_(elue).post(address).status_code == 404
    assert Suspension.objects.active().exists()


# --- Appealed against -----------------------------------------------------------------------------


def appeal(client, acte, texte="Je ne nommais personne."):
    return client.post(f"/communaute/decisions/{acte.reference}/", {"texte": texte})


def judge(client, acte, reponse, motif="Relu à tête reposée."):
    data = {"reponse": reponse, "motif": motif}
    return client.post(f"/communaute/recours/{acte.reference}/", data)


@pytest.mark.parametrize("reponse", ["infirmer", "confirmer"])
@pytest.mark.parametrize("kind", ["hidden", "refused", "suspended"])
def test_an_appeal_goes_to_another_facilitator_who_confirms_or_overturns(
    as_, espace, animatrice, elue, kind, reponse
):
    other = a_facilitator(espace)
    if kind == "refused":
        Espace.objects.filter(pk=espace.pk).update(premoderation=True)
        espace.premoderation = True
    topic = un_sujet(espace, author=elue, content="Ce que j’ai dit")
    post = topic.posts.get()
    if kind == "suspended":
        acte = moderation.suspend(animatrice, espace, elue, "Un motif")
    else:
        act = {"hidden": Acte.MASQUER, "refused": Acte.REFUSER}[kind]
        acte = moderation.decide(animatrice, post, act, "Un motif")
    page = html(as_(elue).get(f"/communaute/decisions/{acte.reference}/"))
    assert other.get_full_name() in page
    assert "Écrivez votre recours" in html(appeal(as_(elue), acte, " "), 422)
    appeal(as_(elue), acte)
    assert appeal(as_(elue), acte).url == "/communaute/decisions/"
    assert "Votre recours est déjà parti" in html(as_(elue).get("/communaute/decisions/"))
    assert Recours.objects.count() == 1

    address = f"/communaute/recours/{acte.reference}/"
    queue = "/communaute/espaces/elus/moderation/"
    assert as_(animatrice).get(address).status_code == 404
    assert "Une autre personne de l’animation y répondra" in html(as_(animatrice).get(queue))
    assert address in html(as_(other).get(queue))
    page = html(as_(other).get(address))
    for shown in ("Je ne nommais personne.", "Un motif", elue.get_full_name()):
        assert shown in page
    assert ("Ce que j’ai dit" in page) == (kind != "suspended")
    html(judge(as_(other), acte, reponse, ""), 422)
    judge(as_(other), acte, reponse)
    page = html(judge(as_(other), acte, reponse, "Un motif longuement pesé."), 409)
    assert "Un motif longuement pesé." in page
    assert "Relu à tête reposée." in page

    undone = reponse == "infirmer"
    reader = entered(un_membre("elus"), espace)
    found = as_(reader).get(topic.get_absolute_url()).status_code == 200
    assert found == (undone or kind != "refused")
    if kind == "hidden":
        page = html(as_(reader).get(topic.get_absolute_url()))
        assert ("Ce que j’ai dit" in page) == undone
    if kind == "suspended":
        assert (espace.pk in Membre.objects.get(pk=elue.pk).rights.readable) == undone
    counts(espace)
    page = html(as_(elue).get("/communaute/decisions/"))
    assert "Relu à tête reposée." in page
    assert ("La décision est annulée" in page) == undone
    assert acts(espace)[-1] == reponse


def test_with_no_other_facilitator_it_is_said_to_both(as_, espace, animatrice, sujet, elue):
    acte = moderation.decide(animatrice, sujet.posts.get(), Acte.MASQUER, "Un motif")
    page = html(as_(elue).get(f"/communaute/decisions/{acte.reference}/"))
    assert "ne peut juger votre recours aujourd’hui" in page
    page = html(as_(elue).get(appeal(as_(elue), acte).url))
    assert "Votre recours est gardé" in page
    assert "la cohorte doit d’abord nommer quelqu’un" in page
    assert "Une autre personne" not in page
    page = html(as_(animatrice).get("/communaute/espaces/elus/moderation/"))
    assert "Personne d’autre que vous ne peut le juger" in page
    a_facilitator(EspaceFactory(slug="ailleurs", college="elus"))
    assert "doit d’abord nommer" in html(as_(elue).get("/communaute/decisions/"))
    other = entered(un_membre("elus"), espace)
    suspended = moderation.suspend(animatrice, espace, other, "Un motif").suspension
    espace.nominate("animation", [animatrice, other])
    assert "doit d’abord nommer" in html(as_(elue).get("/communaute/decisions/"))
    moderation.lift(animatrice, suspended)
    Membre.objects.filter(pk=animatrice.pk).update(first_name="Inès", last_name="Moreau")
    page = html(as_(elue).get("/communaute/decisions/"))
    assert "doit d’abord nommer" not in page
    assert "La réponse viendra ici, d’une autre personne qu’Inès Moreau." in page
    page = html(as_(animatrice).get("/communaute/espaces/elus/moderation/"))
    assert "Une autre personne de l’animation y répondra" in page
    Membre.objects.filter(pk=other.pk).update(is_active=False)
    assert "doit d’abord nommer" in html(as_(elue).get("/communaute/decisions/"))
    page = html(as_(animatrice).get("/communaute/espaces/elus/moderation/"))
    assert "Personne d’autre que vous ne peut le juger" in page


def test_nobody_appeals_against_what_concerns_another_or_holds_no_more(
    as_, espace, animatrice, sujet, elue
):
    post = sujet.posts.get()
    acte = moderation.decide(animatrice, post, Acte.MASQUER, "Un motif")
    assert appeal(as_(entered(un_membre("elus"), espace)), acte).status_code == 404
    moderation.decide(animatrice, post, Acte.DEMASQUER, "Finalement non")
    assert appeal(as_(elue), acte).status_code == 404
    assert not Recours.objects.exists()


@pytest.mark.parametrize("kind", ["hidden", "suspended"])
def test_an_appeal_against_what_is_undone_is_won(as_, espace, animatrice, sujet, elue, kind):
    other, post = a_facilitator(espace), sujet.posts.get()
    if kind == "suspended":
        acte = moderation.suspend(animatrice, espace, elue, "Un motif")
    else:
        acte = moderation.decide(animatrice, post, Acte.MASQUER, "Un motif")
    appeal(as_(elue), acte)
    if kind == "suspended":
        moderation.lift(animatrice, acte.suspension, "Tout compte fait")
    else:
        moderation.decide(animatrice, post, Acte.DEMASQUER, "Tout compte fait")
    assert judge(as_(other), acte, "confirmer").status_code == 409
    page = html(as_(elue).get("/communaute/decisions/"))
    assert "La décision est annulée." in page
    assert "Une autre personne de l’animation y répondra" not in page
    assert Recours.objects.get().reponse.par == animatrice


def test_an_appeal_about_a_moved_message_goes_to_where_it_is(as_, tronc, espace):
    animatrice = a_facilitator(tronc, espace)
    of_tronc, of_elus = a_facilitator(tronc), a_facilitator(espace)
    tronc.nominate("animation", [animatrice, of_tronc, of_elus])
    agent = entered(un_membre("agents"), tronc)
    topic = un_sujet(tronc, author=agent)
    acte = moderation.decide(animatrice, topic.posts.get(), Acte.MASQUER, "Un motif")
    moderation.move(animatrice, topic, espace)
    appeal(as_(agent), acte)
    assert as_(of_tronc).get(f"/communaute/recours/{acte.reference}/").status_code == 404
    assert as_(of_elus).get(f"/communaute/recours/{acte.reference}/").status_code == 200
    judge(as_(of_elus), acte, "infirmer")
    page = html(as_(agent).get("/communaute/decisions/"))
    assert "La décision est annulée" in page
    assert "Entre élu·es" not in page


def test_a_decision_in_a_space_one_never_knew_does_not_name_it(as_, tronc, espace):
    animatrice, agent = a_facilitator(tronc, espace), entered(un_membre("agents"), tronc)
    topic = un_sujet(tronc, author=agent, content="Mes mots")
    moderation.move(animatrice, topic, espace)
    moderation.decide(animatrice, topic.posts.get(), Acte.MASQUER, "Un motif")
    page = html(as_(agent).get("/communaute/decisions/"))
    assert "Mes mots" in page
    assert "Un motif" in page
    assert "Entre élu·es" not in page
    assert topic.posts.get().get_absolute_url() not in page


# --- On record ------------------------------------------------------------------------------------


def test_the_journal_tells_facilitators_all_and_readers_nothing_of_it(
    as_, espace, animatrice, sujet, elue
):
    moderation.change_topic(animatrice, sujet, Acte.FERMER)
    moderation.decide(animatrice, sujet.posts.get(), Acte.MASQUER, "Un motif du journal")
    page = html(as_(animatrice).get("/communaute/espaces/elus/journal/"))
    for shown in ("Sujet fermé aux réponses", "Message masqué", "Un motif du journal"):
        assert shown in page
    assert "Un titre à nous" not in page
    assert f"Par {animatrice}. Message de {elue}." in page.replace("d’", "de ")
    page = html(as_(elue).get("/communaute/espaces/elus/journal/"))
    for hidden in ("Message masqué", "Un motif du journal"):
        assert hidden not in page


def test_the_journal_forgets_the_title_of_what_left(as_, tronc, espace):
    animatrice, of_tronc = a_facilitator(tronc, espace), a_facilitator(tronc)
    elue = entered(un_membre("elus"), tronc)
    topic = un_sujet(tronc, author=elue, subject="Un titre parti")
    moderation.change_topic(animatrice, topic, Acte.EPINGLER)
    moderation.move(animatrice, topic, espace)
    page = html(as_(of_tronc).get("/communaute/espaces/tronc/journal/"))
    assert "Un sujet qui n’est plus dans cet espace" in page
    assert "Un titre parti" not in page


# --- Opened once, exceptionally -------------------------------------------------------------------


def test_who_is_suspended_is_told_until_when_and_the_journal_says_who_and_whose_appeal_was_judged(
    as_, espace, animatrice, elue
):
    autre = a_facilitator(espace)
    acte = moderation.suspend(animatrice, espace, elue, "Trop vif")
    told = html(as_(elue).get("/communaute/decisions/"))
    assert "jusqu’à ce que l’animation lève la suspension" in told
    moderation.appeal(elue, acte, "Je regrette")
    moderation.judge(autre, Recours.objects.get(), False, "C’était une fois")
    page = html(as_(animatrice).get("/communaute/espaces/elus/journal/"))
    assert f"Personne suspendue&nbsp;: {elue}." in page
    assert f"Recours de {elue}." in page.replace("d’", "de ")


@pytest.fixture
def referente():
    membre = MembreFactory(first_name="Rose", last_name="Référente")
    cohorte = Cohorte.load()
    cohorte.referent = membre
    cohorte.save()
    return membre


@pytest.fixture
def illicite(espace, animatrice, sujet, elue):
    """A message that a member says to break the law, answered by a neighbour."""
    reporter = entered(un_membre("elus"), espace)
    conversation.reply(reporter, sujet, "La réponse d’à côté")
    post = sujet.posts.first()
    moderation.report(reporter, post, "illicite", "Mes précisions entre pairs")
    return post


def test_the_referent_lists_reported_messages_without_their_content(
    as_, espace, referente, illicite, sujet
):
    other = un_sujet(espace).posts.get()
    moderation.report(entered(un_membre("elus"), espace), other, "ton")
    page = html(as_(referente).get("/communaute/referent/"))
    assert "Message signalé <time" in page
    assert f"Référence&nbsp;: {illicite.reference}" in page
    assert "Entre élu·es" in page
    assert other.reference not in page
    for hidden in (
        "Une phrase à nous.",
        "Un titre à nous",
        "Mes précisions",
        "La réponse d’à côté",
    ):
        assert hidden not in page
    assert not ActeModeration.objects.exists()
    for address in (
        sujet.get_absolute_url(),
        illicite.get_absolute_url(),
        espace.get_absolute_url(),
    ):
        assert as_(referente).get(address).status_code == 404


def test_one_message_is_opened_alone_each_time_with_a_reason_on_record(
    as_, espace, referente, illicite
):
    client, address = as_(referente), f"/communaute/referent/{illicite.reference}/"
    asked = html(client.get(address))
    assert "<h1>Message signalé <time" in asked
    assert "Une phrase à nous." not in asked
    assert "Une phrase à nous." not in html(client.post(address, {"motif": " "}), 422)
    assert not ActeModeration.objects.exists()
    page = html(client.post(address, {"motif": "Réquisition du 3 mars"}))
    assert "Une phrase à nous." in page
    for hidden in ("Un titre à nous", "La réponse d’à côté", "Mes précisions"):
        assert hidden not in page
    assert "Une phrase à nous." not in html(client.get(address))
    client.post(address, {"motif": "Relecture demandée"})
    assert acts(espace) == ["lire", "lire"]


def test_headings_of_a_message_skip_no_level_where_it_stands_alone(
    as_, espace, referente, illicite, animatrice
):
    Post.objects.filter(pk=illicite.pk).update(
        content="## L’objet\n\nUne salle.", _content_rendered="<h3>L’objet</h3><p>Une salle.</p>"
    )
    alone = f"/communaute/messages/{illicite.reference}"
    for page in (
        as_(entered(un_membre("elus"), espace)).get(f"{alone}/alerter/"),
        as_(animatrice).get(f"{alone}/moderer/"),
        as_(referente).post(
            f"/communaute/referent/{illicite.reference}/", {"motif": "Réquisition"}
        ),
    ):
        levels = [int(level) for level in re.findall(r"<h([1-6])", html(page))]
        assert 3 in levels
        assert all(below <= above + 1 for above, below in pairwise([0, *levels]))


def test_its_author_and_every_member_of_the_space_see_that_it_was_opened_and_why(
    as_, espace, referente, illicite, elue
):
    moderation.read_exceptionally(referente, illicite.reference, "Réquisition du 3 mars")
    other = entered(un_membre("elus"), espace)
    for reader in (elue, other):
        for address in (
            "/communaute/espaces/elus/journal/",
            "/communaute/espaces/elus/lecteurs/",
            illicite.topic.get_absolute_url(),
        ):
            page = html(as_(reader).get(address))
            assert "Réquisition du 3 mars" in page, address
            assert "Rose Référente" in page, address
    elue.sieges.update(college="agents")
    page = html(as_(elue).get("/communaute/decisions/"))
    assert "Réquisition du 3 mars" in page
    assert "Aucune" in html(as_(other).get("/communaute/decisions/"))


def test_it_is_told_where_the_message_was_moved_since(as_, tronc, espace, referente):
    animatrice, author = a_facilitator(tronc, espace), entered(un_membre("elus"), tronc)
    topic = un_sujet(tronc, author=author)
    moderation.report(entered(un_membre("elus"), tronc), topic.first_post, "illicite")
    moderation.read_exceptionally(referente, topic.first_post.reference, "Réquisition du 3 mars")
    moderation.move(animatrice, topic, espace)
    of_espace, of_tronc = entered(un_membre("elus"), espace), entered(un_membre("agents"), tronc)
    for reader, slug in ((of_espace, "elus"), (animatrice, "elus"), (of_tronc, "tronc")):
        for page in ("journal", "lecteurs"):
            words = html(as_(reader).get(f"/communaute/espaces/{slug}/{page}/"))
            assert words.count("Réquisition du 3 mars") == 1, (slug, page)
    assert "Réquisition du 3 mars" in html(as_(of_espace).get(topic.get_absolute_url()))
    assert topic.first_post.reference not in html(
        as_(of_tronc).get("/communaute/espaces/tronc/journal/")
    )


def test_nobody_else_has_a_way_to_it(as_, espace, referente, illicite, animatrice, elue):
    for membre in (animatrice, elue, MembreFactory(is_superuser=True), un_allie()):
        assert as_(membre).get("/communaute/referent/").status_code == 404
        address = f"/communaute/referent/{illicite.reference}/"
        assert as_(membre).get(address).status_code == 404
        assert as_(membre).post(address, {"motif": "Curiosité"}).status_code == 404
    assert not ActeModeration.objects.exists()


@pytest.mark.parametrize("why", ["withdrawn", "not reported as such", "missing"])
def test_the_referent_opens_nothing_else(as_, espace, referente, illicite, why):
    if why == "withdrawn":
        Post.objects.filter(pk=illicite.pk).update(retire_le=timezone.now())
        assert illicite.reference not in html(as_(referente).get("/communaute/referent/"))
    reference = {
        "withdrawn": illicite.reference,
        "not reported as such": illicite.topic.posts.last().reference,
        "missing": "aaaaaaaaaaaaaaaa",
    }[why]
    address = f"/communaute/referent/{reference}/"
    assert as_(referente).post(address, {"motif": "Réquisition"}).status_code == 404
    with pytest.raises((PermissionDenied, ObjectDoesNotExist)):
        moderation.read_exceptionally(referente, reference, "Réquisition")
    assert not ActeModeration.objects.exists()


# --- In few queries -------------------------------------------------------------------------------


def test_queues_and_journals_ask_no_more_for_more(as_, queries, espace, animatrice, elue):
    addresses = [
        "/communaute/espaces/elus/moderation/",
        "/communaute/espaces/elus/suspensions/",
        "/communaute/espaces/elus/journal/",
    ]
    other = a_facilitator(espace)

    def add(total):
        espace.premoderation = False
        Espace.objects.update(premoderation=False)
        for _ in range(total):
            author, reporter = (entered(un_membre("elus"), espace) for _ in range(2))
            post = un_sujet(espace, author=author).posts.get()
            moderation.report(reporter, post, "ton", "Trop dur")
            hidden = un_sujet(espace, author=elue).posts.get()
            acte = moderation.decide(other, hidden, Acte.MASQUER, "x")
            moderation.appeal(elue, acte, "Non")
            moderation.suspend(animatrice, espace, reporter, "x")
        Espace.objects.update(premoderation=True)
        espace.premoderation = True
        for _ in range(total):
            un_sujet(espace)

    add(2)
    as_(animatrice)
    few = [queries(address) for address in addresses]
    as_(elue)
    told = queries("/communaute/decisions/")
    add(5)
    as_(animatrice)
    assert [queries(address) for address in addresses] == few
    as_(elue)
    assert queries("/communaute/decisions/") == told


# --- Told ------------------------------------------------------------------------------------------


@pytest.fixture
def hidden(espace, animatrice, sujet, django_capture_on_commit_callbacks):
    """The first message of ``elue``, hidden with a reason, and all that follows from it done."""
    post = sujet.posts.get()
    with django_capture_on_commit_callbacks(execute=True):
        moderation.decide(animatrice, post, Acte.MASQUER, "Un nom y est cité.")
    return post


def test_whom_a_decision_concerns_is_led_to_it_until_they_have_read_it(as_, elue, hidden):
    client, told = as_(elue), "Une décision vous concerne"
    for address in ("/communaute/", "/communaute/nouvelles/"):
        page = html(client.get(address))
        assert told in page
        assert '<span class="cloche__compte">1<' in page
    client.get("/communaute/decisions/", headers={"Sec-Purpose": "prefetch"})
    assert '<span class="neuf">Nouveau</span>' in html(client.get("/communaute/decisions/"))
    assert '<span class="neuf">Nouveau</span>' not in html(client.get("/communaute/decisions/"))
    for address in ("/communaute/", "/communaute/nouvelles/"):
        page = html(client.get(address))
        assert told not in page
        assert "cloche__compte" not in page


def test_the_mail_of_a_decision_says_neither_what_it_is_nor_why(elue, hidden):
    [letter] = mail.outbox
    assert letter.to == [elue.email]
    assert letter.subject == "Une décision vous concerne"
    assert "/communaute/decisions/" in letter.body
    for untold in ("Un nom y est cité.", "Un titre à nous", "Une phrase à nous.", "Entre élu·es"):
        assert untold not in letter.body
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert Envoi.objects.get().etat == Envoi.Etat.ENVOYE
    assert not Envoi.objects.listed().exists()


def test_who_wants_no_mail_gets_none_of_a_decision(
    espace, elue, animatrice, sujet, django_capture_on_commit_callbacks
):
    Membre.objects.filter(pk=elue.pk).update(rythme=Rythme.JAMAIS)
    with django_capture_on_commit_callbacks(execute=True):
        moderation.decide(animatrice, sujet.posts.get(), Acte.MASQUER, "Un nom y est cité.")
    assert not mail.outbox
    assert not Envoi.objects.exists()


def test_a_decision_read_before_its_mail_leaves_is_not_mailed(as_, elue, animatrice, sujet):
    moderation.decide(animatrice, sujet.posts.get(), Acte.MASQUER, "Un nom y est cité.")
    as_(elue).get("/communaute/decisions/")
    call_command("courriels")
    assert not mail.outbox
    assert Envoi.objects.get().etat == Envoi.Etat.ANNULE


@pytest.mark.parametrize("shown", [decisions.REPORTS_SHOWN, 0])
def test_who_reported_is_told_that_it_was_decided(
    as_, espace, animatrice, sujet, monkeypatch, shown
):
    monkeypatch.setattr(decisions, "REPORTS_SHOWN", shown)
    reporter, post = entered(un_membre("elus"), espace), sujet.posts.get()
    report(as_(reporter), post)
    assert "Une décision vous concerne" not in html(as_(reporter).get("/communaute/"))
    decide(as_(animatrice), post, "classer")
    assert "Une décision vous concerne" in html(as_(reporter).get("/communaute/"))
    as_(reporter).get("/communaute/decisions/")
    assert "Une décision vous concerne" not in html(as_(reporter).get("/communaute/"))


def test_an_author_is_led_from_a_hidden_message_to_the_reason(as_, espace, elue, hidden):
    why = "lire pourquoi"
    assert why in html(as_(elue).get(hidden.topic.get_absolute_url()))
    other = entered(un_membre("elus"), espace)
    assert why not in html(as_(other).get(hidden.topic.get_absolute_url()))


def test_the_answer_to_an_appeal_is_told_too(as_, espace, elue, hidden):
    as_(elue).get("/communaute/decisions/")
    acte = ActeModeration.objects.get(post=hidden)
    moderation.appeal(elue, acte, "Ce nom est public.")
    recours = Recours.objects.get()
    moderation.judge(a_facilitator(espace), recours, confirm=True, motif="Il ne l’est pas.")
    assert "Une décision vous concerne" in html(as_(elue).get("/communaute/"))
    as_(elue).get("/communaute/decisions/")
    assert "Une décision vous concerne" not in html(as_(elue).get("/communaute/"))
