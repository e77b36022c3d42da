"""The ledger against a processor's statement of some days: the comparison of a full proof, for what was just moved.

It calls the processor, and so works outside any transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load, take_ids
from kalends.events import journal
from kalends.payments.collect import Processors, idempotency_key
from kalends.payments.give_back import refund_key
from kalends.payments.processors.interface import ChargeOutcome, Processor, RefundOutcome, StatementLine
from kalends.proof.checks.processor import NAME, statement_in_ledger
from kalends.proof.checks.taken_back import TakenBack
from kalends.proof.oracle.money import written
from kalends.proof.report import CheckMade, Report
from kalends.proof.run import Proof

AT_ONCE = 200
KEPT_MOST = 100
"""How many differences are kept by name; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A comparison: of which days, how many movements of the processor's were looked up, and what did not agree.

    ``notes`` are movements that are not told to us yet.
    """

    id: int
    processor: str
    first: date
    last: date
    made_at: datetime
    movements: int
    differences: int
    found: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def reconcile(
    db: Connection[Any],
    ctx: AccountContext,
    processors: Processors,
    name: str,
    first: date,
    last: date,
    *,
    now: datetime,
) -> Reconciled:
    """Compare both ways: each movement of the UTC days ``first`` to ``last`` at the processor stands in the ledger, and
    what our books moved in those days stands at the processor. The result is kept, and told in the journal if anything
    differs. Raises ``ProcessorUnavailable``; then nothing is kept.
    """
    check = CheckMade(NAME, "Each movement at the processor is in the ledger, and the other way round.")
    report = Report(checks=[check])
    proof = Proof(db, ctx, processors, report, lambda step: None)
    processor = processors(name)
    seen: set[str] = set()

    def see(line: StatementLine) -> None:
        seen.add(f"{line.kind}/{line.refund_key or line.idempotency_key}")

    taken_back = TakenBack(proof, check, processor)
    # A day earlier: the processor may have written down what we write a moment after midnight.
    statement_in_ledger(proof, check, processor, taken_back, first - timedelta(days=1), last, see)
    _our_charges(proof, check, processor, first, last, seen)
    _our_refunds(proof, check, processor, first, last, seen)
    _our_disputes(proof, check, processor, first, last, seen)
    return _kept(db, ctx, name, first, last, now, report, check)


def latest(db: Connection[Any], account_id: int, limit: int = 1) -> list[Reconciled]:
    """The last comparisons, the newest first."""
    params = {"account_id": account_id, "limit": limit}
    return [
        Reconciled(id_, name, first, last, made_at, movements, differences, tuple(json.loads(found)))
        for id_, name, first, last, made_at, movements, differences, found in fetch(
            db, load("kalends.proof", "reconciliations"), params
        )
    ]


class _Booked(NamedTuple):
    """Something that our books moved: what it is, and how much."""

    what: str
    amount_minor: int
    currency: str


def _booked(
    proof: Proof, query: LiteralString, processor: Processor, first: date, last: date
) -> list[tuple[Any, ...]]:
    params = {
        **proof.params,
        "processor": processor.name,
        "since": datetime.combine(first, time(0), UTC),
        "until": datetime.combine(last + timedelta(days=1), time(0), UTC),
    }
    return fetch(proof.db, load("kalends.proof", query), params)


def _our_charges(
    proof: Proof, check: CheckMade, processor: Processor, first: date, last: date, seen: set[str]
) -> None:
    """Name what we booked as collected and the processor did not collect."""
    booked = {
        charge_key or idempotency_key(proof.ctx.known_as, invoice_id, attempt): _Booked(
            f"Charge {attempt} of invoice {number}", amount, currency
        )
        for invoice_id, attempt, number, amount, currency, charge_key in _booked(
            proof, "reconcile_charges", processor, first, last
        )
    }
    missing = {key: each for key, each in booked.items() if f"charge/{key}" not in seen}
    _ask_about(proof, check, processor, missing, processor.lookup)


def _our_refunds(
    proof: Proof, check: CheckMade, processor: Processor, first: date, last: date, seen: set[str]
) -> None:
    """Name what we booked as given back and the processor did not give back."""
    booked = {
        refund_key(proof.ctx.known_as, id_): _Booked(f"Refund of invoice {number}", amount, currency)
        for id_, number, amount, currency in _booked(proof, "reconcile_refunds", processor, first, last)
    }
    missing = {key: each for key, each in booked.items() if f"refund/{key}" not in seen}
    _ask_about(proof, check, processor, missing, processor.lookup_refunds)


def _ask_about(
    proof: Proof,
    check: CheckMade,
    processor: Processor,
    missing: Mapping[str, _Booked],
    ask: Callable[[Sequence[str], datetime], Mapping[str, ChargeOutcome | RefundOutcome]],
) -> None:
    """Ask the processor about what its statement lacks; a movement may stand on a day outside of it."""
    names = list(missing)
    for start in range(0, len(names), AT_ONCE):
        keys = names[start : start + AT_ONCE]
        answers = ask(keys, proof.ctx.now)
        for key in keys:
            status = answers[key].status if key in answers else "unknown"
            if status != "succeeded":
                _name(proof, check, processor, missing[key], "settled", f"{status}, as the processor says")


def _name(
    proof: Proof, check: CheckMade, processor: Processor, booked: _Booked, verb: str, right: str
) -> None:
    stands = f"{verb} with {written(booked.amount_minor, booked.currency)} in the ledger"
    proof.report.add(check, f"{booked.what} at {processor.name}", "outcome", stands, right)


def _our_disputes(
    proof: Proof, check: CheckMade, processor: Processor, first: date, last: date, seen: set[str]
) -> None:
    """Name disputes that the processor's statement does not have: there are few, and none to ask about singly."""
    rows = _booked(proof, "reconcile_disputes", processor, first, last)
    for invoice_id, attempt, number, amount, currency, charge_key in rows:
        if f"dispute/{charge_key or idempotency_key(proof.ctx.known_as, invoice_id, attempt)}" not in seen:
            booked = _Booked(f"Dispute of invoice {number}", amount, currency)
            _name(proof, check, processor, booked, "opened", "not opened, as the processor says")


def _kept(
    db: Connection[Any],
    ctx: AccountContext,
    name: str,
    first: date,
    last: date,
    now: datetime,
    report: Report,
    check: CheckMade,
) -> Reconciled:
    found = tuple(str(each) for each in report.differences[:KEPT_MOST])
    with db.transaction():
        id_ = take_ids(db, 1)[0]
        params = {
            "account_id": ctx.id,
            "id": id_,
            "processor": name,
            "first": first,
            "last": last,
            "now": now,
            "movements": check.rows,
            "differences": report.found,
            "found": journal.encode(list(found)),
        }
        db.execute(load("kalends.proof", "keep_reconciliation"), params)
        if report.found:
            data = {"name": name, "differences": report.found, "first": first, "last": last}
            event = journal.NewEvent("processor.differs", "processor", ctx.id, None, data)
            journal.write(db, ctx.id, ctx.now, [event])
    return Reconciled(
        id_, name, first, last, now, check.rows, report.found, found, tuple(map(str, report.notes))
    )
