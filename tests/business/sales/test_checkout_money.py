"""What a purchase makes: one charge, invoices and subscriptions that add up to it, and clean books."""

from __future__ import annotations

import datetime as dt

from kalends.sales.checkouts import checkout_of
from tests.business.sales.shop import Shop, item


def test_a_purchase_is_one_charge_that_pays_each_invoice(shop: Shop) -> None:
    link = shop.link(
        item("Setup", "100", tax_rate="25"),
        item("Fleet Core", "49", "monthly", tax_rate="25"),
        item("Support", "99.90", "annually"),
    )
    done = shop.buy(link)
    assert done.status == "done"
    assert shop.charges() == [(12500 + 6125 + 9990, "succeeded")]
    assert done.made is not None
    assert done.made["paid_minor"] == 28615
    totals = shop.world.rows("SELECT total_minor, status, paid_minor FROM invoice ORDER BY total_minor")
    assert totals == [(6125, "paid", 6125), (9990, "paid", 9990), (12500, "paid", 12500)]
    assert shop.count("subscription") == 2
    keys = shop.world.rows("SELECT DISTINCT charge_key FROM charge_attempt")
    assert keys == [(f"kalends-{shop.ctx.id}-{done.id}-1",)]
    fees = shop.world.one("SELECT sum(fee_minor)::bigint FROM payment")
    assert fees == shop.world.one("SELECT fee_minor FROM sandbox_charge")
    shop.assert_clean()


def test_subscriptions_go_on_by_themselves_with_the_method_that_was_given(shop: Shop) -> None:
    done = shop.buy(shop.link(item("Fleet Core", "49", "monthly")))
    assert done.made is not None
    (subscription,) = done.made["subscriptions"]
    assert shop.world.subscription(
        subscription, "status", "next_due_date", "collection", "completed_payments"
    ) == (
        "active",
        dt.date(2026, 2, 1),
        "automatic",
        1,
    )
    shop.world.until("2026-03-01")
    assert shop.charges() == [(4900, "succeeded")] * 3
    assert shop.world.subscription(subscription, "completed_payments") == 3
    shop.assert_clean()


