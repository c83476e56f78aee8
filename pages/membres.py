"""The back office's pages on members' accounts."""

import django_filters
from django import forms
from django.urls import reverse
from wagtail.admin.ui.tables import BooleanColumn, BulkActionsCheckboxColumn, Column, DateColumn
from wagtail.admin.widgets import HeaderButton
from wagtail.log_actions import log
from wagtail.users.forms import UserEditForm
from wagtail.users.views.users import (
    CreateView,
    EditView,
    IndexView,
    UserColumn,
    UserFilterSet,
    UserViewSet,
)

from communaute.models import College, Membre, MiseEnCommun, Territoire
from pages.exports import ExportMixin


class MembreForm(UserEditForm):
    """Wagtail's, but the address is the member's own: whoever changed it could sign in as them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].disabled = True
        if is_open := self.fields.get("is_active"):  # nobody closes their own here
            is_open.label = "Compte ouvert"
            is_open.help_text = (
                "Décochez pour fermer l’entrée. La personne peut effacer son compte elle-même."
            )


class SuperuserMixin:
    """Only a superuser makes another one: it is more than any group gives."""

    def get_form(self, *args, **kwargs):
        form = super().get_form(*args, **kwargs)
        if not self.request.user.is_superuser:
            form.fields.pop("is_superuser", None)
        return form


class MembreCreateView(SuperuserMixin, CreateView):
    pass


class MembreEditView(SuperuserMixin, EditView):
    """Wagtail's; what is left of who closed their account is changed by nobody."""

    def get_queryset(self):
        return super().get_queryset().filter(parti_le=None)


class MembreFilterSet(UserFilterSet):
    """Wagtail's, and what members are in the cohort today."""

    college = django_filters.ChoiceFilter(
        label="Collège",
        method="filter_seats",
        choices=College,
        empty_label="Tous",
        widget=forms.RadioSelect,
    )
    territoire = django_filters.ModelChoiceFilter(
        queryset=Territoire.objects.all(),
        label="Territoire",
        method="filter_seats",
        empty_label="Tous",
        widget=forms.RadioSelect,
    )
    place = django_filters.ChoiceFilter(
        label="Dans la cohorte",
        method="filter_place",
        choices=[
            ("siege", "Tient un siège"),
            ("sans", "Ne tient pas de siège"),
            ("anime", "Anime un espace"),
        ],
        empty_label="Toutes les personnes",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.filters["is_active"].label = "Compte ouvert"

    def filter_seats(self, queryset, name, value):
        return queryset.holding(**{name: value})

    def filter_place(self, queryset, name, value):
        if value == "anime":
            return queryset.facilitating()
        seated = Membre.objects.seated().order_by().values("pk")
        return (
            queryset.filter(pk__in=seated) if value == "siege" else queryset.exclude(pk__in=seated)
        )


def _seat(name, empty=""):
    """What the seat that a member speaks from says, or ``empty`` without one."""

    def say(membre):
        value = getattr(membre.siege, name) if membre.siege else empty
        return value() if callable(value) else value

    return say


class MembreIndexView(ExportMixin, IndexView):
    """The members, but those who left, with the seat from which each speaks."""

    page_title = "Membres"
    add_item_label = "Ouvrir un compte sans invitation"
    exported = {
        "Nom": lambda membre: membre.last_name,
        "Prénom": lambda membre: membre.first_name,
        "Adresse": lambda membre: membre.email,
        "Collège": _seat("get_college_display"),
        "Fonction": _seat("fonction"),
        "Territoire": lambda membre: str(_seat("territoire")(membre) or ""),
        "Organisation alliée": lambda membre: str(_seat("allie")(membre) or ""),
        "Compte ouvert": lambda membre: "oui" if membre.is_active else "non",
        "Dernière connexion": lambda membre: membre.last_login,
    }

    @property
    def columns(self):
        return [
            BulkActionsCheckboxColumn("bulk_actions", obj_type="user"),
            self._get_title_column_class(UserColumn)(
                "name",
                accessor="get_full_name",
                label="Nom",
                sort_key="name",
                get_url=self.get_edit_url,
                classname="name",
                width="26%",
            ),
            Column("email", label="Adresse", sort_key="email", width="24%"),
            Column("qualite", label="Siège", width="22%"),
            BooleanColumn("is_active", label="Compte ouvert", sort_key="is_active", width="8%"),
            DateColumn("last_login", label="Connexion", sort_key="last_login", width="12%"),
        ]

    @property
    def header_buttons(self):
        invite = HeaderButton("Inviter", url=reverse("communaute:inviter"), icon_name="mail")
        return [*super().header_buttons, invite]

    def get_base_queryset(self):
        return super().get_base_queryset().filter(parti_le=None).with_sieges()


class MembreViewSet(UserViewSet):
    """Wagtail's, with those views and that form. Passwords are not set here either: see the settings."""

    index_view_class = MembreIndexView
    add_view_class = MembreCreateView
    edit_view_class = MembreEditView
    filterset_class = MembreFilterSet
    # A copy would be nobody: a name without its address.
    copy_view_enabled = False
    ordering = "name"
    menu_label = "Membres"
    add_to_settings_menu = False

    def get_form_class(self, for_update=False):
        return MembreForm if for_update else super().get_form_class(for_update)


def log_what_is_done_to_several(request, action_type, objects, action):
    """Wagtail logs what is done to one member, not to several at once; nor does it save each of them."""
    for membre in objects if action.model is Membre else ():
        MiseEnCommun.objects.with_word_of(membre).tell_of_change()
        log(membre, "wagtail.edit", user=request.user)
