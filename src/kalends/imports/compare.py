"""What a file says of a subscription that is there already, beside what was agreed: differences are named, not made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.imports.mapping import ImportMapping
from kalends.imports.outcome import RefusedChange
from kalends.imports.terms import Agreement

_STANDING = """
    SELECT s.import_key, s.id, s.frequency, s.start_date, s.currency, s.expected_payments, s.collection,
        s.creates_invoices, c.email, c.import_key, m.token
    FROM subscription AS s
    LEFT JOIN contact AS c ON c.account_id = s.account_id AND c.id = s.contact_id
    LEFT JOIN payment_method AS m ON m.account_id = s.account_id AND m.id = s.payment_method_id
    WHERE s.account_id = %s AND s.import_key = ANY(%s)
"""
_LINES = """
    SELECT parent_id, name, unit_price, quantity, discount_per_unit, discount_percent, tax_rate, tax_inclusive
    FROM line_item
    WHERE account_id = %s AND parent_id = ANY(%s) AND until_cycle IS NULL
    ORDER BY parent_id, position, id
"""


class StandingLine(NamedTuple):
    """A line item as it is charged now, or as a file would have it."""

    name: str
    price: Decimal
    quantity: Decimal
    discount: Decimal
    percent: Decimal
    tax: Decimal
    inclusive: bool

    def __str__(self) -> str:
        shown = f"{self.name} {_plain(self.quantity)} x {_plain(self.price)}"
        if self.discount:
            shown += f" less {_plain(self.discount)} each"
        if self.percent:
            shown += f" less {_plain(self.percent)} %"
        if self.tax:
            shown += f" {'with' if self.inclusive else 'plus'} {_plain(self.tax)} % tax"
        return shown


@dataclass(slots=True)
class Standing:
    """The money terms of a subscription that is there already."""

    id: int
    frequency: str
    start: date
    currency: str
    payments: int | None
    collection: str
    creates_invoices: bool
    email: str | None
    contact_key: str | None
    token: str | None
    lines: list[StandingLine] = field(default_factory=list[StandingLine])


def standing_subscriptions(db: Connection[Any], ctx: AccountContext, keys: set[str]) -> dict[str, Standing]:
    """The subscriptions of these keys that are there already."""
    found: dict[str, Standing] = {}
    by_id: dict[int, Standing] = {}
    for key, *terms in db.execute(_STANDING, [ctx.id, sorted(keys)]).fetchall():
        found[key] = by_id[terms[0]] = Standing(*terms)
    if by_id:
        for parent, *line in db.execute(_LINES, [ctx.id, list(by_id)]).fetchall():
            by_id[parent].lines.append(StandingLine(*line))
    return found


def refused_changes(
    agreement: Agreement, standing: Standing, mapping: ImportMapping
) -> Iterator[RefusedChange]:
    """The money terms that the file has otherwise. What the file does not say is no difference."""
    data = agreement.data
    collection = "automatic" if agreement.automatic else "manual"
    terms: Sequence[tuple[str, str | None, str | None]] = (
        ("frequency", standing.frequency, data.get("hs_recurring_billing_frequency")),
        ("start date", standing.start.isoformat(), data.get("hs_recurring_billing_start_date")),
        ("currency", standing.currency, data.get("hs_currency_code")),
        ("number of payments", _text(standing.payments), data.get("hs_number_of_expected_payments")),
        ("collection", standing.collection, collection if mapping.maps("hs_collection_process") else None),
        ("invoices", "on" if standing.creates_invoices else "off", data.get("hs_invoice_creation")),
        ("payment method", _text(standing.token), data.get("payment_method.token")),
        ("customer", _text(standing.contact_key), data.get("contact.key")),
        ("customer", _text(standing.email), None if "contact.key" in data else data.get("contact.email")),
        ("line items", _listed(standing.lines), _lines_in_file(agreement, standing)),
    )
    for term, stands, in_file in terms:
        if in_file is not None and in_file != stands:
            yield RefusedChange(agreement.line, agreement.key, term, stands or "nothing", in_file)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _lines_in_file(agreement: Agreement, standing: Standing) -> str | None:
    """The file's line items; None when they are those that stand."""
    lines: list[StandingLine] = []
    for row in agreement.rows:
        said = {name.removeprefix("line_item."): value for name, value in row.data.items()}
        if "price" not in said:
            return None
        lines.append(
            StandingLine(
                said.get("name") or agreement.data.get("hs_name") or "",
                Decimal(said["price"]),
                Decimal(said.get("quantity", "1")),
                Decimal(said.get("discount", "0")),
                Decimal(said.get("hs_discount_percentage", "0")),
                Decimal(said.get("tax_rate", "0")),
                said.get("tax_inclusive") == "true",
            )
        )
    return None if lines == standing.lines else _listed(lines)


def _listed(lines: Sequence[StandingLine]) -> str:
    return "; ".join(map(str, lines)) or "none"


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
