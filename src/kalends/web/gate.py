"""Django's outermost middleware: each request gets an id, is logged and counted; supervisors and scrapers are answered.

Health and metrics are answered before anything asks for the host's name: a load balancer calls by address.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from kalends.operations import health, metrics
from kalends.operations.admission import VARIABLE, may_read
from kalends.operations.beating import Heart
from kalends.operations.processes import WEB, this_process
from kalends.operations.requests import note_request
from kalends.platform import correlation, database, security_log
from kalends.platform.clock import system_now
from kalends.platform.home import open_home
from kalends.platform.logs import ROUTE

Answer = Callable[[HttpRequest], HttpResponseBase]


def watched(to_rest: Answer) -> Answer:
    """Let everything that follows work under one id, and tell how it went."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        own = _OWN.get(request.path_info)
        if own is not None:
            request.META[ROUTE] = request.path_info
            return own(request)
        id_ = correlation.id_of(request.headers)
        began = time.perf_counter()
        with correlation.working_under(id_):
            response = to_rest(request)
            response[correlation.HEADER] = id_
            note_request(request, response.status_code, time.perf_counter() - began)
        return response

    return handle


def _live(request: HttpRequest) -> HttpResponse:
    return _told({"status": "ok"}, 200) if _reads(request) else _refused()


def _ready(request: HttpRequest) -> HttpResponse:
    if not _reads(request):
        return _refused()
    found = health.look()
    status = "ok" if found.is_ready else "unavailable"
    return _told({"status": status, **found._asdict()}, 200 if found.is_ready else 503)


def _metrics(request: HttpRequest) -> HttpResponse:
    if not _reads(request):
        return _refused()
    if not may_read(request.headers, str(request.META.get("REMOTE_ADDR", ""))):
        security_log.tell("secret_wrong", of="metrics")
        text = f"Metrics are read on this machine itself, or with the token in {VARIABLE}.\n"
        return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")
    told = metrics.exposition(lambda: database.connect(autocommit=True), system_now())
    response = HttpResponse(told, content_type=metrics.CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    return response


_OWN: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/health": _ready,
    "/health/live": _live,
    "/metrics": _metrics,
}


def _reads(request: HttpRequest) -> bool:
    return request.method in ("GET", "HEAD")


def _refused() -> HttpResponse:
    return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})


def _told(document: dict[str, str], status: int) -> HttpResponse:
    response = JsonResponse(document, status=status)
    response["Cache-Control"] = "no-store"
    return response


def begin_serving() -> None:
    """Let this server process say that it lives, until it ends. Call ``boot()`` before."""
    heart = Heart(
        lambda: database.connect(autocommit=True), system_now, this_process(open_home(), WEB, system_now())
    )
    threading.Thread(target=heart.run, name="heart", daemon=True).start()
