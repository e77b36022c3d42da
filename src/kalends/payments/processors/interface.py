"""What Kalends asks of a payment processor, and in which words it is answered.

Pure declarations: no processor is known here, and no database. The rules of every processor:

* **A request has an idempotency key.** The same key with the same amount, currency and token gives the first answer
  again, however often it is sent; with other parameters it is refused and changes nothing.
* **A call may be lost.** ``unknown`` for one request, or :class:`ProcessorUnavailable` for a whole call, means that
  the money may or may not have moved. Ask :meth:`Processor.lookup` before anything else; a key that it leaves out was
  never seen and may be sent again *with the same key*.
* **Reports come at least once**, late, twice and in any order, each until it is acknowledged. Handle a report by what
  it says (key and kind), not by whether its event id is new alone: two event ids may tell of one fact.
* **Metadata** (account_id, payment_id, invoice_id, attempt) comes back unchanged with every report and statement line.
* **Money** is an integer in the currency's minor unit; **instants** are aware datetimes. No method asks a clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple, Protocol

MethodKind = Literal["card", "ach", "sepa", "bacs", "pads"]
"""How money is taken: a card at once, a bank debit (US, euro area, UK, Canada) after banking days."""

ChargeStatus = Literal["succeeded", "processing", "failed", "unknown"]
RefundStatus = Literal["succeeded", "processing", "failed", "unknown"]
Decline = Literal["soft", "hard"]
"""``soft`` may go better another day; ``hard`` never will until the customer gives another method."""

ReportKind = Literal[
    "charge.succeeded",
    "charge.failed",
    "charge.disputed",
    "dispute.won",
    "dispute.lost",
    "refund.succeeded",
    "refund.failed",
    "method.updated",
    "method.ended",
]
StatementKind = Literal["charge", "charge_failed", "refund", "dispute", "dispute_won"]


class ProcessorUnavailable(Exception):
    """A whole call failed on the wire: every request in it is unknown. Look the keys up before sending again."""


class ChargeRequest(NamedTuple):
    """One charge to make. ``at`` is the instant at which it is sent, by the account's clock.

    ``on_session`` says that the customer is there and may be sent to the bank's page; ``return_url`` is where they
    come back to then.
    """

    idempotency_key: str
    token: str
    method_kind: str
    amount_minor: int
    currency: str
    metadata: Mapping[str, str | int]
    at: datetime
    on_session: bool = False
    return_url: str | None = None


class ChargeOutcome(NamedTuple):
    """What became of a charge.

    ``fee_minor`` is the processor's fee, known once the charge has succeeded (0 until then), or what it keeps for a
    bank debit that came back. ``failure_code``, ``failure_message`` (a sentence for staff) and ``decline`` are set when
    ``status`` is ``failed``. ``action_url``, with ``processing`` on an ``on_session`` charge only, is the page on which
    the customer confirms the payment.
    """

    idempotency_key: str
    status: ChargeStatus
    reference: str | None = None
    fee_minor: int = 0
    failure_code: str | None = None
    failure_message: str | None = None
    decline: Decline | None = None
    action_url: str | None = None


class SetupRequest(NamedTuple):
    """Ask a customer for a way to pay, on a page of the processor's: what is typed there never touches us.

    ``kinds`` are the means accepted. The customer comes back to ``return_url``, or to ``cancel_url`` without having
    given any. ``language`` is en, nb or fi. The same ``idempotency_key`` gives the same page again.
    """

    idempotency_key: str
    kinds: tuple[MethodKind, ...]
    currency: str
    customer_name: str | None
    customer_email: str | None
    return_url: str
    cancel_url: str
    language: str
    metadata: Mapping[str, str | int]
    at: datetime


class SetupPage(NamedTuple):
    """A page on which a customer gives a way to pay. ``reference`` is what it is asked about by."""

    reference: str
    url: str


class GivenMethod(NamedTuple):
    """A way to pay that a customer gave for now and for later charges: the token, and what people know it by."""

    token: str
    method_kind: MethodKind
    last4: str
    brand: str | None = None
    expires_on: date | None = None
    bank_or_issuer: str | None = None
    wallet: str | None = None


class Setup(NamedTuple):
    """Where a customer stands with such a page: ``complete`` has a ``method``, ``expired`` never will."""

    reference: str
    status: Literal["open", "complete", "expired"]
    method: GivenMethod | None = None


class RefundRequest(NamedTuple):
    """Give back ``amount_minor`` of the charge that was made under ``charge_key``."""

    idempotency_key: str
    charge_key: str
    amount_minor: int
    currency: str
    metadata: Mapping[str, str | int]
    at: datetime


class RefundOutcome(NamedTuple):
    """What became of a refund. Fees are never given back.

    ``settles_on`` is the day on which the customer should have the money: for cards the refund has ``succeeded`` at
    once all the same; a bank debit's refund is ``processing`` until then and reported.
    """

    idempotency_key: str
    status: RefundStatus
    reference: str | None = None
    settles_on: date | None = None
    failure_code: str | None = None
    failure_message: str | None = None


class MethodNews(NamedTuple):
    """By what people know a stored method since its bank replaced the card."""

    last4: str
    brand: str | None
    expires_on: date | None


class Report(NamedTuple):
    """Something the processor tells by itself (elsewhere a webhook).

    ``idempotency_key``, ``metadata`` and ``reference`` are those of the charge; for ``refund.*``, ``refund_key`` and
    ``reference`` are the refund's, and its metadata is laid over the charge's. ``amount_minor`` is what the fact is
    about: the charge, the refund or the disputed amount. ``fee_minor`` is the fee that this fact costs: the charge's
    on ``charge.succeeded`` or for a debit that came back, the dispute's on ``charge.disputed``, below zero what is
    given back of that on ``dispute.won``, otherwise 0. ``occurred_at`` is when it became true, ``due_at`` when it was
    delivered.

    A report about a stored method has no key: ``method.ended`` and ``method.updated`` have its token as ``reference``,
    and the latter says in ``method`` by what people know it now.
    """

    event_id: str
    kind: ReportKind
    idempotency_key: str
    refund_key: str | None
    metadata: Mapping[str, str | int]
    reference: str
    currency: str
    amount_minor: int
    fee_minor: int
    failure_code: str | None
    failure_message: str | None
    decline: Decline | None
    occurred_at: datetime
    due_at: datetime
    method: MethodNews | None = None


class StatementLine(NamedTuple):
    """One movement of money in the processor's book, to reconcile the ledger with.

    Seen from the merchant: a charge's gross is positive, a refund's and a dispute's negative, a dispute that was won
    positive again; ``charge_failed`` is a debit that came back and cost a fee, with a gross of 0. Fees are positive,
    one that is given back negative, and ``net_minor = gross_minor - fee_minor``. ``on`` is the UTC day of
    ``occurred_at``. What is still processing, or failed, has moved no money and has no line.
    """

    on: date
    occurred_at: datetime
    kind: StatementKind
    reference: str
    idempotency_key: str
    refund_key: str | None
    metadata: Mapping[str, str | int]
    currency: str
    gross_minor: int
    fee_minor: int
    net_minor: int


class Made(NamedTuple):
    """A charge (``amount_minor`` above 0) or a refund (below) that a processor made, or is still at work on.

    ``customer`` is the processor's own name for who was charged, as tokens begin with it; empty for refunds.
    """

    idempotency_key: str
    reference: str
    made_at: datetime
    amount_minor: int
    currency: str
    customer: str
    metadata: Mapping[str, str | int]


class PaidOut(NamedTuple):
    """The charge that was made under a key was part of a deposit on the merchant's bank account, made ``at``."""

    idempotency_key: str
    at: datetime


