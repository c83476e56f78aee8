"""Topics and messages, through the members' pages."""

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from communaute import conversation
from communaute.forum_conversation.models import Post, Topic
from communaute.markdown import MAX_LENGTH
from communaute.models import Espace, Membre, Siege
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    TerritoireFactory,
    entered,
    un_membre,
    un_sujet,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def en_elue(client, elue):
    client.force_login(elue)
    return client


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def test_an_elue_opens_a_topic_and_another_answers(client, en_elue, espace, elue):
    response = en_elue.post(
        "/communaute/espaces/elus/nouveau-sujet/",
        {"subject": "Comment dire non ?", "content": "On me **demande** trop."},
    )
    topic = Topic.objects.readable_by(elue).get()
    assert response.url == f"/communaute/sujets/{topic.reference}/"
    page = html(en_elue.get(response.url))
    assert "Comment dire non ?" in page
    assert "On me <strong>demande</strong> trop." in page

    other = entered(un_membre("elus"), espace)
    client.force_login(other)
    response = client.post(topic.get_absolute_url(), {"content": "En le disant tôt."})
    page = html(client.get(response.url, follow=True))
    assert "En le disant tôt." in page
    assert other.get_full_name() in page


def test_counts_and_last_message_follow_what_is_written(espace, elue, en_elue):
    topic = un_sujet(espace, author=elue)
    en_elue.post(topic.get_absolute_url(), {"content": "Deux"})
    en_elue.post(topic.get_absolute_url(), {"content": "Trois"})
    topic.refresh_from_db()
    posts = list(topic.posts.all())
    assert (topic.posts_count, topic.first_post, topic.last_post) == (3, posts[0], posts[-1])
    assert topic.last_post_on == posts[-1].created
    forum = topic.forum
    assert (forum.direct_topics_count, forum.direct_posts_count) == (1, 3)
    assert (forum.last_post, forum.last_post_on) == (posts[-1], posts[-1].created)


def test_addresses_hold_neither_title_nor_number(espace, elue):
    topic = un_sujet(espace, author=elue, subject="Un secret")
    for address in (topic.get_absolute_url(), topic.posts.get().get_absolute_url()):
        reference = address.strip("/").split("/")[-1]
        assert len(reference) == 16
        assert not reference.isdigit()
        assert "secret" not in address


def test_an_author_changes_their_own_message_and_the_page_says_so(en_elue, espace, elue):
    post = un_sujet(espace, author=elue, content="Avant").posts.get()
    address = f"/communaute/messages/{post.reference}/modifier/"
    assert "Avant" in html(en_elue.get(address))
    response = en_elue.post(address, {"subject": "Un titre", "content": "Après", "base": "0"})
    page = html(en_elue.get(response.url, follow=True))
    assert "Après" in page
    assert "Avant" not in page
    assert "modifié" in page
    post.refresh_from_db()
    assert (post.updates_count, post.updated_by) == (1, elue)


def test_nobody_changes_the_message_of_another(client, espace, elue):
    post = un_sujet(espace, author=elue, content="À moi").posts.get()
    client.force_login(entered(un_membre("elus"), espace))
    address = f"/communaute/messages/{post.reference}/modifier/"
    assert client.get(address).status_code == 404
    assert client.post(address, {"content": "À nous"}).status_code == 404
    post.refresh_from_db()
    assert post.content.raw == "À moi"


def test_a_preview_shows_the_message_and_sends_nothing(en_elue, espace, elue):
    topic = un_sujet(espace, author=elue)
    page = html(
        en_elue.post(topic.get_absolute_url(), {"content": "*Presque* prêt", "apercu": "1"})
    )
    assert "<em>Presque</em> prêt" in page
    assert ">*Presque* prêt</textarea>" in page.replace("\n", "")
    assert topic.posts.count() == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"subject": "Un titre", "content": "  "}, "Écrivez votre message"),
        ({"subject": "", "content": "Un texte gardé"}, "Donnez un titre"),
        ({"subject": "Un titre gardé", "content": "a" * (MAX_LENGTH + 1)}, "la limite est de"),
        ({"subject": "b" * 151, "content": "Un texte gardé"}, "150"),
    ],
)
def test_what_cannot_be_sent_is_given_back_with_the_reason(en_elue, espace, data, said):
    page = html(en_elue.post("/communaute/espaces/elus/nouveau-sujet/", data), 422)
    assert said in page
    for value in data.values():
        assert value.strip() in page
    assert not Topic.objects.filter(forum=espace.forum).exists()


def test_a_message_that_a_closed_topic_cannot_take_is_given_back(en_elue, espace, elue):
    topic = un_sujet(espace, author=elue)
    Topic.objects.filter(pk=topic.pk).update(status=Topic.TOPIC_LOCKED)
    page = html(en_elue.post(topic.get_absolute_url(), {"content": "Trop tard ?"}), 409)
    assert "Trop tard ?" in page
    assert topic.posts.count() == 1


