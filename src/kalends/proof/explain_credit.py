"""What credit did to an invoice: what the customer's own credit paid of it, and what credit notes took back."""

from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.core.credit import credit_used
from kalends.core.money import minimum_charge
from kalends.proof.explanation import Explanation
from kalends.proof.words import day


class _Credit(NamedTuple):
    """A row of ``sql/explain_credit.sql``: a use of the balance (without a number), or a credit note."""

    number: str | None
    on: date
    reason: str
    total_minor: int
    applied_minor: int
    to_balance_minor: int


def read_credit(db: Connection[Any], ctx: AccountContext, invoice_id: int) -> list[_Credit]:
    """Every use of credit and every credit note of an invoice, in order."""
    params = {"account_id": ctx.id, "invoice": invoice_id}
    return [
        _Credit(*row[:6]) for row in db.execute(load("kalends.proof", "explain_credit"), params).fetchall()
    ]


def tell_credit_used(
    explanation: Explanation, credit: list[_Credit], total_minor: int, *, automatic: bool
) -> None:
    """What the customer's credit paid when the invoice was issued, and what was left to charge or to ask for."""
    for used in credit:
        if used.number is not None:
            continue
        left_minor = total_minor - used.applied_minor
        left = explanation.money(left_minor)
        asked = (
            f"{left} was {'charged' if automatic else 'left to pay'}"
            if left_minor
            else "nothing was left to pay"
        )
        text = f"Paid from the customer's credit on {day(used.on)}, so {asked}"
        explanation.count("payments", "-", "credit-used", text, used.applied_minor, date=used.on, left=left)


def tell_credit_notes(explanation: Explanation, credit: list[_Credit]) -> None:
    """What each credit note took back of what was owed, and what it brought to the customer's credit."""
    for note in credit:
        if note.number is None:
            continue
        why = f": {note.reason.rstrip('.')}" if note.reason else ""
        given = {"number": note.number, "date": note.on, "reason": note.reason or None}
        name = f"credit note {note.number} of {day(note.on)}{why}"
        if note.applied_minor:
            explanation.count(
                "payments", "-", "credited", f"Taken back by {name}", note.applied_minor, **given
            )
        if note.to_balance_minor:
            amount = explanation.money(note.to_balance_minor)
            text = f"Of what was paid, {amount} became the customer's credit by {name}."
            explanation.tell("payments", "credited-to-balance", text, amount=amount, **given)


def tell_credit_expected(
    db: Connection[Any],
    ctx: AccountContext,
    explanation: Explanation,
    subscription_id: int,
    total_minor: int,
    due: date,
    *,
    automatic: bool,
) -> None:
    """What of the next payment the customer's credit is expected to pay; another invoice may use it first."""
    row = db.execute(
        "SELECT c.balance_minor FROM subscription AS s JOIN customer_credit AS c "
        "ON c.account_id = s.account_id AND c.contact_id = s.contact_id AND c.currency = s.currency "
        "WHERE s.account_id = %s AND s.id = %s AND c.balance_minor > 0",
        [ctx.id, subscription_id],
    ).fetchone()
    if row is None:
        return
    used_minor = credit_used(
        row[0], total_minor, minimum_charge(explanation.currency, due) if automatic else 0
    )
    balance, used = explanation.money(row[0]), explanation.money(used_minor)
    left = explanation.money(total_minor - used_minor)
    text = (
        f"The customer has {balance} to their credit. Unless another invoice uses it first, {used} of this payment "
        f"comes from there, and {left} is {'charged' if automatic else 'left to pay'}."
    )
    explanation.tell("change", "credit-expected", text, balance=balance, used=used, left=left)
