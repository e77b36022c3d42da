"""Billing on command: what a rehearsal foretells is what a run does, and it writes nothing."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from kalends.billing import history
from kalends.billing.changes import cancel_subscriptions, pause, pause_later
from kalends.billing.create import NewLine
from kalends.billing.rehearse import rehearse
from kalends.billing.run import run_due
from kalends.core.pricing import LineTerms
from kalends.platform.database import environment_for_children
from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.conftest import AnyConnection
from tests.world import World

_TABLES = (
    "invoice",
    "line_item",
    "payment",
    "charge_attempt",
    "ledger_transfer",
    "event",
    "message",
    "subscription",
)


@pytest.fixture
def due(world: World) -> World:
    """Noon of New Year's Day, before anything was billed: cards, invoices, arrears, and one that cannot be billed."""
    world.db.execute("UPDATE account SET clock_at = %s WHERE id = %s", ["2026-01-01 12:00+00", world.ctx.id])
    world.reload()
    kari, ola = world.customer("Kari Nordmann"), world.customer("Ola Nordmann")
    card = world.method(kari)
    for price in ("100", "250"):
        world.subscribe(kari, price, method=card)
    world.subscribe(kari, "30", start=dt.date(2025, 10, 15), method=card)
    world.subscribe(kari, "20", start=dt.date(2025, 11, 15), method=card)
    world.subscribe(ola, "49.90", start=dt.date(2025, 11, 30), currency="NOK", tax="25")
    world.subscribe(ola, "1000", start=dt.date(2026, 1, 2))
    parked = world.subscribe(ola, "75")
    world.db.execute("UPDATE subscription SET next_amount_minor = 1 WHERE id = %s", [parked])
    return world


def _rows(world: World) -> list[Any]:
    return [
        world.one(f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} t")
        for name in _TABLES
    ]


def test_a_rehearsal_agrees_with_the_run_and_writes_nothing(due: World) -> None:
    before = _rows(due)
    foretold = rehearse(due.db, due.ctx, size=2)
    assert _rows(due) == before

    done = run_due(due.db, due.ctx, due.processors, size=2)
    assert (foretold.invoices, foretold.invoiced_minor) == (done.invoiced, done.invoiced_minor)
    assert (foretold.charges, foretold.parked, foretold.waiting) == (
        done.charges.sent,
        done.parked,
        done.waiting,
    )
    assert done.invoiced == 5
    assert (done.parked, done.waiting) == (1, 2)


def test_a_rehearsal_of_catching_up_agrees_too(due: World) -> None:
    foretold = rehearse(due.db, due.ctx, catch_up=True)
    done = run_due(due.db, due.ctx, due.processors, catch_up=True)
    assert (foretold.invoices, foretold.invoiced_minor) == (done.invoiced, done.invoiced_minor)
    assert foretold.charged_minor["EUR"] == 10000 + 25000 + 3 * 3000 + 2 * 2000


