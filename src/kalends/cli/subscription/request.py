"""A request for subscriptions as people write it, in options or in a file, read into what the service understands.

Both come to one document: names with values, and its lines. Whatever cannot be read is told with its place, its value
and what would be right.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kalends.billing.agree import LineWanted, Wanted
from kalends.billing.create import NewLine
from kalends.catalog.registry import suggestion
from kalends.cli.session import Session
from kalends.core.calendar import Frequency
from kalends.core.pricing import LineTerms
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

Document = dict[str, Any]

LINE_PARTS = ("name", "price", "quantity", "frequency", "payments", "start", "discount_percent", "tax")
SHAPE = "NAME;PRICE;QUANTITY;FREQUENCY;PAYMENTS;START;DISCOUNT%;TAX%"
LINE_NAMES = (
    *LINE_PARTS,
    *(
        "delay_days",
        "delay_months",
        "discount",
        "tax_included",
        "tax_label",
        "description",
        "sku",
        "unit_cost",
    ),
)
NAMES = (
    "contact company currency method due accept online_payment email_invoices collect address start bill_from off name "
    "owner comments language frequency lines"
).split()
_DELAY = re.compile(r"\+?(\d{1,5})(d|mo)", re.IGNORECASE)
_NET = re.compile(r"(?:net\s*)?(\d{1,5})(?:\s*days)?", re.IGNORECASE)
_CONTACT = """
    SELECT id FROM contact WHERE account_id = %(account_id)s AND archived_at IS NULL
        AND (email = lower(%(wanted)s) OR id = %(id)s)
    ORDER BY email = lower(%(wanted)s) DESC NULLS LAST LIMIT 1
"""
_COMPANIES = """
    SELECT id FROM company WHERE account_id = %(account_id)s AND archived_at IS NULL
        AND (lower(name) = lower(%(wanted)s) OR lower(domain) = lower(%(wanted)s) OR id = %(id)s)
    ORDER BY id LIMIT 2
"""
_OWNER = """
    SELECT m.user_id FROM membership AS m JOIN app_user AS u ON u.id = m.user_id
    WHERE m.account_id = %(account_id)s AND (u.email = lower(%(wanted)s) OR u.id = %(id)s)
