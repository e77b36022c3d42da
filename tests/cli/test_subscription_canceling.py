"""Canceling with a refund on command: the suggestion is told with how it came about, and only wishes are given back."""

from __future__ import annotations

import pytest

from kalends.payments.record import ReceivedPayment, record_payments
from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


@pytest.fixture
def paid(world: World) -> int:
    """A monthly subscription over 31.00 by card; January is paid, today is 22 January."""
    kari = world.customer()
    id_ = world.subscribe(kari, "31", method=world.method(kari))
    world.until("2026-01-22")
    return id_


def given_back(world: World, subscription: int) -> int:
    """What was given back of the only payment."""
    return world.one("SELECT refunded_minor FROM payment WHERE subscription_id = %s", subscription)[0]


def test_the_suggestion_is_told_and_nothing_is_given_back_without_a_word(
    world: World, here: Give, paid: int
) -> None:
    (number,) = world.invoices(paid, "number")
    done = here("subscription", "cancel", paid, "--yes", "--json")

    assert (
        f"Fleet Core on invoice {number}: 10 of 31 days until 2026-02-01 are left, which is 10.00 EUR of 31.00 EUR. "
        f"10.00 EUR can be given back for that: --refund-unused does it."
    ) in done.err
    assert (done.json()["unused"]["suggested_minor"], done.json()["refunds"]) == (1000, [])
    assert given_back(world, paid) == 0


def test_the_suggested_amount_is_given_back_in_the_same_go(world: World, here: Give, paid: int) -> None:
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", paid)
    done = here("subscription", "cancel", paid, "--refund-unused", "--reason", "Moves abroad", "--yes")

    assert f"10.00 EUR of payment {payment} is given back." in done.err
    assert f"10.00 EUR of payment {payment} is given back." in done.out
    assert (world.subscription(paid, "status"), given_back(world, paid)) == ("canceled", 1000)
    assert world.one("SELECT reason FROM refund WHERE payment_id = %s", payment) == ("Moves abroad",)


def test_an_amount_of_ones_own_is_given_back_instead(world: World, here: Give, paid: int) -> None:
    done = here("subscription", "cancel", paid, "--refund", "31", "--yes", "--json").json()

    assert [(item["amount_minor"], item["status"]) for item in done["refunds"]] == [(3100, "succeeded")]
    assert given_back(world, paid) == 3100


def test_more_than_was_paid_is_refused_before_the_question_and_nothing_is_canceled(
    world: World, here: Give, paid: int
) -> None:
    answer = here("subscription", "cancel", paid, "--refund", "31.01")

    assert answer.code == ExitCode.REFUSED
    assert "31.00 EUR can be" in answer.err
    assert world.subscription(paid, "status") == "active"


def test_a_refund_that_goes_by_bank_is_on_its_way_for_some_days(world: World, here: Give) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, kind="sepa"))
    world.until("2026-01-22")

    done = here("subscription", "cancel", id_, "--refund-unused", "--yes")

    assert done.code == 0
    assert "is on its way back, by 2026-0" in done.out


def test_a_debit_under_way_is_not_given_back_and_the_way_to_do_it_is_named(world: World, here: Give) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, kind="sepa"))
    world.until("2026-01-02")

    done = here("subscription", "cancel", id_, "--refund-unused", "--yes")

    assert "100.00 EUR is under way and not collected yet, so nothing is given back" in done.err
    assert "kalends payment refund" in done.err
    assert "1 payment under way will still settle or fail" in done.out


def test_what_came_by_check_is_handed_back_by_a_person(world: World, here: Give) -> None:
    id_ = world.subscribe(world.customer(), "31")
    world.until("2026-01-22")
    (invoice,) = world.invoices(id_, "id")
    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 3100, "check", world.ctx.now)])

    done = here("subscription", "cancel", id_, "--refund-unused", "--yes")

    assert "is recorded as given back; hand it back yourself" in done.out
    assert given_back(world, id_) == 1000


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--at-period-end", "--refund-unused"], "--at-period-end"),
        (["--at-period-end", "--refund", "5"], "--at-period-end"),
        (["--refund-unused", "--refund", "5"], "--refund-unused"),
        (["--refund", "five"], "AMOUNT"),
    ],
)
def test_contradictions_are_named(here: Give, paid: int, words: list[str], option: str) -> None:
    answer = here("subscription", "cancel", paid, *words, "--yes")
    assert answer.code == ExitCode.BAD_INPUT
    assert f"where: {option}" in answer.err
