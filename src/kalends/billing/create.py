"""Making subscriptions, one or thousands, with their line items; nothing is billed here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load, take_ids
from kalends.core.calendar import Frequency, due_date, end_date
from kalends.core.lifecycle import initial_status
from kalends.core.money import format_minor, minimum_charge
from kalends.core.pricing import LineTerms, PricedDocument, price_document, validate_line
from kalends.core.revenue import arr_minor, mrr_minor
from kalends.events import journal


class InvalidSubscription(ValueError):
    """A subscription that cannot be made, with the field, the value and what would be right."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field_name = field_name


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line item to be: what it is called and what it is charged by, and the product that it was made of.

    Where it replaces a line, what is None is taken over from that one.
    """

    name: str
    terms: LineTerms
    description: str | None = None
    sku: str | None = None
    tax_label: str | None = None
    unit_cost: Decimal | None = None
    product_id: int | None = None
    variant_id: int | None = None
    product_type: str | None = None
    tax_rate_group_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A subscription to be. ``payments`` is None when it renews until canceled.

    ``billed_elsewhere`` makes a mere record that never creates an invoice. ``cycles_before`` counts cycles that were
    billed before the subscription came to Kalends (a move from another system): they are never billed here.
    """

    name: str
    contact_id: int
    frequency: Frequency
    start: date
    currency: str
    lines: Sequence[NewLine]
    automatic: bool = False
    payments: int | None = None
    company_id: int | None = None
    payment_method_id: int | None = None
    owner_id: int | None = None
    net_terms_days: int = 0
    billed_elsewhere: bool = False
    cycles_before: int = 0
    online_payment: bool = True
    email_invoices: bool = True
    allowed_payment_methods: Sequence[str] | None = None
    collect_address_types: Sequence[str] | None = None
    comments: str | None = None
    language: str | None = None
    address: dict[str, str] = field(default_factory=dict[str, str])
    import_key: str | None = None


SUBSCRIPTION_COLUMNS = (
    "ids names statuses collections creates currencies frequencies contacts companies methods owners starts "
    "cycles dues amounts payments ends mrrs arrs terms online emails allowed collect comments languages address "
    "address2 city state zip country keys"
).split()
LINE_COLUMNS = (
    "ids parents positions names descriptions skus prices quantities discounts percents taxes inclusives tax_labels "
    "costs products variants product_types tax_groups currencies frequencies first_cycles"
).split()


def create_subscriptions(
    db: Connection[Any],
    ctx: AccountContext,
    fresh: Sequence[NewSubscription],
    *,
    source: str = "CRM_UI",
    payment_source: str = "billing",
    actor: str = "system",
) -> list[int]:
    """Write subscriptions and their lines; returns their ids in order. Runs in the caller's transaction.

    Raises ``InvalidSubscription`` before anything is written. Every cycle from the start date on that has not been
    billed before falls due; a start in the future makes the subscription scheduled.
    """
    priced = [check(item, ctx) for item in fresh]
    ids = take_ids(db, sum(1 + len(item.lines) for item in fresh))
    remaining = iter(ids)
    subscription_rows: list[tuple[Any, ...]] = []
    line_rows: list[tuple[Any, ...]] = []
    events: list[journal.NewEvent] = []
    made: list[int] = []
    for item, price in zip(fresh, priced, strict=True):
        id_ = next(remaining)
        made.append(id_)
        subscription_rows.append((id_, *_subscription_row(item, price, ctx)))
        for position, line in enumerate(item.lines):
            line_rows.append((next(remaining), id_, position, *_line_row(line, item)))
        events.append(journal.NewEvent("subscription.created", "subscription", id_, id_, {"name": item.name}))
    shared = {
        "account_id": ctx.id,
        "now": ctx.now,
        "source": source,
        "payment_source": payment_source,
    }
    db.execute(
        load("kalends.billing", "create_subscriptions"),
        {**shared, **arrays(SUBSCRIPTION_COLUMNS, subscription_rows)},
    )
    db.execute(load("kalends.billing", "create_lines"), {**shared, **arrays(LINE_COLUMNS, line_rows)})
    journal.write(db, ctx.id, ctx.now, events, actor)
    return made


def check(item: NewSubscription, ctx: AccountContext) -> PricedDocument:
    """The price of one cycle. Raises ``InvalidSubscription`` naming the field, the value and the remedy."""
    if not item.lines:
        raise InvalidSubscription("line items", "A subscription needs at least one line item that recurs.")
    for number, line in enumerate(item.lines, start=1):
        try:
            validate_line(line.terms, item.currency)
        except ValueError as error:
            raise InvalidSubscription(
                f"line item {number}", f"Line item {number} ({line.name}): {error}"
            ) from error
    if item.payments is not None and item.payments <= item.cycles_before:
        raise InvalidSubscription(
            "number of payments",
            f"{item.payments} payments are agreed and {item.cycles_before} were made before: none is left to bill.",
        )
    if item.automatic and item.payment_method_id is None and not item.billed_elsewhere:
        raise InvalidSubscription(
            "payment method", "Automatic payments need a payment method; give one, or send invoices instead."
        )
    priced = price_document(tuple(line.terms for line in item.lines), item.currency)
    smallest = minimum_charge(item.currency, ctx.today)
    if item.automatic and 0 < priced.total_minor < smallest:
        raise InvalidSubscription(
            "amount",
            f"{format_minor(priced.total_minor, item.currency)} is below the smallest charge of "
            f"{format_minor(smallest, item.currency)}.",
        )
    return priced


def _subscription_row(item: NewSubscription, price: PricedDocument, ctx: AccountContext) -> tuple[Any, ...]:
    nets = nets_without_tax(price)
    status = initial_status(item.start, ctx.today)
    due = None if item.billed_elsewhere else due_date(item.start, item.frequency, item.cycles_before)
    address = item.address
    return (
        item.name,
        status.value,
        "automatic" if item.automatic else "manual",
        not item.billed_elsewhere,
        item.currency,
        item.frequency.value,
        item.contact_id,
        item.company_id,
        item.payment_method_id,
        item.owner_id,
        item.start,
        item.cycles_before,
        due,
        None if item.billed_elsewhere else price.total_minor,
        item.payments,
        None if item.payments is None else end_date(item.start, item.frequency, item.payments),
        mrr_minor(nets, item.frequency),
        arr_minor(nets, item.frequency),
        item.net_terms_days,
        item.online_payment,
        item.email_invoices,
        _list(item.allowed_payment_methods),
        _list(item.collect_address_types),
        item.comments,
        item.language,
        *(address.get(part) for part in ("address", "address2", "city", "state", "zip", "country")),
        item.import_key,
    )


def nets_without_tax(price: PricedDocument) -> list[int]:
    """Each line's net price without tax, in minor units: what counts as recurring revenue."""
    return [line.total_minor - line.tax_minor for line in price.lines]


def _list(values: Sequence[str] | None) -> str | None:
    return None if values is None else "{" + ",".join(values) + "}"


def _line_row(line: NewLine, item: NewSubscription) -> tuple[Any, ...]:
    terms = line.terms
    return (
        line.name,
        line.description,
        line.sku,
        terms.unit_price,
        terms.quantity,
        terms.discount_per_unit,
        terms.discount_percent,
        terms.tax_rate,
        terms.tax_inclusive,
        line.tax_label,
        line.unit_cost,
        line.product_id,
        line.variant_id,
        line.product_type,
        line.tax_rate_group_id,
        item.currency,
        item.frequency.value,
        0,
    )
