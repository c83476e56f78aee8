"""When and where one meets, checked."""

import re
from datetime import date, time
from itertools import pairwise

from django import forms
from django.utils import timezone
from django.utils.text import capfirst

from communaute import repetitions
from communaute.dates import check_year, day_said, span_said
from communaute.forms.champs import DayField, HourField, LongField
from communaute.models import College, Disponibilite, Territoire
from communaute.rencontres import names_a_learning
from communaute.repetitions import MOST_DATES, Repetition, at
from communaute.text import fold

MOMENT = re.compile(r"(?P<heure>[01]?\d|2[0-3])\s*[h:]\s*(?P<minute>[0-5]\d)?\s+(?P<texte>\S.*)")
"""A line of a programme: its hour, then what happens."""
MOST_MOMENTS = 40
KEPT = re.compile(r"(?P<places>\d{1,4})\s*(?:places?\s+)?(?:pour\s+)?(?P<nom>\D.*)")
"""A line of what is kept of the seats: how many, then for whom."""
PROPOSED = re.compile(
    r"(?:le\s+)?(?P<jour>\d\d?)/(?P<mois>\d\d?)/(?P<annee>\d{4}),?\s+(?:de\s+)?"
    r"(?P<h1>\d\d?)\s*[h:]\s*(?P<m1>\d\d)?\s*(?:-|–|à)\s*(?P<h2>\d\d?)\s*[h:]\s*(?P<m2>\d\d)?"
)
"""A date as people write it: "12/03/2027 14:00-16:00", "le 12/03/2027 de 14 h à 16 h 30"."""
FEWEST_PROPOSED, MOST_PROPOSED = 2, 12
ARTICLE = re.compile(r"^(?:les?|la|l) ")
SHORT = {
    College.ELUS: ("élus", "élues"),
    College.AGENTS: ("agents", "agentes", "agent·es"),
    College.ETAT: ("État", "agents de l’État", "agentes de l’État"),
    College.SOCIO_ECONOMIQUES: ("socio-économiques", "acteurs socio-économiques"),
}
"""What people also call the collèges."""


def called(name):
    """The form under which a group is recognised, whatever its accents, its case and its article."""
    return ARTICLE.sub("", fold(name))


class KeptField(LongField):
    """Seats that are kept, a group a line: "3 élu·es". The value is what ``Rencontre.reservees`` holds."""

    def __init__(self, **kwargs):
        super().__init__(
            max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "class": "court"}), **kwargs
        )

    def prepare_value(self, value):
        if not isinstance(value, list) or not value:
            return value or ""
        names = dict(College.choices) | dict(Territoire.objects.values_list("pk", "nom"))
        kept = ((one["places"], one.get("college") or one["territoire"]) for one in value)
        return "\n".join(f"{places} {names[group]}" for places, group in kept if group in names)

    def clean(self, value):
        lines = [line.strip() for line in super().clean(value).splitlines()]
        groups = self._groups() if any(lines) else {}
        found = [self._read(line, groups) for line in filter(None, lines)]
        if len({"college" in one for one in found}) > 1:
            raise forms.ValidationError(
                "Gardez des places par collège ou par territoire, pas les deux : chaque personne ne compte "
                "qu’une fois."
            )
        if len({one.get("college") or one["territoire"] for one in found}) < len(found):
            raise forms.ValidationError(
                "Un groupe est écrit deux fois : gardez une ligne pour lui."
            )
        return found

    @staticmethod
    def _groups():
        """What can be written for each group, and what is meant by it."""
        groups = {
            called(name): {"territoire": pk, "nom": name}
            for pk, name in Territoire.objects.values_list("pk", "nom")
        }
        for college in College:
            for name in (college.label, *SHORT[college]):
                groups[called(name)] = {"college": college.value}
        return groups

    @staticmethod
    def _read(line, groups):
        said = KEPT.fullmatch(line)
        if not said or not int(said["places"]):
            raise forms.ValidationError(
                f"Une ligne ne commence pas par un nombre de places : « {line[:60]} ». Écrivez par exemple "
                "« 3 élu·es »."
            )
        if called(said["nom"]) not in groups:
            raise forms.ValidationError(
                f"« {said['nom'][:60]} » n’est ni un collège ni un territoire de la cohorte. Les collèges : "
                f"{', '.join(College.labels)}. Les territoires : ceux de la liste « Territoire qui "
                "accueille »."
            )
        return groups[called(said["nom"])] | {"places": int(said["places"])}


