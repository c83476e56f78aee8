from django.apps import AppConfig


class PortailConfig(AppConfig):
    name = "portail"

    def ready(self):
        from portail import cache, search_index

        cache.watch()
        search_index.watch()
