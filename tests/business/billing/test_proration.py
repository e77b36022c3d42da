"""A prorated edit counts from today: the days left are charged and credited at once, each amount rounded once."""

import datetime as dt
from decimal import Decimal

import pytest

from kalends.billing.edit import (
    Edit,
    LineEdit,
)
from kalends.documents.invoice import read_invoice
from kalends.documents.sheet import sheet
from tests.business.billing.prorating import (
    agree,
    balance,
    change,
    current,
    line,
    prorate,
    prorations,
    proven,
)
from tests.world import World


def test_an_upgrade_is_invoiced_at_once_and_the_credit_for_the_old_line_pays_part_of_it(world: World) -> None:
    id_ = agree(world)

    preview = change(world, id_, line("150"))

    assert preview.prorated is not None
    assert [amount.how("EUR") for amount in preview.prorated.amounts] == [
        "100.00 EUR x 15 of 30 days = 50.00 EUR",
        "150.00 EUR x 15 of 30 days = 75.00 EUR",
    ]
    assert (preview.prorated.credit_minor, preview.prorated.invoice_minor) == (5000, 7500)
    assert (preview.prorated.used_minor, preview.prorated.owed_minor) == (5000, 2500)
    columns = ("reason", "cycle", "total_minor", "credited_minor", "period_start", "period_end")
    assert prorations(world, id_, *columns) == [
        ("proration-1", 0, 7500, 5000, dt.date(2026, 4, 16), dt.date(2026, 5, 1))
    ]
    world.until("2026-04-17")
    assert prorations(world, id_, "status", "paid_minor") == [("paid", 2500)]
    assert balance(world, id_) == 0
    proven(world)


def test_its_invoice_says_for_how_many_of_how_many_days_a_line_is(world: World) -> None:
    id_ = agree(world)

    change(world, id_, line("150"))

    page = sheet(read_invoice(world.db, world.ctx, prorations(world, id_, "id")[0]))
    assert [(each["details"], each["cells"]) for each in page["lines"]] == [
        (["15 of 30 days"], ["1", "150,00", "75,00"])
    ]


def test_the_next_cycles_are_billed_as_after_any_edit(world: World) -> None:
    id_ = agree(world)

    change(world, id_, line("150"))
    world.until("2026-06-02")

    cycles = world.rows(
        "SELECT cycle, total_minor, credited_minor FROM invoice WHERE subscription_id = %s AND reason = 'cycle' "
        "ORDER BY cycle",
        id_,
    )
    assert cycles == [(0, 10000, 0), (1, 15000, 0), (2, 15000, 0)]
    proven(world)


def test_a_downgrade_becomes_credit_that_the_next_invoices_use_up(world: World) -> None:
    id_ = agree(world, line("300"))

    preview = change(world, id_, line("100"))

    # 150.00 for the days left, less 50.00 for those of the cheaper line.
    assert preview.prorated is not None
    assert (preview.prorated.owed_minor, preview.prorated.balance_minor) == (0, 10000)
    assert balance(world, id_) == 10000
    assert [each.credit_minor for each in preview.after[:3]] == [10000, 0, 0]
    world.until("2026-06-02")
    paid = world.rows(
        "SELECT total_minor, credited_minor, paid_minor FROM invoice WHERE subscription_id = %s AND reason = 'cycle' "
        "ORDER BY cycle",
        id_,
    )
    assert paid == [(30000, 0, 30000), (10000, 10000, 0), (10000, 0, 10000)]
    proven(world)


def test_a_line_that_is_added_is_charged_for_the_days_left(world: World) -> None:
    id_ = agree(world)

    preview = prorate(world, id_, Edit(lines=[LineEdit(line=line("25", name="Support"))]))

    assert preview.prorated is not None
    assert [each.amount_minor for each in preview.prorated.amounts] == [1250]
    assert prorations(world, id_, "total_minor") == [1250]
    proven(world)


def test_a_line_that_is_removed_is_credited_for_the_days_left_and_nothing_is_invoiced(world: World) -> None:
    id_ = agree(world, line("100"), line("25", name="Support"))

    prorate(world, id_, Edit(lines=[LineEdit(current(world, id_, "Support"))]))

    assert prorations(world, id_, "id") == []
    assert balance(world, id_) == 1250
    assert world.one(
        "SELECT unused_from, total_minor FROM credit_note_line WHERE account_id = %s", world.ctx.id
    ) == (
        dt.date(2026, 4, 16),
        1250,
    )
    proven(world)


def test_a_quantity_change_of_one_line_leaves_the_others_alone(world: World) -> None:
    id_ = agree(world, line("100"), line("4.90", "10", "Seats"))

    preview = change(world, id_, line("4.90", "14", "Seats"))

    # 49.00 x 15/30 = 24.50 back, 68.60 x 15/30 = 34.30 charged.
    assert preview.prorated is not None
    assert [(each.name, each.credited, each.amount_minor) for each in preview.prorated.amounts] == [
        ("Seats", True, 2450),
        ("Seats", False, 3430),
    ]
    proven(world)