class CadreForm(forms.Form):
    """Where one meets and for whom. ``cadre`` is what the form says of it, named as in the model."""

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
    reservees = KeptField(
        label="Places gardées",
        required=False,
        help_text=(
            "Une ligne par collège, ou par territoire : le nombre, puis pour qui. Par exemple : 3 élu·es. Ce "
            "qu’il en reste 72 heures avant la rencontre va à qui attend."
        ),
    )
    programme = LongField(
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
        self._check_seats(self.cleaned_data)
        return self.cleaned_data

    def _check_seats(self, said):
        """Refuse that seats are kept which do not exist."""
        kept = sum(one["places"] for one in said.get("reservees") or [])
        if not kept or "capacite" not in said:
            return
        if said["capacite"] is None:
            self.add_error("capacite", "Dites combien de places il y a, puisque vous en gardez.")
        elif kept > said["capacite"]:
            self.add_error(
                "reservees",
                f"Vous gardez {kept} places, et il y en a {said['capacite']} en tout : gardez-en moins, ou "
                "ajoutez des places.",
            )

    @property
    def cadre(self):
        names = ("lieu", "lien", "territoire", "capacite", "reservees", "programme")
        return {name: self.cleaned_data[name] for name in names}


class SeanceForm(CadreForm):
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

    def clean(self):
        said = super().clean()
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
        return {
            "debut": at(said["jour"], said["debut"]),
            "fin": at(said["dernier_jour"] or said["jour"], said["fin"]),
            **self.cadre,
        }


class SerieForm(SeanceForm):
    """The same, once or several times. ``rencontres`` is what the form says of each date."""

    repete = forms.ChoiceField(
        label="Se répète", required=False, choices=Repetition.choices, initial=Repetition.NON
    )
    jusquau = DayField(
        label="Jusqu’au",
        required=False,
        help_text=(
            "Seulement si la rencontre se répète. Chaque mois, elle garde son rang : le 2e mardi, par "
            "exemple, ou le dernier si le premier jour est un 29, un 30 ou un 31."
        ),
    )

    def clean(self):
        said = super().clean()
        repetition, until = said.get("repete"), said.get("jusquau")
        if until and not repetition and not self.errors:
            self.add_error("repete", "Dites à quel rythme, ou laissez vide « Jusqu’au ».")
        if not repetition or self.errors:
            return said
        if until is None:
            self.add_error("jusquau", "Dites jusqu’à quel jour la rencontre se répète.")
            return said
        days = repetitions.days(said["jour"], repetition, until)
        if len(days) < 2:
            self.add_error(
                "jusquau",
                f"La rencontre a lieu {repetitions.said(said['jour'], repetition)} : d’ici là, elle ne se "
                "répète pas. Choisissez un jour plus tard.",
            )
        elif len(days) > MOST_DATES:
            self.add_error(
                "jusquau", f"Cela fait plus de {MOST_DATES} dates : choisissez un jour plus tôt."
            )
        else:
            self._place(days)
        return said

    def _place(self, days):
        """Find when each date begins and ends."""
        first = self.rencontre
        try:
            placed = [repetitions.on_day(day, first["debut"], first["fin"]) for day in days]
        except forms.ValidationError as skipped:
            self.add_error("debut", skipped)
            return
        if any(fin > debut for (_, fin), (debut, _) in pairwise(placed)):
            self.add_error("repete", "La rencontre durerait encore quand la suivante commence.")
        else:
            self.placed = placed

    @property
    def rencontres(self):
        first = self.rencontre
        if not self.cleaned_data["repete"]:
            return [first]
        return [first | {"debut": debut, "fin": fin} for debut, fin in self.placed]

    @property
    def serie(self):
        """What the repetition gives, in words; "" without one."""
        said = self.cleaned_data
        if not said["repete"]:
            return ""
        first, last = (timezone.localdate(self.placed[n][0]) for n in (0, -1))
        return (
            f"{len(self.placed)} dates, {repetitions.said(first, said['repete'])}, du "
            f"{day_said(first)} au {day_said(last)}."
        )


class AllowsFollowing(forms.Form):
    """What is done to one date of a meeting, or to it and the ones that follow, if there are any."""

    suivantes = forms.TypedChoiceField(
        label="Pour quelles dates",
        required=False,
        choices=[("", "Celle-ci seulement"), ("1", "Celle-ci et les suivantes")],
        coerce=bool,
        empty_value=False,
        initial="",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, following=False, **kwargs):
        super().__init__(*args, **kwargs)
        if not following:
            del self.fields["suivantes"]

    @property
    def and_following(self):
        """Whether it is for the ones that follow too."""
        return self.cleaned_data.get("suivantes", False)


class ChangeForm(AllowsFollowing, SeanceForm):
    """A change of when and where, of the ``base`` that its author was shown."""

    base = forms.IntegerField(widget=forms.HiddenInput)

    field_order = [
        "jour",
        "debut",
        "fin",
        "dernier_jour",
        "lieu",
        "lien",
        "programme",
        "capacite",
        "reservees",
        "suivantes",
    ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "suivantes" in self.fields:
            self.fields[
                "suivantes"
            ].help_text = (
                "L’heure, le lieu, le lien, le programme et les places ; chacune garde son jour."
            )

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
                for name in ("lieu", "lien", "territoire", "capacite", "reservees")
            },
            "base": rencontre.revision,
        }


