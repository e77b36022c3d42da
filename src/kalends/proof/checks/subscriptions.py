"""Subscriptions: what falls due next, what they are worth, their counters, and whether their status is true."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from kalends.proof.checks.invoices import terms_of
from kalends.proof.oracle.dates import Anchor, cycle_day
from kalends.proof.oracle.prices import document
from kalends.proof.oracle.revenue import monthly, yearly
from kalends.proof.report import CheckMade
from kalends.proof.run import AT_ONCE, Check, Proof, Row, Step, by_sql, shown

SCHEDULE, WORTH = "subscription schedules", "subscription worth"
_BILLED = frozenset({"scheduled", "active", "past_due", "unpaid"})


class Subscription(NamedTuple):
    """A row of ``sql/subscriptions.sql``."""

    id: int
    title: str
    status: str
    creates_invoices: bool
    currency: str
    frequency: str
    start_date: date
    anchor_date: date
    anchor_cycle: int
    next_cycle: int
    expected_payments: int | None
    next_due_date: date | None
    next_amount_minor: int | None
    end_date: date | None
    mrr_minor: int
    arr_minor: int
    runs_out: bool

    @property
    def name(self) -> str:
        """What people call it."""
        return f"Subscription {self.id} ({self.title})"

    @property
    def has_next(self) -> bool:
        """Whether another cycle is to be billed."""
        left = self.expected_payments is None or self.next_cycle < self.expected_payments
        return self.creates_invoices and self.status in _BILLED and left and not self.runs_out

    def day(self, cycle: int) -> date:
        """The day on which a cycle to come falls due."""
        return cycle_day(Anchor(self.anchor_date, self.anchor_cycle), self.frequency, cycle)


def walk(proof: Proof, checks: Mapping[str, CheckMade]) -> None:
    """Every subscription with its lines, in the order of ids."""
    lines = groupby(proof.stream("proof_agreed", "lines", parent_type="subscription"), key=itemgetter(0))
    parent, group = next(lines, (None, None))
    done = 0
    for subscription in map(Subscription._make, proof.stream("proof_subscriptions", "subscriptions")):
        while parent is not None and parent < subscription.id:
            parent, group = next(lines, (None, None))
        own: list[Row] = list(group) if parent == subscription.id and group is not None else []
        try:
            expected = _expected(subscription, own)
        except (ValueError, OverflowError) as error:
            proof.report.add(
                checks[SCHEDULE], subscription.name, "schedule", "impossible to tell", str(error)
            )
            expected = ()
        for check, figure, stands, right, currency in expected:
            if stands != right:
                proof.report.add(
                    checks[check], subscription.name, figure, shown(stands, currency), shown(right, currency)
                )
        done += 1
        if done % AT_ONCE == 0:
            proof.progress(Step(SCHEDULE, done, proof.counts["subscription"]))
    checks[SCHEDULE].rows = checks[WORTH].rows = done


Figure = tuple[str, str, Any, Any, str | None]


def _expected(subscription: Subscription, lines: Sequence[Row]) -> tuple[Figure, ...]:
    """Check, figure, what stands, what should be, and the currency of amounts."""
    cycle = subscription.next_cycle
    billed = [line for line in lines if line[14] <= cycle and (line[15] is None or cycle < line[15])]
    priced = document(terms_of(billed), subscription.currency)
    untaxed = priced.total - priced.tax
    due = subscription.day(cycle) if subscription.has_next else None
    amount = priced.total if subscription.has_next else None
    ends = (
        None if subscription.expected_payments is None else subscription.day(subscription.expected_payments)
    )
    currency = subscription.currency
    foreign = next((line[16] for line in lines if line[16] != currency), currency)
    return (
        (SCHEDULE, "next due date", subscription.next_due_date, due, None),
        (SCHEDULE, "next amount", subscription.next_amount_minor, amount, currency),
        (SCHEDULE, "end date", subscription.end_date, ends, None),
        (SCHEDULE, "currency of a line", foreign, currency, None),
        (WORTH, "MRR", subscription.mrr_minor, monthly(untaxed, subscription.frequency), currency),
        (WORTH, "ARR", subscription.arr_minor, yearly(untaxed, subscription.frequency), currency),
    )


CHECKS = (
    Check(
        {
            SCHEDULE: "Next due date, next amount and end date follow from the anchor, the lines and the status.",
            WORTH: "MRR and ARR follow from the lines that are billed next.",
        },
        walk,
    ),
    by_sql(
        "subscription cycles",
        "Each cycle from the first to the last billed has one invoice; the anchor is the journal's last.",
        "subscription_cycles",
        "subscription",
        "invoice",
    ),
    by_sql(
        "subscription counters",
        "Payments made and failed, total collected, and the last payment are those of charges and refunds.",
        "subscription_counters",
        "subscription",
        "charge_attempt",
    ),
    by_sql(
        "subscription statuses",
        "The status is true to invoices, payments and dates, and is the last one in the journal.",
        "subscription_statuses",
        "subscription",
    ),
    by_sql(
        "no charge after the end",
        "Nothing was charged after a subscription was canceled, or while it is paused.",
        "charges_after_end",
        "charge_attempt",
    ),
)
