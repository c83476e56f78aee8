"""The acts of the back office that its log names, besides Wagtail's own."""

from datetime import date

from wagtail.log_actions import LogFormatter

from communaute.dates import day_said
from communaute.models import Membre
from pages.exports import EXPORTED

SEAT_ENDED = "siege.finir"
SEAT_PASSED = "siege.passer"
SPACE_OPENED = "espace.ouvrir"
SPACE_CLOSED = "espace.refermer"
NAMED = "espace.nommer"
CHARTER_CHANGED = "espace.charte"
EDITION_GIVEN = "territoire.edition"
MAIL_SENT_AGAIN = "courriel.renvoyer"


def changes(before, after):
    """What the log keeps of who was named and who no longer is, by their keys: a dict, or an empty one."""
    before, after = ({membre.pk for membre in membres} for membres in (before, after))
    if before == after:
        return {}
    return {"ajout": sorted(after - before), "retrait": sorted(before - after)}


def _names(keys):
    return ", ".join(map(str, Membre.objects.filter(pk__in=keys)))


def _said(data):
    """Who was named and who no longer is, in words."""
    parts = (("ajout", "avec"), ("retrait", "sans"))
    return " ; ".join(f"{word} {_names(data[key])}" for key, word in parts if data.get(key))


class Named(LogFormatter):
    label = "Nommer dans un espace"

    def format_message(self, log_entry):
        role = {"animation": "Animation", "lecture": "Lecture"}[log_entry.data["role"]]
        return f"{role} : {_said(log_entry.data)}"


class EditionGiven(LogFormatter):
    label = "Donner l’édition d’un territoire"

    def format_message(self, log_entry):
        return f"Édition : {_said(log_entry.data)}"


class SeatEnded(LogFormatter):
    label = "Finir un siège"

    def format_message(self, log_entry):
        if fin := log_entry.data["fin"]:
            return f"Siège fini le {day_said(date.fromisoformat(fin))}"
        return "Fin du siège retirée"


class Exported(LogFormatter):
    label = "Exporter une liste"

    def format_message(self, log_entry):
        data = log_entry.data
        rows = f"{data['lignes']} ligne{'s' if data['lignes'] > 1 else ''}"
        return f"Liste « {data['liste']} » exportée ({data['format']}) : {rows}"


def name_acts(actions):
    """Register them with Wagtail."""
    actions.register_action(SEAT_ENDED)(SeatEnded)
    actions.register_action(SEAT_PASSED, "Passer le siège", "Siège passé à une autre personne")
    actions.register_action(NAMED)(Named)
    actions.register_action(CHARTER_CHANGED, "Changer une charte", "Charte changée")
    actions.register_action(
        SPACE_OPENED, "Ouvrir ce qui précède", "Ouvert à qui prend la suite ce qui s’est dit avant"
    )
    actions.register_action(
        SPACE_CLOSED,
        "Refermer ce qui précède",
        "Refermé à qui prend la suite ce qui s’est dit avant",
    )
    actions.register_action(EDITION_GIVEN)(EditionGiven)
    actions.register_action(MAIL_SENT_AGAIN, "Renvoyer un courriel", "Courriel renvoyé")
    actions.register_action(EXPORTED)(Exported)
