"""Canceling, pausing and resuming on command: the consequence is told before anything is done."""

from __future__ import annotations

import datetime as dt

from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


def test_nothing_is_canceled_unless_somebody_says_yes(world: World, here: Give, shell: Give) -> None:
    subscription = world.subscribe(world.customer(), "49")
    asked = shell("subscription", "cancel", subscription, "--account", world.ctx.id)
    assert asked.code == ExitCode.BAD_INPUT
    assert "49.00 EUR on 2026-01-01" in asked.err
    assert "cannot be taken back" in asked.err
    assert world.subscription(subscription, "status") == "active"

    done = here("subscription", "cancel", subscription, "--yes")
    assert (done.code, "is canceled" in done.out) == (0, True)
    assert world.subscription(subscription, "status") == "canceled"

    again = here("subscription", "cancel", subscription, "--yes")
    assert again.code == ExitCode.REFUSED
    assert "cannot take the step" in again.err


def test_a_pause_ends_on_its_day_or_on_command(world: World, here: Give) -> None:
    subscription = world.subscribe(world.customer(), start=dt.date(2026, 1, 20), net_terms_days=14)
    world.until("2026-01-21")
    assert (
        here("subscription", "pause", subscription, "--until", "2026-01-02", "--yes").code
        == ExitCode.BAD_INPUT
    )
    paused = here("subscription", "pause", subscription, "--until", "2026-05-01", "--yes", "--json").json()
    assert (paused["status"], paused["resume_on"]) == ("paused", "2026-05-01")
    resumed = here("subscription", "resume", subscription, "--yes", "--json").json()
    assert (resumed["was"], resumed["next_due_date"]) == ("paused", "2026-02-20")


def test_a_subscription_that_is_not_there_is_named(here: Give) -> None:
    answer = here("subscription", "resume", 999_999_999, "--yes")
    assert answer.code == ExitCode.BAD_INPUT
    assert "999999999" in answer.err
