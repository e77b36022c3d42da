"""How a payment link takes part in a checkout."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.crm.association_reads import linked
from kalends.events import journal
from kalends.sales.link_lines import sold_lines
from kalends.sales.links import Link, find_link
from kalends.sales.offers import Settled, SourceRules, Terms, register_source
from kalends.sales.trouble import Closed

Db = Connection[Any]


def register() -> None:
    """Say how payment links are bought."""
    register_source("payment_link", SourceRules(terms_of_link, _lock, _paid, _open_deals, _deal_to_make))


def terms_of_link(db: Db, ctx: AccountContext, link_id: int) -> Terms:
    """What a payment link sells, and what it asks of buyers. Raises ``NoSuchLink``."""
    link = find_link(db, ctx, link_id)
    return Terms(
        name=link.name,
        currency=link.currency,
        sold=sold_lines(db, ctx, "payment_link", link_id),
        payment_app="SALES_CHECKOUT",
        subscription_app="sales_checkout",
        allowed_payment_methods=link.allowed_payment_methods,
        collect_billing_address=link.collect_billing_address,
        collect_shipping_address=link.collect_shipping_address,
        collect_tax_id=link.collect_tax_id,
        take_discount_codes=link.take_discount_codes,
        text_below_total=link.text_below_total,
        custom_fields=link.custom_fields,
        redirect_url=link.redirect_url,
        language=link.language,
        address=f"/buy/{ctx.id}/{link.public_key}",
        owner_id=link.owner_id,
        closed=link.closed_because(ctx.today),
    )


def _lock(db: Db, ctx: AccountContext, link_id: int, checkout_id: int) -> None:
    """Of a link for one use only one checkout is paid; the others are told before anything is charged."""
    db.execute("SELECT FROM payment_link WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, link_id])
    link = find_link(db, ctx, link_id)
    because = link.closed_because(ctx.today)
    if because is not None:
        raise Closed(because)
    if link.one_time_use and _others_paying(db, ctx, link, checkout_id):
        raise Closed("used")


def _others_paying(db: Db, ctx: AccountContext, link: Link, checkout_id: int) -> bool:
    row = db.execute(
        "SELECT FROM checkout WHERE account_id = %s AND source = 'payment_link' AND source_id = %s "
        "AND status = 'paying' AND id <> %s LIMIT 1",
        [ctx.id, link.id, checkout_id],
    ).fetchone()
    return row is not None


def _paid(db: Db, ctx: AccountContext, link_id: int, settled: Settled) -> None:
    db.execute(
        "UPDATE payment_link SET uses = uses + 1, updated_at = %s WHERE account_id = %s AND id = %s",
        [ctx.now, ctx.id, link_id],
    )
    data = {
        "checkout": settled.checkout_id,
        "contact": settled.contact_id,
        "amount_minor": settled.paid_minor,
        "currency": settled.currency,
    }
    journal.write(
        db, ctx.id, ctx.now, [journal.NewEvent("payment_link.bought", "payment_link", link_id, None, data)]
    )


def _open_deals(db: Db, ctx: AccountContext, link_id: int) -> list[int]:
    tied = [each.id for each in linked(db, ctx, "payment_link", [link_id], "deal", limit=10).get(link_id, [])]
    rows = db.execute(
        "SELECT d.id FROM deal AS d WHERE d.account_id = %s AND d.id = ANY(%s) AND d.archived_at IS NULL "
        "AND NOT EXISTS (SELECT FROM pipeline_stage AS s WHERE s.account_id = d.account_id "
        "AND s.object_type = 'deal' AND s.pipeline = d.pipeline AND s.name = d.stage AND s.is_closed) ORDER BY d.id",
        [ctx.id, tied],
    ).fetchall()
    return [row[0] for row in rows]


def _deal_to_make(db: Db, ctx: AccountContext, link_id: int) -> tuple[str, str] | None:
    """Where a deal of a purchase is made; None where none is to be made."""
    link, settings = find_link(db, ctx, link_id), ctx.settings
    if not (settings.links_create_deals if link.create_deal is None else link.create_deal):
        return None
    return link.deal_pipeline or settings.links_deal_pipeline, link.deal_stage or settings.links_deal_stage
