"""What the subscriptions index shows besides the catalogue's properties."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from kalends.accounts.sql import load
from kalends.query.context import Cursor
from kalends.staff.methods import Method, invoiced, stored


class Companion(NamedTuple):
    """What stands beside a subscription in a list. ``arrears_since`` is the oldest due date that was missed."""

    id: int
    customer: str
    collection: str
    net_days: int
    next_cycle: int
    resume_on: date | None
    method_kind: str | None
    brand: str | None
    last4: str | None
    arrears_since: date | None

    @property
    def method(self) -> Method | None:
        """How it is paid; ``None`` while a customer who is charged automatically has stored nothing."""
        if self.method_kind:
            return stored(self.method_kind, self.brand, self.last4)
        return invoiced(self.net_days) if self.collection == "manual" else None


def companions(cursor: Cursor, account_id: int, ids: Sequence[int]) -> dict[int, Companion]:
    """The companions of subscriptions, by id."""
    if not ids:
        return {}
    cursor.execute(load("kalends.staff", "companions"), {"account_id": account_id, "ids": list(ids)})
    return {row[0]: Companion(*row) for row in cursor.fetchall()}
