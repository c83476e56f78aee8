"""Who may see and write what in the back office, where Wagtail's page rights do not say it alone."""

from django.db.models import Q
from wagtail.models import Page
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy

from communaute.permissions import administers, invites
from pages.models import TerritoirePage, readable_by


def seen_by(user):
    """The pages that ``user`` may know of in the back office: what they may read, change or pass
    through on the way to what they may change.
    """
    readable = readable_by(Page.objects.all(), user).order_by().values("pk")
    explorable = PortailPagePermissionPolicy().explorable_instances(user).order_by().values("pk")
    return Page.objects.filter(Q(pk__in=readable) | Q(pk__in=explorable))


class PortailPagePermissionPolicy(PagePermissionPolicy):
    """Wagtail's, but a right to add somewhere does not show the drafts and the reserved pages that
    others have there.
    """

    def explorable_instances(self, user):
        pages = super().explorable_instances(user)
        if user.is_superuser:
            return pages
        permissions = self.get_cached_permissions_for_user(user)
        way = {
            permission.page.path[:end]
            for permission in permissions
            for end in range(Page.steplen, len(permission.page.path) + 1, Page.steplen)
        }
        readable = readable_by(Page.objects.all(), user).order_by().values("pk")
        own = self.instances_user_has_permission_for(user, "change").order_by().values("pk")
        return pages.filter(Q(pk__in=readable) | Q(pk__in=own) | Q(path__in=way))


class TerritoirePermissionPolicy(ModelPermissionPolicy):
    """Whoever may change a territory's page may change that territory; administrators, all."""

    def user_has_permission(self, user, action):
        return super().user_has_permission(user, action) or (
            action == "change" and self._own(user).exists()
        )

    def user_has_permission_for_instance(self, user, action, instance):
        return super().user_has_permission(user, action) or (
            action == "change" and self._own(user).filter(pk=instance.pk).exists()
        )

    def instances_user_has_any_permission_for(self, user, actions):
        if any(
            super(TerritoirePermissionPolicy, self).user_has_permission(user, a) for a in actions
        ):
            return self.model.objects.all()
        return self._own(user) if "change" in actions else self.model.objects.none()

    def _own(self, user):
        pages = PagePermissionPolicy().instances_user_has_permission_for(user, "change")
        return self.model.objects.filter(page__in=TerritoirePage.objects.filter(pk__in=pages))


class ArrivalPermissionPolicy(ModelPermissionPolicy):
    """Whoever invites sees whom they follow; it is acted on among the members' pages."""

    def user_has_permission(self, user, action):
        return action == "view" and invites(user)


class ChartePermissionPolicy(ModelPermissionPolicy):
    """Whoever sets the spaces up reads their charters; each is written with its space."""

    def user_has_permission(self, user, action):
        return action == "view" and administers(user)


class EnvoiPermissionPolicy(ModelPermissionPolicy):
    """Whoever administers sees which mails left, and has those that could not tried again."""

    def user_has_permission(self, user, action):
        return action in ("view", "change") and administers(user)


class SignalementPermissionPolicy(ModelPermissionPolicy):
    """What was written to the cohort is read and followed up by whoever has the right to; nobody writes
    or deletes it here, administrators included.
    """

    def user_has_permission(self, user, action):
        return action not in ("add", "delete") and super().user_has_permission(user, action)
