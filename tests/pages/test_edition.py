"""How pages are published together, and how comments reach those who follow a page."""

import pytest
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