def test_two_upgrades_and_a_downgrade_in_one_period_are_each_prorated_from_their_own_day(
    world: World,
) -> None:
    id_ = agree(world, today="2026-04-11")

    change(world, id_, line("160"))  # 20 of 30 days: 66.67 back, 106.67 charged
    world.until("2026-04-16")
    change(world, id_, line("220"))  # 15 of those 20 days: 80.00 back; 15 of 30: 110.00 charged
    world.until("2026-04-21")
    change(world, id_, line("100"))  # 10 of those 15 days: 73.33 back; 10 of 30: 33.33 charged
    world.until("2026-04-22")

    assert prorations(world, id_, "reason", "total_minor", "credited_minor") == [
        ("proration-1", 10667, 6667),
        ("proration-2", 11000, 8000),
        ("proration-3", 3333, 3333),
    ]
    assert balance(world, id_) == 7333 - 3333
    assert world.subscription(id_, "collected_minor") == 10000 + 4000 + 3000
    proven(world)


def test_up_and_down_again_on_one_day_comes_to_exactly_nothing(world: World) -> None:
    id_ = agree(world, line("33.33", tax_rate=Decimal(25)), today="2026-04-12")

    change(world, id_, line("77.77", tax_rate=Decimal(25)))
    world.until("2026-04-12", hour=13)
    change(world, id_, line("33.33", tax_rate=Decimal(25)))
    world.until("2026-04-13")

    charged, credited = (
        world.one(f"SELECT sum(total_minor)::bigint FROM {table} WHERE account_id = %s", world.ctx.id)[0]
        for table in ("invoice", "credit_note")
    )
    assert charged - credited == 4166
    assert (world.balance("revenue"), world.balance("tax_payable")) == (-3333, -833)
    proven(world)


@pytest.mark.parametrize(
    ("currency", "before", "after", "credited", "charged"),
    [
        ("JPY", "1000", "1555", 500, 778),  # 777.5 is rounded up: the yen has no part
        ("EUR", "99.99", "149.99", 5000, 7500),  # 49.995 and 74.995
        ("KWD", "9.999", "14.999", 5000, 7500),  # fils: 4.9995 and 7.4995
    ],
)
def test_each_amount_is_rounded_once_in_its_currency(
    world: World, currency: str, before: str, after: str, credited: int, charged: int
) -> None:
    id_ = agree(world, line(before), currency=currency)

    preview = change(world, id_, line(after))

    assert preview.prorated is not None
    assert (preview.prorated.credit_minor, preview.prorated.invoice_minor) == (credited, charged)
    proven(world)


@pytest.mark.parametrize(
    ("start", "today", "left", "days"),
    [
        ("2028-02-01", "2028-02-20", 10, 29),  # a leap February
        ("2027-02-01", "2027-02-20", 9, 28),
        ("2026-01-31", "2026-02-20", 8, 28),  # anchored on the 31st: from 31 January to before 28 February
        ("2026-03-31", "2026-04-20", 10, 30),  # and from 31 March to before 30 April
    ],
)
def test_the_days_are_those_of_the_running_period(
    world: World, start: str, today: str, left: int, days: int
) -> None:
    id_ = agree(world, line("280"), start=start, today=today)

    preview = change(world, id_, line("290"))

    assert preview.prorated is not None
    assert {(each.days_left, each.days) for each in preview.prorated.amounts} == {(left, days)}
    proven(world)


def test_tax_on_top_is_prorated_with_its_line(world: World) -> None:
    id_ = agree(world, line("99.90", tax_rate=Decimal(25)))

    change(world, id_, line("149.90", tax_rate=Decimal(25)))

    # 149.90 with 25 % (37.475, so 37.48) is 187.38; half of that is 93.69, with 18.74 of tax.
    assert prorations(world, id_, "subtotal_minor", "tax_minor", "total_minor") == [(7495, 1874, 9369)]
    # 99.90 with 24.98 of tax is 124.88; half is 62.44.
    assert world.one("SELECT net_minor, tax_minor FROM credit_note WHERE account_id = %s", world.ctx.id) == (
        4995,
        1249,
    )
    proven(world)


def test_a_price_that_includes_its_tax_stays_what_the_customer_pays(world: World) -> None:
    inclusive = {"tax_rate": Decimal(25), "tax_inclusive": True}
    id_ = agree(world, line("100", **inclusive))

    change(world, id_, line("150", **inclusive))

    assert prorations(world, id_, "subtotal_minor", "tax_minor", "total_minor") == [(6000, 1500, 7500)]
    proven(world)


def test_a_discount_is_prorated_and_nothing_that_was_not_discounted_has_one(world: World) -> None:
    id_ = agree(world)

    change(world, id_, line("133.33", "3", discount_percent=Decimal(15)))

    # 399.99 less 60.00 is 339.99; half is 170.00 (169.995), of 30.00 discount.
    (invoice,) = prorations(world, id_, "id")
    assert world.one(
        "SELECT gross_minor, discount_minor, net_minor, total_minor FROM line_item WHERE parent_id = %s",
        invoice,
    ) == (20000, 3000, 17000, 17000)
    proven(world)


def test_a_fixed_term_keeps_its_payments_and_its_end(world: World) -> None:
    id_ = agree(world, payments=3)

    change(world, id_, line("150"))
    world.until("2026-08-01")

    assert world.subscription(id_, "status", "completed_payments", "next_cycle", "end_date") == (
        "expired",
        3,
        3,
        dt.date(2026, 7, 1),
    )
    assert world.subscription(id_, "collected_minor") == 10000 + 2500 + 2 * 15000
    proven(world)
