"""Requests that no browser sends, refused before they reach what would fail on them."""

from django.core.exceptions import BadRequest


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
