"""Who may do what in the back office by their group, and how a learning is reviewed."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from wagtail.models import Collection, Page, Workflow, WorkflowPage, WorkflowState
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from communaute.models.membres import NEVER_GRANTED
from pages import foundation
from pages.groupes import ADMINISTRATION, ANIMATION, REVIEW, SHARED
from pages.models import (
    AccueilPage,
    CohortePage,
    EnseignementIndexPage,
    EnseignementPage,
    PlaidoyerPage,
    TerritoireIndexPage,
    TroncCommunPage,
)
from tests.factories import in_group, un_enseignement, une_page_territoire

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def vallee():
    return une_page_territoire("Vallée")


@pytest.fixture
def editor(vallee):
    return in_group(vallee.editors(), first_name="Sandrine")


@pytest.fixture
def facilitator():
    return in_group(ANIMATION, first_name="Inès")


def learning_form(title="Écouter d’abord", **fields):
    """What the form of a learning sends, a draft unless an action is among ``fields``."""
    form = nested_form_data(
        {
            "title": title,
            "slug": "ecouter-d-abord",
            "nature": "enseignement",
            "date": "01/02/2026",
            "introduction": "Nous avons appris à écouter.",
            "auteurs": "Une agente",
            "corps": streamfield([("texte", rich_text("<p>Écouter avant de proposer.</p>"))]),
            "regards": inline_formset([]),
            "demandes": inline_formset([]),
            "comments": inline_formset([]),
            "pas_marche": "",
            "pas_mesurable": "",
            "seo_title": "",
            "search_description": "",
            **fields,
        }
    )
    return form | {"fondamentaux": ["cooperation"]}


def send(client, form, page=None):
    """Post ``form`` as the new learning, or as that of ``page``, and follow to where it leads."""
    address = (
        reverse("wagtailadmin_pages:edit", args=[page.pk])
        if page
        else reverse(
            "wagtailadmin_pages:add",
            args=["pages", "enseignementpage", EnseignementIndexPage.objects.get().pk],
        )
    )
    answer = client.post(address, form)
    assert answer.status_code == 302, answer.context["form"].errors
    return EnseignementPage.objects.get(slug=form["slug"])


def act(client, page, action, **data):
    """Do ``action`` of the review, as its button does."""
    state = page.current_workflow_task_state
    address = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, action, state.pk])
    return client.post(address, data)


# --- What is laid ---------------------------------------------------------------------------------


def rights():
    return {
        group.name: (
            sorted(group.permissions.values_list("codename", flat=True)),
            sorted(group.page_permissions.values_list("page__slug", "permission__codename")),
            sorted(
                group.collection_permissions.values_list("collection__name", "permission__codename")
            ),
        )
        for group in Group.objects.all()
    }


def test_laying_again_changes_no_right(vallee):
    vallee.editors()
    before = rights(), list(Collection.objects.values()), list(WorkflowPage.objects.values())
    foundation.lay()
    assert before == (
        rights(),
        list(Collection.objects.values()),
        list(WorkflowPage.objects.values()),
    )


def test_what_a_later_version_needs_is_given_to_groups_that_exist(vallee):
    group = vallee.editors()
    before = rights()
    group.page_permissions.all().delete()
    Group.objects.get(name=ANIMATION).permissions.clear()
    foundation.lay()
    assert rights() == before


def test_wagtails_own_groups_and_review_are_gone():
    assert not Group.objects.filter(name__in=["Editors", "Moderators"]).exists()
    assert [workflow.name for workflow in Workflow.objects.all()] == [REVIEW]


def test_a_review_that_administrators_stopped_is_not_started_again():
    WorkflowPage.objects.all().delete()
    Workflow.objects.update(active=False)
    foundation.lay()
    assert not WorkflowPage.objects.exists()
    assert Workflow.objects.count() == 1


def test_learnings_are_reviewed_and_other_pages_are_not(vallee):
    assert un_enseignement().get_workflow().name == REVIEW
    assert vallee.get_workflow() is None


def test_the_administration_has_every_right_but_those_that_nobody_has():
    administrator = in_group(ADMINISTRATION)
    assert not any(administrator.has_perm(permission) for permission in NEVER_GRANTED)
    for name in ("territoire", "espace", "siege", "allie", "theme", "membre"):
        app = "pages" if name == "theme" else "communaute"
        assert administrator.has_perm(f"{app}.change_{name}"), name
    for page in Page.objects.filter(depth__gt=1).specific():
        assert page.permissions_for_user(administrator).can_publish(), page


# --- Facilitators ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "section", [CohortePage, EnseignementIndexPage, PlaidoyerPage, TroncCommunPage]
)
def test_a_facilitator_writes_and_publishes_in_the_sections(facilitator, section):
    page = section.objects.get()
    rights = page.permissions_for_user(facilitator)
    assert rights.can_edit()
    assert rights.can_publish()
    assert rights.can_lock()


@pytest.mark.parametrize("section", [EnseignementIndexPage, PlaidoyerPage])
def test_a_facilitator_does_not_take_a_section_away(signed_in, facilitator, section):
    page = section.objects.get()
    client = signed_in(facilitator)
    for action in ("delete", "unpublish"):
        client.post(reverse(f"wagtailadmin_pages:{action}", args=[page.pk]))
    bulk = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    client.post(f"{bulk}?id={page.pk}&next=/gestion/")
    assert section.objects.get().live


def test_a_facilitator_writes_neither_on_territories_nor_on_the_home_page(facilitator, vallee):
    for page in (vallee, TerritoireIndexPage.objects.get(), AccueilPage.objects.get()):
        rights = page.permissions_for_user(facilitator)
        assert not rights.can_edit()
        assert not rights.can_publish()
        assert not rights.can_add_subpage()


def test_a_facilitator_manages_themes_and_reads_messages(signed_in, facilitator):
    client = signed_in(facilitator)
    assert client.get(reverse("theme:index")).status_code == 200
    assert client.post(reverse("theme:add"), {"nom": "Eau", "slug": "eau"}).status_code == 302
    assert client.get(reverse("signalement:index")).status_code == 200


# --- Files ----------------------------------------------------------------------------------------


def collections(membre, action):
    permissions = membre.groups.get().collection_permissions
    return set(
        permissions.filter(permission__codename__startswith=f"{action}_").values_list(
            "collection__name", flat=True
        )
    )


def test_editors_keep_files_of_their_own_and_choose_among_the_shared_ones(editor):
    assert collections(editor, "add") == {"Vallée"}
    assert collections(editor, "choose") == {"Vallée", SHARED}


def test_facilitators_keep_the_shared_files(facilitator):
    assert collections(facilitator, "add") == {SHARED}


# --- The review -----------------------------------------------------------------------------------


def test_an_editor_proposes_and_a_facilitator_publishes(client, editor, facilitator, read):
    client.force_login(editor)
    page = send(client, learning_form(**{"action-submit": "1"}))
    assert not page.live
    assert client.get(page.url).status_code == 404
    client.force_login(facilitator)
    assert act(client, page, "approve").status_code == 302
    client.logout()
    assert "Écouter avant de proposer." in read(page.url).words


def test_an_editor_publishes_no_learning(client, editor):
    client.force_login(editor)
    page = send(client, learning_form(**{"action-publish": "1"}))
    assert not page.live
    assert not page.workflow_in_progress


def test_what_is_sent_back_is_rewritten_proposed_again_and_published(
    client, editor, facilitator, read
):
    client.force_login(editor)
    page = send(client, learning_form(**{"action-submit": "1"}))
    client.force_login(facilitator)
    act(client, page, "reject", comment="Qui a écouté qui ?")
    state = WorkflowState.objects.get()
    assert state.status == WorkflowState.STATUS_NEEDS_CHANGES
    client.force_login(editor)
    send(
        client,
        learning_form(introduction="Trois élues ont écouté.", **{"action-submit": "1"}),
        page,
    )
    client.force_login(facilitator)
    page.refresh_from_db()
    act(client, page, "approve")
    client.logout()
    assert "Trois élues ont écouté." in read(page.url).words


def test_an_editor_does_not_approve_their_own_proposal(client, editor):
    client.force_login(editor)
    page = send(client, learning_form(**{"action-submit": "1"}))
    act(client, page, "approve")
    page.refresh_from_db()
    assert not page.live
    assert page.workflow_in_progress


def test_while_it_is_reviewed_the_one_who_proposed_does_not_rewrite_it(client, editor):
    client.force_login(editor)
    page = send(client, learning_form(**{"action-submit": "1"}))
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    client.post(address, learning_form(introduction="Autre chose."))
    assert page.get_latest_revision_as_object().introduction == "Nous avons appris à écouter."


def test_what_changes_between_two_versions_is_shown(client, editor, facilitator):
    client.force_login(editor)
    page = send(client, learning_form())
    first = page.latest_revision
    block = [("texte", rich_text("<p>Écouter, puis se taire.</p>"))]
    demande = inline_formset([{"echelle": "locale", "texte": "Du temps pour écouter."}])
    send(client, learning_form(corps=streamfield(block), demandes=demande), page)
    page.refresh_from_db()
    answer = client.get(
        reverse(
            "wagtailadmin_pages:revisions_compare",
            args=[page.pk, first.pk, page.latest_revision.pk],
        )
    )
    compared = answer.content.decode()
    assert "Du temps pour écouter." in compared
    assert "se taire" in compared
    assert client.get(reverse("wagtailadmin_pages:history", args=[page.pk])).status_code == 200