def test_a_rehearsal_foresees_a_pause_that_ends_today(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-10")
    pause(world.db, world.ctx, subscription, resume_on=dt.date(2026, 3, 1))
    world.db.execute("UPDATE account SET clock_at = %s WHERE id = %s", ["2026-03-01 12:00+00", world.ctx.id])
    world.reload()

    foretold = rehearse(world.db, world.ctx)
    assert world.subscription(subscription, "status") == "paused"
    invoiced = sum(run_due(world.db, world.ctx, world.processors).invoiced for _ in range(2))
    assert invoiced == foretold.invoices == 1


def test_a_rehearsal_says_what_differs_from_the_cycle_before_and_why(world: World) -> None:
    kari = world.customer()
    line = NewLine("Fleet Core", LineTerms(Decimal(100), Decimal(1)))
    subscription = world.subscribe(kari, lines=[line], net_terms_days=14)
    world.until("2026-01-10")
    world.db.execute("UPDATE line_item SET until_cycle = 1 WHERE parent_id = %s", [subscription])
    world.db.execute(
        "INSERT INTO line_item (account_id, created_at, updated_at, parent_type, parent_id, position, name, "
        "unit_price, quantity, currency, frequency, from_cycle) "
        "VALUES (%s, '2026-01-01', '2026-01-01', 'subscription', %s, 0, 'Fleet Core', 120, 1, 'EUR', 'monthly', 1)",
        [world.ctx.id, subscription],
    )
    world.db.execute("UPDATE subscription SET next_amount_minor = 12000 WHERE id = %s", [subscription])
    world.db.execute("UPDATE account SET clock_at = %s WHERE id = %s", ["2026-02-01 12:00+00", world.ctx.id])

    (differs,) = rehearse(world.db, world.reload()).first_differences
    assert (differs.before_minor, differs.now_minor) == (10000, 12000)
    assert differs.why == "Fleet Core changes: price 100 to 120"


def test_a_rehearsal_names_who_is_billed_no_longer_since_when_and_why(world: World, here: Give) -> None:
    kari = world.customer()
    card = world.method(kari)
    goes_on, canceled, paused, completed, parked = (
        world.subscribe(kari, price, method=card, payments=payments)
        for price, payments in (("10", None), ("20", None), ("30", None), ("40", 1), ("50", None))
    )
    world.until("2026-01-10")
    cancel_subscriptions(world.db, world.ctx, [canceled])
    pause(world.db, world.ctx, paused)
    world.db.execute("UPDATE subscription SET next_amount_minor = 1 WHERE id = %s", [parked])
    _set_clock(world, "2026-02-01 12:00+00")
    assert rehearse(world.db, world.ctx).parked == 1
    run_due(world.db, world.ctx, world.processors)

    foretold = rehearse(world.db, world.ctx)
    told = {each.subscription_id: (each.why, each.before_minor) for each in foretold.first_no_longer_billed}
    assert goes_on not in told
    assert told == {
        canceled: ("canceled since 2026-01-10", 2000),
        paused: ("paused since 2026-01-10", 3000),
        completed: ("all agreed payments were billed", 4000),
        parked: ("parked until somebody releases it since 2026-02-01", 5000),
    }
    assert foretold.no_longer_billed == 4
    assert foretold.no_longer_billed_minor == {"EUR": 14000}

    shown = here("bill", "--rehearse").out
    assert "no longer billed  4 subscriptions, 140.00 EUR the cycle before" in shown
    assert "canceled since 2026-01-10" in shown
    rehearsal = here("bill", "--rehearse", "--json").json()["rehearsal"]
    assert rehearsal["compared"]["no_longer_billed_minor"] == {"EUR": 14000}
    assert rehearsal["first_no_longer_billed"][0]["why"] == "canceled since 2026-01-10"


def test_who_ended_before_the_last_run_is_named_no_more(world: World, here: Give) -> None:
    kari = world.customer()
    card = world.method(kari)
    canceled, _goes_on = world.subscribe(kari, method=card), world.subscribe(kari, method=card)
    world.until("2026-01-10")
    cancel_subscriptions(world.db, world.ctx, [canceled])
    _set_clock(world, "2026-02-03 12:00+00")
    (missed,) = rehearse(world.db, world.ctx).first_no_longer_billed
    assert missed.due_date == dt.date(2026, 2, 1)
    assert here("bill").code == 0
    assert not rehearse(world.db, world.ctx).no_longer_billed


def test_a_pause_that_begins_today_is_named_already(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-10")
    pause_later(world.db, world.ctx, subscription, dt.date(2026, 2, 1))
    _set_clock(world, "2026-02-01 12:00+00")
    (paused,) = rehearse(world.db, world.ctx).first_no_longer_billed
    assert (paused.reason, paused.since) == ("paused", dt.date(2026, 2, 1))
    assert world.subscription(subscription, "status") == "active"


def _set_clock(world: World, moment: str) -> None:
    world.db.execute("UPDATE account SET clock_at = %s WHERE id = %s", [moment, world.ctx.id])
    world.reload()


def test_a_rehearsal_leaves_the_way_free_for_a_run(due: World, inside: Any) -> None:
    """It keeps no lock: a run that starts in its middle bills everything."""
    other: AnyConnection = inside()
    seen: list[int] = []

    def run_in_the_middle(result: Any) -> None:
        if not seen:
            seen.append(run_due(other, due.ctx, due.processors).invoiced)

    rehearse(due.db, due.ctx, size=1, progress=run_in_the_middle)
    assert seen == [5]


def test_the_command_shows_and_then_does(due: World, here: Give) -> None:
    shown = here("bill", "--rehearse")
    assert shown.code == ExitCode.PROBLEM_FOUND
    assert "nothing was written" in shown.out
    assert "would invoice   5 invoices" in shown.out
    assert "75.00 EUR, but 0.01 EUR was announced" in shown.out

    done = here("bill", "--json")
    assert done.code == ExitCode.PROBLEM_FOUND
    assert done.json()["run"]["invoiced"] == 5
    assert here("bill", "--json").json()["run"]["invoiced"] == 0


def test_a_parked_subscription_is_released_once_its_cause_is_mended(due: World, here: Give) -> None:
    here("bill")
    status = here("status", "--json").json()["accounts"][0]
    (parked,) = status["parked"]["first"]
    assert "was announced" in parked["reason"]

    due.db.execute("UPDATE subscription SET next_amount_minor = 7500 WHERE id = %s", [parked["id"]])
    assert here("bill", "--json").json()["run"]["invoiced"] == 0
    assert here("release", parked["id"]).code == 0
    assert due.rows(
        "SELECT 1 FROM event WHERE kind = 'subscription.released' AND object_id = %s", parked["id"]
    )
    assert here("bill", "--json").json()["run"]["invoiced"] == 1
    assert here("release", parked["id"]).code == ExitCode.BAD_INPUT


def test_runs_are_kept_with_what_came_of_them(due: World, here: Give) -> None:
    here("bill")
    (run,) = here("status", "--json").json()["accounts"][0]["runs"]
    assert (run["due"], run["invoiced"], run["parked"]) == (6, 5, 1)
    assert run["ended_at"] is not None


def test_two_runs_at_the_same_moment_bill_each_cycle_once(world: World) -> None:
    kari = world.customer()
    card = world.method(kari)
    for _ in range(60):
        world.subscribe(kari, "10", method=card)
    world.db.execute("UPDATE account SET clock_at = %s WHERE id = %s", ["2026-01-01 12:00+00", world.ctx.id])
    command = [sys.executable, "-m", "kalends.cli", "bill", "--account", str(world.ctx.id), "--json"]
    runs = [
        subprocess.Popen(command, env=environment_for_children(), stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [json.loads(run.communicate(timeout=120)[0])["run"] for run in runs]

    assert [run.returncode for run in runs] == [0, 0]
    assert sum(answer["invoiced"] for answer in answers) == 60
    assert world.one("SELECT count(*), count(DISTINCT subscription_id), sum(total_minor) FROM invoice") == (
        60,
        60,
        60_000,
    )
    assert world.one("SELECT count(*) FROM sandbox_charge") == (60,)


def test_a_run_that_is_told_to_stop_finishes_its_block_and_the_next_one_goes_on(
    here: Give, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kari = world.customer()
    world.subscribe(kari, "100", start=world.ctx.today, method=world.method(kari))
    world.db.execute("UPDATE account SET clock_at = %s WHERE id = %s", ["2026-01-01 12:00+00", world.ctx.id])
    noted = history.run_progressed

    def told_to_stop(*given: Any) -> None:
        noted(*given)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(history, "run_progressed", told_to_stop)
    stopped = here("bill")
    assert (stopped.code, "Nothing is half done" in stopped.err) == (130, True)
    assert world.rows("SELECT status FROM charge_attempt WHERE account_id = %s", world.ctx.id) == [
        ("intended",)
    ]
    monkeypatch.undo()
    assert here("bill").code == 0
    assert world.rows("SELECT status FROM charge_attempt WHERE account_id = %s", world.ctx.id) == [
        ("succeeded",)
    ]
