"""The records that commands change, as they stand, found by what people call them."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from kalends.cli.session import Session
from kalends.core.money import TooPrecise, format_minor, from_minor, minor_digits, to_minor
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.billing.edit import Upcoming

_BANK_DEBITS = frozenset({"ach", "sepa", "bacs", "pad", "pads"})
_AMOUNT = re.compile(r"\d{1,15}(?:\.\d{1,12})?", re.ASCII)

_SUBSCRIPTION = """
    SELECT s.id, s.name, s.status, s.currency, s.next_due_date, s.next_amount_minor, s.expected_payments, s.next_cycle,
        s.cancel_on, s.pause_on, s.payment_method_id, method.kind, method.brand, method.last4,
        (SELECT count(*) FROM invoice AS i WHERE i.account_id = s.account_id AND i.subscription_id = s.id
            AND i.status = 'open')
    FROM subscription AS s
    LEFT JOIN payment_method AS method ON method.account_id = s.account_id AND method.id = s.payment_method_id
    WHERE s.account_id = %(account_id)s AND s.id = %(id)s
"""
_INVOICE = """
    SELECT i.id, i.number, i.status, i.currency, i.total_minor, i.paid_minor, i.credited_minor, i.due_date,
        s.id, s.name, s.status,
        coalesce(nullif(btrim(concat_ws(' ', c.first_name, c.last_name)), ''), c.email)
    FROM invoice AS i
    LEFT JOIN subscription AS s ON s.account_id = i.account_id AND s.id = i.subscription_id
    LEFT JOIN contact AS c ON c.account_id = i.account_id AND c.id = i.contact_id
    WHERE i.account_id = %(account_id)s AND (upper(i.number) = upper(%(wanted)s) OR i.id = %(id)s)
    ORDER BY upper(i.number) = upper(%(wanted)s) DESC NULLS LAST
    LIMIT 1
"""
_PAYMENT = """
    SELECT p.id, p.status, p.currency, p.amount_minor, p.fee_minor, p.initiated_at,
        least(
            p.amount_minor - coalesce((
                SELECT sum(r.amount_minor)::bigint FROM refund AS r
                WHERE r.account_id = p.account_id AND r.payment_id = p.id AND r.status <> 'failed'
            ), 0),
            (
                SELECT greatest(0, i.paid_minor - sum(n.to_balance_minor)::bigint + coalesce((
                    SELECT sum(a.amount_minor)::bigint FROM credit_application AS a
                    WHERE a.account_id = i.account_id AND a.invoice_id = i.id AND a.credit_note_id IS NULL
                ), 0) - coalesce((
                    SELECT sum(r.amount_minor)::bigint
                    FROM payment AS other
                    JOIN refund AS r ON r.account_id = i.account_id AND r.payment_id = other.id AND r.status <> 'failed'
                    WHERE other.account_id = i.account_id AND other.invoice_id = i.id
                ), 0))
                FROM credit_note AS n
                WHERE n.account_id = i.account_id AND n.invoice_id = i.id
                HAVING sum(n.to_balance_minor) > 0
            )
        ),
        p.method_kind, p.brand, p.last4, p.processor, p.failure_code, p.failure_reason, p.retries_by_hand, i.number,
        s.id, s.name, s.status, method.kind, method.brand, method.last4
    FROM payment AS p
    LEFT JOIN invoice AS i ON i.account_id = p.account_id AND i.id = p.invoice_id
    LEFT JOIN subscription AS s ON s.account_id = p.account_id AND s.id = p.subscription_id
    LEFT JOIN payment_method AS method ON method.account_id = p.account_id AND method.id = s.payment_method_id
    WHERE p.account_id = %(account_id)s AND p.id = %(id)s
