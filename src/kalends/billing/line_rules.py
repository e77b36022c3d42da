"""Line items that programs make: by themselves, then tied to a subscription, an invoice, or something that is sold.

A line of a subscription that is billed is changed by an edit of the subscription; a line of a draft is changed freely,
and the draft follows; what was invoiced stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from kalends.accounts.context import AccountContext
from kalends.billing.create import InvalidSubscription, NewLine
from kalends.billing.draft import CannotIssue, price_draft
from kalends.billing.edit import Edit, EditRefused, LineEdit, adopt_line, apply_edit
from kalends.billing.locking import UnknownSubscription, locked
from kalends.billing.record_worth import reckon_worth
from kalends.billing.tax_rates import copy_rates
from kalends.catalog import get_object
from kalends.catalog.objects.line_item import LINE_ITEM
from kalends.core.pricing import LineTerms, validate_line
from kalends.core.terms import ImpossibleTerms
from kalends.crm.associations import CannotAssociate, TieChange, register_tie_rule
from kalends.crm.product_prices import no_price, price_of
from kalends.crm.record_values import INVALID_NUMBER, INVALID_OPTION, READ_ONLY, REQUIRED
from kalends.crm.rules import Change, Draft, Refused, Rules, register

Db = Connection[Any]
_OF_PRODUCT = {
    "name": "name",
    "description": "description",
    "sku": "sku",
    "frequency": "frequency",
    "term": "term",
    "product_type": "product_type",
    "tax_rate_group_id": "tax_rate_group_id",
    "pricing_model": "pricing_model",
    "tier_ranges": "tier_ranges",
    "tier_prices": "tier_prices",
    "images": "images",
    "url": "url",
}
"""Which of a product's columns a line takes over into which of its own, where it says nothing itself."""
_PROPERTY_OF_TERM = {
    "unit_price": "price",
    "quantity": "quantity",
    "discount_per_unit": "discount",
    "discount_percent": "hs_discount_percentage",
}


def register_rules() -> None:
    """Say what holds for line items that programs make, change and tie."""
    register("line_item", Rules(fill=_fill, check=_check, changed=_changed, delete=_delete))
    register_tie_rule("line_item", "subscription", _tie_to_subscription)
    register_tie_rule("line_item", "invoice", _tie_to_invoice)


def _fill(db: Db, ctx: AccountContext, drafts: Sequence[Draft]) -> None:
    products = _products(db, ctx, drafts)
    currencies = _currencies_of_parents(db, ctx, drafts)
    for draft in drafts:
        columns = draft.columns
        parent = next((tie for tie in draft.ties if (tie.object, tie.id) in currencies), None)
        columns.setdefault(
            "currency", currencies[parent.object, parent.id] if parent is not None else ctx.currency
        )
        product = products.get(columns.get("product_id") or 0)
        if columns.get("product_id") is not None and product is None:
            draft.refuse("hs_product_id", f"There is no product {columns['product_id']}.", INVALID_OPTION)
        if product is not None:
            _copy(ctx, draft, product)
        columns.setdefault("name", "")
        columns.setdefault("unit_price", Decimal(0))
        columns.setdefault("quantity", Decimal(1))
        columns.setdefault("position", 0)
    copy_rates(db, ctx, drafts)
    for draft in drafts:
        _check_terms(draft, draft.columns)


def _copy(ctx: AccountContext, draft: Draft, product: Mapping[str, Any]) -> None:
    """What a line takes over from its product where it says nothing itself; its price is in the line's currency."""
    columns = draft.columns
    for theirs, ours in _OF_PRODUCT.items():
        if product[theirs] is not None:
            columns.setdefault(ours, product[theirs])
    if columns["currency"] == ctx.currency and product["unit_cost"] is not None:
        columns.setdefault("unit_cost", product["unit_cost"])
    if "unit_price" in columns:
        return
    price = price_of(product, columns["currency"], ctx.currency)
    if price is not None:
        columns["unit_price"] = price
    elif columns["currency"] != ctx.currency:
        draft.refuse("price", no_price(product["name"], columns["currency"]), REQUIRED)


