"""What is written to bring someone in, or to come in, checked."""

from django import forms

from communaute import invitations, listes
from communaute.forms.champs import DayField
from communaute.models import Adhesion, College, Invitation, Membre, Siege, Territoire
from communaute.models.invitations import facilitated_places
from communaute.models.membres import Rythme
from communaute.visiteurs import TrapField, UncutMixin

JOURS = ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche")
MOT = "Quelques mots de vous, en tête du courriel : pourquoi cette personne, et ce qu’elle trouvera ici."


class InvitationForm(UncutMixin, forms.ModelForm):
    """One invitation, for what its author may give."""

    class Meta:
        model = Invitation
        fields = ["email", "prenom", "nom", "college", "allie", "territoire", "fonction", "espaces"]
        fields += ["succede_a", "mot"]
        labels = {
            "email": "Son adresse électronique",
            "prenom": "Son prénom",
            "nom": "Son nom",
            "espaces": "Espaces que cette personne animera",
        }
        help_texts = {
            "email": "L’invitation ne vaut que pour cette adresse.",
            "allie": "À la place d’un collège.",
            "territoire": "Aucun pour qui représente plusieurs territoires, l’État ou un allié.",
            "fonction": "La personne pourra la préciser en arrivant.",
            "succede_a": (
                "Si cette personne reprend un siège : il passe à elle quand elle accepte, avec son collège "
                "et son territoire, et elle lit ce que l’espace ouvre à qui succède."
            ),
            "mot": MOT,
        }
        widgets = {
            "email": forms.EmailInput(attrs={"autocomplete": "off"}),
            "prenom": forms.TextInput(attrs={"autocomplete": "off"}),
            "nom": forms.TextInput(attrs={"autocomplete": "off"}),
            "espaces": forms.CheckboxSelectMultiple,
            "mot": forms.Textarea(attrs={"rows": 4}),
        }
        error_messages = {
            "email": {
                "required": "Donnez l’adresse à laquelle écrire.",
                "invalid": "Cette adresse n’a pas la forme d’une adresse électronique.",
            },
        }

    def __init__(self, *args, user, may_name, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["college"].choices = [("", "Aucun"), *College.choices]
        seats = Siege.objects.filter(successeur=None).select_related(
            "membre", "territoire", "allie"
        )
        if not may_name:
            seats = seats.filter(facilitated_places(user))
        self.fields["succede_a"].queryset = seats
        self.fields["succede_a"].empty_label = "Personne : c’est une place nouvelle"
        self.fields["allie"].empty_label = "Aucune"
        self.fields["territoire"].empty_label = "Aucun"
        if may_name:
            self.fields["espaces"].queryset = self.fields["espaces"].queryset.select_related(
                "forum"
            )
        else:
            del self.fields["espaces"]

    def clean_email(self):
        return self.cleaned_data["email"].lower()

    def clean(self):
        said = super().clean()
        if before := said.get("succede_a"):
            said |= {name: getattr(before, name) for name in ("college", "territoire", "allie")}
        college, allie = said.get("college"), said.get("allie")
        self.instance.animates = list(said.get("espaces", []))
        if college and allie:
            self.add_error(
                "allie", "Un siège est d’un collège ou d’une organisation alliée, pas des deux."
            )
        elif (college or allie) and not said.get("fonction") and "fonction" not in self.errors:
            self.add_error(
                "fonction", "Dites à quel titre : conseillère, chargé de mission, gérante…"
            )
        elif not (college or allie or self.instance.animates):
            self.add_error("college", "Dites à quel collège cette personne appartient.")
        return said

    def _post_clean(self):
        super()._post_clean()
        if not self.errors:
            [obstacle] = invitations.obstacles(self.user, [self.instance])
            if obstacle:
                self.add_error(None, f"{obstacle[0].upper()}{obstacle[1:]}.")


class ListeForm(UncutMixin, forms.Form):
    """A list of people to invite, pasted or in a file: ``lines`` is what each line became."""

    liste = forms.CharField(
        label="La liste",
        required=False,
        help_text=(
            "Une personne par ligne, telle que copiée d’un tableur. Colonnes : "
            f"{', '.join(listes.COLUMNS)}. Une première ligne de titres permet un autre ordre."
        ),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    fichier = forms.FileField(
        label="Ou un fichier",
        required=False,
        help_text=f"Au format CSV, {listes.MAX_LINES} personnes au plus.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv"}),
    )
    mot = forms.CharField(
        label="Mot personnel",
        required=False,
        max_length=1000,
        help_text=MOT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    lines = ()

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_fichier(self):
        fichier = self.cleaned_data["fichier"]
        if fichier and fichier.size > listes.MAX_BYTES:
            raise forms.ValidationError(
                "Ce fichier dépasse un mégaoctet : coupez la liste en deux."
            )
        return fichier

    def clean(self):
        said = super().clean()
        if self.errors:
            return said
        if bool(said["liste"]) == bool(said["fichier"]):
            self.add_error("liste", "Collez une liste, ou choisissez un fichier : l’un des deux.")
            return said
        try:
            text = said["liste"] or listes.decoded(said["fichier"].read())
            self.lines = listes.read(self.user, text)
        except listes.Unreadable as unreadable:
            self.add_error("liste" if said["liste"] else "fichier", str(unreadable))
            return said
        if wrong := [line for line in self.lines if line.errors]:
            self.add_error(None, _wrong(len(wrong), len(self.lines)))
            # No browser gives a file back: what it held is corrected in the page.
            self.data = self.data.copy()
            self.data["liste"] = text
        return said

    def invitations(self):
        """The invitations of a list without fault."""
        found = [line.invitation for line in self.lines]
        for invitation in found:
            invitation.mot = self.cleaned_data["mot"]
        return found


def _wrong(count, total):
    lines = "Une ligne est à corriger" if count == 1 else f"{count} lignes sont à corriger"
    return f"{lines} sur {total}. Aucune invitation n’est partie."


class IdentiteForm(UncutMixin, forms.Form):
    """Who one is, for whoever takes up an invitation; with a seat, in what capacity."""

    first_name = forms.CharField(
        label="Votre prénom",
        max_length=150,
        error_messages={"required": "Donnez votre prénom."},
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label="Votre nom",
        max_length=150,
        error_messages={"required": "Donnez votre nom."},
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    fonction = forms.CharField(
        label="Votre fonction",
        max_length=120,
        help_text="Elle s’affiche à côté de votre nom, pour qui peut vous lire.",
        error_messages={"required": "Dites à quel titre vous venez."},
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )

    def __init__(self, *args, invitation, known=False, **kwargs):
        initial = {
            "first_name": invitation.prenom,
            "last_name": invitation.nom,
            "fonction": invitation.fonction,
        }
        super().__init__(*args, initial=initial, **kwargs)
        if known:
            del self.fields["first_name"], self.fields["last_name"]
        if not invitation.gives_seat:
            del self.fields["fonction"]


class RythmeForm(UncutMixin, forms.ModelForm):
    """How often to hear from the spaces."""

    jours = forms.TypedMultipleChoiceField(
        label="Les jours que je choisis",
        help_text="Si vous avez choisi « les jours que je choisis ».",
        choices=list(enumerate(JOURS)),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Membre
        fields = ["rythme", "jours", "lettre", "pause_jusqu_au"]
        widgets = {"rythme": forms.RadioSelect}
        field_classes = {"pause_jusqu_au": DayField}
        labels = {
            "rythme": "Des nouvelles de vos espaces",
            "lettre": "La lettre de la semaine : ce que la cohorte a appris",
            "pause_jusqu_au": "Ne plus m’écrire jusqu’au",
        }
        help_texts = {
            "rythme": "Quand on vous cite, qu’on vous répond ou qu’on vous demande votre accord, vous le "
            "savez aussitôt, sauf si vous choisissez « rien ».",
            "lettre": "Le lundi matin, s’il y a du nouveau sur les pages publiques. Elle se choisit à part.",
            "pause_jusqu_au": "Des vacances, une campagne : ce jour compris, aucun courriel. Tout vous "
            "attend ici.",
        }

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("rythme") == Rythme.CHOISIS and not cleaned.get("jours"):
            self.add_error("jours", "Choisissez au moins un jour.")
        return cleaned


class AbonnementForm(UncutMixin, forms.Form):
    """The address that takes the letter of the week."""

    email = forms.EmailField(
        label="Votre adresse électronique",
        help_text="Nous y envoyons d’abord un lien, pour vérifier que c’est bien la vôtre.",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": "Donnez l’adresse où recevoir la lettre.",
            "invalid": "Cette adresse n’a pas la forme d’une adresse électronique.",
            "max_length": "Cette adresse est trop longue.",
        },
    )
    piege = TrapField()

    def clean_email(self):
        """In lower case, as all addresses are kept."""
        return self.cleaned_data["email"].lower()


class AdhesionForm(UncutMixin, forms.ModelForm):
    """What one writes to ask to join."""

    piege = TrapField()

    class Meta:
        model = Adhesion
        fields = ["prenom", "nom", "email", "college", "territoire", "fonction", "message"]
        labels = {
            "prenom": "Votre prénom",
            "nom": "Votre nom",
            "email": "Votre adresse électronique",
            "college": "Vous êtes",
            "territoire": "Votre territoire",
            "fonction": "Votre fonction",
            "message": "Ce qui vous amène",
        }
        help_texts = {
            "email": "C’est là que la réponse vous parviendra. Elle ne sert à rien d’autre.",
            "message": "Ce que vous menez, ce que vous cherchez auprès d’autres territoires.",
        }
        widgets = {
            "prenom": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "nom": forms.TextInput(attrs={"autocomplete": "family-name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "college": forms.RadioSelect,
            "fonction": forms.TextInput(attrs={"autocomplete": "organization-title"}),
            "message": forms.Textarea(attrs={"rows": 6}),
        }
        error_messages = {
            "prenom": {"required": "Donnez votre prénom."},
            "nom": {"required": "Donnez votre nom."},
            "email": {
                "required": "Donnez une adresse où vous répondre.",
                "invalid": "Cette adresse n’a pas la forme d’une adresse électronique.",
            },
            "message": {
                "required": "Dites en quelques mots ce qui vous amène.",
                "max_length": (
                    "Votre message compte %(show_value)s signes, la limite est de %(limit_value)s."
                ),
            },
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["college"].choices = [
            *College.choices,
            ("", "D’une organisation alliée, ou autre"),
        ]
        self.fields["territoire"].queryset = Territoire.objects.order_by("nom")
        self.fields["territoire"].empty_label = "Un autre, plusieurs, ou aucun"


class RefusForm(UncutMixin, forms.Form):
    """The word that goes with a no."""

    mot = forms.CharField(
        label="Votre mot",
        required=False,
        max_length=1000,
        help_text=(
            "Il est ajouté au courriel, qui dit avec courtoisie que l’entrée n’est pas possible aujourd’hui."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
