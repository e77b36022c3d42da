"""Several people act on one subscription at the same moment: each effect once, and nobody is shown a deadlock."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest

from kalends.billing.changes import (
    cancel_at_period_end,
    cancel_subscriptions,
    change_payment_method,
    keep_after_all,
    pause,
    resume,
)
from kalends.billing.edit import Edit, EditRefused, apply_edit
from kalends.billing.run import run_due
from kalends.billing.void import CannotVoid, void_invoice
from kalends.core.lifecycle import RefusedTransition
from kalends.payments.again import CannotCharge, charge_overdue, pay_by_new_method, retry_by_hand
from kalends.payments.processors.registry import AccountProcessors
from kalends.payments.record import CannotRecord, ReceivedPayment, record_payments
from kalends.payments.refund import CannotRefund, request_refund
from kalends.platform import database
from kalends.proof.verify import verify
from tests.at_once import at_once
from tests.conftest import AnyConnection, Connect
from tests.world import World

REFUSALS = (RefusedTransition, EditRefused, CannotVoid, CannotCharge, CannotRecord, CannotRefund)
"""What one of two may be told when the other was first."""

Act = Callable[[AnyConnection], Any]
ROUNDS = 6


@pytest.fixture
def machines(world: World) -> Iterator[Callable[[AnyConnection], Any]]:
    """Runs what is due on a machine of its own."""
    opened: list[AccountProcessors] = []

    def run(db: AnyConnection) -> Any:
        processors = AccountProcessors(database.connect, world.ctx.id)
        opened.append(processors)
        return run_due(db, world.ctx, processors)

    yield run
    for processors in opened:
        processors.close()


def together(inside: Connect, *acts: Act) -> list[Any]:
    """All acts at once, each on a connection of its own; whatever went wrong was a refusal by rule."""
    answers = at_once(*[partial(act, inside()) for act in acts])
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, REFUSALS):
            raise answer
    return answers


def test_a_payment_a_refund_an_edit_and_a_cancellation_at_once_leave_true_books(
    world: World, inside: Connect, machines: Callable[[AnyConnection], Any]
) -> None:
    for round_ in range(ROUNDS):
        kari = world.customer()
        subscription = world.subscribe(kari, method=world.method(kari))
        world.until(world.ctx.today + dt.timedelta(days=2))
        (payment,) = world.rows("SELECT id FROM payment WHERE subscription_id = %s", subscription)[0]

        together(
            inside,
            lambda db, id_=payment: request_refund(db, world.ctx, id_, 3000),
            lambda db, id_=payment: request_refund(db, world.ctx, id_, 8000),
            lambda db, id_=subscription, n=round_: apply_edit(db, world.ctx, id_, Edit(name=f"Fleet {n}")),
            lambda db, id_=subscription: cancel_subscriptions(db, world.ctx, [id_]),
            lambda db, id_=subscription: cancel_subscriptions(db, world.ctx, [id_]),
            machines,
        )

        given = world.one("SELECT count(*) FROM refund WHERE payment_id = %s", payment)
        assert given == (1,), "100.00 were paid: 30.00 and 80.00 cannot both be given back"
        canceled = "SELECT count(*) FROM event WHERE kind = 'subscription.canceled' AND object_id = %s"
        assert world.one(canceled, subscription) == (1,)
    run_due(world.db, world.ctx, world.processors)
    assert verify(world.db, world.ctx).differences == []


def test_a_debt_that_three_people_settle_at_once_is_settled_once(
    world: World, inside: Connect, machines: Callable[[AnyConnection], Any]
) -> None:
    for _ in range(ROUNDS):
        kari = world.customer()
        subscription = world.subscribe(kari, method=world.method(kari, "declined"))
        world.until(world.ctx.today + dt.timedelta(days=9))
        ((payment,),) = world.rows("SELECT id FROM payment WHERE subscription_id = %s", subscription)
        (invoice,) = world.invoices(subscription, "id")
        card = world.method(kari)

        together(
            inside,
            lambda db, id_=subscription, new=card: pay_by_new_method(db, world.ctx, id_, new),
            lambda db, id_=subscription: charge_overdue(db, world.ctx, id_),
            lambda db, id_=payment: retry_by_hand(db, world.ctx, id_),
            lambda db, id_=invoice: record_payments(db, world.ctx, [ReceivedPayment(id_, 10000, "cash")]),
            lambda db, id_=invoice: void_invoice(db, world.ctx, id_),
            machines,
        )
        run_due(world.db, world.ctx, world.processors)

        status, paid = world.one("SELECT status, paid_minor::int FROM invoice WHERE id = %s", invoice)
        assert (status, paid) in (("paid", 10000), ("voided", 0), ("open", 0))
        tried = "SELECT count(*) FROM charge_attempt WHERE invoice_id = %s AND status = 'succeeded'"
        assert world.one(tried, invoice) == (1 if status == "paid" else 0,)
    assert verify(world.db, world.ctx).differences == []


def test_pausing_canceling_and_changing_the_method_at_once_ends_in_one_of_their_orders(
    world: World, inside: Connect, machines: Callable[[AnyConnection], Any]
) -> None:
    for _ in range(ROUNDS):
        kari = world.customer()
        subscription = world.subscribe(kari, method=world.method(kari))
        world.until(world.ctx.today + dt.timedelta(days=2))
        card = world.method(kari)

        together(
            inside,
            lambda db, id_=subscription: pause(db, world.ctx, id_),
            lambda db, id_=subscription: cancel_at_period_end(db, world.ctx, id_),
            lambda db, id_=subscription, new=card: change_payment_method(db, world.ctx, id_, new),
            lambda db, id_=subscription: keep_after_all(db, world.ctx, id_),
            lambda db, id_=subscription: resume(db, world.ctx, id_),
            machines,
        )

        assert world.subscription(subscription, "payment_method_id") == card
        assert world.subscription(subscription, "status") in ("active", "paused")
    assert verify(world.db, world.ctx).differences == []


def test_two_lists_of_payments_in_opposite_orders_wait_for_each_other_in_no_ring(
    world: World, inside: Connect
) -> None:
    invoices = [world.subscribe(world.customer(), net_terms_days=30) for _ in range(8)]
    world.until("2026-01-02")
    ids = [world.invoices(subscription, "id")[0] for subscription in invoices]
    lists = [[ReceivedPayment(id_, 2000, "check") for id_ in order] for order in (ids, ids[::-1]) * 2]

    answers = together(
        inside, *[lambda db, items=items: record_payments(db, world.ctx, items) for items in lists]
    )

    assert [answer.succeeded for answer in answers] == [8] * 4
    assert world.one("SELECT DISTINCT paid_minor::int FROM invoice WHERE account_id = %s", world.ctx.id) == (
        8000,
    )


def test_whoever_asks_while_it_is_billed_waits_and_sees_the_invoice(
    world: World, inside: Connect, machines: Callable[[AnyConnection], Any]
) -> None:
    subscription = world.subscribe(world.customer(), start=dt.date(2026, 1, 2))
    world.until("2026-01-01")
    world.ctx = dataclasses.replace(world.ctx, now=dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC))

    together(
        inside,
        machines,
        machines,
        lambda db: cancel_subscriptions(db, world.ctx, [subscription]),
        lambda db: apply_edit(db, world.ctx, subscription, Edit(name="Fleet North")),
    )

    assert len(world.invoices(subscription, "id")) <= 1
    assert world.subscription(subscription, "status", "name") == ("canceled", "Fleet North")
    assert verify(world.db, world.ctx).differences == []


def test_a_lost_connection_takes_back_what_it_had_begun(
    world: World, inside: Connect, owner: AnyConnection
) -> None:
    subscription = world.subscribe(world.customer(), net_terms_days=30)
    world.until("2026-01-02")
    (invoice,) = world.invoices(subscription, "id")
    lost = inside()
    pid = lost.info.backend_pid

    def record() -> None:
        with lost.transaction():
            record_payments(lost, world.ctx, [ReceivedPayment(invoice, 4000, "cash")], request_key="k")
            owner.execute("SELECT pg_terminate_backend(%s)", [pid])
            lost.execute("SELECT 1")

    with pytest.raises(psycopg.OperationalError):
        record()

    written = record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 4000, "cash")], request_key="k")
    assert written.succeeded == 1
    assert world.invoices(subscription, "paid_minor") == [4000]
