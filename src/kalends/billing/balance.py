"""Customers' credit: what somebody has, and how the invoices of a block use it up.

One balance for each contact and currency. It grows by credit notes (:mod:`kalends.billing.credit`) and is used by the
next invoices of the customer, whichever subscription they are of.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, fetch, integers, load, take_ids
from kalends.billing.compose import Composed
from kalends.core.credit import credit_used
from kalends.core.money import minimum_charge
from kalends.core.postings import credit_applied
from kalends.ledger import book

if TYPE_CHECKING:
    from kalends.billing.block import Numbered

Balances = dict[tuple[int, str], int]
"""What is to the credit of a contact, by contact and currency, in minor units."""


def credit_balances(db: Connection[Any], ctx: AccountContext, contact_id: int) -> dict[str, int]:
    """What a contact has to their credit, by currency; empty when they have none."""
    rows = db.execute(
        "SELECT currency, balance_minor FROM customer_credit "
        "WHERE account_id = %s AND contact_id = %s AND balance_minor > 0 ORDER BY currency",
        [ctx.id, contact_id],
    ).fetchall()
    return dict(rows)


def all_balances(db: Connection[Any], ctx: AccountContext) -> Balances:
    """What everybody in the account has to their credit; nothing is locked."""
    rows = db.execute(
        "SELECT contact_id, currency, balance_minor FROM customer_credit WHERE account_id = %s AND balance_minor > 0",
        [ctx.id],
    ).fetchall()
    return {(contact, currency): minor for contact, currency, minor in rows}


def apply_balances(db: Connection[Any], ctx: AccountContext, composed: list[Composed]) -> list[Composed]:
    """The same cycles with the credit of their customers taken off what is charged, the oldest due first.

    The balances stay locked until the end of the transaction. The block that is handed on must be written in it:
    ``write_use`` takes off the balances what is used here. Costs one statement where nobody has any credit.
    """
    contacts = {contact for cycle in composed if (contact := cycle.subscription.contact_id) is not None}
    if not contacts:
        return composed
    params = {"account_id": ctx.id, "contacts": integers(contacts)}
    rows = fetch(db, load("kalends.billing", "balances"), params)
    if not rows:
        return composed
    balances: Balances = {(contact, currency): minor for contact, currency, minor in rows}
    return [with_credit(cycle, balances) for cycle in composed]


def with_credit(cycle: Composed, balances: Balances) -> Composed:
    """The cycle with what it uses of its customer's credit; ``balances`` then holds what is left."""
    subscription = cycle.subscription
    key = (subscription.contact_id or 0, subscription.currency)
    balance, total = balances.get(key, 0), cycle.priced.total_minor
    if not balance or not total:
        return cycle
    charged = bool(cycle.charge_minor)
    smallest = minimum_charge(subscription.currency, cycle.period_start) if charged else 0
    used = credit_used(balance, total, smallest)
    balances[key] = balance - used
    return cycle._replace(credit_minor=used, charge_minor=total - used if charged else 0)


def write_use(db: Connection[Any], ctx: AccountContext, block: Sequence["Numbered"]) -> None:
    """Write down the credit that the invoices of a block use: off the balance, under the invoice, in the ledger."""
    using = [item for item in block if item.composed.credit_minor]
    if not using:
        return
    rows = [
        (
            id_,
            item.invoice_id,
            item.composed.subscription.contact_id,
            item.composed.subscription.currency,
            item.composed.credit_minor,
        )
        for id_, item in zip(take_ids(db, len(using)), using, strict=True)
    ]
    names = ("ids", "invoices", "contacts", "currencies", "amounts")
    params = {"account_id": ctx.id, "today": ctx.today, **arrays(names, rows)}
    db.execute(load("kalends.billing", "use_balances"), params)
    entries = [
        book.Entry(id_, 0, ctx.today, currency, credit_applied(amount), invoice_id)
        for id_, invoice_id, _contact, currency, amount in rows
    ]
    book.post(db, ctx.id, entries)
