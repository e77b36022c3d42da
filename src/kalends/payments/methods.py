"""Storing payment methods, one or thousands at once, and which of them a subscription may be charged by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load, take_ids
from kalends.core.lifecycle import RefusedTransition
from kalends.payments.processors.interface import MethodKind, ProcessorUnavailable

_ACCEPTED_AS = {"card": "credit_or_debit_card"}
"""What a kind of method is called in the list of accepted ones, where that is another name."""


class MethodRefused(RefusedTransition):
    """A payment method that may not be charged; the message says why, and what would be right."""


class GivenToAnother(ProcessorUnavailable):
    """A processor gave a customer the token of somebody else's method: it is not taken over, and nothing is charged."""


def refuse_others_token(processor: str, method_id: int, owner_id: int | None, contact_id: int | None) -> None:
    """Let a token that is stored already be used by its owner alone; one stored for nobody is used by anybody.

    Raises :class:`GivenToAnother`.
    """
    if owner_id not in (None, contact_id):
        raise GivenToAnother(
            f"{processor} gave the token of payment method {method_id} again, which belongs to another customer. Ask "
            "the processor why; nothing is charged by it here."
        )


@dataclass(frozen=True, slots=True)
class NewPaymentMethod:
    """A stored way to pay to be: the processor's token and what people recognize it by.

    ``contact_id`` is None for one that was given for a single payment: nobody is offered it again.
    """

    contact_id: int | None
    kind: str
    token: str
    last4: str
    brand: str | None = None
    bank_or_issuer: str | None = None
    expires_on: date | None = None
    processor: str = "sandbox"


def create_payment_methods(
    db: Connection[Any], ctx: AccountContext, fresh: Sequence[NewPaymentMethod]
) -> list[int]:
    """Write payment methods; returns their ids in order."""
    ids = take_ids(db, len(fresh))
    rows = [
        (
            id_,
            item.contact_id,
            item.processor,
            item.kind,
            item.token,
            item.brand,
            item.last4,
            item.expires_on,
            item.bank_or_issuer,
        )
        for id_, item in zip(ids, fresh, strict=True)
    ]
    names = "ids contacts processors kinds tokens brands last4s expiries banks"
    params = {"account_id": ctx.id, "now": ctx.now, **arrays(names.split(), rows)}
    db.execute(load("kalends.payments", "create_methods"), params)
    return ids


class StoredMethod(NamedTuple):
    """A stored way to pay, as it stands."""

    id: int
    contact_id: int
    kind: str
    expires_on: date | None


def is_accepted(kind: str, accepted: Sequence[str] | None) -> bool:
    """Whether a method of this kind may pay what accepts only certain ones; None accepts all.

    >>> is_accepted("card", ["credit_or_debit_card"]), is_accepted("sepa", ["credit_or_debit_card"])
    (True, False)
    >>> is_accepted("sepa", None)
    True
    """
    return accepted is None or _ACCEPTED_AS.get(kind, kind) in accepted


_ONLY_IN = {"ach": "USD", "sepa": "EUR", "bacs": "GBP", "pads": "CAD"}
"""Bank debits and the one currency that each knows."""


def kinds_in(currency: str, accepted: Sequence[str] | None) -> tuple[MethodKind, ...]:
    """The kinds of method that a processor can charge in a currency, of those that are accepted.

    >>> kinds_in("EUR", None), kinds_in("NOK", ["sepa"]), kinds_in("GBP", ["credit_or_debit_card"])
    (('card', 'sepa'), (), ('card',))
    """
    every: tuple[MethodKind, ...] = ("card", "ach", "sepa", "bacs", "pads")
    return tuple(
        kind for kind in every if _ONLY_IN.get(kind, currency) == currency and is_accepted(kind, accepted)
    )


def usable_method(
    db: Connection[Any], ctx: AccountContext, method_id: int, accepted: Sequence[str] | None
) -> StoredMethod:
    """The stored method, if it may be charged from now on by what accepts only certain kinds.

    Raises ``MethodRefused`` when there is none, it is of another kind, has ended or has expired.
    """
    row = db.execute(
        "SELECT id, contact_id, kind, expires_on, ended_at IS NOT NULL FROM payment_method "
        "WHERE account_id = %s AND id = %s",
        [ctx.id, method_id],
    ).fetchone()
    if row is None:
        raise MethodRefused(f"There is no payment method {method_id} in this account.")
    *known, is_ended = row
    method = StoredMethod(*known)
    if not is_accepted(method.kind, accepted):
        raise MethodRefused(
            f"Payment method {method_id} is a {method.kind}, and only {_listed(accepted or ())} is accepted here. "
            f"Ask the customer for one of those, or accept {method.kind} too."
        )
    if is_ended:
        raise MethodRefused(
            f"Payment method {method_id} cannot be charged any more. Ask the customer for another one."
        )
    if method.expires_on is not None and method.expires_on < ctx.today:
        raise MethodRefused(
            f"Payment method {method_id} expired on {method.expires_on}. Ask the customer for another one."
        )
    return method


def accepted_methods(db: Connection[Any], ctx: AccountContext, subscription_id: int) -> list[str] | None:
    """The kinds of payment that were agreed with a subscription's customer; None where any will do."""
    row = db.execute(
        "SELECT allowed_payment_methods FROM subscription WHERE account_id = %s AND id = %s",
        [ctx.id, subscription_id],
    ).fetchone()
    return None if row is None else row[0]


def _listed(accepted: Sequence[str]) -> str:
    return " or ".join(kind.replace("_", " ") for kind in accepted)
