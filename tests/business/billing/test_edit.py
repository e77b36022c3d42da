"""An edit counts from the next cycle, the last one saved counts, and every past invoice stays as it was agreed."""

import datetime as dt
from decimal import Decimal

import pytest

from kalends.billing.create import InvalidSubscription, NewLine
from kalends.billing.credit import CreditedLine, issue_credit_note
from kalends.billing.edit import Edit, EditRefused, LineEdit, apply_edit, preview_edit
from kalends.core.pricing import LineTerms
from kalends.payments.record import ReceivedPayment, record_payments
from kalends.proof.verify import verify
from tests.world import World


def line(price: str, quantity: str = "1", name: str = "Fleet Core") -> NewLine:
    return NewLine(name, LineTerms(Decimal(price), Decimal(quantity)))


@pytest.fixture
def subscription(world: World) -> int:
    """A monthly subscription over 100.00, invoiced on 1 January; today is 2 January."""
    id_ = world.subscribe(world.customer(), net_terms_days=900)
    world.until("2026-01-02")
    return id_


def only_line(world: World, subscription: int) -> int:
    rows = world.rows(
        "SELECT id FROM line_item WHERE parent_id = %s AND until_cycle IS NULL ORDER BY id", subscription
    )
    return rows[0][0]


def test_a_new_price_counts_from_the_next_cycle_and_leaves_the_past_alone(
    world: World, subscription: int
) -> None:
    apply_edit(
        world.db, world.ctx, subscription, Edit(lines=[LineEdit(only_line(world, subscription), line("150"))])
    )

    assert world.subscription(subscription, "next_amount_minor", "mrr_minor", "arr_minor") == (
        15000,
        15000,
        180000,
    )
    world.until("2026-03-02")
    assert world.invoices(subscription, "total_minor") == [10000, 15000, 15000]
    assert verify(world.db, world.ctx).differences == []


def test_the_last_edit_saved_before_the_cycle_counts(world: World, subscription: int) -> None:
    for price in ("150", "90", "120"):
        change = LineEdit(only_line(world, subscription), line(price))
        apply_edit(world.db, world.ctx, subscription, Edit(lines=[change]))

    world.until("2026-02-02")

    assert world.invoices(subscription, "total_minor") == [10000, 12000]
    assert verify(world.db, world.ctx).differences == []


def test_lines_are_added_and_removed(world: World, subscription: int) -> None:
    first = only_line(world, subscription)
    apply_edit(world.db, world.ctx, subscription, Edit(lines=[LineEdit(line=line("25", name="Support"))]))
    world.until("2026-02-02")
    apply_edit(world.db, world.ctx, subscription, Edit(lines=[LineEdit(first)]))
    world.until("2026-03-02")

    assert world.invoices(subscription, "total_minor") == [10000, 12500, 2500]
    assert verify(world.db, world.ctx).differences == []


def test_a_preview_shows_the_next_twelve_invoices_before_and_after_and_changes_nothing(
    world: World, subscription: int
) -> None:
    edit = Edit(lines=[LineEdit(line=line("25"))], next_due=dt.date(2026, 2, 15))

    preview = preview_edit(world.db, world.ctx, subscription, edit)

    assert [each.total_minor for each in preview.before] == [10000] * 12
    assert [each.total_minor for each in preview.after] == [12500] * 12
    assert (preview.before[0].due_date, preview.after[0].due_date) == (
        dt.date(2026, 2, 1),
        dt.date(2026, 2, 15),
    )
    assert preview.after[1].due_date == dt.date(2026, 3, 15)
    assert world.subscription(subscription, "next_amount_minor") == 10000


def test_what_is_billed_is_what_was_previewed(world: World, subscription: int) -> None:
    edit = Edit(
        lines=[LineEdit(only_line(world, subscription), line("33.33", "3"))], next_due=dt.date(2026, 2, 28)
    )
    expected = preview_edit(world.db, world.ctx, subscription, edit).after[:3]

    apply_edit(world.db, world.ctx, subscription, edit)
    world.until("2026-04-30")

    columns = ("cycle", "period_start", "total_minor", "credited_minor")
    assert world.invoices(subscription, *columns)[1:] == [tuple(each) for each in expected]


def test_moving_the_due_date_moves_the_end_of_a_fixed_term_with_it(world: World) -> None:
    id_ = world.subscribe(world.customer(), payments=6, net_terms_days=900)
    world.until("2026-01-02")

    apply_edit(world.db, world.ctx, id_, Edit(next_due=dt.date(2026, 2, 10)))

    assert world.subscription(id_, "next_due_date", "end_date") == (
        dt.date(2026, 2, 10),
        dt.date(2026, 7, 10),
    )


def test_later_letters_go_to_the_new_contact(world: World, subscription: int) -> None:
    ola = world.customer("Ola Brekke")
    apply_edit(world.db, world.ctx, subscription, Edit(contact_id=ola))

    world.until("2026-02-02")

    recipients = [recipient.split(".")[0] for _, recipient in world.letters()]
    assert recipients == ["kari", "ola", "ola"]


@pytest.mark.parametrize("day", ["2026-01-30", "2026-01-31"])
def test_edits_close_two_days_before_the_next_payment(world: World, subscription: int, day: str) -> None:
    world.until(day)

    with pytest.raises(EditRefused, match="2026-02-01"):
        apply_edit(world.db, world.ctx, subscription, Edit(lines=[LineEdit(line=line("25"))]))


