"""The bank's page of the sandbox processor, on which a customer confirms a payment or refuses it.

A charge that waits there is booked as one that fails when nobody confirms it in time, so its end is known from the
start like any other's. What the customer decides before that is its end instead, and is told at once.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from kalends.payments.processors.connections import AnyConnection
from kalends.payments.processors.sandbox.charges import fee_of
from kalends.payments.processors.sandbox.queries import sql
from kalends.payments.processors.sandbox.reports import delivery


class Confirmation(NamedTuple):
    """What a customer is asked to confirm. It waits for them until ``open_until``, which is its end otherwise."""

    reference: str
    token: str
    amount_minor: int
    currency: str
    open_until: datetime
    return_url: str

    def waits(self, at: datetime) -> bool:
        """Whether the customer may still decide; false from the moment at which they have."""
        return at < self.open_until


def confirmation(connection: AnyConnection, account_id: int, key: str) -> Confirmation:
    """What is to be confirmed under that key. Raises ``LookupError`` where nothing is, or was."""
    row = connection.execute(sql("find_confirmation"), {"account": account_id, "key": key}).fetchone()
    if row is None:
        raise LookupError(f"Account {account_id} has no charge {key!r} to confirm at the sandbox processor.")
    return Confirmation(*row)


def decide(connection: AnyConnection, account_id: int, key: str, at: datetime, *, confirmed: bool) -> None:
    """Confirm or refuse, at that instant; whatever was decided before, or ended by itself, stays.

    Raises ``LookupError``.
    """
    asked = confirmation(connection, account_id, key)
    status = "succeeded" if confirmed else "failed"
    charge = {"reference": asked.reference, "idempotency_key": key}
    told = delivery(charge, status, f"charge.{status}", at)
    values = {
        "account": account_id,
        "key": key,
        "at": at,
        "status": status,
        "fee": fee_of(asked.token, asked.amount_minor, asked.currency, at) if confirmed else 0,
        "reports": json.dumps([told]),
    }
    connection.execute(sql("decide_charge"), values)
