import pytest
from django.urls import reverse
from pages.groupes import ANIMATION
from tests.factories import *
from tests.pages.test_groupes import learning_form, send
from wagtail.test.utils.form_data import inline_formset, streamfield, rich_text

pytestmark = pytest.mark.usefixtures("tree")


def test_bulk(client):
    client.force_login(in_group(ANIMATION))
    page = send(
        client,
        learning_form(introduction="", corps=streamfield([]), auteurs="") | {"fondamentaux": []},
    )
    bulk = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    r = client.post(f"{bulk}?id={page.pk}&next=/gestion/", {}, follow=True)
    print(r.status_code, type(page).objects.get(pk=page.pk).live)
    page = type(page).objects.get(pk=page.pk)
    print(
        [str(m) for m in r.context["messages"]] if r.context and "messages" in r.context else None
    )


def test_comment(client, mailoutbox, django_capture_on_commit_callbacks):
    ed = in_group(une_page_territoire("V").editors())
    an = in_group(ANIMATION)
    client.force_login(ed)
    page = send(client, learning_form(**{"action-submit": "1"}))
    client.force_login(an)
    comment = {
        "text": "Qui ?",
        "contentpath": "introduction",
        "position": "",
        "id": "",
        "replies": inline_formset([]),
    }
    with django_capture_on_commit_callbacks(execute=True):
        send(client, learning_form(comments=inline_formset([comment])), page)
    print([(m.to, m.subject) for m in mailoutbox])


def test_axe_like(client):
    pass
