"""The mails of the review: to those concerned, by the queue, their rights read again when it leaves.

Wagtail would send them while one waits, to whoever once had to do with the page, and write their
addresses in the journal when it fails. Its preferences are kept: each says which mails they want.
"""

from functools import partial

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.db.transaction import on_commit
from django.urls import reverse
from django_tasks import task
from wagtail.models import Page, TaskState, WorkflowState
from wagtail.signals import task_submitted, workflow_approved, workflow_rejected
from wagtail.users.models import UserProfile

from communaute import courriel

SUBMITTED, APPROVED, REJECTED = "submitted", "approved", "rejected"
COMMENTED = "updated_comments"
TEMPLATES = {
    SUBMITTED: "pages/email/relecture_demandee.txt",
    APPROVED: "pages/email/relecture_acceptee.txt",
    REJECTED: "pages/email/relecture_a_reprendre.txt",
    COMMENTED: "pages/email/commentaires.txt",
}
"""The mails, by what Wagtail names them among its preferences. Their first line is the subject."""


def watch():
    """Answer to what happens to a review, in the place of Wagtail's own mails."""
    # A receiver already known under this name is not connected again: Wagtail's comes later.
    for signal, sender, name, receiver in (
        (task_submitted, TaskState, "group_approval_task_submitted", _submitted),
        (workflow_approved, WorkflowState, "workflow_state_approved", _approved),
        (workflow_rejected, WorkflowState, "workflow_state_rejected", _rejected),
    ):
        signal.connect(receiver, sender, dispatch_uid=f"{name}_email_notification")


def tell(kind, page, author, recipients, comment=""):
    """Write to each of ``recipients`` but ``author``, once what happened is kept."""
    for recipient in recipients:
        if recipient != author:
            on_commit(
                partial(
                    send.enqueue,
                    kind,
                    page.pk,
                    author.pk if author else None,
                    recipient.pk,
                    comment,
                )
            )


def tell_of_comments(page, author, comments):
    """Write to who follows the comments of ``page``, or took part in one of ``comments``."""
    follows = Q(
        pk__in=page.subscribers.filter(comment_notifications=True).order_by().values("user")
    )
    takes_part = Q(wagtail_admin_comments__in=comments) | Q(comment_replies__comment__in=comments)
    tell(COMMENTED, page, author, get_user_model().objects.filter(follows | takes_part).distinct())


@task()
def send(kind, page_key, author_key, recipient_key, comment):
    """Write to one person of one event, if they still may change the page and want such mails."""
    members = get_user_model().objects
    recipient = members.get(pk=recipient_key)
    page = Page.objects.filter(pk=page_key).specific().first()
    wanted = getattr(UserProfile.get_for_user(recipient), f"{kind}_notifications")
    if page is None or not wanted or not page.permissions_for_user(recipient).can_edit():
        return
    context = {
        "page": page,
        "auteur": members.filter(pk=author_key).first(),
        "commentaire": comment,
        "adresse": f"{settings.SITE_URL}{reverse('wagtailadmin_pages:edit', args=[page.pk])}",
        "public": page.full_url if page.live else "",
        "preferences": f"{settings.SITE_URL}{reverse('wagtailadmin_account')}",
    }
    courriel.send(recipient.email, TEMPLATES[kind], context)


def _submitted(instance, user=None, **kwargs):
    groups = getattr(instance.task.specific, "groups", None)
    if groups is not None:
        reviewers = get_user_model().objects.filter(groups__in=groups.all()).distinct()
        tell(SUBMITTED, instance.workflow_state.content_object, user, reviewers)


def _approved(instance, user=None, **kwargs):
    _tell_who_proposed(APPROVED, instance, user)


def _rejected(instance, user=None, **kwargs):
    _tell_who_proposed(REJECTED, instance, user, instance.current_task_state.specific.get_comment())


def _tell_who_proposed(kind, state, user, comment=""):
    if state.requested_by:
        tell(kind, state.content_object, user, [state.requested_by], comment)
