"""Pricing: discounts, then fees, then taxes; every total defined once, and none a cent off another."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import oracle
from tests.core.strategies import currencies, fees, line_terms, order_discounts

from kalends.core.money import BrokenRule, TooPrecise, UnknownCurrency, minor_digits
from kalends.core.pricing import (
    Fee,
    LineTerms,
    OrderDiscount,
    PricedDocument,
    PricedFee,
    PricedTax,
    check_identities,
    price_document,
    price_in_full,
)

documents = st.lists(line_terms(), max_size=6)


def terms(
    price: str,
    quantity: str = "1",
    per_unit: str = "0",
    percent: str = "0",
    tax: str = "0",
    inclusive: bool = False,
) -> LineTerms:
    numbers = [Decimal(text) for text in (price, quantity, per_unit, percent, tax)]
    return LineTerms(*numbers, tax_inclusive=inclusive)


def price(*lines: LineTerms, currency: str = "EUR") -> PricedDocument:
    return price_document(lines, currency)


def test_the_discount_is_rounded_and_not_the_net() -> None:
    line = price(terms("11.90", percent="15")).lines[0]
    assert (line.gross_minor, line.discount_minor, line.net_minor) == (1190, 179, 1011)


def test_a_unit_price_may_be_finer_than_a_cent_and_is_rounded_after_the_quantity() -> None:
    assert price(terms("0.000125", "1000")).lines[0].gross_minor == 13
    assert price(terms("0.004", "1")).total_minor == 0


def test_a_percentage_is_taken_of_the_unrounded_price_times_quantity() -> None:
    line = price(terms("10.005", percent="50")).lines[0]
    assert (line.gross_minor, line.discount_minor) == (1001, 500)


def test_a_unit_discount_is_taken_off_every_unit() -> None:
    line = price(terms("10.00", "3", per_unit="0.335")).lines[0]
    assert (line.discount_minor, line.net_minor) == (101, 2899)


@pytest.mark.parametrize(
    ("currency", "gross", "tax"), [("JPY", 1000, 83), ("EUR", 99999, 8275), ("KWD", 999990, 82749)]
)
def test_amounts_are_in_the_minor_unit_of_the_currency(currency: str, gross: int, tax: int) -> None:
    priced = price(terms("999.99", tax="8.275"), currency=currency)
    assert (priced.lines[0].gross_minor, priced.tax_minor) == (gross, tax)


def test_tax_is_computed_on_the_sum_of_a_rate_and_rounded_once() -> None:
    # Line by line each tax would be 0.05 x 25 % = 0.0125, rounded to 0.01; on the sum it is 0.0375, rounded to 0.04.
    priced = price(*[terms("0.05", tax="25")] * 3)
    assert priced.tax_minor == 4
    assert [line.tax_minor for line in priced.lines] == [2, 1, 1]
    assert priced.total_minor == 19


def test_the_same_rate_written_in_two_ways_is_one_tax() -> None:
    priced = price(terms("0.05", tax="25"), terms("0.05", tax="25.0"))
    assert priced.taxes == (PricedTax(Decimal(25), False, 10, 3),)


def test_a_price_that_includes_its_tax_is_what_the_customer_pays() -> None:
    priced = price(terms("125.00", tax="25", inclusive=True))
    line = priced.lines[0]
    assert (line.net_minor, line.tax_minor, line.total_minor) == (12500, 2500, 12500)
    assert (priced.subtotal_minor, priced.tax_minor, priced.total_minor) == (10000, 2500, 12500)


def test_included_and_added_tax_of_one_rate_are_two_taxes() -> None:
    priced = price(terms("125", tax="25", inclusive=True), terms("100", tax="25"))
    assert [(tax.inclusive, tax.base_minor, tax.tax_minor) for tax in priced.taxes] == [
        (True, 10000, 2500),
        (False, 10000, 2500),
    ]
    assert priced.total_minor == 25000


def test_a_document_without_lines_is_worth_nothing() -> None:
    assert price() == PricedDocument((), 0, 0, 0, 0, 0, 0)
    assert price_in_full((), "EUR", (), ()) == price()


def test_an_order_discount_is_shared_by_the_lines_before_tax() -> None:
    priced = price_document(
        [terms("100", tax="25"), terms("50", tax="10")], "EUR", [OrderDiscount(amount=Decimal(30))]
    )
    assert [line.order_discount_minor for line in priced.lines] == [2000, 1000]
    assert [line.tax_minor for line in priced.lines] == [2000, 400]
    assert (priced.subtotal_minor, priced.order_discount_minor, priced.total_minor) == (15000, 3000, 14400)


def test_an_order_discount_in_percent_lowers_an_inclusive_price_by_that_percentage() -> None:
    priced = price_document(
        [terms("125", tax="25", inclusive=True)], "EUR", [OrderDiscount(percent=Decimal(10))]
    )
    assert (priced.subtotal_minor, priced.order_discount_minor, priced.tax_minor) == (10000, 1000, 2250)
    assert priced.total_minor == priced.lines[0].total_minor == 11250


def test_a_second_order_discount_is_taken_from_what_the_first_left() -> None:
    half = OrderDiscount(percent=Decimal(50))
    priced = price_document([terms("100")], "EUR", [half, half])
    assert priced.order_discounts == (5000, 2500)
    assert priced.discount_minor == priced.order_discount_minor == 7500


def test_a_fee_is_taken_of_the_discounted_subtotal_and_taxed_with_the_lines_of_its_rate() -> None:
    fee = Fee(percent=Decimal(10), tax_rate=Decimal(25))
    priced = price_document([terms("100", tax="25")], "EUR", [OrderDiscount(percent=Decimal(50))], [fee])
    assert priced.fees == (PricedFee(500, 125),)
    assert priced.taxes == (PricedTax(Decimal(25), False, 5500, 1375),)
    assert priced.total_minor == 5000 + 500 + 1375


def test_a_fee_may_bear_a_tax_that_no_line_bears() -> None:
    priced = price_document(
        [terms("100")], "EUR", fees=[Fee(Decimal(10), tax_rate=Decimal(24)), Fee(Decimal(1))]
    )
    assert (priced.fees_minor, priced.tax_minor, priced.total_minor) == (1100, 240, 11340)


@pytest.mark.parametrize(
    ("discount", "reason"),
    [
        (OrderDiscount(Decimal("100.01"), label="VIP"), r"'VIP' of 100\.01 EUR is more than the 100\.00 EUR"),
        (OrderDiscount(Decimal(1), Decimal(1)), "both an amount, 1, and a percentage, 1; give one"),
        (OrderDiscount(Decimal(-1)), "Order discount '': amount is -1; give 0 or more"),
        (OrderDiscount(Decimal("NaN")), "amount is NaN; give a number"),
        (OrderDiscount(percent=Decimal("100.5")), r"percent is 100\.5; give a percentage from 0 to 100"),
    ],
)
def test_an_order_discount_that_cannot_be_is_refused(discount: OrderDiscount, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        price_document([terms("100")], "EUR", [discount])


def test_a_fee_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="tax_rate is -1"):
        price_document([], "EUR", fees=[Fee(Decimal(1), tax_rate=Decimal(-1))])
    with pytest.raises(TooPrecise, match="2 decimals of EUR"):
        price_document([], "EUR", fees=[Fee(Decimal("1.005"))])


def test_a_document_in_an_unknown_currency_is_refused() -> None:
    with pytest.raises(UnknownCurrency):
        price(terms("1"), currency="EURO")


@given(documents, currencies)
def test_the_fast_way_gives_what_the_whole_rule_gives(lines: list[LineTerms], currency: str) -> None:
    assert price_document(lines, currency) == price_in_full(lines, currency, (), ())


def oracle_bill(
    lines: Sequence[LineTerms], currency: str, discounts: Sequence[OrderDiscount], charges: Sequence[Fee]
) -> oracle.Bill:
    return oracle.bill(
        [oracle.Line(*line) for line in lines],
        minor_digits(currency),
        [oracle.Charge(discount.amount, discount.percent) for discount in discounts],
        [oracle.Charge(fee.amount, fee.percent, fee.tax_rate) for fee in charges],
    )


@given(documents, currencies, order_discounts, fees())
def test_every_amount_agrees_with_the_oracle(
    lines: list[LineTerms], currency: str, discounts: list[OrderDiscount], charges: list[Fee]
) -> None:
    priced = price_document(lines, currency, discounts, charges)
    bill = oracle_bill(lines, currency, discounts, charges)
    assert [
        (line.gross_minor, line.discount_minor, line.net_minor, line.tax_minor, line.order_discount_minor)
        for line in priced.lines
    ] == [(line.gross, line.discount, line.net, line.tax, line.off) for line in bill.lines]
    assert list(priced.order_discounts) == [discount.minor for discount in bill.discounts]
    assert list(priced.fees) == [(fee.minor, fee.tax) for fee in bill.fees]
    assert (priced.subtotal_minor, priced.order_discount_minor) == (bill.subtotal, bill.order_discount)
    assert (priced.fees_minor, priced.tax_minor, priced.total_minor) == (bill.fee_sum, bill.tax, bill.total)


@given(documents, currencies, order_discounts, fees())
def test_all_totals_agree_with_each_other(
    lines: list[LineTerms], currency: str, discounts: list[OrderDiscount], charges: list[Fee]
) -> None:
    priced = price_document(lines, currency, discounts, charges)
    off, taxed_fees = (
        priced.order_discount_minor,
        sum(fee.amount_minor + fee.tax_minor for fee in priced.fees),
    )
    assert priced.total_minor == priced.subtotal_minor - off + priced.fees_minor + priced.tax_minor
    assert priced.total_minor == sum(line.total_minor for line in priced.lines) + taxed_fees
    assert priced.tax_minor == sum(tax.tax_minor for tax in priced.taxes)
    assert priced.discount_minor == sum(line.discount_minor for line in priced.lines) + off
    assert off == sum(line.order_discount_minor for line in priced.lines) == sum(priced.order_discounts)
    assert all(line.total_minor >= 0 and line.tax_minor >= 0 for line in priced.lines)


@given(documents, currencies)
def test_inclusive_prices_without_order_discounts_are_what_is_paid(
    lines: list[LineTerms], currency: str
) -> None:
    lines = [line._replace(tax_inclusive=True) for line in lines]
    priced = price_document(lines, currency)
    assert [line.total_minor for line in priced.lines] == [line.net_minor for line in priced.lines]
    assert priced.total_minor == sum(line.net_minor for line in priced.lines)


@given(documents, currencies, st.randoms(use_true_random=False))
def test_crediting_every_line_in_any_order_leaves_not_a_cent(
    lines: list[LineTerms], currency: str, random: Random
) -> None:
    priced = price_document(lines, currency)
    credited = list(priced.lines)
    random.shuffle(credited)
    left_net, left_tax = priced.subtotal_minor, priced.tax_minor
    for line in credited:
        left_tax -= line.tax_minor
        left_net -= line.total_minor - line.tax_minor
        assert left_net >= 0
        assert left_tax >= 0
    assert (left_net, left_tax) == (0, 0)


@given(line_terms(), currencies)
def test_a_discount_is_within_half_a_minor_unit_of_the_exact_one(line: LineTerms, currency: str) -> None:
    scale = 10 ** minor_digits(currency)
    share = Fraction(line.discount_percent) / 100 * Fraction(line.unit_price) + Fraction(
        line.discount_per_unit
    )
    exact = share * Fraction(line.quantity) * scale
    assert abs(price(line, currency=currency).lines[0].discount_minor - exact) <= Fraction(1, 2)


def test_the_same_terms_give_the_same_document_whether_given_as_list_or_tuple() -> None:
    lines = [terms("19.99", "3", tax="25"), terms("1")]
    assert price_document(lines, "EUR") is price_document(tuple(lines), "EUR")


GOOD = price_document(
    [LineTerms(Decimal(100), Decimal(1), tax_rate=Decimal(25))], "EUR", fees=[Fee(Decimal(3))]
)


@pytest.mark.parametrize(
    "broken",
    [
        GOOD._replace(total_minor=GOOD.total_minor + 1),
        GOOD._replace(tax_minor=GOOD.tax_minor + 1, total_minor=GOOD.total_minor + 1),
        GOOD._replace(fees_minor=0, total_minor=GOOD.total_minor - GOOD.fees_minor, subtotal_minor=10_001),
        GOOD._replace(subtotal_minor=GOOD.subtotal_minor + 1, total_minor=GOOD.total_minor + 1),
        GOOD._replace(lines=(GOOD.lines[0]._replace(net_minor=9_999),)),
        GOOD._replace(lines=(GOOD.lines[0]._replace(discount_minor=-1, net_minor=10_001),)),
        GOOD._replace(lines=(GOOD.lines[0]._replace(tax_minor=-1),)),
        GOOD._replace(lines=(GOOD.lines[0]._replace(total_minor=-1),)),
    ],
)
def test_a_document_whose_totals_disagree_is_stopped(broken: PricedDocument) -> None:
    check_identities(GOOD)
    with pytest.raises(BrokenRule):
        check_identities(broken)


def test_unchecked_terms_that_would_pay_the_customer_are_stopped() -> None:
    with pytest.raises(BrokenRule):
        price(terms("-1"))
    with pytest.raises(BrokenRule):
        price(terms("10", percent="101"))
    with pytest.raises(BrokenRule):
        price(terms("10", per_unit="11"))


def test_a_total_that_a_64_bit_column_cannot_hold_is_stopped() -> None:
    assert price(terms("92233720368547758.07")).total_minor == 9_223_372_036_854_775_807
    with pytest.raises(BrokenRule):
        price(terms("92233720368547758.08"))


def test_fees_and_taxes_on_the_whole_are_lines_that_nothing_is_taken_off() -> None:
    goods = LineTerms(Decimal(100), Decimal(1), tax_rate=Decimal(25))
    freight = LineTerms(Decimal(10), Decimal(1), levy="fee")
    levied = LineTerms(Decimal("3.75"), Decimal(1), levy="tax")
    priced = price_document([goods, freight, levied], "EUR", [OrderDiscount(percent=Decimal(20))])

    assert [
        (line.net_minor, line.order_discount_minor, line.tax_minor, line.total_minor) for line in priced.lines
    ] == [
        (10000, 2000, 2000, 10000),
        (1000, 0, 0, 1000),
        (0, 0, 375, 375),
    ]
    assert (priced.subtotal_minor, priced.tax_minor, priced.total_minor) == (11000, 2375, 11375)
