"""System checks on what would open the spaces without anyone noticing."""

from django.conf import settings
from django.core.checks import Error, register


@register()
def machina_apps_are_ours(app_configs, **kwargs):
    """Refuse machina's own apps: their grants ("all forums"), views and feeds bypass our rules."""
    return [
        Error(
            f"{app} is installed: only machina's models, made concrete under communaute/, may be.",
            hint="Remove it from INSTALLED_APPS; rights are granted by communaute/permissions.py.",
            id="communaute.E001",
        )
        for app in settings.INSTALLED_APPS
        if app.split(".")[0] == "machina"
    ]