class Processor(Protocol):
    """One merchant's connection to a processor. Safe to call from several threads at once.

    Every method raises :class:`ProcessorUnavailable` when the call as a whole went wrong. None may be called inside
    a database transaction: what the processor did is not undone by a rollback.
    """

    @property
    def name(self) -> str:
        """As stored in ``payment.processor``."""
        ...

    @property
    def batch_size(self) -> int:
        """How many requests one call may carry."""
        ...

    @property
    def concurrency(self) -> int:
        """How many calls may usefully be under way at once."""
        ...

    def open_setup(self, request: SetupRequest) -> SetupPage:
        """A page on which the customer gives a way to pay that may be charged later, again and again."""
        ...

    def read_setup(self, reference: str, at: datetime) -> Setup:
        """What came of such a page as of ``at``. Raises ``LookupError`` for a page that is not this merchant's."""
        ...

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        """Make the charges; one outcome for each request, in their order."""
        ...

    def lookup(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, ChargeOutcome]:
        """What became of these charges as of ``at``. A key that is absent was never seen by the processor."""
        ...

    def give_up(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, ChargeOutcome]:
        """Let charges that wait for their customer to confirm them take no money any more; what became of each.

        One that was decided, or that waits for nobody, stays as it is. Absent as in :meth:`lookup`.
        """
        ...

    def refund(self, requests: Sequence[RefundRequest]) -> list[RefundOutcome]:
        """Give money back; one outcome for each request, in their order."""
        ...

    def lookup_refunds(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, RefundOutcome]:
        """What became of these refunds as of ``at``; absent as in :meth:`lookup`."""
        ...

    def reports(self, until: datetime, limit: int) -> list[Report]:
        """At most ``limit`` unacknowledged reports that are due at ``until`` or before, the earliest first."""
        ...

    def acknowledge(self, reports: Sequence[Report]) -> None:
        """Say that these deliveries were stored; they are not delivered again. Unknown ones are ignored."""
        ...

    def find_lost_reports(self) -> int:
        """Ask for what was told and never arrived, so that it is among the reports; returns how many were found."""
        ...

    def made_since(self, since: datetime) -> Iterator[Made]:
        """Charges and refunds of this account since an instant, the oldest first: all that took money or still may.

        The processor remembers each from then on as one that was asked for here, even where the books have lost it:
        asked for again under its key, it is not made twice.
        """
        ...

    def take_over(self, reference: str, request: ChargeRequest) -> ChargeOutcome:
        """Let a charge that was made before stand for one that is about to be sent; what became of it.

        It has the request's key and metadata from then on. Nothing is charged.
        """
        ...

    def forget_people(self, at: datetime) -> int:
        """Erase there the people who were erased here, ``at`` by real time; returns how many. Fails for none at once:
        who is not erased now is asked for again."""
        ...

    def next_report_at(self) -> datetime | None:
        """When the next unacknowledged report is due, as far as the processor knows; None if there is none."""
        ...

    def statement(self, first: date, last: date) -> Iterator[StatementLine]:
        """Every movement of the days ``first`` to ``last``, both included, in order of time."""
        ...

    def payouts(self, first: date, last: date) -> Iterator[PaidOut]:
        """What was in the deposits that arrived on the days ``first`` to ``last``, both included."""
        ...

    def close(self) -> None:
        """Let go of connections. The processor may be used again afterwards."""
        ...
