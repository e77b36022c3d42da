"""Pages, styles and scripts go out compressed; fonts and pictures are compact as they are."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

_WORTHWHILE = (
    "text/",
    "application/javascript",
    "application/json",
    "image/svg+xml",
)


class Compression(GZipMiddleware):
    """Gzip for whole answers of text to those who take it.

    Pages get a random length besides, so that nobody learns a secret of theirs from how well they compress (Django's
    measure against BREACH). A compressed file's tag is a weak one; asked whether the file is still the same, the weak
    tag counts as well as the strong one (RFC 9110, 13.1.2).
    """

    def process_request(self, request: HttpRequest) -> None:
        """Let a weak tag be compared by those who know the strong one."""
        tag = request.META.get("HTTP_IF_NONE_MATCH", "")
        if tag.startswith("W/"):
            request.META["HTTP_IF_NONE_MATCH"] = tag.removeprefix("W/")

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress, unless there is no whole body or it would not shrink."""
        kind = response.get("Content-Type", "")
        if request.method != "GET" or response.status_code != 200 or not kind.startswith(_WORTHWHILE):
            return response
        return super().process_response(request, response)
