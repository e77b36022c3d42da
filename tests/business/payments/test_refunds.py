"""Money goes back: never more than was paid, fees stay, and the subscription goes on."""

from __future__ import annotations

import pytest

from kalends.billing.changes import cancel_subscriptions
from kalends.payments.give_back import send_refunds
from kalends.payments.record import ReceivedPayment, record_payments
from kalends.payments.refund import CannotRefund, request_refund
from kalends.proof.verify import verify
from tests.world import World


def paid(world: World, outcome: str = "approved", kind: str = "card") -> tuple[int, int]:
    """A subscription whose first payment of 100.00 was made or submitted; returns its id and the payment's."""
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, outcome, kind=kind))
    world.until("2026-01-02")
    return subscription, world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)[0]


def give_back(world: World, payment: int, minor: int) -> None:
    request_refund(world.db, world.ctx, payment, minor)
    send_refunds(world.db, world.ctx, world.processors)


def payment(world: World, id_: int) -> tuple[str, int, int]:
    """Status, what was given back, and what is kept after fees."""
    return world.one(
        "SELECT status, refunded_minor, (amount_minor - fee_minor - refunded_minor)::bigint FROM payment WHERE id = %s",
        id_,
    )  # type: ignore[return-value]


def test_a_full_refund_of_a_card_leaves_the_fee_as_a_loss(world: World) -> None:
    subscription, id_ = paid(world)

    give_back(world, id_, 10000)

    assert payment(world, id_) == ("refunded", 10000, -290)
    assert world.balance("processor_balance") == -290
    assert (world.balance("refunds"), world.balance("refunds_in_transit")) == (10000, 0)
    assert world.invoices(subscription, "status", "paid_minor", "refunded_minor") == [("paid", 10000, 10000)]
    assert world.subscription(subscription, "status", "collected_minor", "completed_payments") == (
        "active",
        0,
        1,
    )
    assert world.letters("refund") != []


def test_parts_may_be_given_back_until_nothing_is_left(world: World) -> None:
    _, id_ = paid(world)

    give_back(world, id_, 4000)
    assert payment(world, id_)[:2] == ("partially_refunded", 4000)
    give_back(world, id_, 6000)
    assert payment(world, id_)[:2] == ("refunded", 10000)

    with pytest.raises(CannotRefund, match="refunded"):
        request_refund(world.db, world.ctx, id_, 1)


@pytest.mark.parametrize("minor", [0, -5, 10001])
def test_no_more_than_was_paid_is_given_back(world: World, minor: int) -> None:
    _, id_ = paid(world)

    with pytest.raises(CannotRefund, match=r"100\.00 EUR is left"):
        request_refund(world.db, world.ctx, id_, minor)


def test_what_is_on_its_way_back_cannot_be_asked_for_again(world: World) -> None:
    _, id_ = paid(world)
    request_refund(world.db, world.ctx, id_, 7000)

    with pytest.raises(CannotRefund, match=r"30\.00 EUR is left"):
        request_refund(world.db, world.ctx, id_, 4000)


def test_a_refund_of_a_debit_takes_banking_days_and_ends_by_itself(world: World) -> None:
    subscription, id_ = paid(world, kind="sepa")
    world.until("2026-01-20")

    give_back(world, id_, 2500)
    assert payment(world, id_)[:2] == ("processing_refund", 0)
    assert world.balance("refunds_in_transit") == -2500

    world.until("2026-02-10")
    assert payment(world, id_)[:2] == ("partially_refunded", 2500)
    assert world.balance("refunds_in_transit") == 0
    assert world.subscription(subscription, "collected_minor") == 7500 + 10000


def test_a_debit_under_way_is_refunded_once_it_has_settled(world: World) -> None:
    subscription, id_ = paid(world, kind="sepa")
    cancel_subscriptions(world.db, world.ctx, [subscription])

    give_back(world, id_, 10000)
    assert payment(world, id_)[:2] == ("processing", 0)

    world.until("2026-02-20")
    assert payment(world, id_)[:2] == ("refunded", 10000)
    assert world.subscription(subscription, "status", "collected_minor") == ("canceled", 0)