def test_three_days_before_is_early_enough(world: World, subscription: int) -> None:
    world.until("2026-01-29")

    apply_edit(world.db, world.ctx, subscription, Edit(lines=[LineEdit(line=line("25"))]))


def test_a_name_may_be_changed_at_any_time(world: World, subscription: int) -> None:
    world.until("2026-01-31")

    apply_edit(world.db, world.ctx, subscription, Edit(name="Fleet Core, north"))

    assert world.subscription(subscription, "name") == "Fleet Core, north"
    assert world.letters("changed") == []


def test_the_last_line_cannot_be_removed(world: World, subscription: int) -> None:
    with pytest.raises(EditRefused, match="Cancel the subscription instead"):
        apply_edit(world.db, world.ctx, subscription, Edit(lines=[LineEdit(only_line(world, subscription))]))


def test_only_active_and_scheduled_subscriptions_are_edited(world: World) -> None:
    late = world.subscribe(world.customer(), net_terms_days=0)
    world.until("2026-01-05")

    with pytest.raises(EditRefused, match="past due"):
        apply_edit(world.db, world.ctx, late, Edit(lines=[LineEdit(line=line("25"))]))


def test_a_record_of_what_is_billed_elsewhere_is_not_edited_here(world: World) -> None:
    record = world.subscribe(world.customer(), billed_elsewhere=True)

    with pytest.raises(EditRefused, match="billed elsewhere"):
        apply_edit(world.db, world.ctx, record, Edit(lines=[LineEdit(line=line("25"))]))


def test_an_impossible_price_is_named_and_nothing_is_changed(world: World, subscription: int) -> None:
    with pytest.raises(InvalidSubscription, match="Fleet Core"):
        apply_edit(world.db, world.ctx, subscription, Edit(name="Other", lines=[LineEdit(line=line("-1"))]))
    assert world.subscription(subscription, "name") == "Fleet Core"


def test_a_charge_below_the_smallest_is_refused(world: World) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-02")

    with pytest.raises(InvalidSubscription, match=r"0\.50 EUR is below"):
        apply_edit(world.db, world.ctx, id_, Edit(lines=[LineEdit(only_line(world, id_), line("0.50"))]))


def test_a_line_that_is_replaced_keeps_its_place_and_what_is_not_said_anew(world: World) -> None:
    lines = [
        NewLine(
            "Fleet Core", LineTerms(Decimal(100), Decimal(1)), sku="FC", product_id=7, product_type="service"
        ),
        line("20", name="Support"),
    ]
    id_ = world.subscribe(world.customer(), lines=lines, net_terms_days=900)
    world.until("2026-01-02")
    world.db.execute(
        "UPDATE line_item SET term = 'P12M', url = 'https://fleet.test', description = 'All cars' "
        "WHERE parent_id = %s AND sku = 'FC'",
        [id_],
    )
    (core,) = world.one("SELECT id FROM line_item WHERE parent_id = %s AND sku = 'FC'", id_)

    new = NewLine("Fleet Core", LineTerms(Decimal(120), Decimal(1)), description="All cars and vans")
    apply_edit(world.db, world.ctx, id_, Edit(lines=[LineEdit(core, new)]))

    columns = "name, unit_price, sku, product_id, product_type, term, url, description"
    rows = world.rows(
        f"SELECT {columns} FROM line_item WHERE parent_id = %s AND until_cycle IS NULL ORDER BY position", id_
    )
    assert rows[0] == (
        "Fleet Core",
        Decimal(120),
        "FC",
        7,
        "service",
        "P12M",
        "https://fleet.test",
        "All cars and vans",
    )
    assert [name for name, *_ in rows] == ["Fleet Core", "Support"]


def test_a_line_of_a_product_that_is_added_says_which(world: World, subscription: int) -> None:
    new = NewLine(
        "Map", LineTerms(Decimal(5), Decimal(1)), product_id=9, variant_id=11, tax_rate_group_id="high"
    )

    apply_edit(world.db, world.ctx, subscription, Edit(lines=[LineEdit(line=new)]))
    world.until("2026-02-02")

    of_map = "SELECT product_id, variant_id, tax_rate_group_id FROM line_item WHERE name = 'Map' AND account_id = %s"
    assert set(world.rows(of_map, world.ctx.id)) == {(9, 11, "high")}
    assert len(world.rows(of_map, world.ctx.id)) == 2


def test_a_preview_says_which_credit_the_next_invoices_use_up(world: World, subscription: int) -> None:
    (invoice,) = world.invoices(subscription, "id")
    received = ReceivedPayment(invoice, 10000, "check", world.ctx.now)
    record_payments(world.db, world.ctx, [received])
    (billed,) = world.one("SELECT id FROM line_item WHERE parent_id = %s", invoice)
    issue_credit_note(world.db, world.ctx, invoice, [CreditedLine(billed, 10000)])

    preview = preview_edit(
        world.db, world.ctx, subscription, Edit(lines=[LineEdit(only_line(world, subscription), line("60"))])
    )

    assert [each.credit_minor for each in preview.before[:2]] == [10000, 0]
    assert [each.credit_minor for each in preview.after[:3]] == [6000, 4000, 0]
