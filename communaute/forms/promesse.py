"""What is asked and answered of the promise of a topic, checked."""

from django import forms


class PromesseForm(forms.Form):
    """Another promise for a topic, among those ``offered`` beside the ``current`` one."""

    promesse = forms.ChoiceField(
        label="Ce que ce sujet promettra",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez la promesse que vous proposez.",
            "invalid_choice": "Cette promesse ne peut pas être proposée maintenant.",
        },
    )

    def __init__(self, *args, offered, current, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["promesse"].choices = [
            (
                promesse.value,
                f"{promesse.label} — "
                + (
                    "si chaque personne qui a écrit ici dit oui"
                    if promesse.is_looser_than(current)
                    else "tout de suite"
                ),
            )
            for promesse in offered
        ]


class AccordForm(forms.Form):
    """One's yes or no to a looser promise."""

    oui = forms.ChoiceField(
        label="Votre réponse",
        choices=[("1", "Oui, j’accepte"), ("0", "Non, rien ne change")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez oui ou non. Ne pas répondre veut dire non."},
    )
