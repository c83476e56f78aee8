"""What members write, checked."""

from unicodedata import category

from django import forms

from communaute.markdown import MAX_LENGTH


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
