"""The mails to members, for whoever administers: what left, what could not, and to have it tried again."""

from datetime import timedelta

from django.http import Http404
from django.utils import timezone
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.log_actions import log

from communaute import notifications
from communaute.models import Envoi
from pages import journal

WEEK = timedelta(days=7)


class EnvoiFilterSet(WagtailFilterSet):
    class Meta:
        model = Envoi
        fields = ["etat"]


class EnvoiIndexView(generic.IndexView):
    """To whom, when, in what state: never what a mail says, which is kept nowhere."""

    page_title = "Courriels"

    def get_page_subtitle(self):
        now = timezone.now()
        today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        sent = Envoi.objects.filter(etat=Envoi.Etat.ENVOYE)
        return (
            f"{sent.filter(envoye_le__gte=today).count()} partis aujourd’hui, "
            f"{sent.filter(envoye_le__gte=now - WEEK).count()} en sept jours, "
            f"{Envoi.objects.filter(etat=Envoi.Etat.ECHEC).count()} en échec"
        )

    def get_base_queryset(self):
        return super().get_base_queryset().select_related("membre")

    def get_edit_url(self, instance):
        return super().get_edit_url(instance) if instance.etat == Envoi.Etat.ECHEC else None


class EnvoiEditView(generic.EditView):
    """Have a mail that could not leave tried again."""

    page_title = "Renvoyer"

    def get_object(self, queryset=None):
        envoi = super().get_object(queryset)
        if envoi.etat != Envoi.Etat.ECHEC:
            raise Http404
        return envoi

    def save_instance(self):
        notifications.send_again(self.object)
        log(self.object, journal.MAIL_SENT_AGAIN)
        return self.object

    def get_success_message(self):
        return "Le courriel repart."

    def get_success_buttons(self):
        return []


class EnvoiViewSet(ModelViewSet):
    model = Envoi
    icon = "mail"
    menu_label = "Courriels"
    copy_view_enabled = False
    index_view_class = EnvoiIndexView
    edit_view_class = EnvoiEditView
    add_to_reference_index = False
    list_display = [
        "membre",
        Column("get_etat_display", label="État", sort_key="etat"),
        "essais",
        "erreur",
        DateColumn("cree_le", label="Préparé"),
        DateColumn("envoye_le", label="Parti"),
    ]
    filterset_class = EnvoiFilterSet
    form_fields = []
