"""What a processor took back: refunds, disputes and returned debits of its statement, against the ledger.

Our books learn of a debit's refund and of a dispute when its report is handled: until then a movement is a note.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, LiteralString, NamedTuple

from kalends.accounts.sql import integers, load
from kalends.payments.collect import attempt_of_key
from kalends.payments.give_back import refund_key, refund_of_key
from kalends.payments.processors.interface import Processor, StatementLine
from kalends.proof.oracle.money import written
from kalends.proof.report import CheckMade
from kalends.proof.run import Proof

WORDS = {
    "refund": "Refund",
    "dispute": "Dispute",
    "dispute_won": "Won dispute",
    "charge_failed": "Returned debit",
}
OUR_OWN = {
    "refund": "a refund of one of our payments",
    "dispute": "a dispute of one of our charges",
    "charge_failed": "a charge of one of our invoices",
}
REPORTED_AS = {
    "refund": "refund.succeeded",
    "dispute": "charge.disputed",
    "dispute_won": "dispute.won",
    "charge_failed": "charge.failed",
}
AT_ONCE = 2_000


class _Booked(NamedTuple):
    """What our books hold of a movement: the record and its status, none if we do not know it, and what was posted.

    ``waiting`` says whether its report may still come: it is unknown to us, or without an end. A charge that paid
    several invoices has a dispute of each payment.
    """

    ids: tuple[int, ...]
    waiting: bool
    currency: str
    number: str
    gross_minor: int
    fee_minor: int


@dataclass(slots=True)
class TakenBack:
    """The comparison under way: how many refunds stood in both books, and which disputes.

    Disputes are kept by id: there are few, since a business with many is let go by its processor.
    """

    proof: Proof
    check: CheckMade
    processor: Processor
    refunds: int = 0
    disputes: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])

    def compare(self, lines: Sequence[StatementLine]) -> None:
        """Look up each of the lines, of which none is a charge, in our books."""
        ours = _refunds(self.proof, lines) | _disputes(self.proof, lines) | _failures(self.proof, lines)
        early = [line for line in lines if (booked := ours.get(_place(line))) is not None and booked.waiting]
        reports = _reports(self.proof, self.processor.name, early)
        for line in lines:
            what = f"{WORDS[line.kind]} {line.reference} at {self.processor.name}"
            booked = ours.get(_place(line))
            if booked is None:
                gross = f"{written(line.gross_minor, line.currency)} at the processor"
                kind = "dispute" if line.kind == "dispute_won" else line.kind
                self.proof.report.add(self.check, what, kind, gross, OUR_OWN[kind])
                continue
            what = f"{what}, invoice {booked.number}"
            if booked.waiting and not (handled := reports.get((_key(line), REPORTED_AS[line.kind]))):
                self._note(what, line, handled)
                continue
            self._compare(what, line, booked)

    def other_way_round(self) -> None:
        """Name what our books hold and the processor does not know."""
        if self.refunds != _count_refunds(self.proof, self.processor.name):
            _refunds_at_processor(self.proof, self.check, self.processor)
        known = self.proof.stream("proof_disputed", "processor_disputed", processor=self.processor.name)
        for id_, status, number, amount, currency in known:
            self.check.rows += 1
            told = {"dispute": "opened", "dispute_won": "won"} if status == "won" else {"dispute": "opened"}
            for kind, words in told.items():
                if (id_, kind) not in self.disputes:
                    what = f"Dispute of invoice {number} at {self.processor.name}"
                    stands = f"{words} with {written(amount, currency)} in the ledger"
                    self.proof.report.add(
                        self.check, what, "outcome", stands, f"not {words}, as the processor says"
                    )

    def _note(self, what: str, line: StatementLine, handled: bool | None) -> None:
        amount = written(line.gross_minor, line.currency)
        why = "was not reported to us yet" if handled is None else "its report waits to be handled"
        self.proof.report.note(f"{what}: {amount} has moved, and {why}.")

    def _compare(self, what: str, line: StatementLine, booked: _Booked) -> None:
        figures = (
            ("amount in the ledger", booked.gross_minor, line.gross_minor),
            ("fee in the ledger", booked.fee_minor, line.fee_minor),
        )
        for figure, stands, right in figures:
            if (stands, booked.currency) != (right, line.currency):
                shown = (written(stands, booked.currency), written(right, line.currency))
                self.proof.report.add(self.check, what, figure, *shown)
        if line.kind == "refund":
            self.refunds += bool(booked.gross_minor)
        elif line.kind != "charge_failed":
            self.disputes.update((id_, line.kind) for id_ in booked.ids)


_Place = tuple[str, str]


def _place(line: StatementLine) -> _Place:
    """Under what a line is found in our books: a refund's key, or that of the charge that is disputed."""
    return (line.kind, _key(line))


