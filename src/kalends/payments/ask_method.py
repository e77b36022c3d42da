"""Sending a customer to a processor's page for a way to pay, and taking in what they gave there.

What was wanted is written down before they leave; what came of it is asked of the processor when they are back, as
often as they reload. A method is stored once, whoever comes back how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.payments.methods import NewPaymentMethod, create_payment_methods, refuse_others_token
from kalends.payments.processors.interface import GivenMethod, MethodKind, SetupRequest
from kalends.payments.processors.registry import AccountProcessors


class NoSuchRequest(LookupError):
    """Nobody was sent anywhere under this key, or for another record."""


class Wanted(NamedTuple):
    """What a customer is asked for a way to pay for; see :class:`~kalends.payments.models.MethodRequest`."""

    purpose: str
    record_id: int
    currency: str
    kinds: Sequence[MethodKind]
    contact_id: int | None = None
    amount_minor: int | None = None
    keep: bool = False


class Visitor(NamedTuple):
    """Who is sent there, in which language."""

    name: str | None
    email: str | None
    language: str


class Request(NamedTuple):
    """A customer who was sent there, and what they gave, if they are back with something."""

    id: int
    key: UUID
    purpose: str
    record_id: int
    contact_id: int | None
    amount_minor: int | None
    currency: str
    keep: bool
    processor: str
    setup_reference: str | None
    payment_method_id: int | None


def ask(
    db: Connection[Any],
    ctx: AccountContext,
    processors: AccountProcessors,
    processor: str,
    wanted: Wanted,
    visitor: Visitor,
    *,
    back: str,
    cancel_url: str,
) -> str:
    """The address of a processor's page that asks for a way to pay. Not inside a transaction.

    ``back`` is where the customer returns to, with ``{key}`` in the place of the request's key. Raises
    ``ProcessorUnavailable``.
    """
    row = db.execute(
        "INSERT INTO method_request (account_id, purpose, record_id, contact_id, amount_minor, currency, keep, "
        "processor, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id, key",
        [ctx.id, wanted.purpose, wanted.record_id, wanted.contact_id, wanted.amount_minor, wanted.currency,
         wanted.keep, processor, ctx.now],
    ).fetchone()  # fmt: skip
    assert row is not None
    id_, key = row
    page = processors(processor).open_setup(
        SetupRequest(
            idempotency_key=f"kalends-{ctx.known_as}-method-{id_}",
            kinds=tuple(wanted.kinds),
            currency=wanted.currency,
            customer_name=visitor.name,
            customer_email=visitor.email,
            return_url=back.format(key=key),
            cancel_url=cancel_url,
            language=visitor.language,
            metadata={"account_id": ctx.id, "method_request_id": id_},
            at=ctx.now,
        )
    )
    db.execute(
        "UPDATE method_request SET setup_reference = %s WHERE account_id = %s AND id = %s",
        [page.reference, ctx.id, id_],
    )
    return page.url


def find_request(
    db: Connection[Any], ctx: AccountContext, key: UUID, purpose: str, record_id: int
) -> Request:
    """What somebody was sent for under a key, for that record. Raises :class:`NoSuchRequest`."""
    row = db.execute(
        "SELECT id, key, purpose, record_id, contact_id, amount_minor, currency, keep, processor, setup_reference, "
        "payment_method_id FROM method_request WHERE account_id = %s AND key = %s AND purpose = %s AND record_id = %s",
        [ctx.id, key, purpose, record_id],
    ).fetchone()
    if row is None:
        raise NoSuchRequest(f"Nobody was sent for a method of {purpose} {record_id} under this key.")
    return Request(*row)


def take_in(
    db: Connection[Any], ctx: AccountContext, processors: AccountProcessors, request: Request
) -> int | None:
    """The stored method that the customer gave; None while they gave none. Not inside a transaction.

    Stored once, however often and from how many windows somebody comes back. Raises ``ProcessorUnavailable``, and
    ``GivenToAnother``, which is one.
    """
    if request.payment_method_id is not None:
        return request.payment_method_id
    if request.setup_reference is None:
        return None
    found = processors(request.processor).read_setup(request.setup_reference, ctx.now)
    if found.method is None:
        return None
    with db.transaction():
        row = db.execute(
            "SELECT payment_method_id FROM method_request WHERE account_id = %s AND id = %s FOR UPDATE",
            [ctx.id, request.id],
        ).fetchone()
        assert row is not None
        if row[0] is not None:
            return row[0]
        method_id = _store(db, ctx, request, found.method)
        db.execute(
            "UPDATE method_request SET payment_method_id = %s WHERE account_id = %s AND id = %s",
            [method_id, ctx.id, request.id],
        )
    return method_id


def _store(db: Connection[Any], ctx: AccountContext, request: Request, given: GivenMethod) -> int:
    """One given for an invoice alone belongs to nobody, so that it is offered to nobody; a known one stays as it is."""
    row = db.execute(
        "SELECT id, contact_id FROM payment_method WHERE account_id = %s AND processor = %s AND token = %s",
        [ctx.id, request.processor, given.token],
    ).fetchone()
    if row is not None:
        method_id, owner_id = row
        refuse_others_token(request.processor, method_id, owner_id, request.contact_id)
        return method_id
    kept = request.keep or request.purpose != "invoice"
    fresh = NewPaymentMethod(
        contact_id=request.contact_id if kept else None,
        kind=given.method_kind,
        token=given.token,
        last4=given.last4,
        brand=given.brand,
        bank_or_issuer=given.bank_or_issuer,
        expires_on=given.expires_on,
        processor=request.processor,
    )
    return create_payment_methods(db, ctx, [fresh])[0]
