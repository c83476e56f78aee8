"""What is said in a disagreement put to work, checked."""

from django import forms
from django.utils import timezone

from communaute.forms.champs import DayField, WrittenField, reason
from communaute.models import Issue
from communaute.text import fold


def _said(label, required_message, **options):
    """A text of some lines, with what is said where there is none."""
    messages = {
        "required": required_message,
        "max_length": (
            "Ce texte compte %(show_value)s signes, la limite est de %(limit_value)s. Raccourcissez-le."
        ),
    }
    return reason(label, error_messages=messages, **options)


class PositionForm(forms.Form):
    """What one holds, under one's name or under a role, which names none of the ``readers``."""

    texte = _said(
        "Ma position",
        "Écrivez votre position avant de l’envoyer.",
        help_text="Ce que vous tenez, en peu de mots, et à la première personne si vous pouvez.",
    )
    role = WrittenField(
        label="La porter par un rôle plutôt que par mon nom",
        help_text=(
            "Par exemple : une élue d’une petite ville. On lira ce rôle, et personne d’autre que vous, pas "
            "même l’animation, ne saura que c’est vous. Laissez vide pour signer de votre nom."
        ),
        required=False,
        max_length=80,
    )

    def __init__(self, *args, readers, **kwargs):
        super().__init__(*args, **kwargs)
        self.readers = readers

    def clean_role(self):
        role = " ".join(self.cleaned_data["role"].split())
        said = f" {fold(role)} "
        if role and any(f" {fold(one.get_full_name())} " in said for one in self.readers):
            raise forms.ValidationError(
                "C’est le nom de quelqu’un qui lit ici. Écrivez un rôle, ou rien pour signer de votre nom."
            )
        return role


class ReformulationForm(forms.Form):
    """How one understands a position of others."""

    texte = _said(
        "Comment je comprends cette position",
        "Redites cette position avec vos mots avant d’envoyer.",
        help_text="Ce que l’autre tient, dit comme vous pensez que l’autre le dirait, sans y répondre.",
    )


class ReconnaissanceForm(forms.Form):
    """Whether it is what one holds; if not quite, what is missing."""

    OUI, NON = "1", "0"

    juste = forms.ChoiceField(
        label="Est-ce bien ce que vous tenez ?",
        choices=[(OUI, "C’est bien ça"), (NON, "Pas tout à fait")],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez « c’est bien ça » ou « pas tout à fait ».",
            "invalid_choice": "Choisissez l’une des deux réponses.",
        },
    )
    mot = WrittenField(
        label="Si ce n’est pas tout à fait ça : ce qui manque, en un mot",
        required=False,
        max_length=300,
        help_text="On lira ce mot, sans votre nom.",
    )

    def clean(self):
        cleaned = self.cleaned_data
        if cleaned.get("juste") == self.NON and not cleaned.get("mot") and "mot" not in self.errors:
            self.add_error("mot", "Dites en un mot ce qui manque : on pourra essayer de nouveau.")
        return cleaned

    @property
    def said(self):
        """What ``desaccord.recognise`` takes."""
        return {
            "est_juste": self.cleaned_data["juste"] == self.OUI,
            "mot": self.cleaned_data["mot"],
        }


class DessousForm(forms.Form):
    """What matters to one who holds a position, and what would change their mind; nothing is required."""

    compte = reason(
        "Ce qui compte pour moi, dessous",
        required=False,
        max_length=1000,
        help_text="Ce que vous voulez protéger ou faire grandir, et que votre position sert.",
    )
    changerait = reason(
        "Ce qui me ferait changer d’avis",
        required=False,
        max_length=1000,
        help_text="Un fait, un essai, une garantie. « Rien » est aussi une réponse, à dire telle quelle.",
    )


class EssaiForm(forms.Form):
    """What is tried until a day, or who decides by then."""

    texte = _said(
        "Ce que nous essayons, ou ce qui est à trancher",
        "Dites ce que vous proposez d’essayer, ou ce qui est à trancher.",
        help_text="Assez petit pour être tenu, assez précis pour que l’on sache si cela a eu lieu.",
    )
    arbitre = WrittenField(
        label="Qui tranche, si quelqu’un doit trancher",
        help_text="Une fonction ou une instance, par exemple : le bureau de l’intercommunalité.",
        required=False,
        max_length=150,
    )
    le = DayField(
        label="Le jour où l’on en reparle",
        help_text="Ce jour-là, on redemandera où cela en est à chaque personne qui a pris part.",
        error_messages={"required": "Choisissez le jour où l’on en reparle."},
    )

    def clean_le(self):
        day = self.cleaned_data["le"]
        if day <= timezone.localdate():
            raise forms.ValidationError("Choisissez un jour qui vient, à partir de demain.")
        return day


class AvisForm(forms.Form):
    """Whether what is tried suits one; if not, what hinders."""

    OUI, NON = "1", "0"

    va = forms.ChoiceField(
        label="Qu’en dites-vous ?",
        choices=[(OUI, "Cela me va"), (NON, "Quelque chose me gêne")],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez l’une des deux réponses.",
            "invalid_choice": "Choisissez l’une des deux réponses.",
        },
    )
    mot = WrittenField(label="Si quelque chose vous gêne : quoi", required=False, max_length=300)

    def clean(self):
        cleaned = self.cleaned_data
        if cleaned.get("va") == self.NON and not cleaned.get("mot") and "mot" not in self.errors:
            self.add_error("mot", "Dites ce qui vous gêne : on cherchera avec vous.")
        return cleaned

    @property
    def said(self):
        """What ``desaccord.weigh`` takes."""
        return {"va": self.cleaned_data["va"] == self.OUI, "mot": self.cleaned_data["mot"]}


class IssueForm(forms.Form):
    """What came of a disagreement."""

    fin = forms.ChoiceField(
        label="Où cela en est",
        choices=Issue.Fin.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez où cela en est.",
            "invalid_choice": "Choisissez l’une des réponses proposées.",
        },
    )
    texte = reason(
        "Ce qu’il en reste, en quelques mots",
        max_length=1000,
        help_text="Ce que l’on garde, ce qui n’est pas réglé. Sans dire qui avait raison.",
        error_messages={
            "required": "Dites en quelques mots ce qu’il en reste.",
            "max_length": (
                "Ce texte compte %(show_value)s signes, la limite est de %(limit_value)s. Raccourcissez-le."
            ),
        },
    )


class MasquerPositionForm(forms.Form):
    """Why a facilitator keeps a position from readers."""

    texte = _said("Pourquoi", "Dites pourquoi.", help_text="Chaque personne qui lit ici le lira.")
