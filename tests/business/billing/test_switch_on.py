"""A record of what is billed elsewhere is billed here from a day on, if it has what billing needs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from kalends.billing.changes import cancel_subscriptions, pause, resume
from kalends.billing.create import InvalidSubscription, NewLine
from kalends.billing.edit import Edit, LineEdit, apply_edit
from kalends.billing.switch_on import start_billing, stop_billing
from kalends.core.lifecycle import RefusedTransition
from kalends.core.pricing import LineTerms
from kalends.proof.verify import verify
from tests.world import World


def record(world: World, **more: object) -> int:
    """A record over 100.00 a month that has run since New Year's Day, billed elsewhere."""
    return world.subscribe(world.customer(), billed_elsewhere=True, net_terms_days=900, **more)  # type: ignore[arg-type]


def test_it_is_invoiced_from_its_day_on_and_its_cycles_count_from_that_day(world: World) -> None:
    id_ = record(world)
    world.until("2026-03-10")

    terms = start_billing(world.db, world.ctx, id_, dt.date(2026, 3, 31), actor="kari")
    assert (terms.status, terms.next_due_date, terms.next_amount_minor) == (
        "scheduled", dt.date(2026, 3, 31), 10000,
    )  # fmt: skip

    world.until("2026-05-31")
    assert world.invoices(id_, "cycle", "period_start") == [
        (0, dt.date(2026, 3, 31)), (1, dt.date(2026, 4, 30)), (2, dt.date(2026, 5, 31)),
    ]  # fmt: skip
    assert world.subscription(id_, "status", "start_date") == ("active", dt.date(2026, 3, 31))
    assert verify(world.db, world.ctx).differences == []


def test_cycles_that_were_billed_elsewhere_count_towards_a_fixed_term(world: World) -> None:
    id_ = record(world, payments=6)
    world.until("2026-05-10")

    terms = start_billing(world.db, world.ctx, id_, dt.date(2026, 5, 15), cycles_before=4)
    assert (terms.end_date, terms.start_date) == (dt.date(2026, 7, 15), dt.date(2026, 1, 1))
    assert verify(world.db, world.ctx).differences == []

    world.until("2026-12-01")
    assert world.invoices(id_, "cycle", "period_start") == [
        (4, dt.date(2026, 5, 15)), (5, dt.date(2026, 6, 15)),
    ]  # fmt: skip
    assert verify(world.db, world.ctx).differences == []


def test_it_is_charged_if_it_is_given_a_payment_method(world: World) -> None:
    id_ = record(world)
    method = world.method(world.subscription(id_, "contact_id"))

    start_billing(world.db, world.ctx, id_, world.ctx.today, payment_method_id=method, automatic=True)
    world.until("2026-01-01")

    assert world.invoices(id_, "status") == ["paid"]
    assert world.subscription(id_, "status", "completed_payments") == ("active", 1)


@pytest.mark.parametrize(
    ("wanted", "field", "why"),
    [
        ({"automatic": True}, "payment method", "need a payment method"),
        ({"payment_method_id": 999_999_999}, "payment method", "no payment method 999999999"),
        ({"contact_id": 999_999_999}, "contact", "no contact 999999999"),
        ({"payments": 3, "cycles_before": 3}, "number of payments", "none is left"),
    ],
)
def test_what_billing_needs_is_checked_as_for_a_new_subscription(
    world: World, wanted: dict[str, int | bool], field: str, why: str
) -> None:
    id_ = record(world)

    with pytest.raises(InvalidSubscription, match=why) as refused:
        start_billing(world.db, world.ctx, id_, dt.date(2026, 2, 1), **wanted)  # type: ignore[arg-type]

    assert refused.value.field_name == field
    assert world.subscription(id_, "creates_invoices", "next_due_date") == (False, None)


def test_it_needs_a_contact_to_bill(world: World) -> None:
    id_ = record(world)
    world.db.execute("UPDATE subscription SET contact_id = NULL WHERE id = %s", [id_])

    with pytest.raises(InvalidSubscription, match="needs a contact"):
        start_billing(world.db, world.ctx, id_, dt.date(2026, 2, 1))
    start_billing(world.db, world.ctx, id_, dt.date(2026, 2, 1), contact_id=world.customer())


