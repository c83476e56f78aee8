"""How long what is personal is kept, for what has no end of its own; ``manage.py menage`` holds to it.

docs/conservation.md says the same to people, with the reasons; the legal page promises some of it.
"""

from calendar import monthrange
from datetime import timedelta

SIGNALEMENT = timedelta(days=365)
"""What was written through the contact page, from its arrival, once it was dealt with."""
ADHESION_REPONDUE = timedelta(days=180)
"""A request to join, from its answer."""
ADHESION = timedelta(days=365)
"""A request to join that nobody answers."""
INVITATION = timedelta(days=180)
"""An invitation, from the day when it was accepted or revoked, or has expired."""
BROUILLON = timedelta(days=365)
"""What was being written, since it last changed."""
FICHIER_DE_BROUILLON = timedelta(days=30)
"""A file that waits in a draft."""
ALERTE = timedelta(days=365)
"""A report of a message, from what was decided of it; the decision stays."""
MOT_DE_PASSATION = timedelta(days=365)
"""The word of who left a seat, since who came after read it."""
COMPTE_AVERTI, COMPTE = 23, 24
"""An account, in months since its owner last came: when they are warned, and when it is anonymised."""
PREAVIS = timedelta(days=30)
"""How long they have at least to come back, once they were warned."""
ARCHIVE = timedelta(days=7)
"""What a member asked to be given of all that the portal holds about them."""
NOTE_NON_TRIEE = timedelta(days=30)
"""What was noted in a meeting, and nobody sorted, from the end of the time to sort it."""
NOTIFICATION = timedelta(days=90)
"""That somebody was told of a message, in the bell or by a mail; what was said is not in it."""
ABONNEMENT = timedelta(days=7)
"""An address that was given for the letter, until its owner confirms it."""
HISTORIQUE = timedelta(days=3 * 365)
"""The journal of the back office."""
TRAVAIL = timedelta(days=1)
"""A job that is done, with the addresses, codes and links that it was given."""
TRAVAIL_PERDU = timedelta(days=30)
"""A job that was never done, or whose worker died."""
SAUVEGARDE = timedelta(days=30)
"""A backup, and so all that was deleted since it was made."""


def months_before(day, months):
    """The day that many months before ``day``, or the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))
