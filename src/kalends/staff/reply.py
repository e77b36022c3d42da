"""Answers to people: whole pages, or the parts that htmx puts into the page that is there."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks, for a part of a page. When it fetches a whole page anew it asks as a browser would."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"


def moved(request: HttpRequest, to: str, toast: str = "") -> HttpResponse:
    """Go to another page, by GET; there a toast says what was done."""
    if toast:
        messages.success(request, toast)
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return HttpResponseRedirect(to, status=303)


def swapped(response: HttpResponse, *, toast: str = "", tone: str = "ok", **more: Any) -> HttpResponse:
    """A part that is swapped in; the dialog closes, and a toast says what was done. ``more`` are further events."""
    events = {"dialog-close": "", **more}
    if toast:
        events["toast"] = {"text": toast, "tone": tone}
    # Header values are Latin-1: everything beyond goes as JSON escapes.
    response["HX-Trigger"] = json.dumps(events)
    return response


def dialog(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A dialog: for htmx alone, else on a page, so that its link works without JavaScript.

    ``template`` extends ``staff/parts/dialog.html``; ``context`` holds what ``shell`` gives.
    """
    if is_htmx(request):
        return render(request, template, context, status=status)
    inside = mark_safe(render_to_string(template, context, request))  # noqa: S308 - our own template
    return render(request, "staff/dialog_page.html", {**context, "inside": inside}, status=status)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who is there, and come back afterwards."""
    if is_htmx(request):
        back = urlsplit(request.headers.get("HX-Current-URL", "/")).path
        return HttpResponse(
            status=204, headers={"HX-Redirect": f"{reverse('sign-in')}?{urlencode({'next': back})}"}
        )
    return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'next': request.get_full_path()})}")
