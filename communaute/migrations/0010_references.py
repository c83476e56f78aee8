from django.db import migrations, models

from communaute.models.membres import new_reference


def give_references(apps, schema_editor):
    """Give each member who is there already a reference of their own."""
    Membre = apps.get_model("communaute", "Membre")
    for pk in Membre.objects.filter(reference=None).values_list("pk", flat=True):
        Membre.objects.filter(pk=pk).update(reference=new_reference())


class Migration(migrations.Migration):

    dependencies = [
        ('communaute', '0009_mot_de_passation'),
    ]

    operations = [
        migrations.AddField(
            model_name='membre',
            name='reference',
            field=models.CharField(editable=False, max_length=16, null=True),
        ),
        migrations.RunPython(give_references, migrations.RunPython.noop),
    ]
