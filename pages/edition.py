"""How a page is edited in the back office, where it differs from Wagtail's."""

from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from wagtail.admin import messages
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.revisions import RevisionsRevertView
from wagtail.admin.viewsets.pages import PageViewSet

from communaute.models import MiseEnCommun
from pages import courriels
from pages.forms import advise
from pages.models import EnseignementPage


class TellingMixin:
    """Comments are announced by our mails."""

    def send_commenting_notifications(self, changes):
        comments = [*changes["resolved_comments"], *(one for one, _ in changes["new_replies"])]
        if comments or changes["new_comments"] or changes["deleted_comments"]:
            courriels.tell_of_comments(self.page, self.request.user, comments)


class PortailEditView(TellingMixin, EditView):
    pass


class PortailRevertView(TellingMixin, RevisionsRevertView):
    pass


class PortailPageViewSet(PageViewSet):
    """Wagtail's views on every page, those above in the place of its own."""

    edit_view_class = PortailEditView
    revisions_revert_view_class = PortailRevertView


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
