"""Charges go out several at a time and no faster than allowed; what a dead run left behind is asked about first."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from kalends.accounts.context import AccountContext
from kalends.billing.run import run_due
from kalends.payments.collect import CALLS_MAX, attempt_of_key, collect, idempotency_key
from kalends.payments.processors.interface import ChargeOutcome, ChargeRequest, ProcessorUnavailable, Report
from kalends.payments.reports import store
from tests.world import World


class SlowProcessor:
    """A processor that takes one request a call and answers after a while, as those on the net do."""

    name = "sandbox"
    batch_size = 1
    concurrency = 8

    def __init__(self, *, seconds: float = 0.02, down: bool = False) -> None:
        self.seconds, self.down = seconds, down
        self.under_way = self.most_under_way = 0
        self.sent_at: list[float] = []
        self.charged: dict[str, ChargeOutcome] = {}
        self.looked_up: list[str] = []
        self._lock = threading.Lock()

    def next_report_at(self) -> datetime | None:
        return None

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        with self._lock:
            self.sent_at.append(time.monotonic())
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        time.sleep(self.seconds)
        with self._lock:
            self.under_way -= 1
        (request,) = requests
        outcome = ChargeOutcome(request.idempotency_key, "succeeded", f"ref-{request.idempotency_key}", 30)
        if self.down:
            raise ProcessorUnavailable("The line is dead.")
        return [self.charged.setdefault(request.idempotency_key, outcome)]

    def reports(self, until: datetime, limit: int) -> list[Report]:
        return []

    def lookup(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, ChargeOutcome]:
        self.looked_up += idempotency_keys
        if self.down:
            raise ProcessorUnavailable("The line is dead.")
        return {key: self.charged[key] for key in idempotency_keys if key in self.charged}


class Deaf(SlowProcessor):
    """A processor that no charge reaches, and that can say so; or whose caller is ``killed`` in the call."""

    def __init__(self, *, killed: bool = False) -> None:
        super().__init__(seconds=0)
        self.killed = killed

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        self.sent_at.append(time.monotonic())
        raise Killed if self.killed else ProcessorUnavailable("The line is dead.")


class Killed(Exception):
    """The sender ends in the middle of its calls."""


@pytest.fixture
def morning(world: World) -> AccountContext:
    """An account with twelve charges that were decided on this morning and not sent yet."""
    for _ in range(12):
        kari = world.customer()
        world.subscribe(kari, method=world.method(kari))
    eight = world.ctx.now.replace(hour=7)
    run_due(world.db, replace(world.ctx, now=eight), lambda name: SlowProcessor(down=True))  # type: ignore[arg-type]
    return replace(world.ctx, now=eight)


def statuses(world: World) -> dict[str, int]:
    """How many attempts are in which status."""
    rows = world.rows(
        "SELECT status, count(*) FROM charge_attempt WHERE account_id = %s GROUP BY status", world.ctx.id
    )
    return dict(rows)  # type: ignore[arg-type]


def test_charges_that_got_no_answer_are_unknown_and_nothing_is_lost(
    world: World, morning: AccountContext
) -> None:
    assert statuses(world) == {"sent": 12}
    assert world.one(
        "SELECT count(*) FROM payment WHERE status = 'processing' AND account_id = %s", morning.id
    ) == (12,)


def test_the_processor_is_asked_before_anything_is_sent_again(world: World, morning: AccountContext) -> None:
    processor = SlowProcessor()
    keys = [
        idempotency_key(morning.id, invoice, attempt)
        for invoice, attempt in world.rows(
            "SELECT invoice_id, attempt FROM charge_attempt WHERE account_id = %s ORDER BY 1", morning.id
        )
    ]
    for key in keys[:5]:
        processor.charged[key] = ChargeOutcome(key, "succeeded", f"ref-{key}", 30)

    collected = collect(world.db, morning, lambda name: processor)  # type: ignore[arg-type]

    assert sorted(processor.looked_up) == sorted(keys)
    assert (collected.sent, collected.succeeded, collected.unknown) == (7, 12, 0)
    assert statuses(world) == {"succeeded": 12}
    assert world.balance("receivable") == 0


def test_while_the_processor_cannot_be_asked_nothing_is_sent(world: World, morning: AccountContext) -> None:
    processor = SlowProcessor(down=True)

    collected = collect(world.db, morning, lambda name: processor)  # type: ignore[arg-type]

    assert (collected.sent, processor.sent_at, collected.unknown) == (0, [], 12)
    assert statuses(world) == {"sent": 12}


def test_what_got_no_answer_five_times_is_not_sent_again_but_asked_about(
    world: World, morning: AccountContext
) -> None:
    processor = Deaf()

    for _ in range(7):
        collected = collect(world.db, morning, lambda name: processor)  # type: ignore[arg-type]

    assert len(processor.sent_at) == 12 * (CALLS_MAX - 1), "The morning's call is one of the five."
    assert (collected.sent, collected.unknown) == (0, 12)
    assert len(processor.looked_up) > 12 * CALLS_MAX


def test_senders_that_are_killed_leave_nothing_to_people(world: World, morning: AccountContext) -> None:
    for _ in range(2 * CALLS_MAX):
        with pytest.raises(Killed):
            collect(world.db, morning, lambda name: Deaf(killed=True))  # type: ignore[arg-type]

    collected = collect(world.db, morning, lambda name: SlowProcessor())  # type: ignore[arg-type]

    assert (collected.succeeded, collected.unknown) == (12, 0)
    assert statuses(world) == {"succeeded": 12}


def test_several_charges_are_under_way_at_once_but_not_more_than_the_processor_wants(
    world: World, morning: AccountContext
) -> None:
    processor = SlowProcessor()

    collect(world.db, morning, lambda name: processor)  # type: ignore[arg-type]

    assert 1 < processor.most_under_way <= processor.concurrency


def test_a_live_account_sends_no_faster_than_its_setting_says(world: World, morning: AccountContext) -> None:
    processor = SlowProcessor(seconds=0)
    unhurried = replace(morning, mode="live", settings=replace(morning.settings, charges_per_second=100))

    collect(world.db, unhurried, lambda name: processor)  # type: ignore[arg-type]

    assert len(processor.sent_at) == 12
    assert processor.sent_at[-1] - processor.sent_at[0] >= 11 * 0.01


def test_a_key_names_its_account_invoice_and_attempt() -> None:
    assert attempt_of_key(idempotency_key(3, 1234, 2)) == (3, 1234, 2)


@pytest.mark.parametrize("key", ["", "other-1-2-3", "kalends-1-2", "kalends-1-2-x"])
def test_a_key_that_is_not_ours_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="not a key of Kalends"):
        attempt_of_key(key)


def test_what_was_told_before_the_answer_is_in_the_books_with_the_answer(
    world: World, morning: AccountContext
) -> None:
    processor = SlowProcessor(down=True)
    ((invoice, attempt),) = world.rows("SELECT invoice_id, attempt FROM charge_attempt ORDER BY 1 LIMIT 1")
    key, at = idempotency_key(morning.id, invoice, attempt), morning.now
    disputed = Report(
        "ev-early", "charge.disputed", key, None, {}, "ch_1", "EUR", 10_000, 1_500, None, None, None, at, at
    )
    store(world.db, morning, "sandbox", [disputed])
    run_due(world.db, morning, lambda name: processor)  # type: ignore[arg-type]
    assert statuses(world) == {"sent": 12}
    processor.down = False
    processor.charged[key] = ChargeOutcome(key, "succeeded", "ch_1", 30)

    run_due(world.db, morning, lambda name: processor)  # type: ignore[arg-type]

    payments = world.rows("SELECT status, count(*) FROM payment GROUP BY status ORDER BY status")
    assert payments == [("disputed_action_required", 1), ("succeeded", 11)]
