"""Who is there, and what is noted in a meeting, checked."""

from django import forms
from django.utils.crypto import constant_time_compare

from communaute import salle
from communaute.forms.champs import reason
from communaute.models import Membre


class CodeForm(forms.Form):
    """The code that was told in the room of a meeting, however it is typed."""

    code = forms.CharField(
        label="Le code dit dans la salle",
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        help_text="Six lettres et chiffres, que donne la personne qui anime.",
        error_messages={"required": "Écrivez le code."},
    )

    def __init__(self, *args, rencontre, **kwargs):
        super().__init__(*args, **kwargs)
        self.rencontre = rencontre

    def clean_code(self):
        code = self.cleaned_data["code"]
        typed = "".join(sign for sign in code.upper() if sign.isalnum())
        if not constant_time_compare(typed, salle.code_of(self.rencontre)):
            raise forms.ValidationError("Ce n’est pas le code de cette rencontre. Vérifiez-le.")
        return code


class MembresField(forms.ModelMultipleChoiceField):
    """Some members, each by their name."""

    def __init__(self, **kwargs):
        super().__init__(
            Membre.objects.none(),
            required=False,
            to_field_name="reference",
            widget=forms.CheckboxSelectMultiple,
            error_messages={
                "invalid_choice": "Une des personnes cochées ne lit plus cet espace. Vérifiez la liste."
            },
            **kwargs,
        )

    def label_from_instance(self, membre):
        return membre.get_full_name()


class AppelForm(forms.Form):
    """Who else is there: of those who said that they come, or may, and of the other readers."""

    attendus = MembresField(label="Les personnes attendues")
    autres = MembresField(label="Les autres personnes de l’espace")

    def __init__(self, *args, attendus, autres, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["attendus"].queryset = attendus
        self.fields["autres"].queryset = autres

    def clean(self):
        said = super().clean()
        if not self.errors and not self.present:
            raise forms.ValidationError("Cochez au moins une personne.")
        return said

    @property
    def present(self):
        """The members that were ticked."""
        return [*self.cleaned_data.get("attendus", ()), *self.cleaned_data.get("autres", ())]


def _note_field():
    return reason(
        "Ce qui s’est dit",
        max_length=1000,
        help_text="Une idée par note, sans dire de qui elle vient. On ne lit pas qui l’a écrite.",
        error_messages={
            "required": "Écrivez la note avant de l’ajouter.",
            "max_length": (
                "Cette note compte %(show_value)s signes, la limite est de %(limit_value)s. "
                "Raccourcissez-la, ou faites-en deux."
            ),
        },
    )


class NoteForm(forms.Form):
    """What was said in the room, in a few lines."""

    texte = _note_field()


class EffacerForm(forms.Form):
    """Why a facilitator erases a note of the minutes, or a version of a summary."""

    motif = reason("Pourquoi l’effacer")
