"""Two implementations that share no line come to the same dates and the same cents."""

import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kalends.core.calendar import Frequency, due_date
from kalends.core.currencies import MINOR_DIGITS
from kalends.core.money import allocate, format_minor
from kalends.core.pricing import LineTerms, price_document
from kalends.core.revenue import arr_minor, mrr_minor
from kalends.proof.oracle.dates import Anchor, cycle_day
from kalends.proof.oracle.money import decimals, shares, written
from kalends.proof.oracle.prices import Terms, document
from kalends.proof.oracle.revenue import monthly, yearly

FREQUENCIES = st.sampled_from(list(Frequency))
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31))
MINORS = st.integers(0, 10**12)


def numbers(most: int, places: int = 6) -> st.SearchStrategy[Decimal]:
    """Decimals from 0, also such that end in a five after the last cent."""
    return st.decimals(0, most, places=places, allow_nan=False, allow_infinity=False)


LINES = st.builds(
    lambda price, quantity, percent, rate, inclusive: LineTerms(
        price, quantity, discount_percent=percent, tax_rate=rate, tax_inclusive=inclusive
    ),
    numbers(10_000),
    numbers(100, 3),
    st.one_of(st.just(Decimal(0)), numbers(100, 2)),
    st.sampled_from([Decimal(0), Decimal(25), Decimal(15), Decimal("7.25"), Decimal("25.5")]),
    st.booleans(),
)


LEVIES = st.builds(
    lambda price, levy: LineTerms(price, Decimal(1), levy=levy), numbers(100), st.sampled_from(["fee", "tax"])
)


@given(DAYS, FREQUENCIES, st.integers(-40, 400), st.integers(-5, 50))
def test_cycles_fall_on_the_same_days(anchor: dt.date, frequency: Frequency, n: int, cycle: int) -> None:
    if not 1900 < anchor.year + n * max(frequency.months, 1) // 12 < 9000:
        return
    assert cycle_day(Anchor(anchor, cycle), frequency.value, cycle + n) == due_date(anchor, frequency, n)


@given(st.lists(LINES | LEVIES, max_size=5), st.sampled_from(["EUR", "NOK", "JPY", "KWD"]))
def test_documents_come_to_the_same_cents(lines: list[LineTerms], currency: str) -> None:
    priced = price_document(lines, currency)
    terms = tuple(Terms(*map(str, line[:5]), line.tax_inclusive, line.levy) for line in lines)
    again = document(terms, currency)

    assert [tuple(line) for line in again.lines] == [tuple(line[:5]) for line in priced.lines]
    assert (again.subtotal, again.discount, again.tax, again.total) == (
        priced.subtotal_minor,
        priced.discount_minor,
        priced.tax_minor,
        priced.total_minor,
    )


@given(MINORS, st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
def test_shares_are_the_same(total: int, weights: list[int]) -> None:
    assert shares(total, weights) == allocate(total, weights)


@given(MINORS, FREQUENCIES)
def test_recurring_revenue_is_the_same(amount: int, frequency: Frequency) -> None:
    assert monthly(amount, frequency.value) == mrr_minor([amount], frequency)
    assert yearly(amount, frequency.value) == arr_minor([amount], frequency)


@given(st.integers(-(10**12), 10**12), st.sampled_from(sorted(MINOR_DIGITS)))
def test_amounts_are_written_alike(minor: int, currency: str) -> None:
    assert decimals(currency) == MINOR_DIGITS[currency]
    assert written(minor, currency) == format_minor(minor, currency)
