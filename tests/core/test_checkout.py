"""Checkout: what is due today and what later, to the cent, whoever chooses what and whatever a code takes off."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import checkout_oracle as slow
from tests.core import oracle
from tests.core.strategies import currencies, line_terms

from kalends.core.calendar import Frequency
from kalends.core.checkout import (
    Choice,
    CodeTooLarge,
    NothingToReduce,
    OfferedLine,
    Reduction,
    is_chargeable,
    price_offer,
    wrong_choices,
)
from kalends.core.money import minor_digits
from kalends.core.terms import LineTerms

TODAY = date(2026, 1, 31)
MONTHLY, ANNUALLY = Frequency.MONTHLY, Frequency.ANNUALLY


def line(
    key: int, price: str, frequency: Frequency | None = None, *, tax: str = "0", **more: Any
) -> OfferedLine:
    return OfferedLine(
        key, f"Line {key}", LineTerms(Decimal(price), Decimal(1), tax_rate=Decimal(tax)), frequency, **more
    )


def off(percent: str) -> Reduction:
    return Reduction(percent=Decimal(percent))


def test_the_discount_of_a_code_is_rounded_and_not_the_net() -> None:
    offer = price_offer([line(1, "11.90")], {}, "EUR", TODAY, off("15"))
    assert (offer.subtotal_minor, offer.order_discount_minor, offer.due_minor) == (1190, 179, 1011)


def test_a_code_is_taken_off_what_is_billed_once_first_and_then_off_the_first_payments() -> None:
    lines = [line(1, "49", MONTHLY), line(2, "10"), line(3, "99", ANNUALLY)]
    by_key = {
        due.key: due.priced.order_discount_minor
        for due in price_offer(lines, {}, "EUR", TODAY, off("10")).lines
    }
    assert by_key == {1: 192, 2: 1000, 3: 388}
    assert sum(by_key.values()) == 1580


def test_a_code_leaves_later_payments_alone() -> None:
    offer = price_offer([line(1, "49", MONTHLY)], {}, "EUR", TODAY, off("50"))
    assert offer.due_minor == 2450
    assert [(charge.day, charge.amount_minor, charge.then_minor) for charge in offer.future] == [
        (date(2026, 2, 28), 4900, 4900)
    ]


def test_a_code_reduces_what_taxes_fall_on() -> None:
    offer = price_offer([line(1, "100", tax="25")], {}, "NOK", TODAY, Reduction(amount_minor=2000))
    assert (offer.subtotal_minor, offer.order_discount_minor, offer.tax_minor, offer.due_minor) == (
        10000,
        2000,
        2000,
        10000,
    )


def test_a_code_that_would_leave_nothing_to_pay_is_refused() -> None:
    with pytest.raises(CodeTooLarge, match=r"takes off 10\.00 EUR"):
        price_offer([line(1, "10")], {}, "EUR", TODAY, Reduction(amount_minor=1000))


def test_a_code_finds_nothing_to_reduce_where_everything_starts_later() -> None:
    with pytest.raises(NothingToReduce):
        price_offer([line(1, "10", MONTHLY, delay_days=14)], {}, "EUR", TODAY, off("10"))


def test_what_starts_later_is_not_due_today_and_stands_among_the_payments_to_come() -> None:
    offer = price_offer([line(1, "10", MONTHLY, delay_months=1, payments=3), line(2, "5")], {}, "EUR", TODAY)
    assert offer.due_minor == 500
    (charge,) = offer.future
    assert (charge.day, charge.amount_minor, charge.payments, charge.ends_on) == (
        date(2026, 2, 28),
        1000,
        3,
        date(2026, 5, 28),
    )


def test_a_single_payment_that_is_due_today_leaves_none_to_come() -> None:
    offer = price_offer([line(1, "10", MONTHLY, payments=1)], {}, "EUR", TODAY)
    assert offer.due_minor == 1000
    assert not offer.recurs


def test_a_start_that_has_passed_is_today() -> None:
    (due,) = price_offer([line(1, "10", MONTHLY, start=date(2025, 6, 1))], {}, "EUR", TODAY).lines
    assert (due.starts, due.due_now) == (TODAY, True)


def test_what_resolves_to_the_same_day_is_one_subscription() -> None:
    lines = [
        line(1, "10", MONTHLY, delay_days=28),
        line(2, "20", MONTHLY, delay_months=1),
        line(3, "30", MONTHLY, start=date(2026, 2, 28)),
        line(4, "40", MONTHLY, start=date(2026, 2, 28), payments=6),
    ]
    documents = price_offer(lines, {}, "EUR", TODAY).documents
    assert [document.keys for document in documents] == [(1, 2, 3), (4,)]


def test_an_optional_line_is_bought_only_by_who_says_so() -> None:
    lines = [line(1, "10"), line(2, "5", optional=True)]
    assert price_offer(lines, {}, "EUR", TODAY).due_minor == 1000
    assert price_offer(lines, {2: Choice()}, "EUR", TODAY).due_minor == 1500
    assert price_offer(lines, {2: Choice(taken=False)}, "EUR", TODAY).due_minor == 1000


def test_a_buyer_chooses_quantity_and_price_within_their_bounds() -> None:
    lines = [
        line(1, "10", chooses_quantity=True, quantity_from=2, quantity_to=5),
        line(2, "20", chooses_price=True, price_from=Decimal("7.50")),
    ]
    chosen = {1: Choice(quantity=Decimal(3)), 2: Choice(price=Decimal("8.25"))}
    assert not wrong_choices(lines, chosen, "EUR", TODAY)
    assert price_offer(lines, chosen, "EUR", TODAY).due_minor == 3825


@pytest.mark.parametrize(
    ("choice", "about", "code", "bound"),
    [
        (Choice(quantity=Decimal(1)), "quantity", "too_small", Decimal(2)),
        (Choice(quantity=Decimal(6)), "quantity", "too_large", Decimal(5)),
        (Choice(quantity=Decimal("2.5")), "quantity", "not_whole", None),
        (Choice(quantity=Decimal("NaN")), "quantity", "not_whole", None),
        (Choice(price=Decimal("7.49")), "price", "too_small", Decimal("7.50")),
        (Choice(price=Decimal("7.505")), "price", "too_precise", Decimal(2)),
        (Choice(price=Decimal(10**10)), "price", "too_large", Decimal(10**9)),
        (Choice(price=Decimal("Infinity")), "price", "too_precise", Decimal(2)),
        (Choice(taken=False), "taken", "missing", None),
    ],
)
def test_a_choice_out_of_bounds_is_named(
    choice: Choice, about: str, code: str, bound: Decimal | None
) -> None:
    offered = line(
        1,
        "10",
        chooses_quantity=True,
        quantity_from=2,
        quantity_to=5,
        chooses_price=True,
        price_from=Decimal("7.50"),
    )
    found = wrong_choices([offered], {1: choice}, "EUR", TODAY)[0]
    assert found == (1, about, code, bound)


def test_what_is_not_offered_to_be_chosen_cannot_be() -> None:
    lines = [line(1, "10")]
    wrong = wrong_choices(lines, {1: Choice(quantity=Decimal(2), price=Decimal(1))}, "EUR", TODAY)
    assert [(found.about, found.code) for found in wrong] == [
        ("quantity", "not_offered"),
        ("price", "not_offered"),
    ]
    assert not wrong_choices(lines, {1: Choice(quantity=Decimal(1), price=Decimal(10))}, "EUR", TODAY)


def test_somebody_who_buys_nothing_is_told() -> None:
    assert wrong_choices([line(1, "10", optional=True)], {}, "EUR", TODAY)[0].about == "taken"


def test_no_sum_may_be_below_the_smallest_charge() -> None:
    own_price = line(1, "10", chooses_price=True)
    wrong = wrong_choices([own_price], {1: Choice(price=Decimal("0.10"))}, "EUR", TODAY)
    assert [(found.about, found.code) for found in wrong] == [("total", "too_small")]
    assert not is_chargeable(price_offer([line(1, "0.10", MONTHLY), line(2, "50")], {}, "EUR", TODAY))
    assert is_chargeable(price_offer([line(1, "10")], {}, "EUR", TODAY))


def test_another_amount_line_or_day_is_another_offer() -> None:
    lines = [line(1, "10", MONTHLY)]
    digests = {
        price_offer(lines, {}, "EUR", TODAY).digest,
        price_offer(lines, {}, "EUR", date(2026, 2, 1)).digest,
        price_offer(lines, {}, "USD", TODAY).digest,
        price_offer(lines, {}, "EUR", TODAY, off("10")).digest,
        price_offer([*lines, line(2, "0")], {}, "EUR", TODAY).digest,
    }
    assert len(digests) == 5
    assert price_offer(list(lines), {1: Choice()}, "EUR", TODAY).digest in digests


@st.composite
def baskets(draw: st.DrawFn) -> list[slow.Item]:
    """Up to six lines, some billed once, some again, now or later."""
    items: list[slow.Item] = []
    for key in range(draw(st.integers(1, 6))):
        item = slow.Item(key, tuple(draw(line_terms()))[:6])  # type: ignore[arg-type]
        if draw(st.booleans()):
            item.frequency = draw(st.sampled_from(["monthly", "annually", "weekly"]))
            item.payments = draw(st.none() | st.integers(1, 3))
            match draw(st.sampled_from(["now", "date", "days", "months"])):
                case "date":
                    item.start = draw(st.dates(date(2025, 12, 1), date(2026, 4, 1)))
                case "days":
                    item.delay_days = draw(st.sampled_from([0, 1, 28, 29]))
                case "months":
                    item.delay_months = draw(st.sampled_from([0, 1, 2]))
                case _:
                    pass
        items.append(item)
    return items


def offered(item: slow.Item) -> OfferedLine:
    """An item of the oracle as the rules know it."""
    return OfferedLine(
        item.key,
        "A line",
        LineTerms(*item.terms),
        Frequency(item.frequency) if item.frequency else None,
        item.payments,
        item.start,
        item.delay_days,
        item.delay_months,
    )


reductions = st.none() | st.decimals(Decimal("0.01"), Decimal("99.99"), places=2) | st.integers(1, 5_000)


@given(items=baskets(), currency=currencies, taken_off=reductions)
def test_every_offer_is_what_the_slow_oracle_works_out(
    items: list[slow.Item], currency: str, taken_off: Decimal | int | None
) -> None:
    lines = [offered(item) for item in items]
    percent, fixed = (taken_off, None) if isinstance(taken_off, Decimal) else (None, taken_off)
    expected = slow.checkout(items, TODAY, minor_digits(currency), percent, fixed)
    reduction = None if taken_off is None else Reduction(percent, fixed)
    if expected is None:
        with pytest.raises((CodeTooLarge, NothingToReduce)):
            price_offer(lines, {}, currency, TODAY, reduction)
        return
    offer = price_offer(lines, {}, currency, TODAY, reduction)
    now = [part for part in expected if part.start == TODAY]
    assert offer.due_minor == sum(part.first.total for part in now)
    assert offer.tax_minor == sum(part.first.tax for part in now)
    assert offer.order_discount_minor == sum(part.off for part in now)
    assert offer.due_minor == offer.subtotal_minor - offer.order_discount_minor + offer.tax_minor
    assert sum(tax.tax_minor for tax in offer.taxes) == offer.tax_minor
    due_lines = {due.key: due for due in offer.lines}
    assert sum(due.priced.total_minor for due in offer.lines if due.due_now) == offer.due_minor
    for part in expected:
        for item, first in zip(part.items, part.first.lines, strict=True):
            due = due_lines[item.key]
            assert (due.starts, due.due_now) == (part.start, part.start == TODAY)
            assert (due.priced.tax_minor, due.priced.order_discount_minor) == (first.tax, first.off)
            assert due.priced.total_minor == first.untaxed - first.off + first.tax
    to_come = [(charge.day, charge.amount_minor, charge.payments) for charge in offer.future]
    assert sorted(to_come, key=str) == sorted(_to_come(expected), key=str)


def _to_come(parts: list[slow.Part]) -> list[tuple[date, int, int | None]]:
    found: list[tuple[date, int, int | None]] = []
    for part in parts:
        item = part.items[0]
        made = 1 if part.start == TODAY else 0
        if item.frequency and (item.payments is None or item.payments > made):
            day = oracle.nth_date(part.start, item.frequency, made)
            left = None if item.payments is None else item.payments - made
            found.append((day, part.later.total, left))
    return found