def _currencies_of_parents(
    db: Db, ctx: AccountContext, drafts: Sequence[Draft]
) -> dict[tuple[str, int], str]:
    """The currencies of the documents that lines are tied to from the start."""
    wanted: dict[str, set[int]] = {}
    for draft in drafts:
        for tie in draft.ties:
            if tie.object in LINE_ITEM.part_of:
                wanted.setdefault(tie.object, set()).add(tie.id)
    found: dict[tuple[str, int], str] = {}
    for name, ids in wanted.items():
        query = sql.SQL("SELECT id, currency FROM {} WHERE account_id = %s AND id = ANY(%s)")
        rows = db.execute(query.format(sql.Identifier(get_object(name).table)), [ctx.id, sorted(ids)])
        found |= {(name, row[0]): row[1] or ctx.currency for row in rows.fetchall()}
    return found


def _products(db: Db, ctx: AccountContext, drafts: Sequence[Draft]) -> dict[int, Mapping[str, Any]]:
    ids = [draft.columns["product_id"] for draft in drafts if draft.columns.get("product_id") is not None]
    if not ids:
        return {}
    with db.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT * FROM product WHERE account_id = %s AND id = ANY(%s) AND archived_at IS NULL",
            [ctx.id, ids],
        ).fetchall()
    return {row["id"]: row for row in rows}


def _check_terms(asked: Draft | Change, columns: Mapping[str, Any]) -> None:
    if asked.written.problems:
        return
    try:
        validate_line(_terms(columns), columns["currency"])
    except ImpossibleTerms as wrong:
        asked.refuse(_PROPERTY_OF_TERM.get(wrong.field, wrong.field), str(wrong), INVALID_NUMBER)


def _terms(columns: Mapping[str, Any]) -> LineTerms:
    return LineTerms(
        columns["unit_price"],
        columns["quantity"],
        columns.get("discount_per_unit") or Decimal(0),
        columns.get("discount_percent") or Decimal(0),
        columns.get("tax_rate") or Decimal(0),
        bool(columns.get("tax_inclusive")),
    )


def _check(db: Db, ctx: AccountContext, changes: Sequence[Change]) -> None:
    copy_rates(db, ctx, changes)
    for change in changes:
        _check_terms(change, {**change.row, **change.columns})
        differing = [
            name for name, value in change.columns.items() if change.row[name] != value and name != "custom"
        ]
        if not differing:
            continue
        kind, parent = change.row["parent_type"], change.row["parent_id"]
        name = next(iter(change.written.values))
        if kind == "subscription" and _is_billed(db, ctx, parent):
            change.refuse(
                name,
                f"The line belongs to the subscription {parent}, which is billed. Tie a new line item to it and untie "
                f"this one: both count from its next payment.",
                READ_ONLY,
            )
        elif kind == "invoice" and _status(db, ctx, parent) != "draft":
            change.refuse(name, f"The line was invoiced (invoice {parent}) and stays as it is.", READ_ONLY)
        elif kind in ("subscription", "invoice") and "currency" in differing:
            change.refuse(
                "hs_line_item_currency_code", f"The {kind} {parent} has its own currency.", READ_ONLY
            )


def _changed(db: Db, ctx: AccountContext, changes: Sequence[Change], actor: str) -> None:
    _follow(db, ctx, [change.row for change in changes if change.columns.keys() - {"custom"}], actor)


def _follow(db: Db, ctx: AccountContext, rows: Sequence[Mapping[str, Any]], actor: str) -> None:
    """Let records and drafts follow their lines."""
    for kind, parent in sorted({(row["parent_type"], row["parent_id"]) for row in rows if row["parent_id"]}):
        if kind == "subscription" and not _is_billed(db, ctx, parent):
            reckon_worth(db, ctx, parent, actor)
        elif kind == "invoice" and _status(db, ctx, parent) == "draft":
            _price(db, ctx, parent)


def _price(db: Db, ctx: AccountContext, invoice: int) -> None:
    try:
        price_draft(db, ctx, invoice)
    except CannotIssue as refusal:
        raise Refused(str(refusal)) from refusal


