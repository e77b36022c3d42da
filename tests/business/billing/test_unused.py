"""Unused days on a cancellation: what is suggested, how it came about, and that no more goes back than was paid."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from kalends.billing.cancel import cancel
from kalends.billing.create import NewLine
from kalends.billing.credit import CreditedLine, issue_credit_note
from kalends.billing.edit import Edit, LineEdit, apply_edit, preview_edit
from kalends.billing.run import run_due
from kalends.billing.unused import unused_days
from kalends.core.lifecycle import RefusedTransition
from kalends.core.pricing import LineTerms
from kalends.payments.give_back import send_refunds
from kalends.payments.record import ReceivedPayment, record_payments
from kalends.payments.refund import CannotRefund, request_refund
from kalends.proof.verify import verify
from tests.world import World


@pytest.fixture
def april(world: World) -> int:
    """A monthly subscription over 30.00 by card, of which April is paid; today is 16 April."""
    world.until("2026-03-31")
    kari = world.customer()
    id_ = world.subscribe(kari, "30", start=dt.date(2026, 4, 1), method=world.method(kari))
    world.until("2026-04-16")
    return id_


def payments(world: World, subscription: int) -> list[tuple[object, ...]]:
    """Status and what was given back of each payment."""
    return world.rows(
        "SELECT status, refunded_minor FROM payment WHERE subscription_id = %s ORDER BY id", subscription
    )


def test_the_day_of_canceling_counts_as_left_and_the_amount_is_explained_line_by_line(
    world: World, april: int
) -> None:
    unused = unused_days(world.db, world.ctx, april)

    (line,) = unused.lines
    assert (line.name, line.period_start, line.period_end) == (
        "Fleet Core", dt.date(2026, 4, 1), dt.date(2026, 5, 1),
    )  # fmt: skip
    assert (line.full_minor, line.days, line.days_left, line.amount_minor) == (3000, 30, 15, 1500)
    assert (unused.suggested_minor, unused.left_minor, unused.currency) == (1500, 3000, "EUR")


def test_each_line_is_rounded_by_itself(world: World) -> None:
    lines = [NewLine(name, LineTerms(Decimal(10), Decimal(1))) for name in ("Fiber", "Phone")]
    kari = world.customer()
    id_ = world.subscribe(kari, lines=lines, method=world.method(kari))
    world.until("2026-01-11")

    unused = unused_days(world.db, world.ctx, id_)

    assert [(line.name, line.days_left, line.amount_minor) for line in unused.lines] == [
        ("Fiber", 21, 677), ("Phone", 21, 677),
    ]  # fmt: skip
    assert unused.suggested_minor == 1354


def test_canceling_with_a_refund_gives_the_suggested_amount_back_in_the_same_go(
    world: World, april: int
) -> None:
    done = cancel(world.db, world.ctx, april, refund_unused=True, actor="kari")
    send_refunds(world.db, world.ctx, world.processors)

    assert [(refund.amount_minor, refund.by_hand) for refund in done.refunds] == [(1500, False)]
    assert world.subscription(april, "status", "collected_minor", "completed_payments") == (
        "canceled",
        1500,
        1,
    )
    assert payments(world, april) == [("partially_refunded", 1500)]
    assert {kind for kind, _ in world.letters()} >= {"canceled", "refund"}
    assert verify(world.db, world.ctx).differences == []


def test_without_being_asked_for_nothing_is_given_back(world: World, april: int) -> None:
    done = cancel(world.db, world.ctx, april)

    assert (done.unused.suggested_minor, done.refunds) == (1500, [])
    assert payments(world, april) == [("succeeded", 0)]


@pytest.mark.parametrize(("wanted", "back"), [(1000, 1000), (3000, 3000)])
def test_an_amount_of_ones_own_may_be_less_or_more_than_the_suggestion(
    world: World, april: int, wanted: int, back: int
) -> None:
    cancel(world.db, world.ctx, april, refund_minor=wanted)
    send_refunds(world.db, world.ctx, world.processors)

    assert payments(world, april)[0][1] == back


@pytest.mark.parametrize("wanted", [3001, -1])
def test_no_more_than_was_paid_is_given_back_and_then_nothing_is_canceled(
    world: World, april: int, wanted: int
) -> None:
    with pytest.raises(CannotRefund, match=r"30\.00 EUR can be"):
        cancel(world.db, world.ctx, april, refund_minor=wanted)

    assert world.subscription(april, "status") == "active"


def test_what_went_back_before_bounds_the_suggestion(world: World, april: int) -> None:
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", april)
    request_refund(world.db, world.ctx, payment, 2000)

    assert unused_days(world.db, world.ctx, april).suggested_minor == 1000


def test_a_bank_debit_under_way_is_neither_stopped_nor_given_back_and_the_answer_says_so(
    world: World,
) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, kind="sepa"))
    world.until("2026-01-02")

    done = cancel(world.db, world.ctx, id_, refund_unused=True)

    assert (done.debits_under_way, done.refunds) == (1, [])
    assert (done.unused.suggested_minor, done.unused.under_way_minor) == (0, 10000)
    assert done.unused.amount_minor == 9677
    world.until("2026-01-20")
    assert payments(world, id_) == [("succeeded", 0)]


def test_a_dead_charge_leaves_nothing_to_give_back(world: World) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, "stolen"))
    world.until("2026-01-02")

    assert unused_days(world.db, world.ctx, id_).suggested_minor == 0


def test_what_was_paid_by_hand_is_recorded_as_given_back_for_a_person_to_hand_back(world: World) -> None:
    id_ = world.subscribe(world.customer(), "31")
    world.until("2026-01-01")
    (invoice,) = world.invoices(id_, "id")
    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 3100, "check", world.ctx.now)])
    world.until("2026-01-22")

    done = cancel(world.db, world.ctx, id_, refund_unused=True)

    assert [(refund.amount_minor, refund.by_hand) for refund in done.refunds] == [(1000, True)]
    assert payments(world, id_) == [("partially_refunded", 1000)]
    assert verify(world.db, world.ctx).differences == []


def test_what_is_still_owed_is_taken_off_first(world: World) -> None:
    """100.00 for 31 days, 40.00 paid, canceled on the 16th: 51.61 are left, and 60.00 are owed."""
    id_ = world.subscribe(world.customer(), net_terms_days=60)
    world.until("2026-01-01")
    (invoice,) = world.invoices(id_, "id")
    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 4000, "check", world.ctx.now)])
    world.until("2026-01-16")

    unused = unused_days(world.db, world.ctx, id_)
    assert (unused.amount_minor, unused.owed_minor, unused.suggested_minor) == (5161, 6000, 0)

    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 3000, "cash", world.ctx.now)])
    unused = unused_days(world.db, world.ctx, id_)
    assert (unused.owed_minor, unused.suggested_minor) == (3000, 2161)
    assert [payment.suggested_minor for payment in unused.payments] == [2161, 0]


def change_price(world: World, subscription: int, price: str) -> None:
    """Replace the line by one at another price, prorated from today on."""
    (old,) = world.one(
        "SELECT id FROM line_item WHERE parent_id = %s AND until_cycle IS NULL ORDER BY id DESC", subscription
    )
    edit = Edit(lines=[LineEdit(old, NewLine("Fleet Core", LineTerms(Decimal(price), Decimal(1))))])
    offered = preview_edit(world.db, world.ctx, subscription, edit, prorate=True).prorated
    assert offered is not None
    apply_edit(world.db, world.ctx, subscription, edit, prorate=True, offer=offered.offer)
    run_due(world.db, world.ctx, world.processors)


def test_after_a_prorated_upgrade_the_days_are_counted_once_at_the_price_that_was_paid_for_them(
    world: World, april: int
) -> None:
    """30.00 for April; from the 16th 45.00, so 15.00 were credited and 22.50 invoiced, of which 7.50 were charged.

    On the 21st ten of the fifteen days are left: 15.00 of 22.50. Half of that was paid by card, the other half by the
    credit, whose money is the first payment's.
    """
    change_price(world, april, "45")
    world.until("2026-04-21")

    unused = unused_days(world.db, world.ctx, april)

    assert [(line.days_left, line.amount_minor) for line in unused.lines] == [(0, 0), (10, 1500)]
    assert [payment.suggested_minor for payment in unused.payments] == [750, 750]
    cancel(world.db, world.ctx, april, refund_unused=True)
    send_refunds(world.db, world.ctx, world.processors)
    assert world.subscription(april, "collected_minor") == 3750 - 1500
    assert verify(world.db, world.ctx).differences == []


def test_after_a_prorated_downgrade_the_credit_stays_and_only_what_it_paid_for_goes_back(
    world: World, april: int
) -> None:
    """30.00 for April; from the 16th 15.00: 15.00 were credited, 7.50 of that paid for the rest, 7.50 are kept."""
    change_price(world, april, "15")
    world.until("2026-04-21")

    unused = unused_days(world.db, world.ctx, april)

    assert [line.amount_minor for line in unused.lines] == [0, 500]
    assert (unused.suggested_minor, unused.left_minor) == (500, 1500)
    cancel(world.db, world.ctx, april, refund_unused=True)
    send_refunds(world.db, world.ctx, world.processors)
    assert verify(world.db, world.ctx).differences == []


def test_what_was_credited_of_a_line_is_not_given_back_once_more(world: World, april: int) -> None:
    """12.00 of 30.00 were credited by amount: 18.00 are what April cost, and half of that is left."""
    (invoice,) = world.invoices(april, "id")
    (line,) = world.one("SELECT id FROM line_item WHERE parent_id = %s", invoice)
    issue_credit_note(world.db, world.ctx, invoice, [CreditedLine(line, 1200)], reason="Trouble")

    unused = unused_days(world.db, world.ctx, april)

    assert [(each.full_minor, each.amount_minor) for each in unused.lines] == [(1800, 900)]
    assert (unused.suggested_minor, unused.left_minor) == (900, 1800)


def test_a_period_that_is_over_leaves_nothing(world: World, april: int) -> None:
    later = world.ctx
    cancel(world.db, later, april)
    world.until("2026-05-01")

    assert unused_days(world.db, world.ctx, april).lines == []


def test_what_has_ended_is_not_canceled_for_a_refund(world: World, april: int) -> None:
    cancel(world.db, world.ctx, april)

    with pytest.raises(RefusedTransition):
        cancel(world.db, world.ctx, april, refund_unused=True)
