"""What is agreed with a customer in one request, before it is divided, and what can be wrong in it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection

from kalends.accounts.context import ACCEPTED, AccountContext
from kalends.billing.create import NewLine
from kalends.catalog.options import ADDRESS_TYPES, LANGUAGES
from kalends.core.calendar import Frequency
from kalends.core.money import UnknownCurrency, minor_digits
from kalends.core.terms import ImpossibleTerms, validate_line
from kalends.payments.methods import MethodRefused, usable_method

LINES_MAX = 200
PAYMENTS_MAX = 5_000
NET_TERMS_MAX = 365
EARLIEST, LATEST = date(1970, 1, 1), date(2200, 1, 1)
ADDRESS_PARTS = ("address", "address2", "city", "state", "zip", "country")


@dataclass(frozen=True, slots=True)
class LineWanted:
    """A line that is agreed, with a schedule of its own: how often, how many payments, from when.

    ``frequency`` None says that it is to be billed once. ``payments`` None says that it renews until canceled. At most
    one of ``start``, ``delay_days`` and ``delay_months`` (after today) is given; none means the agreement's start.
    """

    line: NewLine
    frequency: Frequency | None
    payments: int | None = None
    start: date | None = None
    delay_days: int | None = None
    delay_months: int | None = None

    @property
    def is_delayed(self) -> bool:
        """Whether it says itself when billing starts."""
        return any(value is not None for value in (self.start, self.delay_days, self.delay_months))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request for subscriptions: who pays, how and when, and for what.

    Automatic payments need a stored method of the contact; without, invoices are sent, due ``net_terms_days`` after
    their date (0: on receipt). ``billed_elsewhere`` makes mere records that never create an invoice. ``bill_from`` is
    the first day that is billed here, of what began earlier: payments due before it were made elsewhere.

    The accepted methods, the payment link and the addresses to collect are the account's own where they are None.
    """

    contact_id: int
    lines: Sequence[LineWanted]
    currency: str
    company_id: int | None = None
    automatic: bool = False
    payment_method_id: int | None = None
    allowed_payment_methods: Sequence[str] | None = None
    net_terms_days: int = 0
    online_payment: bool | None = None
    email_invoices: bool = True
    collect_address_types: Sequence[str] | None = None
    address: dict[str, str] = field(default_factory=dict[str, str])
    start: date | None = None
    bill_from: date | None = None
    billed_elsewhere: bool = False
    name: str | None = None
    owner_id: int | None = None
    comments: str | None = None
    language: str | None = None


def completed(ctx: AccountContext, wanted: Wanted) -> Wanted:
    """The request with the account's own terms where it says nothing itself; what it says counts."""
    own, methods, addresses = ctx.settings, wanted.allowed_payment_methods, wanted.collect_address_types
    return replace(
        wanted,
        allowed_payment_methods=own.accepted_methods if methods is None else methods,
        online_payment=own.payment_links if wanted.online_payment is None else wanted.online_payment,
        collect_address_types=own.collected_addresses if addresses is None else addresses,
    )


def kept_methods(kinds: Sequence[str]) -> list[str] | None:
    """Accepted methods as records keep them: all of them are None, so that a new kind is among them some day.

    >>> kept_methods(["sepa", "ach"]), kept_methods(ACCEPTED)
    (['sepa', 'ach'], None)
    """
    return None if set(kinds) == set(ACCEPTED) else list(kinds)


def own_terms(ctx: AccountContext, said: Container[str]) -> dict[str, Any]:
    """The account's own accepted methods and addresses to collect, for the columns of a new record that does not say
    (by the names of its properties) how it may be paid."""
    columns: dict[str, Any] = {}
    if "hs_allowed_payment_methods" not in said:
        columns["allowed_payment_methods"] = kept_methods(ctx.settings.accepted_methods)
    if "hs_collect_address_types" not in said:
        columns["collect_address_types"] = ctx.settings.collected_addresses or None
    return columns


class Problem(NamedTuple):
    """Something in a request that cannot be: where (``line 2, unit price``), what stands there, what would be right."""

    place: str
    value: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}{f' ({self.value})' if self.value else ''}: {self.remedy}"


