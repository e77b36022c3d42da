"""The line items of what is sold: copied from products and other lines, never shared, and read back as an offer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import dict_row

from kalends.accounts.context import AccountContext
from kalends.billing.create import NewLine
from kalends.catalog import get_object
from kalends.core.calendar import Frequency, number_of_payments
from kalends.core.choices import QUANTITY_MOST, OfferedLine
from kalends.core.terms import LineTerms
from kalends.crm.record_values import Written
from kalends.crm.records import Who, write_new
from kalends.crm.rules import Draft, rules_of
from kalends.sales.trouble import Refused, Trouble

Db = Connection[Any]
CUSTOM, FROM_PRODUCT, CLONE = "CUSTOM", "FROM_PRODUCT", "CLONE"
LINES_MAX = 200
COPIED = (
    "name description sku product_id variant_id product_type unit_price quantity discount_per_unit discount_percent "
    "tax_rate tax_inclusive tax_label tax_rate_group_id frequency term start_type start_date delay_days delay_months "
    "unit_cost pricing_model tier_ranges tier_prices buyer_quantity buyer_quantity_min buyer_quantity_max buyer_price "
    "buyer_price_min is_optional images url"
).split()
"""What a copy of a line takes over. Its number, its parent and what was charged for it stay behind."""


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A line to be: written out (``CUSTOM``), made of a product, or a copy of another line item.

    ``source_id`` is the product's or the line item's number. ``values`` are columns of ``line_item`` by name, typed;
    they win over what is copied.
    """

    mode: str = CUSTOM
    source_id: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


class SoldLine(NamedTuple):
    """A line that is offered, and what a copy of it on a subscription or an invoice says."""

    offered: OfferedLine
    new: NewLine


def prepare_lines(
    db: Db, ctx: AccountContext, parent: str, currency: str, lines: Sequence[LinkLine]
) -> list[Draft]:
    """Lines for a new or changed parent, looked at before anything is written. Raises ``Refused``."""
    troubles: list[Trouble] = []
    if not lines:
        troubles.append(Trouble("lines", "missing", "", "Give at least one line item: it is what is sold."))
    if len(lines) > LINES_MAX:
        troubles.append(
            Trouble("lines", "too_large", str(len(lines)), f"Give at most {LINES_MAX}.", str(LINES_MAX))
        )
    sources = _sources(db, ctx, [line for line in lines if line.mode == CLONE])
    drafts: list[Draft] = []
    for number, line in enumerate(lines, start=1):
        columns = _columns(f"line {number}", line, sources, currency, troubles)
        drafts.append(Draft(Written(), (), {**columns, "currency": currency, "position": number - 1}))
    rules_of("line_item").fill(db, ctx, drafts)
    for number, draft in enumerate(drafts, start=1):
        place = f"line {number}"
        troubles += [
            Trouble(f"{place}, {each.property}", "invalid", each.value, each.message)
            for each in draft.written.problems
        ]
        troubles += _about_line(place, draft.columns)
        draft.columns["parent_type"] = parent
    if troubles:
        raise Refused(troubles)
    return drafts


def write_lines(db: Db, ctx: AccountContext, parent_id: int, drafts: Sequence[Draft], who: Who) -> list[int]:
    """Write prepared lines of a parent; returns their numbers, which are new ones."""
    for draft in drafts:
        draft.columns["parent_id"] = parent_id
    return write_new(db, ctx, get_object("line_item"), drafts, who)


def take_lines_away(db: Db, ctx: AccountContext, parent: str, parent_id: int) -> None:
    """Archive the lines of a parent, which gets others."""
    db.execute(
        "UPDATE line_item SET archived_at = %s, updated_at = %s "
        "WHERE account_id = %s AND parent_type = %s AND parent_id = %s AND archived_at IS NULL",
        [ctx.now, ctx.now, ctx.id, parent, parent_id],
    )


def lines_of(db: Db, ctx: AccountContext, parent: str, parent_id: int) -> list[OfferedLine]:
    """What a payment link or a quote offers, in its order."""
    return [line.offered for line in sold_lines(db, ctx, parent, parent_id)]


def sold_lines(db: Db, ctx: AccountContext, parent: str, parent_id: int) -> list[SoldLine]:
    """What a payment link or a quote offers, with everything that is copied when somebody buys it."""
    with db.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT * FROM line_item WHERE account_id = %s AND parent_type = %s AND parent_id = %s "
            "AND archived_at IS NULL ORDER BY position, id",
            [ctx.id, parent, parent_id],
        ).fetchall()
    return [SoldLine(_offered(row), _new_line(row)) for row in rows]


