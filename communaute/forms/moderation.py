"""What is reported, decided and appealed against, checked."""

from datetime import datetime, time

from django import forms
from django.utils import timezone

from communaute.forms.champs import DayField, reason
from communaute.models import Acte, Alerte
from communaute.moderation import WITHOUT_REASON


class AlerteForm(forms.Form):
    """Why one reports a message."""

    motif = forms.ChoiceField(
        label="Ce message…",
        choices=Alerte.Motif,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez ce qui vous alerte.",
            "invalid_choice": "Choisissez l’une des raisons proposées.",
        },
    )
    texte = reason("Ce que l’animation doit savoir", required=False)


class DecisionForm(forms.Form):
    """What a facilitator decides about a message, and why."""

    LABELS = {
        Acte.MASQUER: "Masquer ce message",
        Acte.DEMASQUER: "Le montrer à nouveau",
        Acte.APPROUVER: "L’accepter : il paraît aussitôt",
        Acte.REFUSER: "Le refuser",
        Acte.CLASSER: "Classer les alertes sans suite",
    }
    EXCEPT = {Acte.APPROUVER: "pour accepter", Acte.CLASSER: "pour classer sans suite"}

    base = forms.IntegerField(widget=forms.HiddenInput)
    acte = forms.ChoiceField(
        label="Votre décision",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez ce que vous décidez.",
            "invalid_choice": "Cette décision n’est plus possible : choisissez parmi celles-ci.",
        },
    )
    motif = reason("Pourquoi", required=False)

    def __init__(self, *args, decisions, **kwargs):
        super().__init__(*args, **kwargs)
        self._offer(decisions)

    def _offer(self, decisions):
        self.fields["acte"].choices = [(acte, self.LABELS[acte]) for acte in decisions]
        free = [self.EXCEPT[acte] for acte in decisions if acte in WITHOUT_REASON]
        if not free:
            said = "L’auteur·rice du message lira ce motif."
        elif len(free) < len(decisions):
            said = (
                f"L’auteur·rice du message lira ce motif. Il en faut un, sauf {' ou '.join(free)}."
            )
        else:
            said = "Facultatif. Gardé au journal de l’espace."
        self["motif"].help_text = said

    def give_back(self, base, decisions):
        """Show what was typed again, with what can be decided now about the message as it is now."""
        self.data = self.data.copy()
        self.data["base"] = base
        self._offer(decisions)

    def clean(self):
        cleaned = super().clean()
        acte = cleaned.get("acte")
        if acte and acte not in WITHOUT_REASON and not cleaned.get("motif"):
            self.add_error("motif", "Dites pourquoi : l’auteur·rice lira ce motif.")
        return cleaned


class DeplacementForm(forms.Form):
    """Where a topic is moved, and why."""

    vers = forms.ChoiceField(
        label="Déplacer vers",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez un espace.",
            "invalid_choice": "Ce sujet ne peut pas, ou plus, être déplacé vers cet espace.",
        },
    )
    motif = reason("Pourquoi", required=False, help_text="Gardé au journal de l’espace.")


class SuspensionForm(forms.Form):
    """Whom a space is closed to, until when, and why."""

    membre = forms.ModelChoiceField(
        None,
        label="Membre",
        empty_label="Choisir…",
        error_messages={
            "required": "Choisissez une personne.",
            "invalid_choice": "Cette personne ne peut pas être suspendue de cet espace.",
        },
    )
    jusqua = DayField(
        label="Jusqu’au",
        required=False,
        help_text="Dernier jour compris. Sans date, jusqu’à ce que l’animation la lève.",
    )
    motif = reason("Pourquoi", help_text="La personne le lira.")

    def __init__(self, *args, membres, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["membre"].queryset = membres

    def clean_jusqua(self):
        """The end of that day."""
        day = self.cleaned_data["jusqua"]
        if day is None:
            return None
        if day < timezone.localdate():
            raise forms.ValidationError("Cette date est passée.")
        return timezone.make_aware(datetime.combine(day, time.max))


class MotifForm(forms.Form):
    """Why something is done."""

    motif = reason()


class RecoursForm(forms.Form):
    """What whom a decision concerns answers to it."""

    texte = reason(
        "Ce que vous voulez que l’on entende",
        error_messages={
            "required": "Écrivez votre recours avant de l’envoyer.",
            "max_length": (
                "Votre recours compte %(show_value)s signes, la limite est de %(limit_value)s. "
                "Raccourcissez-le."
            ),
        },
    )


class JugementForm(forms.Form):
    """What is answered to an appeal, and why."""

    CONFIRMER, INFIRMER = "confirmer", "infirmer"

    reponse = forms.ChoiceField(
        label="Votre réponse",
        widget=forms.RadioSelect,
        choices=[
            (CONFIRMER, "Confirmer la décision"),
            (INFIRMER, "L’annuler : elle n’a plus d’effet"),
        ],
        error_messages={
            "required": "Choisissez votre réponse.",
            "invalid_choice": "Choisissez l’une des deux réponses.",
        },
    )
    motif = reason("Pourquoi", help_text="La personne le lira.")
