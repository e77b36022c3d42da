"""Prorated edits beside whatever else happens: other edits, open and failed charges, free plans, moved dates."""

import datetime as dt
from decimal import Decimal

from kalends.billing.changes import pause, resume
from kalends.billing.create import NewLine
from kalends.billing.credit import CreditedLine, issue_credit_note
from kalends.billing.edit import (
    Edit,
    LineEdit,
    apply_edit,
)
from kalends.billing.void import void_invoice
from kalends.core.calendar import Frequency
from kalends.core.pricing import LineTerms
from tests.business.billing.prorating import (
    agree,
    balance,
    change,
    line,
    prorate,
    prorations,
    proven,
    replaced,
)
from tests.world import World


def test_an_edit_that_waited_is_brought_into_force_by_a_prorated_one(world: World) -> None:
    id_ = agree(world, line("100"), line("20", name="Support"))
    apply_edit(world.db, world.ctx, id_, replaced(world, id_, line("40", name="Support")))

    preview = prorate(world, id_, Edit(lines=[LineEdit(line=line("10", name="Map"))]))

    assert preview.prorated is not None
    assert [(each.name, each.credited, each.amount_minor) for each in preview.prorated.amounts] == [
        ("Support", True, 1000),
        ("Support", False, 2000),
        ("Map", False, 500),
    ]
    proven(world)


def test_a_later_edit_without_proration_waits_for_the_next_cycle_again(world: World) -> None:
    id_ = agree(world)
    change(world, id_, line("150"))

    apply_edit(world.db, world.ctx, id_, replaced(world, id_, line("90")))
    world.until("2026-04-20")
    preview = change(world, id_, line("200"))

    # In force until now is what was charged on 16 April: 75.00 for 15 days, of which 11 are left.
    assert preview.prorated is not None
    assert [(each.credited, each.whole_minor, each.amount_minor) for each in preview.prorated.amounts] == [
        (True, 7500, 5500),
        (False, 20000, 7333),
    ]
    proven(world)


def test_an_invoice_that_is_not_paid_yet_becomes_smaller(world: World) -> None:
    id_ = agree(world, line("300"), automatic=False, net_terms_days=60)

    preview = change(world, id_, line("100"))

    assert preview.prorated is not None
    assert (preview.prorated.settled_minor, preview.prorated.used_minor, preview.prorated.owed_minor) == (
        15000,
        0,
        5000,
    )
    assert world.invoices(id_, "total_minor", "credited_minor", "status") == [
        (30000, 15000, "open"),
        (5000, 0, "open"),
    ]
    assert [kind for kind, _ in world.letters() if kind == "invoice"] == ["invoice", "invoice"]
    assert prorations(world, id_, "due_date") == [dt.date(2026, 6, 15)]
    proven(world)


def test_a_charge_that_fails_leaves_the_edit_and_makes_the_subscription_unpaid(world: World) -> None:
    id_ = agree(world)
    kari = world.subscription(id_, "contact_id")
    broken = world.method(kari, "insufficient_funds")

    edit = Edit(lines=replaced(world, id_, line("150")).lines, payment_method_id=broken)
    prorate(world, id_, edit)
    world.until("2026-04-17", hour=4)

    assert world.subscription(id_, "status", "next_amount_minor") == ("unpaid", 15000)
    assert prorations(world, id_, "status") == ["open"]
    proven(world)


def test_from_a_free_plan_only_the_new_line_is_charged(world: World) -> None:
    id_ = agree(world, line("0"))

    preview = change(world, id_, line("50"))

    assert preview.prorated is not None
    assert (preview.prorated.credit_minor, preview.prorated.owed_minor) == (0, 2500)
    proven(world)


def test_to_a_free_plan_only_the_old_line_is_credited(world: World) -> None:
    id_ = agree(world)

    change(world, id_, line("0"))

    assert prorations(world, id_, "id") == []
    assert balance(world, id_) == 5000
    proven(world)


