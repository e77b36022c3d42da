"""What the next payment of a subscription will come to, why, and how it differs from the last invoice."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.core.pricing import price_document
from kalends.proof.explain_credit import tell_credit_expected
from kalends.proof.explanation import Explanation, Fact, NamedLine, lines_of, tell_price, tell_schedule
from kalends.proof.oracle.dates import Anchor
from kalends.proof.words import EVERY, day


class UnknownSubscription(LookupError):
    """There is no subscription of that id in the account."""


class _Subscription(NamedTuple):
    """A row of ``sql/explain_subscription.sql``."""

    id: int
    name: str
    status: str
    collection: str
    creates_invoices: bool
    currency: str
    frequency: str
    start_date: date
    anchor_date: date
    anchor_cycle: int
    next_cycle: int
    next_due_date: date | None
    next_amount_minor: int | None
    expected_payments: int | None
    net_terms_days: int
    canceled_on: date | None
    paused_on: date | None
    resume_on: date | None
    contact: str | None
    email: str | None
    last_number: str | None
    last_total: int | None
    last_cycle: int | None
    last_date: date | None


def explain_next(db: Connection[Any], ctx: AccountContext, subscription_id: int) -> Explanation:
    """Explain the next payment of a subscription; the ``change`` steps lead from the last invoice to it.

    Raises ``UnknownSubscription``.
    """
    params = {"account_id": ctx.id, "zone": ctx.time_zone, "subscription": subscription_id}
    row = db.execute(load("kalends.proof", "explain_subscription"), params).fetchone()
    if row is None:
        raise UnknownSubscription(
            f"There is no subscription {subscription_id} in account {ctx.name}; give the id of one it has."
        )
    subscription = _Subscription(*row)
    explanation = Explanation(
        f"Next payment of {subscription.name}", subscription.currency, _facts(subscription)
    )
    if subscription.next_due_date is None:
        explanation.tell("reason", *_why_nothing(subscription))
        return explanation
    anchor = Anchor(subscription.anchor_date, subscription.anchor_cycle)
    explanation.tell(
        "reason",
        "cycle-of-subscription",
        f"It bills cycle {subscription.next_cycle + 1} of subscription {subscription.id} ({subscription.name}), "
        f"which is billed {EVERY[subscription.frequency]}.",
        cycle=subscription.next_cycle + 1,
        subscription=subscription.id,
        name=subscription.name,
        frequency=subscription.frequency,
    )
    tell_schedule(explanation, anchor, subscription.frequency, subscription.next_cycle)
    agreed = lines_of(db, ctx.id, subscription.id)
    coming = [line for line in agreed if line.bills(subscription.next_cycle)]
    total = tell_price(explanation, coming)
    if total != subscription.next_amount_minor:
        text = "The subscription itself announces another amount: run 'kalends verify'"
        explanation.count("price", "=", "differs-from-record", text, subscription.next_amount_minor or 0)
    _tell_change(explanation, subscription, agreed, coming, total)
    tell_credit_expected(
        db, ctx, explanation, subscription.id, total, subscription.next_due_date,
        automatic=subscription.collection == "automatic",
    )  # fmt: skip
    return explanation


def _facts(subscription: _Subscription) -> list[Fact]:
    facts = [
        ("subscription", "Subscription", f"{subscription.name} ({subscription.id})"),
        ("customer", "Customer", subscription.contact or subscription.email),
        ("status", "Status", subscription.status),
        (
            "due_date",
            "Next due date",
            day(subscription.next_due_date) if subscription.next_due_date else None,
        ),
    ]
    return [Fact(name, label, value) for name, label, value in facts if value]


def _why_nothing(subscription: _Subscription) -> tuple[str, str]:
    """The rule and the sentence that say why no payment is to come."""
    if not subscription.creates_invoices:
        return (
            "never-invoiced",
            "It is a mere record: it is billed elsewhere and never makes an invoice here.",
        )
    if subscription.canceled_on:
        return "canceled", f"It was canceled on {day(subscription.canceled_on)}: nothing more is billed."
    if subscription.status == "paused":
        since = f" since {day(subscription.paused_on)}" if subscription.paused_on else ""
        until = f" until {day(subscription.resume_on)}" if subscription.resume_on else ""
        return "paused", f"It is paused{since}{until}: nothing is billed before it is resumed."
    payments = subscription.expected_payments
    return "all-billed", f"All {payments} payments of its term have been billed."


def _tell_change(
    explanation: Explanation,
    subscription: _Subscription,
    agreed: Sequence[NamedLine],
    coming: Sequence[NamedLine],
    total: int,
) -> None:
    """From the last invoice's amount to the next one, by lines that end, begin, or are charged otherwise."""
    if subscription.last_cycle is None or subscription.last_total is None or subscription.last_date is None:
        text = "It is the first payment: there is no invoice to compare it with."
        explanation.tell("change", "first-payment", text)
        return
    before = [line for line in agreed if line.bills(subscription.last_cycle)]
    text = f"Last invoice {subscription.last_number} of {day(subscription.last_date)}"
    explanation.count("change", "=", "last-invoice", text, subscription.last_total)
    old, new = _totals(before, subscription.currency), _totals(coming, subscription.currency)
    gone = [line for line in before if line.id not in new]
    added = [line for line in coming if line.id not in old]
    reached = subscription.last_total
    for line in added:
        successor_of = next((other for other in gone if other.name == line.name), None)
        if successor_of is None:
            reached += _step(explanation, "line-added", f"{line.name} is added", new[line.id], line)
            continue
        gone.remove(successor_of)
        change = new[line.id] - old[successor_of.id]
        was, now = explanation.money(old[successor_of.id]), explanation.money(new[line.id])
        reached += _step(
            explanation, "line-changed", f"{line.name} changes from {was} to {now}", change, line
        )
    for line in gone:
        reached += _step(explanation, "line-ended", f"{line.name} ends", -old[line.id], line)
    for line in coming:
        if line.id in old and (change := new[line.id] - old[line.id]):
            text = f"{line.name} bears another share of the tax that is rounded once for all lines"
            reached += _step(explanation, "tax-share-changed", text, change, line)
    if reached != total:
        text = "The last invoice was priced differently: run 'kalends verify'"
        reached += _step(explanation, "differs-from-record", text, total - reached, None)
    explanation.count("change", "=", "next-payment", "Next payment", total)


def _step(explanation: Explanation, rule: str, text: str, change: int, line: NamedLine | None) -> int:
    sign = "-" if change < 0 else "+"
    explanation.count("change", sign, rule, text, abs(change), name=line.name if line else None)
    return change


def _totals(lines: Sequence[NamedLine], currency: str) -> dict[int, int]:
    """What each line is billed at, by its id."""
    priced = price_document([line.terms for line in lines], currency)
    return {line.id: amounts.total_minor for line, amounts in zip(lines, priced.lines, strict=True)}
