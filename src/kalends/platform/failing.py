"""What is shown when a page of ours breaks: buyers and staff each get words of their own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, get_callable, resolve

_BUYERS, _STAFF = "kalends.buyer.pages.failed", "kalends.staff.views.errors.failed"


def failed(request: HttpRequest) -> HttpResponse:
    """The answer of the face whose page it was; the faces are named in words, for the platform imports none."""
    return get_callable(_BUYERS if _is_for_buyers(request) else _STAFF)(request)


def _is_for_buyers(request: HttpRequest) -> bool:
    try:
        return "is_buyer_page" in vars(resolve(request.path_info).func)
    except Resolver404:
        return False
