"""The conversations that both forums are measured on: who says what, where and when.

``python -m benchmarks.conversation.corpus MESSAGES`` loads them into the project of
``DJANGO_SETTINGS_MODULE``, already migrated, if it has no member yet, and prints the cookie of the member
who is measured. Nothing is shown of it: the sentences are real ones where ``../shared/data`` has them.
"""

import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count
from pathlib import Path
from random import Random

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import F

SENTENCES = Path(__file__).parents[3] / "shared/data/phrases-fr-ud-gsd.txt"
SPACES = ["elus", "agents", "etat", "socio_economiques", ""]
"""Their collège; the last one is for all."""
MEMBERS = 2_000
MESSAGES_IN_A_TOPIC = 10
LONG_TOPIC, LONG = len(SPACES), 1_000
"""A topic of the first space, and its messages."""
PINNED = 10
"""Topics that are pinned: as many at every size, two in each space."""
READ_BY_EACH = 20
END, SPAN = datetime(2026, 11, 1, tzinfo=UTC), timedelta(days=700)
ORDINARY = 1
"""The member who is measured: of the first collège, and so of the first and of the last space."""


class Corpus:
    """So many messages, ten to a topic but for a long one, in five spaces of two thousand members."""

    def __init__(self, messages):
        self.messages, self.topics = messages, messages // MESSAGES_IN_A_TOPIC
        self.sentences = (
            SENTENCES.read_text().splitlines() if SENTENCES.exists() else list(_made_up())
        )

    def space_of(self, topic):
        """The number of its space, from 0."""
        return topic % len(SPACES)

    def member_of(self, space, number):
        """One of the members who may speak in this space."""
        if space == len(SPACES) - 1:
            return number % MEMBERS + 1
        colleges = len(SPACES) - 1
        return number % (MEMBERS // colleges) * colleges + space + 1

    def college_of(self, member):
        return SPACES[(member - 1) % (len(SPACES) - 1)]

    def subject(self, topic):
        return self.sentences[topic % len(self.sentences)][:100]

    def is_pinned(self, topic):
        return topic <= PINNED

    def texts(self, message):
        """The three sentences of a message."""
        return [self.sentences[message * step % len(self.sentences)] for step in (1, 31, 17)]

    def said(self):
        """Every message in its order: its number, topic, author and date."""
        for message in range(1, self.messages + 1):
            topic = message
            if self.topics < message < self.topics + LONG:
                topic = LONG_TOPIC
            elif message > self.topics:
                topic = message * 7919 % self.topics + 1
                topic += topic == LONG_TOPIC
            author = self.member_of(self.space_of(topic), message * 31)
            date = END - SPAN * (self.messages - message) / self.messages
            yield message, topic, author, date

    def read(self):
        """What members have read, as pairs of a member and a topic."""
        for member in range(1, MEMBERS + 1):
            spaces = {(member - 1) % (len(SPACES) - 1), len(SPACES) - 1}
            topics = (number * 13 % self.topics + 1 for number in count(member))
            found = set()
            while len(found) < READ_BY_EACH:
                topic = next(topics)
                if self.space_of(topic) in spaces:
                    found.add(topic)
            yield from ((member, topic) for topic in sorted(found))


def _made_up():
    """Sentences of invented words, where there are no real ones; the same in each run."""
    chance = Random(1892)  # noqa: S311
    syllables = ["ba", "co", "du", "fe", "gi", "lo", "mu", "ne", "pi", "ro", "sa", "te", "vi", "zo"]
    lexicon = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(9_000)]
    for _ in range(1_892):
        yield " ".join(chance.choices(lexicon, k=chance.randint(5, 35))).capitalize() + "."


def copy(model, rows):
    """Load instances of ``model`` as they are, faster than anything that calls ``save``."""
    from django.db import connection

    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as into,
    ):
        for row in rows:
            into.write_row(
                [
                    field.get_db_prep_save(field.value_from_object(row), connection)
                    for field in fields
                ]
            )


@contextmanager
def indexed_at_the_end():
    """Indexes of words are made once all is loaded: keeping them up row by row takes most of the time."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
            "AND indexdef LIKE '%USING gin%'"
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _, definition in indexes:
            cursor.execute(definition)


def settle():
    """Let identifiers go on after those loaded, and the database know what it holds."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(sql)
        cursor.execute("VACUUM ANALYZE")


def forget_marks():
    """What an earlier run marked as read all at once is unread again for the member who is measured."""
    from django.apps import apps

    if apps.is_installed("machina.apps.forum_tracking"):
        apps.get_model("forum_tracking", "ForumReadTrack").objects.filter(user=ORDINARY).delete()
    else:
        mine = apps.get_model("communaute", "Participation").objects.filter(membre=ORDINARY)
        mine.update(lu_jusqua=F("rejoint_le"))


def sign_in():
    """The cookie of the member who is measured."""
    from django.test import Client

    client = Client()
    client.force_login(get_user_model().objects.get(pk=ORDINARY))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


if __name__ == "__main__":
    django.setup()
    package = "machina" if "machina" in settings.SETTINGS_MODULE else "portail"
    if not get_user_model().objects.exists():
        with indexed_at_the_end():
            corpus = import_module(f"benchmarks.conversation.{package}_corpus")
            corpus.load(Corpus(int(sys.argv[1])))
        settle()
    forget_marks()
    sys.stdout.write(sign_in())
