"""The simulator can fail: each of these plants a fault in the product, and the simulator names it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from kalends.accounts.sql import enter_account, take_ids
from kalends.billing import block, compose, create, credit, daybreak, prorate, run, switch_on
from kalends.core import calendar
from kalends.core.calendar import Frequency
from kalends.messages import outbox
from kalends.payments import again, collect, outcomes, record, refund, reports
from kalends.platform import database
from kalends.sales import quote_source
from kalends.simulation import days, money, people, plans, trouble
from kalends.simulation.world import FaultFound, Plan, opened_world

pytestmark = pytest.mark.usefixtures("still")

Patch = pytest.MonkeyPatch


def found(*, days: int = 60, customers: int = 14, seed: int = 3, wildness: float = 2.0) -> str:
    """What the simulator finds wrong with the product as it is now."""
    with pytest.raises(FaultFound) as fault, opened_world(Plan(seed, days, customers, wildness)) as world:
        world.live()
    told = str(fault.value)
    assert f"--seed {seed}" in told
    return told


def test_the_simulator_finds_a_charge_without_its_idempotency_key(monkeypatch: Patch) -> None:
    serial, sent = itertools.count(2), collect._requests
    monkeypatch.setattr(
        collect,
        "_requests",
        lambda *given: [
            each._replace(idempotency_key=f"{each.idempotency_key}{next(serial)}") for each in sent(*given)
        ],
    )
    monkeypatch.setattr(collect, "charge_answers", lambda asked, said: [])
    assert "processor" in found()


def test_the_simulator_finds_a_cycle_that_is_billed_twice(without_the_key: None, monkeypatch: Patch) -> None:
    """With the database's key dropped and the guard that counts rows asleep."""
    written = block.write

    def twice(db: Any, ctx: Any, numbered: Any) -> None:
        written(db, ctx, numbered)
        written(
            db, ctx, block.with_ids([each.composed for each in numbered], take_ids(db, len(numbered) * 9))
        )

    monkeypatch.setattr(block, "write", twice)
    monkeypatch.setattr(block.Check, "stop_if_short", lambda self: None)
    assert "one invoice per cycle" in found()


@pytest.fixture
def without_the_key() -> Iterator[None]:
    """A database in which a cycle may have two invoices, until the test is over."""
    with database.connect(as_owner=True, autocommit=True) as owner:
        ((key,),) = owner.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'invoice_once_per_cycle'"
        ).fetchall()
        owner.execute("DROP INDEX invoice_once_per_cycle")
        yield
        for (account,) in owner.execute(
            "SELECT id FROM account WHERE name IN ('Oslo', 'New York')"
        ).fetchall():
            enter_account(owner, account)
            owner.execute("DELETE FROM invoice WHERE account_id = %s", [account])
        owner.execute(key)


def test_the_simulator_finds_a_february_that_is_a_day_off(monkeypatch: Patch) -> None:
    right = calendar.due_date

    def wrong(anchor: date, frequency: Frequency, n: int) -> date:
        day = right(anchor, frequency, n)
        is_clamped = frequency.months and day.month == 2 and day.day < anchor.day
        return day + timedelta(days=1) if is_clamped else day

    monkeypatch.setattr(compose, "due_date", wrong)
    told = found(customers=30, wildness=0)
    assert "one invoice per cycle" in told or "invoice periods" in told
    assert "-03-01" in told


def test_the_simulator_finds_a_letter_that_was_forgotten(monkeypatch: Patch) -> None:
    queue, serial = outbox.queue, itertools.count()

    def forgetful(db: Any, account: int, at: Any, letters: Any, **more: Any) -> int:
        return queue(db, account, at, [each for each in letters if next(serial) % 9], **more)

    monkeypatch.setattr(outbox, "queue", forgetful)
    assert "letters" in found()


def test_the_simulator_finds_a_report_that_is_thrown_away(monkeypatch: Patch) -> None:
    store = reports.store
    monkeypatch.setattr(
        reports,
        "store",
        lambda db, ctx, name, told: store(
            db, ctx, name, [each for each in told if "disputed" not in each.kind]
        ),
    )
    monkeypatch.setattr(people, "NATURES", ["quarrelsome"])
    assert "processor's balance" in found(days=90, customers=20, wildness=0)