def _columns(
    place: str,
    line: LinkLine,
    sources: Mapping[int, Mapping[str, Any]],
    currency: str,
    troubles: list[Trouble],
) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if line.mode not in (CUSTOM, FROM_PRODUCT, CLONE):
        text = f"Give {CUSTOM}, {FROM_PRODUCT} or {CLONE}."
        troubles.append(Trouble(f"{place}, mode", "unknown", line.mode, text))
    elif line.mode == FROM_PRODUCT:
        columns["product_id"] = line.source_id
    elif line.mode == CLONE:
        row = sources.get(line.source_id or 0)
        if row is None:
            text = "There is no such line item in this account."
            troubles.append(Trouble(f"{place}, line item", "unknown", str(line.source_id or ""), text))
        elif row["currency"] != currency and "unit_price" not in line.values:
            text = f"Its price is in {row['currency']}, and nothing is converted: give a price in {currency}."
            troubles.append(Trouble(f"{place}, line item", "other_currency", str(line.source_id), text))
        if row is not None:
            columns = {name: row[name] for name in COPIED if row[name] is not None}
    unknown = sorted(line.values.keys() - set(COPIED))
    troubles += [
        Trouble(f"{place}, {name}", "unknown", "", f"A line has no {name}; it has {', '.join(COPIED)}.")
        for name in unknown
    ]
    given = {name: value for name, value in line.values.items() if name in COPIED}
    if "tax_rate_group_id" not in given and "tax_rate" in given:
        columns.pop("tax_rate_group_id", None)
    return {**columns, **given}


def _sources(db: Db, ctx: AccountContext, lines: Sequence[LinkLine]) -> dict[int, Mapping[str, Any]]:
    ids = [line.source_id for line in lines if line.source_id is not None]
    if not ids:
        return {}
    with db.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT * FROM line_item WHERE account_id = %s AND id = ANY(%s)", [ctx.id, ids]
        ).fetchall()
    return {row["id"]: row for row in rows}


def _about_line(place: str, columns: Mapping[str, Any]) -> list[Trouble]:
    found = [*_about_schedule(columns), *_about_choices(columns)]
    if not (columns.get("name") or "").strip():
        found.insert(0, Trouble("name", "missing", "", "Say what is sold."))
    return [each._replace(place=f"{place}, {each.place}") for each in found]


def _about_schedule(columns: Mapping[str, Any]) -> Iterator[Trouble]:
    frequency, term = columns.get("frequency"), columns.get("term")
    if frequency is not None and frequency not in set(Frequency):
        text = f"Give one of {', '.join(Frequency)}, or none for once."
        yield Trouble("frequency", "unknown", str(frequency), text)
    elif frequency is not None and term is not None:
        try:
            number_of_payments(term, Frequency(frequency))
        except ValueError as problem:
            yield Trouble("term", "invalid", str(term), str(problem))
    starts = [name for name in ("start_date", "delay_days", "delay_months") if columns.get(name) is not None]
    if len(starts) > 1:
        text = "Give a date, a delay in days or one in months, not two."
        yield Trouble("start", "invalid", ", ".join(starts), text)
    for name, most in (("delay_days", 3_650), ("delay_months", 120)):
        value = columns.get(name)
        if value is not None and not 0 <= value <= most:
            code = "too_large" if value > most else "too_small"
            yield Trouble(name, code, str(value), f"Give 0 to {most:,}.", str(most if value > most else 0))
    if frequency is None and any(columns.get(name) for name in starts):
        text = "What is billed once is billed at checkout; give a frequency."
        yield Trouble("start", "invalid", ", ".join(starts), text)


def _about_choices(columns: Mapping[str, Any]) -> Iterator[Trouble]:
    least, most = columns.get("buyer_quantity_min"), columns.get("buyer_quantity_max")
    for what, value in (("smallest quantity", least), ("largest quantity", most)):
        if value is not None and not 1 <= value <= QUANTITY_MOST:
            yield Trouble(what, "invalid", str(value), f"Give 1 to {QUANTITY_MOST:,}.")
    if least is not None and most is not None and least > most:
        text = f"Give at least the smallest quantity, {least}."
        yield Trouble("largest quantity", "too_small", str(most), text, str(least))
    price = columns.get("buyer_price_min")
    if price is not None and price < 0:
        yield Trouble("lowest price", "too_small", str(price), "Give 0 or more.", "0")


def _offered(row: Mapping[str, Any]) -> OfferedLine:
    frequency = None if row["frequency"] is None else Frequency(row["frequency"])
    term = row["term"]
    recurs = frequency is not None
    return OfferedLine(
        key=row["id"],
        name=row["name"],
        terms=_terms(row),
        frequency=frequency,
        payments=None if frequency is None or term is None else number_of_payments(term, frequency),
        start=row["start_date"] if recurs else None,
        delay_days=row["delay_days"] if recurs and row["start_date"] is None else None,
        delay_months=row["delay_months"]
        if recurs and row["start_date"] is None and row["delay_days"] is None
        else None,
        optional=bool(row["is_optional"]),
        chooses_quantity=bool(row["buyer_quantity"]),
        quantity_from=row["buyer_quantity_min"],
        quantity_to=row["buyer_quantity_max"],
        chooses_price=bool(row["buyer_price"]),
        price_from=row["buyer_price_min"],
    )


def _terms(row: Mapping[str, Any]) -> LineTerms:
    return LineTerms(
        row["unit_price"],
        row["quantity"],
        row["discount_per_unit"] or Decimal(0),
        row["discount_percent"] or Decimal(0),
        row["tax_rate"] or Decimal(0),
        bool(row["tax_inclusive"]),
    )


def _new_line(row: Mapping[str, Any]) -> NewLine:
    return NewLine(
        name=row["name"],
        terms=_terms(row),
        description=row["description"],
        sku=row["sku"],
        tax_label=row["tax_label"],
        unit_cost=row["unit_cost"],
        product_id=row["product_id"],
        variant_id=row["variant_id"],
        product_type=row["product_type"],
        tax_rate_group_id=row["tax_rate_group_id"],
    )