def test_a_refund_of_a_debit_that_comes_back_is_given_up(world: World) -> None:
    _, id_ = paid(world, "insufficient_funds", "sepa")
    request_refund(world.db, world.ctx, id_, 10000)

    world.until("2026-02-20")

    assert payment(world, id_)[:2] == ("failed", 0)
    assert world.one("SELECT status FROM refund WHERE payment_id = %s", id_) == ("failed",)
    assert (world.balance("refunds"), world.balance("refunds_in_transit")) == (0, 0)


def test_a_refund_that_fails_at_the_bank_leaves_the_payment_as_it_was(world: World) -> None:
    _, id_ = paid(world, "refund_fails")

    give_back(world, id_, 10000)
    world.until("2026-02-20")

    assert payment(world, id_)[:2] == ("succeeded", 0)
    assert (world.balance("refunds"), world.balance("refunds_in_transit")) == (0, 0)


def test_money_that_came_by_check_is_given_back_by_hand(world: World) -> None:
    subscription = world.subscribe(world.customer())
    world.until("2026-01-01")
    (invoice,) = world.invoices(subscription, "id")
    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 10000, "check", world.ctx.now)])
    (id_,) = world.one("SELECT id FROM payment WHERE invoice_id = %s", invoice)

    request_refund(world.db, world.ctx, id_, 3000)

    assert payment(world, id_)[:2] == ("partially_refunded", 3000)
    assert world.balance("bank") == 7000


def test_a_dispute_takes_the_money_until_it_is_won(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "dispute_won", 3, 20))
    world.until("2026-01-10")
    (id_,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)

    assert payment(world, id_)[0] == "disputed_action_required"
    assert world.balance("disputes") == 10000

    world.until("2026-01-31")
    assert payment(world, id_)[0] == "disputed_won"
    assert world.balance("disputes") == 0
    assert world.subscription(subscription, "status") == "active"


def test_money_won_back_in_a_dispute_can_be_refunded_and_the_dispute_still_shows(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "dispute_won", 3, 20))
    world.until("2026-01-31")
    (id_,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)

    give_back(world, id_, 4000)
    assert payment(world, id_)[:2] == ("disputed_won", 4000)
    give_back(world, id_, 6000)

    assert payment(world, id_)[:2] == ("disputed_won", 10000)
    assert world.subscription(subscription, "collected_minor") == 0
    assert verify(world.db, world.ctx).differences == []
    with pytest.raises(CannotRefund, match=r"0\.00 EUR is left"):
        request_refund(world.db, world.ctx, id_, 1)


@pytest.mark.parametrize("outcome", ["dispute", "dispute_lost"])
def test_money_that_a_dispute_took_is_not_given_back_once_more(world: World, outcome: str) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, outcome, 3))
    world.until("2026-04-15")
    (id_, *_), *_ = world.rows("SELECT id FROM payment WHERE subscription_id = %s ORDER BY id", subscription)

    with pytest.raises(CannotRefund, match="disputed"):
        request_refund(world.db, world.ctx, id_, 1)


def test_a_lost_dispute_is_written_off(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "dispute_lost", 3, 20))

    world.until("2026-01-31")

    assert world.one("SELECT status FROM payment WHERE subscription_id = %s", subscription) == (
        "disputed_lost",
    )
    assert (world.balance("disputes"), world.balance("write_offs")) == (0, 10000)
    assert world.one(
        "SELECT count(*) FROM processor_event WHERE account_id = %s AND handled_at IS NULL", world.ctx.id
    ) == (0,)


def test_reports_about_a_dispute_that_come_in_the_wrong_order_end_the_same(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "reports_out_of_order"))

    world.until("2026-01-31")

    statuses = world.rows("SELECT status FROM payment WHERE subscription_id = %s", subscription)
    waiting = world.one(
        "SELECT count(*) FROM processor_event WHERE account_id = %s AND handled_at IS NULL", world.ctx.id
    )
    assert (len(statuses), waiting) == (1, (0,))
