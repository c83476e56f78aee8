"""A right that is lost is lost at the next request, everywhere, open tabs included; nothing is stored."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from communaute.forum_conversation.models import Topic, new_reference
from communaute.models import Accord, ActeModeration, Membre, PreuveAccord, Suspension
from tests.confidentialite.donnees import in_space, paths_to_space, restricted_models
from tests.confidentialite.lecteur import Lecteur
from tests.confidentialite.monde import CANARIES, CANARY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_404")]


def leave_the_college(monde, membre):
    membre.sieges.update(college="agents")


def end_the_seat(monde, membre):
    yesterday = timezone.localdate() - timedelta(days=1)
    membre.sieges.update(debut=yesterday, fin=yesterday)


def suspend(monde, membre):
    acte = ActeModeration.objects.create(
        espace=monde.elus, acte="suspendre", par=monde.people["facilitator"], membre=membre
    )
    past = Suspension.objects.filter(espace=monde.elus, membre=membre, levee_le=None)
    past.update(levee_le=timezone.now())
    Suspension.objects.create(espace=monde.elus, membre=membre, acte=acte)


def close_the_account(monde, membre):
    Membre.objects.filter(pk=membre.pk).update(is_active=False)


def move_the_topics(monde, membre):
    Topic.objects.filter(forum=monde.elus.forum).update(forum=monde.agents.forum)


def name_another(monde, membre):
    for role in ("animation", "lecture"):
        monde.elus.nominate(role, [monde.people["without seat"]])


LOSSES = [
    *(("author", loss) for loss in (leave_the_college, end_the_seat, suspend, close_the_account)),
    ("author", move_the_topics),
    ("facilitator", name_another),
    ("named reader", name_another),
    ("facilitator", suspend),
    ("named reader", suspend),
]


def open_tabs(monde):
    """The addresses of what is said in the space, as they stand in tabs opened before."""
    topic, post = monde.topic, monde.post
    return [
        topic.get_absolute_url(),
        post.get_absolute_url(),
        f"{post.get_absolute_url()}modifier/",
        *(
            f"/communaute/espaces/elus/{page}"
            for page in ("", "charte/", "lecteurs/", "nouveau-sujet/")
        ),
    ]


@pytest.mark.parametrize(
    ("what", "loss"), LOSSES, ids=[f"{what}-{loss.__name__}" for what, loss in LOSSES]
)
def test_what_was_read_is_found_no_more_at_the_next_request(what, loss, monde):
    membre = monde.member(what)
    lecteur = Lecteur(membre, monde.elus)
    assert CANARIES["texte"] in lecteur.ask("GET", monde.topic.get_absolute_url())[0].text
    tabs, form = open_tabs(monde), monde.form(monde.elus)
    rows = {model: [row.pk for row in in_space(model, monde.elus)] for model in restricted_models()}
    loss(monde, membre)
    for path in tabs:
        if loss is move_the_topics and "/espaces/" in path:
            continue
        for method in ("GET", "POST"):
            answer, written = lecteur.ask(method, path, form)
            assert answer.status in ((302, 403) if loss is close_the_account else (404, 405)), path
            assert CANARY not in answer.text
            assert not written.tables
            assert "private" in answer.headers["Cache-Control"]
            assert "no-store" in answer.headers["Cache-Control"]
    for path in ("/communaute/", f"/communaute/recherche/?q={CANARIES['texte'][:-2]}"):
        assert not [c for c in CANARIES.values() if c in lecteur.ask("GET", path)[0].text], path
    again = monde.member(what)
    for model, keys in rows.items():
        stays = loss is move_the_topics and "forum" not in " ".join(paths_to_space(model))
        # One's own yes stays one's own, to be taken back.
        stays |= model in (Accord, PreuveAccord)
        if not stays:
            assert not model._default_manager.readable_by(again).filter(pk__in=keys), model


def test_a_charter_that_changed_is_accepted_before_reading_on(monde):
    lecteur = Lecteur(monde.member("peer"), monde.elus)
    monde.elus.adopt_charte("Ce qui s’écrit ici reste vraiment ici.")
    for path in open_tabs(monde)[:3]:
        answer, _ = lecteur.ask("GET", path)
        assert answer.headers["Location"].startswith("/communaute/espaces/elus/charte/")
        answer, written = lecteur.ask("POST", path, monde.form(monde.elus))
        assert answer.status in (405, 409)
        assert CANARY not in answer.text
        assert not written.tables
    assert CANARY not in lecteur.ask("GET", "/communaute/")[0].text


def test_an_administrator_reads_a_space_once_named_its_reader_and_its_members_see_it(monde):
    administrator, path = monde.member("administrator"), monde.topic.get_absolute_url()
    administrator.last_name = "Technique"
    administrator.save()
    lecteur, peer = (Lecteur(who, monde.elus) for who in (administrator, monde.member("peer")))
    assert lecteur.ask("GET", path)[0].status == 404
    monde.elus.nominate("lecture", [administrator])
    assert lecteur.ask("GET", path)[0].headers["Location"].startswith("/communaute/espaces/elus/")
    monde.elus.charte.accept(administrator)
    assert CANARIES["texte"] in lecteur.ask("GET", path)[0].text
    readers = "/communaute/espaces/elus/lecteurs/"
    assert "Technique" in peer.ask("GET", readers)[0].text
    monde.elus.nominate("lecture", [])
    assert lecteur.ask("GET", path)[0].status == 404
    assert "Technique" in peer.ask("GET", readers)[0].text


def test_a_visitor_is_sent_to_sign_in_from_any_members_address(monde):
    visitor, answers = Lecteur(monde.member("visitor"), monde.elus), set()
    for path in (*open_tabs(monde), "/communaute/rien/", monde.topic.get_absolute_url()[:-1]):
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
            answer, _ = visitor.ask(method, path, monde.form(monde.elus))
            body = answer.body if answer.status == 403 else ""
            said = (answer.status, answer.headers.get("Location", ""), body)
            answers.add(tuple(str(part).replace(quote(path), "X") for part in said))
    door = "/compte/connexion/?next=X"
    [given_back] = [body for status, _, body in answers if status == "403"]
    assert answers == {("302", door, ""), ("403", "", given_back)}
    assert f'href="{door}"' in given_back


def test_an_address_without_its_slash_says_nothing_either(monde):
    agent = Lecteur(monde.member("agent"), monde.elus)
    known, unknown = monde.topic.get_absolute_url()[:-1], f"/communaute/sujets/{new_reference()}"
    for method in ("GET", "POST"):
        first, second = (agent.ask(method, path)[0].but_for(path) for path in (known, unknown))
        assert first == second
