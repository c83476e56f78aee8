"""The demo cohort: loaded once, into an empty database, when asked for."""

from io import StringIO

import pytest
from django.contrib.auth import get_user
from django.core.management import CommandError, call_command
from django.urls import reverse
from wagtail.models import Page

from communaute.forum_conversation.models import Post, Topic
from communaute.models import Espace, Membre, Siege, Territoire
from pages.models import EnseignementPage, TerritoirePage
from portail.demonstration import ACCOUNTS, PASSWORD
from tests.factories import MembreFactory, TerritoireFactory, une_page_libre

pytestmark = pytest.mark.usefixtures("tree")


def demo():
    """Run the command and return what it prints."""
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


@pytest.fixture
def asked_for(settings):
    settings.DEMO = True


@pytest.fixture
def cohort(asked_for):
    """The demo cohort, loaded."""
    return demo()


def counts():
    models = (Page, Membre, Siege, Territoire, Espace, Topic, Post)
    return {model: model.objects.count() for model in models}


def test_the_demo_refuses_unless_asked_for(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        demo()
    assert not Membre.objects.exists()


@pytest.mark.parametrize(
    "something", [MembreFactory, TerritoireFactory, une_page_libre], ids=lambda f: f.__name__
)
def test_the_demo_refuses_a_database_that_holds_anything_else(asked_for, something):
    something()
    before = counts()
    with pytest.raises(CommandError, match="autre chose"):
        demo()
    assert counts() == before


def test_the_demo_loads_a_whole_cohort_once_and_tells_its_accounts(cohort, client):
    assert TerritoirePage.objects.shown().count() == 8
    assert EnseignementPage.objects.shown().count() == 12
    assert Espace.objects.count() == 5
    before = counts()
    for account in ACCOUNTS:
        assert account["email"] in cohort
    again = demo()
    assert "Chargement" not in again
    assert ACCOUNTS[0]["email"] in again
    assert counts() == before
    for page in Page.objects.live().filter(depth__gt=1):
        assert client.get(page.url).status_code == 200


def test_every_space_of_the_demo_is_alive(cohort):
    for espace in Espace.objects.all():
        topics = list(Topic.objects.filter(forum=espace.forum_id))
        assert len(topics) >= 3, espace
        assert all(topic.posts.count() == topic.posts_count for topic in topics)
        assert any(topic.posts_count > 2 for topic in topics)
        assert espace.forum.direct_topics_count == len(topics)


def test_every_account_of_the_demo_signs_in(cohort, client):
    for account in ACCOUNTS:
        client.post("/compte/connexion/", {"login": account["email"], "password": PASSWORD})
        assert get_user(client).email == account["email"]
        client.logout()
    others = Membre.objects.exclude(email__in=[account["email"] for account in ACCOUNTS])
    assert others
    assert not any(membre.has_usable_password() for membre in others)


def test_the_editor_of_the_demo_edits_her_territory_and_no_other(cohort, signed_in):
    client = signed_in(Membre.objects.get(email="editeur@demo.example"))
    opened = {
        page.slug
        for page in TerritoirePage.objects.all()
        if client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).status_code == 200
    }
    assert opened == {"monts-d-oursanne"}


def test_every_figure_of_the_demo_is_said_to_be_invented(cohort):
    assert all(t.chiffres()["fictif"] for t in Territoire.objects.all())
