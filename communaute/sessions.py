"""Django's sessions in the database, read at every request by a query written once."""

from datetime import UTC, datetime

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from communaute.prepared import Prepared


class SessionStore(DatabaseSessionStore):
    """Django's, whose rows and cookies it shares."""

    def _validate_session_key(self, key):
        return super()._validate_session_key(key) and "\0" not in key

    def _get_session_from_db(self):
        found = SESSION.fetch(key=self.session_key, at=timezone.now())
        if not found:
            self._session_key = None
            return None
        return found[0]


SESSION = Prepared(
    lambda key, at: Session.objects.filter(session_key=key, expire_date__gt=at),
    key="clé",
    at=datetime(1848, 2, 24, tzinfo=UTC),
)
