"""Every address of the portal. What is not routed here does not exist."""

from functools import wraps

from allauth.account import views as account
from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns

from communaute.permissions import can_manage
from portail import demonstration, search

# Names are allauth's own: its views and mails look these routes up.
account_urls = [
    path("connexion/", demonstration.LoginView.as_view(), name="account_login"),
    path("deconnexion/", account.logout, name="account_logout"),
    path("inactif/", account.account_inactive, name="account_inactive"),
    path("inscription/", account.signup, name="account_signup"),
    path("confirmer/", account.reauthenticate, name="account_reauthenticate"),
    path("mot-de-passe/", account.password_reset, name="account_reset_password"),
    path("mot-de-passe/envoye/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "mot-de-passe/change/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^mot-de-passe/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]

# One way in: the back office's own sign-in and password pages lead to the portal's.
to_login = RedirectView.as_view(pattern_name="account_login", query_string=True)
to_password_reset = RedirectView.as_view(pattern_name="account_reset_password")
back_office_account_urls = [
    path("gestion/login/", to_login),
    path("gestion/logout/", RedirectView.as_view(pattern_name="account_logout")),
    re_path(r"^gestion/password_reset/", to_password_reset),
    path("_util/login/", to_login),
]


def media(folder):
    """The route of public pictures, when no object storage serves them.

    Originals and documents lie in other folders, which no address reaches.
    """
    return re_path(
        rf"^media/{folder}/(?P<path>[\w.-]{{1,200}})$",
        serve,
        {"document_root": f"{settings.MEDIA_ROOT}/{folder}"},
    )


def managers_only(view):
    """A back office view, under its own content policy; for other members it does not exist."""
    view = csp_replace(settings.BACK_OFFICE_SECURITY_POLICY)(view)

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if request.user.is_authenticated and not can_manage(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


urlpatterns = [
    path("recherche/", search.recherche, name="recherche"),
    path("compte/", include(account_urls)),
    path("communaute/", include("communaute.urls")),
    *back_office_account_urls,
    path("gestion/", include(decorate_urlpatterns(wagtailadmin_urls.urlpatterns, managers_only))),
    path("documents/", include(wagtaildocs_urls)),
    *(media(folder) for folder in ("images", "avatar_images")),
    path("", include(wagtail_urls)),
]
