"""How a page is edited in the back office, where it differs from Wagtail's."""

from wagtail.admin import messages
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.revisions import RevisionsRevertView
from wagtail.admin.viewsets.pages import PageViewSet

from pages import courriels
from pages.forms import advise


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
