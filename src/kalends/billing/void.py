"""Voiding an invoice that was issued and not paid: the claim is taken back, its number stays used.

Where something was paid or credited there is more to take back than a claim: that is a credit note's work.
"""

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.core.money import format_minor
from kalends.core.postings import invoice_voided
from kalends.events import journal
from kalends.ledger import book
from kalends.payments.outcomes import recover_subscriptions


class CannotVoid(ValueError):
    """An invoice that cannot be voided; the message says why and what can be done instead."""


def void_invoice(
    db: Connection[Any], ctx: AccountContext, invoice_id: int, *, reason: str = "", actor: str = "system"
) -> None:
    """Void an open invoice on which nothing was paid. Charges of it that failed are not tried again.

    A subscription that was behind for this invoice alone is active again. Raises ``CannotVoid``.
    """
    with db.transaction():
        params = {"account_id": ctx.id, "id": invoice_id, "now": ctx.now}
        db.execute(load("kalends.billing", "lock_invoice"), params)
        row = db.execute(load("kalends.billing", "invoice_to_void"), params).fetchone()
        if row is None:
            raise CannotVoid(f"There is no invoice {invoice_id} in this account.")
        number, status, paid, credited, total, tax, currency, subscription_id, under_way = row
        if status != "open":
            raise CannotVoid(f"Invoice {number} is {status}. Only an open invoice can be voided.")
        if paid or credited:
            raise CannotVoid(
                f"{format_minor(paid + credited, currency)} of invoice {number} was paid or credited already. Write a "
                f"credit note for what is left of it: what is still owed is then not owed any more, and what was paid "
                f"is the customer's credit."
            )
        if under_way:
            raise CannotVoid(
                f"Invoice {number} is being charged right now. Wait until that charge is settled."
            )
        db.execute(load("kalends.billing", "void_invoice"), params)
        entry = book.Entry(invoice_id, 0, ctx.today, currency, invoice_voided(total - tax, tax), invoice_id)
        book.post(db, ctx.id, [entry])
        data = {"reason": reason or None, **journal.changed(status=(status, "voided"))}
        event = journal.NewEvent("invoice.voided", "invoice", invoice_id, subscription_id, data)
        journal.write(db, ctx.id, ctx.now, [event], actor)
        if subscription_id is not None:
            recover_subscriptions(db, ctx, [subscription_id])
