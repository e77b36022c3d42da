"""What a buyer pays at checkout: today, line by line, and every payment to come; the rules, without a database.

Lines are priced and taxed as anywhere else (:mod:`kalends.core.pricing`), and divided into subscriptions by the one
rule (:mod:`kalends.core.grouping`). What is billed once makes one document, what falls due together one for each
subscription; each document that is due today becomes an invoice, and one charge pays them all.

A discount code is an order discount of the first payment. It comes to an amount first: a share of the subtotals that
are due today, rounded half up (the discount is rounded, not the net), or the fixed amount. That is taken off what is
billed once, and only what is left of it off the first payments of subscriptions, shared among those in proportion to
their subtotals by largest remainder. Later payments are the full ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from kalends.core.calendar import Frequency, due_date, end_date
from kalends.core.choices import (
    TOTAL_MOST_MINOR,
    Bought,
    Choice,
    OfferedLine,
    Wrong,
    bought_lines,
    is_taken,
    is_too_large,
    wrong_of_line,
)
from kalends.core.grouping import RecurringItem, group_items
from kalends.core.money import allocate, from_minor, minimum_charge, round_ratio
from kalends.core.pricing import PricedDocument, PricedLine, PricedTax, price_document
from kalends.core.terms import LineTerms, OrderDiscount

__all__ = [
    "Added",
    "Choice",
    "CodeTooLarge",
    "Document",
    "DueLine",
    "FutureCharge",
    "NothingToReduce",
    "Offer",
    "OfferedLine",
    "Reduction",
    "Wrong",
    "is_chargeable",
    "price_offer",
    "wrong_choices",
]


class Reduction(NamedTuple):
    """What a discount code takes off: a share in percent, or an amount in minor units without tax."""

    percent: Decimal | None = None
    amount_minor: int | None = None


class Added(NamedTuple):
    """A discount, a fee or a tax on the whole of what is due: its kind, its name, and what it adds to the sum.

    In minor units; below 0 for a discount, which is in the documents already.
    """

    kind: str
    label: str
    amount_minor: int


class DueLine(NamedTuple):
    """A line as it is bought. ``priced`` is its first payment, whenever that is due; ``recurring_minor`` a later one's
    total (0 where it is billed once). All in minor units, with tax in the totals."""

    key: int
    name: str
    quantity: Decimal
    unit_price: Decimal
    frequency: Frequency | None
    payments: int | None
    starts: date
    due_now: bool
    priced: PricedLine
    recurring_minor: int


class FutureCharge(NamedTuple):
    """The next payment of a subscription after today, and what follows it: ``then_minor`` each ``frequency``.

    ``payments`` counts those that are left with this one; None renews until canceled, as does ``ends_on``.
    """

    day: date
    amount_minor: int
    frequency: Frequency
    payments: int | None
    keys: tuple[int, ...]
    then_minor: int | None
    ends_on: date | None


class Document(NamedTuple):
    """Lines that are billed together: once (``frequency`` None), or by one subscription. ``priced`` is the first
    payment, ``regular`` one without the discount code."""

    keys: tuple[int, ...]
    frequency: Frequency | None
    start: date
    payments: int | None
    priced: PricedDocument
    regular: PricedDocument
    due_now: bool


class Offer(NamedTuple):
    """What a buyer is shown and charged: sums of what is due on ``day``, in minor units, and the payments to come.

    ``due = subtotal - order discount + tax``, and with what is ``added`` as fees and taxes on the whole; the subtotal
    is without tax and after the lines' own discounts, ``tax`` that of the lines.
    """

    currency: str
    day: date
    lines: tuple[DueLine, ...]
    documents: tuple[Document, ...]
    subtotal_minor: int
    line_discount_minor: int
    order_discount_minor: int
    tax_minor: int
    due_minor: int
    taxes: tuple[PricedTax, ...]
    future: tuple[FutureCharge, ...]
    added: tuple[Added, ...] = ()

    @property
    def recurs(self) -> bool:
        """Whether the buyer agrees to payments to come."""
        return bool(self.future)

    @property
    def subscribes(self) -> bool:
        """Whether it makes a subscription, which has a payment method even where a single payment is agreed."""
        return any(document.frequency is not None for document in self.documents)

    @property
    def digest(self) -> str:
        """What stands for the whole offer: any other amount, line or day has another one."""
        said = (
            self.currency,
            self.day,
            self.lines,
            self.due_minor,
            self.order_discount_minor,
            self.future,
            self.added,
        )
        return blake2b(repr(said).encode(), digest_size=16).hexdigest()


class CodeTooLarge(ValueError):
    """The discount code would leave nothing to pay: it takes off less than all, or it cannot be used."""


class NothingToReduce(ValueError):
    """Nothing is due at checkout that a discount code could reduce."""


def price_offer(
    lines: Sequence[OfferedLine],
    choices: Mapping[int, Choice],
    currency: str,
    day: date,
    reduction: Reduction | None = None,
) -> Offer:
    """What is due on ``day``, and every payment to come. Expects choices that :func:`wrong_choices` has passed.

    Raises :class:`NothingToReduce` and :class:`CodeTooLarge` for a reduction that cannot be used on this.

    >>> cap = OfferedLine(1, "Cap", LineTerms(Decimal("11.90"), Decimal(1)))
    >>> offer = price_offer([cap], {}, "EUR", date(2026, 3, 1), Reduction(percent=Decimal(15)))
    >>> offer.order_discount_minor, offer.due_minor
    (179, 1011)
    >>> phone = OfferedLine(2, "Phone", LineTerms(Decimal("49"), Decimal(1)), Frequency.MONTHLY)
    >>> price_offer([phone], {}, "EUR", date(2026, 1, 31)).future[0][:2]
    (datetime.date(2026, 2, 28), 4900)
    """
    bought = list(bought_lines(lines, choices, day))
    parts = _divide(bought, day)
    regular = [price_document(tuple(item.terms for item in part), currency) for part in parts]
    off = _shares_of_code(parts, regular, reduction, currency, day)
    documents = tuple(
        _document(part, full, taken, currency, day)
        for part, full, taken in zip(parts, regular, off, strict=True)
    )
    due = [document.priced for document in documents if document.due_now]
    return Offer(
        currency=currency,
        day=day,
        lines=tuple(_due_lines(bought, documents)),
        documents=documents,
        subtotal_minor=sum(priced.subtotal_minor for priced in due),
        line_discount_minor=sum(priced.discount_minor - priced.order_discount_minor for priced in due),
        order_discount_minor=sum(priced.order_discount_minor for priced in due),
        tax_minor=sum(priced.tax_minor for priced in due),
        due_minor=sum(priced.total_minor for priced in due),
        taxes=_taxes(due),
        future=tuple(_future(documents)),
    )


def wrong_choices(
    lines: Sequence[OfferedLine], choices: Mapping[int, Choice], currency: str, day: date
) -> list[Wrong]:
    """Everything that is wrong with what a buyer chose: bounds, and amounts below the smallest charge.

    >>> seat = OfferedLine(1, "Seat", LineTerms(Decimal(5), Decimal(1)), chooses_quantity=True, quantity_to=4)
    >>> wrong_choices([seat], {1: Choice(quantity=Decimal(9))}, "EUR", date(2026, 3, 1))
    [Wrong(key=1, about='quantity', code='too_large', bound=Decimal('4'))]
    """
    wrong = [
        found
        for line in lines
        if (choice := choices.get(line.key)) is not None
        for found in wrong_of_line(line, choice, currency)
    ]
    if not any(is_taken(line, choices) for line in lines):
        wrong.append(Wrong(None, "taken", "missing"))
    if not wrong and is_too_large(lines, choices, currency, day):
        wrong.append(Wrong(None, "total", "too_large", from_minor(TOTAL_MOST_MINOR, currency)))
    return wrong or _below_smallest(price_offer(lines, choices, currency, day))


def _below_smallest(offer: Offer) -> list[Wrong]:
    """What no processor would charge: a sum due today, or a payment to come, above nothing and below the smallest."""
    smallest = minimum_charge(offer.currency, offer.day)
    sums = [
        offer.due_minor,
        *(document.regular.total_minor for document in offer.documents if document.frequency),
    ]
    if any(0 < amount < smallest for amount in sums):
        return [Wrong(None, "total", "too_small", from_minor(smallest, offer.currency))]
    return []


def is_chargeable(offer: Offer) -> bool:
    """Whether every sum of an offer is one that may be charged."""
    return not _below_smallest(offer)


def _divide(bought: Sequence[Bought], day: date) -> list[list[Bought]]:
    """What is billed once comes first, then the lines of each subscription."""
    items = [
        RecurringItem(number, item.line.frequency, item.line.payments, item.starts)
        for number, item in enumerate(bought)
    ]
    grouping = group_items(items, day)
    parts = [grouping.one_time, *(group.items for group in grouping.groups)]
    return [[bought[int(str(item.key))] for item in part] for part in parts if part]


def _shares_of_code(
    parts: Sequence[Sequence[Bought]],
    regular: Sequence[PricedDocument],
    reduction: Reduction | None,
    currency: str,
    day: date,
) -> list[int]:
    """What the code takes off each part's first payment, in minor units."""
    nothing = [0] * len(parts)
    if reduction is None:
        return nothing
    now = [part[0].starts == day for part in parts]
    once = [
        priced.subtotal_minor if part[0].line.frequency is None else 0
        for part, priced in zip(parts, regular, strict=True)
    ]
    again = [
        priced.subtotal_minor if due and part[0].line.frequency is not None else 0
        for part, priced, due in zip(parts, regular, now, strict=True)
    ]
    whole = sum(once) + sum(again)
    if not whole:
        raise NothingToReduce("Nothing is due at checkout that a discount code could reduce.")
    off = _amount_of(reduction, whole)
    if off >= whole:
        raise CodeTooLarge(
            f"The code takes off {from_minor(off, currency)} {currency}, and only "
            f"{from_minor(whole, currency)} {currency} is due without tax."
        )
    of_once = min(off, sum(once))
    shares = zip(
        allocate(of_once, once) if of_once else nothing,
        allocate(off - of_once, again) if off > of_once else nothing,
        strict=True,
    )
    return [first + later for first, later in shares]


