"""What one asks of a space, and how one follows it, checked."""

from django import forms

from communaute.forms.champs import DayField
from communaute.forum_conversation.models import Nature
from communaute.models import Niveau
from communaute.recherche import Recherche
from communaute.search import wanted

NIVEAUX_DU_SUJET = [
    ("", "Comme l’espace"),
    *((niveau.value, niveau.label) for niveau in Niveau if niveau != Niveau.PREMIERS),
]
"""The levels of a topic; its first message is the whole of what the level left out would tell."""


class CharteForm(forms.Form):
    """Acceptance of one version of a charter."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    accepte = forms.BooleanField(
        label="J’ai lu cette charte et je m’y engage",
        error_messages={"required": "Cochez la case pour accepter la charte."},
    )

    def __init__(self, *args, charte, **kwargs):
        super().__init__(*args, initial={"version": charte.version}, **kwargs)
        self.charte = charte

    def clean_version(self):
        """Refuse a version that was replaced while its reader was reading it."""
        if self.cleaned_data["version"] != self.charte.version:
            self.data = self.data.copy()
            self.data["version"] = self.charte.version
            raise forms.ValidationError("La charte vient de changer : relisez-la avant d’accepter.")
        return self.cleaned_data["version"]


class NiveauForm(forms.Form):
    """At which level to follow a space."""

    niveau = forms.ChoiceField(choices=Niveau.choices)


class NiveauDuSujetForm(forms.Form):
    """At which level to follow a topic: without one, that of its space."""

    niveau = forms.ChoiceField(choices=NIVEAUX_DU_SUJET, required=False)


class RechercheForm(forms.Form):
    """What is looked for in the spaces that one has entered; nothing is required."""

    q = forms.CharField(label="Mots recherchés", max_length=200, required=False)
    auteur = forms.CharField(
        label="Écrit par", help_text="Un nom, ou son début.", max_length=100, required=False
    )
    espace = forms.ChoiceField(label="Dans l’espace", required=False)
    nature = forms.ChoiceField(
        label="Type de sujet", choices=[("", "Tous"), *Nature.choices], required=False
    )
    du = DayField(label="À partir du", required=False)
    au = DayField(label="Jusqu’au", required=False)
    pieces = forms.BooleanField(label="Avec pièce jointe", required=False)

    def __init__(self, *args, espaces, **kwargs):
        super().__init__(*args, **kwargs)
        self.espaces = {espace.slug: espace for espace in espaces}
        choices = [(slug, espace.nom) for slug, espace in self.espaces.items()]
        self.fields["espace"].choices = [("", "Tous mes espaces"), *choices]
        self.fields["espace"].error_messages["invalid_choice"] = "Choisissez l’un de vos espaces."
        self.fields["nature"].error_messages["invalid_choice"] = "Choisissez un type de la liste."

    def clean(self):
        du, au = self.cleaned_data.get("du"), self.cleaned_data.get("au")
        if du and au and du > au:
            self.add_error("au", "Cette date est avant la première : inversez-les.")

    @property
    def is_precise(self):
        """Whether something other than words is asked for."""
        return any(name != "q" and value for name, value in self.cleaned_data.items())

    @property
    def recherche(self):
        """What was asked, once checked."""
        asked = {**self.cleaned_data}
        words = tuple(wanted(asked.pop("q")))
        espace = self.espaces.get(asked.pop("espace"))
        return Recherche(words=words, espace=espace, **asked)
