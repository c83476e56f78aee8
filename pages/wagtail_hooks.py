"""What the back office adds to Wagtail's, and what it leaves out."""

from django.http import Http404
from django.shortcuts import render
from django.urls import path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.models import Page
from wagtail.permissions import policy_registry, register_permission_policy
from wagtail.users.views.bulk_actions import DeleteBulkAction

from communaute.models import Adhesion, Charte, Envoi, Invitation, Territoire
from communaute.permissions import administers
from pages import choix
from pages.autre_redaction import AutreRedactionView
from pages.edition import (
    PortailPageViewSet,
    give_advice,
    offer_one_way_to_publish,
    refuse_copy,
    refuse_unfinished,
)
from pages.fiches import CohortViewSetGroup, SignalementViewSet, ThemeViewSet
from pages.journal import name_acts
from pages.listes import EnseignementListViewSet, RelectureListViewSet, TerritoireListViewSet
from pages.membres import log_what_is_done_to_several
from pages.models import CohortePage, Signalement, TroncCommunPage, readable_by
from pages.panneaux import what_waits
from pages.permissions import (
    ArrivalPermissionPolicy,
    ChartePermissionPolicy,
    EnvoiPermissionPolicy,
    PortailPagePermissionPolicy,
    SignalementPermissionPolicy,
    TerritoirePermissionPolicy,
    seen_by,
)
from pages.rich_text import PublicLinkHandler

register_permission_policy(Page, PortailPagePermissionPolicy())
register_permission_policy(Territoire, TerritoirePermissionPolicy(Territoire))
register_permission_policy(Invitation, ArrivalPermissionPolicy(Invitation))
register_permission_policy(Adhesion, ArrivalPermissionPolicy(Adhesion))
register_permission_policy(Charte, ChartePermissionPolicy(Charte))
register_permission_policy(Envoi, EnvoiPermissionPolicy(Envoi))
register_permission_policy(Signalement, SignalementPermissionPolicy(Signalement))


@hooks.register("register_admin_viewset")
def register_viewsets():
    return [
        PortailPageViewSet(),
        choix.epci,
        choix.communes,
        choix.membres,
        TerritoireListViewSet("territoires"),
        EnseignementListViewSet("enseignements"),
        RelectureListViewSet("relectures"),
        ThemeViewSet(),
        SignalementViewSet(),
        CohortViewSetGroup(),
    ]


hooks.register("register_log_actions", name_acts)
# Members efface their accounts themselves: nobody has the right to what Wagtail offers on several.
DeleteBulkAction.models = []


class SectionMenuItem(MenuItem):
    """The way to a section that there is once, for those who may write in it."""

    def __init__(self, model, label, **kwargs):
        super().__init__(label, "", **kwargs)
        self.model = model

    def is_shown(self, request):
        page = self.model.objects.first()
        return page is not None and page.permissions_for_user(request.user).can_edit()

    def render_component(self, request):
        self.url = reverse("wagtailadmin_explore", args=[self.model.objects.first().pk])
        return super().render_component(request)


@hooks.register("register_admin_menu_item")
def register_tronc_commun():
    return SectionMenuItem(TroncCommunPage, "Tronc commun", icon_name="list-ol", order=130)


@hooks.register("register_admin_menu_item")
def register_cohorte():
    return SectionMenuItem(CohortePage, "La cohorte", icon_name="home", order=140)


@hooks.register("construct_main_menu")
def keep_what_serves(request, items):
    """Pages by task first, then the tree; reports for those who may open them; Wagtail's help for none."""
    hidden = {"help"} if administers(request.user) else {"help", "reports"}
    if not policy_registry.get_by_type(Territoire).user_has_permission(request.user, "change"):
        hidden.add("territoires")
    items[:] = [item for item in items if item.name not in hidden]
    for item in items:
        if item.name == "explorer":
            item.label, item.order = "Toutes les pages", 170


@hooks.register("construct_homepage_panels")
def show_what_waits(request, panels):
    panels[:] = what_waits(request)


@hooks.register("construct_homepage_summary_items", order=100)  # after those who count
def count_nothing(request, items):
    """How many pages there are helps nobody, and tells of those that one may not see."""
    items.clear()


@hooks.register("before_serve_page", order=-1)
def answer_as_if_missing(page, request, serve_args, serve_kwargs):
    """Whoever may not read a page is answered as where there is none; one that was withdrawn says so."""
    if page.is_withdrawn:
        return render(request, "410.html", status=410)
    if request.user.is_authenticated:
        readable = readable_by(Page.objects.filter(pk=page.pk), request.user).exists()
    else:
        readable = page.live and not page.get_view_restrictions()
    if not readable:
        raise Http404
    return None


@hooks.register("construct_page_chooser_queryset")
def choose_among_what_is_seen(pages, request):
    """The choosers show nobody a draft or a reserved page that they may neither read nor change."""
    return pages.filter(pk__in=seen_by(request.user).order_by().values("pk"))


@hooks.register("register_rich_text_features", order=10)  # after Wagtail's own
def link_to_public_pages(features):
    features.register_link_type(PublicLinkHandler)


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def advise_on_what_leaves(request, page):
    """A draft is left in peace."""
    if any(request.POST.get(f"action-{action}") for action in ("publish", "submit")):
        give_advice(request, page)


@hooks.register("register_admin_urls")
def register_another_wording():
    view = AutreRedactionView.as_view()
    return [path("passages/<str:reference>/", view, name="autre_redaction")]


hooks.register("construct_page_action_menu", offer_one_way_to_publish)
hooks.register("before_copy_page", refuse_copy)
hooks.register("before_bulk_action", refuse_unfinished)
hooks.register("after_bulk_action", log_what_is_done_to_several)
