"""One charge at the processor that pays several invoices: what a checkout comes to is charged once.

The processor knows the charge by its key alone. Each invoice has an attempt of its own that names that key, and
whatever is told of the charge (its outcome, its fee, a dispute) is shared among them by their amounts, to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, integers, load
from kalends.core.money import allocate
from kalends.payments.collect import attempt_of_key
from kalends.payments.outcomes import Outcome

Db = Connection[Any]


class PartOfCharge(NamedTuple):
    """An attempt that a charge paid, and its share of the charge's amount."""

    invoice_id: int
    attempt: int
    amount_minor: int


def parts_of_charges(db: Db, ctx: AccountContext, keys: Iterable[str]) -> dict[str, list[PartOfCharge]]:
    """The attempts of charges that paid several invoices, by the charge's key; other keys are left out."""
    params = {"account_id": ctx.id, "keys": sorted(set(keys))}
    found: dict[str, list[PartOfCharge]] = {}
    for key, *part in fetch(db, load("kalends.payments", "parts_of_charges"), params):
        found.setdefault(key, []).append(PartOfCharge(*part))
    return found


def share(total_minor: int, parts: Sequence[PartOfCharge]) -> list[int]:
    """An amount of a whole charge, shared among its parts.

    >>> share(363, [PartOfCharge(1, 1, 10000), PartOfCharge(2, 1, 2500)])
    [290, 73]
    """
    return allocate(total_minor, [part.amount_minor for part in parts])


def split(outcome: Outcome, parts: Sequence[PartOfCharge]) -> list[Outcome]:
    """What became of a charge, for each attempt that it paid: the fees add up to the charge's."""
    return [
        outcome._replace(invoice_id=part.invoice_id, attempt=part.attempt, fee_minor=fee)
        for part, fee in zip(parts, share(outcome.fee_minor, parts), strict=True)
    ]


def not_settled_yet(db: Db, ctx: AccountContext, keys: Iterable[str]) -> set[str]:
    """The keys of charges of checkouts whose records are still to be made: what is told of them has to wait."""
    named: Mapping[tuple[int, int], str] = {attempt_of_key(key)[1:]: key for key in keys}
    if not named:
        return set()
    params = {"account_id": ctx.id, "checkouts": integers(sorted({checkout for checkout, _ in named}))}
    rows = fetch(db, load("kalends.payments", "open_checkout_charges"), params)
    return {named[checkout, attempt] for checkout, attempt in rows if (checkout, attempt) in named}