def test_where_nothing_is_to_be_prorated_nothing_is_issued(world: World) -> None:
    id_ = agree(world, line("0"))

    preview = change(world, id_, line("0", "5"))

    assert preview.prorated is not None
    assert (preview.prorated.credit_minor, preview.prorated.invoice_minor) == (0, 0)
    assert len(world.invoices(id_, "id")) == 1
    proven(world)


def test_a_change_that_costs_the_same_uses_up_its_own_credit(world: World) -> None:
    id_ = agree(world)

    preview = change(world, id_, NewLine("Fleet Core", LineTerms(Decimal(50), Decimal(2))))

    assert preview.prorated is not None
    assert (preview.prorated.owed_minor, preview.prorated.balance_minor) == (0, 0)
    assert prorations(world, id_, "status", "total_minor", "credited_minor") == [("paid", 5000, 5000)]
    proven(world)


def test_what_is_scheduled_has_no_running_period_and_counts_from_its_first_payment(world: World) -> None:
    id_ = agree(world, start="2026-05-01", today="2026-04-02")

    preview = change(world, id_, line("150"))
    world.until("2026-05-02")

    assert preview.prorated is not None
    assert preview.prorated.amounts == []
    assert world.invoices(id_, "total_minor") == [15000]
    proven(world)


def test_after_the_date_was_moved_only_days_that_were_paid_for_are_prorated(world: World) -> None:
    id_ = agree(world)
    apply_edit(world.db, world.ctx, id_, Edit(next_due=dt.date(2026, 5, 20)))

    preview = change(world, id_, line("150"))
    world.until("2026-05-10")
    in_the_gap = change(world, id_, line("100"))
    world.until("2026-05-21")

    assert preview.prorated is not None
    assert {(each.days_left, each.days) for each in preview.prorated.amounts} == {(15, 30)}
    assert in_the_gap.prorated is not None
    assert in_the_gap.prorated.amounts == []
    assert world.invoices(id_, "period_start", "total_minor")[-1] == (dt.date(2026, 5, 20), 10000)
    proven(world)


def test_a_yearly_subscription_is_prorated_over_its_year(world: World) -> None:
    id_ = agree(world, line("365"), start="2026-01-01", today="2026-03-14", frequency=Frequency.ANNUALLY)

    preview = change(world, id_, line("730"))

    # 1 January to 13 March are 72 days: 293 of 365 are left.
    assert preview.prorated is not None
    assert (preview.prorated.credit_minor, preview.prorated.invoice_minor) == (29300, 58600)
    proven(world)


def test_no_more_is_credited_than_was_left_of_a_line(world: World) -> None:
    id_ = agree(world)
    (invoice,) = world.invoices(id_, "id")
    billed = world.one("SELECT id FROM line_item WHERE parent_id = %s", invoice)[0]
    issue_credit_note(world.db, world.ctx, invoice, [CreditedLine(billed, 8000)])

    preview = change(world, id_, line("150"))

    assert preview.prorated is not None
    assert (
        preview.prorated.amounts[0].how("EUR") == "100.00 EUR x 15 of 30 days, of which is left = 20.00 EUR"
    )
    proven(world)


def test_a_voided_invoice_has_nothing_to_credit(world: World) -> None:
    id_ = agree(world, automatic=False, net_terms_days=60)
    void_invoice(world.db, world.ctx, world.invoices(id_, "id")[0])

    preview = change(world, id_, line("150"))

    assert preview.prorated is not None
    assert [each.credited for each in preview.prorated.amounts] == [False]
    proven(world)


def test_a_pause_after_a_prorated_edit_changes_nothing_of_it(world: World) -> None:
    id_ = agree(world)
    change(world, id_, line("150"))
    world.until("2026-04-20")
    pause(world.db, world.ctx, id_)
    world.until("2026-05-10")
    resume(world.db, world.ctx, id_)
    world.until("2026-06-02")

    cycles = world.rows(
        "SELECT total_minor, period_start FROM invoice WHERE subscription_id = %s AND reason = 'cycle' ORDER BY id",
        id_,
    )
    assert cycles == [(10000, dt.date(2026, 4, 1)), (15000, dt.date(2026, 6, 1))]
    proven(world)
