from django.apps import AppConfig


class CommunauteConfig(AppConfig):
    name = "communaute"
    verbose_name = "Communauté"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from communaute import abonnements, checks, pieces, second_facteur  # noqa: F401

        pieces.watch()
        second_facteur.watch()
