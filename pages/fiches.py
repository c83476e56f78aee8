"""The records of the back office: who the territories, spaces, seats and allies are, and what is theirs."""

from copy import copy
from datetime import timedelta

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.shortcuts import redirect
from django.template.defaultfilters import linebreaksbr
from django.urls import path, reverse
from django.utils import timezone
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.menus import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.views.generic import history, usage
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.admin.widgets import AdminDateInput, HeaderButton
from wagtail.log_actions import log

from communaute.models import Allie, Espace, Invitation, Membre, Nomination, Siege, Territoire
from communaute.permissions import administers
from pages.choix import membres
from pages.models import Signalement, TerritoirePage, Theme


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
        editeurs = group.user_set.all() if group else Membre.objects.none()
        self.fields["editeurs"].queryset = editeurs
        self.initial["editeurs"] = editeurs
        if not editeurs.exists():
            del self.fields["editeurs"]

    @transaction.atomic
    def save(self, commit=True):
        group = self.instance.page.editors()
        kept = list(self.cleaned_data.get("editeurs", []))
        if nouveau := self.cleaned_data["nouveau"]:
            kept.append(nouveau)
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
        label="Dernier jour de la personne qui part", help_text="Compris.", widget=AdminDateInput
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
    header_icon = "user"

    def dispatch(self, request, *args, **kwargs):
        if Siege.objects.filter(succede_a=self.kwargs["pk"]).exists():
            messages.error(
                request, "Ce siège est déjà passé : passez plutôt celui qui lui succède."
            )
            return redirect(self.index_url_name)
        return super().dispatch(request, *args, **kwargs)

    def save_instance(self):
        after = self.form.save()
        log(
            self.object,
            "siege.passer",
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


class SiegeIndexView(generic.IndexView):
    """The seats, those that ended too; each that nobody holds yet after it may be passed on."""

    def get_base_queryset(self):
        return super().get_base_queryset().select_related("succede_a__membre", "successeur")

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
    icon = "user"
    menu_label = "Sièges"
    copy_view_enabled = False
    list_display = [
        *("membre", "college", "allie", "territoire", "fonction", "debut", "fin"),
        Column("predecessor", label="Succède à", accessor=_predecessor),
    ]
    list_filter = ["college", "territoire"]
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


class InvitationIndexView(generic.IndexView):
    """Who is invited, and the way to invite."""

    page_title = "Invitations"

    def get_base_queryset(self):
        return super().get_base_queryset().select_related("par", "territoire", "allie")

    @property
    def header_buttons(self):
        return [
            HeaderButton("Inviter", url=reverse("communaute:inviter"), icon_name="plus"),
            HeaderButton(
                "Renvoyer, révoquer, répondre à qui demande à entrer",
                url=reverse("communaute:invitations"),
            ),
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
    list_filter = ["college", "territoire", "allie"]
    search_fields = ["email", "prenom", "nom"]
    form_fields = ["mot"]


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

    anterieur = forms.BooleanField(
        label="Ouvrir à qui prend la suite d’une autre personne ce qui s’est dit avant son arrivée",
        help_text=(
            "Sans cela, qui succède à quelqu’un lit les sujets ouverts depuis son arrivée. Les membres de "
            "l’espace voient que c’est ouvert, et depuis quel jour ; ils le voient encore quand vous "
            "refermez."
        ),
        required=False,
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
                "anterieur": espace.is_open_to_successors,
            }

    @transaction.atomic
    def save(self, commit=True):
        self.instance.name_forum(self.cleaned_data["nom"], self.cleaned_data["objet"])
        anterieur = self.cleaned_data["anterieur"]
        changes = anterieur != self.instance.is_open_to_successors
        self.instance.open_to_successors(anterieur)
        espace = super().save(commit)
        if changes:
            log(espace, "espace.ouvrir" if anterieur else "espace.refermer")
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
    items = (TerritoireViewSet, EspaceViewSet, SiegeViewSet, InvitationViewSet, AllieViewSet)


class MessagePanel(FieldPanel):
    """A text to read, with its lines as they were written."""

    def format_value_for_display(self, value):
        return linebreaksbr(value)


class SignalementViewSet(ModelViewSet):
    """What people wrote through the contact page: its state and what was done of it change, no more."""

    model = Signalement
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
        FieldPanel("adresse", read_only=True),
        MessagePanel("message", read_only=True),
        FieldPanel("nom", read_only=True),
        FieldPanel("email", read_only=True),
        FieldPanel("etat"),
        FieldPanel("suite"),
    ]
