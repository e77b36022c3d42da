"""The sandbox processor: what `kalends.payments.processors.interface` asks for, on a book of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import psycopg

from kalends.payments.processors.connections import AnyConnection, Connections
from kalends.payments.processors.interface import (
    ChargeOutcome,
    ChargeRequest,
    Made,
    PaidOut,
    RefundOutcome,
    RefundRequest,
    Report,
    Setup,
    SetupPage,
    SetupRequest,
    StatementLine,
)
from kalends.payments.processors.sandbox import charges, confirmations, refunds, setups
from kalends.payments.processors.sandbox.cards import script_of
from kalends.payments.processors.sandbox.charges import BookedCharge, Row
from kalends.payments.processors.sandbox.fees import PROCESSOR
from kalends.payments.processors.sandbox.queries import sql
from kalends.payments.processors.sandbox.reports import deliveries, forget, read_due
from kalends.payments.processors.sandbox.statement import read_statement

BATCH_SIZE = 500
CONCURRENCY = 4


class SandboxProcessor:
    """A merchant's account at the sandbox processor.

    ``connect`` opens a database connection of the application's role; the processor keeps those it opened until
    :meth:`close`. Its book survives every rollback of ours, as a real processor's would. What happens to a charge
    follows from its token (:mod:`.cards`), its key, its instant and, for some tokens, how often they were tried.
    """

    name = PROCESSOR
    batch_size = BATCH_SIZE
    concurrency = CONCURRENCY

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], account_id: int) -> None:
        self._account_id = account_id
        self._connections = Connections(connect, account_id)

    def open_setup(self, request: SetupRequest) -> SetupPage:
        """A page of ours, marked as a test, that takes test cards and test bank accounts; open for a day."""
        with self._connections.one() as connection:
            return setups.open_setup(connection, self._account_id, request)

    def read_setup(self, reference: str, at: datetime) -> Setup:
        """What was given on that page. Raises ``LookupError``."""
        return self.hosted_page(reference).setup(charges.utc(at))

    def hosted_page(self, reference: str) -> setups.HostedPage:
        """That page as it stands, for who shows it. Raises ``LookupError``."""
        with self._connections.one() as connection:
            return setups.hosted_page(connection, self._account_id, reference)

    def give(self, reference: str, number: str, at: datetime) -> None:
        """Take a test number on that page. Raises ``LookupError``, ``UnknownToken`` and ``NotAccepted``."""
        with self._connections.one() as connection:
            setups.give(connection, self._account_id, reference, number, at)

    def confirmation(self, key: str) -> confirmations.Confirmation:
        """The page on which the customer confirms the charge of a key. Raises ``LookupError``."""
        with self._connections.one() as connection:
            return confirmations.confirmation(connection, self._account_id, key)

    def decide(self, key: str, at: datetime, *, confirmed: bool) -> None:
        """What the customer says on that page; the first word holds. Raises ``LookupError``."""
        with self._connections.one() as connection:
            confirmations.decide(connection, self._account_id, key, charges.utc(at), confirmed=confirmed)

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        """Book what is new in one statement; a key that is known gives its first answer again, or is refused."""
        refusals = [charges.problem_with(request) for request in requests]
        accepted: dict[str, ChargeRequest] = {}
        for request, refusal in zip(requests, refusals, strict=True):
            if refusal is None:
                accepted.setdefault(request.idempotency_key, request)
        new, known = self._book(accepted) if accepted else ({}, {})
        return [
            refusal
            or self._outcome(request, new.get(request.idempotency_key), known.get(request.idempotency_key))
            for request, refusal in zip(requests, refusals, strict=True)
        ]

    def lookup(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, ChargeOutcome]:
        """What became of these charges as of ``at``."""
        instant = charges.utc(at)
        with self._connections.one() as connection:
            found = self._find(connection, idempotency_keys)
        return {key: charges.answer_as_of(self._account_id, booked, instant) for key, booked in found.items()}

    def give_up(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, ChargeOutcome]:
        """Refuse on the customer's behalf what waits for them on the test bank's page; what became of each."""
        waiting = [
            key
            for key, outcome in self.lookup(idempotency_keys, at).items()
            if outcome.action_url is not None
        ]
        for key in waiting:
            self.decide(key, at, confirmed=False)
        return self.lookup(idempotency_keys, at)

    def refund(self, requests: Sequence[RefundRequest]) -> list[RefundOutcome]:
        """Give money back: cards at once, bank debits in 5 to 10 banking days once they have settled."""
        with self._connections.one() as connection:
            return refunds.refund(connection, self._account_id, requests)

    def lookup_refunds(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, RefundOutcome]:
        """What became of these refunds as of ``at``."""
        instant = charges.utc(at)
        with self._connections.one() as connection:
            found = refunds.find(connection, self._account_id, idempotency_keys)
        return {key: refunds.answer_as_of(booked, instant) for key, booked in found.items()}

    def reports(self, until: datetime, limit: int) -> list[Report]:
        """Deliveries due at ``until`` or before, each again and again until it is acknowledged."""
        with self._connections.one() as connection:
            return read_due(connection, self._account_id, charges.utc(until), limit)

    def acknowledge(self, reports: Sequence[Report]) -> None:
        """Stop these deliveries."""
        with self._connections.one() as connection:
            forget(connection, self._account_id, reports)

    def made_since(self, since: datetime) -> Iterator[Made]:  # noqa: ARG002
        """Nothing: its book lies in the same database, and was put back with ours. It knows no more than we do."""
        return iter(())

    def take_over(self, reference: str, request: ChargeRequest) -> ChargeOutcome:  # noqa: ARG002
        """Never asked for, since it never tells of a charge that the books do not know. Raises ``LookupError``."""
        raise LookupError(f"The sandbox processor has no charge {reference} that the books do not know.")

    def forget_people(self, at: datetime) -> int:  # noqa: ARG002
        """The sandbox knows nobody."""
        return 0

    def find_lost_reports(self) -> int:
        """None: what the sandbox has to tell waits with it until it is acknowledged."""
        return 0

    def next_report_at(self) -> datetime | None:
        """When the next delivery is due."""
        with self._connections.one() as connection:
            row = connection.execute(sql("next_report"), {"account": self._account_id}).fetchone()
        return row[0] if row else None

    def statement(self, first: date, last: date) -> Iterator[StatementLine]:
        """Every movement of the UTC days ``first`` to ``last``; ask for days that are over by the account's clock."""
        with self._connections.one() as connection:
            yield from read_statement(connection, self._account_id, first, last)

    def payouts(self, first: date, last: date) -> Iterator[PaidOut]:  # noqa: ARG002
        """None: money that is not real is never paid out."""
        return iter(())

    def close(self) -> None:
        """Close the idle connections; later calls open new ones."""
        self._connections.close()

    def _book(self, accepted: dict[str, ChargeRequest]) -> tuple[dict[str, Row], dict[str, BookedCharge]]:
        """The lines that are new, and those that were in the book before."""
        unreliable = [
            key for key, asked in accepted.items() if script_of(asked.token).wire == "loses request"
        ]
        counted = [key for key, asked in accepted.items() if script_of(asked.token).tries > 1]
        with self._connections.one() as connection:
            if not unreliable and not counted:
                rows = {key: self._row(asked) for key, asked in accepted.items()}
                booked = self._write(connection, rows)
            else:
                with connection.transaction():
                    arriving = self._arriving(connection, unreliable)
                    tries = self._tries(connection, [accepted[key] for key in counted])
                    rows = {
                        key: self._row(
                            asked, lost=key in unreliable and key not in arriving, try_number=tries.get(key)
                        )
                        for key, asked in accepted.items()
                    }
                    booked = self._write(connection, rows)
            known = self._find(connection, accepted.keys() - booked) if len(booked) < len(rows) else {}
        return {key: row for key, row in rows.items() if key in booked}, known

    def _row(self, request: ChargeRequest, *, lost: bool = False, try_number: int | None = None) -> Row:
        return charges.charge_row(request, self._account_id, lost=lost, try_number=try_number)

    def _write(self, connection: AnyConnection, rows: dict[str, Row]) -> set[str]:
        told = [delivery for row in rows.values() for delivery in deliveries(row)]
        values = {
            "account": self._account_id,
            "charges": json.dumps(list(rows.values())),
            "reports": json.dumps(told),
        }
        return {row[0] for row in connection.execute(sql("book_charges"), values)}

    def _find(self, connection: AnyConnection, keys: Iterable[str]) -> dict[str, BookedCharge]:
        values = {"account": self._account_id, "keys": list(keys)}
        return {row[0]: BookedCharge(*row) for row in connection.execute(sql("find_charges"), values)}

    def _arriving(self, connection: AnyConnection, keys: list[str]) -> set[str]:
        """Of the requests that get lost on their first sending, those that are sent for the second time."""
        if not keys:
            return set()
        values = {"account": self._account_id, "keys": sorted(keys)}
        lost_before = {row[0] for row in connection.execute(sql("arrive_at_last"), values)}
        return lost_before | self._find(connection, keys).keys()

    def _tries(self, connection: AnyConnection, requests: list[ChargeRequest]) -> dict[str, int]:
        """The number of each try, counted by token over everything in the book; a key counts once."""
        if not requests:
            return {}
        values = {"account": self._account_id, "tokens": [request.token for request in requests]}
        connection.execute(sql("wait_for_tokens"), values)
        keys_of: dict[str, set[str]] = {}
        for token, key in connection.execute(sql("tries_so_far"), values):
            keys_of.setdefault(token, set()).add(key)
        numbers: dict[str, int] = {}
        for request in requests:
            keys = keys_of.setdefault(request.token, set())
            keys.add(request.idempotency_key)
            numbers[request.idempotency_key] = len(keys)
        return numbers

    def _outcome(self, request: ChargeRequest, new: Row | None, known: BookedCharge | None) -> ChargeOutcome:
        if new is not None:
            reused = charges.differing(request, new["token"], new["amount_minor"], new["currency"])
            if reused is not None:
                return reused
            if new["status"] == "lost" or script_of(request.token).wire == "loses answer":
                return ChargeOutcome(request.idempotency_key, "unknown")
            return charges.answer_to_row(self._account_id, new)
        if known is None:
            # The key was lost on the way in another call that was under way at the same moment.
            return ChargeOutcome(request.idempotency_key, "unknown")
        reused = charges.differing(request, known.token, known.amount_minor, known.currency)
        return reused or charges.answer_as_of(self._account_id, known, known.created_at)
