"""What members write in topics, checked."""

from datetime import datetime, time
from uuid import uuid4, uuid5

from django import forms
from django.utils import timezone
from django.utils.html import format_html

from communaute.forms.champs import DayField, LongField, TextField, TitleField, WrittenField
from communaute.forms.rencontres import (
    FEWEST_PROPOSED,
    HOW_TO_PROPOSE,
    MOST_PROPOSED,
    CadreForm,
    DatesField,
    SerieForm,
)
from communaute.forum_conversation.models import Nature, Promesse
from communaute.markdown import MAX_LENGTH
from communaute.models.echanges import in_two_weeks
from communaute.pieces import ACCEPTED

MIN_CHOICES, MAX_CHOICES = 2, 10


class FilesInput(forms.FileInput):
    """A place for several files; what was chosen cannot be shown again by any browser."""

    allow_multiple_selected = True


class MessageForm(forms.Form):
    """The text of a message, in Markdown, and files with it.

    ``main`` is what one is asked at first; ``folds`` is what unfolds, as titles and names of fields.
    ``sections`` are the fields that follow one another in the message, with the headings they get.
    """

    content = TextField(
        label="Votre message", required_message="Écrivez votre message avant de l’envoyer."
    )
    fichiers = forms.FileField(
        label="Fichiers",
        required=False,
        help_text=(
            "Choisissez-en plusieurs à la fois, ou déposez-les ici : 6 au plus, de 10 Mo chacun, 25 Mo en "
            "tout. Images, PDF, documents de bureautique, textes."
        ),
        widget=FilesInput(attrs={"accept": ",".join(f".{ending}" for ending in ACCEPTED)}),
    )
    envoi = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)

    main = ["content"]
    folds = [("Joindre des fichiers", ["fichiers"])]
    sections = [("content", "")]

    def clean(self):
        if len(self.texte) > MAX_LENGTH and not self.errors:
            self.add_error(
                None,
                f"Votre message compte {len(self.texte)} signes en tout, la limite est de {MAX_LENGTH}. "
                "Raccourcissez-le, ou envoyez-le en plusieurs fois.",
            )

    @property
    def texte(self):
        """The message that these fields make, in Markdown; what is empty has no heading."""
        parts = (
            (heading, self.cleaned_data.get(name, "").strip()) for name, heading in self.sections
        )
        return "\n\n".join(
            f"## {heading}\n\n{text}" if heading else text for heading, text in parts if text
        )

    @property
    def message(self):
        """What is to be written, as ``communaute.conversation`` takes it.

        The same form sent twice with the same text is one message; with another text, another one.
        """
        envoi = self.cleaned_data["envoi"]
        return {"content": self.texte, "envoi": envoi and uuid5(envoi, self.texte)}

    def main_fields(self):
        """The fields that are shown at first."""
        return [self[name] for name in self.main]

    def visible_fields(self):
        """The fields that are seen, in the order of the page."""
        unfolded = [name for _, names in self.folds for name in names]
        return [self[name] for name in [*self.main, *unfolded]]

    def folded_fields(self):
        """What unfolds, as dicts: ``title``, ``fields``, and whether it is ``open`` at first."""
        for title, names in self.folds:
            fields = [self[name] for name in names]
            filled = any(
                field.errors or (field.value() and field.value() != field.field.initial)
                for field in fields
            )
            yield {"title": title, "fields": fields, "open": filled}


class EditForm(MessageForm):
    """A change of a message: of the ``base`` that its author was shown, without which nothing tells that it
    is still the one.
    """

    content = TextField(
        label="Votre message", required_message="Écrivez votre message avant de l’enregistrer."
    )
    base = forms.IntegerField(required=False, widget=forms.HiddenInput)
    envoi = None

    @property
    def message(self):
        base = self.cleaned_data["base"]
        return {
            "content": self.texte,
            "base": -1 if base is None else base,
            "subject": self.cleaned_data.get("subject"),
        }


