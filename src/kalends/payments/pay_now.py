"""Paying an invoice that exists, by the customer, now: the ordinary path, for just that invoice.

The payment is decided on under the invoice's lock, for what it owes besides what is under way: of two clicks, two
windows and a run of billing at the same moment, one asks for the money. Then it is collected at once. An answer that is
lost is unknown, and asked about as every other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import integers, load, take_ids
from kalends.billing.hold import find_hold
from kalends.core.money import minimum_charge
from kalends.events.requests import once
from kalends.payments.collect import CustomerThere, Processors, collect
from kalends.payments.methods import MethodRefused, kinds_in, usable_method
from kalends.payments.processors.interface import MethodKind

BUYER = "buyer"
"""Who acts, in the journal, where a customer does by a link."""


class CannotPay(ValueError):
    """An invoice that is not paid so. ``code`` says why.

    ``not_open``, ``nothing_owed``, ``under_way`` (all of it), ``too_little``, ``too_much``, ``not_in_parts``,
    ``rest_too_small`` (a rest that nobody could pay online), ``method``, ``held``.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Payable(NamedTuple):
    """An invoice's money as its customer sees it. ``owed_minor`` is what no payment under way asks for already.

    ``accepted`` are the kinds of method that were agreed with its customer; None where any will do.
    """

    id: int
    number: str | None
    status: str
    currency: str
    owed_minor: int
    under_way_minor: int
    takes_parts: bool
    accepted: list[str] | None
    contact_id: int | None
    subscription_id: int | None
    paid_at: datetime | None
    archived: bool

    @property
    def kinds(self) -> tuple[MethodKind, ...]:
        """The kinds of method by which it can be paid online."""
        return kinds_in(self.currency, self.accepted)


class Course(NamedTuple):
    """What became of a payment: ``status`` as on the payment, ``unanswered`` while nobody knows yet."""

    payment_id: int
    invoice_id: int
    status: str
    amount_minor: int
    currency: str
    method_kind: str
    brand: str | None
    last4: str | None
    failure_code: str | None
    initiated_at: datetime
    unanswered: bool


def payable(db: Connection[Any], ctx: AccountContext, invoice_id: int) -> Payable | None:
    """What a buyer may know of an invoice's money; None for one that is not there."""
    params = {"account_id": ctx.id, "invoice_id": invoice_id}
    row = db.execute(load("kalends.payments", "invoice_to_pay_online"), params).fetchone()
    return None if row is None else Payable(*row)


def least_part(found: Payable, ctx: AccountContext) -> int:
    """The smallest part that can be paid now, in minor units; all that is owed where parts are not taken.

    A part is no less than the smallest charge of its currency, and leaves none that is smaller.
    """
    least = max(1, minimum_charge(found.currency, ctx.today))
    return min(least, found.owed_minor) if found.takes_parts else found.owed_minor


def pay_now(
    db: Connection[Any],
    ctx: AccountContext,
    invoice_id: int,
    *,
    method_id: int,
    amount_minor: int,
    request_key: str,
    actor: str = BUYER,
) -> int:
    """Decide to pay an amount of an invoice by a stored method; returns the payment. :func:`send` asks for the money.

    The same ``request_key`` decides once. Raises :class:`CannotPay` before anything is written.
    """

    def do() -> dict[str, int]:
        return {"payment": _decide(db, ctx, invoice_id, method_id, amount_minor)}

    asked: Mapping[str, Any] = {"invoice": invoice_id, "amount": amount_minor}
    return once(db, ctx, "pay_now", request_key, asked, do, actor=actor)["payment"]


