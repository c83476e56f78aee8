"""When and where one meets, checked."""

import re
from datetime import UTC, datetime, time

from django import forms
from django.utils import timezone

from communaute.models import Territoire

MOMENT = re.compile(r"(?P<heure>[01]?\d|2[0-3])\s*[h:]\s*(?P<minute>[0-5]\d)?\s+(?P<texte>\S.*)")
"""A line of a programme: its hour, then what happens."""
MOST_MOMENTS = 40


def at(day, hour):
    """That time on the clock of the cohort. ``ValidationError`` where clocks skip it."""
    naive = datetime.combine(day, hour)
    aware = timezone.make_aware(naive)
    if timezone.localtime(aware.astimezone(UTC)).replace(tzinfo=None) != naive:
        raise forms.ValidationError(
            "Cette heure n’existe pas ce jour-là : les horloges avancent. Choisissez-en une autre."
        )
    return aware


class DayField(forms.DateField):
    """A day, as browsers send it or as people write it."""

    def __init__(self, **kwargs):
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d", "%d/%m/%Y"],
            **kwargs,
        )
        self.error_messages["invalid"] = (
            "Cette date n’en est pas une : écrivez par exemple 31/12/2026."
        )


class HourField(forms.TimeField):
    """An hour, as browsers send it or as people write it: "14:30", "14h30", "14 h"."""

    def __init__(self, **kwargs):
        super().__init__(
            widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            input_formats=["%H:%M", "%H:%M:%S"],
            **kwargs,
        )
        self.error_messages["invalid"] = (
            "Cette heure n’en est pas une : écrivez par exemple 14:30 ou 14 h."
        )

    def to_python(self, value):
        if isinstance(value, str) and (said := re.fullmatch(r"\s*(\d\d?)\s*h\s*(\d\d)?\s*", value)):
            value = f"{said[1]}:{said[2] or '00'}"
        return super().to_python(value)


class SeanceForm(forms.Form):
    """When and where one meets. ``rencontre`` is what the form says of it, named as in the model."""

    jour = DayField(label="Jour", error_messages={"required": "Choisissez le jour."})
    debut = HourField(
        label="Heure de début", error_messages={"required": "Dites à quelle heure on commence."}
    )
    fin = HourField(
        label="Heure de fin", error_messages={"required": "Dites à quelle heure on finit."}
    )
    dernier_jour = DayField(
        label="Dernier jour",
        required=False,
        help_text="Seulement si l’on se retrouve plusieurs jours.",
    )
    lieu = forms.CharField(
        label="Lieu",
        required=False,
        max_length=200,
        help_text="Une salle et son adresse. Laissez vide si l’on ne se voit qu’à distance.",
    )
    lien = forms.URLField(
        label="Lien pour se retrouver à distance",
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text="Seules le voient les personnes qui viennent, et l’animation.",
        error_messages={
            "invalid": "Cette adresse n’en est pas une : elle commence par https:// ou http://."
        },
    )
    territoire = forms.ModelChoiceField(
        Territoire.objects.order_by("nom"),
        label="Territoire qui accueille",
        required=False,
        empty_label="Aucun en particulier",
    )
    capacite = forms.IntegerField(
        label="Nombre de places",
        required=False,
        min_value=1,
        max_value=2000,
        help_text="Vide : autant que l’on veut. Au-delà, on attend qu’une place se libère.",
    )
    programme = forms.CharField(
        label="Programme",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Un moment par ligne, l’heure d’abord. Par exemple : 9 h 30 Accueil.",
    )

    def clean_lien(self):
        lien = self.cleaned_data["lien"]
        if lien and not lien.startswith(("https://", "http://")):
            raise forms.ValidationError(self.fields["lien"].error_messages["invalid"])
        return lien

    def clean_programme(self):
        moments = []
        lines = [line.strip() for line in self.cleaned_data["programme"].splitlines()]
        for line in filter(None, lines):
            said = MOMENT.fullmatch(line)
            if not said:
                raise forms.ValidationError(
                    f"Une ligne ne commence pas par une heure : « {line[:60]} ». Écrivez par exemple "
                    "« 9 h 30 Accueil »."
                )
            heure = time(int(said["heure"]), int(said["minute"] or 0))
            moments.append({"heure": f"{heure:%H:%M}", "texte": said["texte"]})
        if len(moments) > MOST_MOMENTS:
            raise forms.ValidationError(f"{MOST_MOMENTS} lignes au plus.")
        return moments

    def clean(self):
        super().clean()
        said = self.cleaned_data
        first, last = said.get("jour"), said.get("dernier_jour") or said.get("jour")
        if not (first and said.get("debut") and said.get("fin")):
            return said
        whole = {}
        for name, day in (("debut", first), ("fin", last)):
            try:
                whole[name] = at(day, said[name])
            except forms.ValidationError as skipped:
                self.add_error(name, skipped)
        if len(whole) < len(("debut", "fin")):
            return said
        if whole["fin"] <= whole["debut"]:
            late = "dernier_jour" if last < first else "fin"
            self.add_error(late, "La rencontre finirait avant de commencer.")
        elif whole["fin"] <= timezone.now():
            self.add_error("jour", "Ce moment est passé : choisissez-en un qui vient.")
        return said

    @property
    def rencontre(self):
        said = self.cleaned_data
        names = ("lieu", "lien", "territoire", "capacite", "programme")
        return {
            "debut": at(said["jour"], said["debut"]),
            "fin": at(said["dernier_jour"] or said["jour"], said["fin"]),
            **{name: said[name] for name in names},
        }


class ChangeForm(SeanceForm):
    """A change of when and where, of the ``base`` that its author was shown."""

    base = forms.IntegerField(widget=forms.HiddenInput)

    field_order = ["jour", "debut", "fin", "dernier_jour", "lieu", "lien", "programme", "capacite"]

    @staticmethod
    def said_of(rencontre):
        """What the fields hold at first."""
        debut, fin = timezone.localtime(rencontre.debut), timezone.localtime(rencontre.fin)
        return {
            "jour": debut.date(),
            "debut": debut.time(),
            "fin": fin.time(),
            "dernier_jour": None if rencontre.is_one_day else fin.date(),
            "programme": "\n".join(
                f"{moment['heure']} {moment['texte']}" for moment in rencontre.programme
            ),
            **{
                name: getattr(rencontre, name)
                for name in ("lieu", "lien", "territoire", "capacite")
            },
            "base": rencontre.revision,
        }


class AnnulerForm(forms.Form):
    """Why a meeting is called off."""

    motif = forms.CharField(
        label="Pourquoi, en une phrase",
        required=False,
        max_length=300,
        help_text="Les personnes qui devaient venir la liront ici.",
    )


class AnnoncerForm(forms.Form):
    """What the public is told of a meeting."""

    titre = forms.CharField(
        label="Titre",
        max_length=150,
        help_text="Rien n’est repris du sujet : écrivez pour qui ne connaît pas la cohorte.",
        error_messages={"required": "Donnez un titre à cette annonce."},
    )
    presentation = forms.CharField(
        label="De quoi il s’agit, et pour qui",
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Sans nom ni propos de qui s’exprime dans l’espace. Dites aussi comment s’inscrire.",
        error_messages={"required": "Dites en quelques phrases de quoi il s’agit."},
    )
    lieu = forms.CharField(
        label="Où",
        max_length=200,
        help_text="Une salle et son adresse, ou « À distance ».",
        error_messages={"required": "Dites où l’on se retrouve."},
    )
