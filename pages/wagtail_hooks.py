"""What the back office adds to Wagtail's: official choosers, and the cohort's own lists."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.http import Http404
from django.shortcuts import redirect
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.views import generic
from wagtail.admin.views.generic import chooser, history, usage
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permissions import register_permission_policy

from communaute.models import (
    Allie,
    Commune,
    Epci,
    Espace,
    Membre,
    Nomination,
    Siege,
    Territoire,
)
from pages.models import readable_by
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


class KindDeleteView(generic.DeleteView):
    """Wagtail's, which says what still needs the object instead of failing."""

    def post(self, request, *args, **kwargs):
        try:
            return super().post(request, *args, **kwargs)
        except ProtectedError:
            messages.error(
                request,
                f"« {self.object} » sert encore (page, siège ou espace) : rien n’a été supprimé.",
            )
            return redirect(self.index_url_name)


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
    delete_view_class = KindDeleteView
    history_view_class = TerritoireHistoryView
    usage_view_class = TerritoireUsageView


class SiegeForm(forms.ModelForm):
    """A seat: once given, only its function and its end change. Another seat is another line."""

    class Meta:
        model = Siege
        fields = ["membre", "college", "allie", "territoire", "fonction", "debut", "fin"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("membre", "college", "allie", "territoire", "debut"):
                self.fields[name].disabled = True


class SiegeViewSet(ModelViewSet):
    model = Siege
    icon = "user"
    menu_label = "Sièges"
    copy_view_enabled = False
    list_display = ["membre", "college", "allie", "territoire", "fonction", "debut", "fin"]
    list_filter = ["college", "territoire"]
    search_fields = ["membre__last_name", "membre__first_name", "fonction"]

    def get_form_class(self, for_update=False):
        return SiegeForm


class AllieViewSet(ModelViewSet):
    model = Allie
    icon = "group"
    menu_label = "Alliés"
    copy_view_enabled = False
    delete_view_class = KindDeleteView
    form_fields = ["nom", "presentation"]
    search_fields = ["nom"]


class EspaceForm(forms.ModelForm):
    """A space with the name and purpose of its forum, who is named to it, and the charter in force.

    Whom it is for is said once: changing it would open to some what others said among themselves.
    """

    nom = forms.CharField(label="Nom", max_length=100)
    objet = forms.CharField(
        label="À quoi sert cet espace", widget=forms.Textarea(attrs={"rows": 3})
    )
    animateurs = forms.ModelMultipleChoiceField(
        Membre.objects.all(), label="Animateurs et animatrices", required=False
    )
    lecteurs = forms.ModelMultipleChoiceField(
        Membre.objects.all(),
        label="Lecteurs et lectrices nommé·es",
        help_text=(
            "Peuvent lire sans y prendre part. Les membres de l’espace voient leur nom, "
            "et le voient encore quand vous le retirez."
        ),
        required=False,
    )
    charte = forms.CharField(
        label="Charte",
        help_text="En Markdown. Si vous la changez, chaque membre devra l’accepter à nouveau.",
        widget=forms.Textarea(attrs={"rows": 10}),
    )

    class Meta:
        model = Espace
        fields = ["slug", "audience", "college", "territoire"]

    field_order = ["nom", "objet", "slug", "audience", "college", "territoire"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        espace = self.instance
        if espace.pk:
            for name in ("audience", "college", "territoire"):
                self.fields[name].disabled = True
            self.initial |= {
                "nom": espace.nom,
                "objet": espace.objet,
                "animateurs": espace.animateurs,
                "lecteurs": espace.lecteurs,
                "charte": espace.charte.texte if espace.charte else "",
            }

    @transaction.atomic
    def save(self, commit=True):
        self.instance.name_forum(self.cleaned_data["nom"], self.cleaned_data["objet"])
        espace = super().save(commit)
        espace.nominate(Nomination.Role.ANIMATION, self.cleaned_data["animateurs"])
        espace.nominate(Nomination.Role.LECTURE, self.cleaned_data["lecteurs"])
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


@hooks.register("before_serve_page", order=-1)
def answer_as_if_missing(page, request, serve_args, serve_kwargs):
    """Whoever may not read a page is answered as where there is none."""
    if not readable_by(Page.objects.filter(pk=page.pk), request.user).exists():
        raise Http404


@hooks.register("construct_page_chooser_queryset")
def choose_what_is_public_or_own(pages, request):
    """In the choosers, what others have not published is not shown."""
    own = PagePermissionPolicy().instances_user_has_permission_for(request.user, "change")
    return pages.filter(Q(live=True) | Q(pk__in=own))
