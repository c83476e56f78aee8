"""The seats of the cohort in the back office: given, ended, passed on."""

from copy import copy
from datetime import timedelta

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.menus import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets import AdminDateInput
from wagtail.log_actions import log

from communaute.dates import check_year
from communaute.models import Membre, Siege
from pages import journal
from pages.choix import membres
from pages.exports import ExportMixin


class SiegeForm(forms.ModelForm):
    """A seat: once given, only its function and its end change. Another seat is another line.

    Who comes after somebody is given theirs by ``PassationForm``.
    """

    class Meta:
        model = Siege
        fields = ["membre", "college", "allie", "territoire", "fonction", "debut", "fin"]
        widgets = {"membre": membres.widget_class, "debut": AdminDateInput, "fin": AdminDateInput}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("debut", "fin"):
            self.fields[name].validators.append(check_year)
        if self.instance.pk:
            for name in ("membre", "college", "allie", "territoire", "debut"):
                self.fields[name].disabled = True
        else:
            self.fields["membre"].help_text = (
                "Cette personne prend la suite d’une autre ? Choisissez plutôt « Passer le siège » dans "
                "la liste : un siège donné ici ouvre tout ce qui s’est déjà dit."
            )


class PassationForm(forms.ModelForm):
    """When a seat ends, and who holds it next: in the same collège and the same territory."""

    fin = forms.DateField(
        label="Dernier jour de la personne qui part",
        help_text=(
            "Compris. Il ou elle ne lira plus les espaces de ce siège après son dernier jour ; ce qui "
            "est écrit reste."
        ),
        widget=AdminDateInput,
        validators=[check_year],
    )
    membre = forms.ModelChoiceField(
        Membre.objects.filter(is_active=True),
        label="Qui lui succède",
        help_text="Invitez d’abord cette personne si elle n’a pas encore de compte.",
        widget=membres.widget_class,
    )
    fonction = forms.CharField(label="Sa fonction", max_length=120)
    debut = forms.DateField(
        label="Son premier jour",
        help_text=(
            "Dans chaque espace, elle lira les sujets ouverts à partir de ce jour. Ce qui s’est dit "
            "avant lui reste fermé, sauf si l’espace l’ouvre à qui prend la suite."
        ),
        widget=AdminDateInput,
        validators=[check_year],
    )

    class Meta:
        model = Siege
        fields = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        fin = self.instance.fin or timezone.localdate()
        self.initial |= {
            "fin": fin,
            "fonction": self.instance.fonction,
            "debut": fin + timedelta(days=1),
        }

    def clean(self):
        if len(self.cleaned_data) == len(self.fields):
            try:
                copy(self.instance).passed_to(**self.cleaned_data)
            except ValidationError as error:
                for name, errors in error.message_dict.items():
                    self.add_error(name if name in self.fields else None, errors)
        return self.cleaned_data

    def save(self, commit=True):
        return self.instance.pass_on(**self.cleaned_data)


class SiegePassationView(generic.EditView):
    """End a seat and give it to who comes after, in one act."""

    page_title = "Passer le siège"
    submit_button_label = "Passer le siège"
    submit_button_active_label = "Le siège passe…"
    header_icon = "user"

    def dispatch(self, request, *args, **kwargs):
        if Siege.objects.filter(succede_a=self.kwargs["pk"]).exists():
            messages.error(
                request, "Ce siège est déjà passé : passez plutôt celui qui lui succède."
            )
            return redirect(self.index_url_name)
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self):
        return f"Passer le siège de {self.object.membre}"

    def save_instance(self):
        after = self.form.save()
        log(
            self.object,
            journal.SEAT_PASSED,
            data={"a": after.membre_id, "fin": str(after.succede_a.fin)},
        )
        log(after, "wagtail.create")
        return after

    def get_success_message(self):
        return f"Le siège est passé à {self.object.membre}."

    def get_edit_url(self):
        return reverse("siege:passer", args=[self.kwargs["pk"]])

    def get_success_buttons(self):
        return []


class SiegeEditView(generic.EditView):
    """Change a seat; that it ends is an act of its own in the log."""

    def save_instance(self):
        siege = super().save_instance()
        if "fin" in self.form.changed_data:
            log(siege, journal.SEAT_ENDED, data={"fin": siege.fin and str(siege.fin)})
        return siege


class SiegeFilterSet(WagtailFilterSet):
    etat = django_filters.ChoiceFilter(
        label="État",
        method="filter_etat",
        choices=[("active", "En cours"), ("ended", "Finis"), ("to_come", "À venir")],
        empty_label="Tous",
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Siege
        fields = ["college", "territoire", "allie"]

    def filter_etat(self, queryset, name, value):
        return getattr(queryset, value)()


class SiegeIndexView(ExportMixin, generic.IndexView):
    """The seats, those that ended too; each that nobody holds yet after it may be passed on."""

    page_title = "Sièges"
    add_item_label = "Donner un siège"
    exported = {
        "Nom": lambda siege: siege.membre.last_name or str(siege.membre),
        "Prénom": lambda siege: siege.membre.first_name,
        "Collège": lambda siege: siege.get_college_display(),
        "Organisation alliée": lambda siege: str(siege.allie or ""),
        "Territoire": lambda siege: str(siege.territoire or ""),
        "Fonction": lambda siege: siege.fonction,
        "Depuis le": lambda siege: siege.debut,
        "Jusqu’au": lambda siege: siege.fin,
        "Succède à": lambda siege: str(_predecessor(siege)),
    }

    def get_base_queryset(self):
        return (
            super()
            .get_base_queryset()
            .select_related("membre", "allie", "territoire", "succede_a__membre", "successeur")
        )

    def get_list_more_buttons(self, instance):
        buttons = super().get_list_more_buttons(instance)
        may_pass = self.user_has_permission_for_instance("change", instance)
        if may_pass and not hasattr(instance, "successeur"):
            passer = reverse("siege:passer", args=[instance.pk])
            buttons.append(
                MenuItem("Passer le siège…", url=passer, icon_name="resubmit", priority=15)
            )
        return buttons


def _predecessor(siege):
    """Whose seat it was before."""
    return siege.succede_a.membre if siege.succede_a else ""


class SiegeViewSet(ModelViewSet):
    model = Siege
    index_view_class = SiegeIndexView
    edit_view_class = SiegeEditView
    icon = "user"
    menu_label = "Sièges"
    copy_view_enabled = False
    list_display = [
        *("membre", "college", "allie", "territoire", "fonction", "debut", "fin"),
        Column("predecessor", label="Succède à", accessor=_predecessor),
    ]
    filterset_class = SiegeFilterSet
    search_fields = ["membre__last_name", "membre__first_name", "fonction"]

    def get_form_class(self, for_update=False):
        return SiegeForm

    @property
    def passation_view(self):
        kwargs = self.get_edit_view_kwargs(panel=None, form_class=PassationForm)
        return self.construct_view(SiegePassationView, **kwargs)

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("passer/<int:pk>/", self.passation_view, name="passer"),
        ]
