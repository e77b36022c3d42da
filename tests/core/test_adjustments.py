"""Discounts, fees and taxes on a whole quote: to the cent as by hand, in the order in which they count."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import checkout_oracle, oracle
from tests.core.test_checkout import TODAY, baskets, offered

from kalends.core.adjustments import Adjustment, Adjustments, CannotAdjust, adjust, price_quote
from kalends.core.money import minor_digits

CURRENCIES = ["EUR", "JPY", "KWD"]
percents = st.integers(0, 10_000_000).map(lambda n: Adjustment(Decimal(n).scaleb(-5), is_percent=True))


def fixed(currency: str) -> st.SearchStrategy[Adjustment]:
    return st.integers(0, 30_000).map(lambda n: Adjustment(Decimal(n).scaleb(-minor_digits(currency))))


@st.composite
def quotes(draw: st.DrawFn) -> tuple[int, Adjustments, str]:
    currency = draw(st.sampled_from(CURRENCIES))
    some = st.lists(percents | fixed(currency), max_size=3).map(tuple)
    return draw(st.integers(0, 1_000_000)), Adjustments(draw(some), draw(some), draw(some)), currency


def by_hand(subtotal: int, adjustments: Adjustments, currency: str) -> list[list[int]] | None:
    """In fractions, one after another; None where the discounts leave nothing to pay."""

    def share(base: int, each: Adjustment) -> int:
        value = Fraction(each.value)
        return oracle.nearest(base * value / 100 if each.is_percent else value * 10 ** minor_digits(currency))

    left, off = subtotal, list[int]()
    for each in adjustments.discounts:
        off.append(share(left, each))
        left -= off[-1]
        if left < 0:
            return None
    if sum(off) and left == 0:
        return None
    fees = [share(left, each) for each in adjustments.fees]
    return [off, fees, [share(left + sum(fees), each) for each in adjustments.taxes]]


@given(quotes())
def test_discounts_then_fees_then_taxes_come_to_what_they_do_by_hand(
    quote: tuple[int, Adjustments, str],
) -> None:
    expected = by_hand(*quote)
    if expected is None:
        with pytest.raises(CannotAdjust):
            adjust(*quote)
    else:
        assert [list(each) for each in adjust(*quote)] == expected


def test_discount_on_every_payment_is_for_what_is_billed_once() -> None:
    forever = Adjustments((Adjustment(Decimal(10), is_percent=True, forever=True),))

    assert adjust(1000, forever, "EUR").discounts == (100,)
    with pytest.raises(CannotAdjust, match="put it into the line items"):
        adjust(1000, forever, "EUR", recurs=True)


@pytest.mark.parametrize(
    "wrong",
    [Adjustment(Decimal(-1)), Adjustment(Decimal(101), is_percent=True), Adjustment(Decimal("0.005"))],
)
def test_value_that_no_sum_can_be_adjusted_by_is_refused(wrong: Adjustment) -> None:
    for kind in Adjustments._fields:
        with pytest.raises(CannotAdjust):
            adjust(1000, Adjustments(**{kind: (wrong,)}), "EUR")


@given(items=baskets(), quote=quotes())
def test_first_payment_of_any_quote_is_what_the_slow_oracle_works_out(
    items: list[checkout_oracle.Item], quote: tuple[int, Adjustments, str]
) -> None:
    _subtotal, adjustments, currency = quote
    digits = minor_digits(currency)

    def due_now(off: int | None) -> list[checkout_oracle.Part]:
        parts = checkout_oracle.checkout(items, TODAY, digits, None, off)
        assert parts is not None
        return [part for part in parts if part.start == TODAY]

    plain = due_now(None)
    expected = by_hand(sum(part.subtotal for part in plain), adjustments, currency)
    if expected is None:
        with pytest.raises(CannotAdjust):
            price_quote([offered(item) for item in items], adjustments, currency, TODAY)
        return
    off, fees, taxes = (sum(each) for each in expected)
    offer = price_quote([offered(item) for item in items], adjustments, currency, TODAY)
    parts = due_now(off) if off else plain
    assert offer.due_minor == sum(part.first.total for part in parts) + fees + taxes
    assert [document.priced.total_minor for document in offer.documents if document.due_now] == [
        part.first.total for part in parts
    ]
    assert (
        offer.future == price_quote([offered(item) for item in items], Adjustments(), currency, TODAY).future
    )
