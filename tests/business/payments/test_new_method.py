"""A new payment method pays everything overdue at once: oldest first, one charge each, and each once."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.billing.changes import UnknownSubscription, cancel_subscriptions, change_payment_method
from kalends.billing.run import run_due
from kalends.payments.again import charge_overdue, overdue, pay_by_new_method
from kalends.payments.methods import MethodRefused
from kalends.payments.record import ReceivedPayment, record_payments
from kalends.proof.verify import verify
from tests.at_once import at_once
from tests.conftest import Connect
from tests.world import World


@pytest.fixture
def kari(world: World) -> int:
    """A customer."""
    return world.customer()


@pytest.fixture
def behind(world: World, kari: int) -> int:
    """Three months over 100.00 each, all declined for a card that was reported stolen; today is 10 March."""
    subscription = world.subscribe(kari, method=world.method(kari, "stolen"))
    world.until("2026-03-10")
    assert world.invoices(subscription, "status") == ["open", "open", "open"]
    assert world.subscription(subscription, "status") == "unpaid"
    return subscription


def charges(world: World, subscription: int) -> list[tuple[int, str, int]]:
    """Cycle, status and amount of each attempt after the first, in the order in which they were decided on."""
    return world.rows(  # type: ignore[return-value]
        "SELECT i.cycle, a.status, a.amount_minor::int FROM charge_attempt AS a "
        "JOIN invoice AS i ON i.id = a.invoice_id WHERE i.subscription_id = %s AND a.attempt > 1 "
        "ORDER BY a.payment_id, a.attempt",
        subscription,
    )


def test_each_overdue_invoice_is_charged_once_and_the_subscription_is_active_again(
    world: World, kari: int, behind: int
) -> None:
    before = len(world.letters("receipt"))

    payments = pay_by_new_method(world.db, world.ctx, behind, world.method(kari))
    run_due(world.db, world.ctx, world.processors)

    assert len(payments) == 3
    assert payments == sorted(payments), "not the oldest first"
    assert charges(world, behind) == [
        (0, "succeeded", 10000),
        (1, "succeeded", 10000),
        (2, "succeeded", 10000),
    ]
    assert world.invoices(behind, "status") == ["paid", "paid", "paid"]
    assert world.subscription(behind, "status", "churn_date") == ("active", None)
    assert len(world.letters("receipt")) == before + 3, "a receipt for each charge, once"
    assert verify(world.db, world.ctx).differences == []


def test_the_same_method_entered_again_is_charged_again(world: World, kari: int, behind: int) -> None:
    card = world.method(kari, "declined")
    for _ in range(2):
        assert len(pay_by_new_method(world.db, world.ctx, behind, card)) == 3
        run_due(world.db, world.ctx, world.processors)

    assert [status for _, status, _ in charges(world, behind)] == ["failed"] * 6
    assert world.subscription(behind, "status") == "unpaid"


def test_what_is_under_way_is_not_charged_a_second_time(world: World, kari: int, behind: int) -> None:
    account = world.method(kari, kind="sepa")
    assert len(pay_by_new_method(world.db, world.ctx, behind, account)) == 3
    run_due(world.db, world.ctx, world.processors)

    assert pay_by_new_method(world.db, world.ctx, behind, world.method(kari)) == []
    world.until("2026-03-20")

    assert world.invoices(behind, "status") == ["paid", "paid", "paid"]
    assert world.subscription(behind, "status", "collected_minor") == ("active", 30000)


def test_two_at_the_same_moment_charge_each_invoice_once(
    world: World, kari: int, behind: int, inside: Connect
) -> None:
    one, two, card = inside(), inside(), world.method(kari)

    decided = at_once(
        lambda: pay_by_new_method(one, world.ctx, behind, card),
        lambda: pay_by_new_method(two, world.ctx, behind, card),
    )
    run_due(world.db, world.ctx, world.processors)

    assert sorted(len(payments) for payments in decided) == [0, 3]
    assert charges(world, behind) == [
        (0, "succeeded", 10000),
        (1, "succeeded", 10000),
        (2, "succeeded", 10000),
    ]


def test_two_who_only_charge_what_is_overdue_at_the_same_moment_charge_it_once(
    world: World, kari: int, behind: int, inside: Connect
) -> None:
    change_payment_method(world.db, world.ctx, behind, world.method(kari))
    one, two = inside(), inside()

    decided = at_once(
        lambda: charge_overdue(one, world.ctx, behind), lambda: charge_overdue(two, world.ctx, behind)
    )

    assert sorted(len(payments) for payments in decided) == [0, 3]


def test_what_was_paid_by_hand_meanwhile_is_not_charged_and_a_rest_is_a_charge_of_its_own(
    world: World, kari: int, behind: int
) -> None:
    first, second, _ = world.invoices(behind, "id")
    record_payments(world.db, world.ctx, [ReceivedPayment(first, 10000, "cash")])
    record_payments(world.db, world.ctx, [ReceivedPayment(second, 4000, "cash")])

    assert [(item.owed_minor, item.payment_id is None) for item in overdue(world.db, world.ctx, behind)] == [
        (6000, True), (10000, False),
    ]  # fmt: skip
    assert len(pay_by_new_method(world.db, world.ctx, behind, world.method(kari))) == 2
    run_due(world.db, world.ctx, world.processors)

    assert world.invoices(behind, "status", "paid_minor") == [("paid", 10000)] * 3
    assert world.subscription(behind, "status", "collected_minor") == ("active", 30000)
    assert verify(world.db, world.ctx).differences == []


def test_a_rest_that_fails_is_charged_again_as_the_same_payment(world: World, kari: int, behind: int) -> None:
    first, *_ = world.invoices(behind, "id")
    record_payments(world.db, world.ctx, [ReceivedPayment(first, 4000, "cash")])
    rest, *_ = pay_by_new_method(world.db, world.ctx, behind, world.method(kari, "declined"))
    run_due(world.db, world.ctx, world.processors)

    again, *_ = pay_by_new_method(world.db, world.ctx, behind, world.method(kari))
    run_due(world.db, world.ctx, world.processors)

    assert again == rest
    assert world.one("SELECT status, attempts, amount_minor::int FROM payment WHERE id = %s", rest) == (
        "succeeded", 2, 6000,
    )  # fmt: skip
    assert verify(world.db, world.ctx).differences == []


def test_a_rest_below_the_smallest_charge_is_left_to_be_paid_by_hand(
    world: World, kari: int, behind: int
) -> None:
    first, *_ = world.invoices(behind, "id")
    record_payments(world.db, world.ctx, [ReceivedPayment(first, 9990, "cash")])

    assert [item.owed_minor for item in overdue(world.db, world.ctx, behind)] == [10000, 10000]


def test_invoices_that_are_paid_by_hand_are_never_charged(world: World, kari: int) -> None:
    subscription = world.subscribe(kari)
    world.until("2026-01-20")
    assert world.subscription(subscription, "status") == "past_due"

    assert pay_by_new_method(world.db, world.ctx, subscription, world.method(kari)) == []


def test_only_a_kind_of_method_that_was_agreed_is_taken(world: World, kari: int) -> None:
    subscription = world.subscribe(
        kari, method=world.method(kari, "stolen"), allowed_payment_methods=["credit_or_debit_card"]
    )
    world.until("2026-01-02")

    with pytest.raises(MethodRefused, match="is a sepa, and only credit or debit card is accepted here"):
        pay_by_new_method(world.db, world.ctx, subscription, world.method(kari, kind="sepa"))
    assert len(pay_by_new_method(world.db, world.ctx, subscription, world.method(kari))) == 1


def test_a_card_that_has_expired_is_not_taken(world: World, kari: int, behind: int) -> None:
    old = world.method(kari)
    world.db.execute("UPDATE payment_method SET expires_on = %s WHERE id = %s", [dt.date(2026, 2, 28), old])

    with pytest.raises(MethodRefused, match="expired on 2026-02-28"):
        pay_by_new_method(world.db, world.ctx, behind, old)
    assert charges(world, behind) == []


def test_a_canceled_subscription_is_charged_nothing(world: World, behind: int) -> None:
    cancel_subscriptions(world.db, world.ctx, [behind])

    assert charge_overdue(world.db, world.ctx, behind) == []


def test_a_subscription_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(UnknownSubscription, match="999999999"):
        charge_overdue(world.db, world.ctx, 999_999_999)
