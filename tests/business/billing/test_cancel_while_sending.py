"""A subscription is canceled in the very moment in which its charge is sent: what was charged is in the books."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.billing import cancel
from kalends.billing.run import RunResult, run_due
from kalends.payments import outcomes
from kalends.payments.sender import named_sender
from tests.conftest import Connect
from tests.world import World


class Broken(Exception):
    """The run ends between its invoices and their charges."""


@pytest.fixture
def intended(world: World) -> tuple[World, AccountContext, int]:
    """An invoice whose charge is decided on and not sent, and its subscription."""
    kari = world.customer()
    subscription = world.subscribe(kari, "25", method=world.method(kari))
    ctx = replace(world.ctx, now=dt.datetime(2026, 1, 1, 7, 0, tzinfo=dt.UTC))

    def breaks(so_far: RunResult) -> None:
        if so_far.invoiced:
            raise Broken

    with pytest.raises(Broken):
        run_due(world.db, ctx, world.processors, progress=breaks)
    return world, ctx, subscription


def _sent_elsewhere(connect: Connect, ctx: AccountContext) -> int:
    """Another process takes what is to be charged; how many it took."""
    db = connect()
    with named_sender(db) as sender:
        params = {"account_id": ctx.id, "sender": sender, "limit": 10, "payment_id": None}
        return len(fetch(db, load("kalends.payments", "mark_sent"), params))


def test_a_charge_is_given_up_or_sent_and_never_both(
    intended: tuple[World, AccountContext, int], inside: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, ctx, subscription = intended
    taken: list[int] = []

    def somebody_is_quicker(db: Any, ctx: AccountContext, found: Sequence[outcomes.Outcome]) -> Any:
        taken.append(_sent_elsewhere(inside, ctx))
        return outcomes.record_outcomes(db, ctx, found)

    monkeypatch.setattr(cancel, "record_outcomes", somebody_is_quicker)
    cancel.cancel_subscriptions(world.db, ctx, [subscription])

    assert taken == [0]
    assert world.one("SELECT status FROM charge_attempt WHERE account_id = %s", ctx.id) == ("failed",)
    assert world.subscription(subscription, "status") == "canceled"


def test_what_was_sent_meanwhile_is_not_given_up(
    intended: tuple[World, AccountContext, int], inside: Connect
) -> None:
    world, ctx, _subscription = intended
    query = "SELECT invoice_id, attempt FROM charge_attempt WHERE account_id = %s"
    invoice, attempt = world.one(query, ctx.id)
    given_up = outcomes.Outcome(
        invoice, attempt, "failed", ctx.now, failure_code=outcomes.NEVER_SENT, decline="hard"
    )

    assert _sent_elsewhere(inside, ctx) == 1
    assert outcomes.record_outcomes(world.db, ctx, [given_up]).known_before == 1
    assert world.one("SELECT status FROM charge_attempt WHERE account_id = %s", ctx.id) == ("sent",)