class EditOpeningForm(EditForm):
    """A change of the message that opens a topic, and of the topic's title."""

    subject = TitleField()

    main = ["subject", "content"]


class TopicForm(MessageForm):
    """A new topic: its title, its first message, and what is promised of what will be said in it.

    ``invite`` says when one opens a topic of that ``nature``; ``name`` is what the form is asked for by,
    where it is not that.
    """

    subject = TitleField(help_text="Une phrase que vos pairs reconnaîtront.")
    promesse = forms.ChoiceField(
        label="Ce que deviendra ce qui se dit dans ce sujet",
        choices=[
            (
                choice.value,
                format_html(
                    "<span><strong>{}</strong> {}</span>", choice.label, choice.explication
                ),
            )
            for choice in Promesse
        ],
        initial=Promesse.RESTE_ICI,
        required=False,
        widget=forms.RadioSelect,
    )

    nature = None
    name = None
    main = ["subject", "content"]
    folds = [*MessageForm.folds, ("Choisir ce que deviendra ce qui se dit ici", ["promesse"])]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["nature"] = forms.CharField(
            initial=self.name or self.nature, required=False, widget=forms.HiddenInput
        )

    def clean_promesse(self):
        return self.cleaned_data["promesse"] or Promesse.RESTE_ICI

    @property
    def message(self):
        envoi = self.cleaned_data["envoi"]
        said = f"{self.cleaned_data['subject']}\n{self.texte}"
        return {
            "content": self.texte,
            "envoi": envoi and uuid5(envoi, said),
            "subject": self.cleaned_data["subject"],
            "nature": self.nature,
            "promesse": self.cleaned_data["promesse"],
        }


class QuestionForm(TopicForm):
    """What one asks, and what was tried already."""

    essais = TextField(label="Ce que vous avez déjà essayé", rows=5, required=False)

    nature = Nature.QUESTION
    icone = "message-circle-question-mark"
    invite = "Vous butez sur quelque chose, et quelqu’un l’a peut-être déjà vécu."
    folds = [("Dire ce que vous avez déjà essayé", ["essais"]), *TopicForm.folds]
    sections = [("content", ""), ("essais", "Ce que j’ai déjà essayé")]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["subject"].help_text = "Votre question, en une phrase."


class RetourForm(TopicForm):
    """What was done, what worked and did not, what is kept of it."""

    content = TextField(
        label="Ce que nous avons fait",
        rows=6,
        required_message="Dites ce que vous avez fait avant d’envoyer.",
    )
    marche = TextField(label="Ce qui a marché", rows=5, required=False)
    coince = TextField(label="Ce qui n’a pas marché", rows=5, required=False)
    retenu = TextField(label="Ce que nous en gardons", rows=5, required=False)

    nature = Nature.RETOUR
    icone = "footprints"
    invite = "Vous avez essayé : ce qui a marché, ce qui n’a pas marché, ce que vous en gardez."
    folds = [("Dire ce que cela a donné", ["marche", "coince", "retenu"]), *TopicForm.folds]
    sections = [
        ("content", "Ce que nous avons fait"),
        ("marche", "Ce qui a marché"),
        ("coince", "Ce qui n’a pas marché"),
        ("retenu", "Ce que nous en gardons"),
    ]


class RessourceForm(TopicForm):
    """Something found elsewhere, and why it is worth one's time."""

    content = TextField(
        label="Pourquoi elle vaut le détour",
        rows=6,
        required_message="Dites en quelques mots pourquoi cette ressource vaut le détour.",
    )
    lien = forms.URLField(
        label="Son adresse",
        max_length=500,
        assume_scheme="https",
        help_text="Par exemple https://www.exemple.fr/guide.",
        error_messages={
            "required": "Donnez l’adresse de la ressource.",
            "invalid": "Cette adresse n’en est pas une : elle commence par https:// ou http://.",
        },
    )

    nature = Nature.RESSOURCE
    icone = "book-open"
    invite = "Un guide, un article, un outil qui vaut le détour, et pourquoi."
    main = ["subject", "lien", "content"]
    sections = [("lien", ""), ("content", "")]

    def clean_lien(self):
        lien = self.cleaned_data["lien"]
        if not lien.startswith(("https://", "http://")):
            raise forms.ValidationError(self.fields["lien"].error_messages["invalid"])
        return f"<{lien.replace('<', '%3C').replace('>', '%3E')}>"


