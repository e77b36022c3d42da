"""What was agreed in a checkout, kept whole: the records of a purchase are made of this, and of nothing else.

Between the charge and the records a link may be edited, a code archived, a day may end. What the buyer agreed to and
was charged for does not change by that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from kalends.billing.create import NewLine
from kalends.core.calendar import Frequency
from kalends.core.checkout import Document, Offer
from kalends.core.money import from_minor
from kalends.core.terms import FEE, TAX, LineTerms
from kalends.sales.codes import Code
from kalends.sales.offers import Terms


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that are billed together: once (``frequency`` None), or by one subscription from ``start`` on.

    ``off_minor`` is what a discount on the whole takes off their first payment, without tax. Fees and taxes on the
    whole are lines of what is billed once.
    """

    lines: tuple[NewLine, ...]
    frequency: Frequency | None
    start: date
    payments: int | None
    off_minor: int
    due_now: bool


class Asked(NamedTuple):
    """One of the seller's own questions: its name, how it was worded, and its type."""

    name: str
    label: str
    type: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """An offer as its buyer agreed to it. ``code`` is the discount code's word, ``code_percent`` its share if it is
    one. ``asked`` are the seller's own questions."""

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
    asked: tuple[Asked, ...] = ()

    def answered(self, answers: Mapping[str, str]) -> list[tuple[Asked, str]]:
        """The questions that were answered, in their order, each with its answer as the buyer's ``custom`` has it."""
        return [(each, answers[each.name]) for each in self.asked if answers.get(each.name)]


def agree_on(terms: Terms, offer: Offer, code: Code | None) -> Agreed:
    """The offer, with everything of its lines that the records will say."""
    copies = {line.offered.key: line.new for line in terms.sold}
    bought = {line.key: line for line in offer.lines}

    def lines(document: Document) -> tuple[NewLine, ...]:
        return tuple(
            _as_bought(copies[key], bought[key].unit_price, bought[key].quantity) for key in document.keys
        )

    parts = [
        Part(
            lines(each),
            each.frequency,
            each.start,
            each.payments,
            each.priced.order_discount_minor,
            each.due_now,
        )
        for each in offer.documents
    ]
    return Agreed(
        name=terms.name,
        currency=offer.currency,
        day=offer.day,
        due_minor=offer.due_minor,
        subscribes=offer.subscribes,
        parts=tuple(_with_levies(parts, offer)),
        code=None if code is None else code.code,
        code_percent=None if code is None else code.percent,
        payment_app=terms.payment_app,
        subscription_app=terms.subscription_app,
        address=terms.address,
        owner_id=terms.owner_id,
        allowed_payment_methods=None
        if terms.allowed_payment_methods is None
        else tuple(terms.allowed_payment_methods),
        asked=tuple(Asked(each["name"], each["label"], each["type"]) for each in terms.custom_fields),
    )


def _with_levies(parts: list[Part], offer: Offer) -> list[Part]:
    """Fees and taxes on the whole go with what is billed once; where nothing is, they are billed by themselves."""
    levies = tuple(
        NewLine(
            each.label, LineTerms(from_minor(each.amount_minor, offer.currency), Decimal(1), levy=each.kind)
        )
        for each in offer.added
        if each.kind in (FEE, TAX) and each.amount_minor
    )
    if not levies:
        return parts
    if parts and parts[0].frequency is None:
        return [replace(parts[0], lines=parts[0].lines + levies), *parts[1:]]
    return [Part(levies, None, offer.day, None, 0, due_now=True), *parts]


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
            "asked": tuple(Asked(*each) for each in kept.get("asked", ())),
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
    words = ("tax_inclusive", "levy")
    numbers = {name: Decimal(value) for name, value in terms.items() if name not in words}
    return NewLine(
        **{
            **kept,
            "terms": LineTerms(**numbers, tax_inclusive=terms["tax_inclusive"], levy=terms.get("levy", "")),
            "unit_cost": None if cost is None else Decimal(cost),
        }
    )
