"""Money that came outside a processor is recorded on its invoice: never more than is owed, never twice."""

import pytest

from kalends.payments.record import CannotRecord, ReceivedPayment, record_payments
from tests.world import World


def invoiced(world: World, **terms: int) -> tuple[int, int]:
    """A subscription with one open invoice over 100.00; returns both ids."""
    subscription = world.subscribe(world.customer(), **(terms or {"net_terms_days": 15}))
    world.until("2026-01-01")
    return subscription, world.invoices(subscription, "id")[0]


def received(world: World, invoice: int, minor: int) -> ReceivedPayment:
    return ReceivedPayment(invoice, minor, "check", world.ctx.now, "check 17")


def test_a_check_pays_its_invoice_and_counts_on_the_subscription(world: World) -> None:
    subscription, invoice = invoiced(world)

    record_payments(world.db, world.ctx, [received(world, invoice, 10000)])

    assert world.invoices(subscription, "status", "paid_minor") == [("paid", 10000)]
    assert world.subscription(subscription, "completed_payments", "collected_minor") == (1, 10000)
    assert (world.balance("bank"), world.balance("receivable")) == (10000, 0)
    columns = "processor, creation_method, reference_number, fee_minor"
    assert world.one(f"SELECT {columns} FROM payment WHERE invoice_id = %s", invoice) == (
        "none", "MANUAL", "check 17", 0,
    )  # fmt: skip


def test_a_part_leaves_the_rest_open(world: World) -> None:
    subscription, invoice = invoiced(world)

    record_payments(world.db, world.ctx, [received(world, invoice, 4000)])
    record_payments(world.db, world.ctx, [received(world, invoice, 6000)])

    assert world.invoices(subscription, "status", "paid_minor") == [("paid", 10000)]
    assert world.subscription(subscription, "completed_payments") == 2


def test_a_late_payment_brings_a_past_due_subscription_back(world: World) -> None:
    subscription, invoice = invoiced(world)
    world.until("2026-01-20")
    assert world.subscription(subscription, "status") == "past_due"

    record_payments(world.db, world.ctx, [received(world, invoice, 10000)])

    assert world.subscription(subscription, "status") == "active"


@pytest.mark.parametrize("minor", [0, -1, 10001])
def test_an_amount_that_does_not_fit_is_named_and_nothing_is_recorded(world: World, minor: int) -> None:
    _, invoice = invoiced(world)

    with pytest.raises(CannotRecord, match="INV-1001"):
        record_payments(world.db, world.ctx, [received(world, invoice, minor)])
    assert world.one("SELECT count(*) FROM payment WHERE account_id = %s", world.ctx.id) == (0,)


def test_what_is_being_charged_cannot_be_recorded_as_well(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, kind="sepa"))
    world.until("2026-01-02")

    with pytest.raises(CannotRecord, match=r"owes\s+0\.00 EUR"):
        record_payments(world.db, world.ctx, [received(world, world.invoices(subscription, "id")[0], 10000)])


def test_a_paid_invoice_takes_no_second_payment(world: World) -> None:
    _, invoice = invoiced(world)
    record_payments(world.db, world.ctx, [received(world, invoice, 10000)])

    with pytest.raises(CannotRecord, match="is paid"):
        record_payments(world.db, world.ctx, [received(world, invoice, 1)])


def test_an_unknown_invoice_is_named(world: World) -> None:
    with pytest.raises(CannotRecord, match="999999999"):
        record_payments(world.db, world.ctx, [received(world, 999_999_999, 1)])


def test_one_bad_payment_in_a_list_stops_the_whole_list(world: World) -> None:
    _, invoice = invoiced(world)

    with pytest.raises(CannotRecord):
        record_payments(world.db, world.ctx, [received(world, invoice, 100), received(world, 1, 100)])
    assert world.one("SELECT count(*) FROM payment WHERE account_id = %s", world.ctx.id) == (0,)
