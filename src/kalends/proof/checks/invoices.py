"""Invoices: what their lines come to, their periods, their dates, and their numbers."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

from kalends.proof.checks.prorations import of_days_billed
from kalends.proof.oracle.dates import Anchor
from kalends.proof.oracle.money import written
from kalends.proof.oracle.prices import Document, Terms, document
from kalends.proof.report import CheckMade, Report
from kalends.proof.run import AT_ONCE, Check, Proof, Row, Step, by_sql
from kalends.proof.schedules import Move, Schedule, moves_of, period_of

PRICES, TOTALS, PERIODS = "invoice lines", "invoice totals", "invoice periods"


class Invoice(NamedTuple):
    """A row of ``sql/invoices.sql``; the schedule is empty unless a cycle of a subscription is billed."""

    id: int
    number: str | None
    currency: str
    subtotal: int
    discount: int
    order_discount: int
    fees: int
    tax: int
    total: int
    period_start: Any
    period_end: Any
    cycle: int | None
    subscription: int | None
    frequency: str
    start_date: Any
    anchor_date: Any
    anchor_cycle: int

    @property
    def name(self) -> str:
        """What people call it."""
        return f"Invoice {self.number}" if self.number else f"Draft invoice {self.id}"

    @property
    def schedule(self) -> Schedule | None:
        """The schedule of the subscription whose cycle is billed."""
        if self.subscription is None or self.cycle is None:
            return None
        anchor = Anchor(self.anchor_date, self.anchor_cycle)
        return Schedule(self.subscription, self.frequency, self.start_date, anchor)


def walk(proof: Proof, checks: Mapping[str, CheckMade]) -> None:
    """Every invoice with its lines, in the order of ids."""
    lines = groupby(proof.stream("proof_lines", "lines", parent_type="invoice"), key=itemgetter(0))
    invoices = map(Invoice._make, proof.stream("proof_invoices", "invoices"))
    done = 0
    parent, group = next(lines, (None, None))
    while block := list(islice(invoices, AT_ONCE)):
        schedules = [invoice.schedule for invoice in block]
        moves = moves_of(proof.db, proof.ctx.id, filter(None, schedules))
        for invoice, schedule in zip(block, schedules, strict=True):
            while parent is not None and parent < invoice.id:
                parent, group = next(lines, (None, None))
            own: list[Row] = list(group) if parent == invoice.id and group is not None else []
            checks[PRICES].rows += len(own)
            _check_amounts(proof.report, checks, invoice, own)
            _check_periods(proof.report, checks[PERIODS], invoice, schedule, moves, own)
        done += len(block)
        proof.progress(Step(PRICES, done, proof.counts["invoice"]))
    checks[TOTALS].rows = checks[PERIODS].rows = done


def terms_of(lines: Sequence[Row]) -> tuple[Terms, ...]:
    """What lines are charged by, from rows of ``sql/lines.sql``."""
    return tuple([Terms._make((*line[1:7], line[18])) for line in lines])


def _check_amounts(
    report: Report, checks: Mapping[str, CheckMade], invoice: Invoice, lines: Sequence[Row]
) -> None:
    terms = terms_of(lines)
    priced = of_days_billed(document(terms, invoice.currency), terms, lines)
    if invoice.order_discount or invoice.fees:
        # Order discounts and fees change the tax, and their own terms are not kept: only what comes before them is
        # known from the lines. That the total adds up is checked all the same.
        priced = _before_order(priced, invoice, lines)
    if priced.lines != tuple([line[7:12] for line in lines]):
        for number, (line, right) in enumerate(zip(lines, priced.lines, strict=True), start=1):
            _compare(
                report,
                checks[PRICES],
                f"{invoice.name}, line {number}",
                invoice.currency,
                zip(
                    ("gross amount", "discount", "net amount", "tax", "total"), line[7:12], right, strict=True
                ),
            )
    for number, line in enumerate(lines, start=1):
        if line[16] != invoice.currency:
            report.add(
                checks[PRICES], f"{invoice.name}, line {number}", "currency", line[16], invoice.currency
            )
    stands = (invoice.subtotal, invoice.discount, invoice.tax, invoice.total)
    right = (priced.subtotal, priced.discount, priced.tax, priced.total)
    if stands != right:
        names = ("subtotal", "discount", "tax", "total")
        _compare(
            report, checks[TOTALS], invoice.name, invoice.currency, zip(names, stands, right, strict=True)
        )


def _before_order(priced: Document, invoice: Invoice, lines: Sequence[Row]) -> Document:
    taxed = tuple(
        line._replace(tax=row[10], total=row[11]) for line, row in zip(priced.lines, lines, strict=True)
    )
    total = priced.subtotal - invoice.order_discount + invoice.fees + invoice.tax
    return Document(taxed, priced.subtotal, priced.discount + invoice.order_discount, invoice.tax, total)


def _compare(
    report: Report,
    check: CheckMade,
    what: str,
    currency: str,
    figures: Iterator[tuple[str, int | None, int]],
) -> None:
    for figure, stands, right in figures:
        if stands != right:
            shown = "nothing" if stands is None else written(stands, currency)
            report.add(check, what, figure, shown, written(right, currency))


def _check_periods(
    report: Report,
    check: CheckMade,
    invoice: Invoice,
    schedule: Schedule | None,
    moves: Mapping[int, Sequence[Move]],
    lines: Sequence[Row],
) -> None:
    stands = (invoice.period_start, invoice.period_end)
    if schedule is not None:
        assert invoice.cycle is not None
        try:
            right = period_of(schedule, invoice.cycle, moves)
        except (ValueError, OverflowError) as error:
            report.add(
                check, invoice.name, "period", f"{stands[0]} to {stands[1]}", f"impossible to tell: {error}"
            )
            right = stands
        if stands != right:
            what = f"period (payment {invoice.cycle + 1} of subscription {schedule.subscription})"
            report.add(check, invoice.name, what, f"{stands[0]} to {stands[1]}", f"{right[0]} to {right[1]}")
    for number, line in enumerate(lines, start=1):
        if line[12:14] != stands:
            what = f"{invoice.name}, line {number}"
            report.add(check, what, "period", f"{line[12]} to {line[13]}", f"{stands[0]} to {stands[1]}")


CHECKS = (
    Check(
        {
            PRICES: "Each line's gross, discount, net, tax and total follow from its price, quantity and rates.",
            TOTALS: "Subtotal, discount, tax and total follow from the lines.",
            PERIODS: "The period billed is the one that the anchor and the cycle's number give.",
        },
        walk,
    ),
    by_sql(
        "invoice agreements",
        "The lines are those that the subscription agreed to for that cycle, at that price.",
        "invoice_agreements",
        "invoice",
    ),
    by_sql(
        "invoice dates",
        "Issue date, due date, being paid and being overdue agree with the terms and the amounts.",
        "invoice_dates",
        "invoice",
    ),
    by_sql(
        "invoice numbers",
        "Numbers run from 1001 without a hole, and none stands twice.",
        "invoice_numbers",
        "invoice",
    ),
)
