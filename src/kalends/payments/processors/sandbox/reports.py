"""What the sandbox tells by itself, and when: the stand-in for webhooks, with their bad habits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from kalends.payments.processors.connections import AnyConnection
from kalends.payments.processors.interface import Report
from kalends.payments.processors.sandbox.cards import FAILURES, Script, script_of
from kalends.payments.processors.sandbox.charges import Row, text_of
from kalends.payments.processors.sandbox.queries import sql

AFTER_TIMEOUT = timedelta(hours=1)
"""How long after a lost answer the processor tells what became of the charge."""


def deliveries(row: Row) -> list[Row]:
    """Every delivery that a newly booked charge will cause, ready for JSON.

    A card that was answered at once is not reported again, unless its token says so; a debit is reported when its
    bank has decided, and a card that its customer was to confirm when that has ended. Event ids follow from the
    charge, so the world is the same each time it is played.
    """
    if row["status"] == "lost":
        return []
    script = script_of(row["token"])
    created_at, settled_at = (datetime.fromisoformat(row[name]) for name in ("created_at", "settled_at"))
    known_already = _known_already(script) and row["return_url"] is None
    told = [] if known_already else _of_outcome(row, script, created_at, settled_at)
    return told + _of_dispute(row, script, settled_at) if script.dispute != "none" else told


def _known_already(script: Script) -> bool:
    return script.banking_days == 0 and script.wire != "loses answer" and script.telling == "once"


def _of_outcome(row: Row, script: Script, created_at: datetime, settled_at: datetime) -> list[Row]:
    name = str(row["status"])
    due = settled_at
    if script.wire == "loses answer":
        due = max(settled_at, created_at + AFTER_TIMEOUT)
    if script.telling == "late":
        due = settled_at + timedelta(days=script.days_late)
    if script.telling == "reversed":
        due = settled_at + timedelta(days=3, minutes=2)
    told = [delivery(row, name, f"charge.{name}", due)]
    if script.telling == "twice":
        told.append(delivery(row, name, f"charge.{name}", due + timedelta(hours=1)))
        told.append(delivery(row, f"{name}_again", f"charge.{name}", due + timedelta(hours=2)))
    return told


def _of_dispute(row: Row, script: Script, settled_at: datetime) -> list[Row]:
    opened = datetime.fromisoformat(row["disputed_at"])
    if script.telling == "reversed":
        opened = settled_at + timedelta(days=3, minutes=1)
    told = [delivery(row, "disputed", "charge.disputed", opened)]
    if script.dispute != "open":
        decided = datetime.fromisoformat(row["dispute_decided_at"])
        if script.telling == "reversed":
            decided = settled_at + timedelta(days=3)
        told.append(delivery(row, script.dispute, f"dispute.{script.dispute}", decided))
    return told


def delivery(row: Row, name: str, kind: str, due_at: datetime) -> Row:
    """A delivery about a charge, ready for JSON; ``name`` tells its event from others of the charge."""
    return {
        "due_at": text_of(due_at),
        "event_id": f"evt_{row['reference'][3:]}_{name}",
        "kind": kind,
        "charge_key": row["idempotency_key"],
    }


def refund_delivery(row: Row) -> Row:
    """The delivery that tells how a refund ended."""
    return {
        "due_at": row["settled_at"],
        "event_id": f"evt_{row['reference'][3:]}_{row['status']}",
        "kind": f"refund.{row['status']}",
        "charge_key": row["charge_key"],
        "refund_key": row["idempotency_key"],
    }


def read_due(connection: AnyConnection, account_id: int, until: datetime, limit: int) -> list[Report]:
    """The deliveries due at ``until`` or before that nobody acknowledged, the earliest first."""
    values = {"account": account_id, "until": until, "limit": limit}
    return [_report(row) for row in connection.execute(sql("due_reports"), values)]


def _report(row: Sequence[Any]) -> Report:
    (
        event_id,
        kind,
        charge_key,
        refund_key,
        metadata,
        reference,
        currency,
        amount,
        fee,
        code,
        occurred_at,
        due_at,
    ) = row
    failure = FAILURES.get(code or "")
    return Report(
        event_id=event_id,
        kind=kind,
        idempotency_key=charge_key,
        refund_key=refund_key,
        metadata=cast("Mapping[str, str | int]", metadata),
        reference=reference,
        currency=currency,
        amount_minor=amount,
        fee_minor=fee,
        failure_code=code,
        failure_message=failure.message if failure else None,
        decline=failure.decline if failure else None,
        occurred_at=occurred_at,
        due_at=due_at,
    )


def forget(connection: AnyConnection, account_id: int, reports: Iterable[Report]) -> None:
    """Deliver these no more. Other deliveries of the same event still come."""
    told = list(reports)
    values = {
        "account": account_id,
        "due": [report.due_at for report in told],
        "events": [report.event_id for report in told],
    }
    connection.execute(sql("acknowledge"), values)
