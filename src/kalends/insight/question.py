"""What is asked of a report: which days, divided how, in which currency, and whose subscriptions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object
from kalends.core.digits import whole_number
from kalends.core.money import UnknownCurrency, minor_digits
from kalends.insight.every import Every, how_many
from kalends.query import Associated, Condition, Filter, FilterError, Operator, parse, to_json

MOST_BUCKETS = 1_100
"""Three years of days: more columns tell nobody anything."""


class WrongQuestion(ValueError):
    """Something that cannot be asked; ``field`` names the part, and the message its value and the remedy."""

    def __init__(self, field_: str, message: str) -> None:
        super().__init__(message)
        self.field = field_


@dataclass(frozen=True, slots=True)
class Question:
    """Days from ``first`` to ``last``, both included. Without a ``currency`` all are converted into the account's own.

    ``owners``, ``products`` and ``filter`` narrow the subscriptions that are looked at, all of them together.
    """

    first: date
    last: date
    every: Every = Every.MONTHLY
    currency: str | None = None
    owners: tuple[int, ...] = ()
    products: tuple[int, ...] = ()
    filter: Filter = field(default_factory=Filter)

    @property
    def is_narrowed(self) -> bool:
        """Whether only some subscriptions are looked at."""
        return bool(self.owners or self.products or self.filter.groups)

    def narrowed(self) -> Filter:
        """The filter over subscriptions that owners, products and the filter come to together."""
        own: list[Condition | Associated] = []
        if self.owners:
            own.append(Condition("hubspot_owner_id", Operator.IS_ANY_OF, tuple(map(str, self.owners))))
        if self.products:
            has = Condition("hs_product_id", Operator.IS_ANY_OF, tuple(map(Decimal, self.products)))
            own.append(Associated("line_item", (has,)))
        if not own:
            return self.filter
        return Filter(tuple((*own, *group) for group in self.filter.groups or ((),)))

    def to_text(self) -> dict[str, str]:
        """The question as :func:`read_question` reads it, for an address."""
        told = {"from": self.first.isoformat(), "to": self.last.isoformat(), "every": self.every.value}
        if self.currency:
            told["currency"] = self.currency
        if self.owners:
            told["owner"] = ",".join(map(str, self.owners))
        if self.products:
            told["product"] = ",".join(map(str, self.products))
        if self.filter.groups:
            told["filter"] = json.dumps(to_json(get_object("subscription"), self.filter))
        return told


def read_question(asked: Mapping[str, str], ctx: AccountContext) -> Question:
    """A question of an address or a command: ``from``, ``to``, ``every``, ``currency``, ``owner``, ``product``,
    ``filter`` (JSON). Twelve months up to today unless said otherwise. Raises :class:`WrongQuestion`.
    """
    last = _day("to", asked.get("to", ""), ctx.today)
    months = last.year * 12 + last.month - 12
    first = _day("from", asked.get("from", ""), date(months // 12, months % 12 + 1, 1))
    every = _every(asked.get("every", ""))
    if first > last:
        raise WrongQuestion(
            "from", f"{first} is after {last}. Give a first day that is not after the last one."
        )
    if how_many(first, last, every) > MOST_BUCKETS:
        raise WrongQuestion(
            "every",
            f"{first} to {last}, {every.value}, has more than {MOST_BUCKETS:,} columns. Give fewer days or longer "
            f"columns.",
        )
    return Question(
        first,
        last,
        every,
        _currency(asked.get("currency", "")),
        _numbers("owner", asked.get("owner", "")),
        _numbers("product", asked.get("product", "")),
        _filter(asked.get("filter", "")),
    )


def _day(name: str, text: str, otherwise: date) -> date:
    if not text.strip():
        return otherwise
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = None
    if day is None or not date(1970, 1, 1) <= day <= date(2200, 12, 31):
        raise WrongQuestion(name, f"{text!r} is no day. Give one such as 2026-03-31.")
    return day


def _every(text: str) -> Every:
    try:
        return Every(text.strip() or Every.MONTHLY)
    except ValueError:
        raise WrongQuestion("every", f"{text!r} is no length of time. Give {', '.join(Every)}.") from None


def _currency(text: str) -> str | None:
    code = text.strip().upper()
    if not code:
        return None
    try:
        minor_digits(code)
    except UnknownCurrency as problem:
        raise WrongQuestion("currency", f"{text!r} is no currency. Give a code such as EUR.") from problem
    return code


def _numbers(name: str, text: str) -> tuple[int, ...]:
    numbers: dict[int, None] = {}
    for part in (each.strip() for each in text.split(",") if each.strip()):
        number = whole_number(part)
        if number is None:
            raise WrongQuestion(name, f"{part!r} is no number. Give numbers of records, with commas between.")
        numbers[number] = None
    return tuple(numbers)


def _filter(text: str) -> Filter:
    if not text.strip():
        return Filter()
    try:
        return parse(get_object("subscription"), text)
    except FilterError as problem:
        raise WrongQuestion("filter", f"The filter cannot be read. {problem}") from problem
