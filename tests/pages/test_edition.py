"""How pages are published together, and how comments reach those who follow a page."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from wagtail.models import Comment
from wagtail.test.utils.form_data import inline_formset

from pages.groupes import ADMINISTRATION, ANIMATION
from pages.models import EnseignementPage, ProjetPilotePage
from tests.factories import in_group, un_enseignement, un_projet, une_page_territoire
from tests.pages.test_groupes import learning_form, send

pytestmark = pytest.mark.usefixtures("tree")


def publish_all(client, *pages, **form):
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    keys = "&".join(f"id={page.pk}" for page in pages)
    return client.post(f"{address}?{keys}&next=/gestion/", form, follow=True).content.decode()


def test_pages_are_published_together_once_each_is_finished(client):
    client.force_login(in_group(ANIMATION))
    ready = send(client, learning_form())
    unfinished = un_enseignement("À finir", live=False)
    unfinished.introduction = ""
    unfinished.save_revision(clean=False)
    answer = publish_all(client, ready, unfinished)
    assert "il manque encore quelque chose à « À finir »" in answer
    assert not EnseignementPage.objects.live().exists()
    publish_all(client, ready)
    assert EnseignementPage.objects.live().get() == ready


def test_what_lies_below_is_finished_too(client):
    client.force_login(in_group(ADMINISTRATION))
    above = une_page_territoire("Au-dessus")
    below = un_projet("Dessous", above, live=False)
    below.introduction = ""
    below.save_revision(clean=False)
    answer = publish_all(client, above, include_descendants="on")
    assert "« Dessous »" in answer
    assert not ProjetPilotePage.objects.get(pk=below.pk).live


def test_a_comment_in_the_margin_reaches_whoever_proposed_the_page(
    client, mailoutbox, django_capture_on_commit_callbacks
):
    editor = in_group(une_page_territoire().editors())
    facilitator = in_group(ANIMATION, first_name="Inès")
    client.force_login(editor)
    page = send(client, learning_form(comment_notifications="on", **{"action-submit": "1"}))
    client.force_login(facilitator)
    comment = {"text": "Qui ?", "contentpath": "introduction", "position": "", "id": ""}
    comments = inline_formset([comment | {"replies": inline_formset([])}])
    with django_capture_on_commit_callbacks(execute=True):
        send(client, learning_form(comments=comments), page)
    assert Comment.objects.get().user == facilitator
    [mail] = mailoutbox
    assert mail.to == [editor.email]
    assert mail.body.startswith("Bonjour")
    assert "Inès" in mail.body


def answer_of(client, page, **form):
    """What one is told after posting the form of ``page``."""
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    answer = client.post(address, learning_form(**form), follow=True)
    shown = BeautifulSoup(answer.content, "html.parser")
    return " ".join(shown.select_one(".messages").get_text(" ").split()), shown


def test_what_is_missing_is_named_and_one_is_told_that_the_draft_is_kept(client):
    client.force_login(in_group(une_page_territoire().editors()))
    page = send(client, learning_form(introduction=""))
    said, shown = answer_of(client, page, introduction="", **{"action-submit": "1"})
    assert "pas encore proposée" in said
    assert "Votre brouillon est gardé" in said
    assert "À remplir : En deux phrases." in shown.get_text()
    assert not page.workflow_states.exists()


def test_whoever_reviews_has_one_way_to_publish(client):
    client.force_login(in_group(une_page_territoire().editors()))
    page = send(client, learning_form(**{"action-submit": "1"}))
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])

    def actions(membre):
        client.force_login(membre)
        shown = BeautifulSoup(client.get(address).content, "html.parser")
        return shown.select_one("footer").get_text(" ")

    assert "Retirer de la relecture" in actions(page.owner)
    offered = actions(in_group(ANIMATION))
    assert "Approuver et publier" in offered
    assert "Retirer de la relecture" not in offered
    assert "action-publish" not in client.get(address).content.decode()
    approve = {"action-workflow-action": "true", "workflow-action-name": "approve"}
    said, _ = answer_of(client, page, **approve)
    assert "La page « Écouter d’abord » est publiée." in said.replace("\u00a0", " ")
    assert EnseignementPage.objects.live().get() == page
    assert "action-publish" in client.get(address).content.decode()
