"""The billing page: what is due, how the last runs went, and what waits for a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.billing.history import Run, last_runs
from kalends.billing.hold import find_hold
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.billing.words import parked_remedy, parked_why
from kalends.staff.cells import Names
from kalends.staff.forbidden import Forbidden
from kalends.staff.methods import stored
from kalends.staff.objects import record_address
from kalends.staff.queries import billing as read
from kalends.staff.reasons import reason
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

ABILITY = "run_billing"
"""Whoever may hold and release billing sees the whole account's billing, whoever owns the records."""
RUNS_SHOWN = 12


@require_safe
@account_page
def billing(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Everything about the account's billing on one page."""
    may_run(visit)
    with visit.cursor() as cursor:
        context = {
            **shell(cursor, visit, request, "billing"),
            "title": _("Billing"),
            **_ahead(cursor, visit),
            **run_context(visit),
            **_needs_you(cursor, visit),
        }
    return render(request, "staff/billing/page.html", context)


@require_safe
@account_page
def progress(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How far the run is that is under way: what the page asks for every two seconds."""
    may_run(visit)
    return render(request, "staff/billing/run.html", {"account": visit.ctx, **run_context(visit)})


def may_run(visit: Visit) -> None:
    """Raises ``Forbidden``."""
    if not visit.may(ABILITY):
        raise Forbidden(ABILITY)


def _ahead(cursor: Cursor, visit: Visit) -> dict[str, Any]:
    found = read.ahead(cursor, visit.ctx)
    waiting = read.waiting(cursor, visit.ctx.id)
    last = visit.ctx.today + timedelta(days=read.WEEK)

    def tile(label: str, note: str, count: str, amount: str, tone: str = "") -> dict[str, Any]:
        return {
            "label": label,
            "note": note,
            "tone": tone,
            "count": sum(getattr(each, count) for each in found),
            "sums": [
                formatting.minor(getattr(each, amount), each.currency)
                for each in found
                if getattr(each, count)
            ],
        }

    late = tile(_("Late"), _("due before today, not billed yet"), "late", "late_minor", "bad")
    return {
        "tiles": [
            *([late] if late["count"] else []),
            tile(_("Due today"), formatting.day(visit.ctx.today), "today", "today_minor"),
            tile(
                _("The six days after"),
                _("until %(day)s") % {"day": formatting.day(last)},
                "week",
                "week_minor",
            ),
        ],
        "to_be_sent": waiting.to_be_sent,
        "unknown": waiting.unknown,
        "billing_hour": f"{visit.ctx.settings.billing_hour:02d}:00",
    }


def run_context(visit: Visit) -> dict[str, Any]:
    """The last run with its parts in per cent, the runs before, and whether billing is held."""
    found = last_runs(visit.psycopg(), visit.ctx.id, RUNS_SHOWN)
    held = find_hold(visit.psycopg(), visit.ctx.id)
    return {
        "held": _held(visit, held) if held else None,
        "runs": [_told(each, visit) for each in found],
        "run": {**_told(found[0], visit), "parts": _parts(found[0])} if found else None,
    }


def _held(visit: Visit, held: Any) -> dict[str, Any]:
    kind, _colon, id_ = held.actor.partition(":")
    names = Names.of_account(visit.ctx.id).owners if kind == "user" else {}
    return {
        "since": formatting.instant(held.since, visit.ctx.time_zone),
        "who": names.get(id_) or held.actor,
        "reason": held.reason,
        "put_back": held.put_back,
    }


def _told(run: Run, visit: Visit) -> dict[str, Any]:
    zone = visit.ctx.time_zone
    state = "running" if run.is_running else "killed" if run.was_killed else "ended"
    return {
        "run": run,
        "for": formatting.instant(run.as_of, zone),
        "started": formatting.instant(run.started_at, zone),
        "ended": formatting.instant(run.ended_at, zone) if run.ended_at else "",
        "state": state,
        "percent": min(100, 100 * run.handled // run.due) if run.due else 100,
    }


def _parts(run: Run) -> list[dict[str, Any]]:
    """The run's bar: what came of the charges, what was invoiced besides, what was put aside and what waits."""
    answered = run.collected + run.processing + run.failed + run.unknown
    counts = (
        ("ok", _("Collected"), run.collected),
        ("info", _("At the bank"), run.processing),
        ("sent", _("Invoiced, not paid yet"), max(run.invoiced - answered, 0)),
        ("bad", _("Failed"), run.failed),
        ("warn", _("Put aside"), run.parked),
        ("unknown", _("No answer yet"), run.unknown),
        ("idle", _("Waiting"), max(run.due - run.handled, 0)),
    )
    whole = sum(count for _tone, _label, count in counts) or 1
    parts: list[dict[str, Any]] = []
    left = 0.0
    for tone, label, count in counts:
        width = 100 * count / whole
        if count or tone not in ("unknown", "idle"):
            parts.append(
                {"tone": tone, "label": label, "count": count, "x": f"{left:.2f}", "width": f"{width:.2f}"}
            )
        left += width
    return parts


def _needs_you(cursor: Cursor, visit: Visit) -> dict[str, Any]:
    aside, failed = read.parked(cursor, visit.ctx.id), read.failed(cursor, visit.ctx.id)
    return {
        "parked": [_parked(each, visit) for each in aside[: read.PARKED_SHOWN]],
        "more_parked": len(aside) > read.PARKED_SHOWN,
        "failed": [_failed(each, visit) for each in failed[: read.FAILED_SHOWN]],
        "nothing_heading": _("Nothing waits for you"),
        "nothing_text": _("No subscription is put aside, and no charge is unpaid."),
        "more_failed": len(failed) > read.FAILED_SHOWN,
        "unpaid_link": reverse("subscriptions", args=[visit.ctx.id]) + "?view=unpaid",
    }


def _parked(row: read.ParkedRow, visit: Visit) -> dict[str, Any]:
    return {
        "row": row,
        "link": record_address(visit.ctx.id, "subscription", row.id),
        "why": parked_why(row.code),
        "remedy": parked_remedy(row.code),
        "since": formatting.instant(row.since, visit.ctx.time_zone),
        "money": formatting.minor(row.next_amount_minor, row.currency)
        if row.next_amount_minor is not None
        else None,
    }


def _failed(row: read.FailedRow, visit: Visit) -> dict[str, Any]:
    return {
        "row": row,
        "link": record_address(visit.ctx.id, "subscription", row.id),
        "why": reason(row.failure_code, row.failure_reason),
        "method": stored(row.method_kind, row.brand, row.last4).name,
        "next": formatting.day(row.next_retry_on) if row.next_retry_on else "",
        "money": formatting.minor(row.amount_minor, row.currency),
    }
