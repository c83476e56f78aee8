"""How long what is personal is kept: docs/conservation.md says the same to people, with the reasons.

What has a date of its own ends with it: sessions, demands about a promise.
"""

from datetime import timedelta

SAUVEGARDE = timedelta(days=30)
"""A backup, and so all that was deleted since it was made."""