def _amount_of(reduction: Reduction, subtotal_minor: int) -> int:
    if reduction.percent is None:
        return reduction.amount_minor or 0
    numerator, denominator = reduction.percent.as_integer_ratio()
    return round_ratio(subtotal_minor * numerator, 100 * denominator)


def _document(
    part: Sequence[Bought], regular: PricedDocument, off_minor: int, currency: str, day: date
) -> Document:
    first = part[0]
    priced = reduced(tuple(item.terms for item in part), currency, off_minor) if off_minor else regular
    return Document(
        keys=tuple(item.line.key for item in part),
        frequency=first.line.frequency,
        start=first.starts,
        payments=first.line.payments if first.line.frequency is not None else None,
        priced=priced,
        regular=regular,
        due_now=first.starts == day,
    )


@lru_cache(maxsize=4096)
def reduced(terms: tuple[LineTerms, ...], currency: str, off_minor: int) -> PricedDocument:
    """Lines with an order discount of so many minor units.

    >>> reduced((LineTerms(Decimal("11.90"), Decimal(1)),), "EUR", 179).total_minor
    1011
    """
    return price_document(terms, currency, [OrderDiscount(amount=from_minor(off_minor, currency))])


def _due_lines(bought: Sequence[Bought], documents: Sequence[Document]) -> Iterator[DueLine]:
    places = {key: (document, number) for document in documents for number, key in enumerate(document.keys)}
    for item in bought:
        document, number = places[item.line.key]
        recurs = document.frequency is not None
        yield DueLine(
            key=item.line.key,
            name=item.line.name,
            quantity=item.terms.quantity,
            unit_price=item.terms.unit_price,
            frequency=document.frequency,
            payments=document.payments,
            starts=item.starts,
            due_now=document.due_now,
            priced=document.priced.lines[number],
            recurring_minor=document.regular.lines[number].total_minor if recurs else 0,
        )


def _taxes(due: Sequence[PricedDocument]) -> tuple[PricedTax, ...]:
    sums: dict[tuple[Decimal, bool], tuple[int, int]] = {}
    for priced in due:
        for tax in priced.taxes:
            base, amount = sums.get((tax.rate, tax.inclusive), (0, 0))
            sums[tax.rate, tax.inclusive] = base + tax.base_minor, amount + tax.tax_minor
    return tuple(PricedTax(*key, *amounts) for key, amounts in sums.items())


def _future(documents: Sequence[Document]) -> Iterator[FutureCharge]:
    """In the order of the days."""
    charges: list[FutureCharge] = []
    for document in documents:
        if document.frequency is None:
            continue
        first = 1 if document.due_now else 0
        left = None if document.payments is None else document.payments - first
        if left == 0:
            continue
        charges.append(
            FutureCharge(
                day=due_date(document.start, document.frequency, first),
                amount_minor=document.regular.total_minor,
                frequency=document.frequency,
                payments=left,
                keys=document.keys,
                then_minor=None if left == 1 else document.regular.total_minor,
                ends_on=None
                if document.payments is None
                else end_date(document.start, document.frequency, document.payments),
            )
        )
    yield from sorted(charges, key=lambda charge: charge.day)
