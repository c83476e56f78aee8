"""Requests that are refused: those that no browser sends, and forms that another site could have sent."""

from django.core.exceptions import BadRequest
from django.shortcuts import render

from communaute.forms import typed_text


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


def csrf_failure(request, reason=""):
    """Answer to a form whose token is not the session's; its text is given back to who sent it from here."""
    here = f"{request.scheme}://{request.get_host()}"
    is_from_here = (
        request.headers.get("Sec-Fetch-Site") == "same-origin"
        or request.headers.get("Origin") == here
    )
    context = {"ecrit": typed_text(request.POST) if is_from_here else ""}
    return render(request, "403_csrf.html", context, status=403)
