"""The groups of the back office, what each may do there, and the review of learnings.

Rights are given here and kept: what a later version needs is added at its ``setup``. A cohort that
wants other rights makes a group of its own.
"""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from communaute.models.membres import NEVER_GRANTED
from pages.models import (
    AccueilPage,
    CohortePage,
    ContactPage,
    EnseignementIndexPage,
    PlaidoyerPage,
    TerritoirePage,
    TroncCommunPage,
)

ANIMATION = "Animation"
ADMINISTRATION = "Administration"
SHARED = "Images et documents partagés"
REVIEW = "Relecture des enseignements"

ALL = ("add", "change", "delete", "view")
MANAGED = {
    ANIMATION: {"pages.theme": ALL, "pages.signalement": ("change", "view")},
    ADMINISTRATION: {
        "auth.group": ALL,
        "communaute.allie": ALL,
        "communaute.cohorte": ("change",),
        "communaute.espace": ALL,
        "communaute.membre": ALL,
        "communaute.siege": ALL,
        "communaute.territoire": ALL,
        "pages.signalement": ("change", "view"),
        "pages.theme": ALL,
        "wagtailcore.task": ALL,
        "wagtailcore.workflow": ALL,
    },
}
"""What each group manages besides pages and files, and how."""

FILES = ("image", "document")


def lay():
    """Give each group its rights, and learnings their review. The pages must be there."""
    # Wagtail's own groups and workflow reach every page: here rights are given by section.
    Group.objects.filter(name__in=["Editors", "Moderators"], user=None).delete()
    Workflow.objects.filter(name="Moderators approval", workflow_states=None).delete()
    GroupApprovalTask.objects.filter(groups=None, workflow_tasks=None, task_states=None).delete()
    shared = _collection(SHARED)
    animation = _group(ANIMATION)
    for section in (
        CohortePage,
        EnseignementIndexPage,
        PlaidoyerPage,
        TroncCommunPage,
        ContactPage,
    ):
        _give_page(animation, section.objects.first(), "add", "change", "publish", "lock", "unlock")
    _give_files(animation, shared, "add", "change", "choose")
    administration = _group(ADMINISTRATION)
    every_page = ("add", "change", "publish", "lock", "unlock", "bulk_delete")
    _give_page(administration, AccueilPage.objects.first(), *every_page)
    root = Collection.get_first_root_node()
    _give_files(administration, root, "add", "change", "delete", "choose")
    _give(GroupCollectionPermission, administration, {"collection": root}, "collection", *ALL[:3])
    _review(animation)
    for page in TerritoirePage.objects.exclude(territoire__groupe_edition=None):
        editors_of(page)


def editors_of(page):
    """The group that writes the page of a territory and those below it, proposes learnings, and keeps
    images and documents of its own.
    """
    territoire = page.territoire
    if territoire.groupe_edition is None:
        territoire.groupe_edition = Group.objects.create(
            name=_free(Group, f"Édition — {territoire.nom}", territoire.pk)
        )
        territoire.save(update_fields=["groupe_edition"])
    group = territoire.groupe_edition
    group.permissions.add(*_permissions(_ENTER))
    _give_page(group, page, "add", "change", "publish")
    # To add is to change one's own, and to propose it: publishing takes a review.
    _give_page(group, EnseignementIndexPage.objects.first(), "add")
    own = Collection.objects.filter(group_permissions__in=_adding(group)).first() or _collection(
        _free(Collection, territoire.nom, territoire.pk)
    )
    _give_files(group, own, "add", "change", "choose")
    _give_files(group, _collection(SHARED), "choose")
    return group


_ENTER = Q(content_type__app_label="wagtailadmin", codename="access_admin")


def _group(name):
    group, _ = Group.objects.get_or_create(name=name)
    wanted = _ENTER
    for model, actions in MANAGED[name].items():
        app, _, model = model.partition(".")
        names = {f"{action}_{model}" for action in actions}
        names -= {permission.partition(".")[2] for permission in NEVER_GRANTED}
        wanted |= Q(content_type__app_label=app, codename__in=names)
    group.permissions.add(*_permissions(wanted))
    return group


def _permissions(wanted):
    return Permission.objects.filter(wanted)


def _give_page(group, page, *actions):
    _give(GroupPagePermission, group, {"page": page}, "page", *actions)


def _give_files(group, collection, *actions):
    for kind in FILES:
        _give(GroupCollectionPermission, group, {"collection": collection}, kind, *actions)


def _give(model, group, where, kind, *actions):
    apps = ("wagtailcore", "wagtailimages", "wagtaildocs")
    wanted = Q(
        content_type__app_label__in=apps, codename__in=[f"{action}_{kind}" for action in actions]
    )
    model.objects.bulk_create(
        [model(group=group, permission=permission, **where) for permission in _permissions(wanted)],
        ignore_conflicts=True,
    )


def _adding(group):
    return GroupCollectionPermission.objects.filter(group=group, permission__codename="add_image")


def _collection(name):
    root = Collection.get_first_root_node()
    return root.get_children().filter(name=name).first() or root.add_child(
        instance=Collection(name=name)
    )


def _free(model, name, key):
    """``name``, told apart by ``key`` when another bears it."""
    return f"{name} ({key})" if model.objects.filter(name=name).exists() else name


def _review(animation):
    """Learnings are proposed by editors and published by the facilitators."""
    learnings = EnseignementIndexPage.objects.first()
    if (
        Workflow.objects.filter(name=REVIEW).exists()
        or WorkflowPage.objects.filter(page=learnings).exists()
    ):
        return
    workflow = Workflow.objects.create(name=REVIEW)
    task = GroupApprovalTask.objects.create(name="Relecture par l’animation")
    task.groups.add(animation)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowPage.objects.create(workflow=workflow, page=learnings)
