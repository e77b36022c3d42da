"""What is asked for twice under one key happens once: payments by hand, refunds, retries, a new payment method."""

from __future__ import annotations

import pytest

from kalends.billing.run import run_due
from kalends.events.requests import RequestKeyRefused
from kalends.payments.again import CannotCharge, pay_by_new_method, retry_by_hand
from kalends.payments.record import CannotRecord, ReceivedPayment, record_payments
from kalends.payments.refund import request_refund
from kalends.proof.verify import verify
from tests.at_once import at_once
from tests.conftest import Connect
from tests.world import World


@pytest.fixture
def invoice(world: World) -> int:
    """An open invoice over 100.00."""
    subscription = world.subscribe(world.customer(), net_terms_days=15)
    world.until("2026-01-01")
    return world.invoices(subscription, "id")[0]


@pytest.fixture
def paid(world: World) -> int:
    """A payment of 100.00 by card."""
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-02")
    return world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)[0]


@pytest.fixture
def failed(world: World) -> int:
    """A payment of 100.00 that was declined, after its last retry."""
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "declined"))
    world.until("2026-01-10")
    return world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)[0]


def test_a_form_sent_twice_records_one_payment(world: World, invoice: int) -> None:
    part = [ReceivedPayment(invoice, 4000, "check", reference="17")]

    first = record_payments(world.db, world.ctx, part, request_key="form 1")
    world.until("2026-01-02")
    again = record_payments(world.db, world.ctx, part, request_key="form 1")

    assert (first.succeeded, again) == (1, first)
    assert world.one("SELECT count(*), sum(amount_minor)::int FROM payment WHERE invoice_id = %s", invoice) == (
        1, 4000,
    )  # fmt: skip
    assert len(world.letters("receipt")) == 1


def test_the_same_key_with_another_amount_is_refused(world: World, invoice: int) -> None:
    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 4000, "check")], request_key="form 1")

    with pytest.raises(RequestKeyRefused, match="'form 1' was used for another payment"):
        record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 5000, "check")], request_key="form 1")
    assert world.one("SELECT paid_minor::int FROM invoice WHERE id = %s", invoice) == (4000,)


def test_two_clicks_at_the_same_moment_record_one_payment(
    world: World, invoice: int, inside: Connect
) -> None:
    one, two = inside(), inside()
    part = [ReceivedPayment(invoice, 4000, "check")]

    written = at_once(
        lambda: record_payments(one, world.ctx, part, request_key="click"),
        lambda: record_payments(two, world.ctx, part, request_key="click"),
    )

    assert [each.succeeded for each in written] == [1, 1]
    assert world.one("SELECT count(*) FROM payment WHERE invoice_id = %s", invoice) == (1,)


@pytest.mark.parametrize("deleted", [False, True])
def test_without_a_key_two_payments_at_once_never_pay_more_than_is_owed(
    world: World, invoice: int, inside: Connect, deleted: bool
) -> None:
    if deleted:  # its subscription's row is the lock of all that belongs to it, and an invoice may outlive it
        world.db.execute("UPDATE invoice SET subscription_id = NULL WHERE id = %s", [invoice])
    whole = [ReceivedPayment(invoice, 10000, "check")]
    one, two = inside(), inside()

    written = at_once(
        lambda: record_payments(one, world.ctx, whole), lambda: record_payments(two, world.ctx, whole)
    )

    assert sorted(type(each).__name__ for each in written) == ["CannotRecord", "Recorded"]
    assert isinstance(next(each for each in written if isinstance(each, Exception)), CannotRecord)


def test_a_refund_asked_for_twice_is_given_once(world: World, paid: int) -> None:
    first = request_refund(world.db, world.ctx, paid, 3000, reason="Late", request_key="click")
    run_due(world.db, world.ctx, world.processors)

    assert request_refund(world.db, world.ctx, paid, 3000, reason="Late", request_key="click") == first
    run_due(world.db, world.ctx, world.processors)
    assert world.one("SELECT refunded_minor::int FROM payment WHERE id = %s", paid) == (3000,)
    assert len(world.letters("refund")) == 1


def test_all_that_is_left_asked_for_twice_is_given_once(world: World, paid: int) -> None:
    request_refund(world.db, world.ctx, paid, 3000)

    refunds = {request_refund(world.db, world.ctx, paid, None, request_key="rest") for _ in range(2)}

    assert world.one("SELECT amount_minor::int FROM refund WHERE id = %s", refunds.pop()) == (7000,)
    assert refunds == set()


@pytest.mark.parametrize("deleted", [False, True])
def test_two_refunds_at_the_same_moment_never_give_back_more_than_was_paid(
    world: World, paid: int, inside: Connect, deleted: bool
) -> None:
    if deleted:
        world.db.execute("UPDATE payment SET subscription_id = NULL WHERE id = %s", [paid])
    one, two = inside(), inside()

    answers = at_once(
        lambda: request_refund(one, world.ctx, paid, 6000), lambda: request_refund(two, world.ctx, paid, 6000)
    )

    assert sorted(type(each).__name__ for each in answers) == ["CannotRefund", "int"]


def test_a_retry_asked_for_twice_charges_once(world: World, failed: int) -> None:
    attempts = [retry_by_hand(world.db, world.ctx, failed, request_key="click") for _ in range(2)]
    run_due(world.db, world.ctx, world.processors)

    assert retry_by_hand(world.db, world.ctx, failed, request_key="click") == attempts[0] == attempts[1]
    assert world.one("SELECT retries_by_hand, attempts, status FROM payment WHERE id = %s", failed) == (
        1, attempts[0], "failed",
    )  # fmt: skip


def test_two_retries_at_the_same_moment_charge_once(world: World, failed: int, inside: Connect) -> None:
    one, two = inside(), inside()

    answers = at_once(
        lambda: retry_by_hand(one, world.ctx, failed), lambda: retry_by_hand(two, world.ctx, failed)
    )

    assert sorted(type(each).__name__ for each in answers) == ["CannotCharge", "int"]
    assert isinstance(next(each for each in answers if isinstance(each, Exception)), CannotCharge)
    assert world.one("SELECT retries_by_hand FROM payment WHERE id = %s", failed) == (1,)


def test_a_new_method_sent_twice_is_charged_once(world: World, failed: int) -> None:
    subscription, kari = world.one("SELECT subscription_id, contact_id FROM payment WHERE id = %s", failed)
    method = world.method(kari, "declined")

    for _ in range(2):
        assert pay_by_new_method(world.db, world.ctx, subscription, method, request_key="page 1") == [failed]
        run_due(world.db, world.ctx, world.processors)

    assert world.one("SELECT attempts FROM payment WHERE id = %s", failed) == (6,)
    assert verify(world.db, world.ctx).differences == []