def test_a_code_takes_off_the_first_payment_only_and_the_books_agree(shop: Shop) -> None:
    shop.code("SPRING", "15")
    link = shop.link(
        item("Setup", "11.90", tax_rate="25"), item("Fleet Core", "49", "monthly", tax_rate="25")
    )
    done = shop.buy(link, code="spring")
    # 15 % of 60.90 is 9.135, rounded 9.14: all of it off what is billed once.
    assert shop.charges() == [((1190 - 914) * 5 // 4 + 6125, "succeeded")]
    assert shop.world.rows("SELECT uses FROM discount_code") == [(1,)]
    assert shop.world.rows(
        "SELECT order_discount_minor, order_discount_code, order_discount_percent FROM payment "
        "ORDER BY order_discount_minor"
    ) == [(0, None, None), (914, "SPRING", 15)]
    shop.world.until("2026-02-02")
    assert shop.charges()[-1] == (6125, "succeeded")
    assert done.made is not None
    shop.assert_clean()


def test_a_code_that_reaches_into_the_first_payments_of_subscriptions(shop: Shop) -> None:
    shop.code("LOTS", amount_minor=3000, currency="EUR")
    link = shop.link(
        item("Setup", "10", tax_rate="25"),
        item("Fleet Core", "49", "monthly", tax_rate="25"),
        item("Support", "99", "annually", tax_rate="10"),
    )
    shop.buy(link, code="LOTS")
    off = shop.world.rows("SELECT order_discount_minor, total_minor FROM invoice ORDER BY id")
    assert sum(row[0] for row in off) == 3000
    assert shop.charges() == [(sum(row[1] for row in off), "succeeded")]
    shop.assert_clean()


def test_what_starts_later_stores_the_method_and_charges_nothing_today(shop: Shop) -> None:
    done = shop.buy(shop.link(item("Fleet Core", "49", "monthly", delay_days=14)))
    assert (done.status, done.due_minor, shop.charges()) == ("done", 0, [])
    assert done.made is not None
    (subscription,) = done.made["subscriptions"]
    assert shop.world.subscription(subscription, "status", "next_due_date") == (
        "scheduled",
        dt.date(2026, 1, 15),
    )
    assert done.payment_method_id is not None
    shop.world.until("2026-01-15")
    assert shop.charges() == [(4900, "succeeded")]
    assert shop.world.subscription(subscription, "status") == "active"
    shop.assert_clean()


def test_a_bank_debit_makes_the_subscription_at_once_and_the_money_comes_later(shop: Shop) -> None:
    link = shop.link(item("Setup", "100"), item("Fleet Core", "49", "monthly"))
    done = shop.buy(link, kind="sepa")
    assert done.made is not None
    assert done.made["pending"] is True
    (subscription,) = done.made["subscriptions"]
    assert shop.world.subscription(subscription, "status") == "active"
    assert shop.world.rows("SELECT DISTINCT status FROM payment") == [("processing",)]
    assert shop.world.balance("payments_in_transit") == 14900
    shop.assert_clean()
    shop.world.until("2026-01-20")
    assert shop.world.rows("SELECT DISTINCT status FROM payment") == [("succeeded",)]
    assert shop.world.balance("payments_in_transit") == 0
    shop.assert_clean()


def test_a_bank_debit_that_comes_back_leaves_the_subscription_unpaid(shop: Shop) -> None:
    link = shop.link(item("Setup", "100"), item("Fleet Core", "49", "monthly"))
    done = shop.buy(link, "insufficient_funds", kind="sepa")
    assert done.status == "done"
    shop.world.until("2026-01-20")
    assert done.made is not None
    (subscription,) = done.made["subscriptions"]
    assert shop.world.subscription(subscription, "status") == "unpaid"
    assert shop.world.rows("SELECT DISTINCT status FROM payment") == [("failed",)]
    assert shop.world.balance("receivable") == 14900
    shop.assert_clean()


def test_a_declined_card_makes_nothing_and_another_one_pays(shop: Shop) -> None:
    link = shop.link(item("Fleet Core", "49", "monthly"))
    declined = shop.buy(link, "insufficient_funds")
    assert (declined.status, declined.made) == ("open", None)
    assert declined.declined is not None
    assert declined.declined.code == "insufficient_funds"
    for table in ("subscription", "invoice", "payment", "contact", "payment_method"):
        assert shop.count(table) == 0, table
    assert shop.back(declined).status == "open"
    shop.press(declined)
    shop.give(declined)
    assert shop.back(declined).status == "done"
    assert shop.charges() == [(4900, "failed"), (4900, "succeeded")]
    shop.assert_clean()


def test_a_fixed_term_ends_after_its_payments(shop: Shop) -> None:
    done = shop.buy(shop.link(item("Course", "49", "monthly", term="P2M")))
    assert done.made is not None
    (subscription,) = done.made["subscriptions"]
    shop.world.until("2026-05-01")
    assert shop.world.subscription(subscription, "status", "end_date") == ("expired", dt.date(2026, 3, 1))
    assert shop.charges() == [(4900, "succeeded")] * 2
    shop.assert_clean()


def test_what_is_free_today_and_for_ever_needs_no_card(shop: Shop) -> None:
    checkout = shop.visit(shop.link(item("Sample", "0")))
    assert shop.press(checkout).endswith("/back")
    done = shop.back(checkout)
    assert (done.status, shop.charges()) == ("done", [])
    assert shop.world.rows("SELECT total_minor, status FROM invoice") == [(0, "paid")]
    shop.assert_clean()


def test_taxes_included_in_prices_are_paid_as_they_stand(shop: Shop) -> None:
    shop.code("TEN", "10")
    shop.buy(shop.link(item("Book", "99.90", tax_rate="25", tax_inclusive=True)), code="TEN")
    (amount,) = [charge[0] for charge in shop.charges()]
    assert amount == shop.world.one("SELECT total_minor FROM invoice")[0]
    shop.assert_clean()


def test_currencies_without_cents_and_with_three_decimals(shop: Shop) -> None:
    done = shop.buy(shop.link(item("Fleet Core", "49.50", "monthly", tax_rate="25"), currency="NOK"))
    assert shop.charges() == [(6188, "succeeded")]
    assert checkout_of(shop.db, shop.ctx, done.id).currency == "NOK"
    shop.assert_clean()