"""


class Subscription(NamedTuple):
    """A subscription as it stands."""

    id: int
    name: str
    status: str
    currency: str
    next_due_date: date | None
    next_amount_minor: int | None
    expected_payments: int | None
    next_cycle: int
    cancel_on: date | None
    pause_on: date | None
    payment_method_id: int | None
    method_kind: str | None
    brand: str | None
    last4: str | None
    open_invoices: int

    @property
    def place(self) -> str:
        """Where a refusal happens."""
        return f"subscription {self.id}"

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        return f"{self.name} ({self.id}, {spoken(self.status)})"

    @property
    def method(self) -> str | None:
        """What its payment method is called; None if it has none."""
        return None if self.method_kind is None else called(self.method_kind, self.brand, self.last4)


class Invoice(NamedTuple):
    """An invoice as it stands."""

    id: int
    number: str | None
    status: str
    currency: str
    total_minor: int
    paid_minor: int
    credited_minor: int
    due_date: date | None
    subscription_id: int | None
    subscription: str | None
    subscription_status: str | None
    customer: str | None

    @property
    def name(self) -> str:
        """Its number, or its id while it has none."""
        return self.number or str(self.id)

    @property
    def place(self) -> str:
        """Where a refusal happens."""
        return f"invoice {self.name}"

    @property
    def owed_minor(self) -> int:
        """What is still to be paid."""
        return self.total_minor - self.paid_minor - self.credited_minor

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        whom = f" to {self.customer}" if self.customer else ""
        due = f", due on {self.due_date}" if self.due_date else ""
        return f"Invoice {self.name} of {format_minor(self.total_minor, self.currency)}{whom}{due} ({self.status})"


class Payment(NamedTuple):
    """A payment as it stands. ``left_minor`` is what can still be given back of it."""

    id: int
    status: str
    currency: str
    amount_minor: int
    fee_minor: int
    initiated_at: datetime
    left_minor: int
    method_kind: str
    brand: str | None
    last4: str | None
    processor: str
    failure_code: str | None
    failure_reason: str | None
    retries_by_hand: int
    invoice: str | None
    subscription_id: int | None
    subscription: str | None
    subscription_status: str | None
    next_kind: str | None
    next_brand: str | None
    next_last4: str | None

    @property
    def place(self) -> str:
        """Where a refusal happens."""
        return f"payment {self.id}"

    @property
    def method(self) -> str:
        """How it was paid."""
        return called(self.method_kind, self.brand, self.last4)

    @property
    def next_method(self) -> str:
        """By what its subscription is charged now."""
        return called(self.next_kind or "no method", self.next_brand, self.next_last4)

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        invoice = f" on invoice {self.invoice}" if self.invoice else ""
        amount = format_minor(self.amount_minor, self.currency)
        return f"Payment {self.id} of {amount} by {self.method}{invoice} ({spoken(self.status)})"


def find_subscription(session: Session, ctx: AccountContext, id_: int) -> Subscription:
    """The subscription of this number. Raises UserFacing."""
    row = session.db.execute(_SUBSCRIPTION, {"account_id": ctx.id, "id": id_}).fetchone()
    if row is None:
        raise _unknown(
            "subscription",
            ctx,
            id_,
            "The number stands on the subscription's page and in `kalends bill --rehearse`.",
        )
    return Subscription(*row)


def find_invoice(session: Session, ctx: AccountContext, wanted: str) -> Invoice:
    """The invoice of this number, in any case, or of this id. Raises UserFacing."""
    wanted = wanted.strip()
    id_ = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19 else None
    row = session.db.execute(_INVOICE, {"account_id": ctx.id, "wanted": wanted, "id": id_}).fetchone()
    if row is None:
        raise _unknown(
            "invoice",
            ctx,
            wanted,
            "Give its number, such as INV-1001; `kalends subscription show ID` lists them.",
        )
    return Invoice(*row)


def find_payment(session: Session, ctx: AccountContext, id_: int) -> Payment:
    """The payment of this number. Raises UserFacing."""
    row = session.db.execute(_PAYMENT, {"account_id": ctx.id, "id": id_}).fetchone()
    if row is None:
        raise _unknown(
            "payment", ctx, id_, "`kalends subscription show ID` lists payments with their numbers."
        )
    return Payment(*row)


def _unknown(kind: str, ctx: AccountContext, wanted: Any, remedy: str) -> UserFacing:
    return UserFacing(
        f"There is no such {kind}.", where=f"account {ctx.id} ({ctx.name})", value=str(wanted), remedy=remedy
    )


def coming_payments(session: Session, ctx: AccountContext, id_: int, count: int) -> list[Upcoming]:
    """The next payments of a subscription that is billed."""
    from kalends.accounts.sql import fetch, integers, load
    from kalends.billing.block import agreed_lines
    from kalends.billing.compose import DueSubscription
    from kalends.billing.edit import upcoming

    params = {"account_id": ctx.id, "ids": integers([id_])}
    rows = [DueSubscription(*row) for row in fetch(session.db, load("kalends.billing", "locked"), params)]
    lines = agreed_lines(session.db, ctx.id, rows)
    return [payment for row in rows for payment in upcoming(row, lines.get(row.id, ()), count)]


def called(kind: str, brand: str | None, last4: str | None) -> str:
    """What a means of payment is called.

    >>> called("card", "Visa", "4242"), called("sepa", None, "3021"), called("wire_transfer", None, None)
    ('Visa ending 4242', 'SEPA ending 3021', 'wire transfer')
    """
    name = brand or (kind.upper() if kind in _BANK_DEBITS else spoken(kind))
    return f"{name} ending {last4}" if last4 else name


def spoken(name: str) -> str:
    """A status or a kind as words.

    >>> spoken("past_due")
    'past due'
    """
    return name.replace("_", " ")


def plain(number: Decimal) -> str:
    """A number without zeros that say nothing.

    >>> plain(Decimal("100.000000")), plain(Decimal("0.500000"))
    ('100', '0.5')
    """
    return f"{number.normalize():f}"


def amount_typed(text: str, currency: str) -> int:
    """An amount that somebody typed in major units, in minor ones. Raises UserFacing.

    >>> amount_typed("12.50", "EUR"), amount_typed("1200", "JPY"), amount_typed("0.005", "KWD")
    (1250, 1200, 5)
    """
    problem = ""
    minor = 0
    if _AMOUNT.fullmatch(text.strip()) is None:
        problem = "This is not an amount."
    else:
        try:
            minor = to_minor(Decimal(text.strip()), currency)
        except TooPrecise as too_precise:
            problem = str(too_precise)
        else:
            problem = "" if minor else "An amount is more than 0."
    if problem:
        digits = minor_digits(currency)
        decimals = f"with at most {digits} decimals" if digits else "without decimals"
        raise UserFacing(
            problem,
            where="AMOUNT",
            value=text,
            remedy=f"Give it in {currency} {decimals}, such as {from_minor(1250, currency)}.",
        )
    return minor
