"""The records of the back office: who the territories, spaces and allies are, and what is theirs."""

from urllib.parse import quote, urlsplit

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.shortcuts import redirect
from django.template.defaultfilters import linebreaksbr
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import slugify
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.menus import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.views.generic import history, usage
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.log_actions import log

from communaute.models import Allie, Espace, Membre, Nomination, Territoire
from communaute.permissions import administers
from pages import journal
from pages.choix import membres
from pages.envois import EnvoiViewSet
from pages.exports import ExportMixin
from pages.membres import MembreViewSet
from pages.models import Signalement, TerritoirePage, Theme
from pages.registres import AdhesionViewSet, CharteViewSet, InvitationViewSet
from pages.sieges import SiegeViewSet


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


def _editors(territoire):
    """The names of those who write for a territory."""
    group = territoire.groupe_edition
    return ", ".join(map(str, group.user_set.all())) if group else ""


class TerritoireIndexView(generic.IndexView):
    """The territories that one may change, and no other."""

    page_title = "Fiches des territoires"

    def get_base_queryset(self):
        own = self.permission_policy.instances_user_has_permission_for(self.request.user, "change")
        return (
            super()
            .get_base_queryset()
            .filter(pk__in=own)
            .prefetch_related("groupe_edition__user_set")
        )

    def get_list_more_buttons(self, instance):
        buttons = super().get_list_more_buttons(instance)
        if administers(self.request.user):
            edition = reverse("territoire:edition", args=[instance.pk])
            buttons.append(
                MenuItem("Donner l’édition à…", url=edition, icon_name="user", priority=15)
            )
        return buttons


class TerritoireEditView(OwnTerritoireMixin, generic.EditView):
    pass


class TerritoireHistoryView(OwnTerritoireMixin, history.HistoryView):
    pass


class TerritoireUsageView(OwnTerritoireMixin, usage.UsageView):
    pass


def _keep_among(form, name, named):
    """Let the boxes of the field ``name`` be those of ``named``, checked; no field where there is nobody."""
    form.fields[name].queryset = named
    form.initial[name] = named
    if not named.exists():
        del form.fields[name]


class EditionForm(forms.ModelForm):
    """Who writes for a territory: those who do, and one more."""

    editeurs = forms.ModelMultipleChoiceField(
        Membre.objects.none(),
        label="Éditent ses pages",
        help_text="Décochez pour retirer. Ce que la personne a écrit reste.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    nouveau = forms.ModelChoiceField(
        Membre.objects.filter(is_active=True),
        label="Donner l’édition à",
        help_text=(
            "Cette personne pourra écrire et publier les pages du territoire, et proposer des "
            "enseignements à la relecture."
        ),
        required=False,
        widget=membres.widget_class,
    )

    class Meta:
        model = Territoire
        fields = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        group = self.instance.groupe_edition
        _keep_among(self, "editeurs", group.user_set.all() if group else Membre.objects.none())

    @transaction.atomic
    def save(self, commit=True):
        group = self.instance.page.editors()
        kept = list(self.cleaned_data.get("editeurs", []))
        if nouveau := self.cleaned_data["nouveau"]:
            kept.append(nouveau)
        if said := journal.changes(group.user_set.all(), kept):
            log(self.instance, journal.EDITION_GIVEN, data=said)
        group.user_set.set(kept)
        return self.instance


class TerritoireEditionView(generic.EditView):
    """Say who writes for a territory; administrators alone."""

    page_title = "Qui édite"
    success_message = "C’est noté : voici qui édite les pages de ce territoire."
    header_icon = "edit"

    def dispatch(self, request, *args, **kwargs):
        if not administers(request.user):
            raise PermissionDenied
        if not TerritoirePage.objects.filter(territoire=self.kwargs["pk"]).exists():
            messages.error(
                request,
                "Ce territoire n’a pas encore de page : créez-la d’abord, sous « Territoires ».",
            )
            return redirect(self.index_url_name)
        return super().dispatch(request, *args, **kwargs)

    def get_edit_url(self):
        return reverse("territoire:edition", args=[self.object.pk])

    def get_success_url(self):
        return self.get_edit_url()


