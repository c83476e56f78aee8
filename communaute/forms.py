"""What members write, checked."""

from unicodedata import category

from django import forms

from communaute.forum_conversation.models import Nature
from communaute.markdown import MAX_LENGTH
from communaute.models import Niveau
from communaute.recherche import Recherche
from communaute.search import wanted

NIVEAUX_DU_SUJET = [
    ("", "Comme l’espace"),
    *((niveau.value, niveau.label) for niveau in Niveau if niveau != Niveau.PREMIERS),
]
"""The levels of a topic; its first message is the whole of what the level left out would tell."""


class WrittenField(forms.CharField):
    """Text with something to be seen in it: spaces of zero width are no message."""

    def to_python(self, value):
        value = super().to_python(value)
        return value if any(category(sign)[0] not in "CZ" for sign in value) else ""


class MessageForm(forms.Form):
    """The text of a message, in Markdown."""

    content = WrittenField(
        label="Votre message",
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={
            "required": "Écrivez votre message avant de l’envoyer.",
            "max_length": (
                "Votre message compte %(show_value)s signes, la limite est de %(limit_value)s. "
                "Raccourcissez-le, ou envoyez-le en plusieurs fois."
            ),
        },
    )


class TopicForm(MessageForm):
    """A new topic: its title, then its first message."""

    subject = WrittenField(
        label="Titre du sujet",
        help_text="Une question ou une phrase que vos pairs reconnaîtront.",
        max_length=150,
        error_messages={"required": "Donnez un titre à votre sujet."},
    )

    field_order = ["subject", "content"]


class NomForm(forms.Form):
    """Whether a member is named in public."""

    nomme_publiquement = forms.BooleanField(
        label="Afficher mon nom et ma fonction sur la page publique de mon territoire",
        required=False,
    )


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

    q = forms.CharField(label="Des mots", max_length=200, required=False)
    auteur = forms.CharField(
        label="Écrit par", help_text="Un nom, ou son début.", max_length=100, required=False
    )
    espace = forms.ChoiceField(label="Dans l’espace", required=False)
    nature = forms.ChoiceField(
        label="Genre de sujet", choices=[("", "Tous"), *Nature.choices], required=False
    )
    du = forms.DateField(label="À partir du", required=False)
    au = forms.DateField(label="Jusqu’au", required=False)
    pieces = forms.BooleanField(label="Avec pièce jointe", required=False)

    def __init__(self, *args, espaces, **kwargs):
        super().__init__(*args, **kwargs)
        self.espaces = {espace.slug: espace for espace in espaces}
        choices = [(slug, espace.nom) for slug, espace in self.espaces.items()]
        self.fields["espace"].choices = [("", "Tous mes espaces"), *choices]
        for name in ("du", "au"):
            self.fields[name].widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
            self.fields[name].error_messages["invalid"] = "Donnez une date, comme 31/01/2026."
        self.fields["espace"].error_messages["invalid_choice"] = "Choisissez l’un de vos espaces."
        self.fields["nature"].error_messages["invalid_choice"] = "Choisissez un genre de la liste."

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


class ResumeForm(forms.Form):
    """The summary of a topic, in Markdown, and the version that its author was shown."""

    base = forms.IntegerField(widget=forms.HiddenInput)
    content = WrittenField(
        label="Le résumé",
        help_text="Où en est-on, pour qui arrive maintenant ? Laissez vide pour retirer le résumé.",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )


class VoteForm(forms.Form):
    """One's answer to a poll, among those ``offered``: their rank is what is sent."""

    def __init__(self, *args, sondage, offered, **kwargs):
        super().__init__(*args, **kwargs)
        self.offered = offered
        field, widget = forms.ChoiceField, forms.RadioSelect
        if sondage.plusieurs:
            field, widget = forms.MultipleChoiceField, forms.CheckboxSelectMultiple
        mine = [str(one.ordre) for one in offered if one.is_mine]
        self.fields["choix"] = field(
            label="Vos réponses (plusieurs possibles)" if sondage.plusieurs else "Votre réponse",
            choices=[(str(one.ordre), one.texte) for one in offered],
            widget=widget,
            initial=mine if sondage.plusieurs else next(iter(mine), None),
            error_messages={"required": "Choisissez une réponse avant de voter."},
        )

    def chosen(self):
        """The ranks of the answers chosen."""
        chosen = self.cleaned_data["choix"]
        return chosen if isinstance(chosen, list) else [chosen]


class PromesseForm(forms.Form):
    """Another promise for a topic, among those ``offered`` beside the ``current`` one."""

    promesse = forms.ChoiceField(
        label="Ce que ce sujet promettra",
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la promesse que vous proposez."},
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
