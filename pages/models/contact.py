"""What people write to the cohort: the page they write from, the form, and what is kept of it."""

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.crypto import get_random_string
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField

from communaute import conservation
from communaute.visiteurs import TrapField, UncutMixin
from pages.blocks import BLOCKS
from pages.models.page import CORPS, INTRODUCTION, PortailPage


class ContactPage(PortailPage):
    """How to write to the cohort, and to report a content that should not be there."""

    parent_page_types = ["pages.AccueilPage"]
    subpage_types = []
    max_count = 1

    introduction = models.TextField("introduction", max_length=400, blank=True)
    corps = StreamField(BLOCKS, blank=True, verbose_name="corps")
    show_in_footer = models.BooleanField("lien en pied de page", default=True)

    content_panels = [
        *PortailPage.content_panels,
        FieldPanel("introduction", help_text=INTRODUCTION),
        FieldPanel("corps", help_text=CORPS),
    ]
    promote_panels = [*PortailPage.promote_panels, FieldPanel("show_in_footer")]

    class Meta:
        verbose_name = "page de contact"

    def get_context(self, request, *args, **kwargs):
        """The form is filled with what the address says (``objet``, ``adresse``) and who is asking."""
        initial = {name: request.GET.get(name, "") for name in ("objet", "adresse")}
        if request.user.is_authenticated:
            initial |= {"nom": request.user.get_full_name(), "email": request.user.email}
        return {
            **super().get_context(request, *args, **kwargs),
            "form": SignalementForm(initial=initial),
        }


class SignalementQuerySet(models.QuerySet):
    def outdated(self):
        """Those that were dealt with, and came longer ago than they are kept."""
        long_ago = timezone.now() - conservation.SIGNALEMENT
        return self.filter(etat=Signalement.Etat.TRAITE, recu_le__lt=long_ago)


class Signalement(models.Model):
    """What someone wrote through the contact page: kept with its receipt's reference, read by whoever
    has the right to.
    """

    class Objet(models.TextChoices):
        QUESTION = "question", "Poser une question, relever une erreur"
        ILLICITE = "illicite", "Signaler un contenu illicite"
        MINEURS = "mineurs", "Signaler une violence sexuelle sur mineur·e"
        DONNEES = "donnees", "Demander ce qui est su de moi, le corriger ou l’effacer"
        ACCESSIBILITE = "accessibilite", "Signaler une difficulté d’accès"

    class Etat(models.TextChoices):
        RECU = "recu", "Reçu"
        EN_COURS = "en_cours", "En cours"
        TRAITE = "traite", "Traité"

    reference = models.CharField("référence", max_length=16, unique=True, editable=False)
    objet = models.CharField("objet", max_length=15, choices=Objet)
    adresse = models.CharField("adresse de la page", max_length=500, blank=True)
    message = models.TextField("message", max_length=5000)
    nom = models.CharField("nom", max_length=100, blank=True)
    email = models.EmailField("adresse électronique", blank=True)
    recu_le = models.DateTimeField("reçu le", auto_now_add=True)
    etat = models.CharField("état", max_length=10, choices=Etat, default=Etat.RECU)
    suite = models.TextField("suite donnée", blank=True)

    objects = SignalementQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "signalement"
        ordering = ["-recu_le"]

    def __str__(self):
        return f"{self.get_objet_display()} ({self.reference})"

    def save(self, *args, **kwargs):
        if not self.reference:
            self.reference = new_reference()
        super().save(*args, **kwargs)


def new_reference():
    """A random reference of 59 bits, to be read over the telephone: ``k7qm-4xtd-9wpa``."""
    signs = get_random_string(12, "abcdefghijkmnpqrstuvwxyz23456789")
    return "-".join((signs[:4], signs[4:8], signs[8:]))


class SignalementForm(UncutMixin, forms.ModelForm):
    """What one writes to the cohort, and what each purpose needs to be taken up.

    A notice of illicit content asks for what article 16 of the Digital Services Act (regulation (EU)
    2022/2065) wants: the reasons, the exact place, a name and an address, a statement of good faith.
    Name and address are not asked from whoever reports the sexual abuse of a child.
    """

    NEEDED = {
        Signalement.Objet.QUESTION: {"email"},
        Signalement.Objet.ILLICITE: {"adresse", "nom", "email", "bonne_foi"},
        Signalement.Objet.MINEURS: {"adresse", "bonne_foi"},
        Signalement.Objet.DONNEES: {"nom", "email"},
        Signalement.Objet.ACCESSIBILITE: set(),
    }
    WHEN_NEEDED = {
        "adresse": "Nécessaire pour signaler un contenu ou une violence ; facultative sinon.",
        "nom": (
            "Nécessaire pour signaler un contenu illicite, et pour ce qui est su de vous ; facultatif "
            "sinon."
        ),
        "email": (
            "Facultative pour signaler une violence sexuelle sur mineur·e ou une difficulté d’accès ; "
            "nécessaire sinon."
        ),
    }
    """``NEEDED`` in words, for who has not said yet why one writes."""
    bonne_foi = forms.BooleanField(
        label="Je déclare de bonne foi que ce que j’écris ici est exact et complet",
        error_messages={"required": "Cochez cette case pour que le signalement soit recevable."},
    )
    piege = TrapField()

    class Meta:
        model = Signalement
        fields = ["objet", "adresse", "message", "nom", "email"]
        widgets = {
            "objet": forms.RadioSelect,
            "adresse": forms.TextInput(attrs={"inputmode": "url"}),
            "message": forms.Textarea(attrs={"rows": 8}),
            "nom": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }
        labels = {
            "objet": "Vous écrivez pour",
            "adresse": "De quelle page s’agit-il ?",
            "message": "Votre message",
            "nom": "Votre nom",
            "email": "Votre adresse électronique",
        }
        help_texts = {
            "adresse": (
                "Son adresse, telle que votre navigateur l’affiche. Si ce n’est pas toute la page, "
                "dites dans votre message de quel passage il s’agit."
            ),
            "email": "Pour l’accusé de réception et la réponse. Elle ne sert à rien d’autre.",
        }
        error_messages = {
            "objet": {
                "required": "Choisissez pourquoi vous écrivez.",
                "invalid_choice": "Choisissez l’une des raisons proposées.",
            },
            "adresse": {"required": "Donnez l’adresse de la page, ou dites où cela se trouve."},
            "message": {
                "required": "Écrivez votre message avant de l’envoyer.",
                "max_length": (
                    "Votre message compte %(show_value)s signes, la limite est de %(limit_value)s. "
                    "Raccourcissez-le, ou envoyez-le en plusieurs fois."
                ),
            },
            "nom": {"required": "Donnez votre nom."},
            "email": {
                "required": "Donnez une adresse où vous répondre.",
                "invalid": "Cette adresse n’a pas la forme d’une adresse électronique.",
            },
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["objet"].choices = Signalement.Objet.choices
        # Before one has said why one writes, no field is said to be optional.
        needed = self.NEEDED.get(self.data.get("objet"), set())
        for name in ("adresse", "nom", "email", "bonne_foi"):
            self.fields[name].required = not self.is_bound or name in needed
        if self.data.get("objet") not in self.NEEDED:
            for name, when in self.WHEN_NEEDED.items():
                field = self.fields[name]
                field.help_text = f"{when} {field.help_text}".strip()
