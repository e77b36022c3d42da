"""Stripe: what `kalends.payments.processors.interface` asks for, through the official SDK."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import stripe

from kalends.payments.processors.connections import Connections
from kalends.payments.processors.interface import (
    ChargeOutcome,
    ChargeRequest,
    Made,
    PaidOut,
    ProcessorUnavailable,
    RefundOutcome,
    RefundRequest,
    Report,
    Setup,
    SetupPage,
    SetupRequest,
    StatementLine,
)
from kalends.payments.processors.stripe import charges, events, refunds, setups
from kalends.payments.processors.stripe.amounts import NotChargeable
from kalends.payments.processors.stripe.book import Book, StripeCall, store_events
from kalends.payments.processors.stripe.client import (
    Declined,
    KeyReused,
    Refused,
    every,
    id_of,
    legible,
    moment,
    open_client,
)
from kalends.payments.processors.stripe.connection import read_key
from kalends.payments.processors.stripe.declines import Reason, reason_of, reason_of_refusal
from kalends.payments.processors.stripe.erasing import erase_customer
from kalends.payments.processors.stripe.made import read_made, rename
from kalends.payments.processors.stripe.payouts import read_payouts
from kalends.payments.processors.stripe.statement import read_statement

CONCURRENCY = 8
EVENTS_OVERLAP = timedelta(hours=1)
"""Events come into Stripe's list out of order: so much of what was read before is read again."""


