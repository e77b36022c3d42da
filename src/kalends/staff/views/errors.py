"""Pages for what is not there, and for what went wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from kalends.platform import security_log
from kalends.staff.forbidden import Forbidden, NoRecord
from kalends.staff.reply import is_htmx
from kalends.staff.shell import appearance


def _who(request: HttpRequest) -> dict[str, int | None]:
    """The user and the account, for the log of what was refused."""
    match = request.resolver_match
    account_id = None if match is None else match.kwargs.get("account_id")
    return {"user_id": getattr(request.user, "id", None), "account_id": account_id}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The same for what does not exist and for what belongs to somebody else."""
    if isinstance(exception, NoRecord):
        security_log.tell("other_record", object=exception.name, record_id=exception.id, **_who(request))
    if is_htmx(request):
        context = {"heading": _("It is not there"), "words": _("It does not exist, or you may not see it.")}
        return render(request, "staff/parts/forbidden.html", context, status=404)
    return render(request, "staff/not_found.html", appearance(request), status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What may not be done, in words; where htmx asked, in place of what it wanted."""
    words = str(exception) if isinstance(exception, Forbidden) else ""
    missing = exception.missing if isinstance(exception, Forbidden) else "unknown"
    security_log.tell("right_missing", missing=missing, **_who(request))
    if is_htmx(request):
        context = {"heading": _("You may not do this"), "words": words}
        return render(request, "staff/parts/forbidden.html", context, status=403)
    return render(request, "staff/forbidden.html", {**appearance(request), "words": words}, status=403)


def failed(request: HttpRequest) -> HttpResponse:
    """Nothing was changed: a request's work is one transaction."""
    return render(request, "staff/failed.html", appearance(request), status=500)