class AnnonceForm(TopicForm):
    """What those who facilitate a space tell all who read it."""

    nature = Nature.ANNONCE
    icone = "megaphone"
    invite = "Ce que l’animation fait savoir à tout l’espace."


class SondageForm(TopicForm):
    """A question with the answers to choose from."""

    content = TextField(
        label="Pourquoi vous posez la question",
        rows=5,
        required_message="Dites en quelques mots pourquoi vous posez la question.",
    )
    choix = LongField(
        label="Les réponses proposées",
        help_text=f"Une par ligne, de {MIN_CHOICES} à {MAX_CHOICES}.",
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": f"Proposez au moins {MIN_CHOICES} réponses, une par ligne."},
    )
    plusieurs = forms.BooleanField(label="On peut en choisir plusieurs", required=False)
    ferme_le = DayField(
        label="Dernier jour pour répondre",
        help_text=(
            "Les résultats paraissent ensuite, pas avant, et si cinq personnes au moins ont voté : sinon, on "
            "devinerait qui a répondu quoi."
        ),
        initial=lambda: timezone.localdate(in_two_weeks()),
        error_messages={"required": "Choisissez le dernier jour pour répondre."},
    )

    nature = Nature.SONDAGE
    icone = "list-checks"
    invite = "Des réponses à choisir. Personne ne voit qui a répondu quoi."
    main = ["subject", "choix", "ferme_le", "content"]
    folds = [("Régler le vote", ["plusieurs"]), *TopicForm.folds]

    def clean_choix(self):
        choices = [
            " ".join(line.split())
            for line in self.cleaned_data["choix"].splitlines()
            if line.strip()
        ]
        if not MIN_CHOICES <= len(choices) <= MAX_CHOICES:
            raise forms.ValidationError(
                f"Il faut de {MIN_CHOICES} à {MAX_CHOICES} réponses, une par ligne : il y en a "
                f"{len(choices)}."
            )
        if len({choice.casefold() for choice in choices}) < len(choices):
            raise forms.ValidationError("Deux réponses sont les mêmes : gardez-en une.")
        if any(len(choice) > 150 for choice in choices):
            raise forms.ValidationError("Une réponse compte 150 signes au plus.")
        return choices

    def clean_ferme_le(self):
        day = self.cleaned_data["ferme_le"]
        if day < timezone.localdate():
            raise forms.ValidationError("Ce jour est passé : choisissez-en un qui vient.")
        return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))

    @property
    def message(self):
        names = ("choix", "plusieurs", "ferme_le")
        return super().message | {"sondage": {name: self.cleaned_data[name] for name in names}}


