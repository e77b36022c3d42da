"""Values as HubSpot's API writes them. How a person reads them is the business of the faces."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from kalends.catalog.model import Property
from kalends.core.currencies import MINOR_DIGITS

_MOST_DECIMALS = max(MINOR_DIGITS.values())


@lru_cache(maxsize=1024)
def moment(value: datetime) -> str:
    """A moment as the API writes it; those of a batch are mostly the same one.

    >>> moment(datetime(2026, 3, 2, 9, 15, 0, 120999, tzinfo=UTC))
    '2026-03-02T09:15:00.120Z'
    """
    return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def to_api(prop: Property, value: object) -> str | None:
    """The text of a value as a compiled query returned it; ``None`` where there is none.

    Amounts keep the decimals of their currency; prices finer than that, and other numbers, lose trailing zeros.

    >>> from kalends.catalog import get_object, get_property
    >>> invoice = get_object("invoice")
    >>> to_api(get_property(invoice, "hs_amount_billed"), Decimal("1200.50"))
    '1200.50'
    >>> to_api(get_property(invoice, "hs_due_date"), date(2026, 3, 1))
    '2026-03-01T00:00:00.000Z'
    """
    if type(value) is str:
        return value or None
    if type(value) is int:
        return str(value)
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case Decimal():
            return _number(prop, value)
        case datetime():
            return moment(value)
        case date():
            midnight = "T00:00:00.000Z" if prop.api_type == "datetime" else ""
            return value.isoformat() + midnight
        case list() | tuple():
            parts: list[object] = list(value)  # pyright: ignore[reportUnknownArgumentType]
            return ";".join(str(part) for part in parts) or None
        case _:
            return str(value)


def _number(prop: Property, value: Decimal) -> str:
    text = f"{value:f}"
    if prop.type == "money" and -int(value.as_tuple().exponent) <= _MOST_DECIMALS:
        return text
    return text.rstrip("0").rstrip(".") if "." in text else text


def api_type(prop: Property) -> str:
    """HubSpot's name for the type of a property."""
    if prop.api_type:
        return prop.api_type
    return {"money": "number", "phone_number": "string"}.get(prop.type, prop.type)