def _delete(db: Db, ctx: AccountContext, rows: Sequence[Mapping[str, Any]], actor: str) -> list[int]:
    for row in rows:
        kind, parent = row["parent_type"], row["parent_id"]
        if kind == "subscription" and _is_billed(db, ctx, parent):
            raise Refused(
                f"Line item {row['id']} belongs to the subscription {parent}, which is billed. Untie it: then it "
                f"counts no more from the next payment on."
            )
        if kind == "invoice" and _status(db, ctx, parent) != "draft":
            raise Refused(f"Line item {row['id']} was invoiced (invoice {parent}) and cannot be deleted.")
    ids = [row["id"] for row in rows]
    db.execute(
        "UPDATE line_item SET parent_type = NULL, parent_id = NULL WHERE account_id = %s AND id = ANY(%s)",
        [ctx.id, ids],
    )
    _follow(db, ctx, rows, actor)
    return ids


def _tie_to_subscription(db: Db, ctx: AccountContext, change: TieChange) -> None:
    """A record takes lines as they come; what is billed is edited, and the edit counts from its next payment."""
    subscription = change.after or change.before
    assert subscription is not None
    try:
        if not _is_billed(db, ctx, subscription):
            (row,) = locked(db, ctx, [subscription])
            _set_parent(db, ctx, change, row.currency)
            reckon_worth(db, ctx, subscription, change.actor)
        elif change.after is None:
            edit = Edit(lines=[LineEdit(line_id=change.holder.id)])
            apply_edit(db, ctx, subscription, edit, actor=change.actor)
        else:
            adopt_line(
                db, ctx, subscription, change.holder.id, _new_line(db, ctx, change), actor=change.actor
            )
    except (EditRefused, InvalidSubscription, UnknownSubscription) as refusal:
        raise CannotAssociate(str(refusal)) from refusal


def _tie_to_invoice(db: Db, ctx: AccountContext, change: TieChange) -> None:
    invoice = change.after or change.before
    assert invoice is not None
    row = db.execute(
        "SELECT status, currency FROM invoice WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, invoice]
    ).fetchone()
    assert row is not None
    if row[0] != "draft":
        raise CannotAssociate(
            f"Invoice {invoice} is {row[0]}; only the line items of a draft can be changed."
        )
    _set_parent(db, ctx, change, row[1])
    try:
        price_draft(db, ctx, invoice)
    except CannotIssue as refusal:
        raise CannotAssociate(str(refusal)) from refusal


def _set_parent(db: Db, ctx: AccountContext, change: TieChange, currency: str) -> None:
    """Write the parent down; amounts are in the parent's currency from then on."""
    db.execute(
        "UPDATE line_item AS l SET parent_type = %(kind)s, parent_id = %(parent)s, currency = %(currency)s, "
        "position = 1 + coalesce((SELECT max(o.position) FROM line_item AS o WHERE o.account_id = %(account_id)s "
        "AND o.parent_id = %(parent)s), -1), gross_minor = NULL, discount_minor = NULL, net_minor = NULL, "
        "tax_minor = NULL, total_minor = NULL, updated_at = %(now)s "
        "WHERE l.account_id = %(account_id)s AND l.id = %(id)s",
        {
            "account_id": ctx.id,
            "id": change.holder.id,
            "kind": change.target if change.after else None,
            "parent": change.after,
            "currency": currency,
            "now": ctx.now,
        },
    )


def _new_line(db: Db, ctx: AccountContext, change: TieChange) -> NewLine:
    with db.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "SELECT * FROM line_item WHERE account_id = %s AND id = %s", [ctx.id, change.holder.id]
        ).fetchone()
    assert row is not None
    return NewLine(row["name"], _terms(row))


def _is_billed(db: Db, ctx: AccountContext, subscription: int) -> bool:
    row = db.execute(
        "SELECT creates_invoices FROM subscription WHERE account_id = %s AND id = %s", [ctx.id, subscription]
    ).fetchone()
    return row is not None and bool(row[0])


def _status(db: Db, ctx: AccountContext, invoice: int) -> str | None:
    row = db.execute(
        "SELECT status FROM invoice WHERE account_id = %s AND id = %s", [ctx.id, invoice]
    ).fetchone()
    return None if row is None else row[0]