class DatesField(LongField):
    """Dates, one a line: "12/03/2027 14:00-16:00". Their value is from when to when each lasts."""

    def __init__(self, fewest, most, **kwargs):
        self.fewest, self.most = fewest, most
        super().__init__(
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 6}),
            error_messages={"required": f"Proposez de {fewest} à {most} dates, une par ligne."},
            **kwargs,
        )

    def clean(self, value):
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        dates, errors = [], []
        for line in lines:
            try:
                dates.append(self._read(line))
            except forms.ValidationError as error:
                errors.append(f"« {line[:60]} » : {error.message}")
        if errors:
            raise forms.ValidationError(errors)
        if not self.fewest <= len(dates) <= self.most:
            raise forms.ValidationError(
                f"Il faut de {self.fewest} à {self.most} dates, une par ligne : il y en a {len(dates)}."
            )
        if len({debut for debut, _ in dates}) < len(dates):
            raise forms.ValidationError("Deux dates commencent au même moment : gardez-en une.")
        return sorted(dates)

    @staticmethod
    def _read(line):
        said = PROPOSED.fullmatch(line)
        if not said:
            raise forms.ValidationError(
                "cela ne se lit pas. Écrivez par exemple 12/03/2027 14:00-16:00."
            )
        numbers = {name: int(number or 0) for name, number in said.groupdict().items()}
        try:
            day = date(numbers["annee"], numbers["mois"], numbers["jour"])
            hours = [time(numbers[f"h{n}"], numbers[f"m{n}"]) for n in (1, 2)]
        except ValueError:
            raise forms.ValidationError("ce jour ou cette heure n’existe pas.") from None
        check_year(day)
        debut, fin = (at(day, hour) for hour in hours)
        if fin <= debut:
            raise forms.ValidationError("elle finirait avant de commencer.")
        if debut <= timezone.now():
            raise forms.ValidationError("ce moment est passé.")
        return debut, fin


HOW_TO_PROPOSE = "Une par ligne, le jour puis les heures. Par exemple : 12/03/2027 14:00-16:00."


class ProposerForm(forms.Form):
    """More dates, for a meeting whose date is searched for."""

    dates = DatesField(1, MOST_PROPOSED, label="Les dates", help_text=HOW_TO_PROPOSE)


class DisponibilitesForm(forms.Form):
    """When one could come: an answer to each of ``dates``, as ``choix_de_date.dates_of`` gives them."""

    def __init__(self, *args, dates, **kwargs):
        super().__init__(*args, **kwargs)
        for proposed in dates:
            self.fields[f"date-{proposed.pk}"] = forms.ChoiceField(
                label=capfirst(span_said(proposed.debut, proposed.fin)),
                choices=Disponibilite.Reponse.choices,
                initial=proposed.mine,
                widget=forms.RadioSelect,
                error_messages={
                    "required": f"Répondez pour le {timezone.localtime(proposed.debut):%d/%m/%Y}."
                },
            )

    @property
    def said(self):
        """What was answered, by the key of each date."""
        return {int(name.removeprefix("date-")): said for name, said in self.cleaned_data.items()}


class ChoisirForm(forms.Form):
    """The date that is chosen among ``dates``."""

    date = forms.ModelChoiceField(
        None,
        label="La date à retenir",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une date."},
    )

    def __init__(self, *args, dates, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["date"].queryset = dates
        self.fields["date"].label_from_instance = lambda one: capfirst(
            span_said(one.debut, one.fin)
        )


class AjouterForm(SeanceForm):
    """One more date of a meeting."""

    field_order = [name for name in ChangeForm.field_order if name != "suivantes"]


class AnnulerForm(AllowsFollowing):
    """Why a meeting is called off."""

    motif = forms.CharField(
        label="Pourquoi, en une phrase",
        required=False,
        max_length=300,
        help_text="Les personnes qui devaient venir la liront ici.",
    )


class AnnoncerForm(forms.Form):
    """What the public is told of a meeting; of one that took place, what came out of it."""

    titre = forms.CharField(
        label="Titre",
        max_length=150,
        help_text="Rien n’est repris du sujet : écrivez pour qui ne connaît pas la cohorte.",
        error_messages={"required": "Donnez un titre à cette annonce."},
    )
    presentation = LongField(
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
    suites = LongField(
        label="Ce qui en est sorti",
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=(
            "Pour qui n’y était pas : ce que l’on y a compris, décidé, ce qui suit. Sans nom ni propos de "
            "qui s’y est exprimé·e."
        ),
    )

    def __init__(self, *args, rencontre, **kwargs):
        super().__init__(*args, **kwargs)
        self.rencontre = rencontre
        if not rencontre.took_place:
            del self.fields["suites"]

    def clean(self):
        said = super().clean()
        for name, text in list(said.items()):
            if names_a_learning(self.rencontre, text):
                self.add_error(
                    name,
                    "Cette adresse est celle d’un enseignement tiré de ce sujet. Sa page ne dit pas de quel "
                    "échange il vient : l’écrire ici le dirait. Retirez-la.",
                )
        return said
