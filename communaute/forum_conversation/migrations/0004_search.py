"""Give what was written so far its stems, and PostgreSQL an index of them."""

from django.db import migrations

from communaute.search import indexed

BATCH = 500


def fill(apps, schema_editor):
    for name, text in (("Topic", "subject"), ("Post", "content")):
        model = apps.get_model("forum_conversation", name)
        written = model.objects.order_by("pk")
        if name == "Post":
            written = written.filter(retire_le=None)
        last = 0
        while batch := list(written.filter(pk__gt=last).values_list("pk", text)[:BATCH]):
            model.objects.bulk_update(
                [model(pk=pk, mots=indexed(str(said))) for pk, said in batch], ["mots"]
            )
            last = batch[-1][0]


INDEXES = {
    # Kept up at each write: a search never has a list of what is pending to go through.
    "topic_says": "forum_conversation_topic USING gin (to_tsvector('simple', mots)) WITH (fastupdate = off)",
    "post_says": "forum_conversation_post USING gin (to_tsvector('simple', mots)) WITH (fastupdate = off)",
    "post_by_date": "forum_conversation_post USING brin (created)",
}


def index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, what in INDEXES.items():
            schema_editor.execute(f"CREATE INDEX {name} ON {what}")


class Migration(migrations.Migration):
    atomic = False  # each batch for itself

    dependencies = [("forum_conversation", "0003_search")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(index, migrations.RunPython.noop),
    ]