def test_html_and_scripts_are_only_text(en_elue, espace, elue):
    hostile = (
        "<script>alert(1)</script> [clic](javascript&colon;alert(1)) "
        "[clic](javascript:alert(1)) ![x](https://traceur.example/x.png) "
        '<img src=x onerror=alert(1)> <a href="//x" onclick="y">z</a>'
    )
    topic = un_sujet(espace, author=elue, content=hostile)
    rendered = topic.posts.get().content.rendered
    assert "<script" not in rendered
    assert "<img" not in rendered
    assert 'href="javascript' not in rendered
    assert "<a " not in rendered or "onclick" not in rendered.split("<a ")[1].split(">")[0]


def test_twenty_thousand_brackets_are_shown_as_they_are(espace, elue):
    topic = un_sujet(espace, author=elue, content="[" * MAX_LENGTH)
    assert topic.posts.get().content.rendered.count("[") == MAX_LENGTH


def test_links_leave_no_trace_of_where_they_were(espace, elue):
    topic = un_sujet(espace, author=elue, content="[la loi](https://exemple.fr/loi)")
    assert 'rel="noopener noreferrer nofollow"' in topic.posts.get().content.rendered


def test_headings_of_a_message_lie_under_those_of_the_page(espace, elue):
    rendered = un_sujet(espace, author=elue, content="# Grand\n\n### Petit").posts.get().content
    assert "<h3>Grand</h3>" in rendered.rendered
    assert "<h4>Petit</h4>" in rendered.rendered


def test_a_named_reader_reads_and_does_not_speak(client, espace, elue):
    topic = un_sujet(espace, author=elue)
    reader = MembreFactory(is_superuser=True)
    espace.nominate("lecture", [reader])
    client.force_login(entered(reader, espace))
    assert "Une phrase secrète." in html(client.get(topic.get_absolute_url()))
    assert client.get("/communaute/espaces/elus/nouveau-sujet/").status_code == 404
    assert client.post(topic.get_absolute_url(), {"content": "Moi"}).status_code == 409
    assert topic.posts.count() == 1


def test_the_readers_of_a_space_are_named_and_counted(en_elue, espace, elue):
    animatrice = MembreFactory(first_name="Inès", last_name="Animante")
    admin = MembreFactory(is_superuser=True, first_name="Ada", last_name="Nommée")
    espace.nominate("animation", [animatrice])
    espace.nominate("lecture", [admin])
    un_membre("agents", membre__last_name="Dehors")
    page = html(en_elue.get("/communaute/espaces/elus/lecteurs/"))
    for membre in (elue, animatrice, admin):
        assert membre.get_full_name() in page
    assert "Dehors" not in page
    assert "3 personnes" in page
    topic = un_sujet(espace, author=elue)
    for address in (
        "/communaute/espaces/elus/",
        "/communaute/espaces/elus/nouveau-sujet/",
        topic.get_absolute_url(),
        f"/communaute/messages/{topic.posts.get().reference}/modifier/",
    ):
        assert "3 personnes" in html(en_elue.get(address)), address


def test_the_charter_opens_the_space_and_leads_on(client, espace):
    topic = un_sujet(espace)
    elue = un_membre("elus")
    client.force_login(elue)
    response = client.get(topic.get_absolute_url())
    page = html(client.get(response.url))
    assert "Ce qui s’écrit ici reste ici." in page
    assert "Une phrase secrète." not in page

    charte = "/communaute/espaces/elus/charte/"
    refused = client.post(charte, {"version": 1, "suite": topic.get_absolute_url()})
    assert "Cochez la case" in html(refused, 422)

    data = {"version": 1, "accepte": "on", "suite": topic.get_absolute_url()}
    response = client.post(charte, data)
    assert response.url == topic.get_absolute_url()
    assert "Une phrase secrète." in html(client.get(response.url))


def test_a_charter_that_changed_is_shown_beside_the_version_that_was_accepted(
    client, en_elue, espace
):
    charte = "/communaute/espaces/elus/charte/"
    assert "Vous l’avez acceptée <time" in html(en_elue.get(charte))
    espace.adopt_charte("Une seconde version.")
    page = html(en_elue.get(charte))
    for said in (
        "a changé",
        "sa version 1",
        "<del>Ce qui s’écrit ici reste ici.</del> <ins>Une seconde version.</ins>",
        "Ce qui s’écrit ici reste ici.</p>",
    ):
        assert said in page
    client.force_login(un_membre("elus"))
    page = html(client.get(charte))
    assert "Avant d’entrer dans" in page
    assert "Ce qui s’écrit ici reste ici." not in page


def test_a_charter_that_changed_meanwhile_is_shown_again(client, espace):
    client.force_login(un_membre("elus"))
    espace.adopt_charte("Une seconde version.")
    data = {"version": 1, "accepte": "on"}
    page = html(client.post("/communaute/espaces/elus/charte/", data), 422)
    assert "Une seconde version." in page
    assert "vient de changer" in page
    assert 'name="version" value="2"' in page


