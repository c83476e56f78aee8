"""What surrounds every page of the members."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.utils.http import urlencode
from django.views.defaults import page_not_found

from communaute.brouillons import can_give_back, keep_unsent
from communaute.models import Membre
from communaute.pieces import LimitedUpload
from communaute.second_facteur import lacks_second_factor

MEMBERS_PREFIX = "/communaute/"
ACCOUNT_PREFIX = "/compte/"
MAX_REQUEST = 60 * 1024 * 1024
"""Bytes of the largest form that is read: twice what a message with its files can weigh."""


class CharteRequired(Exception):
    """Raised when all that lacks for a member to read on is to accept the charter of ``espace``."""

    def __init__(self, espace):
        super().__init__()
        self.espace = espace


class MembersOnlyMiddleware:
    """Send visitors to sign-in from any address under ``/communaute/``, before it is looked up.

    What exists, what does not and what is not even routed answer alike; nothing there is stored by
    a browser or a proxy. What a form held whose author is signed out is kept for them, and given back.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path_info.startswith(MEMBERS_PREFIX):
            return self.get_response(request)
        # Before anything reads the form.
        request.upload_handlers.insert(0, LimitedUpload(request))
        is_too_large = int(request.META.get("CONTENT_LENGTH") or 0) > MAX_REQUEST
        if not request.user.is_authenticated:
            response = redirect_to_login(_page_of(request))
            if request.method == "POST" and not is_too_large:
                keep_unsent(request)
                if can_give_back(request):
                    context = {"entrer": response.url}
                    response = render(request, "communaute/session_finie.html", context, status=403)
        elif is_too_large:
            response = render(request, "413.html", status=413)
        else:
            response = self.get_response(request)
            if response.status_code == 405:
                response.content = render_to_string("405.html", request=request)
        add_never_cache_headers(response)
        patch_cache_control(response, private=True, no_store=True)
        return response

    def process_exception(self, request, exception):
        """Lead to the charter, and answer a right lost on the way as what does not exist."""
        if isinstance(exception, CharteRequired):
            charte = reverse("communaute:charte", args=[exception.espace.slug])
            if request.method != "POST":
                return redirect(f"{charte}?{urlencode({'suite': request.path})}")
            # The charter changed while they were writing: their text is kept, and given back.
            keep_unsent(request)
            charte = f"{charte}?{urlencode({'suite': _page_of(request)})}"
            context = {"espace": exception.espace, "charte_url": charte}
            return render(request, "communaute/charte_changee.html", context, status=409)
        if request.path_info.startswith(MEMBERS_PREFIX) and isinstance(
            exception, (ObjectDoesNotExist, PermissionDenied)
        ):
            return page_not_found(request, Http404())
        return None


def _page_of(request):
    """Where to lead back whoever asked for something that is not done yet: to the page whose form they sent,
    as far as the browser says and if it is one of the members', for many a form is sent to an address that
    shows nothing; else to the address that they asked for.
    """
    if request.method == "POST":
        try:
            page = urlsplit(request.headers.get("Referer", ""))
        except ValueError:
            page = urlsplit("")
        if page.netloc == request.get_host() and page.path.startswith(MEMBERS_PREFIX):
            return page._replace(scheme="", netloc="", fragment="").geturl()
    return request.get_full_path()


class SecondFactorMiddleware:
    """Lead whoever must have a second factor to its page, from any other than those of their account,
    until they proved one in this session. What a form held is kept for them.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # Who has no session is not asked who they are: what they see is the same for all.
        if (
            settings.SESSION_COOKIE_NAME not in request.COOKIES
            or request.path_info.startswith(ACCOUNT_PREFIX)
            or not lacks_second_factor(request)
        ):
            return self.get_response(request)
        if request.method == "POST" and request.path_info.startswith(MEMBERS_PREFIX):
            keep_unsent(request)
        return redirect("mfa_index")


class VisitMiddleware:
    """Note the day when who is signed in last came, by one write a day: a session outlives many visits."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            today = timezone.localdate()
            if request.user.vu_le != today:
                Membre.objects.filter(pk=request.user.pk).update(vu_le=today)
        return self.get_response(request)
