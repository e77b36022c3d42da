"""Line items as people type them: ``NAME;PRICE;QUANTITY;DISCOUNT%;TAX%``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from kalends.billing.create import NewLine
from kalends.billing.edit import LineEdit
from kalends.cli.records import Subscription, plain
from kalends.cli.session import Session
from kalends.core.digits import whole_number
from kalends.core.pricing import LineTerms
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

SHAPE = "NAME;PRICE;QUANTITY;DISCOUNT%;TAX%"
_EXAMPLE = '"Support;25;1;0;25"'
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,12})?", re.ASCII)
_ZERO = Decimal(0)

_LINES = """
    SELECT id, name,
        unit_price, quantity, discount_per_unit, discount_percent, tax_rate, tax_inclusive
    FROM line_item
    WHERE account_id = %(account_id)s AND parent_id = %(id)s AND parent_type = 'subscription'
        AND from_cycle <= %(cycle)s AND (until_cycle IS NULL OR until_cycle > %(cycle)s)
    ORDER BY position, id
"""


class _Typed(NamedTuple):
    """The parts of a line that were given; None where one was left out."""

    name: str | None
    price: Decimal | None
    quantity: Decimal | None
    discount: Decimal | None
    tax: Decimal | None


class LineChange(NamedTuple):
    """A change of a line, and what it is called in words."""

    edit: LineEdit
    words: str


def line_changes(
    session: Session,
    ctx: AccountContext,
    found: Subscription,
    added: Sequence[str],
    replaced: Sequence[str],
    removed: Iterable[int],
) -> list[LineChange]:
    """What was typed as changes of the lines that bill the next payment. Raises UserFacing."""
    lines = _billing_next(session, ctx, found)
    changes: list[LineChange] = []
    used: set[int] = set()
    for typed in replaced:
        text, _, rest = typed.partition("=")
        id_ = _line_id(text, lines, used, "--replace", typed)
        new = _merged(lines[id_], _parts(rest, "--replace"))
        changes.append(LineChange(LineEdit(id_, new), f"line {id_} becomes {in_words(new)}"))
    for number in removed:
        id_ = _line_id(str(number), lines, used, "--remove", str(number))
        changes.append(LineChange(LineEdit(id_), f"line {id_} ({lines[id_].name}) goes"))
    for typed in added:
        new = _added(_parts(typed, "--add"), typed)
        changes.append(LineChange(LineEdit(line=new), f"{in_words(new)} is added"))
    return changes


def in_words(line: NewLine) -> str:
    """A line in one phrase.

    >>> in_words(NewLine("Seats", LineTerms(Decimal("19.99"), Decimal(3), discount_percent=Decimal(10))))
    'Seats: 3 x 19.99 less 10 %'
    """
    terms = line.terms
    words = f"{line.name}: {plain(terms.quantity)} x {plain(terms.unit_price)}"
    if terms.discount_percent:
        words += f" less {plain(terms.discount_percent)} %"
    if terms.discount_per_unit:
        words += f" less {plain(terms.discount_per_unit)} each"
    if terms.tax_rate:
        words += f" {'with' if terms.tax_inclusive else 'plus'} {plain(terms.tax_rate)} % tax"
    return words


def _billing_next(session: Session, ctx: AccountContext, found: Subscription) -> dict[int, NewLine]:
    params = {"account_id": ctx.id, "id": found.id, "cycle": found.next_cycle}
    rows: list[tuple[Any, ...]] = session.db.execute(_LINES, params).fetchall()
    return {id_: NewLine(name, LineTerms(*terms)) for id_, name, *terms in rows}


def _line_id(text: str, lines: dict[int, NewLine], used: set[int], option: str, typed: str) -> int:
    text = text.strip()
    id_ = whole_number(text)
    known = ", ".join(f"{number} ({line.name})" for number, line in lines.items()) or "none"
    if id_ not in lines:
        raise UserFacing(
            "The next payment is not billed by such a line item.",
            where=option,
            value=typed,
            remedy=f"Its line items are {known}.",
        )
    if id_ in used:
        raise UserFacing(
            f"Line item {id_} is to be changed twice.",
            where=option,
            value=typed,
            remedy="Give one change for each line.",
        )
    used.add(id_)
    return id_


def _parts(text: str, option: str) -> _Typed:
    parts = [part.strip() or None for part in text.split(";")]
    if len(parts) > len(_Typed._fields):
        raise UserFacing(
            f"A line item has five parts, and here are {len(parts)}.",
            where=option,
            value=text,
            remedy=f"Write it as {SHAPE}, such as {_EXAMPLE}; a name holds no semicolon.",
        )
    parts += [None] * (len(_Typed._fields) - len(parts))
    name, *rest = parts
    names = _Typed._fields[1:]
    numbers = [_number(part, label, option, text) for part, label in zip(rest, names, strict=True)]
    return _Typed(name, *numbers)


def _number(part: str | None, label: str, option: str, text: str) -> Decimal | None:
    if part is None:
        return None
    bare = part.removesuffix("%").strip() if label in ("discount", "tax") else part
    if _NUMBER.fullmatch(bare) is None:
        raise UserFacing(
            f"The {label} of a line item is a number, and this is {part!r}.",
            where=option,
            value=text,
            remedy=f"Write the line as {SHAPE}, such as {_EXAMPLE}, with a point before decimals.",
        )
    return Decimal(bare)


def _added(typed: _Typed, text: str) -> NewLine:
    if typed.name is None or typed.price is None:
        raise UserFacing(
            "A new line item needs a name and a price.",
            where="--add",
            value=text,
            remedy=f"Write it as {SHAPE}, such as {_EXAMPLE}; what comes after the price may be left out.",
        )
    return NewLine(
        typed.name,
        LineTerms(
            typed.price,
            Decimal(1) if typed.quantity is None else typed.quantity,
            discount_percent=typed.discount or _ZERO,
            tax_rate=typed.tax or _ZERO,
        ),
    )


def _merged(old: NewLine, typed: _Typed) -> NewLine:
    """The old line with the parts that were given; a discount that was given takes the place of any other."""
    terms = old.terms
    if typed.price is not None:
        terms = terms._replace(unit_price=typed.price)
    if typed.quantity is not None:
        terms = terms._replace(quantity=typed.quantity)
    if typed.discount is not None:
        terms = terms._replace(discount_percent=typed.discount, discount_per_unit=_ZERO)
    if typed.tax is not None:
        terms = terms._replace(tax_rate=typed.tax)
    return NewLine(typed.name or old.name, terms)
