"""Pains 1 to 7: money taken or billed twice, by queues, races, zones, clicks, crashes and second machines."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from kalends.billing.changes import cancel_subscriptions
from kalends.billing.run import run_due
from kalends.core.calendar import Frequency
from kalends.messages.backends.memory import MemoryBackend
from kalends.messages.delivery import deliver
from kalends.messages.outbox import Letter, queue
from kalends.payments import collect as collecting
from kalends.payments.again import CannotCharge, charge_overdue, retry_by_hand
from kalends.payments.collect import collect
from tests.pains.machines import DeadLine, at_once
from tests.scenarios.conftest import OpenShop
from tests.scenarios.shop import Shop, Subscription, item


def thirty(shop: Shop) -> list[Subscription]:
    """Thirty customers who are charged on 1 March."""
    people = [shop.customer(f"Kari{number} Li") for number in range(30)]
    return [shop.sells(each, by=each.card()) for each in people]


def each_once(shop: Shop, subscriptions: list[Subscription]) -> None:
    """Each has one invoice, one charge and one receipt."""
    assert [len(each.bills) for each in subscriptions] == [1] * len(subscriptions)
    assert {each.bills[0].status for each in subscriptions} == {"paid"}
    assert shop.charges_asked() == len(subscriptions)
    receipts = [to for kind, to in shop.world.letters() if kind == "receipt"]
    assert len(receipts) == len(set(receipts)) == len(subscriptions)


def test_pain_01_ten_rounds_without_a_worker_and_then_sixteen_machines_bill_each_period_once(
    shop: Shop,
) -> None:
    subscriptions = thirty(shop)
    shop.at("2026-03-01", 8)

    for _ in range(10):  # the clock goes on enqueueing, and nobody collects
        run_due(shop.world.db, shop.world.ctx, DeadLine())  # type: ignore[arg-type]
    assert [len(each.bills) for each in subscriptions] == [1] * 30
    assert shop.charges_asked() == 0

    ctx = shop.world.ctx
    at_once(shop, [lambda db, processors: run_due(db, ctx, processors, size=4)] * 16)
    shop.runs()
    each_once(shop, subscriptions)


@pytest.mark.parametrize("rounds", range(3))
def test_pain_02_a_cancellation_and_a_run_at_the_same_moment_leave_one_invoice_or_none(
    shop: Shop, rounds: int
) -> None:
    eva = shop.customer("Eva Li")
    hosting = [shop.sells(eva, by=eva.card()) for _ in range(4)]
    shop.at("2026-03-01", 8)
    ctx, ids = shop.world.ctx, [each.id for each in hosting]

    def scheduler(db: Any, processors: Any) -> None:
        run_due(db, ctx, processors)

    def canceler(db: Any, processors: Any) -> None:
        cancel_subscriptions(db, ctx, ids)

    at_once(shop, [scheduler, canceler, scheduler])
    shop.runs()

    assert {each.status for each in hosting} == {"canceled"}
    for each in hosting:
        assert len(each.bills) <= 1
        assert len(each.payments) == len(each.bills)
    assert shop.charges_asked() <= len(hosting)


@pytest.mark.parametrize(
    "zone", ["Europe/Paris", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "America/St_Johns"]
)
def test_pain_03_a_weekly_customer_is_billed_once_a_week_wherever_the_day_begins(
    open_shop: OpenShop, zone: str
) -> None:
    shop = open_shop("2026-03-01", zone=zone, hour=0)
    paul = shop.customer("Paul Roux")
    weekly = shop.sells(paul, every=Frequency.WEEKLY, start="2026-03-04", net_terms_days=60)

    midnight = dt.datetime(2026, 3, 3, tzinfo=dt.UTC)
    for hour in range(72):  # the hourly clock, from a day before to a day after
        shop.stands_at(midnight + dt.timedelta(hours=hour))
        shop.runs()
    assert [bill.day for bill in weekly.bills] == ["2026-03-04"]

    shop.until("2026-03-20")
    assert [bill.day for bill in weekly.bills] == ["2026-03-04", "2026-03-11", "2026-03-18"]


def test_pain_04_a_monthly_subscription_makes_one_invoice_and_not_one_an_hour(shop: Shop) -> None:
    rolf = shop.customer("Rolf Li")
    paying, declined, invoiced = (
        shop.sells(rolf, by=rolf.card()),
        shop.sells(rolf, by=rolf.card("insufficient_funds")),
        shop.sells(rolf, item("Support", "10"), net_terms_days=1),
    )
    first = shop.world.ctx.now
    for hour in range(4 * 24):
        shop.stands_at(first + dt.timedelta(hours=hour))
        shop.runs()

    assert [len(each.bills) for each in (paying, declined, invoiced)] == [1, 1, 1]
    assert shop.charges_asked() == 1 + 3  # the declined card was tried on the 1st, the 2nd and the 4th
    assert rolf.inbox.count("invoice") == 1


def test_pain_05_money_that_moved_is_not_taken_again_when_the_transaction_after_it_fails(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriptions = thirty(shop)
    shop.at("2026-03-01", 8)
    real = collecting.record_outcomes

    def dies(*args: Any, **more: Any) -> Any:
        with args[0].transaction():
            real(*args, **more)
            raise ConnectionResetError("The power went.")

    monkeypatch.setattr(collecting, "record_outcomes", dies)
    with pytest.raises(ConnectionResetError):
        shop.runs()
    assert shop.charges_asked() == 30
    assert {each.bills[0].status for each in subscriptions} == {"open"}

    monkeypatch.setattr(collecting, "record_outcomes", real)
    shop.runs()
    each_once(shop, subscriptions)


@pytest.mark.parametrize("rounds", range(3))
def test_pain_05_staff_who_click_while_the_scheduler_runs_charge_nobody_twice(
    shop: Shop, rounds: int
) -> None:
    siri = shop.customer("Siri Li")
    hosting = shop.sells(siri, by=siri.card("approved_after", 2))
    shop.until("2026-03-01")
    shop.at("2026-03-02", 8)  # the first retry is due, and staff is impatient
    ctx, (payment,) = shop.world.ctx, hosting.payment_ids

    def scheduler(db: Any, processors: Any) -> None:
        run_due(db, ctx, processors)

    def by_hand(db: Any, processors: Any) -> None:
        try:
            retry_by_hand(db, ctx, payment)
        except CannotCharge:
            return
        collect(db, ctx, processors)

    def all_overdue(db: Any, processors: Any) -> None:
        charge_overdue(db, ctx, hosting.id)
        collect(db, ctx, processors)

    at_once(shop, [scheduler, by_hand, all_overdue, scheduler, by_hand])
    shop.runs()

    assert shop.charges_asked() == 2
    assert (hosting.status, hosting.collected, hosting.payments_made) == ("active", "25.00 EUR", 1)


def test_pain_06_a_run_that_died_in_the_middle_is_taken_up_where_it_stopped(shop: Shop) -> None:
    subscriptions = thirty(shop)
    shop.at("2026-03-01", 8)

    def dies_after_two_blocks(result: Any) -> None:
        if result.invoiced >= 14:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.runs(size=7, progress=dies_after_two_blocks)
    assert sum(len(each.bills) for each in subscriptions) == 14

    shop.runs(size=7)
    each_once(shop, subscriptions)


def test_pain_07_two_machines_that_bill_and_deliver_send_each_letter_once(shop: Shop) -> None:
    subscriptions = thirty(shop)
    shop.at("2026-03-01", 8)
    ctx = shop.world.ctx

    def machine(db: Any, processors: Any) -> list[str]:
        backend = MemoryBackend()
        run_due(db, ctx, processors, size=5)
        deliver(db, ctx, backend, 1000)
        return [envelope.message["To"] for envelope in backend.sent]

    delivered = at_once(shop, [machine, machine])
    shop.posts()

    each_once(shop, subscriptions)
    everybody = [to for machine_s in delivered for to in machine_s]
    assert len(everybody) == len(set(everybody))


def test_pain_07_a_letter_is_an_effect_with_its_own_key(shop: Shop) -> None:
    tor = shop.customer("Tor Li")
    shop.sells(tor, by=tor.card("stolen"))
    shop.until("2026-03-01")
    (payment,) = (
        row[0]
        for row in shop.world.rows(
            "SELECT object_id FROM message WHERE kind = 'charge_failed' AND account_id = %s",
            shop.world.ctx.id,
        )
    )

    for _ in range(6):
        queue(
            shop.world.db,
            shop.world.ctx.id,
            shop.world.ctx.now,
            [Letter("charge_failed", payment, tor.id, "1")],
        )

    assert tor.inbox == ["charge_failed"]
