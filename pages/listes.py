"""The lists of the back office: its pages by what one comes to do with them."""

import django_filters
from django import forms
from django.db.models import Count, F
from django.db.models.functions import Coalesce
from django.utils import timezone
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.ui.tables.pages import (
    PageStatusColumn,
    PageTitleColumn,
    PageTypeColumn,
    ParentPageColumn,
)
from wagtail.admin.views.pages.listing import IndexView
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.models import Page, Site, get_page_models

from communaute.models import Territoire
from pages.models import EnseignementPage, Fondamental, TerritoirePage, Theme
from pages.models.page import ARelire

TITLE = PageTitleColumn("title", label="Titre", sort_key="title", classname="title")
UPDATED = DateColumn(
    "latest_revision_created_at",
    label="Modifiée",
    sort_key="latest_revision_created_at",
    width="14%",
)
STATUS = PageStatusColumn("status", label="État", sort_key="live", width="14%")


def to_read_again(pages):
    """Those of ``pages`` that say when to read them again, each with that day (``echeance``)."""
    names = [model._meta.model_name for model in get_page_models() if issubclass(model, ARelire)]
    echeance = Coalesce(*(F(f"{name}__relire_le") for name in names))
    return pages.annotate(echeance=echeance).exclude(echeance=None)


class PublishedFilter(django_filters.ChoiceFilter):
    """Published, or not yet."""

    def __init__(self):
        super().__init__(
            field_name="live",
            label="État",
            choices=[("True", "Publiée"), ("False", "Jamais publiée, ou retirée")],
            empty_label="Toutes",
            widget=forms.RadioSelect,
        )


class SeveralFilter(django_filters.ModelMultipleChoiceFilter):
    """Any of the rows that are ticked."""

    def __init__(self, queryset, label):
        super().__init__(queryset=queryset, label=label, widget=forms.CheckboxSelectMultiple)


class PortailListView(IndexView):
    """Wagtail's, searched by words of the title; it offers to add a page to those who can."""

    def search_queryset(self, queryset):
        # The search index knows neither the filters nor the columns of these lists.
        for word in (self.search_query or "").split():
            queryset = queryset.filter(draft_title__icontains=word)
        return queryset

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        roots = Site.get_site_root_paths()
        for page in context["object_list"]:
            # Wagtail's menu of a row asks each page where it is: each would ask the shared cache.
            page._wagtail_cached_site_root_paths = roots
        return context

    def get_add_url(self):
        parents = [
            parent
            for model in self.model.allowed_parent_page_models()
            for parent in model.objects.all()
        ]
        if any(
            parent.permissions_for_user(self.request.user).can_add_subpage() for parent in parents
        ):
            return super().get_add_url()
        return None


class TerritoireFilterSet(WagtailFilterSet):
    photo = django_filters.ChoiceFilter(
        field_name="photos_total",
        label="Photos",
        method="filter_photo",
        choices=[("sans", "Sans photo"), ("avec", "Avec photo")],
        empty_label="Toutes",
        widget=forms.RadioSelect,
    )
    live = PublishedFilter()

    class Meta:
        model = TerritoirePage
        fields = []

    def filter_photo(self, queryset, name, value):
        return queryset.filter(**({name: 0} if value == "sans" else {f"{name}__gt": 0}))


class TerritoireListView(PortailListView):
    base_columns = [
        TITLE,
        Column("photos_total", label="Photos", sort_key="photos_total", width="10%"),
        UPDATED,
        STATUS,
    ]

    def get_base_queryset(self):
        return super().get_base_queryset().annotate(photos_total=Count("photos", distinct=True))


class TerritoireListViewSet(PageListingViewSet):
    model = TerritoirePage
    index_view_class = TerritoireListView
    filterset_class = TerritoireFilterSet
    icon = "site"
    menu_label = "Territoires"
    menu_order = 110
    add_to_admin_menu = True
    ordering = "title"


class EnseignementFilterSet(WagtailFilterSet):
    nature = django_filters.MultipleChoiceFilter(
        label="Nature",
        choices=EnseignementPage.Nature,
        widget=forms.CheckboxSelectMultiple,
    )
    fondamentaux = SeveralFilter(Fondamental.objects.all(), "Fondamental")
    themes = SeveralFilter(Theme.objects.all(), "Thème")
    territoires = SeveralFilter(Territoire.objects.all(), "Territoire")
    live = PublishedFilter()

    class Meta:
        model = EnseignementPage
        fields = []


class EnseignementListView(PortailListView):
    base_columns = [
        TITLE,
        Column("nature", label="Nature", accessor="get_nature_display", sort_key="nature"),
        Column("owner", label="Proposé par", width="16%"),
        UPDATED,
        STATUS,
    ]

    def get_base_queryset(self):
        return super().get_base_queryset().select_related("owner")


class EnseignementListViewSet(PageListingViewSet):
    model = EnseignementPage
    index_view_class = EnseignementListView
    filterset_class = EnseignementFilterSet
    icon = "openquote"
    menu_label = "Enseignements"
    menu_order = 120
    add_to_admin_menu = True


class RelectureFilterSet(WagtailFilterSet):
    echeance = django_filters.ChoiceFilter(
        label="À rafraîchir",
        method="filter_echeance",
        choices=[("venue", "Dès maintenant"), ("future", "Plus tard")],
        empty_label="Toutes",
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Page
        fields = []

    def filter_echeance(self, queryset, name, value):
        lookup = "lte" if value == "venue" else "gt"
        return queryset.filter(**{f"{name}__{lookup}": timezone.localdate()})


class RelectureListView(PortailListView):
    """The pages that one may change and that say when to read them again, the most urgent first."""

    page_title = "À rafraîchir"
    base_columns = [
        TITLE,
        ParentPageColumn("parent", label="Sous"),
        DateColumn("echeance", label="À rafraîchir à partir du", sort_key="echeance", width="16%"),
        PageTypeColumn("type", label="Nature", accessor="page_type_display_name", width="14%"),
        STATUS,
    ]

    def get_base_queryset(self):
        own = self.permission_policy.instances_user_has_permission_for(self.request.user, "change")
        return to_read_again(super().get_base_queryset()).filter(pk__in=own.order_by().values("pk"))

    def get_add_url(self):
        return None


class RelectureListViewSet(PageListingViewSet):
    model = Page
    index_view_class = RelectureListView
    filterset_class = RelectureFilterSet
    icon = "history"
    menu_label = "À rafraîchir"
    menu_order = 160
    add_to_admin_menu = True
    ordering = "echeance"
