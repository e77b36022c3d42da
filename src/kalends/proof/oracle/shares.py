"""What belongs to some days of a period, counted day by day."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from kalends.proof.oracle.money import nearest
from kalends.proof.oracle.prices import Document, Line, Terms


@lru_cache(maxsize=65536)
def days_between(first: date, after: date) -> int:
    """How many days there are from ``first`` to the last one before ``after``; none if that lies before it.

    >>> days_between(date(2028, 2, 20), date(2028, 3, 1)), days_between(date(2028, 3, 1), date(2028, 2, 20))
    (10, 0)
    """
    days = 0
    while first + timedelta(days=days) < after:
        days += 1
    return days


def of_days(amount: int, left: int, days: int) -> int:
    """What of an amount for so many days belongs to those that are left.

    >>> of_days(9990, 15, 30), of_days(4999, 1, 2)
    (4995, 2500)
    """
    return nearest(Fraction(amount * left, days))


def document_of_days(whole: Document, terms: Sequence[Terms], left: int, days: int) -> Document:
    """The document that bills only the days left of the period for which ``whole`` was worked out.

    >>> whole = Document((Line(9990, 0, 9990, 2498, 12488),), 9990, 0, 2498, 12488)
    >>> document_of_days(whole, [Terms("99.90", "1", tax_rate="25")], 15, 30)
    Document(lines=(Line(gross=4995, discount=0, net=4995, tax=1249, total=6244),), subtotal=4995, ...)
    """
    lines = tuple(
        _line_of_days(line, inclusive=wanted.tax_inclusive, left=left, days=days)
        for line, wanted in zip(whole.lines, terms, strict=True)
    )
    tax, total = sum(line.tax for line in lines), sum(line.total for line in lines)
    return Document(lines, total - tax, sum(line.discount for line in lines), tax, total)


def _line_of_days(line: Line, *, inclusive: bool, left: int, days: int) -> Line:
    discount, total = of_days(line.discount, left, days), of_days(line.total, left, days)
    untaxed = of_days(line.total - line.tax, total, line.total) if line.total else 0
    net = total if inclusive else untaxed
    return Line(net + discount, discount, net, total - untaxed, total)
