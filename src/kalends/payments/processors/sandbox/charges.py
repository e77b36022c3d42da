"""What becomes of a charge, decided when it is asked for: from its token, its key, the instant and earlier tries."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple
from urllib.parse import urljoin

from django.core import signing

from kalends.core.banking_days import add_banking_days, settlement_calendar
from kalends.payments.processors.interface import ChargeOutcome, ChargeRequest
from kalends.payments.processors.sandbox import fees
from kalends.payments.processors.sandbox.cards import FAILURES, UNCONFIRMED, Script, UnknownToken, script_of

BANK_HOUR = time(6, tzinfo=UTC)
"""When banks tell, on the banking day on which a debit or its refund is decided."""

CONFIRMED_WITHIN = timedelta(hours=1)
"""How long a bank waits for its customer to confirm a payment; after that it has failed."""

CARD_LATE = timedelta(hours=1)
"""When a card is settled whose answer is not given at once."""

Row = dict[str, Any]


class BookedCharge(NamedTuple):
    """A line of the book, as read by ``find_charges``."""

    idempotency_key: str
    reference: str
    token: str
    amount_minor: int
    currency: str
    status: str
    failure_code: str | None
    fee_minor: int
    created_at: datetime
    settled_at: datetime
    return_url: str | None


@lru_cache(maxsize=4096)
def utc(at: datetime) -> datetime:
    """The instant in UTC. Raises ValueError for a datetime without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"The instant {at.isoformat()} has no time zone; give an aware datetime.")
    return at.astimezone(UTC)


def bank_day(day: date, method: str, banking_days: int) -> datetime:
    """The instant at which the bank tells, so many banking days after a day.

    >>> bank_day(date(2026, 2, 27), "ach", 4).isoformat()
    '2026-03-05T06:00:00+00:00'
    """
    return datetime.combine(add_banking_days(day, banking_days, settlement_calendar(method)), BANK_HOUR)


def reference_for(kind: str, account_id: int, key: str) -> str:
    """The processor's own number for what was asked under a key: the same each time."""
    return f"{kind}_{blake2b(f'{account_id}/{key}'.encode(), digest_size=12).hexdigest()}"


def problem_with(request: ChargeRequest) -> ChargeOutcome | None:
    """Why the request is refused before it is booked, if it is. A refusal does not use up the key."""
    try:
        script = script_of(request.token)
    except UnknownToken as problem:
        return refused(request.idempotency_key, "no_such_token", str(problem))
    if script.method != request.method_kind:
        return refused(
            request.idempotency_key,
            "wrong_method",
            f"Token {request.token!r} is for {script.method}, the charge says {request.method_kind}.",
        )
    if request.amount_minor <= 0:
        return refused(
            request.idempotency_key,
            "invalid_amount",
            f"An amount of {request.amount_minor} cannot be charged; it must be positive.",
        )
    if fees.current_rule(script.method, request.currency, utc(request.at).date()) is None:
        return refused(
            request.idempotency_key,
            "currency_not_supported",
            f"{script.method} cannot be charged in {request.currency}.",
        )
    return None


def refused(key: str, code: str, message: str) -> ChargeOutcome:
    """A request that the processor does not take on: nothing moved and nothing was booked."""
    return ChargeOutcome(key, "failed", failure_code=code, failure_message=message, decline="hard")


def differing(request: ChargeRequest, token: str, amount_minor: int, currency: str) -> ChargeOutcome | None:
    """The refusal of a key that comes again with parameters other than its first ones, if it does."""
    pairs = (
        ("token", request.token, token),
        ("amount", request.amount_minor, amount_minor),
        ("currency", request.currency, currency),
    )
    changes = [f"{name} was {before}, now {now}" for name, now, before in pairs if now != before]
    if not changes:
        return None
    return refused(
        request.idempotency_key,
        "idempotency_key_reused",
        f"Key {request.idempotency_key!r} was used before with other parameters: {'; '.join(changes)}. "
        "Use a new key for another charge.",
    )


