from machina.apps.forum.apps import ForumAppConfig


class ForumConfig(ForumAppConfig):
    name = "communaute.forum"
    default_auto_field = "django.db.models.BigAutoField"
    default = True
