"""How subscriptions end on command: at the end of the paid period, with their open invoices, for good."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.payments.record import ReceivedPayment, record_payments
from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


@pytest.fixture
def paid(world: World) -> int:
    """A monthly subscription over 100.00 by card; January is paid, today is 10 January."""
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-10")
    return id_


def test_a_subscription_runs_out_and_is_kept_after_all(world: World, here: Give, paid: int) -> None:
    canceled = here("subscription", "cancel", paid, "--at-period-end", "--yes")
    assert canceled.code == 0
    assert "100.00 EUR on 2026-02-01 and all after it are not billed" in canceled.err
    assert "It is canceled on 2026-02-01" in canceled.err
    assert world.subscription(paid, "status", "next_due_date") == ("active", None)

    kept = here("subscription", "keep", paid, "--yes", "--json")
    assert "100.00 EUR is billed on 2026-02-01" in kept.err
    assert kept.json() == {
        "subscription": paid, "was": "active", "status": "active",
        "next_due_date": "2026-02-01", "next_amount_minor": 10000, "cancel_on": "2026-02-01", "pause_on": None,
    }  # fmt: skip

    again = here("subscription", "keep", paid, "--yes")
    assert again.code == ExitCode.REFUSED
    assert "No cancellation and no pause is waiting" in again.err


def test_a_refusal_comes_before_the_question(world: World, paid: int, shell: Give) -> None:
    answer = shell("subscription", "keep", paid, "--account", world.ctx.id)
    assert answer.code == ExitCode.REFUSED
    assert "Nobody is there to ask" not in answer.err


def test_without_a_paid_period_there_is_no_end_to_wait_for(world: World, here: Give) -> None:
    fresh = world.subscribe(world.customer())
    answer = here("subscription", "cancel", fresh, "--at-period-end", "--yes")
    assert answer.code == ExitCode.REFUSED
    assert "cancel it with effect now" in answer.err
    assert world.subscription(fresh, "next_due_date") is not None


def test_open_invoices_are_voided_with_it_unless_something_was_paid_on_them(world: World, here: Give) -> None:
    subscription = world.subscribe(world.customer(), net_terms_days=900)
    world.until("2026-03-10")
    first, *_ = world.invoices(subscription, "id")
    record_payments(world.db, world.ctx, [ReceivedPayment(first, 100, "cash", world.ctx.now)])
    numbers = world.invoices(subscription, "number")

    done = here("subscription", "cancel", subscription, "--void-open-invoices", "--yes", "--json")

    assert f"2 open invoices over 200.00 EUR are voided: {numbers[1]}, {numbers[2]}" in done.err
    assert f"1.00 EUR of invoice {numbers[0]} was paid" in done.err
    assert done.json()["voided"] == numbers[1:]
    assert [item["invoice"] for item in done.json()["not_voided"]] == numbers[:1]
    assert world.invoices(subscription, "status") == ["open", "voided", "voided"]


def test_nothing_is_voided_while_the_paid_period_runs_out(here: Give, paid: int) -> None:
    answer = here("subscription", "cancel", paid, "--at-period-end", "--void-open-invoices", "--yes")
    assert answer.code == ExitCode.BAD_INPUT
    assert "kalends invoice void" in answer.err


def test_only_what_has_ended_is_deleted_and_its_books_stay(world: World, here: Give, paid: int) -> None:
    refused = here("subscription", "delete", paid, "--yes")
    assert refused.code == ExitCode.REFUSED
    assert "cancel it first" in refused.err

    here("subscription", "cancel", paid, "--yes")
    done = here("subscription", "delete", paid, "--yes", "--json")
    assert "1 invoice (0 open) and 1 payment stay" in done.err
    assert done.json()["left"] == {"invoices": 1, "payments": 1}
    assert world.rows("SELECT id FROM subscription WHERE id = %s", paid) == []
    assert here("subscription", "show", paid).code == ExitCode.BAD_INPUT


def test_a_pause_to_come_names_what_it_skips(world: World, here: Give, paid: int) -> None:
    done = here(
        "subscription", "pause", paid, "--from", "2026-02-15", "--until", "2026-05-20", "--yes", "--json"
    )
    assert "3 payments over 300.00 EUR, 2026-03-01 to 2026-05-01, are skipped for good" in done.err
    assert done.json() == {
        "subscription": paid, "was": "active", "status": "active",
        "pause_on": "2026-02-15", "resume_on": "2026-05-20",
    }  # fmt: skip
    world.until("2026-06-10")
    assert len(world.invoices(paid, "id")) == 3


@pytest.mark.parametrize(
    ("days", "option"),
    [
        (["--from", "2026-01-10"], "--from"),
        (["--from", "2026-02-15", "--until", "2026-02-15"], "--until"),
    ],
)
def test_a_pause_lies_ahead(here: Give, paid: int, days: list[str], option: str) -> None:
    answer = here("subscription", "pause", paid, *days, "--yes")
    assert answer.code == ExitCode.BAD_INPUT
    assert f"where: {option}" in answer.err


def test_what_waits_to_be_canceled_is_not_paused_and_the_ways_out_are_named(
    world: World, here: Give, paid: int
) -> None:
    here("subscription", "cancel", paid, "--at-period-end", "--yes")
    for days in ([], ["--from", "2026-01-20"]):
        refused = here("subscription", "pause", paid, *days, "--yes")
        assert refused.code == ExitCode.REFUSED
        assert "It will be canceled on 2026-02-01" in refused.err
        assert "Keep it after all first, or let it run out" in refused.err
    assert world.subscription(paid, "status", "cancel_on", "pause_on") == (
        "active",
        dt.date(2026, 2, 1),
        None,
    )


def test_a_pause_to_come_is_taken_back(world: World, here: Give, paid: int) -> None:
    here("subscription", "pause", paid, "--from", "2026-02-15", "--until", "2026-05-20", "--yes")
    kept = here("subscription", "keep", paid, "--yes", "--json")
    assert "The pause from 2026-02-15 on is taken back: 100.00 EUR is billed on 2026-02-01" in kept.err
    assert kept.json()["pause_on"] == "2026-02-15"
    world.until("2026-06-10")
    assert len(world.invoices(paid, "id")) == 6


def test_a_cancellation_at_the_end_of_the_period_drops_a_pause_to_come_and_says_so(
    world: World, here: Give, paid: int
) -> None:
    here("subscription", "pause", paid, "--from", "2026-02-15", "--yes")
    done = here("subscription", "cancel", paid, "--at-period-end", "--yes")
    assert "Its pause from 2026-02-15 on is dropped" in done.err
    assert world.subscription(paid, "cancel_on", "pause_on") == (dt.date(2026, 2, 1), None)


def test_what_fell_overdue_in_a_pause_is_told_when_it_ends(world: World, here: Give) -> None:
    subscription = world.subscribe(world.customer(), net_terms_days=5)
    world.until("2026-01-02")
    here("subscription", "pause", subscription, "--yes")
    world.until("2026-01-20")

    resumed = here("subscription", "resume", subscription, "--yes", "--json")

    assert "It becomes past due" in resumed.err
    assert resumed.json()["status"] == "past_due"


def test_what_is_no_number_of_a_record_is_wrong_use(here: Give) -> None:
    for wrong in ("x", "0", "99999999999999999999"):
        answer = here("subscription", "show", wrong)
        assert (answer.code, "is not the number of a record" in answer.err) == (ExitCode.BAD_INPUT, True)
