"""The addresses of the back office: Wagtail's, closed where they would name what one may not see.

Wagtail asks for a right before it changes a page, but not before it says its title. Here a page that
someone may not see is answered as one that does not exist, whatever the address that names it.
"""

from functools import wraps

from django.http import Http404
from django.urls import path
from django.views.decorators.cache import never_cache
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views import chooser
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail.utils.urlpatterns import decorate_urlpatterns

from communaute.permissions import administers
from pages.exports import refused
from pages.models import PortailDocument, PortailImage
from pages.permissions import seen_by

CLOSED = {
    "wagtailadmin_api:documents",
    "wagtailadmin_api:images",
    "wagtailadmin_api:pages:action",
}
"""What no page of the back office asks for; lists of files there are not limited to one's own."""

FOR_ADMINISTRATORS = {
    "choix_membre",
    "wagtailadmin_reports",
    "wagtailadmin_tag_autocomplete",
    "wagtailadmin_tag_model_autocomplete",
}
"""What tells of the whole site, or of its members, at once."""

ABOUT_PAGES = {
    "wagtailadmin_api:pages",
    "wagtailadmin_choose_page",
    "wagtailadmin_choose_page_child",
    "wagtailadmin_choose_page_chosen_multiple",
    "wagtailadmin_explore",
    "wagtailadmin_explore_results",
    "wagtailadmin_pages",
}
KEYS_OF_PAGES = {"destination_id", "page_id", "page_to_move_id", "parent_page_id", "pk"}
MAX_SEARCH = 200
"""Signs of a search that are looked at: each word of a longer one would weigh on the database."""
MAX_DIGITS = 19
"""No database holds a longer key."""


def may_open(request):
    """Whether all that the address of ``request`` names may be seen by whoever asks."""
    user, match = request.user, request.resolver_match
    if not user.is_authenticated:
        return True
    named = _prefixes(match.view_name)
    if named & CLOSED or (named & FOR_ADMINISTRATORS and not administers(user)):
        return False
    if match.view_name == "wagtail_bulk_action":
        return _may_open_bulk(request, match.kwargs["model_name"])
    if named & ABOUT_PAGES:
        keys = {match.kwargs[name] for name in KEYS_OF_PAGES & match.kwargs.keys()}
        # Pages are copied and moved below the one that the form names.
        typed = {*request.GET.getlist("id"), *request.POST.getlist("new_parent_page")} - {""}
        return _all_in(seen_by(user), keys | typed)
    return True


def _prefixes(name):
    """``a:b:c`` as ``a``, ``a:b`` and ``a:b:c``."""
    parts = (name or "").split(":")
    return {":".join(parts[:end]) for end in range(1, len(parts) + 1)}


def _may_open_bulk(request, model_name):
    user, keys = request.user, set(request.GET.getlist("id"))
    for model in (PortailImage, PortailDocument):
        if model._meta.model_name == model_name:
            own = policy_registry.get_by_type(model).instances_user_has_any_permission_for(
                user, ["change", "delete", "choose"]
            )
            return _all_in(own, keys - {"all"})
    if model_name != Page._meta.model_name:
        return True
    if "all" in keys:
        parents = policy_registry.get_by_type(Page).instances_user_has_permission_for(
            user, "change"
        )
        keys = {request.GET.get("childOf", "")}
        return _all_in(parents, keys)
    return _all_in(seen_by(user), keys)


def _all_in(queryset, keys):
    keys = {str(key) for key in keys}
    return not keys or (
        all(key.isdecimal() and len(key) < MAX_DIGITS for key in keys)
        and queryset.filter(pk__in={int(key) for key in keys}).count() == len(keys)
    )


class BrowseView(chooser.BrowseView):
    """Wagtail's, which starts no deeper than what one may see."""

    def get_object_list(self):
        seen = seen_by(self.request.user)
        while self.parent_page.depth > 1 and not seen.filter(pk=self.parent_page.pk).exists():
            self.parent_page = self.parent_page.get_parent().specific
        return super().get_object_list()


def guarded(view):
    """``view``, or Wagtail's answer to an address that leads nowhere, or to what is not exported."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not may_open(request):
            raise Http404
        if len(request.GET.get("q", "")) > MAX_SEARCH:
            request.GET = request.GET.copy()
            request.GET["q"] = request.GET["q"][:MAX_SEARCH]
        return refused(request) or view(request, *args, **kwargs)

    return never_cache(wagtailadmin_urls.display_custom_404(wrapped))


browse = require_admin_access(BrowseView.as_view())

urlpatterns = decorate_urlpatterns(
    [
        path("choose-page/", browse, name="wagtailadmin_choose_page"),
        path("choose-page/<int:parent_page_id>/", browse, name="wagtailadmin_choose_page_child"),
        *wagtailadmin_urls.urlpatterns,
    ],
    guarded,
)
