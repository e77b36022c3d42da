"""The records of a purchase: subscriptions with their first cycles, an invoice of what is billed once, payments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, integers, load, take_ids
from kalends.billing.agree import LineWanted, Wanted, divide
from kalends.billing.create import create_subscriptions
from kalends.billing.draft import issue_draft
from kalends.billing.first import bill_first
from kalends.core.money import allocate
from kalends.events import journal
from kalends.payments.methods import refuse_others_token
from kalends.payments.processors.interface import GivenMethod
from kalends.sales.agreed import Agreed, Part
from kalends.sales.buyers import Buyer
from kalends.sales.checkouts import Checkout
from kalends.sales.deals import copy_lines
from kalends.sales.naming import named_after_items
from kalends.sales.people import SOURCE, Payer

Db = Connection[Any]


class Charged(NamedTuple):
    """The charge at the processor that paid a checkout: ``succeeded``, or ``processing`` for a debit."""

    key: str
    status: str
    amount_minor: int
    fee_minor: int
    reference: str | None
    processor: str


class PaidPart(NamedTuple):
    """A part of the charge: what it pays of one invoice."""

    invoice_id: int
    payment_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Made:
    """The numbers of the records that were made."""

    subscriptions: list[int]
    invoices: list[int]
    parts: list[PaidPart]

    def shares(self, total_minor: int) -> list[int]:
        """An amount of the whole charge, shared among its parts to the cent."""
        return allocate(total_minor, [part.amount_minor for part in self.parts])


def store_method(db: Db, ctx: AccountContext, contact_id: int, processor: str, method: GivenMethod) -> int:
    """Keep the way to pay that a buyer gave for payments to come; one of theirs that is there stays as it is.

    Raises :class:`~kalends.payments.methods.GivenToAnother` for one that is somebody else's: a subscription must never
    be charged to another customer's card.
    """
    row = db.execute(
        load("kalends.sales", "store_method"),
        {
            **method._asdict(),
            "account_id": ctx.id,
            "contact_id": contact_id,
            "processor": processor,
            "now": ctx.now,
        },
    ).fetchone()
    assert row is not None
    method_id, owner_id = row
    refuse_others_token(processor, method_id, owner_id, contact_id)
    return method_id


def make_records(
    db: Db,
    ctx: AccountContext,
    checkout: Checkout,
    agreed: Agreed,
    payer: Payer,
    method: GivenMethod | None,
    method_id: int | None,
    paid: Charged | None,
) -> Made:
    """Make what was agreed, in the caller's transaction; what is due is billed, and paid by the charge."""
    buyer, language = checkout.buyer, checkout.language
    subscriptions, off = _subscriptions(db, ctx, agreed, payer, method_id, buyer, language)
    _mark_subscriptions(db, ctx, subscriptions, checkout, buyer)
    first = bill_first(db, ctx, off)
    invoices = [each.invoice_id for each in first]
    parts = [
        PaidPart(each.invoice_id, each.payment_id, each.total_minor)
        for each in first
        if each.payment_id is not None
    ]
    for part in agreed.parts:
        if part.frequency is None:
            invoice_id, total = bill_once(db, ctx, agreed, part, payer, buyer, language)
            invoices.append(invoice_id)
            if total:
                parts.append(PaidPart(invoice_id, _pay_once(db, ctx, invoice_id, total, method_id), total))
    made = Made(subscriptions, invoices, parts)
    asked = sum(part.amount_minor for part in parts)
    assert asked == agreed.due_minor == (0 if paid is None else paid.amount_minor), (
        f"checkout {checkout.id}: invoices of {asked}, agreed {agreed.due_minor}, charged {paid}"
    )
    _ship(db, ctx, invoices, buyer)
    _keep_answers(db, ctx, made, agreed, buyer)
    if paid is not None and method is not None:
        _mark_payments(db, ctx, made, checkout, agreed, buyer, method, paid)
    return made


def _subscriptions(
    db: Db,
    ctx: AccountContext,
    agreed: Agreed,
    payer: Payer,
    method_id: int | None,
    buyer: Buyer,
    language: str | None,
) -> tuple[list[int], dict[int, int]]:
    """The subscriptions, and of those whose first cycle is due now what a code takes off it."""
    recurring = [(part, line) for part in agreed.parts if part.frequency is not None for line in part.lines]
    if not recurring:
        return [], {}
    wanted = Wanted(
        contact_id=payer.contact_id,
        company_id=payer.company_id,
        lines=[LineWanted(line, part.frequency, part.payments, part.start) for part, line in recurring],
        currency=agreed.currency,
        automatic=True,
        payment_method_id=method_id,
        allowed_payment_methods=agreed.allowed_payment_methods,
        address={name: value for name, value in buyer.billing.items() if name != "name"},
        bill_from=agreed.day,
        owner_id=agreed.owner_id,
        language=language,
    )
    planned = divide(ctx, wanted)
    ids = create_subscriptions(
        db,
        ctx,
        [named_after_items(item, language or ctx.language) for item in planned],
        source=SOURCE,
        payment_source=agreed.subscription_app,
    )
    off = {
        id_: part.off_minor
        for id_, item in zip(ids, planned, strict=True)
        if (part := recurring[item.lines[0] - 1][0]).due_now
    }
    return ids, off


