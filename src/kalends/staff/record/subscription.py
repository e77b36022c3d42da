"""The middle of a subscription's page: what is owed, its cycles, what comes next and why."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.catalog import OBJECTS
from kalends.core.pricing import price_document
from kalends.proof.explain import explain_next
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.forbidden import NoRecord
from kalends.staff.money_rows import invoice_entry
from kalends.staff.queries import record as read
from kalends.staff.rail import PAST, TO_COME, rail, upcoming
from kalends.staff.visit import Visit
from kalends.staff.why import tell

OBJECT = OBJECTS["subscription"]


def middle(cursor: Cursor, visit: Visit, id_: int) -> dict[str, Any]:
    """What the middle of a subscription's page shows; the user may see it."""
    facts = read.facts(cursor, visit.ctx.id, id_)
    if facts is None:
        raise NoRecord("subscription", id_)
    return {
        "facts": facts,
        "frequency": OBJECT.by_name["hs_recurring_billing_frequency"].option_label(
            facts.frequency, visit.language
        ),
        "payments_text": ngettext("%(count)s payment", "%(count)s payments", facts.completed_payments)
        % {"count": facts.completed_payments},
        **_money(cursor, visit, facts, id_),
        **_lines(cursor, visit, facts, id_),
        **_waiting(cursor, visit, id_),
    }


def _waiting(cursor: Cursor, visit: Visit, id_: int) -> dict[str, Any]:
    """Changes that were decided on and have not come yet, and what the buyer answered at checkout."""
    cursor.execute(
        "SELECT cancel_on, pause_on, resume_on, checkout_answers FROM subscription WHERE account_id = %s AND id = %s",
        [visit.ctx.id, id_],
    )
    cancel_on, pause_on, resume_on, answers = cursor.fetchall()[0]
    told: list[str] = []
    if cancel_on:
        told.append(_("Will be canceled on %(day)s") % {"day": formatting.day(cancel_on)})
    if pause_on:
        told.append(_("Will be paused on %(day)s") % {"day": formatting.day(pause_on)})
    if resume_on:
        told.append(_("Resumes on %(day)s") % {"day": formatting.day(resume_on)})
    return {"waiting": told, "answers": (answers or "").splitlines()}


def _money(cursor: Cursor, visit: Visit, facts: read.Facts, id_: int) -> dict[str, Any]:
    """Tiles, the rail of cycles, and what could not be collected."""
    past = read.invoices(cursor, visit.ctx.id, id_, PAST)
    seen = visit.among("view", "invoice", [each.id for each in past])
    past = [each for each in past if each.id in seen]
    today = visit.ctx.today
    return {
        "next_when": formatting.until(facts.next_due_date, today) if facts.next_due_date else "",
        "next_day": formatting.day(facts.next_due_date) if facts.next_due_date else "",
        "next_amount": _minor(facts.next_amount_minor, facts) if facts.next_due_date else None,
        "resumes": formatting.day(facts.resume_on) if facts.resume_on else "",
        "collected": _minor(facts.collected_minor, facts),
        "dots": rail(facts, past, today, visit.ctx.time_zone),
        "arrears": [
            invoice_entry(each, visit, today)
            for each in past
            if each.payment_status == "failed" and each.balance_minor
        ][:1],
    }


def _minor(amount: int | None, facts: read.Facts) -> formatting.Money | None:
    return None if amount is None else formatting.minor(amount, facts.currency)


def _lines(cursor: Cursor, visit: Visit, facts: read.Facts, id_: int) -> dict[str, Any]:
    """What the next cycle bills, why it comes to its amount, and what follows. What has ended shows its last cycle."""
    every = read.lines(cursor, visit.ctx.id, "subscription", id_)
    cycle = facts.next_cycle if facts.next_due_date else max(facts.next_cycle - 1, 0)
    lines = [line for line in every if line.bills(cycle)] or every
    priced = price_document([line.terms for line in lines], facts.currency)
    coming = upcoming(facts, TO_COME + 1)
    return {
        "lines": [
            {"line": line, "net": _minor(part.net_minor, facts)}
            for line, part in zip(lines, priced.lines, strict=True)
        ],
        "lines_tax": _minor(priced.tax_minor, facts) if priced.tax_minor else None,
        "lines_total": _minor(priced.total_minor, facts),
        "why": tell(explain_next(visit.psycopg(), visit.ctx, id_), visit.language) if coming else None,
        "coming": [
            {"day": day, "money": _minor(_amount_of(every, facts.next_cycle + number, facts.currency), facts)}
            for number, day in enumerate(coming)
        ][1:],
    }


def _amount_of(lines: list[read.Line], cycle: int, currency: str) -> int:
    terms = [line.terms for line in lines if line.bills(cycle)]
    return price_document(terms, currency).total_minor if terms else 0
