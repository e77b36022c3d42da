"""What was agreed in a checkout, kept whole: the records of a purchase are made of this, and of nothing else.

Between the charge and the records a link may be edited, a code archived, a day may end. What the buyer agreed to and
was charged for does not change by that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from kalends.billing.create import NewLine
from kalends.core.calendar import Frequency
from kalends.core.checkout import Document, Offer
from kalends.core.terms import LineTerms
from kalends.sales.codes import Code
from kalends.sales.offers import Terms


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that are billed together: once (``frequency`` None), or by one subscription from ``start`` on.

    ``off_minor`` is what the discount code takes off their first payment, without tax.
    """

    lines: tuple[NewLine, ...]
    frequency: Frequency | None
    start: date
    payments: int | None
    off_minor: int
    due_now: bool


@dataclass(frozen=True, slots=True)
class Agreed:
    """An offer as its buyer agreed to it. ``code`` is the discount code's word, ``code_percent`` its share if it is
    one."""

    name: str
    currency: str
    day: date
    due_minor: int
    subscribes: bool
    parts: tuple[Part, ...]
    code: str | None
    code_percent: Decimal | None
    payment_app: str
    subscription_app: str
    address: str | None
    owner_id: int | None
    allowed_payment_methods: tuple[str, ...] | None


def agree_on(terms: Terms, offer: Offer, code: Code | None) -> Agreed:
    """The offer, with everything of its lines that the records will say."""
    copies = {line.offered.key: line.new for line in terms.sold}
    bought = {line.key: line for line in offer.lines}

    def lines(document: Document) -> tuple[NewLine, ...]:
        return tuple(
            _as_bought(copies[key], bought[key].unit_price, bought[key].quantity) for key in document.keys
        )

    return Agreed(
        name=terms.name,
        currency=offer.currency,
        day=offer.day,
        due_minor=offer.due_minor,
        subscribes=offer.subscribes,
        parts=tuple(
            Part(
                lines(each),
                each.frequency,
                each.start,
                each.payments,
                each.priced.order_discount_minor,
                each.due_now,
            )
            for each in offer.documents
        ),
        code=None if code is None else code.code,
        code_percent=None if code is None else code.percent,
        payment_app=terms.payment_app,
        subscription_app=terms.subscription_app,
        address=terms.address,
        owner_id=terms.owner_id,
        allowed_payment_methods=None
        if terms.allowed_payment_methods is None
        else tuple(terms.allowed_payment_methods),
    )


def _as_bought(line: NewLine, price: Decimal, quantity: Decimal) -> NewLine:
    terms = line.terms._replace(unit_price=price, quantity=quantity)
    return NewLine(**{**{name: getattr(line, name) for name in line.__dataclass_fields__}, "terms": terms})


def stored(agreed: Agreed) -> dict[str, Any]:
    """The form in which a checkout keeps it: decimals and days as text, so that no digit is lost."""
    whole = asdict(agreed)
    for part, kept in zip(agreed.parts, whole["parts"], strict=True):
        for line, kept_line in zip(part.lines, kept["lines"], strict=True):
            kept_line["terms"] = line.terms._asdict()
    return _plain(whole)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(name): _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case Decimal():
            return f"{value:f}"
        case Frequency():
            return value.value
        case date():
            return value.isoformat()
        case _:
            return value


def read(kept: Mapping[str, Any]) -> Agreed:
    """An agreed offer from the form in which a checkout keeps it."""
    percent, methods = kept["code_percent"], kept["allowed_payment_methods"]
    return Agreed(
        **{
            **kept,
            "day": date.fromisoformat(kept["day"]),
            "parts": tuple(map(_part, kept["parts"])),
            "code_percent": None if percent is None else Decimal(percent),
            "allowed_payment_methods": None if methods is None else tuple(methods),
        }
    )


def _part(kept: Mapping[str, Any]) -> Part:
    frequency = kept["frequency"]
    return Part(
        **{
            **kept,
            "lines": tuple(map(_line, kept["lines"])),
            "frequency": None if frequency is None else Frequency(frequency),
            "start": date.fromisoformat(kept["start"]),
        }
    )


def _line(kept: Mapping[str, Any]) -> NewLine:
    terms, cost = kept["terms"], kept["unit_cost"]
    numbers = {name: Decimal(value) for name, value in terms.items() if name != "tax_inclusive"}
    return NewLine(
        **{
            **kept,
            "terms": LineTerms(**numbers, tax_inclusive=terms["tax_inclusive"]),
            "unit_cost": None if cost is None else Decimal(cost),
        }
    )
