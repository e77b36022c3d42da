"""That an invoice was paid is an event of the invoice, so that its history and whoever listens know of it."""

from __future__ import annotations

from dataclasses import replace

from kalends.payments.record import ReceivedPayment, record_payments
from tests.world import World


def told(world: World, invoice: int) -> list[tuple[str, dict[str, list[object]]]]:
    """Kind and changes of what the journal tells of an invoice's payment."""
    rows = world.rows(
        "SELECT kind, data -> 'changes' FROM event WHERE object_id = %s AND kind LIKE 'invoice.paid%%' ORDER BY id",
        invoice,
    )
    return [(row[0], row[1]) for row in rows]


def test_a_charge_that_succeeds_tells_that_its_invoice_is_paid(world: World) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-01")
    (invoice,) = world.invoices(id_, "id")

    ((kind, changes),) = told(world, invoice)

    assert kind == "invoice.paid"
    assert (changes["status"], changes["paid_minor"]) == (["open", "paid"], [0, 10_000])
    assert changes["paid_at"][0] is None


def test_a_charge_that_fails_tells_nothing_of_its_invoice(world: World) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, "insufficient_funds"))
    world.until("2026-01-01")
    (invoice,) = world.invoices(id_, "id")

    assert told(world, invoice) == []


def test_a_part_is_told_as_a_part_and_the_rest_pays_it(world: World) -> None:
    world.ctx = replace(world.ctx, settings=replace(world.ctx.settings, partial_payments=True))
    id_ = world.subscribe(world.customer())
    world.until("2026-01-01")
    (invoice,) = world.invoices(id_, "id")

    for minor in (4000, 6000):
        received = ReceivedPayment(invoice, minor, "check", world.ctx.now)
        record_payments(world.db, world.ctx, [received], actor="user:7")

    part, whole = told(world, invoice)
    assert part == ("invoice.paid_in_part", {"paid_minor": [0, 4000]})
    assert whole[0] == "invoice.paid"
    assert (whole[1]["status"], whole[1]["paid_minor"]) == (["open", "paid"], [4000, 10_000])


def test_who_recorded_the_money_is_who_paid_the_invoice_in_the_journal(world: World) -> None:
    id_ = world.subscribe(world.customer())
    world.until("2026-01-01")
    (invoice,) = world.invoices(id_, "id")

    received = ReceivedPayment(invoice, 10_000, "check", world.ctx.now)
    record_payments(world.db, world.ctx, [received], actor="user:7")

    actors = world.rows(
        "SELECT DISTINCT actor FROM event WHERE account_id = %s AND kind IN ('invoice.paid', 'payment.succeeded')",
        world.ctx.id,
    )
    assert actors == [("user:7",)]
