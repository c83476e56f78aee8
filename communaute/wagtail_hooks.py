"""What is done to bring members in, named in Wagtail's log."""

from wagtail import hooks


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
