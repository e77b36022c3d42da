"""Properties that are worked out when they are read, by example. The account keeps its books in euros."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from psycopg import Connection

from kalends.core.calendar import Frequency
from kalends.core.pricing import LineTerms, price_document
from kalends.core.revenue import acv_minor, arr_minor, mrr_minor, tcv_minor
from tests.query.books import NOW, insert, subscription_row
from tests.query.conftest import Read


@pytest.fixture
def add(db: Connection[Any], account_id: int) -> Callable[..., int]:
    """Insert a row of the account into a table."""

    def row(table: str, **columns: Any) -> int:
        stamps = {"created_at": NOW, "updated_at": NOW}
        if table in ("team", "membership", "exchange_rate"):
            stamps = {}
        if table == "membership":
            columns = {"told_of_payments_made": True, "told_of_payments_failed": True, **columns}
        if table == "payment_method":
            stamps = {"created_at": NOW}
        if table == "subscription":
            return insert(db, table, subscription_row(account_id, **columns))
        return insert(db, table, {"account_id": account_id, **stamps, **columns})

    return row


def _rates(add: Callable[..., int]) -> None:
    add("exchange_rate", code="USD", from_date=date(2026, 1, 1), rate=Decimal("10.5"))
    add("exchange_rate", code="USD", from_date=date(2026, 3, 28), rate=Decimal("11.25"))
    add("exchange_rate", code="USD", from_date=date(2026, 4, 1), rate=Decimal(99))


def _payment(add: Callable[..., int], **columns: Any) -> int:
    plain = {
        "status": "succeeded",
        "status_updated_at": NOW,
        "currency": "USD",
        "amount_minor": 10_000,
        "initiated_at": NOW,
        "method_kind": "card",
        "creation_method": "OTHER",
        "processor": "none",
    }
    return add("payment", **(plain | columns))


def _invoice(add: Callable[..., int], **columns: Any) -> int:
    plain = {
        "status": "open",
        "number": "INV-1001",
        "currency": "NOK",
        "subtotal_minor": 10_000,
        "discount_minor": 1_500,
        "order_discount_minor": 1_000,
        "fees_minor": 500,
        "tax_minor": 2_375,
        "total_minor": 11_875,
        "invoice_date": date(2026, 2, 15),
        "due_date": date(2026, 3, 17),
    }
    return add("invoice", **(plain | columns))


def test_a_payment_method_is_told_by_brand_or_kind_and_last_digits(
    add: Callable[..., int], read: Read
) -> None:
    contact = add("contact", email="a@example.com")
    for brand, kind, told in (("visa", "card", "Visa - 4417"), (None, "ach", "ACH - 4417")):
        method = add(
            "payment_method",
            contact_id=contact,
            processor="x",
            kind=kind,
            token=kind,
            brand=brand,
            last4="4417",
        )
        assert (
            read("subscription", add("subscription", payment_method_id=method))["hs_payment_method"] == told
        )
    assert read("subscription", add("subscription"))["hs_payment_method"] is None


@pytest.mark.parametrize(
    ("frequency", "payments", "period", "terms"),
    [
        ("monthly", 6, "P6M", "FIXED"),
        ("biweekly", 3, "P6W", "FIXED"),
        ("annually", 2, "P24M", "FIXED"),
        ("monthly", None, None, "AUTOMATICALLY_RENEW"),
    ],
)
def test_the_terms_of_a_subscription_follow_from_its_payments(
    add: Callable[..., int], read: Read, frequency: str, payments: int | None, period: str | None, terms: str
) -> None:
    told = read("subscription", add("subscription", frequency=frequency, expected_payments=payments))
    assert (told["hs_recurring_billing_period"], told["hs_recurring_billing_terms"]) == (period, terms)


def test_what_is_stored_in_our_words_is_told_in_hubspots(add: Callable[..., int], read: Read) -> None:
    told = read(
        "subscription",
        add("subscription", next_due_date=date(2026, 4, 1), allowed_payment_methods=["ach", "sepa"]),
    )
    assert told["hs_collection_process"] == "manual_payments"
    assert told["hs_invoice_creation"] == "off"
    assert told["hs_next_billing_date"] == told["hs_next_payment_due_date"] == "2026-04-01"
    assert told["hs_allowed_payment_methods"] == "ach;sepa"
    assert told["hs_createdate"] == "2026-03-29T10:00:00.000Z"


def test_the_team_is_the_owners(add: Callable[..., int], read: Read) -> None:
    team = add("team", name="North")
    add("membership", user_id=5, role="member", team_id=team)
    told = read("subscription", add("subscription", owner_id=5))
    assert (told["hubspot_owner_id"], told["hubspot_team_id"]) == ("5", str(team))


def test_company_currency_is_reckoned_at_the_rate_of_the_day_and_rounded_half_up(
    add: Callable[..., int], read: Read
) -> None:
    _rates(add)
    late = add("subscription", currency="USD", mrr_minor=1_001)
    early = add(
        "subscription", currency="USD", mrr_minor=1_001, created_at=datetime(2026, 3, 27, 22, tzinfo=UTC)
    )
    assert read("subscription", late)["hs_mrr_in_company_currency"] == "112.61"
    assert read("subscription", early)["hs_mrr_in_company_currency"] == "105.11"
    own = add("subscription", currency="EUR", mrr_minor=1_001)
    assert read("subscription", own)["hs_mrr_in_company_currency"] == "10.01"
    unknown = add("subscription", currency="SEK", mrr_minor=1_001)
    assert read("subscription", unknown)["hs_mrr_in_company_currency"] is None


def test_what_is_due_on_an_invoice_is_what_was_neither_paid_nor_credited(
    add: Callable[..., int], read: Read
) -> None:
    told = read("invoice", _invoice(add, paid_minor=1_000, credited_minor=875))
    assert (told["hs_amount_billed"], told["hs_balance_due"], told["hs_days_overdue"]) == (
        "118.75",
        "100.00",
        "12",
    )
    assert told["hs_due_date"] == "2026-03-17T00:00:00.000Z"
    paid = read("invoice", _invoice(add, number="INV-1002", status="paid", paid_minor=11_875))
    assert (paid["hs_balance_due"], paid["hs_days_overdue"]) == ("0.00", "0")
    voided = read("invoice", _invoice(add, number="INV-1003", status="voided"))
    assert voided["hs_balance_due"] == "0.00"


def test_an_invoice_before_its_due_date_is_not_overdue(add: Callable[..., int], read: Read) -> None:
    assert read("invoice", _invoice(add, due_date=date(2026, 3, 29)))["hs_days_overdue"] == "0"
    assert (
        read("invoice", _invoice(add, number=None, status="draft", due_date=None))["hs_days_overdue"] == "0"
    )


def test_the_net_of_a_payment_may_fall_below_zero(add: Callable[..., int], read: Read) -> None:
    told = read("payment", _payment(add, fee_minor=290, platform_fee_minor=50, refunded_minor=10_000))
    assert (told["hs_net_amount"], told["hs_total_collected_amount_after_refunds"]) == ("-3.40", "0.00")


@pytest.mark.parametrize("status", ["processing", "failed"])
def test_nothing_is_paid_by_a_payment_that_is_not_collected(
    add: Callable[..., int], read: Read, status: str
) -> None:
    told = read("payment", _payment(add, status=status))
    assert (told["hs_initial_amount"], told["hs_total_collected_amount_after_refunds"]) == ("100.00", "0.00")


def test_a_payment_is_told_in_the_currencies_of_the_account_and_of_the_payout(
    add: Callable[..., int], read: Read
) -> None:
    _rates(add)
    told = read(
        "payment",
        _payment(
            add,
            refunded_minor=2_500,
            fee_minor=300,
            settlement_currency="JPY",
            settlement_rate=Decimal("150.125"),
            initiated_at=datetime(2026, 3, 27, 23, 30, tzinfo=UTC),
        ),
    )
    assert told["hs_presentment_to_portal_currency_dated_exchange_rate"] == "11.25", "in Oslo it is the 28th"
    assert told["hs_initial_amount_in_portal_currency"] == "1125.00"
    assert told["hs_refunds_amount_in_portal_currency"] == "281.25"
    assert told["hs_max_refundable_amount_in_portal_currency"] == "843.75"
    assert told["hs_fees_amount_in_settlement_currency"] == "450"
    assert told["hs_initial_amount_in_settlement_currency"] == "15013"


def test_a_payment_knows_what_it_is_for(add: Callable[..., int], read: Read) -> None:
    invoice, subscription = _invoice(add), add("subscription", name="Fleet Core")
    told = read("payment", _payment(add, invoice_id=invoice, subscription_id=subscription))
    assert told["hs_associated_records"] == "Fleet Core; INV-1001"
    assert (told["hs_has_associated_invoice"], told["hs_number_of_associated_invoices"]) == ("true", "1")
    alone = read("payment", _payment(add))
    assert (alone["hs_associated_records"], alone["hs_has_associated_invoice"]) == (None, "false")


def test_a_partial_payment_has_its_share_of_the_taxes_and_fees(add: Callable[..., int], read: Read) -> None:
    invoice = _invoice(add)
    told = read("payment", _payment(add, currency="NOK", invoice_id=invoice, amount_minor=5_938))
    assert (told["hs_total_taxes_amount"], told["hs_total_fees_amount"]) == ("11.88", "2.50")
    failed = read("payment", _payment(add, currency="NOK", invoice_id=invoice, status="failed"))
    assert failed["hs_total_taxes_amount"] == "0.00"


def test_an_address_is_told_in_one_line(add: Callable[..., int], read: Read) -> None:
    told = read(
        "payment", _payment(add, billing_address="Storgata 1", billing_address2="", billing_city="Oslo")
    )
    assert told["hs_billing_address"] == "Storgata 1, Oslo"
    assert told["hs_shipping_address"] is None


LINES = [
    ({"unit_price": "11.90", "quantity": "1", "discount_percent": "15"}, "monthly", None),
    ({"unit_price": "0.105", "quantity": "3", "tax_rate": "25"}, "weekly", "P6W"),
    ({"unit_price": "99.99", "quantity": "2.5", "discount_per_unit": "1.005"}, "quarterly", "P24M"),
    ({"unit_price": "1000", "quantity": "1", "tax_rate": "25", "tax_inclusive": True}, "annually", "P3Y"),
    ({"unit_price": "10", "quantity": "1"}, "per_two_years", None),
    ({"unit_price": "7.77", "quantity": "3"}, "biweekly", "P52W"),
]


@pytest.mark.parametrize(("terms", "frequency", "term"), LINES)
@pytest.mark.parametrize("currency", ["NOK", "JPY", "KWD"])
def test_a_lines_amounts_are_those_of_the_rules(
    add: Callable[..., int],
    read: Read,
    terms: dict[str, Any],
    frequency: str,
    term: str | None,
    currency: str,
) -> None:
    given = {name: Decimal(value) if isinstance(value, str) else value for name, value in terms.items()}
    line = price_document([LineTerms(**given)], currency).lines[0]
    every = Frequency(frequency)
    untaxed = [line.total_minor - line.tax_minor]
    payments = {"P6W": 6, "P24M": 8, "P3Y": 3, "P52W": 26}.get(term or "")
    number = add(
        "line_item",
        parent_type="subscription",
        parent_id=1,
        name="Seats",
        position=0,
        currency=currency,
        frequency=frequency,
        term=term,
        **({"discount_per_unit": 0, "discount_percent": 0, "tax_rate": 0} | given),
    )
    told = read("line_item", number)

    expected = {
        "hs_pre_discount_amount": line.gross_minor,
        "hs_total_discount": line.discount_minor,
        "amount": line.net_minor,
        "hs_tax_amount": line.tax_minor,
        "hs_post_tax_amount": line.total_minor,
        "hs_mrr": mrr_minor(untaxed, every),
        "hs_arr": arr_minor(untaxed, every),
        "hs_tcv": tcv_minor(untaxed, every, payments),
        "hs_acv": acv_minor(untaxed, every, payments),
    }
    digits = {"NOK": 2, "JPY": 0, "KWD": 3}[currency]
    assert {name: Decimal(told[name] or "NaN").scaleb(digits) for name in expected} == expected
    assert told["hs_recurring_billing_number_of_payments"] == (str(payments) if payments else None)
    assert told["hs_margin"] is None, "without a unit cost there is no margin"


def test_a_one_time_item_has_no_recurring_revenue(add: Callable[..., int], read: Read) -> None:
    number = add(
        "line_item", parent_type="invoice", parent_id=1, name="Setup", position=0, currency="NOK",
        unit_price=500, quantity=1, discount_per_unit=0, discount_percent=0, tax_rate=0, unit_cost=200,
    )  # fmt: skip
    told = read("line_item", number)
    assert (told["hs_mrr"], told["hs_arr"], told["hs_tcv"], told["hs_margin"]) == (
        "0.00",
        "0.00",
        "500.00",
        "300.00",
    )
    assert told["hs_recurring_billing_terms"] is None


def test_an_invoices_line_keeps_what_was_charged(add: Callable[..., int], read: Read) -> None:
    number = add(
        "line_item", parent_type="invoice", parent_id=1, name="Seats", position=0, currency="NOK",
        unit_price=100, quantity=1, discount_per_unit=0, discount_percent=0, tax_rate=25,
        gross_minor=5_000, discount_minor=1_000, net_minor=4_000, tax_minor=1_001, total_minor=5_001,
    )  # fmt: skip
    told = read("line_item", number)
    assert [told[name] for name in ("hs_pre_discount_amount", "amount", "hs_tax_amount", "hs_post_tax_amount")] == [
        "50.00", "40.00", "10.01", "50.01",
    ]  # fmt: skip


def test_a_lines_term_gives_its_end_and_its_length(add: Callable[..., int], read: Read) -> None:
    told = read(
        "line_item",
        add(
            "line_item", parent_type="subscription", parent_id=1, name="Seats", position=0, currency="NOK",
            unit_price=1, quantity=1, discount_per_unit=0, discount_percent=0, tax_rate=0,
            frequency="monthly", term="P6M", start_date=date(2026, 3, 1),
        ),
    )  # fmt: skip
    assert told["hs_recurring_billing_end_date"] == "2026-09-01"
    assert (told["hs_term_in_months"], told["hs_recurring_billing_terms"]) == ("6", "FIXED")


def test_customers_add_up_their_subscriptions_in_the_accounts_currency(
    db: Connection[Any], account_id: int, add: Callable[..., int], read: Read
) -> None:
    _rates(add)
    company = add("company", name="Nordhavn")
    contact = add("contact", email="a@example.com", primary_company_id=company)
    ties = {"contact_id": contact, "company_id": company}
    add("subscription", mrr_minor=10_000, **ties)
    add("subscription", mrr_minor=1_001, currency="USD", status="past_due", **ties)
    add("subscription", mrr_minor=5_000, status="unpaid", **ties)
    add("subscription", mrr_minor=5_000, archived_at=NOW, **ties)
    tied = add("subscription", mrr_minor=100)
    db.execute(
        "INSERT INTO association (account_id, from_type, from_id, to_type, to_id, type_id, created_at) "
        "VALUES (%s, 'contact', %s, 'subscription', %s, 296, %s)",
        (account_id, contact, tied, NOW),
    )
    told = read("contact", contact)
    assert (told["hs_num_active_subscriptions"], told["hs_subscription_mrr"]) == ("2", "213.61")
    told = read("company", company)
    assert (told["hs_num_active_subscriptions"], told["hs_subscription_mrr"]) == ("1", "212.61")
    assert told["num_associated_contacts"] == "1"
    assert (told["num_associated_deals"], told["total_revenue"]) == ("0", None)


def test_a_sum_is_left_open_while_a_rate_is_missing(add: Callable[..., int], read: Read) -> None:
    contact = add("contact", email="a@example.com")
    assert read("contact", contact)["hs_subscription_mrr"] == "0.00"
    add("subscription", mrr_minor=100, contact_id=contact)
    assert read("contact", contact)["hs_subscription_mrr"] == "1.00"
    add("subscription", mrr_minor=100, currency="SEK", contact_id=contact)
    assert read("contact", contact)["hs_subscription_mrr"] is None
