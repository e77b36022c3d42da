"""What a column of a file may become: properties of the catalogue, and a few words that only imports know."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from kalends.catalog import Property, Value, WrongValue, get_object, read_value
from kalends.catalog.values import read_bool, read_date, read_number, read_text

OBJECTS = ("contact", "company", "subscription")

LONGEST_TEXT = 65_536
LONGEST_KEY = 200
LONGEST_EMAIL = 254
LONGEST_DOMAIN = 253
LONGEST_NAME = 500

_EMAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]+")
_DOMAIN = re.compile(
    r"([a-z0-9\u00a1-\uffff]([a-z0-9\u00a1-\uffff-]*[a-z0-9\u00a1-\uffff])?\.)+[a-z\u00a1-\uffff]{2,}"
)
_METHOD_KINDS = ("card", "ach", "sepa", "bacs", "pads")
_MOST_CYCLES = 10_000

SECRET = "(not shown)"  # noqa: S105
"""Stands for a value that must not be repeated: a card number has no business in a list of problems."""

Kind = str
SQL_TYPES = {"number": "numeric", "money": "numeric", "date": "date", "bool": "boolean"}


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that a column may become. ``read`` takes text in the catalogue's form and raises ``WrongValue``.

    ``column`` is the plain column of the record where the value is put, if there is one.
    """

    name: str
    kind: Kind
    read: Callable[[str], Value]
    about: str
    column: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def sql_type(self) -> str:
        """The type of the column in PostgreSQL."""
        return SQL_TYPES.get(self.kind, "text")


def canonical(value: Value) -> str:
    """A value in the one text form in which it is staged, and which PostgreSQL reads as well.

    >>> canonical(Decimal("1.50")), canonical(date(2026, 3, 1)), canonical(True), canonical(("ach", "sepa"))
    ('1.50', '2026-03-01', 'true', 'ach;sepa')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ";".join(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


@cache
def targets_of(object_name: str) -> Mapping[str, Target]:
    """Everything that a column may become when records of this object are imported, by name."""
    found = {target.name: target for target in _of_catalogue(object_name)}
    found |= {target.name: target for target in _EXTRA[object_name]}
    return found


def _of_catalogue(object_name: str) -> list[Target]:
    return [
        _target(prop)
        for prop in get_object(object_name).properties
        if "import" in prop.writable_by and prop.name not in _NOT_IMPORTED
    ]


_NOT_IMPORTED = frozenset({"hs_payments_source_app_id", "hs_payment_method_source_at_creation"})
"""What the import itself knows better than the file."""


def _target(prop: Property, prefix: str = "") -> Target:
    readers: dict[str, Callable[[str], Value]] = {
        "email": read_email,
        "domain": read_domain,
        "hs_net_payment_terms": lambda raw: whole(raw, 0, 365),
        "hs_number_of_expected_payments": lambda raw: whole(raw, 1, _MOST_CYCLES),
        "hubspot_owner_id": read_short,
        "hs_name": lambda raw: limited(raw, LONGEST_NAME),
        "name": lambda raw: limited(raw, LONGEST_NAME),
    }
    plain = (lambda raw: limited(raw, LONGEST_TEXT)) if prop.is_text else (lambda raw: read_value(prop, raw))
    return Target(
        name=prefix + prop.name,
        kind=prop.type,
        read=readers.get(prop.name, plain),
        about=prop.label.en,
        column=prop.column,
        choices=tuple(option.value for option in prop.options),
    )


def limited(raw: str, longest: int) -> str:
    """A text that is not too long to be kept."""
    text = read_text(raw)
    if len(text) > longest:
        raise WrongValue(raw, f"It has {len(text):,} characters; give at most {longest:,}.")
    return text


def read_short(raw: str) -> str:
    """A key: what names a record in another system."""
    return limited(raw, LONGEST_KEY)


def read_email(raw: str) -> str:
    """An email address, in lower case."""
    text = limited(raw, LONGEST_EMAIL).lower()
    if not _EMAIL.fullmatch(text):
        raise WrongValue(raw, "Give an email address such as kari@example.com.")
    return text


def read_domain(raw: str) -> str:
    """A domain on the internet, in lower case and without ``www.`` or a path."""
    text = limited(raw, LONGEST_DOMAIN).lower()
    text = re.sub(r"^[a-z]+://", "", text).split("/")[0].removeprefix("www.")
    if not _DOMAIN.fullmatch(text):
        raise WrongValue(raw, "Give a domain such as nordlys.example.")
    return text


def whole(raw: str, least: int, most: int) -> Decimal:
    """A whole number within bounds."""
    number = read_number(raw)
    if number != number.to_integral_value() or not least <= number <= most:
        raise WrongValue(raw, f"Give a whole number from {least} to {most:,}.")
    return Decimal(int(number))


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def read(raw: str) -> str:
        text = raw.strip().lower()
        if text not in known:
            raise WrongValue(raw, f"Give one of {', '.join(known)}.")
        return text

    return read


def _four_digits(raw: str) -> str:
    text = raw.strip()
    if not re.fullmatch(r"[0-9A-Za-z]{4}", text):
        raise WrongValue(
            raw, "Give the last four characters of the card or account, and never the whole number."
        )
    return text


def _token(raw: str) -> str:
    text = limited(raw, LONGEST_KEY).strip()
    if re.fullmatch(r"[\d -]{12,23}", text):
        raise WrongValue(
            SECRET, "This looks like a card or account number. Give the processor's token instead."
        )
    return text


def _text(name: str, about: str, read: Callable[[str], Value] = read_short) -> Target:
    return Target(name, "string", read, about)


_COMPANY_LOOKUP = [
    _text("company.key", "The key of a company that is there already"),
    _text("company.domain", "The domain of a company that is there already", read_domain),
]


def _line_targets() -> list[Target]:
    of_lines = get_object("line_item").by_name
    names = "name description hs_sku price quantity discount hs_discount_percentage hs_cost_of_goods_sold"
    return [
        *(_target(of_lines[name], "line_item.") for name in names.split()),
        Target("line_item.tax_rate", "number", read_number, "Tax rate in percent: 25 for 25 %"),
        Target("line_item.tax_inclusive", "bool", read_bool, "Whether the price already holds the tax"),
        _text("line_item.tax_label", "What the tax is called on invoices"),
    ]


_EXTRA: dict[str, list[Target]] = {
    "contact": [*_COMPANY_LOOKUP],
    "company": [],
    "subscription": [
        _text("contact.email", "Who is billed, by email address", read_email),
        _text("contact.key", "Who is billed, by the key under which contacts were imported"),
        _text("contact.firstname", "First name, for a contact that is made"),
        _text("contact.lastname", "Last name, for a contact that is made"),
        *_COMPANY_LOOKUP,
        *_line_targets(),
        _text("payment_method.token", "The processor's token of a card or bank account", _token),
        Target("payment_method.kind", "string", _one_of(_METHOD_KINDS), "What it is", choices=_METHOD_KINDS),
        _text("payment_method.last4", "Its last four characters", _four_digits),
        _text("payment_method.brand", "Visa, Mastercard or the name of the bank"),
        Target("payment_method.expires", "date", read_date, "The last day on which a card can be charged"),
        Target(
            "billed.cycles",
            "number",
            lambda raw: whole(raw, 0, _MOST_CYCLES),
            "How many cycles were billed elsewhere",
        ),
        Target("billed.until", "date", read_date, "Cycles that begin before this day were billed elsewhere"),
    ],
}