class RencontreForm(SerieForm, TopicForm):
    """A topic about a meeting: what for, when and where."""

    content = TextField(
        label="Pourquoi on se retrouve",
        rows=6,
        required_message="Dites en quelques mots pourquoi vous proposez de vous retrouver.",
    )

    nature = Nature.RENCONTRE
    icone = "calendar-days"
    invite = "Un moment pour se parler, une fois ou plusieurs, sur place ou à distance. On dit si l’on vient."
    main = ["subject", "jour", "debut", "fin", "lieu", "lien", "content"]
    folds = [
        ("La répéter", ["repete", "jusquau"]),
        ("Donner un programme", ["programme"]),
        (
            "Compter les places, dire qui accueille",
            ["capacite", "reservees", "territoire", "dernier_jour"],
        ),
        *TopicForm.folds,
    ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["subject"].label = "Titre de la rencontre"

    @property
    def message(self):
        return super().message | {"rencontres": self.rencontres}


class ChercherForm(CadreForm, TopicForm):
    """The same, whose date is searched for together."""

    content = TextField(
        label="Pourquoi on se retrouve",
        rows=6,
        required_message="Dites en quelques mots pourquoi vous proposez de vous retrouver.",
    )
    dates = DatesField(
        FEWEST_PROPOSED, MOST_PROPOSED, label="Les dates possibles", help_text=HOW_TO_PROPOSE
    )

    nature = Nature.RENCONTRE
    name = "chercher"
    main = ["subject", "dates", "lieu", "lien", "content"]
    folds = [
        ("Donner un programme", ["programme"]),
        ("Compter les places, dire qui accueille", ["capacite", "reservees", "territoire"]),
        *TopicForm.folds,
    ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["subject"].label = "Titre de la rencontre"

    @property
    def message(self):
        searched = {"rencontres": [self.cadre], "dates": self.cleaned_data["dates"]}
        return super().message | searched


class DesaccordForm(TopicForm):
    """What one disagrees about, and what is shared all the same; nothing said there leaves the space."""

    content = TextField(
        label="L’objet du désaccord",
        rows=5,
        help_text="Ce sur quoi nous ne sommes pas d’accord, sans dire encore qui a raison.",
        required_message="Dites sur quoi porte le désaccord.",
    )
    partage = TextField(
        label="Ce que nous partageons",
        rows=5,
        help_text="Ce sur quoi nous sommes d’accord malgré tout : c’est là que l’on s’appuie.",
        required_message="Dites ce que vous partagez malgré le désaccord, même si c’est peu.",
    )

    nature = Nature.DESACCORD
    icone = "split"
    invite = (
        "Vous n’êtes pas d’accord : chacun·e dit ce qu’il ou elle tient, redit ce que tient l’autre, et l’on "
        "cherche quoi essayer. Sans vainqueur."
    )
    main = ["subject", "content", "partage"]
    folds = MessageForm.folds
    sections = [("content", "L’objet du désaccord"), ("partage", "Ce que nous partageons")]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["subject"].help_text = "La question qui vous sépare, en une phrase."


TOPIC_FORMS = {
    form.nature: form
    for form in (
        *(QuestionForm, RetourForm, RessourceForm, RencontreForm, SondageForm),
        *(DesaccordForm, AnnonceForm),
    )
}


ALL_TOPIC_FORMS = TOPIC_FORMS | {ChercherForm.name: ChercherForm}
"""All of them, by what each is asked for by."""


WRITTEN = {
    "nature",
    *(name for form in (*ALL_TOPIC_FORMS.values(), EditOpeningForm) for name in form.base_fields),
} - {"envoi", "fichiers"}
"""The names of the fields that say what a member is writing, in any place."""


_TYPED = (
    *("subject", "lien", "choix", "content", "marche", "coince", "retenu", "essais"),
    *("titre", "introduction", "texte", "lieu", "programme", "partage", "role", "mot"),
    *("compte", "changerait", "arbitre", "reservees", "dates"),
)


def typed_text(data):
    """All that was typed in a form that was sent, as one text: what the fields of messages hold, in the order
    of a message, then any other words that are no password.
    """
    texts = [data.get(name, "").strip() for name in _TYPED]
    for name, value in data.items():
        if name not in _TYPED and "password" not in name and isinstance(value, str):
            texts.append(value.strip() if len(value.split()) > 1 else "")
    return "\n\n".join(text for text in texts if text)


class ResumeForm(forms.Form):
    """The summary of a topic, in Markdown, and the version that its author was shown."""

    base = forms.IntegerField(widget=forms.HiddenInput)
    content = WrittenField(
        label="Le résumé",
        help_text="Où en est-on, pour qui arrive maintenant ?",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": "Écrivez le résumé avant de l’enregistrer."},
    )

    def __init__(self, *args, current, **kwargs):
        super().__init__(*args, **kwargs)
        if current:
            self.fields["content"].required = False
            self.fields["content"].help_text += " Laissez vide pour retirer le résumé."


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
