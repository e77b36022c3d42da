"""The page of an export, and its file. Both are for whoever asked for it and for administrators, signed in."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from kalends.exports.kept import open_kept
from kalends.platform.clock import system_now
from kalends.staff.exports.standing import seen, standing_context
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit, export_id: int) -> HttpResponse:
    """How far the export has come, and then its file: where the letter leads."""
    export = seen(visit, export_id)
    with visit.cursor() as cursor:
        context = {
            **shell(cursor, visit, request, "settings"),
            "title": export.name,
            "log_link": reverse("settings-exports", args=[visit.ctx.id]),
            **standing_context(visit, export),
        }
    return render(request, "staff/exports/page.html", context)


@require_safe
@account_page
def file(request: HttpRequest, visit: Visit, export_id: int) -> HttpResponse:  # noqa: ARG001
    """The file itself; one that is not there, or not any more, leads to the page that says so."""
    export = seen(visit, export_id)
    kept = open_kept(Path(settings.MEDIA_ROOT), visit.ctx.id, export, system_now())
    if kept is None:
        return HttpResponseRedirect(reverse("export", args=[visit.ctx.id, export.id]))
    response = FileResponse(kept.file, as_attachment=True, filename=kept.name, content_type=kept.content_type)
    response["Cache-Control"] = "private, no-store"
    return cast("HttpResponse", response)  # streamed, and handed on like any other
