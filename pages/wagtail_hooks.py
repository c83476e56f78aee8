"""What the back office adds to Wagtail's: official choosers, and the cohort's own lists."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from wagtail import hooks
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.views import generic
from wagtail.admin.views.generic import chooser, history, usage
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.permissions import register_permission_policy

from communaute.models import Allie, Commune, Epci, Espace, Siege, Territoire
from pages.permissions import TerritoirePermissionPolicy

register_permission_policy(Territoire, TerritoirePermissionPolicy(Territoire))


class OfficialFilterForm(BaseFilterForm):
    """Search by the beginning of a code or by any part of a name, with or without accents."""

    q = forms.CharField(label="Nom ou code", required=False)

    def filter(self, objects):
        self.search_query = self.cleaned_data["q"]
        self.is_searching = bool(self.search_query)
        return super().filter(objects).search(self.search_query)


class OfficialChooseView(chooser.ChooseView):
    filter_form_class = OfficialFilterForm


class OfficialChooseResultsView(chooser.ChooseResultsView):
    filter_form_class = OfficialFilterForm


class OfficialChooserViewSet(ChooserViewSet):
    """Choose among the official lists, by name or code."""

    choose_view_class = OfficialChooseView
    choose_results_view_class = OfficialChooseResultsView
    icon = "site"
    per_page = 20


class EpciChooserViewSet(OfficialChooserViewSet):
    model = Epci
    choose_one_text = "Choisir une intercommunalité"
    choose_another_text = "Choisir une autre intercommunalité"


class CommuneChooserViewSet(OfficialChooserViewSet):
    model = Commune
    choose_one_text = "Choisir une commune"
    choose_another_text = "Choisir une autre commune"


@hooks.register("register_admin_viewset")
def register_choosers():
    return [EpciChooserViewSet("choix_epci"), CommuneChooserViewSet("choix_commune")]


class OwnTerritoireMixin:
    """Wagtail asks whether one may change territories; this asks whether one may change this one."""

    def get_object(self, *args):
        territoire = super().get_object(*args)
        if not self.user_has_permission_for_instance("change", territoire):
            raise PermissionDenied
        return territoire


class TerritoireIndexView(generic.IndexView):
    """The territories that one may change, and no other."""

    def get_base_queryset(self):
        own = self.permission_policy.instances_user_has_permission_for(self.request.user, "change")
        return super().get_base_queryset().filter(pk__in=own)


class TerritoireEditView(OwnTerritoireMixin, generic.EditView):
    pass


class TerritoireHistoryView(OwnTerritoireMixin, history.HistoryView):
    pass


class TerritoireUsageView(OwnTerritoireMixin, usage.UsageView):
    pass


class TerritoireViewSet(ModelViewSet):
    model = Territoire
    icon = "site"
    menu_label = "Territoires"
    list_display = ["nom", "forme"]
    search_fields = ["nom"]
    copy_view_enabled = False
    index_view_class = TerritoireIndexView
    edit_view_class = TerritoireEditView
    history_view_class = TerritoireHistoryView
    usage_view_class = TerritoireUsageView


class SiegeViewSet(ModelViewSet):
    model = Siege
    icon = "user"
    menu_label = "Sièges"
    copy_view_enabled = False
    form_fields = ["membre", "college", "allie", "territoire", "fonction", "debut", "fin"]
    list_display = ["membre", "college", "allie", "territoire", "fonction", "debut", "fin"]
    list_filter = ["college", "territoire"]
    search_fields = ["membre__last_name", "membre__first_name", "fonction"]


class AllieViewSet(ModelViewSet):
    model = Allie
    icon = "group"
    menu_label = "Alliés"
    copy_view_enabled = False
    form_fields = ["nom", "presentation"]
    search_fields = ["nom"]


class EspaceForm(forms.ModelForm):
    """A space with the name and purpose of its forum, and the charter in force."""

    nom = forms.CharField(label="Nom", max_length=100)
    objet = forms.CharField(
        label="À quoi sert cet espace", widget=forms.Textarea(attrs={"rows": 3})
    )
    charte = forms.CharField(
        label="Charte",
        help_text="En Markdown. Si vous la changez, chaque membre devra l’accepter à nouveau.",
        widget=forms.Textarea(attrs={"rows": 10}),
    )

    class Meta:
        model = Espace
        fields = ["slug", "audience", "college", "territoire", "animateurs", "lecteurs"]

    field_order = ["nom", "objet"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial |= {"nom": self.instance.nom, "objet": self.instance.objet}
            self.initial["charte"] = self.instance.charte.texte if self.instance.charte else ""

    @transaction.atomic
    def save(self, commit=True):
        self.instance.name_forum(self.cleaned_data["nom"], self.cleaned_data["objet"])
        espace = super().save(commit)
        espace.adopt_charte(self.cleaned_data["charte"])
        return espace


class EspaceViewSet(ModelViewSet):
    model = Espace
    icon = "comment"
    menu_label = "Espaces"
    copy_view_enabled = False
    list_display = ["nom", "audience_label"]

    def get_form_class(self, for_update=False):
        return EspaceForm


@hooks.register("register_admin_viewset")
def register_cohort():
    return CohortViewSetGroup()


class CohortViewSetGroup(ModelViewSetGroup):
    menu_label = "Cohorte"
    menu_icon = "group"
    menu_order = 200
    items = (TerritoireViewSet, EspaceViewSet, SiegeViewSet, AllieViewSet)
