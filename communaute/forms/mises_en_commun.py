"""What is written, asked and answered of a mise en commun, checked."""

from uuid import uuid4

from django import forms
from django.utils.text import Truncator

from communaute.forms.champs import LongField, WrittenField
from communaute.models import Accord

CHANGED = (
    "Vous avez changé le texte. Pour que ce soit lui, choisissez « Oui, ainsi reformulé » ; sinon videz ce "
    "champ : votre oui va au texte tel qu’il est."
)
WITHOUT_ANSWER = "Choisissez une réponse. Tant que vous n’en donnez pas, rien n’est dit."


class TitreField(WrittenField):
    """The title of a learning."""

    def __init__(self, **kwargs):
        super().__init__(
            label="Ce qu’on a appris, en un titre",
            max_length=150,
            error_messages={"required": "Donnez un titre à cet enseignement."},
            **kwargs,
        )


class IntroductionField(WrittenField):
    """The two sentences that begin it."""

    def __init__(self, **kwargs):
        super().__init__(
            label="En deux phrases",
            help_text="Ce qu’on a appris, et ce que cela change. Sans nom, ni lieu, ni fonction.",
            max_length=400,
            widget=forms.Textarea(attrs={"rows": 4}),
            error_messages={"required": "Dites en deux phrases ce qu’on en apprend."},
            **kwargs,
        )


class MessagesField(forms.ModelMultipleChoiceField):
    """Some messages of a topic, each by who wrote it and how it begins."""

    def __init__(self, **kwargs):
        super().__init__(
            None,
            widget=forms.CheckboxSelectMultiple,
            to_field_name="reference",
            error_messages={
                "required": "Choisissez au moins un message.",
                "invalid_choice": "Un des messages choisis n’est plus là : choisissez de nouveau.",
            },
            **kwargs,
        )

    def label_from_instance(self, post):
        said = Truncator(" ".join(post.content.raw.split())).chars(120)
        return f"{post.poster.get_full_name()} : {said}"


class ProposerForm(forms.Form):
    """Which messages of a topic to draw on, and what is learned from them."""

    titre = TitreField()
    introduction = IntroductionField()
    messages = MessagesField(
        label="Les messages dont il vient",
        help_text="Rien n’en est copié. Chaque personne lira ce qui vient d’elle, et dira oui ou non.",
    )
    envoi = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)

    def __init__(self, *args, posts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["messages"].queryset = posts


class PassageForm(forms.Form):
    """A part: its text, in one's own words or quoted, and whom it comes from."""

    texte = WrittenField(
        label="Ce que dit ce passage",
        help_text="Avec vos mots. Rien n’est repris tout seul des messages.",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": "Écrivez ce passage, avec vos mots."},
    )
    est_citation = forms.BooleanField(label="Ce sont les mots mêmes de quelqu’un", required=False)
    sources = MessagesField(
        label="De qui cela vient",
        required=False,
        help_text="Rien de coché : cela vient de la personne qui l’a écrit ici.",
    )
    base = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, posts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["sources"].queryset = posts

    def clean(self):
        cleaned = self.cleaned_data
        if cleaned.get("est_citation") and not (cleaned.get("sources") or "sources" in self.errors):
            self.add_error("sources", "Dites de qui sont ces mots.")
        return cleaned

    @property
    def said(self):
        """What ``mise_en_commun`` takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "base"}


class ChapeauForm(PassageForm):
    """The part that is the title and the two sentences."""

    titre = TitreField()
    texte = IntroductionField()
    est_citation = None

    field_order = ["titre", "texte", "sources"]


class RepondreForm(forms.Form):
    """What one says of a part that draws on oneself; nothing, where all is left as it was."""

    reponse = forms.ChoiceField(
        label="Votre réponse",
        widget=forms.RadioSelect,
        error_messages={"required": WITHOUT_ANSWER},
    )
    dit_le_college = forms.BooleanField(
        label="Si je dis oui : on peut dire de quel collège cela vient", required=False
    )
    texte = LongField(
        label="Comment vous le diriez",
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Seulement pour « oui, ainsi reformulé ».",
    )

    def __init__(self, data, *, accord, offered, says_college):
        text = accord.texte or accord.version.texte
        initial = {
            "reponse": accord.reponse,
            "dit_le_college": accord.dit_le_college,
            # As browsers send lines back.
            "texte": "\r\n".join(text.strip().splitlines()),
        }
        super().__init__(
            data,
            initial=initial,
            prefix=accord.reference,
            empty_permitted=True,
            use_required_attribute=False,
        )
        self.version = accord.version
        self.fields["reponse"].choices = [(one.value, one.label) for one in offered]
        if Accord.Reponse.REFORMULE not in offered:
            del self.fields["texte"]
        elif accord.version.passage.is_chapeau:
            self.fields["texte"].max_length = 400
        if not says_college:
            del self.fields["dit_le_college"]

    def clean(self):
        cleaned = self.cleaned_data
        said, reponse = cleaned.get("texte", "").strip(), cleaned.get("reponse")
        rewords = reponse == Accord.Reponse.REFORMULE
        is_same = said.splitlines() == self.version.texte.strip().splitlines()
        if reponse in Accord.OUI and said and not is_same and "texte" in self.changed_data:
            self.add_error("texte", CHANGED)
        elif rewords and not said and "texte" not in self.errors:
            self.add_error("texte", "Écrivez comment vous le diriez.")
        elif rewords and is_same:
            self.add_error("texte", "C’est le texte tel qu’il est : changez-le, ou dites oui.")
        elif rewords and len(said) > self.fields["texte"].max_length:
            self.add_error("texte", "Deux phrases suffisent ici : 400 signes au plus.")
        return cleaned
