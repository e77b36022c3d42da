"""Pages for what is not there, and for what went wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kalends.staff.shell import appearance


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """The same for what does not exist and for what belongs to somebody else."""
    return render(request, "staff/not_found.html", appearance(request), status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Nothing was changed: a request's work is one transaction."""
    return render(request, "staff/failed.html", appearance(request), status=500)
