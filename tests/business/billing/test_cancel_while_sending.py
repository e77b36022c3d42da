"""A subscription is canceled in the very moment in which its charge is sent: what was charged is in the books."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.billing import cancel
from kalends.billing.changes import pause, resume
from kalends.billing.run import RunResult, run_due
from kalends.payments import outcomes, unsent
from kalends.payments.pay_now import pay_now
from kalends.payments.sender import named_sender
from kalends.proof.verify import verify
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

    monkeypatch.setattr(unsent, "record_outcomes", somebody_is_quicker)
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
        invoice, attempt, "failed", ctx.now, failure_code=outcomes.ENDED_UNSENT, decline="hard"
    )

    assert _sent_elsewhere(inside, ctx) == 1
    assert outcomes.record_outcomes(world.db, ctx, [given_up]).known_before == 1
    assert world.one("SELECT status FROM charge_attempt WHERE account_id = %s", ctx.id) == ("sent",)


@pytest.mark.parametrize(
    ("end", "code"), [("canceled", outcomes.ENDED_UNSENT), ("paused", outcomes.PAUSED_UNSENT)]
)
@pytest.mark.parametrize("sent", [False, True])
def test_what_the_processor_never_saw_is_not_charged_once_its_subscription_has_ended_or_is_paused(
    intended: tuple[World, AccountContext, int], inside: Connect, end: str, code: str, sent: bool
) -> None:
    """Decided on, perhaps sent by a process that died before it called: nobody pays for it after the end."""
    world, ctx, subscription = intended
    if sent:
        assert _sent_elsewhere(inside, ctx) == 1
    if end == "canceled":
        cancel.cancel_subscriptions(world.db, ctx, [subscription])
    else:
        pause(world.db, ctx, subscription)
    for _ in range(2):
        run_due(world.db, ctx, world.processors)
    assert world.one("SELECT count(*) FROM sandbox_charge") == (0,)
    (attempt,) = world.rows("SELECT status, failure_code FROM charge_attempt WHERE account_id = %s", ctx.id)
    assert attempt == ("failed", code)
    assert world.subscription(subscription, "status") == end
    assert world.letters("charge_failed") == []
    assert verify(world.db, ctx).differences == []


def test_a_customer_who_pays_what_is_left_by_hand_is_charged_after_the_end_though_the_first_call_was_lost(
    intended: tuple[World, AccountContext, int], inside: Connect
) -> None:
    world, ctx, subscription = intended
    cancel.cancel_subscriptions(world.db, ctx, [subscription])
    (invoice,) = world.invoices(subscription, "id")
    method = world.method(world.customer())
    pay_now(world.db, ctx, invoice, method_id=method, amount_minor=2_500, request_key="click")
    assert _sent_elsewhere(inside, ctx) == 1
    for _ in range(2):
        run_due(world.db, ctx, world.processors)
    assert world.rows("SELECT status FROM payment WHERE status = 'succeeded'") == [("succeeded",)]


def test_what_was_not_sent_before_a_pause_is_tried_again_after_it(
    intended: tuple[World, AccountContext, int],
) -> None:
    world, ctx, subscription = intended
    pause(world.db, ctx, subscription)
    resume(world.db, ctx, subscription)
    world.until("2026-01-03")
    assert world.rows("SELECT status FROM payment WHERE status = 'succeeded'") == [("succeeded",)]
    assert world.subscription(subscription, "status") == "active"
