"""Payouts: which charges a deposit on the merchant's bank account held, and when it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import stripe

from kalends.payments.processors.interface import PaidOut
from kalends.payments.processors.stripe.charges import KEY
from kalends.payments.processors.stripe.client import every, moment


def read_payouts(client: stripe.StripeClient, account_id: int, first: date, last: date) -> Iterator[PaidOut]:
    """The charges of this account in the payouts that arrived on the UTC days ``first`` to ``last``.

    Of a payout that was made by hand Stripe does not say what it held.
    """
    ours = f"kalends-{account_id}-"
    arrived = {"gte": _seconds(first), "lt": _seconds(last + timedelta(days=1))}
    for payout in every(client.v1.payouts.list, {"arrival_date": arrived, "status": "paid"}):
        if not payout["automatic"]:
            continue
        held = {"payout": payout["id"], "expand": ["data.source"]}
        for movement in every(client.v1.balance_transactions.list, held):
            key = _key(movement)
            if key.startswith(ours):
                yield PaidOut(key, moment(payout["arrival_date"]))


def _key(movement: Mapping[str, Any]) -> str:
    source = movement.get("source")
    if not isinstance(source, Mapping) or source.get("object") != "charge":
        return ""
    return (source.get("metadata") or {}).get(KEY, "")


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(0), UTC).timestamp())