@pytest.mark.parametrize(
    "suite", ["https://ailleurs.example/", "//ailleurs.example", "javascript:x"]
)
def test_the_charter_leads_nowhere_else(client, espace, suite):
    client.force_login(un_membre("elus"))
    data = {"version": 1, "accepte": "on", "suite": suite}
    assert client.post("/communaute/espaces/elus/charte/", data).url == "/communaute/espaces/elus/"


def test_a_message_address_leads_to_its_page_and_place(en_elue, espace, elue):
    topic = un_sujet(espace, author=elue)
    for number in range(25):
        en_elue.post(topic.get_absolute_url(), {"content": f"Message {number}"})
    last = topic.posts.last()
    response = en_elue.get(last.get_absolute_url())
    assert response.url == f"{topic.get_absolute_url()}?page=2#message-{last.reference}"
    assert f'id="message-{last.reference}"' in html(en_elue.get(response.url.split("#")[0]))
    first = topic.posts.first()
    response = en_elue.get(first.get_absolute_url())
    assert response.url == f"{topic.get_absolute_url()}#message-{first.reference}"


def test_my_spaces_are_mine_alone(client, espace):
    EspaceFactory(slug="agents", nom="Entre agent·es", college="agents")
    un_sujet(espace, subject="Une affaire d’élus")
    client.force_login(un_membre("agents"))
    page = html(client.get("/communaute/"))
    assert "Entre agent·es" in page
    assert "Entre élu·es" not in page
    assert "Une affaire d’élus" not in page


def test_without_a_seat_my_spaces_say_so_kindly(client):
    client.force_login(MembreFactory())
    assert "aucun espace" in html(client.get("/communaute/"))


def test_a_delegation_has_a_space_of_its_own(client):
    territoire = TerritoireFactory(nom="Pays des Essais")
    espace = EspaceFactory(
        slug="delegation", audience=Espace.Audience.DELEGATION, college="", territoire=territoire
    )
    agente = un_membre("agents", territoire=territoire)
    client.force_login(entered(agente, espace))
    assert "Délégation : Pays des Essais" in html(client.get("/communaute/espaces/delegation/"))


def test_a_member_who_wrote_is_never_deleted_with_what_they_wrote(elue, espace):
    un_sujet(espace, author=elue)
    with pytest.raises(ProtectedError):
        elue.delete()
    assert not Membre.objects.create_superuser("a@exemple.fr").has_perm("communaute.delete_membre")


def test_renaming_a_space_leaves_its_counts(espace, elue):
    stale = Espace.objects.get(pk=espace.pk)
    assert stale.forum.direct_posts_count == 0
    un_sujet(espace, author=elue)
    stale.name_forum("Autre nom", "Autre objet")
    espace.forum.refresh_from_db()
    assert (espace.forum.name, espace.forum.direct_posts_count) == ("Autre nom", 1)


@pytest.mark.parametrize("address", ["/communaute/", "/communaute/espaces/elus/", "topic"])
def test_queries_do_not_grow_with_what_is_listed(address, en_elue, espace, elue):
    topic = un_sujet(espace, author=elue)
    path = topic.get_absolute_url() if address == "topic" else address

    def queries():
        with CaptureQueriesContext(connection) as captured:
            html(en_elue.get(path))
        return len(captured)

    def add(count):
        for number in range(count):
            author = entered(un_membre("elus", territoire=TerritoireFactory()), espace)
            un_sujet(espace, author=author)
            en_elue.force_login(author)
            en_elue.post(topic.get_absolute_url(), {"content": f"Message {number}"})
            EspaceFactory(college="elus")
        en_elue.force_login(elue)

    add(2)
    queries()  # what is read once per process
    before = queries()
    add(15)
    queries()  # what is new is marked as read
    assert queries() == before


@pytest.mark.parametrize("act", ["start", "reply", "edit"])
def test_a_right_lost_since_the_page_was_shown_is_lost_for_the_write(espace, elue, act):
    topic = un_sujet(espace, author=elue, content="Avant")
    post = topic.posts.get()
    assert elue.rights.entered  # read when the page was shown
    Siege.objects.filter(membre=elue).update(college="agents")
    write = {
        "start": lambda: conversation.start_topic(elue, espace, "Trop", "tard"),
        "reply": lambda: conversation.reply(elue, topic, "Trop tard"),
        "edit": lambda: conversation.edit(elue, post, "Trop tard"),
    }[act]
    with pytest.raises((ObjectDoesNotExist, PermissionDenied)):
        write()
    assert [p.content.raw for p in Post.objects.filter(topic__forum=espace.forum)] == ["Avant"]


def test_posts_and_topics_have_no_default_way_round_their_readers():
    assert not Topic.objects.readable_by(MembreFactory()).exists()
    assert not Post.objects.readable_by(MembreFactory()).exists()
