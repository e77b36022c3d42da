"""Canceled after the last retry: only where the account has chosen it, and with the same time for every customer."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from kalends.accounts.change import change_settings
from kalends.billing.agenda import work_now
from kalends.billing.changes import change_payment_method
from kalends.billing.run import run_due
from kalends.core.calendar import Frequency
from kalends.payments.again import charge_overdue
from kalends.proof.verify import verify
from tests.world import World


@pytest.fixture
def strict(world: World) -> World:
    """An account that cancels after the last retry."""
    change_settings(world.db, world.ctx, {"cancel_after_last_retry": True})
    world.reload()
    return world


def failing(world: World, outcome: str = "insufficient_funds", *, kind: str = "card", **more: object) -> int:
    """A subscription from New Year's Day whose every charge fails."""
    kari = world.customer()
    return world.subscribe(kari, method=world.method(kari, outcome, kind=kind), **more)


def test_by_default_it_stays_unpaid_for_good(world: World) -> None:
    id_ = failing(world)

    world.until("2026-01-31")

    assert world.subscription(id_, "status") == "unpaid"


def test_it_is_canceled_on_the_day_on_which_the_last_retry_fails(strict: World) -> None:
    id_ = failing(strict)

    strict.until("2026-01-07")
    assert strict.subscription(id_, "status") == "unpaid"
    result = strict.until("2026-01-08")

    assert result.given_up == 1
    assert strict.subscription(id_, "status", "churn_date", "next_due_date", "failed_payments") == (
        "canceled", dt.date(2026, 1, 1), None, 5,
    )  # fmt: skip
    assert len(strict.letters("canceled")) == 1
    assert verify(strict.db, strict.ctx).differences == []


def test_the_journal_says_why(strict: World) -> None:
    id_ = failing(strict)
    strict.until("2026-01-10")

    assert strict.rows(
        "SELECT data ->> 'cause', actor FROM event WHERE object_id = %s AND kind = 'subscription.canceled'",
        id_,
    ) == [("retries_exhausted", "system")]


@pytest.mark.parametrize("outcome", ["stolen", "expired", "needs_authentication"])
def test_a_hard_decline_leaves_its_customer_as_many_days_as_the_others_have(
    strict: World, outcome: str
) -> None:
    id_ = failing(strict, outcome)

    strict.until("2026-01-07")
    assert strict.subscription(id_, "status") == "unpaid"
    strict.until("2026-01-08")
    assert strict.subscription(id_, "status") == "canceled"


def test_a_bank_debit_that_came_back_counts_from_the_day_on_which_it_did(strict: World) -> None:
    id_ = failing(strict, kind="sepa")

    strict.until("2026-01-09")
    (failed_on,) = strict.one("SELECT first_failed_on FROM payment WHERE subscription_id = %s", id_)
    strict.until(failed_on + dt.timedelta(days=6))
    assert strict.subscription(id_, "status") == "unpaid"
    strict.until(failed_on + dt.timedelta(days=7))
    assert strict.subscription(id_, "status") == "canceled"


def test_who_gives_a_working_method_in_time_stays(strict: World) -> None:
    id_ = failing(strict, "stolen")
    strict.until("2026-01-07")
    contact = strict.subscription(id_, "contact_id")

    change_payment_method(strict.db, strict.ctx, id_, strict.method(contact))
    charge_overdue(strict.db, strict.ctx, id_)
    strict.until("2026-01-20")

    assert strict.subscription(id_, "status", "churn_date") == ("active", None)


def test_nothing_is_canceled_while_a_charge_is_under_way_that_may_still_pay(strict: World) -> None:
    id_ = failing(strict, "stolen")
    strict.until("2026-01-07")
    contact = strict.subscription(id_, "contact_id")
    change_payment_method(strict.db, strict.ctx, id_, strict.method(contact, kind="sepa"))
    charge_overdue(strict.db, strict.ctx, id_)

    strict.until("2026-01-09")
    assert strict.subscription(id_, "status") == "unpaid"
    strict.until("2026-01-20")
    assert strict.subscription(id_, "status") == "active"


def test_a_weekly_one_is_given_up_though_its_next_charge_has_retries_left(strict: World) -> None:
    id_ = failing(strict, frequency=Frequency.WEEKLY)

    strict.until("2026-01-08")

    assert strict.subscription(id_, "status") == "canceled"
    assert (
        strict.rows("SELECT id FROM payment WHERE subscription_id = %s AND next_retry_on IS NOT NULL", id_)
        == []
    )


def test_nothing_is_tried_again_afterwards(strict: World) -> None:
    failing(strict)

    strict.until("2026-04-01")

    assert strict.one("SELECT count(*) FROM charge_attempt WHERE account_id = %s", strict.ctx.id) == (5,)


def test_an_account_without_retries_has_no_last_one(strict: World) -> None:
    change_settings(strict.db, strict.ctx, {"retry_days": ()})
    strict.reload()
    id_ = failing(strict)

    strict.until("2026-03-20")

    assert strict.subscription(id_, "status") == "unpaid"


def test_what_failed_before_the_account_chose_so_is_canceled_with_the_next_run(world: World) -> None:
    id_ = failing(world)
    world.until("2026-01-20")
    change_settings(world.db, world.ctx, {"cancel_after_last_retry": True})
    world.reload()

    run_due(world.db, world.ctx, world.processors)

    assert world.subscription(id_, "status") == "canceled"


def test_an_invoice_that_nobody_pays_cancels_nothing(strict: World) -> None:
    id_ = strict.subscribe(strict.customer())

    strict.until("2026-01-31")

    assert strict.subscription(id_, "status") == "past_due"


def test_nothing_is_due_once_everything_is_given_up(strict: World) -> None:
    failing(strict, "stolen")
    strict.until("2026-01-20")

    live = replace(strict.ctx, mode="live")
    assert not any(work_now(strict.db, live, new_reports=False))
