"""Payments that programs write down: records of money received elsewhere, until they are associated with an invoice.

What a processor made, and what was booked on an invoice, can be neither changed nor deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.crm.associations import CannotAssociate, TieChange, register_tie_rule
from kalends.crm.record_values import INVALID_NUMBER, READ_ONLY
from kalends.crm.rules import Change, Draft, Refused, Rules, register
from kalends.events import journal
from kalends.payments.record import CannotRecord, pay_with

Db = Connection[Any]
AMOUNT, REFUNDED, STATUS = "hs_initial_amount", "hs_refunds_amount", "hs_latest_status"
_NOTES = frozenset({"reference_number", "internal_comment", "owner_id", "custom"})
"""What may be written on a payment whatever it is: notes, which no book depends on."""


def register_rules() -> None:
    """Say what holds for payments that programs write, change and tie."""
    register(
        "payment",
        Rules(emails=frozenset({"hs_customer_email"}), fill=_fill, check=_check, delete=_delete),
    )
    register_tie_rule("payment", "invoice", _tie_to_invoice)
    for column, target in (
        ("subscription_id", "subscription"),
        ("contact_id", "contact"),
        ("company_id", "company"),
    ):
        register_tie_rule("payment", target, _of_record(column))


def _fill(db: Db, ctx: AccountContext, drafts: Sequence[Draft]) -> None:
    del db
    for draft in drafts:
        columns = draft.columns
        columns["status"] = columns.get("status") or "succeeded"
        columns["currency"] = columns.get("currency") or ctx.currency
        columns["method_kind"] = columns.get("method_kind") or "other"
        columns["status_updated_at"] = columns.get("initiated_at")
        _check_amounts(draft, columns)


def _check_amounts(asked: Draft | Change, columns: Mapping[str, Any]) -> None:
    for name, column in (
        (AMOUNT, "amount_minor"),
        (REFUNDED, "refunded_minor"),
        ("hs_fees_amount", "fee_minor"),
        ("hs_line_item_discounts_amount", "line_discount_minor"),
    ):
        if (columns.get(column) or 0) < 0:
            asked.refuse(name, "Give 0 or more.", INVALID_NUMBER)
    if (columns.get("refunded_minor") or 0) > (columns.get("amount_minor") or 0) >= 0:
        asked.refuse(
            REFUNDED, "More was given back than was received; give at most the gross amount.", INVALID_NUMBER
        )


def _check(db: Db, ctx: AccountContext, changes: Sequence[Change]) -> None:
    booked = _booked(db, ctx, [change.id for change in changes])
    for change in changes:
        if change.id in booked:
            differing = {name for name, value in change.columns.items() if change.row[name] != value}
            if differing - _NOTES:
                changed = [name for name in change.written.values if name not in ("hs_reference_number",)]
                change.refuse(changed[0] if changed else AMOUNT, _stands(change.row), READ_ONLY)
            continue
        _check_amounts(change, {**change.row, **change.columns})
        if change.columns.get("status", change.row["status"]) != change.row["status"]:
            change.columns["status_updated_at"] = ctx.now


def _stands(row: Mapping[str, Any]) -> str:
    by = (
        "was made by the processor"
        if row["processor"] != "none"
        else f"is booked on invoice {row['invoice_id']}"
    )
    return f"Payment {row['id']} {by}: it can be neither changed nor deleted. Refund it instead."


def _booked(db: Db, ctx: AccountContext, ids: Sequence[int]) -> set[int]:
    """The payments that were charged, or booked on an invoice."""
    rows = db.execute(
        "SELECT payment_id FROM charge_attempt WHERE account_id = %s AND payment_id = ANY(%s) "
        "UNION SELECT id FROM payment WHERE account_id = %s AND id = ANY(%s) AND invoice_id IS NOT NULL",
        [ctx.id, list(ids), ctx.id, list(ids)],
    ).fetchall()
    return {row[0] for row in rows}


def _delete(db: Db, ctx: AccountContext, rows: Sequence[Mapping[str, Any]], actor: str) -> list[int]:
    del actor
    booked = _booked(db, ctx, [row["id"] for row in rows])
    for row in rows:
        if row["id"] in booked:
            raise Refused(_stands(row))
    return [row["id"] for row in rows]


def _tie_to_invoice(db: Db, ctx: AccountContext, change: TieChange) -> None:
    """A payment that succeeded pays the open invoice that it is tied to, in the ledger too."""
    if change.after is None or change.before is not None:
        raise CannotAssociate(
            f"Payment {change.holder.id} is booked on invoice {change.before}, and stays there. Refund it instead."
        )
    try:
        pay_with(db, ctx, change.holder.id, change.after, actor=change.actor)
    except CannotRecord as refusal:
        raise CannotAssociate(str(refusal)) from refusal


def _of_record(column: str) -> Any:
    """A tie that the payment itself tells, as long as no invoice does."""

    def tie(db: Db, ctx: AccountContext, change: TieChange) -> None:
        id_ = change.holder.id
        if id_ in _booked(db, ctx, [id_]):
            raise CannotAssociate(f"Payment {id_} is booked: who paid for what is told by its invoice.")
        if change.before is not None and change.after is not None:
            raise CannotAssociate(
                f"Payment {id_} belongs to the {change.target} {change.before}; remove that association first."
            )
        query = sql.SQL("UPDATE payment SET {} = %s, updated_at = %s WHERE account_id = %s AND id = %s")
        db.execute(query.format(sql.Identifier(column)), [change.after, ctx.now, ctx.id, id_])
        data = journal.changed(**{column: (change.before, change.after)})
        journal.write(
            db,
            ctx.id,
            ctx.now,
            [journal.NewEvent("payment.updated", "payment", id_, None, data)],
            change.actor,
        )

    return tie
