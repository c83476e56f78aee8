"""The mails, for whoever administers: what left, what could not, and to have it tried again; how many take
the letter of the week, and where the last one stands. No address of a subscriber is shown to anybody.
"""

from datetime import timedelta

from django.http import Http404
from django.utils import timezone
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.log_actions import log

from communaute import notifications
from communaute.dates import day_said
from communaute.models import Abonnement, Envoi, Lettre
from pages import journal
from pages.models import Annonce

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
        listed = Envoi.objects.listed()
        sent = listed.filter(etat=Envoi.Etat.ENVOYE)
        return (
            f"Partis aujourd’hui : {sent.filter(envoye_le__gte=today).count()}, "
            f"en sept jours : {sent.filter(envoye_le__gte=now - WEEK).count()}, "
            f"en échec : {listed.filter(etat=Envoi.Etat.ECHEC).count()}"
        )

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, lettre=self._letter())

    def _letter(self):
        abonnements = Abonnement.objects
        taken = (
            f"Abonnements à la lettre de la semaine : {abonnements.confirmed().count()}, "
            f"à confirmer : {abonnements.waiting().count()}"
        )
        telling = Annonce.objects.values("lettre")
        last = Lettre.objects.with_counts().filter(pk__in=telling).first()
        if last is None:
            return f"{taken}."
        return (
            f"{taken}. La dernière lettre, du {day_said(last.semaine)} : parties {last.parties}, "
            f"en attente {last.attendent}, en échec {last.en_echec}."
        )

    def get_base_queryset(self):
        return super().get_base_queryset().listed().select_related("membre", "lettre")

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
    index_template_name = "pages/envois.html"
    edit_view_class = EnvoiEditView
    add_to_reference_index = False
    list_display = [
        "destinataire",
        Column("objet", label="Courriel"),
        Column("get_etat_display", label="État", sort_key="etat"),
        "essais",
        "erreur",
        DateColumn("cree_le", label="Préparé"),
        DateColumn("envoye_le", label="Parti"),
    ]
    filterset_class = EnvoiFilterSet
    form_fields = []