def _key(line: StatementLine) -> str:
    return line.refund_key or line.idempotency_key


def _refunds(proof: Proof, lines: Sequence[StatementLine]) -> dict[_Place, _Booked]:
    ids: dict[int, str] = {}
    for line in lines:
        if line.kind == "refund":
            with suppress(ValueError):
                ids[refund_of_key(_key(line))] = _key(line)
    if not ids:
        return {}
    params = {**proof.params, "refunds": integers(sorted(ids))}
    rows = proof.db.execute(load("kalends.proof", "processor_refunds"), params).fetchall()
    return {
        ("refund", ids[id_]): _Booked(
            (id_,), not taken and status in ("sent", "processing"), currency, number, -taken, 0
        )
        for id_, status, currency, number, taken in rows
    }


def _of_charges(
    proof: Proof, lines: Sequence[StatementLine], kinds: Sequence[str], query: LiteralString
) -> dict[str, list[Any]]:
    """The answer of a statement to each charge that lines of these kinds name, by the charge's key."""
    named: dict[str, tuple[int, int]] = {}
    for line in lines:
        if line.kind in kinds:
            with suppress(ValueError):
                _, invoice_id, attempt = attempt_of_key(line.idempotency_key)
                named[line.idempotency_key] = (invoice_id, attempt)
    if not named:
        return {}
    keys = sorted(named)
    params = {
        **proof.params,
        "keys": keys,
        "invoices": integers(named[key][0] for key in keys),
        "attempts": integers(named[key][1] for key in keys),
    }
    return {key: row for key, *row in proof.db.execute(load("kalends.proof", query), params)}


def _failures(proof: Proof, lines: Sequence[StatementLine]) -> dict[_Place, _Booked]:
    rows = _of_charges(proof, lines, ("charge_failed",), "processor_failures")
    return {
        ("charge_failed", key): _Booked(
            tuple(ids), status in ("sent", "processing"), currency, number, 0, fee
        )
        for key, (ids, status, currency, number, fee) in rows.items()
    }


def _disputes(proof: Proof, lines: Sequence[StatementLine]) -> dict[_Place, _Booked]:
    currencies = {line.idempotency_key: line.currency for line in lines}
    rows = _of_charges(proof, lines, ("dispute", "dispute_won"), "processor_disputes")
    ours: dict[_Place, _Booked] = {}
    for key, (ids, status, known_currency, number, taken, fee, given, fee_back) in rows.items():
        currency = known_currency or currencies[key]
        ours["dispute", key] = _Booked(tuple(ids), not ids, currency, number, -taken, fee)
        undecided = not ids or status == "open"
        ours["dispute_won", key] = _Booked(tuple(ids), undecided, currency, number, given, -fee_back)
    return ours


def _reports(proof: Proof, name: str, lines: Iterable[StatementLine]) -> Mapping[tuple[str, str], bool]:
    """The reports in our inbox about the lines, by key and kind: whether each was handled."""
    keys = [_key(line) for line in lines]
    if not keys:
        return {}
    params = {**proof.params, "processor": name, "keys": keys}
    rows = proof.db.execute(load("kalends.proof", "processor_reports"), params).fetchall()
    return {(key, kind): handled for key, kind, handled in rows}


def _count_refunds(proof: Proof, name: str) -> int:
    row = proof.db.execute(
        "SELECT count(*) FROM refund AS r JOIN payment AS p ON p.account_id = r.account_id AND p.id = r.payment_id "
        "WHERE r.account_id = %s AND r.status = 'succeeded' AND p.processor = %s",
        [proof.ctx.id, name],
    ).fetchone()
    assert row is not None
    return row[0]


def _refunds_at_processor(proof: Proof, check: CheckMade, processor: Processor) -> None:
    """Ask the processor about every refund that we booked, to name those that it does not know."""
    booked = proof.stream("proof_refunded", "processor_refunded", processor=processor.name)
    while block := list(islice(booked, AT_ONCE)):
        keys = [refund_key(proof.ctx.known_as, id_) for id_, *_ in block]
        known = processor.lookup_refunds(keys, proof.ctx.now)
        for key, (id_, number, amount, currency) in zip(keys, block, strict=True):
            status = known[key].status if key in known else "unknown"
            if status != "succeeded":
                what = f"Refund {id_} of invoice {number} at {processor.name}"
                stands = f"settled with {written(amount, currency)} in the ledger"
                proof.report.add(check, what, "outcome", stands, f"{status}, as the processor says")
