"""The choosers of the back office: who and what is chosen from long lists, by name."""

from django import forms
from django.db.models import Q
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import chooser
from wagtail.admin.viewsets.chooser import ChooserViewSet

from communaute.models import Commune, Epci, Membre


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


class MembreFilterForm(BaseFilterForm):
    """Search by any part of a name or of an address."""

    q = forms.CharField(label="Nom ou adresse électronique", required=False)

    def filter(self, objects):
        self.search_query = self.cleaned_data["q"]
        self.is_searching = bool(self.search_query)
        for word in self.search_query.split():
            objects = objects.filter(
                Q(first_name__icontains=word)
                | Q(last_name__icontains=word)
                | Q(email__icontains=word)
            )
        return super().filter(objects)


class MembreListMixin:
    filter_form_class = MembreFilterForm

    def get_object_list(self):
        return Membre.objects.filter(is_active=True)

    @property
    def columns(self):
        return [*super().columns, Column("email", label="Adresse électronique")]


class MembreChooseView(MembreListMixin, chooser.ChooseView):
    pass


class MembreChooseResultsView(MembreListMixin, chooser.ChooseResultsView):
    pass


class MembreChooserViewSet(ChooserViewSet):
    """Choose a member; ``gestion.FOR_ADMINISTRATORS`` says for whom."""

    model = Membre
    choose_view_class = MembreChooseView
    choose_results_view_class = MembreChooseResultsView
    choose_one_text = "Choisir une personne"
    choose_another_text = "Choisir une autre personne"
    icon = "user"
    register_widget = False


epci = EpciChooserViewSet("choix_epci")
communes = CommuneChooserViewSet("choix_commune")
membres = MembreChooserViewSet("choix_membre")
