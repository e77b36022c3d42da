"""What was agreed with a customer, from the rows of a file: one row a line item, rows of one key one subscription."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from kalends.accounts.context import AccountContext
from kalends.billing.create import InvalidSubscription, NewLine, NewSubscription, check
from kalends.core.calendar import Frequency, cycles_before, cycles_due, due_date
from kalends.core.pricing import LineTerms
from kalends.imports.mapping import ImportMapping
from kalends.imports.problems import BadCell
from kalends.imports.staging import Staged
from kalends.payments.processors.sandbox.cards import UnknownToken, script_of

_LINE = "line_item."
_PLACEHOLDER = 0
_ADDRESS = {
    "address": "hs_recipient_billing_address",
    "address2": "hs_recipient_billing_address2",
    "city": "hs_recipient_billing_city",
    "state": "hs_recipient_billing_state",
    "zip": "hs_recipient_billing_zip",
    "country": "hs_recipient_billing_country",
}
_FIELDS = {
    "line items": "line_item.price",
    "amount": "line_item.price",
    "number of payments": "hs_number_of_expected_payments",
    "payment method": "payment_method.token",
}
_EARLIEST, _LATEST = date(1970, 1, 1), date(2200, 1, 1)


class BadRow(Exception):
    """A row of an agreement that cannot be used."""

    def __init__(self, line: int, cell: BadCell) -> None:
        super().__init__(cell.remedy)
        self.line, self.cell = line, cell


@dataclass(frozen=True, slots=True)
class Agreement:
    """The rows of one subscription. ``data`` holds what is said of the subscription, ``lines`` of its line items."""

    rows: Sequence[Staged]
    data: dict[str, str]

    @property
    def line(self) -> int:
        """The file's line that names it first."""
        return self.rows[0].line

    @property
    def key(self) -> str:
        """Its name in the other system."""
        assert self.rows[0].key is not None
        return self.rows[0].key

    @property
    def automatic(self) -> bool:
        """Whether it is charged: as the file says, else if there is something to charge."""
        said = self.data.get("hs_collection_process")
        return "payment_method.token" in self.data if said is None else said == "automatic_payments"


def agreements(block: Sequence[Staged]) -> Iterator[Sequence[Staged]]:
    """The rows of a block, subscription by subscription."""
    for _, rows in groupby(block, key=lambda row: row.identity):
        yield list(rows)


def merged(rows: Sequence[Staged], mapping: ImportMapping) -> Agreement:
    """What the rows of one subscription say together. Raises ``BadRow`` where they disagree."""
    data: dict[str, str] = {}
    for row in rows:
        for name, value in row.data.items():
            if name.startswith(_LINE):
                continue
            if data.setdefault(name, value) != value:
                remedy = (
                    f"Row {rows[0].line} says {data[name]!r} of the same subscription; its rows must agree."
                )
                raise BadRow(row.line, BadCell(mapping.heading_of(name), value, remedy))
    return Agreement(rows, data)


def new_subscription(agreement: Agreement, ctx: AccountContext, mapping: ImportMapping) -> NewSubscription:
    """The subscription that an agreement makes, but for its contact and payment method. Raises ``BadRow``."""
    data = agreement.data
    lines = [_line(row, agreement, mapping) for row in agreement.rows]
    frequency = Frequency(
        _required(agreement, "hs_recurring_billing_frequency", "Say how often it is billed.", mapping)
    )
    start = _start(agreement, mapping)
    elsewhere = data.get("hs_invoice_creation") == "off"
    payments = data.get("hs_number_of_expected_payments")
    fresh = NewSubscription(
        name=data.get("hs_name") or lines[0].name,
        contact_id=_PLACEHOLDER,
        frequency=frequency,
        start=start,
        currency=data.get("hs_currency_code", ctx.currency),
        lines=lines,
        automatic=agreement.automatic,
        payments=None if payments is None else int(payments),
        payment_method_id=_PLACEHOLDER if "payment_method.token" in data else None,
        net_terms_days=int(data.get("hs_net_payment_terms", "0")),
        billed_elsewhere=elsewhere,
        cycles_before=0 if elsewhere else _cycles_before(agreement, start, frequency, ctx, mapping),
        online_payment=data.get("hs_payment_enabled", "true") == "true",
        email_invoices=data.get("hs_automatically_email_invoices", "true") == "true",
        allowed_payment_methods=_several(data.get("hs_allowed_payment_methods")),
        collect_address_types=_several(data.get("hs_collect_address_types")),
        comments=data.get("hs_invoice_comments"),
        language=data.get("hs_language"),
        address={part: data[name] for part, name in _ADDRESS.items() if name in data},
        import_key=agreement.key,
    )
    _check(fresh, agreement, ctx, mapping)
    return fresh


def _several(text: str | None) -> list[str] | None:
    return None if text is None else text.split(";")


def _required(agreement: Agreement, name: str, remedy: str, mapping: ImportMapping) -> str:
    value = agreement.data.get(name)
    if value is None:
        raise BadRow(agreement.line, BadCell(mapping.heading_of(name), "", f"It is missing. {remedy}"))
    return value


