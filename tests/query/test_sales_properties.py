"""Amounts of deals and quotes, which follow their line items, and what customers' deals come to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from psycopg import Connection

from kalends.catalog import OBJECTS
from tests.query.books import NOW, insert
from tests.query.conftest import Read

Add = Callable[..., int]


@pytest.fixture
def add(db: Connection[Any], account_id: int) -> Add:
    """Insert a row of the account into a table."""

    def row(table: str, **columns: Any) -> int:
        needed: dict[str, dict[str, Any]] = {
            "deal": {"name": "Fleet", "stage": "contractsent", "pipeline": "default"},
            "quote": {"title": "Offer", "expiration_date": date(2026, 4, 1), "status": "DRAFT"},
            "product": {"name": "Van"},
            "ticket": {"subject": "Help", "stage": "1", "pipeline": "0"},
            "purchase_order": {"name": "Order", "pipeline": "default", "stage": "open"},
            "discount": {"value_type": "PERCENT", "value": Decimal(10)},
            "fee": {"value_type": "FIXED", "value": Decimal(5)},
            "tax": {"value_type": "PERCENT", "value": Decimal(25)},
        }
        stamps = {} if table == "exchange_rate" else {"created_at": NOW, "updated_at": NOW}
        return insert(db, table, {"account_id": account_id, **stamps, **needed.get(table, {}), **columns})

    return row


def _line(add: Add, parent: str, number: int, price: str, **columns: Any) -> int:
    plain = {
        "parent_type": parent,
        "parent_id": number,
        "name": "Van",
        "currency": "EUR",
        "quantity": Decimal(1),
    }
    return add("line_item", **(plain | {"unit_price": Decimal(price)} | columns))


@pytest.mark.parametrize("table", [obj.table for obj in OBJECTS.values() if obj.type_id in (
    "0-3", "0-5", "0-7", "0-14", "0-84", "0-85", "0-86", "0-123")])  # fmt: skip
def test_every_property_of_a_bare_record_can_be_read(add: Add, read: Read, table: str) -> None:
    name = next(obj.name for obj in OBJECTS.values() if obj.table == table)
    number = add(table)

    assert read(name, number)["hs_object_id"] == str(number)


def test_the_figures_of_a_deal_are_the_sums_of_its_lines(add: Add, read: Read) -> None:
    deal = add("deal")
    _line(add, "deal", deal, "100", frequency="monthly", term="P24M", quantity=Decimal(2))
    _line(add, "deal", deal, "600", frequency="annually")
    _line(add, "deal", deal, "99.90", tax_rate=Decimal(25))

    found = read("deal", deal)

    assert found["hs_mrr"] == "250.00"
    assert found["hs_arr"] == "3000.00"
    assert found["hs_tcv"] == "5499.90", "24 x 200 + 600 + 99.90: without tax"
    assert found["hs_acv"] == "3099.90"


@pytest.mark.parametrize(
    ("preference", "typed", "amount"),
    [
        (None, None, "1299.00"),
        ("TCV", None, "1299.00"),
        ("ACV", None, "1299.00"),
        ("ARR", None, "1200.00"),
        ("MRR", None, "100.00"),
        ("MRR", "700", "700"),
        ("MANUAL", None, None),
        ("MANUAL", "700", "700"),
    ],
)
def test_the_amount_is_what_was_typed_or_follows_the_lines_as_preferred(
    add: Add, read: Read, preference: str | None, typed: str | None, amount: str | None
) -> None:
    deal = add("deal", amount_preference=preference, amount=Decimal(typed) if typed else None)
    _line(add, "deal", deal, "100", frequency="monthly")
    _line(add, "deal", deal, "99")

    assert read("deal", deal)["amount"] == amount
    assert read("deal", deal)["hs_forecast_amount"] == amount


def test_a_sum_that_would_leave_a_line_out_is_empty(add: Add, read: Read) -> None:
    deal = add("deal")
    _line(add, "deal", deal, "100")
    _line(add, "deal", deal, "100", currency="USD")

    assert read("deal", deal)["hs_tcv"] is None
    assert read("deal", add("deal"))["hs_tcv"] is None


@pytest.mark.parametrize(
    ("stage", "probability", "weighted", "closed", "is_closed", "is_won"),
    [
        ("qualifiedtobuy", "0.4", "400.00", "0", "false", "false"),
        ("closedwon", "1", "1000.00", "1000", "true", "true"),
        ("closedlost", "0", "0.00", "0", "true", "false"),
    ],
)
def test_the_stage_says_how_likely_a_deal_is_and_whether_it_is_closed(
    add: Add,
    read: Read,
    stage: str,
    probability: str,
    weighted: str,
    closed: str,
    is_closed: str,
    is_won: str,
) -> None:
    found = read("deal", add("deal", stage=stage, amount=Decimal(1000)))

    assert found["hs_deal_stage_probability"] == probability
    assert Decimal(found["hs_projected_amount"] or "") == Decimal(weighted)
    assert found["hs_closed_amount"] == closed
    assert (found["hs_is_closed"], found["hs_is_closed_won"]) == (is_closed, is_won)


def test_the_amount_in_the_accounts_currency_is_at_the_deals_own_rate_or_the_accounts(
    add: Add, read: Read
) -> None:
    add("exchange_rate", code="USD", from_date=date(2026, 1, 1), rate=Decimal("0.5"))
    add("exchange_rate", code="USD", from_date=date(2026, 3, 1), rate=Decimal("0.8"))
    dollars = {"currency": "USD", "amount": Decimal(100)}

    assert read("deal", add("deal", **dollars))["amount_in_home_currency"] == "80.00"
    own = add("deal", **dollars, exchange_rate=Decimal(2))
    assert Decimal(read("deal", own)["amount_in_home_currency"] or "") == 200
    won = add("deal", **dollars, stage="closedwon", close_at=datetime(2026, 2, 1, tzinfo=UTC))
    assert read("deal", won)["amount_in_home_currency"] == "50.00"
    assert read("deal", add("deal", currency="NOK", amount=Decimal(1)))["amount_in_home_currency"] is None


def test_a_contact_is_told_how_many_deals_it_has_and_what_the_won_ones_came_to(
    db: Connection[Any], account_id: int, add: Add, read: Read
) -> None:
    kari = add("contact")
    deals = [
        add("deal", amount=Decimal(500), stage="closedwon", close_at=datetime(2026, 1, 5, tzinfo=UTC)),
        add("deal", amount=Decimal(70), stage="closedwon", close_at=datetime(2026, 2, 5, tzinfo=UTC)),
        add("deal", amount=Decimal(9999)),
    ]
    for deal in deals:
        for ends in (("contact", kari, "deal", deal, 4), ("deal", deal, "contact", kari, 3)):
            db.execute(
                "INSERT INTO association (account_id, from_type, from_id, to_type, to_id, type_id, created_at) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [account_id, *ends, NOW],
            )

    found = read("contact", kari)

    assert found["num_associated_deals"] == "3"
    assert found["total_revenue"] == "570.00"
    assert found["recent_deal_amount"] == "70.00"
    assert found["recent_deal_close_date"] == "2026-02-05T00:00:00.000Z"
    assert read("deal", deals[0])["num_associated_contacts"] == "1"
    nobody = read("contact", add("contact"))
    assert (nobody["num_associated_deals"], nobody["total_revenue"]) == ("0", None)


def test_a_quote_comes_to_its_whole_value_or_to_its_first_payment(add: Add, read: Read) -> None:
    lines = {"frequency": "monthly", "term": "P12M", "tax_rate": Decimal(25), "discount_percent": Decimal(10)}
    whole, first = add("quote"), add("quote", total_preference="TOTAL_FIRST_PAYMENT")
    for quote in (whole, first):
        _line(add, "quote", quote, "100", **lines)

    assert read("quote", whole)["hs_quote_amount"] == read("quote", whole)["hs_tcv"] == "1080.00"
    assert read("quote", first)["hs_quote_amount"] == "112.50"
    assert read("quote", first)["hs_total_discount"] == "10.00"


def test_a_quote_expires_unless_it_was_accepted_and_is_locked_while_it_is_published(
    add: Add, read: Read
) -> None:
    past = {"expiration_date": date(2026, 3, 1)}

    assert read("quote", add("quote", **past))["hs_expired"] == "true"
    assert read("quote", add("quote", **past, status="ACCEPTED"))["hs_expired"] == "false"
    assert read("quote", add("quote"))["hs_expired"] == "false"
    draft = read("quote", add("quote", domain="pay.example.com", slug="q1", payment_enabled=True))
    open_ = read(
        "quote", add("quote", domain="pay.example.com", slug="q1", payment_enabled=True, status="APPROVED")
    )
    assert (draft["hs_locked"], draft["hs_quote_link"], draft["hs_payment_status"]) == ("false", None, None)
    assert (open_["hs_locked"], open_["hs_quote_link"]) == ("true", "https://pay.example.com/q1")
    assert open_["hs_payment_status"] == "PENDING"
    assert len(open_["hs_public_url_key"] or "") == 32
    assert read("quote", add("quote"))["hs_payment_status"] == "PAYMENT_NOT_ENABLED"
