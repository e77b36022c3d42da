"""What Hypothesis draws from: dates, frequencies, currencies, line terms, order discounts and fees."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from kalends.core.calendar import Frequency
from kalends.core.pricing import Fee, LineTerms, OrderDiscount

dates = st.dates(date(1999, 1, 1), date(2100, 12, 31))
frequencies = st.sampled_from(Frequency)
currencies = st.sampled_from(["EUR", "NOK", "USD", "JPY", "KWD"])
rates = st.sampled_from(
    [Decimal(text) for text in ("0", "0", "25", "25.0", "15", "24", "6", "7.7", "8.875", "33.333333")]
)
percents = st.decimals(0, 100, places=6) | st.sampled_from(
    [Decimal(15), Decimal(50), Decimal(100), Decimal("33.3")]
)
prices = (
    st.decimals(0, 10_000, places=6)
    | st.decimals(0, 100, places=2)
    | st.sampled_from([Decimal("11.90"), Decimal("0.005"), Decimal("0.000001"), Decimal(0)])
)
quantities = st.integers(1, 500).map(Decimal) | st.decimals(Decimal("0.000001"), 100, places=6)


@st.composite
def line_terms(draw: st.DrawFn) -> LineTerms:
    """Terms that pass validate_line, with no discount, one per unit, or one in percent."""
    price = draw(prices)
    per_unit = percent = Decimal(0)
    kind = draw(st.sampled_from(["none", "per_unit", "percent"]))
    if kind == "per_unit":
        per_unit = draw(st.decimals(0, price, places=6))
    elif kind == "percent":
        percent = draw(percents)
    return LineTerms(price, draw(quantities), per_unit, percent, draw(rates), draw(st.booleans()))


order_discounts = st.lists(percents.map(lambda percent: OrderDiscount(percent=percent)), max_size=2)


@st.composite
def fees(draw: st.DrawFn) -> list[Fee]:
    """Up to three fees, by amount (whole units, which every currency can pay) or percentage, taxed or not."""
    by_amount = st.integers(0, 500).map(lambda amount: (Decimal(amount), Decimal(0)))
    by_percent = percents.map(lambda percent: (Decimal(0), percent))
    drawn = draw(st.lists(st.tuples(by_amount | by_percent, rates), max_size=3))
    return [Fee(amount, percent, rate) for (amount, percent), rate in drawn]