class StripeProcessor:
    """An account's merchant at Stripe.

    Every call is written down before it is made, with the customer or payment it is about: what got no answer is
    found there by its key, however long ago it was. (Stripe itself remembers keys for a day.) A key that was used is
    therefore never sent again before Stripe was asked what became of it.
    """

    name = "stripe"
    batch_size = 1
    concurrency = CONCURRENCY

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], account_id: int) -> None:
        self._account_id = account_id
        self._known_as = account_id  # until the connection tells
        self._connections = Connections(connect, account_id, durable=True)
        self._book = Book(self._connections, account_id)
        self._client: stripe.StripeClient | None = None
        self._lock = threading.Lock()

    def open_setup(self, request: SetupRequest) -> SetupPage:
        """A Checkout session that stores a method; nothing is charged by it."""
        client = self._opened()
        try:
            return setups.open_page(client, self._known_as, request)
        except Refused as problem:
            raise ProcessorUnavailable(f"Stripe does not open its page: {problem}") from problem

    def read_setup(self, reference: str, at: datetime) -> Setup:  # noqa: ARG002 - Stripe knows only the present
        """What came of the session."""
        return setups.read_page(self._opened(), self._known_as, reference)

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        """One payment intent for each request; what got no certain answer is ``unknown``."""
        client = self._opened()
        return [self._charge(client, request) for request in requests]

    def lookup(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, ChargeOutcome]:  # noqa: ARG002
        """What became of these charges. One that the customer had a day to confirm, and did not, is given up."""
        return self._found(idempotency_keys, charges.unless_too_old)

    def give_up(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, ChargeOutcome]:  # noqa: ARG002
        """Cancel what waits for a customer; what became of each."""
        return self._found(idempotency_keys, charges.give_up)

    def refund(self, requests: Sequence[RefundRequest]) -> list[RefundOutcome]:
        """One refund for each request."""
        client = self._opened()
        return [self._refund(client, request) for request in requests]

    def lookup_refunds(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, RefundOutcome]:  # noqa: ARG002
        """What became of these refunds."""
        client = self._opened()
        found: dict[str, RefundOutcome] = {}
        for key, call in self._book.calls(idempotency_keys, "refund").items():
            refund = self._surely(lambda call=call: refunds.find_refund(client, call))
            if refund is not None:
                found[key] = self._surely(lambda key=key, made=refund: refunds.refund_outcome(key, made))
        return found

    def reports(self, until: datetime, limit: int) -> list[Report]:
        """What the events in our inbox tell. What Stripe does not answer about now stays there for later."""
        told: list[Report] = []
        pending = self._book.open_events(until, max(1, limit // 2))
        client = self._opened() if pending else None
        done: list[str] = []
        for event in pending:
            assert client is not None
            try:
                with legible():
                    new = events.reports_of(client, self._known_as, event, until, self._book.tokens_of)
            except (events.NotYet, ProcessorUnavailable):
                self._book.later(event.event_id, until)
                continue
            except Refused:
                new = []  # it is about something that this merchant does not have
            told += new
            done += [] if new else [event.event_id]
        self._book.handled(done)
        return told

    def acknowledge(self, reports: Sequence[Report]) -> None:
        """These were stored; their events are dealt with."""
        self._book.handled(sorted({events.event_of(report) for report in reports}))

    def next_report_at(self) -> datetime | None:
        """From when on an event in our inbox may be handled."""
        return self._book.next_event_at()

    def find_lost_reports(self) -> int:
        """Read Stripe's own list of events since the last time, and store those that never reached us."""
        client = self._opened()
        with self._connections.one() as db:
            row = db.execute(
                "SELECT events_to FROM stripe_connection WHERE account_id = %s", [self._account_id]
            ).fetchone()
        assert row is not None, "the key was read from it"
        since = row[0]
        params = {"types": list(events.KINDS), "created": {"gte": int((since - EVENTS_OVERLAP).timestamp())}}
        listed = [
            (moment(event["created"]), events.arrived(event))
            for event in every(client.v1.events.list, params)
        ]
        arrived = [event for _, event in reversed(listed) if event is not None]
        with self._connections.one() as db:
            new = store_events(db, self._account_id, arrived) if arrived else 0
            latest = max([since, *(at for at, _ in listed)])
            db.execute(
                "UPDATE stripe_connection SET events_to = %s WHERE account_id = %s",
                [latest, self._account_id],
            )
        return new

    def made_since(self, since: datetime) -> Iterator[Made]:
        """What Stripe's own lists have; our book of calls is written again by them where it has lost some."""
        for made, of in read_made(self._opened(), self._known_as, since):
            kind = "charge" if made.amount_minor > 0 else "refund"
            self._book.note_call(made.idempotency_key, kind, of, made.made_at)
            self._book.note_answer(made.idempotency_key, made.reference)
            yield made

    def take_over(self, reference: str, request: ChargeRequest) -> ChargeOutcome:
        """The payment intent gets the request's key, here and at Stripe."""
        client, key = self._opened(), request.idempotency_key
        token = charges.Token.read(request.token)
        self._book.note_call(key, "charge", token.customer, request.at)
        self._book.note_answer(key, reference)
        self._surely(lambda: rename(client, reference, request))
        return charges.outcome_of(key, self._surely(lambda: charges.read_intent(client, reference)))

    def forget_people(self, at: datetime) -> int:
        """Erase at Stripe the customers whose contacts were erased here; what gets no answer is asked for again."""
        done = 0
        for reference in self._book.to_erase(at):
            try:
                erase_customer(self._opened(), reference)
            except ProcessorUnavailable:
                self._book.erased(reference, at, done=False)
                continue
            self._book.erased(reference, at, done=True)
            done += 1
        return done

    def statement(self, first: date, last: date) -> Iterator[StatementLine]:
        """Every movement of Stripe's balance in those days that a charge of this account caused."""
        return read_statement(self._opened(), self._known_as, first, last)

    def payouts(self, first: date, last: date) -> Iterator[PaidOut]:
        """The charges in Stripe's automatic payouts."""
        return read_payouts(self._opened(), self._known_as, first, last)

    def close(self) -> None:
        """Close the idle connections; later calls open new ones, with the key that is stored then."""
        self._connections.close()
        self._client = None

    def _opened(self) -> stripe.StripeClient:
        """The client with the account's key. Raises ``ProcessorUnavailable`` where the account is not connected."""
        with self._lock:
            if self._client is None:
                with self._connections.one() as db:
                    key = read_key(db, self._account_id)
                    self._known_as = _known_as(db, self._account_id)
                if key is None:
                    raise ProcessorUnavailable(
                        "This account is not connected to Stripe: connect it in the settings."
                    )
                self._client = open_client(key)
            return self._client

    def _charge(self, client: stripe.StripeClient, request: ChargeRequest) -> ChargeOutcome:
        key = request.idempotency_key
        try:
            token = charges.Token.read(request.token)
            charges.charge_params(request, token)
        except ValueError as problem:  # a token that is not Stripe's, or an amount that Stripe cannot express
            code = "invalid_amount" if isinstance(problem, NotChargeable) else "no_such_token"
            return charges.failed(key, Reason(code, str(problem), "hard"))
        try:
            with legible():
                if self._book.note_call(key, "charge", token.customer, request.at):
                    return self._sent(client, request, token, first=True)
                return self._sent_before(client, request, token)
        except ProcessorUnavailable:
            return ChargeOutcome(key, "unknown")

    def _sent(
        self, client: stripe.StripeClient, request: ChargeRequest, token: charges.Token, *, first: bool
    ) -> ChargeOutcome:
        """Make the charge; a refusal is an outcome as well, but for one of a key that was sent before.

        Sent by hand it has another address to come back to than sent by the worker, and Stripe calls that another
        request: what it says then is that something is under way under this key, not that nothing is.
        """
        key = request.idempotency_key
        try:
            intent = charges.make_charge(client, request, token)
        except Declined as problem:
            made = problem.error.get("payment_intent")
            reference = id_of(made) if made else None
            if reference:
                self._book.note_answer(key, reference)
            return charges.failed(key, reason_of(problem.error), reference)
        except KeyReused as problem:
            if not first:
                raise ProcessorUnavailable(f"Stripe may still be at work on {key}: {problem}") from problem
            return charges.failed(key, Reason("idempotency_key_reused", str(problem), "hard"))
        except Refused as problem:
            return charges.failed(key, reason_of_refusal(problem.error, str(problem)))
        self._book.note_answer(key, id_of(intent))
        return charges.outcome_of(request.idempotency_key, intent)

    def _sent_before(
        self, client: stripe.StripeClient, request: ChargeRequest, token: charges.Token
    ) -> ChargeOutcome:
        """A key that was used before: what came of it counts, unless it was for something else."""
        call = self._book.calls([request.idempotency_key], "charge").get(request.idempotency_key)
        intent = None if call is None else self._intent(client, call)
        if intent is None:
            return self._sent(client, request, token, first=False)
        if not charges.same_charge(intent, request):
            problem = f"Key {request.idempotency_key!r} was used before with other parameters. Use a new key."
            return charges.failed(request.idempotency_key, Reason("idempotency_key_reused", problem, "hard"))
        return charges.outcome_of(request.idempotency_key, intent)

    def _intent(self, client: stripe.StripeClient, call: StripeCall) -> dict[str, Any] | None:
        intent = self._surely(lambda: charges.find_intent(client, call))
        if intent is not None and call.reference is None:
            self._book.note_answer(call.idempotency_key, self._surely(lambda: id_of(intent)))
        return intent

    def _found(
        self, keys: Sequence[str], end: Callable[[stripe.StripeClient, dict[str, Any]], dict[str, Any]]
    ) -> dict[str, ChargeOutcome]:
        """What became of these charges, once each was brought to its end, where it has come to one."""
        client = self._opened()
        found: dict[str, ChargeOutcome] = {}
        for key, call in self._book.calls(keys, "charge").items():
            intent = self._intent(client, call)
            if intent is not None:
                ended = self._surely(lambda intent=intent: end(client, intent))
                found[key] = self._surely(lambda ended=ended, key=key: charges.outcome_of(key, ended))
        return found

    def _surely(self, question: Callable[[], Any]) -> Any:
        """The answer to a question about money; a refusal of Stripe's to answer it is no answer."""
        try:
            with legible():
                return question()
        except Refused as problem:
            raise ProcessorUnavailable(
                f"Stripe does not say what became of a payment: {problem}"
            ) from problem

    def _refund(self, client: stripe.StripeClient, request: RefundRequest) -> RefundOutcome:
        key = request.idempotency_key
        try:
            intent = self._charged(client, request.charge_key)
            if intent is None:
                return refunds.refused(
                    key, "charge_not_found", f"No charge was made under key {request.charge_key!r}."
                )
            first = self._book.note_call(key, "refund", intent, request.at)
            if not first:
                call = self._book.calls([key], "refund").get(key)
                made = call and self._surely(lambda: refunds.find_refund(client, call))
                if made and not refunds.same_refund(made, request):
                    return refunds.refused(
                        key, "idempotency_key_reused", f"Key {key!r} was used before with other parameters."
                    )
                if made:
                    return refunds.refund_outcome(key, made)
            refund = refunds.make_refund(client, request, intent)
            return self._given_back(key, refund)
        except NotChargeable as problem:
            return refunds.refused(key, "invalid_amount", str(problem))
        except Refused as problem:
            if isinstance(problem, KeyReused) and not first:
                return RefundOutcome(key, "unknown")
            return refunds.refused(key, problem.code, str(problem))
        except ProcessorUnavailable:
            return RefundOutcome(key, "unknown")

    def _given_back(self, key: str, refund: dict[str, Any]) -> RefundOutcome:
        """What became of a refund that was just made; not known where the answer does not say it."""
        with legible():
            self._book.note_answer(key, id_of(refund))
            return refunds.refund_outcome(key, refund)

    def _charged(self, client: stripe.StripeClient, charge_key: str) -> str | None:
        """The payment intent that was made under a key."""
        call = self._book.calls([charge_key], "charge").get(charge_key)
        if call is None:
            return None
        return call.reference or (self._intent(client, call) or {}).get("id")


def _known_as(db: psycopg.Connection[Any], account_id: int) -> int:
    row = db.execute("SELECT coalesce(known_as, id) FROM account WHERE id = %s", [account_id]).fetchone()
    return account_id if row is None else row[0]
