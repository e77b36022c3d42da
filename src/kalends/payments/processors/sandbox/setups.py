"""The sandbox processor's own page on which a customer gives a way to pay: a test card or a test bank account.

A number is looked up in the list of test numbers and forgotten at once; any other is refused, and never repeated.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from typing import NamedTuple, cast
from urllib.parse import urljoin

from kalends.payments.processors.connections import AnyConnection
from kalends.payments.processors.interface import GivenMethod, MethodKind, Setup, SetupPage, SetupRequest
from kalends.payments.processors.sandbox import fees
from kalends.payments.processors.sandbox.cards import KnownNumber, known_numbers, script_of, token_for_number
from kalends.payments.processors.sandbox.charges import utc
from kalends.payments.processors.sandbox.queries import sql

OPEN_FOR = timedelta(hours=24)
CARD_LASTS_YEARS = 3

_REFERENCE = re.compile(r"setup_([1-9][0-9]{0,17})_([0-9a-f]{32})")


class NotAccepted(ValueError):
    """A test number of a kind that the page does not ask for, or one that cannot be charged in its currency."""


class HostedPage(NamedTuple):
    """The page as it stands: what it asks for, where it leads, and what was given there, if anything was."""

    reference: str
    kinds: tuple[str, ...]
    currency: str
    return_url: str
    cancel_url: str
    language: str
    created_at: datetime
    given: GivenMethod | None

    def setup(self, at: datetime) -> Setup:
        """What a merchant is told of it."""
        if self.given is not None:
            return Setup(self.reference, "complete", self.given)
        return Setup(self.reference, "expired" if at >= self.created_at + OPEN_FOR else "open")

    def numbers(self, on: date) -> dict[str, KnownNumber]:
        """The test numbers that it takes on that day."""
        return {
            number: known
            for number, known in known_numbers().items()
            if takes(self.kinds, self.currency, script_of(known.token).method, on)
        }


def takes(kinds: tuple[str, ...], currency: str, kind: str, on: date) -> bool:
    """Whether a means of this kind is asked for, and can be charged in the currency.

    >>> takes(("card", "sepa"), "NOK", "sepa", date(2026, 1, 1))
    False
    """
    return kind in kinds and fees.current_rule(kind, currency, on) is not None


def account_of(reference: str) -> int:
    """Whose page it is, by its reference. Raises ``LookupError``.

    >>> account_of("setup_17_0123456789abcdef0123456789abcdef")
    17
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise LookupError("That is no reference of a page of the sandbox processor's.")
    return int(found[1])


def open_setup(connection: AnyConnection, account_id: int, request: SetupRequest) -> SetupPage:
    """A page of its own for each key, beside the page that the customer comes back to. Who comes is not kept."""
    values = {
        "account": account_id,
        "key": request.idempotency_key,
        "kinds": list(request.kinds),
        "currency": request.currency,
        "return_url": request.return_url,
        "cancel_url": request.cancel_url,
        "language": request.language,
        "metadata": json.dumps(dict(request.metadata)),
        "at": utc(request.at),
    }
    row = connection.execute(sql("open_setup"), values).fetchone()
    assert row is not None
    return SetupPage(row[0], urljoin(request.return_url, f"/sandbox/pay/{row[0]}"))


def hosted_page(connection: AnyConnection, account_id: int, reference: str) -> HostedPage:
    """The page of that reference. Raises ``LookupError``."""
    row = connection.execute(sql("find_setup"), {"account": account_id, "reference": reference}).fetchone()
    if row is None:
        raise LookupError(f"Account {account_id} has no page {reference!r} at the sandbox processor.")
    reference, kinds, currency, return_url, cancel_url, language, created_at, *given = row
    token, kind, last4, brand, bank, expires_on = given
    method = None
    if token is not None:
        method = GivenMethod(token, cast("MethodKind", kind), last4, brand, expires_on, bank)
    return HostedPage(reference, tuple(kinds), currency, return_url, cancel_url, language, created_at, method)


def give(connection: AnyConnection, account_id: int, reference: str, number: str, at: datetime) -> None:
    """Take a test number on that page; where one was given before, that one stays.

    Raises ``LookupError`` for a page that is not there or has expired, ``UnknownToken`` for a number that is none of
    the test numbers, and :class:`NotAccepted` for one of a kind that is not asked for.
    """
    page = hosted_page(connection, account_id, reference)
    instant = utc(at)
    if page.setup(instant).status == "expired":
        raise LookupError(f"The page {reference!r} has expired.")
    known = token_for_number(number, label=reference.rpartition("_")[2])
    kind = script_of(known.token).method
    if not takes(page.kinds, page.currency, kind, instant.date()):
        raise NotAccepted(f"{kind} is not accepted here for payments in {page.currency}.")
    is_card = kind == "card"
    values = {
        "account": account_id,
        "reference": reference,
        "token": known.token,
        "kind": kind,
        "last4": known.last4,
        "brand": known.brand_or_bank if is_card else None,
        "bank": None if is_card else known.brand_or_bank,
        "expires_on": date(instant.year + CARD_LASTS_YEARS, 12, 31) if is_card else None,
        "at": instant,
    }
    connection.execute(sql("give_setup"), values)
