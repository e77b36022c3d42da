"""Pages for what is not there, and for what went wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from kalends.staff.forbidden import Forbidden
from kalends.staff.reply import is_htmx
from kalends.staff.shell import appearance


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """The same for what does not exist and for what belongs to somebody else."""
    if is_htmx(request):
        context = {"heading": _("It is not there"), "words": _("It does not exist, or you may not see it.")}
        return render(request, "staff/parts/forbidden.html", context, status=404)
    return render(request, "staff/not_found.html", appearance(request), status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What may not be done, in words; where htmx asked, in place of what it wanted."""
    words = str(exception) if isinstance(exception, Forbidden) else ""
    if is_htmx(request):
        context = {"heading": _("You may not do this"), "words": words}
        return render(request, "staff/parts/forbidden.html", context, status=403)
    return render(request, "staff/forbidden.html", {**appearance(request), "words": words}, status=403)


def failed(request: HttpRequest) -> HttpResponse:
    """Nothing was changed: a request's work is one transaction."""
    return render(request, "staff/failed.html", appearance(request), status=500)
