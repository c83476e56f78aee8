"""What is done to members' accounts, named in Wagtail's log."""

from wagtail import hooks

from communaute.effacement import LEFT
from communaute.second_facteur import FORGOTTEN


@hooks.register("register_log_actions")
def name_acts(actions):
    for action, label, message in (
        ("inviter", "Inviter", "Invitation envoyée"),
        ("renvoyer", "Renvoyer une invitation", "Invitation renvoyée"),
        ("revoquer", "Révoquer une invitation", "Invitation révoquée"),
        ("accepter", "Accepter une invitation", "Invitation acceptée"),
        ("decliner", "Décliner une demande", "Demande d’adhésion déclinée"),
    ):
        actions.register_action(f"communaute.{action}", label, message)
    actions.register_action(
        FORGOTTEN, "Retirer le second facteur", "Second facteur retiré à la demande du membre"
    )
    actions.register_action(LEFT, "Fermer un compte", "Compte fermé pour de bon")
