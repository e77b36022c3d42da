"""A ready-made report as a page, as a file, and the records behind one of its figures."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.catalog import get_object
from kalends.insight import (
    GROUPS,
    REPORTS,
    Answer,
    Behind,
    Report,
    Row,
    WrongQuestion,
    ask,
    read_behind,
    records,
)
from kalends.insight.behind import PAGE
from kalends.insight.reports import shared
from kalends.staff import formatting
from kalends.staff.insight.drawing import card
from kalends.staff.insight.files import FILES, answer_file
from kalends.staff.insight.filters import panel
from kalends.staff.insight.links import object_of
from kalends.staff.insight.state import Asking, read_asking
from kalends.staff.objects import record_address
from kalends.staff.reply import is_htmx
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page


def asked(visit: Visit, name: str, asking: Asking) -> Answer:
    """The answer about what the user may see."""
    return ask(
        visit.psycopg(),
        visit.ctx,
        name,
        asking.question,
        sight=visit.place.sight(),
        user_id=visit.user.id,
    )


def known(name: str) -> Report:
    """The report of a name. Raises ``Http404``."""
    if name not in REPORTS:
        raise Http404(f"no report {name}")
    return REPORTS[name]


def around(request: HttpRequest, visit: Visit, asking: Asking, name: str) -> dict[str, Any]:
    """What stands around a report: the shell, and all the reports with the same question."""
    report = REPORTS.get(name)
    address = (
        reverse("report", args=[visit.ctx.id, name]) if report else reverse("analytics", args=[visit.ctx.id])
    )
    with visit.cursor() as cursor:
        context = shell(cursor, visit, request, "analytics")
    return {
        **context,
        "topics": topics(visit, asking, name),
        "address": address,
        "whole_address": request.build_absolute_uri(address + asking.query()),
        "wrong": asking.wrong,
        "filters": panel(visit, asking, report, address),
    }


class Topic(NamedTuple):
    """Reports under a heading."""

    label: str
    entries: list[tuple[str, str, bool]]


def topics(visit: Visit, asking: Asking, current: str) -> list[Topic]:
    """All ready-made reports by topic: label, link, whether it is the one that is shown."""
    found: list[Topic] = []
    for group, label in GROUPS.items():
        entries = [
            (
                each.label.in_language(visit.language),
                reverse("report", args=[visit.ctx.id, each.name]) + asking.query(),
                each.name == current,
            )
            for each in REPORTS.values()
            if each.group == group
        ]
        found.append(Topic(label.in_language(visit.language), entries))
    overview = (_("Overview"), reverse("analytics", args=[visit.ctx.id]) + asking.query(), not current)
    found[0].entries.insert(0, overview)
    return found


def shown(request: HttpRequest, context: dict[str, Any], asking: Asking) -> HttpResponse:
    """The whole page, or for htmx its inside, with the address that says the same in fewest words."""
    if is_htmx(request) and request.headers.get("HX-Target") == "report":
        response = render(request, "staff/insight/body.html", context)
        response["HX-Push-Url"] = context["address"] + asking.query()
    else:
        response = render(request, "staff/insight/page.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@require_safe
@account_page
def report(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """A report: chart, summary, table, filters, and what its figures mean."""
    visit.require("reports")
    wanted = known(name)
    asking = read_asking(visit, request.GET)
    answer = asked(visit, name, asking)
    context = {
        **around(request, visit, asking, name),
        "title": wanted.label.in_language(visit.language),
        "about": wanted.about.in_language(visit.language),
        "cards": [card(visit, answer, asking, f"chart-{name}")],
        "is_single": True,
        "save_link": reverse("report-save", args=[visit.ctx.id, name]) + asking.query(),
        "rules": rules(visit),
    }
    return shown(request, context, asking)


def rules(visit: Visit) -> list[str]:
    """How recurring revenue is counted here."""
    unpaid = (
        _("Unpaid subscriptions count as churned until they recover.")
        if visit.ctx.settings.unpaid_is_churned
        else _("Unpaid subscriptions count until they are canceled or expire.")
    )
    return [unpaid, _("A month has 52/12 weeks.")]


@require_safe
@account_page
def report_file(request: HttpRequest, visit: Visit, name: str, kind: str) -> HttpResponse:
    """A report as CSV, PNG or SVG."""
    visit.require("reports")
    known(name)
    if kind not in FILES:
        raise Http404(f"no file {kind}")
    asking = read_asking(visit, request.GET)
    return answer_file(asked(visit, name, asking), kind, visit.language)


_REASONS = {
    "new": shared.NEW,
    "upgrade": shared.UPGRADES,
    "downgrade": shared.DOWNGRADES,
    "churn": shared.CHURNED,
    "reactivation": shared.REACTIVATED,
}


@require_safe
@account_page
def report_records(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """The records behind a figure, a page at a time."""
    visit.require("reports")
    wanted = known(name)
    asking = read_asking(visit, request.GET)
    try:
        behind = read_behind(request.GET.get("behind", ""))
    except WrongQuestion as problem:
        raise Http404(str(problem)) from problem
    visit.require("view", object_of(behind))
    found = records(
        visit.psycopg(),
        visit.ctx,
        behind,
        asking.question,
        sight=visit.place.sight(),
        user_id=visit.user.id,
        limit=PAGE + 1,
        **_after(request.GET.get("after", "")),
    )
    rows, more = found[:PAGE], len(found) > PAGE
    here = reverse("report-records", args=[visit.ctx.id, name])
    told = {"behind": behind.to_text()}
    with visit.cursor() as cursor:
        context = shell(cursor, visit, request, "analytics")
    context |= {
        "title": wanted.label.in_language(visit.language),
        "heading": heading(visit, behind),
        "back": reverse("report", args=[visit.ctx.id, name]) + asking.query(),
        "lines": [_line(visit, each) for each in rows],
        "has_reason": any(each.reason for each in rows),
        "object_label": get_object(object_of(behind)).singular_label.in_language(visit.language),
        "next": here + _with(asking, told | {"after": _key(rows[-1])}) if more else "",
        "first": here + _with(asking, told) if request.GET.get("after") else "",
    }
    return render(request, "staff/insight/records.html", context)


def _with(asking: Asking, words: dict[str, str]) -> str:
    return asking.query(**words)


def _key(row: Row) -> str:
    day, id_, number = row.key
    return f"{day.isoformat()}.{id_}.{number}"


def _after(word: str) -> dict[str, Any]:
    """Where a page goes on; the beginning where the word says nothing that could be understood."""
    parts = word.split(".")
    numbers = parts[1:]
    if len(parts) != 3 or not all(each.isascii() and each.isdigit() and len(each) < 19 for each in numbers):
        return {}
    try:
        return {"after": (date.fromisoformat(parts[0]), int(numbers[0]), int(numbers[1]))}
    except ValueError:
        return {}


def _line(visit: Visit, row: Row) -> dict[str, Any]:
    reason = row.reason or ""
    if row.object == "subscription":
        words = _REASONS[reason].in_language(visit.language) if reason in _REASONS else ""
    else:
        words = get_object("payment").by_name["hs_latest_status"].option_label(reason, visit.language)
    return {
        "name": row.name or str(row.id),
        "link": record_address(visit.ctx.id, row.object, row.id) if row.name is not None else "",
        "gone": row.name is None,
        "customer": row.customer or "",
        "day": row.day,
        "reason": words,
        "amount": formatting.minor(row.amount_minor, row.currency),
    }


def heading(visit: Visit, behind: Behind) -> str:
    """What is listed, in words."""
    last = formatting.day(behind.last) if behind.last else ""
    if behind.kind == "standing":
        return _("Subscriptions that counted at the end of %(day)s, with their MRR") % {"day": last}
    days = {"first": formatting.day(behind.first) if behind.first else "", "last": last}
    kinds = {
        "due": _("Subscriptions with payments on schedule from %(first)s to %(last)s, with what falls due"),
        "settled": _("Payments that settled from %(first)s to %(last)s"),
        "failed": _("Payments whose charge first failed from %(first)s to %(last)s"),
        "recovered": _("Payments whose charge failed from %(first)s to %(last)s and that came in after all"),
    }
    if behind.kind in kinds:
        return kinds[behind.kind] % days
    if behind.by_start:
        told = _("Movements of revenue of subscriptions first billed from %(first)s to %(last)s") % days
    else:
        told = _("Movements of revenue from %(first)s to %(last)s") % days
    reasons = [_REASONS[each].in_language(visit.language).lower() for each in behind.reasons]
    return f"{told}: {', '.join(reasons)}" if reasons else told
