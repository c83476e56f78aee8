"""The demo cohort: loaded once, into an empty database, when asked for."""

from io import StringIO

import pytest
from django.contrib.auth import get_user
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django.urls import reverse
from wagtail.models import Page

from communaute.forum_conversation.models import Post, Topic
from communaute.models import Espace, Membre, Siege, Territoire
from pages import foundation
from pages.models import (
    AnalyseSensiblePage,
    EnseignementPage,
    ProjetPilotePage,
    RessourcePage,
    TerritoirePage,
    Visibilite,
)
from portail.demonstration import ACCOUNTS, PASSWORD
from tests.factories import MembreFactory, TerritoireFactory, un_enseignement
from tests.recount import differences

pytestmark = pytest.mark.usefixtures("tree")


def demo():
    """Run the command and return what it prints."""
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


@pytest.fixture
def asked_for(settings):
    settings.DEMO = True


def counts():
    models = (Page, Membre, Siege, Territoire, Espace, Topic, Post)
    return {model: model.objects.count() for model in models}


def test_the_demo_refuses_unless_asked_for(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        demo()
    assert not Membre.objects.exists()


@pytest.mark.parametrize(
    "something", [MembreFactory, TerritoireFactory, un_enseignement], ids=lambda f: f.__name__
)
def test_the_demo_refuses_a_database_that_holds_anything_else(asked_for, something):
    something()
    before = counts()
    with pytest.raises(CommandError, match="autre chose"):
        demo()
    assert counts() == before


@override_settings(DEMO=True, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
class TestCohorteDeDemonstration(TestCase):
    """Loaded once for all that is said of it."""

    @classmethod
    def setUpTestData(cls):
        foundation.lay()
        cls.told = demo()

    def test_it_is_a_whole_cohort_and_every_page_of_it_answers(self):
        assert TerritoirePage.objects.shown().count() == 8
        assert EnseignementPage.objects.shown().count() == 13
        assert Espace.objects.count() == 5
        assert ProjetPilotePage.objects.shown().count() == 8
        public = Page.objects.live().public()
        for page in Page.objects.live().filter(depth__gt=1):
            expected = 200 if public.filter(pk=page.pk).exists() else 404
            assert self.client.get(page.url).status_code == expected, page

    def test_it_keeps_some_pages_to_members_and_one_to_a_delegation(self):
        analyses = AnalyseSensiblePage.objects.values_list("visibilite", flat=True)
        assert set(analyses) == set(Visibilite.values)
        assert RessourcePage.objects.filter(visibilite=Visibilite.MEMBRES).exists()

    def test_one_learning_of_it_came_out_of_an_exchange_and_a_yes_is_awaited_for_another(self):
        page = self.client.get("/enseignements/").content.decode()
        assert "Dire que l’on ne sait pas, et quand on reviendra" in page
        elue = Membre.objects.get(email="elue@demo.example")
        self.client.force_login(elue)
        home = self.client.get("/communaute/").content.decode()
        assert "Votre accord pour mettre un échange en commun" in home
        assert "Poser la question avant d’écrire le plan" not in page

    def test_loading_it_again_changes_nothing_and_tells_the_accounts_again(self):
        before = counts()
        again = demo()
        assert counts() == before
        assert "Chargement" not in again
        for account in ACCOUNTS:
            assert account["email"] in self.told
            assert account["email"] in again

    def test_every_space_of_it_is_alive(self):
        for espace in Espace.objects.all():
            topics = list(Topic.objects.filter(forum=espace.forum_id))
            assert len(topics) >= 3, espace
            assert all(topic.posts.count() == topic.posts_count for topic in topics)
            assert any(topic.posts_count > 2 for topic in topics)
        assert differences() == []
        for siege in Siege.objects.exclude(fin=None):
            assert not Post.objects.filter(
                poster=siege.membre, created__date__gt=siege.fin
            ).exists()

    def test_every_account_of_it_signs_in(self):
        for account in ACCOUNTS:
            self.client.post(
                "/compte/connexion/", {"login": account["email"], "password": PASSWORD}
            )
            assert get_user(self.client).email == account["email"]
            self.client.logout()
        others = Membre.objects.exclude(email__in=[account["email"] for account in ACCOUNTS])
        assert others
        assert not any(membre.has_usable_password() for membre in others)

    def test_its_editor_edits_her_territory_and_no_other(self):
        self.client.force_login(Membre.objects.get(email="editeur@demo.example"))
        opened = {
            page.slug
            for page in TerritoirePage.objects.all()
            if self.client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).status_code
            == 200
        }
        assert opened == {"monts-d-oursanne"}
        pictures = self.client.get(reverse("wagtailimages_chooser:choose")).json()["html"]
        assert "Paysage de" in pictures

    def test_its_facilitator_has_a_learning_to_review(self):
        self.client.force_login(Membre.objects.get(email="animation@demo.example"))
        home = self.client.get("/gestion/").content.decode()
        assert "Proposé par Sandrine Maurel" in home
        assert "Laisser la carte muette" in home
        assert "Laisser la carte muette" not in self.client.get("/enseignements/").content.decode()

    def test_every_figure_of_it_is_said_to_be_invented(self):
        for territoire in Territoire.objects.all():
            page = self.client.get(territoire.page.url).content.decode()
            assert "Chiffres inventés pour l’exemple." in page
