"""Discounts, fees and taxes on a whole quote: the same to the cent in lists, on its document, paid and billed."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import pytest

from kalends.catalog import get_object
from kalends.core.money import to_minor
from kalends.crm.association_reads import linked
from kalends.crm.associations import End, associate
from kalends.crm.record_values import Written
from kalends.crm.records import Who, write_new
from kalends.crm.rules import Draft
from kalends.documents.invoice import read_invoice
from kalends.documents.sheet import sheet
from kalends.proof.explain import explain_invoice
from kalends.query import Context, Filter, compile_select, fetch
from kalends.sales.buyers import Buyer
from kalends.sales.checkouts import checkout_of, open_checkout, tell_buyer
from kalends.sales.quote_convert import convert_quote
from kalends.sales.quote_course import publish
from kalends.sales.quote_letters import send_quote
from kalends.sales.quote_source import terms_of_quote
from kalends.sales.quotes import QuoteRefused
from tests.business.sales.quoting import MONTHLY, ONCE, Desk
from tests.business.sales.shop import Shop, item
from tests.business.sales.test_checkout_worlds import basket
from tests.world import World

UNTAXED = item("Fleet Core", "100", "monthly"), item("Setup", "50")


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def put(desk: Desk, quote: int, kind: str, value_type: str, value: int | Decimal, **more: Any) -> None:
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


def test_letters_are_about_what_was_published_and_nothing_else_is_accepted(desk: Desk) -> None:
    quote = desk.quote(*UNTAXED)
    put(desk, quote, "discount", "FIXED", 60)
    publish(desk.world.db, desk.world.ctx, quote)
    put(desk, quote, "discount", "FIXED", 1_000)

    send_quote(desk.world.db, desk.world.ctx, quote)

    row = desk.world.one("SELECT given ->> 'first_minor' FROM message WHERE kind = 'quote_sent'")
    assert row[0] == "9000"
    with pytest.raises(QuoteRefused, match="was changed after it was published"):
        desk.click(quote)


@pytest.mark.parametrize(
    "discount", [{"value": 150}, {"value": 1, "duration": "FOREVER"}], ids=["takes all", "every payment"]
)
def test_discount_that_cannot_be_applied_is_not_published(desk: Desk, discount: dict[str, Any]) -> None:
    quote = desk.quote(*UNTAXED)
    put(desk, quote, "discount", "FIXED", **discount)

    with pytest.raises(QuoteRefused) as refused:
        publish(desk.world.db, desk.world.ctx, quote)
    assert refused.value.code == "adjustment"


def test_adjusted_quote_is_paid_as_it_says(desk: Desk, shop: Shop) -> None:
    quote = desk.quote(*UNTAXED, language="en", payment_enabled=True, acceptance_method="print_and_sign")
    put(desk, quote, "tax", "PERCENT", 25, label="VAT")
    put(desk, quote, "fee", "FIXED", 10, label="Freight")
    put(desk, quote, "discount", "FIXED", 60, label="Spring")
    publish(desk.world.db, desk.world.ctx, quote)

    buy(shop, quote)

    assert shop.charges() == [(12500, "succeeded")]
    lines = "SELECT l.name, l.levy, l.net_minor, l.tax_minor, l.total_minor FROM line_item AS l JOIN invoice AS i "
    once = (
        lines
        + "ON l.parent_type = 'invoice' AND l.parent_id = i.id WHERE i.subscription_id IS NULL ORDER BY 2"
    )
    assert desk.world.rows(once) == [
        ("Setup", "", 5000, 0, 0),
        ("Freight", "fee", 1000, 0, 1000),
        ("VAT 25\xa0%", "tax", 0, 2500, 2500),
    ]
    (number,) = desk.world.one("SELECT id FROM invoice WHERE subscription_id IS NULL")
    told_on = sheet(read_invoice(desk.world.db, desk.world.ctx, number))
    assert [line["name"] for line in told_on["lines"]] == ["Setup", "Freight"]
    assert [row["label"] for row in told_on["sums"]][:2] == ["Net amount", "VAT 25\xa0%"], (
        "a tax is told as one"
    )
    told = explain_invoice(desk.world.db, desk.world.ctx, str(number)).steps
    assert ("VAT 25\xa0%", 2500) in [(step.text, step.amount_minor) for step in told]
    shop.world.until(desk.world.ctx.today + dt.timedelta(days=40))
    (subscription,) = desk.world.one("SELECT id FROM subscription")
    assert desk.world.invoices(subscription, "total_minor") == [9000, 10000], (
        "later payments are the full ones"
    )
    assert desk.world.balance("tax_payable") == -2500
    shop.assert_clean()


def test_taxes_on_the_whole_are_billed_where_nothing_else_is_billed_once(desk: Desk, shop: Shop) -> None:
    quote = desk.quote(item("Fleet Core", "100", "monthly"))
    put(desk, quote, "tax", "PERCENT", 25, label="VAT")
    put(desk, quote, "discount", "PERCENT", 10)
    publish(desk.world.db, desk.world.ctx, quote)

    made = convert_quote(desk.world.db, desk.world.ctx, quote)

    totals = "SELECT total_minor, tax_minor, status FROM invoice ORDER BY id"
    assert desk.world.rows(totals) == [(9000, 0, "open"), (2250, 2250, "open")]
    assert len(made.invoices) == 2
    shop.world.until(desk.world.ctx.today + dt.timedelta(days=40))
    assert desk.world.invoices(made.subscriptions[0], "total_minor") == [9000, 10000]
    shop.assert_clean()


def test_discounts_fees_and_taxes_count_with_what_is_billed_once(desk: Desk) -> None:
    quote = desk.quote(*UNTAXED)
    put(desk, quote, "fee", "PERCENT", 10)
    publish(desk.world.db, desk.world.ctx, quote)

    with pytest.raises(QuoteRefused) as refused:
        convert_quote(desk.world.db, desk.world.ctx, quote, bill_once_lines=False)
    assert refused.value.code == "once_too"


def test_payment_below_the_smallest_charge_is_not_asked_for(desk: Desk) -> None:
    quote = desk.quote(item("Setup", "50"), payment_enabled=True)
    put(desk, quote, "discount", "FIXED", Decimal("49.99"))

    with pytest.raises(QuoteRefused) as refused:
        publish(desk.world.db, desk.world.ctx, quote)
    assert refused.value.code == "too_small"


def test_quote_that_is_discounted_after_it_was_published_is_neither_paid_nor_accepted(desk: Desk) -> None:
    quote = desk.published(*UNTAXED, payment_enabled=True)
    put(desk, quote, "discount", "FIXED", 10)

    assert terms_of_quote(desk.world.db, desk.world.ctx, quote).closed == "inactive"
    for deed in (desk.click, partial(convert_quote, desk.world.db, desk.world.ctx)):
        with pytest.raises(QuoteRefused):
            deed(quote)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_quoted_list_page_invoices_and_books_agree(desk: Desk, shop: Shop, seed: int) -> None:
    chance, world = Random(seed), desk.world
    sold = 0
    for _number in range(4):
        lines = [line for line in basket(chance) if chance.random() < 0.9]
        paid = chance.random() < 0.5
        quote = desk.quote(
            *(lines or UNTAXED),
            payment_enabled=paid,
            acceptance_method="print_and_sign",
            total_preference="TOTAL_FIRST_PAYMENT",
        )
        for kind in chance.choices(("discount", "fee", "tax"), k=chance.randint(1, 4)):
            percent = chance.random() < 0.6
            value = Decimal(chance.randint(1, 3000)).scaleb(-2)
            put(desk, quote, kind, "PERCENT" if percent else "FIXED", value)
        with suppress(QuoteRefused):  # a discount may leave nothing to pay
            publish(world.db, world.ctx, quote)
        if not desk.read(quote).is_published:
            continue
        promised = desk.version(quote).content["first_minor"]
        assert amount_in_lists(world, quote) == promised
        if paid:
            buy(shop, quote)
            assert not promised or shop.charges()[-1] == (promised, "succeeded")
        else:
            convert_quote(world.db, world.ctx, quote)
            world.until(world.ctx.today, hour=13)
        assert billed(world, quote) == promised
        sold += 1
        world.until(world.ctx.today + dt.timedelta(days=1))
    assert sold
    shop.assert_clean()
    world.until(world.ctx.today + dt.timedelta(days=45))
    shop.assert_clean()


def buy(shop: Shop, quote: int) -> None:
    """The buyer pays on the quote's page."""
    world = shop.world
    checkout = open_checkout(world.db, world.ctx, "quote", quote, language="en")
    checkout = tell_buyer(world.db, world.ctx, checkout, Buyer("kari@pays.test", "Kari", "Nordmann"))
    shop.press(checkout)
    if checkout_of(world.db, world.ctx, checkout.id).setup_reference is not None:
        shop.give(checkout)
    assert shop.back(checkout).status == "done"


def amount_in_lists(world: World, quote: int) -> int:
    obj, ctx = get_object("quote"), world.ctx
    context = Context(ctx.id, ctx.today, ctx.now, ctx.time_zone)
    query = compile_select(obj, ("hs_quote_amount",), Filter(), None, context, limit=100)
    with world.db.cursor() as cursor:
        (row,) = [row for row in fetch(cursor, query) if row["id"] == quote]
    return to_minor(Decimal(row["hs_quote_amount"]), "EUR")


def billed(world: World, quote: int) -> int:
    """What the invoices of a quote come to that were issued so far."""
    ties = linked(world.db, world.ctx, "quote", [quote], "subscription", limit=50).get(quote, [])
    alone = linked(world.db, world.ctx, "quote", [quote], "invoice", limit=50).get(quote, [])
    row = world.one(
        "SELECT coalesce(sum(total_minor), 0)::bigint FROM invoice WHERE subscription_id = ANY(%s) OR id = ANY(%s)",
        [each.id for each in ties],
        [each.id for each in alone],
    )
    return row[0]
