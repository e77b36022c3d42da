"""Credit notes take back what was charged, to the cent, however a line or an invoice is cut into parts."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import oracle
from tests.core.strategies import currencies, line_terms

from kalends.core.credit import Credited, credit_part, credit_used
from kalends.core.pricing import LineTerms, price_document

amounts = st.integers(0, 10**9)


@st.composite
def lines_in_parts(draw: st.DrawFn) -> tuple[int, int, list[int]]:
    """A line's net amount and tax, and parts that add up to it."""
    net, tax = draw(amounts), draw(amounts)
    cuts = sorted(draw(st.lists(st.integers(0, net + tax), max_size=8)))
    ends = [0, *cuts, net + tax]
    return net, tax, [end - start for start, end in itertools.pairwise(ends)]


@given(lines_in_parts())
def test_the_parts_of_a_line_add_up_to_the_line_to_the_cent(line: tuple[int, int, list[int]]) -> None:
    net, tax, parts = line
    before, credited = 0, Credited(0, 0)
    for part in parts:
        taken = credit_part(net, tax, before, part)
        assert taken.total_minor == part
        assert taken.net_minor >= 0
        assert taken.tax_minor >= 0
        before += part
        credited = Credited(credited.net_minor + taken.net_minor, credited.tax_minor + taken.tax_minor)
        assert credited.tax_minor <= tax

    assert credited == (net, tax)


@given(lines_in_parts())
def test_the_tax_of_a_part_is_its_share_but_for_one_unit(line: tuple[int, int, list[int]]) -> None:
    net, tax, parts = line
    before = 0
    for part in parts:
        taken = credit_part(net, tax, before, part)
        if part:
            assert abs(taken.tax_minor - Fraction(tax * part, net + tax)) <= 1
        before += part


@given(lines_in_parts())
def test_a_part_is_what_the_oracle_says(line: tuple[int, int, list[int]]) -> None:
    net, tax, parts = line
    split = oracle.credited_parts(net, tax, parts)
    before = [sum(parts[:place]) for place in range(len(parts))]
    assert [tuple(credit_part(net, tax, b, part)) for b, part in zip(before, parts, strict=True)] == split


@given(st.lists(line_terms(), min_size=1, max_size=4), currencies, st.data())
def test_crediting_every_line_in_any_order_and_any_parts_gives_the_invoice_to_the_cent(
    terms: list[LineTerms], currency: str, data: st.DataObject
) -> None:
    """Pain 14: tax on the sum of an invoice against tax per line of its credit notes."""
    priced = price_document(terms, currency)
    left = {place: (line.total_minor, 0) for place, line in enumerate(priced.lines) if line.total_minor}
    net = tax = 0
    for _ in range(3 * len(terms)):
        if not left:
            break
        place = data.draw(st.sampled_from(sorted(left)))
        rest, before = left.pop(place)
        part = data.draw(st.integers(1, rest) | st.just(rest))
        line = priced.lines[place]
        taken = credit_part(line.total_minor - line.tax_minor, line.tax_minor, before, part)
        net, tax = net + taken.net_minor, tax + taken.tax_minor
        if part < rest:
            left[place] = (rest - part, before + part)
    for place, (rest, before) in left.items():
        line = priced.lines[place]
        taken = credit_part(line.total_minor - line.tax_minor, line.tax_minor, before, rest)
        net, tax = net + taken.net_minor, tax + taken.tax_minor

    assert (net, tax, net + tax) == (priced.subtotal_minor, priced.tax_minor, priced.total_minor)


@pytest.mark.parametrize(("before", "part"), [(0, 126), (100, 26), (126, 0), (0, -1), (-1, 1)])
def test_more_than_is_left_of_a_line_cannot_be_credited(before: int, part: int) -> None:
    with pytest.raises(ValueError, match="cannot be credited of a line of 125"):
        credit_part(100, 25, before, part)


@given(amounts, amounts, st.integers(0, 1000))
def test_credit_is_used_as_far_as_it_goes_and_leaves_nothing_that_cannot_be_charged(
    balance: int, total: int, smallest: int
) -> None:
    used = credit_used(balance, total, smallest)
    rest = total - used
    assert 0 <= used <= min(balance, total)
    if total >= smallest:
        assert rest == 0 or rest >= smallest
    if used < min(balance, total):
        assert rest == min(smallest, total), "credit is kept only for the sake of the smallest charge"


@given(amounts, amounts, st.integers(0, 1000))
def test_the_credit_used_is_what_the_oracle_says(balance: int, total: int, smallest: int) -> None:
    assert credit_used(balance, total, smallest) == oracle.credit_used(balance, total, smallest)
