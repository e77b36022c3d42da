"""Billing switched on for a record on command, and off again while nothing was billed."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


@pytest.fixture
def record(world: World) -> int:
    """A record over 100.00 a month, billed elsewhere since New Year's Day; today is 10 March."""
    id_ = world.subscribe(world.customer(), billed_elsewhere=True, net_terms_days=30)
    world.until("2026-03-10")
    return id_


def test_it_is_told_what_will_be_billed_and_then_it_is(world: World, here: Give, record: int) -> None:
    done = here(
        "subscription", "bill-from", record, "--from", "2026-03-15", "--payments", "12", "--billed-before", "2",
        "--yes", "--json",
    )  # fmt: skip

    assert (
        "100.00 EUR is invoiced on 2026-03-15, and so on, 10 payments in all; its term ends on 2027-01-15"
        in done.err
    )
    assert done.json()["status"] == "scheduled"
    world.until("2026-03-15")
    assert world.invoices(record, "cycle", "period_start") == [(2, dt.date(2026, 3, 15))]


def test_what_is_missing_is_named_with_its_place(here: Give, record: int) -> None:
    answer = here("subscription", "bill-from", record, "--from", "2026-04-01", "--automatic", "--yes")

    assert answer.code == ExitCode.BAD_INPUT
    assert f"where: subscription {record}, payment method" in answer.err


def test_there_is_a_way_back_until_something_was_billed(world: World, here: Give, record: int) -> None:
    here("subscription", "bill-from", record, "--from", "2026-03-15", "--yes")
    done = here("subscription", "bill-elsewhere", record, "--yes", "--json")
    assert done.json()["creates_invoices"] is False

    here("subscription", "bill-from", record, "--from", "2026-03-15", "--yes")
    world.until("2026-03-16")
    refused = here("subscription", "bill-elsewhere", record, "--yes")
    assert refused.code == ExitCode.REFUSED
    assert "Cancel it" in refused.err
