"""Deals of purchases: those that what was sold belongs to, or one that is made because the account wants it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.create import NewLine
from kalends.catalog import get_object
from kalends.core.calendar import term_of
from kalends.core.money import from_minor
from kalends.crm.associations import Wanted, associate_all
from kalends.crm.record_values import Written
from kalends.crm.records import New, Who, prepare_new, write_new
from kalends.crm.rules import Draft
from kalends.sales.agreed import Agreed, Part
from kalends.sales.buyers import Buyer
from kalends.sales.offers import Settled, source

Db = Connection[Any]
WHO = Who("system", "PAYMENTS")


def deals_of(db: Db, ctx: AccountContext, sold: tuple[str, int], agreed: Agreed, buyer: Buyer) -> list[int]:
    """The open deals that what was sold belongs to; else the one that is made of it, if the account wants one.

    A pipeline or stage that is not there any more makes none: what was paid is settled all the same.
    """
    rules = source(sold[0])
    there = rules.deals(db, ctx, sold[1])
    if there:
        return there
    place = rules.may_make_deal(db, ctx, sold[1])
    if place is None:
        return []
    obj = get_object("deal")
    properties: dict[str, object] = {
        "dealname": f"{buyer.name or buyer.email} - {agreed.name}",
        "pipeline": place[0],
        "dealstage": place[1],
        "deal_currency_code": agreed.currency,
    }
    if agreed.due_minor:
        properties["amount"] = str(from_minor(agreed.due_minor, agreed.currency))
    (draft,) = prepare_new(db, ctx, obj, [New(properties)])
    if draft.written.problems:
        return []
    (deal_id,) = write_new(db, ctx, obj, [draft], WHO)
    for part in agreed.parts:
        copy_lines(db, ctx, "deal", deal_id, agreed.currency, part, part.lines)
    return [deal_id]


def copy_lines(
    db: Db,
    ctx: AccountContext,
    parent: str,
    parent_id: int,
    currency: str,
    part: Part,
    lines: Sequence[NewLine],
) -> None:
    """Line items of a record that is made of a purchase: copies with numbers of their own."""
    schedule: dict[str, Any] = {}
    if part.frequency is not None:
        term = None if part.payments is None else term_of(part.payments, part.frequency)
        schedule = {"frequency": part.frequency.value, "term": term, "start_date": part.start}
    drafts = [
        Draft(
            Written(),
            (),
            {
                "parent_type": parent,
                "parent_id": parent_id,
                "position": place,
                "currency": currency,
                "name": line.name,
                "description": line.description,
                "sku": line.sku,
                "product_id": line.product_id,
                "variant_id": line.variant_id,
                "product_type": line.product_type,
                "tax_label": line.tax_label,
                "tax_rate_group_id": line.tax_rate_group_id,
                "unit_cost": line.unit_cost,
                **line.terms._asdict(),
                **schedule,
            },
        )
        for place, line in enumerate(lines)
    ]
    write_new(db, ctx, get_object("line_item"), drafts, WHO)


def tie_together(
    db: Db, ctx: AccountContext, sold: tuple[str, int], deals: Sequence[int], made: Settled
) -> None:
    """Tie what was sold, the deals and the records of a purchase to each other.

    A tie that cannot be (a link that is tied to as many records as may be) is left out.
    """
    records = {
        "contact": [made.contact_id],
        "company": [] if made.company_id is None else [made.company_id],
        "subscription": made.subscriptions,
        "invoice": made.invoices,
        "payment": made.payments,
    }
    for name, ids in (*records.items(), ("deal", deals)):
        _tie(db, ctx, sold[0], [sold[1]], name, ids)
    for name, ids in records.items():
        _tie(db, ctx, "deal", deals, name, ids)


def _tie(
    db: Db, ctx: AccountContext, one: str, ones: Iterable[int], other: str, others: Sequence[int]
) -> None:
    wanted = [Wanted(id_, peer, ()) for id_ in ones for peer in others]
    if wanted:
        associate_all(db, ctx, one, other, wanted)
