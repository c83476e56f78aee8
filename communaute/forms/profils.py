"""What members say of themselves, and leave behind them, checked."""

from django import forms

from communaute import profils
from communaute.forms.champs import LongField, WrittenField
from communaute.models import College, Profil, Territoire, Visible

SHOWN = {
    "photo": "ma photo",
    "partage": "ce que je peux partager",
    "cherche": "ce que je cherche",
    "contact": "comment me joindre",
}
"""What a profile shows to whom its member chooses, as it is said after « Qui voit »."""


class ProfilForm(forms.ModelForm):
    """What a member says of themselves, each thing with those whom it is shown to."""

    fichier = forms.FileField(
        label="Ma photo",
        help_text=(
            "JPEG, PNG ou WebP, de 10 Mo au plus. Elle est réduite, et ce que l’appareil y a noté (lieu, "
            "date, modèle) est effacé."
        ),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    sans_photo = forms.BooleanField(label="Enlever ma photo", required=False)
    partage = WrittenField(
        label="Ce que je peux partager",
        help_text=(
            "Ce que vous avez vécu, essayé, appris. C’est par ces mots que l’annuaire répond à « qui a "
            "déjà rencontré ce problème ? »."
        ),
        required=False,
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    cherche = WrittenField(
        label="Ce que je cherche",
        help_text="Une question qui vous occupe, une expérience que vous aimeriez entendre.",
        required=False,
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    contact = WrittenField(
        label="Comment me joindre",
        help_text="Par quel moyen, à quels moments. Votre adresse de connexion n’est jamais affichée.",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    nomme_publiquement = forms.BooleanField(
        label="Afficher mon nom et ma fonction sur la page publique de mon territoire",
        required=False,
    )

    class Meta:
        model = Profil
        fields = [
            *("partage", "partage_visible", "cherche", "cherche_visible"),
            *("contact", "contact_visible", "photo_visible"),
        ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, what in SHOWN.items():
            field = self.fields[f"{name}_visible"]
            field.label = f"Qui voit {what}"
            field.choices = Visible.choices
        self.initial["nomme_publiquement"] = self.instance.membre.nomme_publiquement
        if not self.instance.photo:
            del self.fields["sans_photo"]

    def clean_fichier(self):
        """The picture as it will be kept."""
        upload = self.cleaned_data["fichier"]
        return upload and profils.photo(upload)


class AnnuaireForm(forms.Form):
    """Whom one looks for; nothing is required."""

    q = forms.CharField(label="Qui a rencontré ce problème ?", max_length=200, required=False)
    quoi = forms.ChoiceField(
        label="Dans",
        choices=[
            ("", "Ce qui se partage et se cherche"),
            ("partage", "Ce que l’on peut partager"),
            ("cherche", "Ce que l’on cherche"),
        ],
        required=False,
    )
    college = forms.ChoiceField(
        label="Collège", choices=[("", "Tous"), *College.choices], required=False
    )
    territoire = forms.ModelChoiceField(
        Territoire.objects.all(), label="Territoire", empty_label="Tous", required=False
    )


class MotDePassationForm(forms.Form):
    """What one leaves to whoever holds the seat next; empty, nothing."""

    texte = LongField(
        label="Votre mot",
        help_text="En Markdown si vous voulez : **gras**, - liste. Vide, rien n’est gardé.",
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )


class DepartForm(forms.Form):
    """What one who leaves chooses for what they wrote, and that they mean it."""

    messages = forms.ChoiceField(
        label="Ce que vous avez écrit",
        choices=[
            ("garder", "Le laisser, sans mon nom : on lira « Ancien·ne membre »"),
            ("retirer", "Le retirer : à sa place, on lira qu’un message a été retiré"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez ce que deviennent vos messages."},
    )
    sur = forms.BooleanField(
        label="J’ai compris : c’est pour de bon, personne ne pourra rouvrir ce compte",
        error_messages={"required": "Cochez cette case pour fermer votre compte."},
    )
