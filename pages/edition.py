"""How a page is edited in the back office, where it differs from Wagtail's."""

from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.utils.translation import gettext
from wagtail.admin import messages
from wagtail.admin.views.pages.create import CreateView
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.revisions import RevisionsRevertView
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.models import Page

from communaute.models import MiseEnCommun
from pages import courriels
from pages.forms import advise
from pages.models import EnseignementPage

NOT_YET = {
    "publish": "publiée",
    "submit": "proposée",
    "restart_workflow": "proposée",
    "perform_workflow_action": "relue",
}
"""What a page with something left to fill in is not, by what one asked for."""

KEPT = "Votre brouillon est gardé dès que « Enregistré » s’affiche en haut."
"""After the answer, the editor saves by itself what was sent, and says so there."""


class PortailCreateView(CreateView):
    """Wagtail's, which calls what is missing by its name."""

    def form_invalid(self, form):
        name_what_is_missing(form)
        return super().form_invalid(form)


class TellingMixin:
    """Comments are announced by our mails; what became of the page is said as it is."""

    def send_commenting_notifications(self, changes):
        comments = [*changes["resolved_comments"], *(one for one, _ in changes["new_replies"])]
        if comments or changes["new_comments"] or changes["deleted_comments"]:
            courriels.tell_of_comments(self.page, self.request.user, comments)

    def form_invalid(self, form):
        name_what_is_missing(form)
        if self.action_name not in NOT_YET or self.locked_for_user:
            return super().form_invalid(form)
        message = (
            f"La page n’est pas encore {NOT_YET[self.action_name]} : il reste des points à revoir, "
            f"en rouge. {KEPT}"
        )
        messages.validation_error(self.request, message, form)
        self.has_unsaved_changes = True
        return self.render_to_response(self.get_context_data())

    def add_save_confirmation_message(self):
        """Once approved, the page is out; Wagtail only says that it was saved."""
        approves = (
            self.action_name == "perform_workflow_action" and self.workflow_action == "approve"
        )
        published = Page.objects.live().filter(pk=self.page.pk, has_unpublished_changes=False)
        if not approves or not published.exists():
            return super().add_save_confirmation_message()
        message = gettext("Page '%(page_title)s' has been published.")
        messages.success(
            self.request,
            message % {"page_title": self.page.get_admin_display_title()},
            buttons=[self.get_edit_message_button()],
        )
        return None


class PortailEditView(TellingMixin, EditView):
    pass


class PortailRevertView(TellingMixin, RevisionsRevertView):
    pass


class PortailPageViewSet(PageViewSet):
    """Wagtail's views on every page, those above in the place of its own."""

    add_view_class = PortailCreateView
    edit_view_class = PortailEditView
    revisions_revert_view_class = PortailRevertView


def name_what_is_missing(form):
    """Have each error about something left empty name it, in ``form`` and in its rows."""
    for one in (form, *(row for rows in form.formsets.values() for row in rows.forms)):
        for name, errors in one.errors.items():
            for error in errors.as_data():
                if error.code == "required":
                    error.message = f"À remplir : {one.fields[name].label}."


def offer_one_way_to_publish(items, request, context):
    """Whoever reviews a proposal approves it: to publish beside would cancel what was proposed."""
    if any(item.name == "approve" for item in items):
        state = context["page"].current_workflow_state
        others = {"action-publish"}
        if state.requested_by != request.user:
            others.add("action-cancel-workflow")
        items[:] = [item for item in items if item.name not in others]


def give_advice(request, page):
    """Say what would read better, once what was written is published or proposed."""
    for advice in advise(page):
        messages.warning(request, advice)


def refuse_copy(request, page):
    """A copy would keep what people may take back: a page made of an exchange has none, nor an alias."""
    copied = EnseignementPage.objects.descendant_of(page, inclusive=True)
    if not MiseEnCommun.objects.of_pages(copied).exists():
        return None
    messages.error(
        request,
        "Ce qui vient d’un échange ne se copie pas : on doit pouvoir le retirer partout.",
    )
    return redirect("wagtailadmin_pages:edit", page.pk)


def refuse_unfinished(request, action, pages, bulk):
    """Publish nothing of several pages at once when one of them lacks something, and say which."""
    if action != "publish":
        return None
    if bulk.cleaned_form.cleaned_data["include_descendants"]:
        pages = [one for page in pages for one in page.get_descendants(inclusive=True)]
    unfinished = [page for page in pages if not _is_finished(page)]
    if not unfinished:
        return None
    titles = ", ".join(f"« {page.draft_title or page.title} »" for page in unfinished)
    messages.error(
        request,
        f"Rien n’est publié : il manque encore quelque chose à {titles}. Ouvrez la page pour voir quoi.",
    )
    return redirect(bulk.next_url)


def _is_finished(page):
    draft = page.specific.get_latest_revision_as_object()
    if not draft.stands:
        return False
    try:
        draft.full_clean()
    except ValidationError:
        return False
    return True
