"""Answers of what belongs to a list: its inside for htmx, or the whole page with a panel open."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kalends.staff.index.pages import Listing, list_context, page_context


def list_part(request: HttpRequest, listing: Listing, *, replace_address: bool = False) -> HttpResponse:
    """The list for htmx; the browser's address becomes the list's."""
    with listing.visit.cursor() as cursor:
        context = {**list_context(cursor, listing), "visit": listing.visit}
    response = render(request, "staff/index/body.html", context)
    response["HX-Replace-Url" if replace_address else "HX-Push-Url"] = listing.here
    return response


def list_with_panel(
    request: HttpRequest, listing: Listing, template: str, panel: dict[str, Any], label: str
) -> HttpResponse:
    """The whole page with something in its panel, for who has no JavaScript or follows a link."""
    with listing.visit.cursor() as cursor:
        context = {**list_context(cursor, listing), **page_context(cursor, request, listing)}
    panels = {"panel": panel, "panel_template": template, "panel_label": label}
    return render(request, "staff/index/page.html", {**context, **panels})
