from django.apps import AppConfig
from wagtail.users.apps import WagtailUsersAppConfig


class PagesConfig(AppConfig):
    name = "pages"
    default_auto_field = "django.db.models.BigAutoField"
    default = True

    def ready(self):
        from pages import courriels, files, lettre, mises_en_commun  # noqa: F401

        courriels.watch()
        files.watch()
        mises_en_commun.watch()


class UsersConfig(WagtailUsersAppConfig):
    user_viewset = "pages.membres.MembreViewSet"
