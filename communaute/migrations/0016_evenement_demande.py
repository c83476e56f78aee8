import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery


def fill(apps, schema_editor):
    post = apps.get_model("forum_conversation", "Post").objects.filter(pk=OuterRef("post"))
    apps.get_model("communaute", "Evenement").objects.update(topic=Subquery(post.values("topic")))


class Migration(migrations.Migration):
    dependencies = [
        ("communaute", "0015_notifications"),
        ("forum_conversation", "0009_topic_of_poster"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="notification", name="notification_dite_a_membre"
        ),
        migrations.AlterField(
            model_name="notification",
            name="motif",
            field=models.CharField(
                choices=[
                    ("cite", "On vous cite"),
                    ("demande", "On vous demande votre accord"),
                    ("reponse", "On répond à votre sujet"),
                    ("sujet", "Un nouveau sujet"),
                    ("message", "Un nouveau message"),
                ],
                max_length=10,
                verbose_name="motif",
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=Q(motif__in=("cite", "demande", "reponse"), vue_le=None),
                fields=["membre"],
                name="notification_dite_a_membre",
            ),
        ),
        migrations.AddField(
            model_name="evenement",
            name="topic",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="forum_conversation.topic",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="evenement",
            name="topic",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="forum_conversation.topic",
            ),
        ),
        migrations.AlterField(
            model_name="evenement",
            name="post",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="evenements",
                to="forum_conversation.post",
                verbose_name="message",
            ),
        ),
        migrations.AddField(
            model_name="evenement",
            name="demande",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="communaute.demandepromesse",
            ),
        ),
        migrations.AddConstraint(
            model_name="evenement",
            constraint=models.CheckConstraint(
                condition=Q(post=None) ^ Q(demande=None), name="evenement_message_ou_demande"
            ),
        ),
    ]