def _decide(
    db: Connection[Any], ctx: AccountContext, invoice_id: int, method_id: int, amount_minor: int
) -> int:
    if find_hold(db, ctx.id) is not None:
        raise CannotPay("held", "Nothing is charged at present: the account's billing is held.")
    params = {"account_id": ctx.id, "invoices": integers([invoice_id])}
    db.execute(load("kalends.payments", "lock_subscriptions"), params)
    db.execute(load("kalends.payments", "lock_invoices"), params)
    found = payable(db, ctx, invoice_id)
    if found is None or found.archived:
        raise CannotPay("not_open", f"There is no invoice {invoice_id} to be paid here.")
    refuse_amount(found, ctx, amount_minor)
    try:
        usable_method(db, ctx, method_id, found.accepted)
    except MethodRefused as refusal:
        raise CannotPay("method", str(refusal)) from refusal
    payment_id = take_ids(db, 1)[0]
    row = db.execute(
        "SELECT coalesce(max(attempt), 0) + 1 FROM charge_attempt WHERE account_id = %s AND invoice_id = %s",
        [ctx.id, invoice_id],
    ).fetchone()
    assert row is not None
    fresh = {"id": payment_id, "invoice_id": invoice_id, "method_id": method_id, "amount": amount_minor}
    written = db.execute(
        load("kalends.payments", "pay_now"),
        {"account_id": ctx.id, "now": ctx.now, "attempt": row[0], **fresh},
    ).rowcount
    assert written == 1, f"invoice {invoice_id} got {written} attempts instead of one"
    return payment_id


def refuse_amount(found: Payable, ctx: AccountContext, amount_minor: int) -> None:
    """Raise :class:`CannotPay` when that amount of the invoice cannot be paid now."""
    if found.status != "open":
        raise CannotPay("not_open", f"Invoice {found.number} is {found.status}; only an open one is paid.")
    if found.owed_minor <= 0:
        code = "under_way" if found.under_way_minor else "nothing_owed"
        raise CannotPay(code, f"Nothing is left to be paid on invoice {found.number} now.")
    if amount_minor > found.owed_minor:
        raise CannotPay("too_much", f"Invoice {found.number} owes {found.owed_minor}, not {amount_minor}.")
    if amount_minor < found.owed_minor and not found.takes_parts:
        raise CannotPay("not_in_parts", f"Invoice {found.number} is to be paid in one.")
    least = max(1, minimum_charge(found.currency, ctx.today))
    if amount_minor < min(least, found.owed_minor):
        raise CannotPay("too_little", f"The smallest payment in {found.currency} is {least}.")
    if 0 < found.owed_minor - amount_minor < least:
        raise CannotPay("rest_too_small", f"A rest of less than {least} could not be paid. Pay all of it.")


def send(
    db: Connection[Any], ctx: AccountContext, processors: Processors, payment_id: int, *, return_url: str
) -> str | None:
    """Ask for the money of a payment that was decided on, and write what became of it; nothing is sent twice.

    Returns the page on which the bank wants the customer to confirm, if it does: they come back to ``return_url``.
    Not inside a transaction.
    """
    there = CustomerThere(payment_id, return_url)
    collected = collect(db, ctx, processors, there=there)
    return collected.action_urls[0] if collected.action_urls else None


def course(db: Connection[Any], ctx: AccountContext, payment_id: int) -> Course | None:
    """What became of a payment, also of one that was declined at hand and is in no list."""
    row = db.execute(
        "SELECT p.id, p.invoice_id, p.status, p.amount_minor, p.currency, p.method_kind, p.brand, p.last4, "
        "p.failure_code, p.initiated_at, EXISTS (SELECT FROM charge_attempt AS a WHERE a.account_id = p.account_id "
        "AND a.payment_id = p.id AND a.invoice_id = p.invoice_id AND a.status IN ('intended', 'sent')) "
        "FROM payment AS p WHERE p.account_id = %s AND p.id = %s",
        [ctx.id, payment_id],
    ).fetchone()
    return None if row is None else Course(*row)


def waits_for_bank(what: Course) -> bool:
    """Whether it is a card payment that the bank has not decided about: its customer may just have confirmed it."""
    return what.status == "processing" and what.method_kind == "card" and not what.unanswered


def unanswered(db: Connection[Any], ctx: AccountContext, invoice_id: int) -> list[int]:
    """Payments that buyers made of an invoice, and of which nobody knows yet what became."""
    rows = db.execute(
        "SELECT DISTINCT p.id FROM charge_attempt AS a JOIN payment AS p ON p.account_id = a.account_id "
        "AND p.id = a.payment_id WHERE a.account_id = %s AND a.invoice_id = %s AND a.status IN ('intended', 'sent') "
        "AND p.creation_method = 'CHECKOUT' AND p.payment_source_app = 'INVOICE' ORDER BY p.id",
        [ctx.id, invoice_id],
    ).fetchall()
    return [row[0] for row in rows]
