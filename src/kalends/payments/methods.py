"""Storing payment methods, one or thousands at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load, take_ids


@dataclass(frozen=True, slots=True)
class NewPaymentMethod:
    """A stored way to pay to be: the processor's token and what people recognize it by."""

    contact_id: int
    kind: str
    token: str
    last4: str
    brand: str | None = None
    bank_or_issuer: str | None = None
    expires_on: date | None = None
    processor: str = "sandbox"


def create_payment_methods(
    db: Connection[Any], ctx: AccountContext, fresh: Sequence[NewPaymentMethod]
) -> list[int]:
    """Write payment methods; returns their ids in order."""
    ids = take_ids(db, len(fresh))
    rows = [
        (
            id_,
            item.contact_id,
            item.processor,
            item.kind,
            item.token,
            item.brand,
            item.last4,
            item.expires_on,
            item.bank_or_issuer,
        )
        for id_, item in zip(ids, fresh, strict=True)
    ]
    names = "ids contacts processors kinds tokens brands last4s expiries banks"
    params = {"account_id": ctx.id, "now": ctx.now, **arrays(names.split(), rows)}
    db.execute(load("kalends.payments", "create_methods"), params)
    return ids
