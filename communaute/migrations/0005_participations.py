"""Whoever accepted a charter follows its space, and has read what was said there until now."""

from django.db import migrations
from django.utils import timezone


def join(apps, schema_editor):
    accepted = apps.get_model("communaute", "AcceptationCharte").objects
    Participation = apps.get_model("communaute", "Participation")
    Participation.objects.bulk_create(
        Participation(membre_id=membre, espace_id=espace, lu_jusqua=timezone.now())
        for membre, espace in accepted.values_list("membre", "charte__espace").distinct()
    )


class Migration(migrations.Migration):
    dependencies = [("communaute", "0004_conversation")]

    operations = [migrations.RunPython(join, migrations.RunPython.noop, elidable=True)]
