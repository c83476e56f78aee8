"""What is only read in the back office: who is invited, who asks to join, the charters.

Invitations and requests are acted on among the members' pages; a charter is written with its space.
"""

import django_filters
from django import forms
from django.db.models import Count
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets import HeaderButton

from communaute.models import Adhesion, Charte, College, Espace, Invitation
from communaute.permissions import administers
from pages.exports import ExportMixin


class FollowedMixin:
    """The rows that one follows, and no other."""

    def followed(self):
        user = self.request.user
        return self.model.objects.handled_by(user, administers(user))


class InvitationFilterSet(WagtailFilterSet):
    etat = django_filters.ChoiceFilter(
        label="État",
        method="filter_etat",
        choices=Invitation.Etat,
        empty_label="Tous",
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Invitation
        fields = ["college", "territoire", "allie"]

    def filter_etat(self, queryset, name, value):
        return queryset.in_state(value)


class InvitationIndexView(FollowedMixin, ExportMixin, generic.IndexView):
    """Who is invited, and the way to invite."""

    page_title = "Invitations"
    exported = {
        "Adresse": lambda invitation: invitation.email,
        "Nom": lambda invitation: invitation.nom,
        "Prénom": lambda invitation: invitation.prenom,
        "Place": lambda invitation: invitation.place,
        "Fonction": lambda invitation: invitation.fonction,
        "État": lambda invitation: invitation.etat.label,
        "Invitée par": lambda invitation: str(invitation.par),
        "Créée le": lambda invitation: invitation.creee_le,
        "Expire le": lambda invitation: invitation.expire_le,
    }

    def get_base_queryset(self):
        return self.followed().select_related("par", "territoire", "allie")

    @property
    def header_buttons(self):
        return [
            HeaderButton("Inviter", url=reverse("communaute:inviter"), icon_name="plus"),
            HeaderButton("Renvoyer, révoquer", url=reverse("communaute:invitations")),
        ]


class InvitationViewSet(ModelViewSet):
    model = Invitation
    icon = "mail"
    menu_label = "Invitations"
    copy_view_enabled = False
    index_view_class = InvitationIndexView
    add_to_reference_index = False
    list_display = [
        "email",
        Column("place", label="Place"),
        Column("etat", label="État", accessor=lambda invitation: invitation.etat.label),
        "par",
        "creee_le",
        "expire_le",
    ]
    filterset_class = InvitationFilterSet
    search_fields = ["email", "prenom", "nom"]
    form_fields = ["mot"]


ANSWERS = [("attend", "Attend une réponse"), *Adhesion.Reponse.choices]


class AdhesionFilterSet(WagtailFilterSet):
    reponse = django_filters.ChoiceFilter(
        label="Réponse",
        method="filter_reponse",
        choices=ANSWERS,
        empty_label="Toutes",
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Adhesion
        fields = ["college", "territoire"]

    def filter_reponse(self, queryset, name, value):
        return queryset.waiting() if value == "attend" else queryset.filter(reponse=value)


def _answer(adhesion):
    """What was answered, or the way to the page where it is."""
    if adhesion.reponse:
        return adhesion.get_reponse_display()
    url = reverse("communaute:adhesion", args=[adhesion.reference])
    return format_html(
        '<a href="{}">Répondre<span class="w-sr-only"> à {} {}</span></a>',
        url,
        adhesion.prenom,
        adhesion.nom,
    )


class AdhesionIndexView(FollowedMixin, ExportMixin, generic.IndexView):
    """Who asked to join, and what they were answered."""

    page_title = "Demandes d’adhésion"
    exported = {
        "Nom": lambda adhesion: adhesion.nom,
        "Prénom": lambda adhesion: adhesion.prenom,
        "Adresse": lambda adhesion: adhesion.email,
        "Collège": lambda adhesion: adhesion.get_college_display(),
        "Territoire": lambda adhesion: str(adhesion.territoire or ""),
        "Reçue le": lambda adhesion: adhesion.recue_le,
        "Réponse": lambda adhesion: adhesion.get_reponse_display(),
        "Répondue par": lambda adhesion: str(adhesion.par or ""),
        "Répondue le": lambda adhesion: adhesion.repondue_le,
    }

    def get_base_queryset(self):
        return self.followed().select_related("territoire", "par")


class AdhesionInspectView(FollowedMixin, generic.InspectView):
    """All of one request, and of its answer."""

    page_title = "Demande d’adhésion"

    def get_page_subtitle(self):
        return f"{self.object.prenom} {self.object.nom}"

    def get_field_display_value(self, field_name, field):
        value = super().get_field_display_value(field_name, field)
        return "—" if value in (None, "") else value

    def get_object(self, queryset=None):
        return get_object_or_404(self.followed(), pk=self.pk)


class AdhesionViewSet(ModelViewSet):
    model = Adhesion
    icon = "user"
    menu_label = "Demandes d’adhésion"
    copy_view_enabled = False
    index_view_class = AdhesionIndexView
    inspect_view_class = AdhesionInspectView
    inspect_view_enabled = True
    inspect_view_fields = [
        *("prenom", "nom", "email", "college", "territoire", "fonction", "message", "recue_le"),
        *("reponse", "mot", "par", "repondue_le"),
    ]
    add_to_reference_index = False
    list_display = [
        "nom",
        "prenom",
        "college",
        "territoire",
        "recue_le",
        Column("reponse", label="Réponse", accessor=_answer, sort_key="reponse"),
        "par",
    ]
    filterset_class = AdhesionFilterSet
    search_fields = ["nom", "prenom", "email"]
    form_fields = ["mot"]
    ordering = "-recue_le"


class CharteFilterSet(WagtailFilterSet):
    audience = django_filters.ChoiceFilter(
        field_name="espace__audience",
        label="Pour qui",
        choices=Espace.Audience,
        empty_label="Tous les espaces",
        widget=forms.RadioSelect,
    )
    college = django_filters.ChoiceFilter(
        field_name="espace__college",
        label="Collège",
        choices=College,
        empty_label="Tous",
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Charte
        fields = []


class CharteIndexView(generic.IndexView):
    """Each version of the charter of each space, and how many accepted it."""

    page_title = "Chartes"

    def get_base_queryset(self):
        charters = super().get_base_queryset().select_related("espace__forum")
        return charters.annotate(acceptations_total=Count("acceptations"))


class CharteInspectView(generic.InspectView):
    """One version, as members read it."""

    page_title = "Lire"

    def get_texte_display_value(self):
        return self.object.texte_rendu


class CharteViewSet(ModelViewSet):
    model = Charte
    icon = "doc-full"
    menu_label = "Chartes"
    copy_view_enabled = False
    index_view_class = CharteIndexView
    inspect_view_class = CharteInspectView
    inspect_view_enabled = True
    inspect_view_fields = ["espace", "version", "created_at", "texte"]
    add_to_reference_index = False
    list_display = [
        "espace",
        "version",
        "created_at",
        Column("acceptations_total", label="Acceptée par", sort_key="acceptations_total"),
    ]
    filterset_class = CharteFilterSet
    search_fields = ["espace__forum__name"]
    form_fields = ["texte"]
