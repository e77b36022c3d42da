"""A processor that does whatever real ones have been seen to do, behind the interface of all processors.

It times out before or after it has charged, answers late, says nonsense, forgets to tell, tells twice. What it books is
its own and never lost: its statement is the truth that our books are compared with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from kalends.payments.processors.interface import (
    ChargeOutcome,
    ChargeRequest,
    Decline,
    GivenMethod,
    Made,
    MethodKind,
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
from kalends.simulation.bank_book import RETURN_FEE_MINOR, Book, BookedCharge, BookedRefund
from kalends.simulation.bank_post import BankPost

Nature = str
"""How a method behaves, the third word of its token: ``good``, ``poor``, ``empty``, ``stolen`` or ``quarrelsome``."""

_FAILS = {"good": 0.01, "poor": 0.45, "empty": 0.97, "stolen": 1.0, "quarrelsome": 0.02}
_BANK_HOUR = time(6, tzinfo=UTC)
NONSENSE = "pondering"
"""A status that no processor has. A comparison of books that is told so names it, and the next one is right again."""
Watch = Callable[[ChargeRequest], None]


@dataclass(slots=True)
class HostileBank:
    """A merchant's account there. ``watch`` sees every charge that is asked for, before anything is done about it.

    ``calm`` while the books are compared: then it answers every time, and truly.
    """

    random: Random
    wildness: float
    tally: Counter[str]
    now: datetime
    watch: Watch = lambda request: None
    book: Book = field(default_factory=Book)
    post: BankPost = field(init=False)
    calm: bool = False
    name: str = "sandbox"
    batch_size: int = 40
    concurrency: int = 1
    reused: list[str] = field(default_factory=list[str])
    _pages: dict[str, tuple[SetupPage, GivenMethod | None]] = field(
        default_factory=dict[str, tuple[SetupPage, GivenMethod | None]]
    )
    _quarrels: list[BookedCharge] = field(default_factory=list[BookedCharge])
    _references: int = 0

    def __post_init__(self) -> None:
        self.post = BankPost(self.random, self.wildness, self.tally)

    @contextmanager
    def honest(self) -> Iterator[None]:
        """Answer truly for as long as the block runs."""
        before, self.calm = self.calm, True
        try:
            yield
        finally:
            self.calm = before

    def let_time_pass(self, at: datetime) -> None:
        """Open the disputes whose day has come."""
        self.now = max(self.now, at)
        for charge in list(self._quarrels):
            if charge.disputed_at is None or charge.disputed_at > self.now:
                continue
            self._quarrels.remove(charge)
            charge.disputed_minor = charge.amount_minor - self.book.given_back_minor(charge)
            if charge.disputed_minor:
                self.tally["disputes"] += 1
                self.post.tell_of_dispute(charge)

    # ------------------------------------------------------------ giving a way to pay

    def open_setup(self, request: SetupRequest) -> SetupPage:
        """A page for a buyer; the same key gives the same page."""
        self._may_be_away("open_setup")
        if request.idempotency_key not in self._pages:
            page = SetupPage(f"page-{len(self._pages) + 1}", f"https://bank.test/{len(self._pages) + 1}")
            self._pages[request.idempotency_key] = (page, None)
        return self._pages[request.idempotency_key][0]

    def give(self, reference: str, token: str, kind: MethodKind) -> None:
        """A buyer types a number on that page."""
        for key, (page, _) in self._pages.items():
            if page.reference == reference:
                self._pages[key] = (page, GivenMethod(token, kind, "4242", "Visa"))

    def read_setup(self, reference: str, at: datetime) -> Setup:
        """What was given there."""
        self._may_be_away("read_setup")
        self.let_time_pass(at)
        for page, given in self._pages.values():
            if page.reference == reference:
                return Setup(reference, "open" if given is None else "complete", given)
        raise LookupError(reference)

    # ------------------------------------------------------------ charges

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        """Charge, and then answer, or not, or wrongly."""
        for request in requests:
            self.watch(request)
            self.let_time_pass(request.at)
        if self._happens(0.05):
            self.tally["timeouts, nothing charged"] += len(requests)
            raise ProcessorUnavailable("The line went dead before anything was charged.")
        answers = [self._charge_one(request) for request in requests]
        if self._happens(0.05):
            self.tally["timeouts, charged"] += len(requests)
            raise ProcessorUnavailable("The line went dead, and everything was charged.")
        if len(answers) > 1 and self._happens(0.2):
            self.tally["answers in the wrong order"] += 1
            answers.reverse()
        if self._happens(0.05):
            self.tally["answers given twice"] += 1
            answers.append(answers[0])
        if self._happens(0.03):
            self.tally["answers about charges of others"] += 1
            answers.append(ChargeOutcome("order-1001", "succeeded", "ch-x", 0))
        return answers

    def lookup(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, ChargeOutcome]:
        """What became of these charges; now and then nobody is there, or the answer means nothing."""
        self._may_be_away("lookup")
        self.let_time_pass(at)
        found = {key: self.book.charges[key] for key in idempotency_keys if key in self.book.charges}
        return {key: self._maybe_nonsense(self._answer(charge, at)) for key, charge in found.items()}

    def give_up(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, ChargeOutcome]:
        """Nothing waits for its customer here."""
        return self.lookup(idempotency_keys, at)

    def _charge_one(self, request: ChargeRequest) -> ChargeOutcome:
        key = request.idempotency_key
        known = self.book.charges.get(key)
        if known is not None:
            if (known.amount_minor, known.currency, known.token) != (
                request.amount_minor,
                request.currency,
                request.token,
            ):
                self.reused.append(key)
                return ChargeOutcome(key, "failed", failure_code="idempotency_key_reused", decline="hard")
            return self._answer(known, known.made_at)
        if self._happens(0.04):
            self.tally["timeouts, nothing charged"] += 1
            return ChargeOutcome(key, "unknown")
        charge = self._book(request)
        answer = self._answer(charge, request.at)
        if self._happens(0.04):
            self.tally["timeouts, charged"] += 1
            return ChargeOutcome(key, "unknown")
        return self._maybe_nonsense(answer)

    def _book(self, request: ChargeRequest) -> BookedCharge:
        nature = request.token.split("-")[2]
        fails = self.random.random() < _FAILS[nature]
        settles = request.at
        if request.method_kind != "card":
            day = request.at.date() + timedelta(days=self.random.randint(2, 7))
            settles = datetime.combine(day, _BANK_HOUR)
        elif self._happens(0.1):
            self.tally["answers late"] += 1
            settles = request.at + timedelta(hours=self.random.randint(1, 60))
        charge = BookedCharge(
            key=request.idempotency_key,
            token=request.token,
            method_kind=request.method_kind,
            amount_minor=request.amount_minor,
            currency=request.currency,
            metadata=dict(request.metadata),
            made_at=request.at,
            settles_at=settles,
            end="failed" if fails else "succeeded",
            fee_minor=self._fee(request, fails=fails),
            reference=self._reference("ch"),
            code=("stolen_card" if nature == "stolen" else "insufficient_funds") if fails else None,
            decline=("hard" if nature == "stolen" else "soft") if fails else None,
        )
        if nature == "quarrelsome" and not fails and self.random.random() < 0.3:
            charge.disputed_at = settles + timedelta(days=self.random.randint(2, 40))
            charge.decided_at = charge.disputed_at + timedelta(days=self.random.randint(3, 60))
            charge.won = self.random.random() < 0.5
            self._quarrels.append(charge)
        self.book.charges[charge.key] = charge
        if settles > request.at or self.random.random() < 0.5:
            self.post.tell_of_charge(charge)
        return charge

    @staticmethod
    def _fee(request: ChargeRequest, *, fails: bool) -> int:
        if fails:
            return 0 if request.method_kind == "card" else RETURN_FEE_MINOR
        return request.amount_minor * 2 // 100 + 25

    def _answer(self, charge: BookedCharge, at: datetime) -> ChargeOutcome:
        status = charge.status_at(at)
        if status == "processing":
            return ChargeOutcome(charge.key, "processing", charge.reference)
        if status == "succeeded":
            return ChargeOutcome(charge.key, "succeeded", charge.reference, charge.fee_minor)
        decline: Decline = "hard" if charge.decline == "hard" else "soft"
        return ChargeOutcome(
            charge.key,
            "failed",
            charge.reference,
            charge.fee_minor,
            charge.code,
            "The bank refused.",
            decline,
        )

    def _maybe_nonsense(self, answer: ChargeOutcome) -> ChargeOutcome:
        if self._happens(0.02):
            self.tally["answers of nonsense"] += 1
            return answer._replace(status=NONSENSE)
        return answer

    # ------------------------------------------------------------ refunds

    def refund(self, requests: Sequence[RefundRequest]) -> list[RefundOutcome]:
        """Give money back, as unreliably as it is taken."""
        for request in requests:
            self.let_time_pass(request.at)
        if self._happens(0.05):
            self.tally["timeouts, nothing given back"] += len(requests)
            raise ProcessorUnavailable("The line went dead before anything was given back.")
        answers = [self._refund_one(request) for request in requests]
        if self._happens(0.05):
            self.tally["timeouts, given back"] += len(requests)
            raise ProcessorUnavailable("The line went dead, and everything was given back.")
        return answers

    def lookup_refunds(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, RefundOutcome]:
        """What became of these refunds."""
        self._may_be_away("lookup_refunds")
        self.let_time_pass(at)
        found = {key: self.book.refunds[key] for key in idempotency_keys if key in self.book.refunds}
        return {key: self._refund_answer(refund, at) for key, refund in found.items()}

    def _refund_one(self, request: RefundRequest) -> RefundOutcome:
        key = request.idempotency_key
        if key in self.book.refunds:
            return self._refund_answer(self.book.refunds[key], request.at)
        charge = self.book.charges.get(request.charge_key)
        if charge is None or charge.status_at(request.at) != "succeeded" or charge.disputed_minor:
            return RefundOutcome(key, "failed", None, None, "charge_not_refundable", "It cannot be refunded.")
        if self.book.given_back_minor(charge) + request.amount_minor > charge.amount_minor:
            return RefundOutcome(
                key, "failed", None, None, "more_than_charged", "That is more than was paid."
            )
        waits = charge.method_kind != "card" or self._happens(0.2)
        settles = request.at + timedelta(days=self.random.randint(2, 8)) if waits else request.at
        fails = waits and self.random.random() < 0.15
        refund = BookedRefund(
            key,
            charge,
            request.amount_minor,
            dict(request.metadata),
            settles,
            "failed" if fails else "succeeded",
            self._reference("re"),
            "refund_failed" if fails else None,
        )
        self.book.refunds[key] = refund
        if waits:
            self.post.tell_of_refund(refund)
        if self._happens(0.05):
            self.tally["timeouts, given back"] += 1
            return RefundOutcome(key, "unknown")
        return self._refund_answer(refund, request.at)

    def _refund_answer(self, refund: BookedRefund, at: datetime) -> RefundOutcome:
        if refund.status_at(at) == "processing":
            return RefundOutcome(refund.key, "processing", refund.reference, refund.settles_at.date())
        if refund.end == "failed":
            return RefundOutcome(refund.key, "failed", refund.reference, None, refund.code, "It came back.")
        return RefundOutcome(refund.key, "succeeded", refund.reference, refund.settles_at.date())

    # ------------------------------------------------------------ reports and the statement

    def end_method(self, token: str) -> None:
        """The customer's bank closes a card; we are told of it some time."""
        self.tally["methods ended by banks"] += 1
        self.post.tell_that_method_ended(token, self.now)

    def reports(self, until: datetime, limit: int) -> list[Report]:
        """What is delivered now."""
        self._may_be_away("reports")
        self.let_time_pass(until)
        return self.post.due(until, limit)

    def acknowledge(self, reports: Sequence[Report]) -> None:
        """Sometimes the thanks are lost, and everything comes again."""
        self._may_be_away("acknowledge")
        self.post.forget(reports)

    def find_lost_reports(self) -> int:
        """Deliver what was lost."""
        return self.post.find_lost(self.now)

    def made_since(self, since: datetime) -> Iterator[Made]:  # noqa: ARG002
        """Nothing: in this world no books are ever put back."""
        return iter(())

    def take_over(self, reference: str, request: ChargeRequest) -> ChargeOutcome:  # noqa: ARG002
        """Never asked for, since it never tells of a charge that the books do not know. Raises ``LookupError``."""
        raise LookupError(reference)

    def forget_people(self, at: datetime) -> int:  # noqa: ARG002
        """It knows nobody."""
        return 0

    def next_report_at(self) -> datetime | None:
        """When the next delivery is due."""
        return self.post.next_at()

    def statement(self, first: date, last: date) -> Iterator[StatementLine]:
        """Every movement of these days that has happened by now."""
        return (line for line in self.book.lines(self.now) if first <= line.on <= last)

    def payouts(self, first: date, last: date) -> Iterator[PaidOut]:  # noqa: ARG002
        """It keeps the money."""
        return iter(())

    def close(self) -> None:
        """There is nothing to let go of."""

    def _reference(self, kind: str) -> str:
        self._references += 1
        return f"{kind}-{self._references}"

    def _may_be_away(self, what: str) -> None:
        if self._happens(0.04):
            self.tally["calls that nobody answered"] += 1
            raise ProcessorUnavailable(f"Nobody answers: {what}.")

    def _happens(self, probability: float) -> bool:
        return not self.calm and self.random.random() < probability * self.wildness
