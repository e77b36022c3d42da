"""A period's price is shared by whole days, rounded once."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import oracle
from tests.core.strategies import currencies, line_terms

from kalends.core.credit import credit_part
from kalends.core.pricing import LineTerms, price_document
from kalends.core.proration import prorated_document, prorated_minor, share_left
from kalends.proof.oracle.prices import Terms, document
from kalends.proof.oracle.shares import document_of_days

days = st.dates(date(2000, 1, 1), date(2099, 1, 1))
lengths = st.integers(1, 1900)


@given(days, lengths)
def test_everything_is_left_on_the_first_day_and_nothing_after_the_last(start: date, length: int) -> None:
    end = start + timedelta(days=length)

    assert share_left(start, end, start) == 1
    assert share_left(start, end, end) == 0
    assert share_left(start, end, end - timedelta(days=1)) == Fraction(1, length)


@given(days, lengths, st.integers(-10, 2000))
def test_outside_the_period_it_is_as_at_its_borders(start: date, length: int, offset: int) -> None:
    end = start + timedelta(days=length)
    left = max(0, min(length, length - offset))

    assert share_left(start, end, start + timedelta(days=offset)) == Fraction(left, length)


@given(st.integers(0, 10**9), days, lengths, st.integers(0, 1900))
def test_the_share_differs_from_the_exact_one_by_half_a_minor_unit_at_most(
    amount: int, start: date, length: int, offset: int
) -> None:
    end, on = start + timedelta(days=length), start + timedelta(days=min(offset, length))

    exact = Fraction(amount) * (end - on).days / length
    assert abs(prorated_minor(amount, start, end, on) - exact) <= Fraction(1, 2)


def test_a_period_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="has no days"):
        share_left(date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 1))


lines = st.lists(line_terms(), min_size=1, max_size=6)
parts = st.tuples(st.integers(1, 366), st.integers(1, 366)).map(lambda pair: Fraction(min(pair), max(pair)))


@given(lines, currencies, parts)
def test_a_share_of_a_document_adds_up_line_by_line_and_in_its_totals(
    terms: list[LineTerms], currency: str, share: Fraction
) -> None:
    priced = prorated_document(terms, currency, share)

    for line, part in zip(terms, priced.lines, strict=True):
        assert part.net_minor == part.gross_minor - part.discount_minor
        assert part.total_minor == part.net_minor + (0 if line.tax_inclusive else part.tax_minor)
        assert min(part) >= 0
    assert priced.total_minor == sum(part.total_minor for part in priced.lines)
    assert priced.total_minor == priced.subtotal_minor + priced.tax_minor
    assert sum(tax.tax_minor for tax in priced.taxes) == priced.tax_minor


@given(lines, currencies, parts)
def test_each_total_and_discount_is_the_nearest_to_its_exact_share(
    terms: list[LineTerms], currency: str, share: Fraction
) -> None:
    whole, priced = price_document(terms, currency), prorated_document(terms, currency, share)

    for full, part in zip(whole.lines, priced.lines, strict=True):
        assert part.total_minor == oracle.nearest(full.total_minor * share)
        assert part.discount_minor == oracle.nearest(full.discount_minor * share)
        assert part.discount_minor == 0 or full.discount_minor
        # The tax is that of the whole line, in proportion to what was rounded: within a unit of its own exact share.
        assert abs(part.tax_minor - full.tax_minor * share) <= 1


@given(lines, currencies, parts)
def test_the_slow_second_way_gives_the_same(terms: list[LineTerms], currency: str, share: Fraction) -> None:
    whole = document(tuple(_stored(line) for line in terms), currency)
    slow = document_of_days(whole, [_stored(line) for line in terms], share.numerator, share.denominator)

    priced = prorated_document(terms, currency, share)

    assert [tuple(line) for line in slow.lines] == [tuple(line)[:5] for line in priced.lines]
    assert slow[1:] == (priced.subtotal_minor, priced.discount_minor, priced.tax_minor, priced.total_minor)


def _stored(line: LineTerms) -> Terms:
    price, quantity, per_unit, percent, rate, inclusive, _levy = line
    return Terms(str(price), str(quantity), str(per_unit), str(percent), str(rate), inclusive)


@given(lines, currencies)
def test_the_whole_period_is_the_whole_price(terms: list[LineTerms], currency: str) -> None:
    whole, priced = price_document(terms, currency), prorated_document(terms, currency, Fraction(1))

    assert priced.lines == whole.lines
    assert priced[1:7] == whole[1:7]


@given(line_terms(), currencies, parts)
def test_what_is_charged_and_given_back_on_one_day_is_nothing_in_net_and_tax(
    line: LineTerms, currency: str, share: Fraction
) -> None:
    whole = price_document([line], currency).lines[0]
    part = prorated_document([line], currency, share).lines[0]

    given_back = credit_part(whole.total_minor - whole.tax_minor, whole.tax_minor, 0, part.total_minor)

    assert given_back == (part.total_minor - part.tax_minor, part.tax_minor)


@given(
    days,
    lengths,
    st.lists(st.tuples(st.integers(0, 1899), st.integers(0, 10**8)), max_size=12),
    st.integers(0, 10**8),
)
def test_after_any_edits_a_period_comes_to_its_days_times_their_prices(
    start: date, length: int, edits: list[tuple[int, int]], first: int
) -> None:
    """Each line is charged for its days left, and what replaces it is credited from its own day on."""
    end = start + timedelta(days=length)
    charged, credited, roundings = first, 0, 0
    line_charged, line_from = first, start
    exact, price, since = Fraction(0), first, start
    for offset, new in sorted(edits):
        on = start + timedelta(days=min(offset, length - 1))
        exact += Fraction(price * (on - since).days, length)
        credited += prorated_minor(line_charged, line_from, end, on)
        line_charged, line_from = prorated_minor(new, start, end, on), on
        charged += line_charged
        price, since, roundings = new, on, roundings + 2
    exact += Fraction(price * (end - since).days, length)

    assert abs(charged - credited - exact) <= roundings