"""


def read_file(path: Path) -> Document:
    """The document of a TOML or JSON file. Raises UserFacing; OSError where there is no such file."""
    try:
        text = path.read_text("utf-8")
        if path.suffix.lower() == ".json":
            document = json.loads(text, parse_float=Decimal)
        else:
            document = tomllib.loads(text, parse_float=Decimal)
    except (
        ValueError,
        ArithmeticError,
        RecursionError,
    ) as problem:  # numbers without end, lists in lists in lists
        raise UserFacing(
            "This file cannot be read.",
            where=str(path),
            value=str(problem),
            remedy="Write it as TOML or JSON.",
        ) from problem
    if not isinstance(document, dict):
        raise wrong(str(path), type(document).__name__, "Write an object with names and values.")
    return document


def typed_line(text: str, number: int) -> Document:
    """A line of the form ``NAME;PRICE;...``, as a document. Raises UserFacing."""
    parts = [part.strip() for part in text.split(";")]
    if len(parts) > len(LINE_PARTS) or len(parts) < 2 or not parts[0] or not parts[1]:
        raise wrong(
            f"line {number}",
            text,
            f'Write it as {SHAPE}, such as "Fiber;499;1;monthly"; a name and a price are needed.',
        )
    return {
        name: part.removesuffix("%").strip() for name, part in zip(LINE_PARTS, parts, strict=False) if part
    }


def wanted_of(document: Document, session: Session, ctx: AccountContext) -> Wanted:
    """What the service is asked for. Raises UserFacing for what cannot be read and for records that are not there."""
    _refuse_unknown(document, NAMES, "the request")
    method = document.get("method")
    off = _flag(document, "off", "off", default=False)
    return Wanted(
        contact_id=_record(session, ctx, _CONTACT, "contact", document.get("contact")),
        company_id=_optional(session, ctx, _COMPANIES, "company", document.get("company")),
        owner_id=_optional(session, ctx, _OWNER, "owner", document.get("owner")),
        lines=_lines(document),
        currency=str(document.get("currency", ctx.currency)).upper(),
        automatic=method is not None,
        payment_method_id=None if method is None else _whole(method, "method"),
        allowed_payment_methods=_several(document, "accept"),
        net_terms_days=_due(document.get("due", "receipt")),
        online_payment=_flag(document, "online_payment", "online payment", default=True)
        if "online_payment" in document
        else None,
        email_invoices=_flag(document, "email_invoices", "email invoices", default=True),
        collect_address_types=_collected(document),
        address=_address(document.get("address")),
        start=_day(document.get("start"), "start"),
        bill_from=_day(document.get("bill_from"), "first day billed here"),
        billed_elsewhere=off,
        name=_text(document.get("name")),
        comments=_text(document.get("comments")),
        language=_text(document.get("language")),
    )


def _lines(document: Document) -> list[LineWanted]:
    lines = document.get("lines", [])
    if not isinstance(lines, list) or not all(isinstance(line, Mapping) for line in lines):
        raise wrong("lines", type(lines).__name__, "Write a list of lines, each with its names and values.")
    usual = document.get("frequency")
    return [_line({"frequency": usual, **line}, f"line {n}") for n, line in enumerate(lines, start=1)]


def _line(said: Document, place: str) -> LineWanted:
    _refuse_unknown(said, LINE_NAMES, place)
    terms = LineTerms(
        unit_price=_number(said.get("price"), f"{place}, price"),
        quantity=_number(said.get("quantity", 1), f"{place}, quantity"),
        discount_per_unit=_number(said.get("discount", 0), f"{place}, discount"),
        discount_percent=_number(said.get("discount_percent", 0), f"{place}, discount percent"),
        tax_rate=_number(said.get("tax", 0), f"{place}, tax"),
        tax_inclusive=_flag(said, "tax_included", f"{place}, tax included", default=False),
    )
    cost = said.get("unit_cost")
    line = NewLine(
        str(said.get("name", "")),
        terms,
        description=_text(said.get("description")),
        sku=_text(said.get("sku")),
        tax_label=_text(said.get("tax_label")),
        unit_cost=None if cost is None else _number(cost, f"{place}, unit cost"),
    )
    days, months = said.get("delay_days"), said.get("delay_months")
    start = said.get("start")
    delay = _DELAY.fullmatch(start.strip()) if isinstance(start, str) else None
    if delay is not None:
        start = None
        days, months = (delay[1], months) if delay[2].lower() == "d" else (days, delay[1])
    payments = said.get("payments")
    return LineWanted(
        line,
        _frequency(said.get("frequency"), f"{place}, frequency"),
        None if payments is None else _whole(payments, f"{place}, number of payments"),
        start=_day(start, f"{place}, start"),
        delay_days=None if days is None else _whole(days, f"{place}, delay"),
        delay_months=None if months is None else _whole(months, f"{place}, delay"),
    )


def _frequency(value: object, place: str) -> Frequency | None:
    if value is None:
        raise wrong(place, "", f"Say how often it is billed: {', '.join(Frequency)}.")
    text = str(value).strip().lower().replace(" ", "_").replace("-", "_")
    if text in ("once", "one_time"):
        return None
    try:
        return Frequency(text)
    except ValueError as problem:
        raise wrong(place, str(value), f"Give one of {', '.join(Frequency)}.") from problem


def _due(value: object) -> int:
    text = str(value).strip().lower()
    net = _NET.fullmatch(text)
    if text in ("receipt", "on receipt", "due on receipt"):
        return 0
    if net is None:
        raise wrong("due", text, "Write receipt, or the number of days: net 15, 30, 45, 60, 90 or any other.")
    return int(net[1])


def _collected(document: Document) -> list[str] | None:
    """The addresses to ask for: ``billing`` and ``shipping`` for short."""
    short = {"billing": "billing_address", "shipping": "shipping_address"}
    said = _several(document, "collect")
    return None if said is None else [short.get(value, value) for value in said]


def _address(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise wrong(
            "billing address", str(value), 'Write its parts, such as address="Storgata 1" and zip="0155".'
        )
    return {str(part): str(text) for part, text in value.items()}


def _several(document: Document, name: str) -> list[str] | None:
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, Sequence):
        raise wrong(name, str(value), "Write a list.")
    return [str(item) for item in value]


def _day(value: object, place: str) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError as problem:
        remedy = (
            "Write a day that exists, such as 2026-03-01, or a delay of days or months, such as 14d or 2mo."
        )
        raise wrong(
            place, str(value), remedy if place.startswith("line") else "Write it like 2026-03-01."
        ) from problem


def _number(value: object, place: str) -> Decimal:
    if value is None:
        raise wrong(place, "", "It is missing; give a number such as 12.50.")
    try:
        if isinstance(value, bool):
            raise InvalidOperation
        return Decimal(str(value).strip())
    except InvalidOperation as problem:
        raise wrong(
            place, str(value), "Give a number such as 12.50, with a point before decimals."
        ) from problem


def _whole(value: object, place: str) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
        raise wrong(place, text, "Give a whole number.")
    return int(text)


def _flag(said: Document, name: str, place: str, *, default: bool) -> bool:
    value = said.get(name, default)
    if not isinstance(value, bool):
        raise wrong(place, str(value), "Give true or false.")
    return value


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _optional(session: Session, ctx: AccountContext, query: Any, place: str, wanted: object) -> int | None:
    return None if wanted is None else _record(session, ctx, query, place, wanted)


def _record(session: Session, ctx: AccountContext, query: Any, place: str, wanted: object) -> int:
    """The id of the one record that is called so. Raises UserFacing."""
    text = str(wanted or "").strip()
    if not text:
        raise wrong(place, "", f"A subscription needs a {place}; give an address or a number.")
    id_ = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    rows = session.db.execute(query, {"account_id": ctx.id, "wanted": text, "id": id_}).fetchall()
    if len(rows) > 1:
        raise wrong(place, text, "Several are called so; give the number of the one that is meant.")
    if not rows:
        remedy = (
            f"No {place} of account {ctx.id} ({ctx.name}) is called so: look for a slip, or import it first."
        )
        raise wrong(place, text, remedy)
    return rows[0][0]


def _refuse_unknown(said: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    for name in said:
        if name not in known:
            raise wrong(
                f"{place}, {name}", str(said[name]), f"There is no such name. {suggestion(name, known)}"
            )


def wrong(where: str, value: str, remedy: str) -> UserFacing:
    """What cannot be read, and how it would be right."""
    return UserFacing("This cannot be agreed; nothing was made.", where=where, value=value, remedy=remedy)
