"""Rehearsing a run: what it would invoice, charge and put aside, and how that differs from the cycle before."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.accounts.context import AccountContext
from kalends.billing.differences import LineDiffers
from kalends.billing.rehearse import AMOUNTS, COUNTS, Rehearsal, rehearse
from kalends.events.background import BackgroundWork, find, latest
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action
from kalends.staff.background import Report, as_it_is, start
from kalends.staff.billing.page import ABILITY, may_run
from kalends.staff.billing.words import parked_remedy, parked_why
from kalends.staff.objects import record_address
from kalends.staff.queries import billing as read
from kalends.staff.reply import moved
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

KIND = "rehearsal"
_ENDED = {
    "canceled": gettext_lazy("Canceled"),
    "paused": gettext_lazy("Paused"),
    "completed": gettext_lazy("All agreed payments were billed"),
    "parked": gettext_lazy("Put aside until somebody releases it"),
    "no_due_date": gettext_lazy("It has no next payment due date"),
}
_TERMS = {
    "unit_price": gettext_lazy("price"),
    "quantity": gettext_lazy("quantity"),
    "discount_per_unit": gettext_lazy("discount per unit"),
    "discount_percent": gettext_lazy("discount in percent"),
    "tax_rate": gettext_lazy("tax rate"),
    "tax_inclusive": gettext_lazy("tax included in the price"),
}


@account_action(ABILITY)
def begin(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    """Let a rehearsal begin; while one is under way, that one is looked at."""
    under_way = latest(visit.db, visit.ctx.id, KIND)
    if under_way is None or not under_way.alive:
        with visit.cursor() as cursor:
            due = sum(each.late + each.today for each in read.ahead(cursor, visit.ctx))
        ctx = visit.ctx
        start(visit, KIND, lambda db, report: _rehearse(db, ctx, report), total=due)
    return moved(request, reverse("billing-rehearsal", args=[visit.ctx.id]))


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The last rehearsal, or how far the one under way has come."""
    may_run(visit)
    with visit.cursor() as cursor:
        context = {
            **shell(cursor, visit, request, "billing"),
            "title": _("Rehearsal"),
            **_context(visit, as_it_is(visit.ctx.id, latest(visit.psycopg(), visit.ctx.id, KIND))),
        }
    return render(request, "staff/billing/rehearsal.html", context)


@require_safe
@account_page
def standing(request: HttpRequest, visit: Visit, work_id: int) -> HttpResponse:
    """How far a rehearsal has come, and then what came of it."""
    may_run(visit)
    work = as_it_is(visit.ctx.id, find(visit.psycopg(), visit.ctx.id, work_id))
    if work is None or work.kind != KIND:
        raise Http404(f"no rehearsal {work_id}")
    return render(request, "staff/billing/rehearsed.html", {"account": visit.ctx, **_context(visit, work)})


def _rehearse(db: Any, ctx: AccountContext, report: Report) -> dict[str, Any]:
    result = rehearse(db, ctx, progress=lambda so_far: report(so_far.invoices + so_far.parked))
    return {"as_of": ctx.now, **stored(result)}


def stored(result: Rehearsal) -> dict[str, Any]:
    """What is kept of a rehearsal, without words of any language."""
    names = {str(id_): name for id_, name in result.names.items()}
    return {
        **{name: getattr(result, name) for name in COUNTS},
        **{name: dict(getattr(result, name)) for name in AMOUNTS},
        "first_invoices": [each._asdict() for each in result.first_invoices],
        "first_parked": [each._asdict() for each in result.first_parked],
        "first_differences": [
            {**each._asdict(), "lines": [line._asdict() for line in each.lines]}
            for each in result.first_differences
        ],
        "first_no_longer_billed": [each._asdict() for each in result.first_no_longer_billed],
        "names": names,
    }


def _context(visit: Visit, work: BackgroundWork | None) -> dict[str, Any]:
    result = work.result if work else None
    return {
        "work": work,
        "percent": min(99, 100 * work.done // work.total) if work and work.total else 0,
        "result": _told(visit, result) if result else None,
        "when": formatting.instant(datetime.fromisoformat(result["as_of"]), visit.ctx.time_zone)
        if result
        else "",
    }


def _told(visit: Visit, result: dict[str, Any]) -> dict[str, Any]:
    names = result["names"]
    return {
        # A rehearsal that an earlier version kept does not know all of them.
        **{name: result.get(name, 0) for name in COUNTS},
        **{name: _sums(result.get(name, {})) for name in AMOUNTS},
        "differences": [_difference(visit, each, names) for each in result["first_differences"]],
        "ended_rows": [_ended(visit, each, names) for each in result.get("first_no_longer_billed", ())],
        "parked_rows": [_would_park(visit, each, names) for each in result["first_parked"]],
        "invoice_rows": [_invoice(visit, each, names) for each in result["first_invoices"]],
    }


def _sums(amounts: dict[str, int]) -> list[formatting.Money]:
    return [formatting.minor(amount, code) for code, amount in sorted(amounts.items()) if amount]


def _subscription(visit: Visit, row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    id_ = row["subscription_id"]
    return {"name": names.get(str(id_), str(id_)), "link": record_address(visit.ctx.id, "subscription", id_)}


def _difference(visit: Visit, row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    change = row["now_minor"] - row["before_minor"]
    return {
        **_subscription(visit, row, names),
        "before": formatting.minor(row["before_minor"], row["currency"]),
        "now": formatting.minor(row["now_minor"], row["currency"]),
        "change": formatting.minor(change, row["currency"]),
        "up": change > 0,
        "why": [
            _line(LineDiffers(each["line"], each["how"], tuple(map(tuple, each["terms"]))))
            for each in row["lines"]
        ]
        or [_("The line items are the same; the earlier invoice was made under other terms.")],
    }


def _ended(visit: Visit, row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    since = row["since"]
    return {
        **_subscription(visit, row, names),
        "why": _ENDED[row["reason"]],
        "since": formatting.day(date.fromisoformat(since)) if since else "",
        "due": formatting.day(date.fromisoformat(row["due_date"])),
        "before": formatting.minor(row["before_minor"], row["currency"]),
    }


def _line(each: LineDiffers) -> str:
    """How a line item differs, in the reader's language."""
    name = each.line or _("A line item")
    match each.how:
        case "begins":
            return _("%(line)s begins") % {"line": name}
        case "ends":
            return _("%(line)s ends") % {"line": name}
        case "anew":
            return _("%(line)s is agreed anew") % {"line": name}
        case _:
            changes = ", ".join(
                _("%(term)s from %(before)s to %(after)s")
                % {"term": _TERMS[term], "before": _value(before), "after": _value(after)}
                for term, before, after in each.terms
            )
            return f"{name}: {changes}"


def _value(text: str) -> str:
    if text in ("True", "False"):
        return _("Yes") if text == "True" else _("No")
    return formatting.number(Decimal(text))


def _would_park(visit: Visit, row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    code = row.get("code", "")
    return {
        **_subscription(visit, row, names),
        "why": parked_why(code) if code else row["reason"],
        "remedy": parked_remedy(code) if code else row["remedy"],
        "detail": row["reason"],
    }


def _invoice(visit: Visit, row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        **_subscription(visit, row, names),
        "charged": row["collection"] == "automatic",
        "number": row["cycle"] + 1,
        "money": formatting.minor(row["total_minor"], row["currency"]),
    }
