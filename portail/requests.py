"""Requests that are refused: those that no browser sends, and forms that another site could have sent."""

from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.shortcuts import render
from django.views.defaults import bad_request

from communaute.forms.ecrire import typed_text
from communaute.middleware import MEMBERS_PREFIX


class WellFormedMiddleware:
    """Answer 400 to a NUL character in the address, and to a form in another encoding than UTF-8."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        charset = request.content_params.get("charset", "utf-8").lower()
        if (
            charset not in ("utf-8", "utf8")
            or "\0" in request.path_info
            or "%00" in request.META.get("QUERY_STRING", "")
        ):
            raise BadRequest
        return self.get_response(request)


def refused(request, exception):
    """Answer to what cannot be read; to a message that holds too much to be, with what it may hold."""
    too_much = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
    if isinstance(exception, too_much) and request.path_info.startswith(MEMBERS_PREFIX):
        return render(request, "413.html", status=413)
    return bad_request(request, exception)


def csrf_failure(request, reason=""):
    """Answer to a form whose token is not the session's; its text is given back to who sent it from here."""
    here = f"{request.scheme}://{request.get_host()}"
    is_from_here = (
        request.headers.get("Sec-Fetch-Site") == "same-origin"
        or request.headers.get("Origin") == here
    )
    context = {"ecrit": typed_text(request.POST) if is_from_here else ""}
    return render(request, "403_csrf.html", context, status=403)
