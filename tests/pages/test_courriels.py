"""The mails of the review: to those concerned, in French, their rights read again."""

import pytest
from django.urls import reverse
from wagtail.models import Comment, WorkflowState
from wagtail.users.models import UserProfile

from pages import courriels
from pages.groupes import ADMINISTRATION, ANIMATION
from pages.models import EnseignementPage
from tests.factories import MembreFactory, in_group, un_enseignement, une_page_territoire

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def editor():
    return in_group(une_page_territoire().editors(), first_name="Sandrine", last_name="Maurel")


@pytest.fixture
def facilitator():
    return in_group(ANIMATION, first_name="Inès", last_name="Moreau")


@pytest.fixture
def learning(editor):
    page = un_enseignement("Écouter d’abord", owner=editor, live=False)
    page.save_revision(user=editor)
    return page


@pytest.fixture
def propose(django_capture_on_commit_callbacks, learning):
    def propose(user):
        with django_capture_on_commit_callbacks(execute=True):
            return learning.get_workflow().start(learning, user)

    return propose


def test_a_proposal_is_announced_to_those_who_review_and_to_no_one_else(
    propose, editor, facilitator, mailoutbox
):
    in_group(ADMINISTRATION)
    MembreFactory(is_superuser=True)
    in_group(ANIMATION, is_active=False)
    propose(editor)
    [mail] = mailoutbox
    assert mail.to == [facilitator.email]
    assert mail.subject == "À relire : Écouter d’abord"
    assert "Sandrine Maurel propose" in mail.body
    assert "/gestion/pages/" in mail.body


@pytest.mark.parametrize(
    ("action", "subject"),
    [("approve", "Relu et accepté : Écouter d’abord"), ("reject", "À reprendre : Écouter d’abord")],
)
def test_whoever_proposed_is_told_what_came_of_it(
    propose, editor, facilitator, mailoutbox, action, subject, django_capture_on_commit_callbacks
):
    task = propose(editor).current_task_state
    mailoutbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        getattr(task, action)(user=facilitator, comment="Qui a écouté qui ?")
    [mail] = mailoutbox
    assert mail.to == [editor.email]
    assert mail.subject == subject
    assert "Inès Moreau" in mail.body
    assert ("Qui a écouté qui ?" in mail.body) == (action == "reject")


def test_whoever_lost_the_right_to_the_page_is_told_nothing(
    propose, editor, facilitator, mailoutbox, django_capture_on_commit_callbacks
):
    task = propose(editor).current_task_state
    mailoutbox.clear()
    editor.groups.clear()
    with django_capture_on_commit_callbacks(execute=True):
        task.reject(user=facilitator, comment="Secret")
    assert mailoutbox == []


def test_each_says_which_mails_they_want(propose, editor, facilitator, mailoutbox):
    profile = UserProfile.get_for_user(facilitator)
    profile.submitted_notifications = False
    profile.save()
    propose(editor)
    assert mailoutbox == []


def test_a_page_that_is_gone_before_the_mail_leaves_is_not_named(editor, facilitator, mailoutbox):
    courriels.send.enqueue(courriels.SUBMITTED, 999_999, editor.pk, facilitator.pk, "")
    assert mailoutbox == []


def test_comments_are_announced_to_those_who_follow_the_page(
    learning, editor, facilitator, mailoutbox, django_capture_on_commit_callbacks
):
    gone = MembreFactory()
    for membre in (editor, gone):
        learning.subscribers.create(user=membre, comment_notifications=True)
    comment = Comment.objects.create(
        page=learning, user=facilitator, text="Qui ?", contentpath="title"
    )
    with django_capture_on_commit_callbacks(execute=True):
        courriels.tell_of_comments(learning, facilitator, [comment])
    [mail] = mailoutbox
    assert mail.to == [editor.email]
    assert mail.subject == "Un commentaire sur : Écouter d’abord"


def test_a_title_of_two_lines_makes_a_subject_of_one(propose, editor, facilitator, mailoutbox):
    EnseignementPage.objects.update(title="Écouter\nBcc: tous", draft_title="Écouter\nBcc: tous")
    propose(editor)
    assert "\n" not in mailoutbox[0].subject
    assert WorkflowState.objects.count() == 1
    assert reverse("wagtailadmin_home") in mailoutbox[0].body
