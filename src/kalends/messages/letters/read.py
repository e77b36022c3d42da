"""Reading what letters speak of: two queries for a block of letters about the same kind of object."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from django.conf import settings
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import Row, arrays, fetch, integers, load
from kalends.core.calendar import local_date
from kalends.messages.letters.facts import Agreement, Charge, Customer, Document, Facts, Line, Open, Seller


class Wanted(Protocol):
    """A letter to be, as far as reading goes."""

    @property
    def id(self) -> int: ...
    @property
    def object_id(self) -> int: ...
    @property
    def occasion(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


Reader = Callable[[Connection[Any], AccountContext, Sequence[Wanted]], dict[int, Facts]]


def _of_payments(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    rows = _fetch(db, ctx, "letters_of_payments", wanted)
    lines = _lines(db, ctx, {row[24] for row in rows if row[24] is not None})
    facts: dict[int, Facts] = {}
    for row in rows:
        (id_, created_at, amount, currency, settled_at, kind, brand, last4, bank, fee, attempt, code, retry_on,
         *joined) = row  # fmt: skip
        charge = Charge(
            amount_minor=amount,
            currency=currency,
            on=local_date(created_at if code or settled_at is None else settled_at, ctx.time_zone),
            method_kind=kind,
            brand=brand,
            last4=last4,
            bank=bank,
            fee_minor=fee,
            attempt=attempt,
            failure=code,
            retry_on=None if retry_on is None else date.fromisoformat(retry_on),
        )
        customer, agreement, document = _joined(ctx, joined, lines)
        facts[id_] = _facts(ctx, customer, charge=charge, document=document, agreement=agreement)
    return facts


def _of_invoices(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    rows = _fetch(db, ctx, "letters_of_invoices", wanted)
    lines = _lines(db, ctx, {row[12] for row in rows})
    facts: dict[int, Facts] = {}
    for id_, *joined in rows:
        customer, agreement, document = _joined(ctx, joined, lines)
        facts[id_] = _facts(ctx, customer, document=document, agreement=agreement)
    return facts


def _of_subscriptions(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    rows = _fetch(db, ctx, "letters_of_subscriptions", wanted)
    params = {"account_id": ctx.id, "ids": integers(row[1] for row in rows)}
    left: dict[int, list[Row]] = {}
    for subscription, *rest in fetch(db, load("kalends.messages", "letters_left_open"), params):
        left.setdefault(subscription, []).append(tuple(rest))
    facts: dict[int, Facts] = {}
    for id_, subscription, name, currency, canceled_on, *customer in rows:
        open_, debits = _left_open(left.get(subscription, ()), ctx)
        facts[id_] = _facts(
            ctx,
            Customer(*customer),
            agreement=Agreement(name, currency, automatic=False, canceled_on=_day(canceled_on, ctx)),
            open=open_,
            debits=debits,
        )
    return facts


READERS: Mapping[str, Reader] = {
    "payment": _of_payments,
    "invoice": _of_invoices,
    "subscription": _of_subscriptions,
}
"""By what a letter is about: reads the facts of letters, by letter; one whose object is gone is left out."""


def _fetch(db: Connection[Any], ctx: AccountContext, name: str, wanted: Sequence[Wanted]) -> list[Row]:
    columns = [(item.id, item.object_id, item.occasion, str(item.created_at)) for item in wanted]
    params = {
        "account_id": ctx.id,
        "time_zone": ctx.time_zone,
        **arrays(("letters", "objects", "occasions", "ats"), columns),
    }
    return fetch(db, load("kalends.messages", name), params)


def _facts(ctx: AccountContext, customer: Customer, **more: Any) -> Facts:
    return Facts(Seller(ctx.name, ctx.country), customer, test=ctx.is_sandbox, **more)


def _joined(
    ctx: AccountContext, values: Sequence[Any], lines: Mapping[int, tuple[Line, ...]]
) -> tuple[Customer, Agreement | None, Document | None]:
    """Contact, subscription and invoice, from the columns that ``letters_of_*`` end with."""
    customer, agreement, document = values[:5], values[5:11], values[11:]
    id_, number, currency, invoice_date, due_date, total, start, end, fees = document
    return (
        Customer(*customer),
        None if agreement[0] is None else _agreement(ctx, agreement, currency),
        None
        if number is None
        else Document(
            number, currency, invoice_date, due_date, total, lines.get(id_, ()), start, end, fees_minor=fees
        ),
    )


def _agreement(ctx: AccountContext, values: Sequence[Any], currency: str) -> Agreement:
    id_, name, automatic, due, amount, canceled_on = values
    amount_minor = None if amount is None else int(amount)
    return Agreement(name, currency, automatic, due, amount_minor, canceled_on, page_of(ctx.id, id_))


def page_of(account_id: int, subscription_id: int) -> str:
    """The address of a subscription's page for staff; a test holds it against the pages' own list."""
    return f"{settings.PUBLIC_URL}/{account_id}/subscriptions/{subscription_id}"


def _lines(db: Connection[Any], ctx: AccountContext, invoices: set[int]) -> dict[int, tuple[Line, ...]]:
    found: dict[int, list[Line]] = {}
    params = {"account_id": ctx.id, "ids": integers(sorted(invoices))}
    for invoice, *line in fetch(db, load("kalends.messages", "letters_lines"), params):
        found.setdefault(invoice, []).append(Line(*line))
    return {invoice: tuple(lines) for invoice, lines in found.items()}


def _left_open(rows: Sequence[Row], ctx: AccountContext) -> tuple[tuple[Open, ...], tuple[Charge, ...]]:
    open_: list[Open] = []
    debits: list[Charge] = []
    for what, number, currency, amount, kind, at in rows:
        if what == "invoice":
            open_.append(Open(number, currency, amount))
        else:
            debits.append(Charge(amount, currency, local_date(at, ctx.time_zone), kind))
    return tuple(open_), tuple(debits)


def _day(at: datetime | None, ctx: AccountContext) -> date | None:
    return None if at is None else local_date(at, ctx.time_zone)