class AgreementRefused(ValueError):
    """A request that cannot be agreed, with everything that is wrong in it; nothing was made."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def problems_in(db: Connection[Any], ctx: AccountContext, wanted: Wanted) -> list[Problem]:
    """Everything that is wrong in a request by itself, and with what it names; schedules are looked at later."""
    return [*_about_records(db, ctx, wanted), *_about_terms(wanted), *_about_lines(wanted)]


_CONTACT = "SELECT FROM contact WHERE account_id = %s AND id = %s AND archived_at IS NULL"
_COMPANY = "SELECT FROM company WHERE account_id = %s AND id = %s AND archived_at IS NULL"
_MEMBER = "SELECT FROM membership WHERE account_id = %s AND user_id = %s"
_CURRENCY = "SELECT FROM enabled_currency WHERE account_id = %s AND code = %s"


def _about_records(db: Connection[Any], ctx: AccountContext, wanted: Wanted) -> Iterator[Problem]:
    def there(query: LiteralString, value: object) -> bool:
        return db.execute(query, [ctx.id, value]).fetchone() is not None

    if not there(_CONTACT, wanted.contact_id):
        yield Problem("contact", str(wanted.contact_id), "There is no such contact in this account.")
    if wanted.company_id is not None and not there(_COMPANY, wanted.company_id):
        yield Problem("company", str(wanted.company_id), "There is no such company in this account.")
    if wanted.owner_id is not None and not there(_MEMBER, wanted.owner_id):
        yield Problem("owner", str(wanted.owner_id), "No user of this account has this number.")
    if not there(_CURRENCY, wanted.currency):
        yield Problem(
            "currency", wanted.currency, f"The account does not bill in it; {_currencies(db, ctx)}."
        )
    yield from _about_method(db, ctx, wanted)


def _currencies(db: Connection[Any], ctx: AccountContext) -> str:
    rows = db.execute(
        "SELECT code FROM enabled_currency WHERE account_id = %s ORDER BY code", [ctx.id]
    ).fetchall()
    return f"it bills in {', '.join(row[0] for row in rows)}"


def _about_method(db: Connection[Any], ctx: AccountContext, wanted: Wanted) -> Iterator[Problem]:
    if wanted.payment_method_id is None:
        if wanted.automatic and not wanted.billed_elsewhere:
            remedy = "Automatic payments need a stored one; name it, or send invoices instead."
            yield Problem("payment method", "", remedy)
        return
    if not wanted.automatic:
        remedy = "Only automatic payments are charged to a method; charge automatically, or leave it out."
        yield Problem("payment method", str(wanted.payment_method_id), remedy)
        return
    try:
        method = usable_method(db, ctx, wanted.payment_method_id, wanted.allowed_payment_methods)
    except MethodRefused as refusal:
        yield Problem("payment method", str(wanted.payment_method_id), str(refusal))
        return
    if method.contact_id != wanted.contact_id:
        remedy = "It belongs to another contact; name one that this contact has stored."
        yield Problem("payment method", str(wanted.payment_method_id), remedy)


def _about_terms(wanted: Wanted) -> Iterator[Problem]:
    days = wanted.net_terms_days
    if not 0 <= days <= NET_TERMS_MAX:
        yield Problem("due terms", f"{days} days", f"Give 0 (on receipt) to {NET_TERMS_MAX} days.")
    elif days and wanted.automatic:
        remedy = "Automatic payments are charged on the day itself; leave the terms out, or send invoices."
        yield Problem("due terms", f"{days} days", remedy)
    yield from _unknown("accepted methods", wanted.allowed_payment_methods, ACCEPTED)
    yield from _unknown(
        "addresses to collect", wanted.collect_address_types, [option.value for option in ADDRESS_TYPES]
    )
    yield from _unknown("billing address", wanted.address, ADDRESS_PARTS)
    if wanted.language is not None:
        yield from _unknown("language", [wanted.language], [option.value for option in LANGUAGES])
    if wanted.allowed_payment_methods is not None and not wanted.allowed_payment_methods:
        yield Problem(
            "accepted methods",
            "none",
            "Name at least one, or leave it out for those that the account accepts.",
        )
    if wanted.name is not None and not wanted.name.strip():
        yield Problem("name", repr(wanted.name), "Give at least one letter, or leave it out.")
    if wanted.bill_from is not None and wanted.billed_elsewhere:
        remedy = "Nothing of a mere record is ever billed here; leave it out."
        yield Problem("first day billed here", str(wanted.bill_from), remedy)
    for place, day in (("start", wanted.start), ("first day billed here", wanted.bill_from)):
        if day is not None and not EARLIEST <= day < LATEST:
            yield Problem(place, str(day), f"Give a day from {EARLIEST} to before {LATEST}.")


def _unknown(
    place: str, given: Sequence[str] | dict[str, str] | None, known: Sequence[str]
) -> Iterator[Problem]:
    for value in given or ():
        if value not in known:
            yield Problem(place, value, f"This is not known; known are {', '.join(known)}.")


def _about_lines(wanted: Wanted) -> Iterator[Problem]:
    if not wanted.lines:
        yield Problem("lines", "none", "An agreement needs at least one line.")
    if len(wanted.lines) > LINES_MAX:
        yield Problem("lines", str(len(wanted.lines)), f"Give at most {LINES_MAX} in one request.")
    try:
        minor_digits(wanted.currency)
    except UnknownCurrency:
        return
    for number, line in enumerate(wanted.lines, start=1):
        yield from _about_line(f"line {number}", line, wanted.currency)


def _about_line(place: str, wanted: LineWanted, currency: str) -> Iterator[Problem]:
    if not wanted.line.name.strip():
        yield Problem(f"{place}, name", repr(wanted.line.name), "Say what is paid for.")
    try:
        validate_line(wanted.line.terms, currency)
    except ImpossibleTerms as error:
        value = str(getattr(wanted.line.terms, error.field))
        yield Problem(f"{place}, {error.field.replace('_', ' ')}", value, _sentence(error.remedy))
    if wanted.frequency is None:
        remedy = (
            "A line that is billed once makes no subscription. Leave it out, or give it a frequency and 1 payment: a "
            "subscription of its own then bills it once, and ends."
        )
        yield Problem(f"{place}, frequency", "one time", remedy)
    if wanted.payments is not None and not 1 <= wanted.payments <= PAYMENTS_MAX:
        remedy = f"Give 1 to {PAYMENTS_MAX:,}, or none to renew until canceled."
        yield Problem(f"{place}, number of payments", str(wanted.payments), remedy)
    ways = [value for value in (wanted.start, wanted.delay_days, wanted.delay_months) if value is not None]
    if len(ways) > 1:
        said = " and ".join(map(str, ways))
        yield Problem(
            f"{place}, start", said, "Give a date, a delay in days or one in months, and not two of them."
        )
    if wanted.start is not None and not EARLIEST <= wanted.start < LATEST:
        yield Problem(f"{place}, start", str(wanted.start), f"Give a day from {EARLIEST} to before {LATEST}.")
    for unit, delay, most in (("days", wanted.delay_days, 3_650), ("months", wanted.delay_months, 120)):
        if delay is not None and not 0 <= delay <= most:
            yield Problem(f"{place}, start", f"in {delay} {unit}", f"Give a delay of 0 to {most:,} {unit}.")


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
