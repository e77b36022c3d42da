"""The rail of billing cycles: one dot a cycle, from the past through the next payment to those to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kalends.core.calendar import Frequency, due_date
from kalends.staff import formatting
from kalends.staff.queries.record import Facts, InvoiceRow

PAST, TO_COME = 10, 3


class Dot(NamedTuple):
    """One cycle. ``state`` is paid, late (collected late), fail, wait, skip, next or todo."""

    state: str
    label: str
    title: str
    invoice: str = ""


def rail(facts: Facts, past: Sequence[InvoiceRow], today: date, time_zone: str) -> list[Dot]:
    """The dots, oldest first; ``past`` is newest first, and what it holds beside cycles has no dot."""
    cycles = [each for each in past if each.of_cycle][:PAST]
    dots = [_dot(facts, each, today, time_zone) for each in reversed(cycles)]
    coming = upcoming(facts, TO_COME + 1)
    for number, day in enumerate(coming):
        is_next = number == 0
        label = formatting.short_day(day) if is_next else _label(facts, day)
        said = _("next payment") if is_next else _("to come")
        dots.append(Dot("next" if is_next else "todo", label, f"{formatting.day(day)}: {said}"))
    return dots


def upcoming(facts: Facts, count: int) -> list[date]:
    """The next due dates, from the anchor; none for what is not billed any more."""
    if facts.next_due_date is None:
        return []
    last = facts.expected_payments if facts.expected_payments is not None else facts.next_cycle + count
    return [
        due_date(facts.anchor_date, Frequency(facts.frequency), cycle - facts.anchor_cycle)
        for cycle in range(facts.next_cycle, min(last, facts.next_cycle + count))
    ]


def state_of(invoice: InvoiceRow, today: date, time_zone: str) -> str:
    """How a cycle that was billed went."""
    if invoice.status == "voided":
        return "skip"
    if invoice.status == "paid":
        paid_on = invoice.paid_at.astimezone(ZoneInfo(time_zone)).date() if invoice.paid_at else None
        overdue = bool(
            invoice.collection == "manual" and paid_on and invoice.due_date and paid_on > invoice.due_date
        )
        return "late" if invoice.first_failed_on or overdue else "paid"
    if invoice.payment_status == "failed":
        return "fail"
    overdue = invoice.due_date is not None and invoice.due_date < today
    return "fail" if overdue and invoice.payment_status != "processing" else "wait"


def _dot(facts: Facts, invoice: InvoiceRow, today: date, time_zone: str) -> Dot:
    day = invoice.period_start or invoice.invoice_date
    assert day is not None
    state = state_of(invoice, today, time_zone)
    words = {
        "paid": _("paid"),
        "late": _("collected late"),
        "fail": _("not collected"),
        "wait": _("waiting for the money"),
        "skip": _("voided"),
    }
    return Dot(
        state, _label(facts, day), f"{formatting.day(day)}: {words[state]}", invoice.number or str(invoice.id)
    )


def _label(facts: Facts, day: date) -> str:
    frequency = Frequency(facts.frequency)
    if frequency.days:
        return formatting.short_day(day)
    return str(day.year) if frequency.months >= 12 else formatting.short_month(day)