def _mark_subscriptions(
    db: Db, ctx: AccountContext, ids: list[int], checkout: Checkout, buyer: Buyer
) -> None:
    db.execute(
        "UPDATE subscription SET payment_source_id = %s, payment_method_origin = 'checkout', tax_ids = %s "
        "WHERE account_id = %s AND id = ANY(%s::bigint[])",
        [str(checkout.source_id), buyer.tax_id or None, ctx.id, integers(ids)],
    )


def bill_once(
    db: Db,
    ctx: AccountContext,
    agreed: Agreed,
    part: Part,
    payer: Payer,
    buyer: Buyer,
    language: str | None,
    *,
    net_terms_days: int = 0,
) -> tuple[int, int]:
    """An issued invoice of what is billed once: its number and its total."""
    (invoice_id,) = take_ids(db, 1)
    db.execute(
        load("kalends.sales", "draft_invoice"),
        {
            **_address(buyer.billing),
            "account_id": ctx.id,
            "id": invoice_id,
            "now": ctx.now,
            "today": ctx.today,
            "source": SOURCE,
            "owner": agreed.owner_id,
            "currency": agreed.currency,
            "contact": payer.contact_id,
            "company": payer.company_id,
            "off": part.off_minor,
            "language": language,
            "tax_ids": buyer.tax_id or None,
            "partial_payments": ctx.settings.partial_payments,
        },
    )
    if net_terms_days:
        db.execute(
            "UPDATE invoice SET net_terms_days = %s, due_date = invoice_date + %s WHERE account_id = %s AND id = %s",
            [net_terms_days, net_terms_days, ctx.id, invoice_id],
        )
    event = journal.NewEvent("invoice.created", "invoice", invoice_id, None, {})
    journal.write(db, ctx.id, ctx.now, [event])
    copy_lines(db, ctx, "invoice", invoice_id, agreed.currency, part, part.lines)
    issue_draft(db, ctx, invoice_id)
    row = db.execute(
        "SELECT total_minor FROM invoice WHERE account_id = %s AND id = %s", [ctx.id, invoice_id]
    ).fetchone()
    assert row is not None
    return invoice_id, row[0]


def _pay_once(db: Db, ctx: AccountContext, invoice_id: int, amount_minor: int, method_id: int | None) -> int:
    (payment_id,) = take_ids(db, 1)
    db.execute(
        load("kalends.sales", "pay_once"),
        {
            "account_id": ctx.id,
            "id": payment_id,
            "invoice": invoice_id,
            "amount": amount_minor,
            "method": method_id,
            "source": SOURCE,
            "now": ctx.now,
        },
    )
    return payment_id


def _ship(db: Db, ctx: AccountContext, invoices: list[int], buyer: Buyer) -> None:
    if buyer.shipping:
        params = {**_address(buyer.shipping), "account_id": ctx.id, "ids": integers(invoices)}
        db.execute(load("kalends.sales", "ship_invoices"), params)


def _keep_answers(db: Db, ctx: AccountContext, made: Made, agreed: Agreed, buyer: Buyer) -> None:
    """Say on the records what was answered to the seller's own questions, a line for each."""
    answered = agreed.answered(buyer.custom)
    if not answered:
        return
    told = "\n".join(f"{asked.label}: {answer}" for asked, answer in answered)
    subscriptions, invoices = integers(made.subscriptions), integers(made.invoices)
    db.execute(
        "UPDATE subscription SET checkout_answers = %s WHERE account_id = %s AND id = ANY(%s::bigint[])",
        [told, ctx.id, subscriptions],
    )
    db.execute(
        "UPDATE invoice SET checkout_answers = %s WHERE account_id = %s AND id = ANY(%s::bigint[])",
        [told, ctx.id, invoices],
    )


def _mark_payments(
    db: Db,
    ctx: AccountContext,
    made: Made,
    checkout: Checkout,
    agreed: Agreed,
    buyer: Buyer,
    method: GivenMethod,
    paid: Charged,
) -> None:
    """Say on each payment where it came from, and on each attempt which charge at the processor it is part of."""
    billing, shipping = _address(buyer.billing), _address(buyer.shipping)
    rows = [(part.payment_id, part.invoice_id) for part in made.parts]
    db.execute(
        load("kalends.sales", "mark_payments"),
        {
            "account_id": ctx.id,
            "app": agreed.payment_app,
            "source_id": str(checkout.source_id),
            "name": agreed.name,
            "url": None if agreed.address is None else f"{settings.PUBLIC_URL}{agreed.address}",
            "code": agreed.code,
            "percent": agreed.code_percent,
            "email": buyer.email,
            "kind": method.method_kind,
            "brand": method.brand,
            "last4": method.last4,
            "bank": method.bank_or_issuer,
            "wallet": method.wallet,
            "processor": paid.processor,
            "key": paid.key,
            "bill_to": buyer.billing.get("name") or buyer.company or buyer.name or None,
            **{f"bill_{name}": value for name, value in billing.items()},
            "ship_to": shipping["name"],
            **{f"ship_{name}": value for name, value in shipping.items()},
            **arrays(("payments", "invoices"), rows),
        },
    )


def _address(parts: Mapping[str, str]) -> dict[str, str | None]:
    return {
        name: parts.get(name) or None
        for name in ("name", "address", "address2", "city", "state", "zip", "country")
    }
