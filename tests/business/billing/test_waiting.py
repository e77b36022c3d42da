"""What waits for its day, a cancellation or a pause: who is told, how it is taken back, and that none hides another."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from kalends.accounts.people import add_member, add_user
from kalends.billing.changes import (
    cancel_at_period_end,
    cancel_subscriptions,
    keep_after_all,
    pause,
    pause_later,
    resume,
)
from kalends.billing.run import run_due
from kalends.core.lifecycle import RefusedTransition
from kalends.proof.verify import verify
from tests.world import World

OLA = "ola.owner@nordlys.test"


@pytest.fixture
def paid(world: World) -> int:
    """A monthly subscription by card; January is paid, today is 10 January."""
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-10")
    return id_


def queued(world: World, subscription: int, kind: str) -> list[tuple[str, str]]:
    """Recipient and occasion of the letters of a kind about a subscription."""
    return world.rows(
        "SELECT recipient, occasion FROM message WHERE object_id = %s AND kind = %s ORDER BY id",
        subscription,
        kind,
    )  # type: ignore[return-value]


def latest_event(world: World, subscription: int, kind: str) -> str:
    """The id of the last event of a kind, as an occasion."""
    (id_,) = world.one("SELECT max(id) FROM event WHERE object_id = %s AND kind = %s", subscription, kind)
    return str(id_)


def test_what_waits_to_be_canceled_is_not_paused_now_or_later(world: World, paid: int) -> None:
    cancel_at_period_end(world.db, world.ctx, paid)

    with pytest.raises(RefusedTransition, match="will be canceled on 2026-02-01"):
        pause(world.db, world.ctx, paid)
    with pytest.raises(RefusedTransition, match="Keep it after all first"):
        pause_later(world.db, world.ctx, paid, dt.date(2026, 1, 20))

    world.until("2026-02-01")
    assert world.subscription(paid, "status") == "canceled"


def test_a_pause_to_come_is_taken_back_and_nothing_is_skipped(world: World, paid: int) -> None:
    pause_later(world.db, world.ctx, paid, dt.date(2026, 2, 15), resume_on=dt.date(2026, 5, 20))

    kept = keep_after_all(world.db, world.ctx, paid)
    assert kept == (dt.date(2026, 2, 1), 10000, None, dt.date(2026, 2, 15))

    world.until("2026-06-10")
    assert len(world.invoices(paid, "id")) == 6
    assert verify(world.db, world.ctx).differences == []


def test_a_cancellation_at_the_end_of_the_period_takes_the_place_of_a_pause_to_come(
    world: World, paid: int
) -> None:
    pause_later(world.db, world.ctx, paid, dt.date(2026, 1, 20))
    cancel_at_period_end(world.db, world.ctx, paid)

    world.until("2026-01-25")
    assert world.subscription(paid, "status", "pause_on") == ("active", None)
    world.until("2026-02-01")
    assert world.subscription(paid, "status") == "canceled"
    assert verify(world.db, world.ctx).differences == []


def test_a_pause_of_today_takes_the_place_of_one_to_come_with_its_end(world: World, paid: int) -> None:
    pause_later(world.db, world.ctx, paid, dt.date(2026, 2, 15), resume_on=dt.date(2026, 5, 20))

    pause(world.db, world.ctx, paid)

    assert world.subscription(paid, "status", "pause_on", "resume_on") == ("paused", None, None)
    world.until("2026-06-10")
    assert world.subscription(paid, "status") == "paused"


def test_a_pause_that_has_begun_is_not_taken_back_but_resumed(world: World, paid: int) -> None:
    pause(world.db, world.ctx, paid, resume_on=dt.date(2026, 3, 1))

    with pytest.raises(RefusedTransition, match="No cancellation and no pause is waiting"):
        keep_after_all(world.db, world.ctx, paid)


def test_a_pause_whose_day_finds_the_subscription_unpaid_is_dropped_and_told(world: World) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, "approved_after", 9))
    world.until("2026-01-01")
    world.db.execute("UPDATE subscription SET pause_on = %s WHERE id = %s", [dt.date(2026, 1, 5), id_])

    world.until("2026-01-05")

    assert world.subscription(id_, "status", "pause_on") == ("unpaid", None)
    ((_, occasion),) = queued(world, id_, "kept")
    assert occasion == latest_event(world, id_, "subscription.pause_dropped")


def test_the_customer_is_told_of_what_will_happen_and_of_its_being_taken_back(
    world: World, paid: int
) -> None:
    pause_later(world.db, world.ctx, paid, dt.date(2026, 2, 15))
    keep_after_all(world.db, world.ctx, paid)
    cancel_at_period_end(world.db, world.ctx, paid)
    keep_after_all(world.db, world.ctx, paid)

    for kind in ("to_be_paused", "to_be_canceled"):
        ((_, occasion),) = queued(world, paid, kind)
        assert occasion == latest_event(world, paid, f"subscription.{kind}")
    assert len(queued(world, paid, "kept")) == 2


def test_the_owner_is_told_when_a_pause_begins_at_once_or_on_its_day(world: World) -> None:
    owner = add_user(world.db, email=OLA, name="Ola")
    add_member(world.db, world.ctx.id, owner)
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari), owner_id=owner)
    world.until("2026-01-10")
    pause(world.db, world.ctx, id_)
    resume(world.db, world.ctx, id_)
    pause_later(world.db, world.ctx, id_, dt.date(2026, 1, 20))
    assert [recipient for recipient, _ in queued(world, id_, "pause_notice")] == [OLA]

    world.until("2026-01-20")

    assert [recipient for recipient, _ in queued(world, id_, "pause_notice")] == [OLA] * 2
    assert len(queued(world, id_, "paused")) == 2


def test_of_a_subscription_without_an_owner_the_administrators_are_told(world: World, paid: int) -> None:
    add_member(world.db, world.ctx.id, add_user(world.db, email=OLA, name="Ola"), role="admin")

    pause(world.db, world.ctx, paid)

    assert [recipient for recipient, _ in queued(world, paid, "pause_notice")] == [OLA]


def test_what_is_canceled_at_once_has_nothing_left_that_waits(world: World, paid: int) -> None:
    pause_later(world.db, world.ctx, paid, dt.date(2026, 2, 15), resume_on=dt.date(2026, 3, 1))
    cancel_subscriptions(world.db, world.ctx, [paid])

    assert world.subscription(paid, "pause_on", "resume_on", "cancel_on") == (None, None, None)
    changes = world.one(
        "SELECT data -> 'changes' ->> 'pause_on' FROM event WHERE object_id = %s AND kind = 'subscription.canceled'",
        paid,
    )
    assert changes == ('["2026-02-15", null]',)


def test_after_an_outage_the_cycle_before_the_pause_is_billed_and_none_after_it(
    world: World, paid: int
) -> None:
    pause_later(world.db, world.ctx, paid, dt.date(2026, 2, 20))
    world.ctx = dataclasses.replace(world.ctx, now=dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC))

    run_due(world.db, world.ctx, world.processors)

    assert world.invoices(paid, "period_start") == [dt.date(2026, 1, 1), dt.date(2026, 2, 1)]
    assert world.subscription(paid, "status", "next_due_date") == ("paused", None)
    assert verify(world.db, world.ctx).differences == []
