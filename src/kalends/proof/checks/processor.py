"""Processors: their statements against the ledger's processor balance, movement by movement."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

from kalends.accounts.sql import integers, load
from kalends.payments.collect import attempt_of_key, idempotency_key
from kalends.payments.processors.interface import Processor, StatementLine
from kalends.payments.several import not_settled_yet
from kalends.proof.checks.taken_back import TakenBack
from kalends.proof.oracle.money import written
from kalends.proof.report import CheckMade
from kalends.proof.run import Check, Proof

NAME = "processor statements"
AT_ONCE = 2_000


class _Booked(NamedTuple):
    """What our books hold of a charge that the processor knows; one that paid several invoices, of all of them."""

    status: str
    number: str
    gross_minor: int
    fee_minor: int
    currency: str | None


def _run(proof: Proof, checks: Mapping[str, CheckMade]) -> None:
    if proof.processors is None:
        return
    check = checks[NAME]
    names = proof.db.execute(load("kalends.proof", "processor_names"), proof.params).fetchall()
    for (name,) in names:
        processor = proof.processors(name)
        taken_back = TakenBack(proof, check, processor)
        first, last = _first_day(proof), proof.ctx.now.date()
        if statement_in_ledger(proof, check, processor, taken_back, first, last) != _settlements(proof, name):
            _ledger_at_processor(proof, check, processor)
        taken_back.other_way_round()


def statement_in_ledger(
    proof: Proof,
    check: CheckMade,
    processor: Processor,
    taken_back: TakenBack,
    first: date,
    last: date,
    see: Callable[[StatementLine], None] = lambda line: None,
) -> int:
    """Look up each line of the statement of these days in our books; returns how many charges stand in both.

    ``see`` is handed every line.
    """
    lines = (line for line in processor.statement(first, last) if line.occurred_at <= proof.ctx.now)
    found = 0
    seen_before: str | None = None
    while block := list(islice(lines, AT_ONCE)):
        check.rows += len(block)
        charges = [line for line in block if line.kind == "charge"]
        ours = _ours(proof, charges)
        unknown = [line.idempotency_key for line in charges if line.idempotency_key not in ours]
        early = not_settled_yet(proof.db, proof.ctx, filter(_is_ours, unknown))
        for line in block:
            see(line)
        for line in charges:
            what = f"Charge {line.reference} at {processor.name}"
            if seen_before == line.idempotency_key:
                proof.report.add(check, what, "number of charges for one attempt", "2", "1")
                continue
            seen_before = line.idempotency_key
            if line.idempotency_key in early:
                gross = written(line.gross_minor, line.currency)
                proof.report.note(f"{what}: {gross} was paid at a checkout whose records are being made.")
                continue
            found += _compare_charge(proof, check, what, line, ours.get(line.idempotency_key))
        if len(charges) < len(block):
            taken_back.compare([line for line in block if line.kind != "charge"])
    return found


def _compare_charge(
    proof: Proof, check: CheckMade, what: str, line: StatementLine, booked: _Booked | None
) -> bool:
    if booked is None:
        gross = written(line.gross_minor, line.currency)
        proof.report.add(
            check, what, "charge", f"{gross} at the processor", "a charge of one of our invoices"
        )
        return False
    if not booked.gross_minor and booked.status in ("sent", "processing"):
        gross = written(line.gross_minor, line.currency)
        proof.report.note(
            f"{what}, invoice {booked.number}: {gross} has settled and was not reported to us yet."
        )
        return False
    currency = booked.currency or line.currency
    figures = (
        ("amount in the ledger", booked.gross_minor, line.gross_minor),
        ("fee in the ledger", booked.fee_minor, line.fee_minor),
    )
    for figure, stands, right in figures:
        if (stands, currency) != (right, line.currency):
            shown = (written(stands, currency), written(right, line.currency))
            proof.report.add(check, f"{what}, invoice {booked.number}", figure, *shown)
    return bool(booked.gross_minor)


def _is_ours(key: str) -> bool:
    try:
        return bool(attempt_of_key(key))
    except ValueError:
        return False


def _ours(proof: Proof, block: Sequence[StatementLine]) -> dict[str, _Booked]:
    keys = sorted({line.idempotency_key for line in block if _is_ours(line.idempotency_key)})
    if not keys:
        return {}
    named = [attempt_of_key(key) for key in keys]
    params = {
        **proof.params,
        "keys": keys,
        "invoices": integers(invoice for _, invoice, _ in named),
        "attempts": integers(attempt for _, _, attempt in named),
    }
    rows = proof.db.execute(load("kalends.proof", "processor_movements"), params).fetchall()
    return {key: _Booked(*booked) for key, *booked in rows}


def _settlements(proof: Proof, name: str) -> int:
    row = proof.db.execute(
        "SELECT count(*) FILTER (WHERE a.charge_key IS NULL) + count(DISTINCT a.charge_key) "
        "FROM charge_attempt AS a JOIN payment AS p ON p.account_id = a.account_id "
        "AND p.id = a.payment_id WHERE a.account_id = %s AND a.status = 'succeeded' AND p.processor = %s",
        [proof.ctx.id, name],
    ).fetchone()
    assert row is not None
    return row[0]


def _ledger_at_processor(proof: Proof, check: CheckMade, processor: Processor) -> None:
    """Ask the processor about every settlement that we booked, to name those that it does not know."""
    booked = proof.stream("proof_booked", "processor_booked", processor=processor.name)
    while block := list(islice(booked, AT_ONCE)):
        keys = [
            key or idempotency_key(proof.ctx.known_as, invoice, attempt)
            for invoice, attempt, *_, key in block
        ]
        known = processor.lookup(sorted(set(keys)), proof.ctx.now)
        for key, (_, attempt, number, amount, currency, _) in zip(keys, block, strict=True):
            status = known[key].status if key in known else "unknown"
            if status != "succeeded":
                what = f"Charge {attempt} of invoice {number} at {processor.name}"
                stands = f"settled with {written(amount, currency)} in the ledger"
                proof.report.add(check, what, "outcome", stands, f"{status}, as the processor says")


def _first_day(proof: Proof) -> date:
    row = proof.db.execute(
        "SELECT min(intended_at) FROM charge_attempt WHERE account_id = %s", [proof.ctx.id]
    ).fetchone()
    assert row is not None
    return (row[0] or proof.ctx.now).date() - timedelta(days=1)


CHECKS = (
    Check(
        {NAME: "Every movement on a processor's statement is in the ledger, and the other way round."}, _run
    ),
)