class TerritoireViewSet(ModelViewSet):
    model = Territoire
    icon = "site"
    menu_label = "Fiches des territoires"
    list_display = ["nom", "forme", Column("editors", label="Qui édite", accessor=_editors)]
    search_fields = ["nom"]
    copy_view_enabled = False
    index_view_class = TerritoireIndexView
    edit_view_class = TerritoireEditView
    delete_view_class = KindDeleteView
    history_view_class = TerritoireHistoryView
    usage_view_class = TerritoireUsageView

    @property
    def edition_view(self):
        # What the page of the record shows is not asked here.
        kwargs = self.get_edit_view_kwargs(panel=None, form_class=EditionForm)
        return self.construct_view(TerritoireEditionView, **kwargs)

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("edition/<int:pk>/", self.edition_view, name="edition"),
        ]


class AllieViewSet(ModelViewSet):
    model = Allie
    icon = "group"
    menu_label = "Allié·es"
    copy_view_enabled = False
    delete_view_class = KindDeleteView
    form_fields = ["nom", "presentation"]
    search_fields = ["nom"]


ANIMATION, LECTURE = Nomination.Role.ANIMATION, Nomination.Role.LECTURE
COMES = {ANIMATION: "{} animera cet espace.", LECTURE: "{} lira cet espace."}
GOES = {
    ANIMATION: "{} n’animera plus cet espace.",
    LECTURE: "{} n’est plus nommé·e pour lire cet espace.",
}
CONFIRM = "Rien n’est encore enregistré. Si c’est bien ce que vous voulez, enregistrez à nouveau."
NOBODY = "Personne n’anime cet espace : les alertes et les recours n’y seront lus par personne."


