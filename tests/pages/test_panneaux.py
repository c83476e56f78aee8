"""The home of the back office says what waits for whoever looks at it, and only that."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from communaute import moderation
from communaute.models import Adhesion
from pages.groupes import ADMINISTRATION, ANIMATION
from pages.models import PhotoTerritoire, Signalement, StandardPage
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    entered,
    in_group,
    un_enseignement,
    un_membre,
    un_projet,
    un_sujet,
    une_image,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def vallee():
    page = une_page_territoire("Vallée")
    PhotoTerritoire.objects.create(page=page, image=une_image(), alt="Un lavoir")
    return page


@pytest.fixture
def editor(vallee):
    return in_group(vallee.editors(), first_name="Sandrine")


@pytest.fixture
def home(client):
    """``home(membre)``: the lists that wait there, by heading: the text of each."""

    def lists(membre):
        client.force_login(membre)
        page = BeautifulSoup(client.get(reverse("wagtailadmin_home")).content, "html.parser")
        return {
            panel.find("h2").get_text(" ", strip=True): " ".join(panel.get_text(" ").split())
            for panel in page.select(".w-dashboard section.w-panel")
        }

    return lists


def titles(lists):
    return list(lists)


def test_when_nothing_waits_it_is_said(home, editor):
    [(heading, text)] = home(editor).items()
    assert heading == "Rien ne vous attend"
    assert "Vous n’avez rien en relecture" in text
    assert "Chaque page de territoire a sa photo." in text
    assert "Rien n’attend votre relecture" not in text


def test_it_counts_nothing_of_the_site(home, editor, client):
    home(editor)
    assert "w-summary" not in client.get(reverse("wagtailadmin_home")).content.decode()


def test_a_proposal_waits_for_those_who_review_and_its_author_sees_where_it_is(home, editor):
    facilitator = in_group(ANIMATION, first_name="Inès")
    page = un_enseignement("Écouter d’abord", owner=editor, live=False)
    page.save_revision(user=editor)
    state = page.get_workflow().start(page, editor)
    waiting = home(facilitator)["On attend votre relecture"]
    assert "Écouter d’abord" in waiting
    assert "Proposé par Sandrine" in waiting
    assert "En relecture depuis le" in home(editor)["Vos propositions"]
    state.current_task_state.reject(user=facilitator, comment="Qui a écouté qui ?")
    back = home(editor)["Vos propositions"]
    assert "À reprendre" in back
    assert "« Qui a écouté qui ? »" in back
    assert "On attend votre relecture" not in home(facilitator)


def test_what_one_has_not_finished_waits(home, editor, vallee):
    page = vallee.add_child(instance=StandardPage(title="Agenda", live=False))
    page.save_revision(user=editor)
    assert "Agenda Jamais publiée" in home(editor)["Vos brouillons"]
    colleague = in_group(vallee.editors())
    assert "Vos brouillons" not in home(colleague)


def test_a_page_waits_from_the_day_it_says(home, editor, vallee):
    today = timezone.localdate()
    un_projet("Hier", vallee, relire_le=today - timedelta(days=1))
    un_projet("Demain", vallee, relire_le=today + timedelta(days=1))
    un_projet("Ailleurs", une_page_territoire("Plateau"), relire_le=today)
    due = home(editor)["À rafraîchir"]
    assert "Hier" in due
    assert "Demain" not in due
    assert "Ailleurs" not in due


def test_a_territory_without_picture_waits_for_its_editors_alone(home, editor):
    bare = une_page_territoire("Plateau")
    assert "Territoires sans photo" not in home(editor)
    assert "Plateau" in home(in_group(bare.editors()))["Territoires sans photo"]


def test_messages_wait_for_those_who_answer_them(home, editor):
    Signalement.objects.create(reference="abc234", objet="question", message="Bonjour")
    assert "abc234" in home(in_group(ANIMATION))["Messages et signalements"]
    assert "Messages et signalements" not in home(editor)


def test_what_waits_in_a_space_is_counted_for_those_who_facilitate_it_and_nothing_more(home):
    facilitator, other = in_group(ANIMATION), in_group(ANIMATION)
    espace = EspaceFactory(slug="elus", nom="Entre élu·es")
    espace.nominate("animation", [facilitator])
    heading = "Dans les espaces que vous animez"
    assert heading not in home(facilitator)  # the charter comes first, here too
    facilitator = entered(facilitator, espace)
    assert heading not in home(facilitator)
    topic = un_sujet(espace, subject="Un titre secret", content="Une phrase secrète.")
    for _ in range(2):
        moderation.report(entered(un_membre(), espace), topic.posts.get(), "ton", "Un détail")
    waiting = home(facilitator)[heading]
    assert "Entre élu·es 1 message signalé" in waiting
    for untold in ("Un titre secret", "Une phrase secrète", "Un détail"):
        assert untold not in waiting
    assert heading not in home(other)
    assert heading not in home(MembreFactory(is_superuser=True))


def test_a_long_list_says_how_many_more(home, editor, vallee):
    for rank in range(10):
        un_projet(f"Projet {rank}", vallee, relire_le=timezone.localdate())
    assert "Et 2 autres : tout voir ." in home(editor)["À rafraîchir"]


def test_the_home_asks_no_more_for_more_that_waits(queries, client, editor, vallee):
    client.force_login(editor)
    address = reverse("wagtailadmin_home")

    def add(total):
        for rank in range(total):
            title = f"Page {rank} de {total}"
            page = vallee.add_child(instance=StandardPage(title=title, live=False))
            page.save_revision(user=editor)
            un_projet(title, vallee, relire_le=timezone.localdate())
            learning = un_enseignement(title, owner=editor, live=False)
            learning.save_revision(user=editor)
            learning.get_workflow().start(learning, editor)

    add(2)
    few = queries(address)
    add(6)
    assert queries(address) == few
    client.force_login(MembreFactory(is_superuser=True))
    assert queries(address) < 60


def test_who_asks_to_join_waits_for_those_who_answer(home, editor):
    facilitator, espace = in_group(ANIMATION), EspaceFactory(college="elus")
    espace.nominate("animation", [facilitator])
    asked = {"prenom": "Lise", "email": "lise@exemple.fr", "message": "J’aimerais entrer."}
    Adhesion.objects.create(nom="Élue", college="elus", **asked)
    Adhesion.objects.create(nom="Agente", college="agents", **asked)
    Adhesion.objects.create(nom="Venue", college="elus", reponse="invitee", **asked)
    lists = home(entered(facilitator, espace))
    assert "Lise Élue" in lists["On demande à entrer"]
    assert not [name for name in ("Agente", "Venue") if name in str(lists)]
    assert "Lise Agente" in home(in_group(ADMINISTRATION))["On demande à entrer"]
    assert "On demande à entrer" not in home(editor)