def _line(row: Staged, agreement: Agreement, mapping: ImportMapping) -> NewLine:
    said = {name.removeprefix(_LINE): value for name, value in row.data.items() if name.startswith(_LINE)}
    if "price" not in said:
        heading = mapping.heading_of("line_item.price")
        raise BadRow(
            row.line, BadCell(heading, "", "The price is missing; each row is a line item with a price.")
        )
    name = said.get("name") or agreement.data.get("hs_name")
    if name is None:
        heading = mapping.heading_of("line_item.name", "hs_name")
        raise BadRow(row.line, BadCell(heading, "", "The line item has no name, nor has the subscription."))
    terms = LineTerms(
        unit_price=Decimal(said["price"]),
        quantity=Decimal(said.get("quantity", "1")),
        discount_per_unit=Decimal(said.get("discount", "0")),
        discount_percent=Decimal(said.get("hs_discount_percentage", "0")),
        tax_rate=Decimal(said.get("tax_rate", "0")),
        tax_inclusive=said.get("tax_inclusive") == "true",
    )
    cost = said.get("hs_cost_of_goods_sold")
    return NewLine(
        name,
        terms,
        description=said.get("description"),
        sku=said.get("hs_sku"),
        tax_label=said.get("tax_label"),
        unit_cost=None if cost is None else Decimal(cost),
    )


def _start(agreement: Agreement, mapping: ImportMapping) -> date:
    name = "hs_recurring_billing_start_date"
    start = date.fromisoformat(_required(agreement, name, "Say when billing starts or started.", mapping))
    if not _EARLIEST <= start < _LATEST:
        remedy = f"Give a day from {_EARLIEST} to before {_LATEST}."
        raise BadRow(agreement.line, BadCell(mapping.heading_of(name), start, remedy))
    return start


def _cycles_before(
    agreement: Agreement, start: date, frequency: Frequency, ctx: AccountContext, mapping: ImportMapping
) -> int:
    """How many cycles were billed elsewhere; history is never billed by accident."""
    cycles, until = agreement.data.get("billed.cycles"), agreement.data.get("billed.until")
    if cycles is not None and until is not None:
        heading = mapping.heading_of("billed.until")
        raise BadRow(
            agreement.line,
            BadCell(heading, until, "The number of billed cycles is given too; give one of the two."),
        )
    if cycles is None and until is None:
        if start < ctx.today:
            due = len(cycles_due(start, frequency, 0, ctx.today, None))
            remedy = (
                f"This lies before today, {ctx.today}, and {due} cycles would be billed at once. Say how many were "
                "billed elsewhere (billed.cycles) or until which day (billed.until)."
            )
            raise BadRow(
                agreement.line, BadCell(mapping.heading_of("hs_recurring_billing_start_date"), start, remedy)
            )
        return 0
    if until is not None:
        before = cycles_before(start, frequency, date.fromisoformat(until))
    else:
        before = int(cycles or 0)
    following = due_date(start, frequency, before)
    if following < ctx.today and not mapping.bill_arrears:
        behind = len(cycles_due(start, frequency, before, ctx.today, None))
        name = "billed.cycles" if until is None else "billed.until"
        remedy = (
            f"The next payment would be due on {following}, before today, {ctx.today}, and {behind} cycles billed "
            "at once. Correct it, or set bill_arrears = true in the mapping if they are to be billed here."
        )
        raise BadRow(agreement.line, BadCell(mapping.heading_of(name), cycles or until or "", remedy))
    return before


def _check(fresh: NewSubscription, agreement: Agreement, ctx: AccountContext, mapping: ImportMapping) -> None:
    _check_method(fresh, agreement, mapping)
    try:
        check(fresh, ctx)
    except InvalidSubscription as problem:
        row, name = agreement.rows[0], _FIELDS.get(problem.field_name, "line_item.price")
        if problem.field_name.startswith("line item "):
            row = agreement.rows[int(problem.field_name.removeprefix("line item ")) - 1]
        value = row.data.get(name, agreement.data.get(name, ""))
        raise BadRow(row.line, BadCell(mapping.heading_of(name), value, str(problem))) from problem
    except (ValueError, OverflowError) as problem:
        raise BadRow(agreement.line, BadCell("", "", str(problem))) from problem


def _check_method(fresh: NewSubscription, agreement: Agreement, mapping: ImportMapping) -> None:
    token = agreement.data.get("payment_method.token")
    if token is None:
        return
    heading = mapping.heading_of("payment_method.token")
    try:
        method = script_of(token).method
    except UnknownToken as problem:
        raise BadRow(agreement.line, BadCell(heading, token, str(problem))) from problem
    kind = agreement.data.get("payment_method.kind", method)
    if kind != method:
        place = mapping.heading_of("payment_method.kind")
        raise BadRow(agreement.line, BadCell(place, kind, f"The token is one of kind {method}."))
    if "payment_method.last4" not in agreement.data:
        place = mapping.heading_of("payment_method.last4")
        remedy = "Give the last four characters, by which people recognize the card or account."
        raise BadRow(agreement.line, BadCell(place, "", remedy))
    assert fresh.payment_method_id is not None
