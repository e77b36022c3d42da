"""Requests as they are counted and logged: by the route that answered, never by the path, which may let people in."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.http import HttpRequest

from kalends.operations.counts import REQUEST_SECONDS, REQUESTS
from kalends.platform.logs import ROUTE

log = structlog.get_logger("kalends.requests")

STATIC, NOWHERE, OTHER = "/static/", "(nothing)", "OTHER"
_METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())
_FAILED = 500
_NOT_FINE = 400


def route_of(request: HttpRequest) -> str:
    """The route that answered: a pattern of ours, so that there are only so many of them."""
    told = request.META.get(ROUTE)
    if isinstance(told, str):
        return told
    match = request.resolver_match
    if match is not None:
        return f"/{match.route}"
    return STATIC if request.path_info.startswith(f"/{settings.STATIC_URL.strip('/')}/") else NOWHERE


def note_request(request: HttpRequest, status: int, seconds: float) -> None:
    """Count an answered request and log it. Files of pages that are fine are counted only."""
    route = route_of(request)
    method = request.method if request.method in _METHODS else OTHER
    REQUESTS.labels(route, method, str(status)).inc()
    REQUEST_SECONDS.labels(route, method).observe(seconds)
    if route == STATIC and status < _NOT_FINE:
        return
    match = request.resolver_match
    account = (
        {}
        if match is None or "account_id" not in match.kwargs
        else {"account_id": match.kwargs["account_id"]}
    )
    tell = log.error if status >= _FAILED else log.info
    tell(
        "request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 1), **account
    )
