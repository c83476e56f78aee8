"""Meetings as calendars read them (RFC 5545).

A calendar is shared, shown on a locked telephone, kept by its maker: but for the file that a reader asks for
by hand, it says when, and leads to the agenda, which opens to each what is theirs to read. Nothing else.
"""

from datetime import UTC
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from django.urls import reverse
from icalendar import Calendar, Event

from communaute.models import AgendaPersonnel, Cohorte, Presence

SALT = "agenda"
NEUTRAL = "Rencontre de la cohorte"


def _event(rencontre, reference, page, summary, description, location=""):
    """The event of a meeting, known by this reference and told at the address ``page``."""
    event = Event()
    event.add("uid", f"{reference}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("dtstamp", rencontre.modifiee_le)
    event.add("last-modified", rencontre.modifiee_le)
    event.add("sequence", rencontre.revision)
    event.add("dtstart", _utc(rencontre.debut))
    event.add("dtend", _utc(rencontre.fin))
    event.add("status", "CANCELLED" if rencontre.annulee_le else "CONFIRMED")
    event.add("url", page)
    event.add("summary", summary)
    event.add("description", description)
    if location:
        event.add("location", location)
    return event


def entry(rencontre, membre=None):
    """The event of a meeting: its time alone, or for ``membre``, who reads of it, what it is about and where;
    the link where they come.
    """
    if membre is None:
        page = f"{settings.SITE_URL}{reverse('communaute:agenda')}#{rencontre.reference}"
        said = f"Le détail, pour vous : {page}"
        event = _event(rencontre, rencontre.reference, page, NEUTRAL, said)
    else:
        page = f"{settings.SITE_URL}{rencontre.get_absolute_url()}"
        link = rencontre.lien if comes(membre, rencontre) else ""
        said = "\n".join(filter(None, [link, page]))
        what = rencontre.topic.subject, said, rencontre.lieu
        event = _event(rencontre, rencontre.reference, page, *what)
    event.add("class", "PRIVATE")
    return event


def public_entry(annonce):
    """The event of what the public is told of a meeting."""
    page = f"{settings.SITE_URL}{annonce.get_absolute_url()}"
    said = f"{annonce.presentation}\n\n{page}"
    what = annonce.titre, said, annonce.lieu
    return _event(annonce.rencontre, annonce.reference, page, *what)


def comes(membre, rencontre):
    """Whether ``membre`` comes, with a seat."""
    mine = Presence.objects.readable_by(membre).filter(rencontre=rencontre, membre=membre.pk)
    return mine.seated().exists()


def _utc(moment):
    """An instant that no reader has to know our clocks to place."""
    return moment.astimezone(UTC)


def calendar(events):
    """The bytes of a calendar of these events."""
    made, nom = Calendar(), Cohorte.load().nom
    made.add("prodid", "-//Portail de la cohorte//FR")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("name", nom)
    made.add("x-wr-calname", nom)
    for event in events:
        made.add_component(event)
    return made.to_ical()


def answer(events, name):
    """The response that is a calendar of these events, as a file of this name."""
    return HttpResponse(
        calendar(events),
        content_type="text/calendar; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.ics"',
            "Cache-Control": "private, no-store",
        },
    )


def attachment(events):
    """The same, to go with a mail: its name, its bytes, its type."""
    return "rencontre.ics", calendar(events), "text/calendar"


# --- One's own agenda, at a secret address


def open_agenda(membre):
    """Give ``membre`` a secret address for their agenda; the one that they had opens nothing any more."""
    close_agenda(membre)
    return AgendaPersonnel.objects.create(membre=membre)


def close_agenda(membre):
    """Have the secret address of ``membre`` open nothing any more."""
    AgendaPersonnel.objects.filter(membre=membre).delete()


def address_of(agenda):
    """The secret address of an agenda."""
    jeton = signing.dumps(agenda.cle, salt=SALT)
    return f"{settings.SITE_URL}{reverse('agenda_personnel', args=[jeton])}"


def owner_of(jeton):
    """The active member whose agenda this opens, or None."""
    try:
        cle = signing.loads(jeton, salt=SALT)
    except signing.BadSignature:
        return None
    found = AgendaPersonnel.objects.filter(cle=cle, membre__is_active=True)
    agenda = found.select_related("membre").first()
    return agenda and agenda.membre
