"""Who may write what in the back office, where Wagtail's page rights do not say it by themselves."""

from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy

from pages.models import TerritoirePage


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
