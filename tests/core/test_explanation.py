"""Explanations: every step leads to the next, and rounding is told exactly where it happened."""

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from tests.core.strategies import currencies, fees, line_terms, order_discounts

from kalends.core.explanation import Step, explain_document
from kalends.core.pricing import Fee, LineTerms, OrderDiscount, price_document


def line(
    price: str,
    quantity: str = "1",
    per_unit: str = "0",
    percent: str = "0",
    tax: str = "0",
    inclusive: bool = False,
) -> LineTerms:
    return LineTerms(
        *[Decimal(text) for text in (price, quantity, per_unit, percent, tax)], tax_inclusive=inclusive
    )


def texts(steps: list[Step]) -> list[str]:
    return [f"{step.sign} {step.text}" for step in steps]


def test_a_discount_that_was_rounded_says_so() -> None:
    steps = explain_document([("Fiber", line("11.90", percent="15"))], "EUR")
    assert texts(steps) == [
        "+ Fiber: 1 x 11.90 is 11.90",
        "- 15 % discount of 11.90 is 1.785, rounded half up to 1.79",
        "= Subtotal",
        "= Total",
    ]
    assert [step.rule for step in steps] == [
        "price-times-quantity",
        "discount-rounded-half-up",
        "sum-of-lines",
        "subtotal-discounts-fees-taxes",
    ]


def test_nothing_is_said_of_rounding_where_nothing_was_rounded() -> None:
    steps = explain_document([("Desk", line("1200.00", "2", per_unit="100", tax="25"))], "NOK")
    assert texts(steps) == [
        "+ Desk: 2 x 1,200.00 is 2,400.00",
        "- Discount of 2 x 100.00 is 200.00",
        "= Subtotal",
        "+ 25 % tax on 2,200.00 is 550.00",
        "= Total",
    ]


def test_a_price_finer_than_a_cent_is_shown_in_full() -> None:
    step = explain_document([("Calls", line("0.000125", "1000"))], "USD")[0]
    assert step.text == "Calls: 1000 x 0.000125 is 0.125, rounded half up to 0.13"
    assert step.rule == "price-times-quantity-rounded-half-up"
    assert step.params == {
        "name": "Calls",
        "quantity": "1000",
        "price": "0.000125",
        "exact": "0.125",
        "amount": "0.13",
        "rounded": "yes",
    }


def test_tax_inside_a_price_is_taken_out_and_shown_again() -> None:
    steps = explain_document([("Book", line("19.90", tax="25", inclusive=True))], "EUR")
    assert texts(steps) == [
        "+ Book: 1 x 19.90 is 19.90",
        "- Tax of 3.98 that the prices include is taken out, and shown again as tax below",
        "= Subtotal",
        "+ 25 % tax included in 19.90 is 3.98",
        "= Total",
    ]


def test_an_endless_tax_is_cut_and_marked_so() -> None:
    steps = explain_document([("Book", line("10.00", tax="7.7", inclusive=True))], "EUR")
    assert steps[-2].text == "7.7 % tax included in 10.00 is 0.714948..., rounded half up to 0.71"
    assert steps[-2].rule == "tax-within-price-rounded-half-up"


def test_an_included_tax_after_an_order_discount_is_that_of_what_is_left() -> None:
    lines = [("Book", line("125", tax="25", inclusive=True))]
    steps = explain_document(lines, "EUR", [OrderDiscount(percent=Decimal(10), label="Spring")])
    assert texts(steps)[2:] == [
        "= Subtotal",
        "- Spring: 10 % of 100.00 is 10.00, before tax",
        "+ 25 % tax on 90.00 is 22.50",
        "= Total",
    ]


def test_order_discounts_and_fees_are_told_in_their_order() -> None:
    steps = explain_document(
        [("Plan", line("99.99"))],
        "EUR",
        [OrderDiscount(Decimal(10)), OrderDiscount(percent=Decimal(5))],
        [Fee(Decimal(3), label="Shipping"), Fee(percent=Decimal(1), tax_rate=Decimal(25))],
    )
    assert texts(steps)[1:] == [
        "= Subtotal",
        "- Order discount: the amount agreed is 10.00, before tax",
        "- Order discount: 5 % of 89.99 is 4.4995, rounded half up to 4.50, before tax",
        "+ Shipping: the amount agreed is 3.00",
        "+ Fee: 1 % of 85.49 is 0.8549, rounded half up to 0.85",
        "+ 25 % tax on 0.85 is 0.2125, rounded half up to 0.21",
        "= Total",
    ]


def test_a_currency_without_decimals_is_told_without_them() -> None:
    steps = explain_document([("Ticket", line("1250", "3", tax="10"))], "JPY")
    assert texts(steps) == [
        "+ Ticket: 3 x 1,250 is 3,750",
        "= Subtotal",
        "+ 10 % tax on 3,750 is 375",
        "= Total",
    ]


documents = st.lists(line_terms(), max_size=4)


@given(documents, currencies, order_discounts, fees())
def test_the_steps_add_up_like_a_sum_on_paper(
    lines: list[LineTerms], currency: str, discounts: list[OrderDiscount], charges: list[Fee]
) -> None:
    steps = explain_document([("Item", terms) for terms in lines], currency, discounts, charges)
    reached = 0
    for step in steps:
        assert step.amount_minor >= 0
        if step.sign == "=":
            assert step.amount_minor == reached
        else:
            reached += step.amount_minor if step.sign == "+" else -step.amount_minor
    priced = price_document(lines, currency, discounts, charges)
    assert steps[-1].kind == "total"
    assert reached == priced.total_minor


@given(documents, currencies, order_discounts, fees())
def test_rounding_is_told_where_the_exact_number_differs_and_nowhere_else(
    lines: list[LineTerms], currency: str, discounts: list[OrderDiscount], charges: list[Fee]
) -> None:
    for step in explain_document([("Item", terms) for terms in lines], currency, discounts, charges):
        rounded = step.rule.endswith("-rounded-half-up")
        assert ("rounded half up to" in step.text) == rounded == ("rounded" in step.params)
        if "exact" in step.params:
            assert (step.params["exact"] != step.params["amount"]) == rounded
            assert re.fullmatch(r"[0-9,]+(\.[0-9]+(\.\.\.)?)?", step.params["exact"])
