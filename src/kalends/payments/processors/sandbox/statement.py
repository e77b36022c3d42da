"""The sandbox's statement: what moved on the merchant's balance, to reconcile the ledger with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from kalends.payments.processors.connections import AnyConnection
from kalends.payments.processors.interface import StatementLine
from kalends.payments.processors.sandbox.queries import sql

_AT_ONCE = 2000


def read_statement(
    connection: AnyConnection, account_id: int, first: date, last: date
) -> Iterator[StatementLine]:
    """The lines of the UTC days ``first`` to ``last``, both included; memory does not grow with their number.

    The sandbox knows the future of what it has booked: ask for days that are over by the account's clock.
    """
    values = {
        "account": account_id,
        "start": datetime.combine(first, time(0), UTC),
        "end": datetime.combine(last + timedelta(days=1), time(0), UTC),
    }
    with connection.transaction(), connection.cursor("sandbox_statement") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(sql("statement"), values)
        for occurred_at, kind, reference, key, refund_key, metadata, currency, gross, fee in cursor:
            yield StatementLine(
                on=occurred_at.astimezone(UTC).date(),
                occurred_at=occurred_at,
                kind=kind,
                reference=reference,
                idempotency_key=key,
                refund_key=refund_key,
                metadata=metadata,
                currency=currency,
                gross_minor=gross,
                fee_minor=fee,
                net_minor=gross - fee,
            )
