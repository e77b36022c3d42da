"""Sending the charge of a checkout, and finding out what became of one whose sender is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple, cast

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.billing.hold import find_hold
from kalends.payments.collect import CALLS_MAX, Processors, idempotency_key
from kalends.payments.processors.answers import charge_answers, charges_known
from kalends.payments.processors.interface import (
    ChargeOutcome,
    ChargeRequest,
    MethodKind,
    ProcessorUnavailable,
)
from kalends.payments.sender import named_sender
from kalends.sales.checkouts import Checkout, checkout_of
from kalends.sales.settle import settle_charge

Db = Connection[Any]
GIVEN_UP_AFTER = timedelta(days=1)
"""When a charge that the processor has never seen is taken for failed: nothing of it can be on its way any more."""


class Charge(NamedTuple):
    """A charge of a checkout that has no final outcome yet; ``alive`` says that its sender waits for an answer."""

    checkout_id: int
    attempt: int
    status: str
    amount_minor: int
    currency: str
    processor: str
    token: str
    method_kind: str
    calls: int
    is_old: bool
    alive: bool


def look(db: Db, ctx: AccountContext, processors: Processors, checkout: Checkout) -> Checkout:
    """Find out what became of a checkout that is being paid, unless somebody waits for the answer right now.

    The processor is asked first. What it never saw is sent again under the same key, or after a day taken for failed.
    """
    row = db.execute(load("kalends.sales", "open_charge"), _of(ctx, checkout.id)).fetchone()
    if row is None:
        return checkout_of(db, ctx, checkout.id)
    charge = Charge(*row)
    if not charge.alive:
        _find_out(db, ctx, processors, charge)
    return checkout_of(db, ctx, checkout.id)


def any_lost(db: Db, ctx: AccountContext) -> bool:
    """Whether any charge of a checkout waits for somebody to find out what became of it."""
    return bool(_lost(db, ctx))


def _lost(db: Db, ctx: AccountContext) -> list[Charge]:
    params = {"account_id": ctx.id, **_old(ctx)}
    return [Charge(*row) for row in fetch(db, load("kalends.sales", "open_charges"), params)]


def settle_lost(db: Db, ctx: AccountContext, processors: Processors) -> int:
    """Find out what became of every charge whose sender is gone; says of how many checkouts.

    One that cannot be settled keeps no other from it: the first problem is raised when all were tried.
    """
    lost, problems = _lost(db, ctx), list[Exception]()
    for charge in lost:
        try:
            _find_out(db, ctx, processors, charge)
        except Exception as problem:  # noqa: BLE001 - raised below, once the others have had their turn
            problems.append(problem)
    if problems:
        raise problems[0]
    return len(lost)


def _of(ctx: AccountContext, checkout_id: int) -> dict[str, Any]:
    return {"account_id": ctx.id, "checkout_id": checkout_id, **_old(ctx)}


def _old(ctx: AccountContext) -> dict[str, Any]:
    return {"before": ctx.now - GIVEN_UP_AFTER}


def send(db: Db, ctx: AccountContext, processors: Processors, charge: Charge, return_url: str | None) -> None:
    """Call the processor and write what it answers; what it does not answer is found out later."""
    request = ChargeRequest(
        idempotency_key=_key(ctx, charge),
        token=charge.token,
        method_kind=cast("MethodKind", charge.method_kind),
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        metadata={"account_id": ctx.id, "checkout_id": charge.checkout_id, "attempt": charge.attempt},
        at=ctx.now,
        on_session=return_url is not None,
        return_url=return_url,
    )
    try:
        (outcome,) = charge_answers([request], processors(charge.processor).charge([request]))
    except ProcessorUnavailable:
        outcome = ChargeOutcome(request.idempotency_key, "unknown")
    if outcome.status == "unknown":
        params = {**_of(ctx, charge.checkout_id), "attempt": charge.attempt}
        db.execute(load("kalends.sales", "count_unanswered"), params)
        found = _ask(ctx, processors, charge)
        if found is None or found.status == "unknown":
            return
        outcome = found
    settle_charge(db, ctx, charge.checkout_id, charge.attempt, outcome)


def _key(ctx: AccountContext, charge: Charge) -> str:
    return idempotency_key(ctx.known_as, charge.checkout_id, charge.attempt)


def _ask(ctx: AccountContext, processors: Processors, charge: Charge) -> ChargeOutcome | None:
    """What the processor knows of a charge now; None where it cannot say, or has not seen it."""
    try:
        return _looked_up(ctx, processors, charge)
    except ProcessorUnavailable:
        return None


def _looked_up(ctx: AccountContext, processors: Processors, charge: Charge) -> ChargeOutcome | None:
    key = _key(ctx, charge)
    return charges_known([key], processors(charge.processor).lookup([key], ctx.now)).get(key)


def _find_out(db: Db, ctx: AccountContext, processors: Processors, charge: Charge) -> None:
    never_seen = _settle_known(db, ctx, processors, charge)
    if not never_seen or charge.status != "sent":
        return
    if charge.is_old:
        _give_up(db, ctx, processors, charge)
    elif charge.calls < CALLS_MAX and find_hold(db, ctx.id) is None:
        _send_again(db, ctx, processors, charge)


def _settle_known(db: Db, ctx: AccountContext, processors: Processors, charge: Charge) -> bool:
    """Settle what the processor knows; says whether it has never seen the charge."""
    try:
        outcome = _looked_up(ctx, processors, charge)
    except ProcessorUnavailable:
        return False
    if outcome is not None and outcome.status != "unknown":
        settle_charge(db, ctx, charge.checkout_id, charge.attempt, outcome)
    return outcome is None


def _give_up(db: Db, ctx: AccountContext, processors: Processors, charge: Charge) -> None:
    """Take a charge for failed, once it is taken over: nobody else sends it then, and the last word is asked for."""
    with named_sender(db) as sender:
        params = {**_of(ctx, charge.checkout_id), "attempt": charge.attempt, "sender": sender}
        row = db.execute(load("kalends.sales", "claim_charge"), params).fetchone()
        if row is not None and _settle_known(db, ctx, processors, charge):
            text = "The payment never reached the processor. Nothing was charged; please try again."
            failed = ChargeOutcome(_key(ctx, charge), "failed", None, 0, "not_sent", text, "soft")
            settle_charge(db, ctx, charge.checkout_id, charge.attempt, failed)


def _send_again(db: Db, ctx: AccountContext, processors: Processors, charge: Charge) -> None:
    """Send what the processor never saw, under the same key; of two who find it only one does."""
    with named_sender(db) as sender:
        params = {**_of(ctx, charge.checkout_id), "attempt": charge.attempt, "sender": sender}
        row = db.execute(load("kalends.sales", "claim_charge"), params).fetchone()
        if row is not None:
            send(db, ctx, processors, Charge(*row), None)