def test_it_needs_a_line_item_that_recurs(world: World) -> None:
    id_ = record(world)
    world.db.execute("DELETE FROM line_item WHERE parent_id = %s", [id_])

    with pytest.raises(InvalidSubscription, match="at least one line item"):
        start_billing(world.db, world.ctx, id_, dt.date(2026, 2, 1))


def test_a_charge_below_the_smallest_of_its_currency_is_refused(world: World) -> None:
    id_ = world.subscribe(world.customer(), "0.40", billed_elsewhere=True)
    method = world.method(world.subscription(id_, "contact_id"))

    with pytest.raises(InvalidSubscription, match="below the smallest charge"):
        start_billing(world.db, world.ctx, id_, dt.date(2026, 2, 1), payment_method_id=method, automatic=True)


def test_nothing_is_billed_for_the_past(world: World) -> None:
    id_ = record(world)
    world.until("2026-03-10")

    with pytest.raises(InvalidSubscription, match="2026-03-09 is past"):
        start_billing(world.db, world.ctx, id_, dt.date(2026, 3, 9))


def test_what_is_billed_here_already_or_has_ended_is_refused(world: World) -> None:
    billed = world.subscribe(world.customer())
    ended = record(world)
    cancel_subscriptions(world.db, world.ctx, [ended])

    with pytest.raises(RefusedTransition, match="billed here already"):
        start_billing(world.db, world.ctx, billed, dt.date(2026, 2, 1))
    with pytest.raises(RefusedTransition, match="make a new subscription"):
        start_billing(world.db, world.ctx, ended, dt.date(2026, 2, 1))


def test_while_nothing_was_billed_it_can_become_a_record_again(world: World) -> None:
    id_ = record(world)
    start_billing(world.db, world.ctx, id_, dt.date(2026, 2, 1))

    stop_billing(world.db, world.ctx, id_)
    world.until("2026-04-01")

    assert world.invoices(id_, "id") == []
    assert world.subscription(id_, "creates_invoices", "next_due_date", "next_amount_minor") == (
        False, None, None,
    )  # fmt: skip
    assert verify(world.db, world.ctx).differences == []


@pytest.mark.parametrize("cycles_before", [0, 2, 4, 7])
def test_however_many_cycles_came_before_it_is_billed_as_it_was_agreed_last(
    world: World, cycles_before: int
) -> None:
    id_ = record(world)
    first_due = dt.date(2026, 3, 1)
    start_billing(world.db, world.ctx, id_, first_due, cycles_before=4)
    ((line,),) = world.rows("SELECT id FROM line_item WHERE parent_id = %s", id_)
    dearer = NewLine("Fleet Core", LineTerms(Decimal(250), Decimal(1)))
    apply_edit(world.db, world.ctx, id_, Edit(lines=[LineEdit(line, dearer)]))
    stop_billing(world.db, world.ctx, id_)

    terms = start_billing(world.db, world.ctx, id_, first_due, cycles_before=cycles_before)
    assert terms.next_amount_minor == 25000

    world.until("2026-04-02")
    assert world.invoices(id_, "cycle", "total_minor") == [(cycles_before, 25000), (cycles_before + 1, 25000)]
    assert verify(world.db, world.ctx).differences == []


def test_once_something_was_billed_there_is_no_way_back(world: World) -> None:
    id_ = record(world)
    start_billing(world.db, world.ctx, id_, world.ctx.today)
    world.until("2026-01-02")

    with pytest.raises(RefusedTransition, match="was billed here already"):
        stop_billing(world.db, world.ctx, id_)
    with pytest.raises(RefusedTransition, match="record of what is billed elsewhere already"):
        stop_billing(world.db, world.ctx, record(world))


def test_a_record_that_is_paused_and_resumed_is_still_billed_nowhere(world: World) -> None:
    id_ = record(world)
    pause(world.db, world.ctx, id_)

    assert resume(world.db, world.ctx, id_) is None
    world.until("2026-04-01")

    assert world.invoices(id_, "id") == []
    assert verify(world.db, world.ctx).differences == []