def charge_row(request: ChargeRequest, account_id: int, *, lost: bool, try_number: int | None) -> Row:
    """The line of the book for a new charge, ready for JSON. ``try_number`` is given for tokens that count tries."""
    script = script_of(request.token)
    at = utc(request.at)
    failure = _failure(script, try_number)
    confirms = failure == UNCONFIRMED and request.on_session and request.return_url is not None and not lost
    settled_at = at + CONFIRMED_WITHIN if confirms else _settled_at(script, at)
    row: Row = {
        "idempotency_key": request.idempotency_key,
        "reference": reference_for("ch", account_id, request.idempotency_key),
        "token": request.token,
        "amount_minor": request.amount_minor,
        "currency": request.currency,
        "metadata": dict(request.metadata),
        "created_at": text_of(at),
        "status": "lost" if lost else "failed" if failure else "succeeded",
        "failure_code": failure,
        "fee_minor": 0
        if failure or lost
        else fee_of(request.token, request.amount_minor, request.currency, at),
        "settled_at": text_of(settled_at),
        "try_number": try_number,
        "return_url": request.return_url if confirms else None,
        "dispute_fee_minor": 0,
    }
    if script.dispute != "none" and not lost:
        row |= _dispute_columns(script, request.currency, settled_at)
    return row


def _failure(script: Script, try_number: int | None) -> str | None:
    if try_number is not None and try_number < script.tries:
        return "insufficient_funds" if script.banking_days else "card_declined"
    return script.failure


def _settled_at(script: Script, at: datetime) -> datetime:
    if script.banking_days:
        return bank_day(at.date(), script.method, script.banking_days)
    return at + CARD_LATE if script.telling == "late" else at


def fee_of(token: str, amount_minor: int, currency: str, at: datetime) -> int:
    """What a charge by this token costs when it succeeds at that instant."""
    rule = fees.current_rule(script_of(token).method, currency, at.date())
    if rule is None:
        raise AssertionError(f"{token}: booked without a fee rule for {currency}")
    return fees.fee_minor(amount_minor, rule)


def _dispute_columns(script: Script, currency: str, settled_at: datetime) -> Row:
    disputed_at = settled_at + timedelta(days=script.disputed_after_days)
    columns: Row = {
        "disputed_at": text_of(disputed_at),
        "dispute_fee_minor": fees.dispute_fee_minor(currency, disputed_at.date()),
    }
    if script.dispute != "open":
        decided_at = disputed_at + timedelta(days=script.decided_after_days)
        columns |= {"dispute_decided_at": text_of(decided_at), "dispute_won": script.dispute == "won"}
    return columns


@lru_cache(maxsize=4096)
def text_of(at: datetime) -> str:
    """The instant as PostgreSQL and JSON read it."""
    return at.isoformat()


def confirm_url(account_id: int, key: str, return_url: str) -> str:
    """The page on which a customer confirms a charge, beside the one that they come back to; not to be guessed.

    >>> account_and_key(confirm_url(17, "kalends-17-3-1", "https://shop.test/back").rpartition("/")[2])
    (17, 'kalends-17-3-1')
    """
    return urljoin(return_url, f"/sandbox/confirm/{_signer().sign_object([account_id, key])}")


def account_and_key(reference: str) -> tuple[int, str]:
    """Whose charge such a page is about, and its key. Raises ``LookupError`` for a reference that is none of ours."""
    try:
        account_id, key = _signer().unsign_object(reference)
    except signing.BadSignature as problem:
        raise LookupError("That is no reference of a page of the sandbox processor's.") from problem
    return account_id, key


def _signer() -> signing.Signer:
    return signing.Signer(salt="kalends.payments.processors.sandbox.confirm", sep=".")


def answer_to_row(account_id: int, row: Row) -> ChargeOutcome:
    """The first answer to a charge that was just booked."""
    if row["settled_at"] != row["created_at"]:
        return _processing(account_id, row["idempotency_key"], row["reference"], row["return_url"])
    return _final(
        row["idempotency_key"], row["reference"], row["status"], row["failure_code"], row["fee_minor"]
    )


def answer_as_of(account_id: int, booked: BookedCharge, at: datetime) -> ChargeOutcome:
    """What is true of the charge at an instant."""
    key = booked.idempotency_key
    if at < booked.settled_at:
        return _processing(account_id, key, booked.reference, booked.return_url)
    return _final(key, booked.reference, booked.status, booked.failure_code, booked.fee_minor)


def _processing(account_id: int, key: str, reference: str, return_url: str | None) -> ChargeOutcome:
    page = None if return_url is None else confirm_url(account_id, key, return_url)
    return ChargeOutcome(key, "processing", reference, action_url=page)


def _final(key: str, reference: str, status: str, failure_code: str | None, fee: int) -> ChargeOutcome:
    if status == "succeeded":
        return ChargeOutcome(key, "succeeded", reference, fee)
    failure = FAILURES[failure_code or "card_declined"]
    return ChargeOutcome(key, "failed", reference, 0, failure_code, failure.message, failure.decline)
