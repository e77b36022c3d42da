"""A custom report on its page, with the form that makes it beside what it comes to; and as a file."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.insight.saved import ReportRefused, SavedReport, find_report
from kalends.staff.forbidden import Forbidden
from kalends.staff.index.tabs import viewer_of
from kalends.staff.insight.builder import builder, seen_objects
from kalends.staff.insight.files import FILES, file, picture, written
from kalends.staff.insight.made import Made, read_made
from kalends.staff.insight.outcome import Unanswered, card_of, outcome_of, rows_of_file
from kalends.staff.insight.pages import topics
from kalends.staff.insight.state import read_asking
from kalends.staff.reply import is_htmx
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page


def made_by(request: HttpRequest, visit: Visit) -> Made:
    """The report of an address, of records that the user may see. Raises ``Forbidden``."""
    visit.require("reports")
    made = read_made(visit, request.GET)
    for name in made.report.objects:
        if not visit.may("view", name):
            raise Forbidden("view", name)
    return made


def saved_of(visit: Visit, number: str) -> SavedReport | None:
    """The saved report that is being looked at, if the user may see it."""
    if not number:
        return None
    try:
        return find_report(visit.psycopg(), visit.ctx, viewer_of(visit), int(number))
    except ReportRefused:
        return None


@require_safe
@account_page
def custom(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The builder with its preview, or a saved report in it."""
    visit.require("reports")
    if not request.GET.get("object") and (seen := seen_objects(visit)):
        given = request.GET.copy()
        given["object"] = "subscription" if visit.may("view", "subscription") else seen[0].name
        request.GET = given  # type: ignore[assignment]
    made = made_by(request, visit)
    saved = saved_of(visit, made.saved)
    address = reverse("custom-report", args=[visit.ctx.id])
    context: dict[str, Any] = {
        "title": saved.name if saved else _("Custom report"),
        "builder": builder(made),
        "address": address,
        "whole_address": request.build_absolute_uri(address + made.query()),
        "wrong": list(made.wrong),
        "save_link": reverse("custom-save", args=[visit.ctx.id]) + made.query(saved=""),
        "overwrite_link": reverse("saved-report-overwrite", args=[visit.ctx.id, saved.id]) + made.query()
        if saved and saved.may_change and saved.content != made.report.stored()
        else "",
    }
    try:
        outcome = outcome_of(visit, made.report, made.names, saved.name if saved else "")
        context["card"] = card_of(outcome, "custom-chart", made.query())
    except Unanswered as problem:
        context["unanswered"] = str(problem)
    if is_htmx(request) and request.headers.get("HX-Target") == "report":
        response = render(request, "staff/insight/custom_body.html", context | {"visit": visit})
        response["HX-Replace-Url"] = address + made.query()
    else:
        with visit.cursor() as cursor:
            context |= shell(cursor, visit, request, "analytics")
        context["topics"] = topics(visit, read_asking(visit, request.GET.__class__("")), "custom")
        response = render(request, "staff/insight/custom.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@require_safe
@account_page
def custom_file(request: HttpRequest, visit: Visit, kind: str) -> HttpResponse:
    """A custom report as CSV, or its chart as PNG or SVG. Its rows may be single records, so it is an export."""
    visit.require("export")
    made = made_by(request, visit)
    if kind not in FILES:
        raise Http404(f"no file {kind}")
    saved = saved_of(visit, made.saved)
    try:
        outcome = outcome_of(visit, made.report, made.names, saved.name if saved else "")
    except Unanswered as problem:
        return HttpResponse(str(problem), status=422, content_type="text/plain; charset=utf-8")
    if kind == "csv":
        return file(written(rows_of_file(outcome)), "report", kind)
    if outcome.chart is None:
        raise Http404("a table has no picture")
    return picture(outcome.chart, "report", kind)
