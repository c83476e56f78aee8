"""What is said in a space shows nowhere else: pages, lists, search, back office, index, mail, logs."""

import pytest
from django.apps import apps
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse
from wagtail.models import ModelLogEntry, PageLogEntry, ReferenceIndex
from wagtail.search.models import IndexEntry

from communaute import conversation, gestes
from communaute.models import Choix, Membre, Sondage
from tests.confidentialite.conftest import CANARY
from tests.factories import entered

pytestmark = pytest.mark.django_db


def routes(resolver=None, namespaces=()):
    """The qualified names of every named route of the project."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield ":".join((*namespaces, pattern.name))
        else:
            name = (pattern.namespace,) if pattern.namespace else ()
            yield from routes(pattern, (*namespaces, *name))


def addresses():
    """Every address of the project that takes no argument, and those of the lists of Wagtail."""
    found = {"/", "/territoires/", "/enseignements/", "/recherche/?q=titre"}
    for name in routes():
        if name == "wagtailadmin_error_test":  # fails on purpose
            continue
        try:
            found.add(reverse(name))
        except NoReverseMatch:
            continue
    return sorted(found)


def test_an_outsider_meets_no_trace_in_any_page(client, sujet, outsider, caplog, mailoutbox):
    conversation.reply(entered(sujet.poster, sujet.espace), sujet, f"Une réponse {CANARY}")
    client.force_login(outsider)
    paths = addresses()
    assert len(paths) > 50
    for path in paths:
        response = client.get(path)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        assert CANARY not in content.decode(errors="replace"), path
        assert CANARY not in str(response.headers)
        client.force_login(outsider)
    assert CANARY not in caplog.text
    assert not mailoutbox


def test_the_administrators_back_office_knows_no_topic(client, sujet, admin_pages):
    for path, content in admin_pages(sujet):
        assert CANARY not in content, path
        assert sujet.reference not in content, path


@pytest.fixture
def admin_pages(client):
    """The back office's own pages on the author and the space of a topic, as an administrator."""

    def pages(sujet):
        admin = Membre.objects.create_superuser("technique@exemple.fr")
        client.force_login(admin)
        author = sujet.poster.pk
        for path in (
            reverse("wagtailusers_users:edit", args=[author]),
            reverse("wagtailusers_users:usage", args=[author]),
            reverse("wagtailusers_users:history", args=[author]),
            reverse("espace:index"),
            reverse("espace:edit", args=[sujet.espace.pk]),
            reverse("espace:usage", args=[sujet.espace.pk]),
            reverse("espace:history", args=[sujet.espace.pk]),
            reverse("wagtailadmin_reports:site_history"),
        ):
            response = client.get(path)
            assert response.status_code == 200, path
            yield path, response.content.decode()

    return pages


def test_wagtails_indexes_and_journals_hold_nothing_of_it(sujet):
    forum_labels = {"forum", "forum_conversation"}
    for model in (ReferenceIndex, ModelLogEntry, PageLogEntry, IndexEntry):
        for row in model.objects.all():
            assert CANARY not in str(vars(row))
            assert getattr(row.content_type, "app_label", None) not in forum_labels


def test_the_canary_is_kept_in_the_forum_alone(sujet):
    """Whatever table comes later, a private text in it must be thought of here."""
    assert holding() == {"forum_conversation.Topic", "forum_conversation.Post"}


def holding():
    """The tables where the canary is."""
    return {
        model._meta.label
        for model in apps.get_models()
        for row in model._default_manager.all().values()
        if CANARY in str(row)
    }


def test_what_surrounds_a_topic_is_kept_beside_it_alone(sujet):
    author = sujet.poster
    gestes.summarise(author, sujet, f"Résumé {CANARY}", base=0)
    sondage = Sondage.objects.create(topic=sujet)
    Choix.objects.create(sondage=sondage, texte=f"Choix {CANARY}", ordre=0)
    tables = {"forum_conversation.Topic", "forum_conversation.Post"}
    assert holding() == tables | {"communaute.Resume", "communaute.Choix"}
    conversation.withdraw(author, sujet.posts.get())
    assert holding() == set()
