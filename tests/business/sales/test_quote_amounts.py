"""Discounts, fees and taxes on a whole quote: on its document, and in no payment."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.catalog import get_object
from kalends.crm.associations import End, associate
from kalends.crm.record_values import Written
from kalends.crm.records import Who, write_new
from kalends.crm.rules import Draft
from kalends.sales.quote_convert import convert_quote
from kalends.sales.quote_course import publish
from kalends.sales.quote_letters import send_quote
from kalends.sales.quote_source import terms_of_quote
from kalends.sales.quotes import QuoteRefused
from tests.business.sales.quoting import MONTHLY, ONCE, Desk
from tests.business.sales.shop import item
from tests.world import World

UNTAXED = item("Fleet Core", "100", "monthly"), item("Setup", "50")


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def put(desk: Desk, quote: int, kind: str, value_type: str, value: int, **more: Any) -> None:
    """A discount, a fee or a tax on the whole of a quote."""
    db, ctx = desk.world.db, desk.world.ctx
    columns = {"value_type": value_type, "value": value, **more}
    with db.transaction():
        (id_,) = write_new(db, ctx, get_object(kind), [Draft(Written(), (), columns)], Who("test"))
        associate(db, ctx, End("quote", quote), End(kind, id_))


def sums(desk: Desk, quote: int) -> list[tuple[str, str]]:
    publish(desk.world.db, desk.world.ctx, quote)
    rows = desk.version(quote).content["sheet"]["sums"]
    return [(row["label"], row["value"].replace(",", ".").replace("\N{MINUS SIGN}", "-")) for row in rows]


def test_document_tells_discounts_then_fees_then_taxes(desk: Desk) -> None:
    quote = desk.quote(*UNTAXED, language="en")
    put(desk, quote, "tax", "PERCENT", 25, label="VAT")
    put(desk, quote, "fee", "FIXED", 10, label="Freight")
    put(desk, quote, "discount", "PERCENT", 10, label="Spring")

    assert sums(desk, quote) == [
        ("Subtotal", "150.00"),
        ("Spring 10\xa0%", "-15.00"),
        ("Freight", "10.00"),
        ("Net amount", "145.00"),
        ("VAT 25\xa0%", "36.25"),
        ("First payment", "181.25\xa0EUR"),
    ]


def test_taxes_of_lines_fall_on_what_the_discount_leaves_of_them(desk: Desk) -> None:
    quote = desk.quote(MONTHLY, ONCE, language="en")
    put(desk, quote, "discount", "FIXED", 60)

    assert sums(desk, quote) == [
        ("Subtotal", "150.00"),
        ("Discount", "-60.00"),
        ("Net amount", "90.00"),
        ("Tax 25\xa0% of 90,00", "22.50"),
        ("First payment", "112.50\xa0EUR"),
    ]
    (later,) = desk.version(quote).content["sheet"]["payment"]
    assert later.startswith("125,00"), "later payments are the full ones"


def test_letters_and_the_acceptance_are_about_what_was_published(desk: Desk) -> None:
    quote = desk.quote(*UNTAXED)
    put(desk, quote, "discount", "FIXED", 60)
    publish(desk.world.db, desk.world.ctx, quote)
    put(desk, quote, "discount", "FIXED", 1_000)

    send_quote(desk.world.db, desk.world.ctx, quote)

    row = desk.world.one("SELECT given ->> 'first_minor' FROM message WHERE kind = 'quote_sent'")
    assert row[0] == "9000"
    assert desk.click(quote)


@pytest.mark.parametrize(
    "discount", [{"value": 150}, {"value": 1, "duration": "FOREVER"}], ids=["takes all", "every payment"]
)
def test_discount_that_cannot_be_applied_is_not_published(desk: Desk, discount: dict[str, Any]) -> None:
    quote = desk.quote(*UNTAXED)
    put(desk, quote, "discount", "FIXED", **discount)

    with pytest.raises(QuoteRefused) as refused:
        publish(desk.world.db, desk.world.ctx, quote)
    assert refused.value.code == "adjustment"


@pytest.mark.parametrize("way", ["payment_enabled", "billing_enabled"])
@pytest.mark.parametrize("kind", ["discount", "fee", "tax"])
def test_quote_that_moves_money_is_not_published_with_adjustments(desk: Desk, way: str, kind: str) -> None:
    quote = desk.quote(*UNTAXED, **{way: True})
    put(desk, quote, kind, "PERCENT", 10)

    with pytest.raises(QuoteRefused) as refused:
        publish(desk.world.db, desk.world.ctx, quote)
    assert refused.value.code == "adjusted"


def test_adjusted_quote_is_not_converted(desk: Desk) -> None:
    quote = desk.quote(*UNTAXED)
    put(desk, quote, "fee", "PERCENT", 10)
    publish(desk.world.db, desk.world.ctx, quote)

    with pytest.raises(QuoteRefused) as refused:
        convert_quote(desk.world.db, desk.world.ctx, quote)
    assert refused.value.code == "adjusted"


def test_quote_that_is_discounted_after_it_was_published_is_not_paid_at_the_old_price(desk: Desk) -> None:
    quote = desk.published(*UNTAXED, payment_enabled=True, acceptance_method="print_and_sign")
    assert terms_of_quote(desk.world.db, desk.world.ctx, quote).closed is None
    put(desk, quote, "discount", "FIXED", 10)

    assert terms_of_quote(desk.world.db, desk.world.ctx, quote).closed == "inactive"