class EspaceForm(forms.ModelForm):
    """A space with the name and purpose of its forum, who is named to it, and the charter in force.

    Whom it is for is said once: changing it would open to some what others said among themselves.
    Who comes to be named to a space that there is, or no longer is, is saved once the form was sent
    back with the very words that say so (``annonce``).
    """

    nom = forms.CharField(label="Nom", max_length=100)
    objet = forms.CharField(
        label="À quoi sert cet espace", widget=forms.Textarea(attrs={"rows": 3})
    )
    animateurs = forms.ModelMultipleChoiceField(
        Membre.objects.none(),
        label="Animateurs et animatrices",
        help_text="Décochez pour retirer.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    nouvel_animateur = forms.ModelChoiceField(
        Membre.objects.filter(is_active=True),
        label="Confier l’animation à",
        help_text="Une personne à la fois : enregistrez, puis revenez pour une autre.",
        required=False,
        widget=membres.widget_class,
    )
    lecteurs = forms.ModelMultipleChoiceField(
        Membre.objects.none(),
        label="Lecteurs et lectrices nommé·es",
        help_text="Décochez pour retirer. Les membres de l’espace verront encore leur nom.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    nouveau_lecteur = forms.ModelChoiceField(
        Membre.objects.filter(is_active=True),
        label="Donner à lire à",
        help_text=(
            "Cette personne pourra lire sans prendre part. Les membres de l’espace voient son nom, "
            "et le voient encore quand vous le retirez."
        ),
        required=False,
        widget=membres.widget_class,
    )
    charte = forms.CharField(
        label="Charte",
        help_text=(
            "**important** pour du gras, un tiret au début d’une ligne pour une liste. Si vous la "
            "changez, chaque membre devra l’accepter à nouveau."
        ),
        widget=forms.Textarea(attrs={"rows": 10}),
    )

    anterieur = forms.BooleanField(
        label="Ouvrir à qui prend la suite d’une autre personne ce qui s’est dit avant son arrivée",
        help_text=(
            "Sans cela, qui succède à quelqu’un lit les sujets ouverts depuis son arrivée. Les membres de "
            "l’espace voient que c’est ouvert, et depuis quel jour ; ils le voient encore quand vous "
            "refermez."
        ),
        required=False,
    )
    annonce = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Espace
        fields = ["slug", "audience", "college", "territoire"]
        help_texts = {
            "slug": "Le nom de l’espace dans son adresse, sans accent ni espace : delegation-virelaube.",
        }

    field_order = ["nom", "objet", "slug", "audience", "college", "territoire"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        espace = self.instance
        self.fields["slug"].required = False
        self.to_confirm = False
        if espace.pk:
            for name in ("audience", "college", "territoire"):
                self.fields[name].disabled = True
            self.initial |= {
                "nom": espace.nom,
                "objet": espace.objet,
                "charte": espace.charte.texte if espace.charte else "",
                "anterieur": espace.is_open_to_successors,
            }
            self.named = {ANIMATION: espace.animateurs, LECTURE: espace.lecteurs}
        else:
            self.fields["slug"].help_text += " Laissé vide, il est tiré du nom."
            self.fields["audience"].help_text = (
                "Pour un collège, dites lequel sous « Collège » ; pour une délégation, dites de quel "
                "territoire sous « Territoire » ; pour toute la cohorte, laissez les deux vides."
            )
            self.named = dict.fromkeys((ANIMATION, LECTURE), Membre.objects.none())
        _keep_among(self, "animateurs", self.named[ANIMATION])
        _keep_among(self, "lecteurs", self.named[LECTURE])

    def clean_slug(self):
        """The address as typed, or as it was, or the beginning of the name."""
        slug = self.cleaned_data["slug"] or self.instance.slug
        slug = slug or slugify(self.cleaned_data.get("nom", ""))[: self.fields["slug"].max_length]
        slug = slug.strip("-")
        if not slug:
            raise ValidationError(self.fields["slug"].error_messages["required"], code="required")
        return slug

    def clean(self):
        cleaned_data = super().clean()
        self.to_name = {
            ANIMATION: self._chosen("animateurs", "nouvel_animateur"),
            LECTURE: self._chosen("lecteurs", "nouveau_lecteur"),
        }
        self.changes_said = " ".join(self._changes_of_names())
        known = self.changes_said in ("", cleaned_data.get("annonce"))
        if self.instance.pk and not known and not self.errors:
            self.to_confirm = True
            self.data = self.data.copy()
            self.data[self.add_prefix("annonce")] = self.changes_said
            raise ValidationError(self.changes_said)
        return cleaned_data

    def _chosen(self, kept, new):
        new = self.cleaned_data.get(new)
        return {*self.cleaned_data.get(kept, []), *([new] if new else [])}

    def _changes_of_names(self):
        """Who comes and who goes, in one sentence each."""
        for role, before in self.named.items():
            after, before = self.to_name[role], set(before)
            for sentences, changed in ((GOES, before - after), (COMES, after - before)):
                yield from (sentences[role].format(one) for one in sorted(changed, key=str))

    @transaction.atomic
    def save(self, commit=True):
        self.instance.name_forum(self.cleaned_data["nom"], self.cleaned_data["objet"])
        anterieur = self.cleaned_data["anterieur"]
        changes = anterieur != self.instance.is_open_to_successors
        self.instance.open_to_successors(anterieur)
        espace = super().save(commit)
        if changes:
            log(espace, journal.SPACE_OPENED if anterieur else journal.SPACE_CLOSED)
        for role, named in self.to_name.items():
            if said := journal.changes(self.named[role], named):
                espace.nominate(role, named)
                log(espace, journal.NAMED, data={"role": role.value, **said})
        before = espace.charte
        if espace.adopt_charte(self.cleaned_data["charte"]) != before:
            log(espace, journal.CHARTER_CHANGED)
        return espace


class EspaceSavedMixin:
    """Say who comes and who goes, and whether anybody takes care of the space."""

    def get_success_message(self, *args):
        return f"{super().get_success_message(*args)} {self.form.changes_said}".strip()

    def form_valid(self, form):
        response = super().form_valid(form)
        if not self.object.animateurs.filter(is_active=True).exists():
            messages.warning(self.request, NOBODY)
        return response


class EspaceCreateView(EspaceSavedMixin, generic.CreateView):
    pass


class EspaceEditView(EspaceSavedMixin, generic.EditView):
    def is_valid(self, form):
        valid = super().is_valid(form)
        if form.to_confirm:
            self.produced_error_message = CONFIRM
        return valid


class EspaceFilterSet(WagtailFilterSet):
    animation = django_filters.ChoiceFilter(
        label="Animation",
        method="filter_animation",
        choices=[("avec", "Animés"), ("sans", "Sans animation")],
        empty_label="Tous",
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Espace
        fields = ["audience", "college", "territoire"]

    def filter_animation(self, queryset, name, value):
        return (
            queryset.animated() if value == "avec" else queryset.exclude(pk__in=queryset.animated())
        )


class EspaceIndexView(ExportMixin, generic.IndexView):
    """The spaces, who facilitates each and how many can read it: nothing of what is said there."""

    page_title = "Espaces"
    add_item_label = "Ouvrir un espace"
    exported = {
        "Nom": lambda espace: espace.nom,
        "Pour qui": lambda espace: espace.audience_label,
        "Animation": lambda espace: _facilitators(espace),
        "Peuvent lire": lambda espace: espace.readers_count,
    }

    def get_base_queryset(self):
        spaces = super().get_base_queryset().select_related("forum", "territoire")
        return spaces.with_animation().with_readers_count()


def _facilitators(espace):
    """The names of those who facilitate a space."""
    return ", ".join(str(nomination.membre) for nomination in espace.animations)


class EspaceViewSet(ModelViewSet):
    model = Espace
    icon = "comment"
    menu_label = "Espaces"
    index_view_class = EspaceIndexView
    add_view_class = EspaceCreateView
    edit_view_class = EspaceEditView
    copy_view_enabled = False
    list_display = [
        "nom",
        Column("audience_label", label="Pour qui"),
        Column("animation", label="Animation", accessor=_facilitators),
        Column("readers_count", label="Peuvent lire", sort_key="readers_count"),
    ]
    filterset_class = EspaceFilterSet
    search_fields = ["forum__name"]

    def get_form_class(self, for_update=False):
        return EspaceForm


class ThemeViewSet(ModelViewSet):
    """The subjects that learnings and projects share."""

    model = Theme
    icon = "tag"
    menu_label = "Thèmes"
    menu_order = 240
    add_to_admin_menu = True
    copy_view_enabled = False
    form_fields = ["nom", "slug"]
    search_fields = ["nom"]


class CohortViewSetGroup(ModelViewSetGroup):
    menu_label = "Cohorte"
    menu_icon = "group"
    menu_order = 200
    items = (
        TerritoireViewSet,
        EspaceViewSet,
        CharteViewSet,
        SiegeViewSet,
        InvitationViewSet,
        AdhesionViewSet,
        AllieViewSet,
        EnvoiViewSet,
    )

    def get_submenu_items(self):
        # Wagtail registers the list of members itself.
        members = MembreViewSet("wagtailusers_users", url_prefix="users")
        return [members.get_menu_item(0), *super().get_submenu_items()]


class MessagePanel(FieldPanel):
    """A text to read, with its lines as they were written."""

    def format_value_for_display(self, value):
        return linebreaksbr(value)


class WriterPanel(FieldPanel):
    """An address to which one writes back, where there is one."""

    def format_value_for_display(self, value):
        return value and format_html('<a href="mailto:{}">{}</a>', quote(value, safe="@"), value)


class PlacePanel(FieldPanel):
    """Where something stands, in the words of a visitor: a link where it is an address of this site,
    and nowhere else.
    """

    def format_value_for_display(self, value):
        own = urlsplit(settings.SITE_URL).netloc
        is_address = value.startswith(("/", "https://", "http://"))
        if is_address and url_has_allowed_host_and_scheme(value, {own}):
            return format_html('<a href="{}">{}</a>', value, value)
        return value


class SignalementIndexView(ExportMixin, generic.IndexView):
    """What was written to the cohort; who wrote it and what it says are not exported."""

    page_title = "Signalements"
    exported = {
        "Référence": lambda signalement: signalement.reference,
        "Objet": lambda signalement: signalement.get_objet_display(),
        "Reçu le": lambda signalement: signalement.recu_le,
        "État": lambda signalement: signalement.get_etat_display(),
    }


class SignalementViewSet(ModelViewSet):
    """What people wrote through the contact page: its state and what was done of it change, no more."""

    model = Signalement
    index_view_class = SignalementIndexView
    icon = "mail"
    menu_label = "Signalements"
    menu_order = 250
    add_to_admin_menu = True
    add_to_reference_index = False
    copy_view_enabled = False
    list_display = [
        "reference",
        Column("objet", label="Objet", accessor="get_objet_display", sort_key="objet"),
        "recu_le",
        Column("etat", label="État", accessor="get_etat_display", sort_key="etat"),
    ]
    list_filter = ["etat", "objet"]
    search_fields = ["reference", "nom", "email"]
    panels = [
        FieldPanel("reference", read_only=True),
        FieldPanel("objet", read_only=True),
        FieldPanel("recu_le", read_only=True),
        PlacePanel("adresse", read_only=True),
        MessagePanel("message", read_only=True),
        FieldPanel("nom", read_only=True),
        WriterPanel("email", read_only=True),
        FieldPanel("etat"),
        FieldPanel(
            "suite",
            help_text=(
                "Pour la cohorte seule : ce texte n’est envoyé à personne. Répondez depuis votre "
                "messagerie."
            ),
        ),
    ]
