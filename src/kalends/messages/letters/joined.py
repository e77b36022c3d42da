"""Reading in blocks: what the readers of every kind of object share."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from psycopg import Connection

from kalends.accounts import signed_links
from kalends.accounts.context import AccountContext
from kalends.accounts.letterhead import LogoName
from kalends.accounts.sql import Row, arrays, fetch, integers, load
from kalends.core.calendar import local_date
from kalends.documents.invoice import seller_of as seller_on_documents
from kalends.messages.letters.facts import Agreement, Customer, Document, Facts, Line, Seller
from kalends.messages.outbox import first_occasion
from kalends.payments.processors.registry import chosen_processor


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
    @property
    def given(self) -> Mapping[str, Any] | None: ...


Reader = Callable[[Connection[Any], AccountContext, Sequence[Wanted]], dict[int, Facts]]


def rows_of(db: Connection[Any], ctx: AccountContext, objects: str, wanted: Sequence[Wanted]) -> list[Row]:
    """The rows of ``sql/letters_of_{objects}.sql`` for these letters; one that is sent again asks as the first one did.

    The occasion of a letter about a subscription may be an event, and then it tells how things stood after that.
    """
    columns = [
        (item.id, item.object_id, first_occasion(item.occasion), str(item.created_at)) for item in wanted
    ]
    params = {
        "account_id": ctx.id,
        "time_zone": ctx.time_zone,
        "by_event": objects == "subscriptions",
        **arrays(("letters", "objects", "occasions", "ats"), columns),
    }
    query = load("kalends.messages", f"letters_of_{objects}") + load("kalends.messages", "letters_later")
    return fetch(db, query, params)


def facts_about(ctx: AccountContext, customer: Customer, decided_at: datetime, **more: Any) -> Facts:
    """Facts of a letter that this account decided on at that instant."""
    on = local_date(decided_at, ctx.time_zone)
    return Facts(seller_of(ctx), customer, on, test=ctx.is_sandbox, **more)


def seller_of(ctx: AccountContext) -> Seller:
    """The account as it writes letters, with the same address as on its documents."""
    party, own = seller_on_documents(ctx), ctx.letterhead
    logo = LogoName.read(own.logo) if own.logo else None
    return Seller(
        ctx.name, ctx.country, own.brand_color, own.ink, logo, party.address, party.tax_id, party.email
    )


class Doors(NamedTuple):
    """The pages that letters of an account lead their customers to; ``open`` says whether anything is paid there."""

    account_id: int
    open: bool

    def to_invoice(self, invoice_id: int, customer: Customer, decided_at: datetime) -> str:
        """The address of an invoice's page, for the letter of that moment."""
        return self._address(signed_links.INVOICE, invoice_id, customer, decided_at)

    def to_new_method(self, subscription_id: int, customer: Customer, decided_at: datetime) -> str:
        """The address of the page that takes another means of payment; empty while there is nobody to take it."""
        if not self.open:
            return ""
        return self._address(signed_links.METHOD, subscription_id, customer, decided_at)

    def to_portal(self, letter_id: int, customer: Customer, decided_at: datetime) -> str:
        """The address that lets a customer in to their own pages once: each letter has another."""
        return self._address(signed_links.PORTAL, letter_id, customer, decided_at)

    def _address(self, purpose: str, record_id: int, customer: Customer, decided_at: datetime) -> str:
        return signed_links.address(
            purpose, self.account_id, record_id, decided_at, contact_id=customer.id or 0, email=customer.email
        )


def doors_of(db: Connection[Any], ctx: AccountContext) -> Doors:
    """Where letters of the account lead."""
    return Doors(ctx.id, chosen_processor(db, ctx) is not None)


def joined(
    ctx: AccountContext,
    decided_at: datetime,
    values: Sequence[Any],
    lines: Mapping[int, tuple[Line, ...]],
    doors: Doors,
) -> tuple[Customer, Agreement | None, Document | None]:
    """Contact, subscription and invoice, from the columns that ``letters_of_*`` end with."""
    customer, agreement, document = Customer(*values[:6]), values[6:12], values[12:]
    told = None
    if agreement[0] is not None:
        told = _agreement(ctx, agreement, document[2])
        if told.automatic:
            told = told._replace(update_page=doors.to_new_method(agreement[0], customer, decided_at))
    if document[1] is None:
        return customer, told, None
    page = doors.to_invoice(document[0], customer, decided_at)
    return customer, told, _document(document, lines)._replace(page=page, payable=doors.open)


def _document(values: Sequence[Any], lines: Mapping[int, tuple[Line, ...]]) -> Document:
    id_, number, currency, invoice_date, due_date, total, start, end, fees, paid, credited, used = values
    return Document(
        number,
        currency,
        invoice_date,
        due_date,
        total,
        lines.get(id_, ()),
        start,
        end,
        fees_minor=fees,
        paid_minor=paid,
        credited_minor=credited,
        credit_used_minor=used,
    )


def _agreement(ctx: AccountContext, values: Sequence[Any], currency: str) -> Agreement:
    id_, name, automatic, due, amount, canceled_on = values
    amount_minor = None if amount is None else int(amount)
    return Agreement(name, currency, automatic, due, amount_minor, canceled_on, page_of(ctx.id, id_))


def page_of(account_id: int, subscription_id: int) -> str:
    """The address of a subscription's page for staff; a test holds it against the pages' own list."""
    return f"{settings.PUBLIC_URL}/{account_id}/subscriptions/{subscription_id}"


def lines_of(db: Connection[Any], ctx: AccountContext, invoices: set[int]) -> dict[int, tuple[Line, ...]]:
    """The lines of invoices, by invoice."""
    found: dict[int, list[Line]] = {}
    params = {"account_id": ctx.id, "ids": integers(sorted(invoices))}
    for invoice, *line in fetch(db, load("kalends.messages", "letters_lines"), params):
        found.setdefault(invoice, []).append(Line(*line))
    return {invoice: tuple(lines) for invoice, lines in found.items()}


def day_of(at: datetime | None, ctx: AccountContext) -> date | None:
    """The account's day of an instant."""
    return None if at is None else local_date(at, ctx.time_zone)
