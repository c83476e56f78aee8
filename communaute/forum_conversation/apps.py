from machina.apps.forum_conversation.apps import ForumConversationAppConfig


class ForumConversationConfig(ForumConversationAppConfig):
    name = "communaute.forum_conversation"
    default_auto_field = "django.db.models.BigAutoField"
    default = True