def test_the_simulator_finds_a_charge_on_what_is_paused(monkeypatch: Patch) -> None:
    """Pauses end overnight: the condition was left out that their day has come."""
    begin_day = run._begin_day

    def resume_all(db: Any, ctx: Any, work: Any, result: Any) -> None:
        begin_day(db, ctx, work, result)
        query = "SELECT id FROM subscription WHERE account_id = %s AND status = 'paused' ORDER BY id"
        for (id_,) in db.execute(query, [ctx.id]).fetchall():
            daybreak.resume(db, ctx, id_)

    monkeypatch.setattr(run, "_begin_day", resume_all)
    monkeypatch.setattr(days, "WISHES", ((1, people.pause_one),))
    told = found(days=90, wildness=0)
    assert "paused, and the processor was asked for" in told or "paused): invoice" in told


def test_the_simulator_finds_a_double_click_that_is_done_twice(monkeypatch: Patch) -> None:
    def every_time(db: Any, ctx: Any, kind: str, key: str, asked: Any, do: Any, *, actor: str = "") -> Any:
        with db.transaction():
            return do()

    for room in (again, credit, record, refund):
        monkeypatch.setattr(room, "once", every_time)
    monkeypatch.setattr(
        days, "WISHES", ((1, money.money_comes), (2, money.credit_one), (2, money.refund_one))
    )
    assert "clicked twice and answered differently" in found(days=90)


def test_the_simulator_finds_billing_that_goes_on_while_it_is_held(monkeypatch: Patch) -> None:
    monkeypatch.setattr(run, "find_hold", lambda db, account_id: None)
    monkeypatch.setattr(trouble, "HELD", 0.5)
    assert "held" in found(days=90, wildness=0)


def test_the_simulator_finds_a_fee_that_is_not_booked(monkeypatch: Patch) -> None:
    settled = outcomes.payment_settled
    monkeypatch.setattr(outcomes, "payment_settled", lambda amount, fee, pending: settled(amount, 0, pending))
    assert "processor's balance" in found()


def test_the_simulator_finds_a_planned_pause_that_does_not_begin(monkeypatch: Patch) -> None:
    monkeypatch.setattr(run, "pause_due", lambda db, ctx: 0)
    monkeypatch.setattr(days, "WISHES", ((1, plans.plan_pause_one),))
    monkeypatch.setattr(days, "EAGERNESS", 0.3)
    assert "was to be paused on" in found(wildness=0)


def test_the_simulator_finds_a_record_that_is_billed_from_another_day_on(monkeypatch: Patch) -> None:
    schedule = switch_on._with_schedule

    def late(db: Any, ctx: Any, row: Any, asked: Any, first: date) -> Any:
        return schedule(db, ctx, row, asked, first + timedelta(days=1))

    monkeypatch.setattr(switch_on, "_with_schedule", late)
    monkeypatch.setattr(
        people, "some_beginning", lambda office, often: people.Beginning(office.ctx.today, 0, True)
    )
    monkeypatch.setattr(days, "WISHES", ((1, plans.switch_on_one),))
    monkeypatch.setattr(days, "EAGERNESS", 1)
    assert "was not invoiced" in found(wildness=0, customers=40)


def test_the_simulator_finds_what_was_paid_elsewhere_and_is_asked_for_again(monkeypatch: Patch) -> None:
    due = create.due_date
    monkeypatch.setattr(
        create, "due_date", lambda start, frequency, before: due(start, frequency, max(0, before - 1))
    )
    assert "is parked, and nobody gave it a reason" in found(wildness=0)


def test_the_simulator_finds_a_quote_that_is_paid_in_two_windows(monkeypatch: Patch) -> None:
    monkeypatch.setattr(quote_source, "_closed", lambda db, ctx, id_: None)
    monkeypatch.setattr(days.sell, "buy_at_link", days.sell.sell_on_the_quotes_page)
    assert "was paid twice on its page" in found(wildness=0)


def test_the_simulator_finds_a_subscription_that_is_not_given_up(monkeypatch: Patch) -> None:
    monkeypatch.setattr(run, "cancel_after_last_retry", lambda db, ctx: 0)
    monkeypatch.setattr(people, "NATURES", ["stolen"])
    monkeypatch.setattr(people, "some_beginning", lambda office, often: people.Beginning(office.ctx.today))
    monkeypatch.setattr(days, "EAGERNESS", 0)
    assert "is unpaid after its last retry" in found(wildness=0)


def test_the_simulator_finds_a_prorated_edit_that_counts_a_day_too_many(monkeypatch: Patch) -> None:
    share = prorate.share_left
    monkeypatch.setattr(
        prorate, "share_left", lambda start, end, on: share(start, end, on - timedelta(days=1))
    )
    monkeypatch.setattr(days, "WISHES", ((1, lambda office: money.edit_one(office, prorate=True)),))
    assert "was to come to" in found(wildness=0)
