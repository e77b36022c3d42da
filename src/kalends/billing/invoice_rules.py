"""Invoices that programs write: a draft, then open, paid by payments, or voided; never back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.agreement import EARLIEST, LATEST, NET_TERMS_MAX, own_terms
from kalends.billing.draft import CannotIssue, issue_draft
from kalends.billing.void import CannotVoid, void_invoice
from kalends.catalog.registry import get_object
from kalends.crm.associations import CannotAssociate, TieChange, register_tie_rule
from kalends.crm.record_values import INVALID_DATE, INVALID_NUMBER, INVALID_OPTION, READ_ONLY
from kalends.crm.rules import Change, Draft, Refused, Rules, register
from kalends.events import journal

Db = Connection[Any]
STATUS, DATED, DUE = "hs_invoice_status", "hs_invoice_date", "hs_due_date"


def register_rules() -> None:
    """Say what holds for invoices that programs write, change and tie."""
    register(
        "invoice",
        Rules(handled=frozenset({STATUS}), fill=_fill, check=_check, changed=_changed, delete=_delete),
    )
    for column, target in (("contact_id", "contact"), ("company_id", "company")):
        register_tie_rule("invoice", target, _of_draft(column))


def _fill(db: Db, ctx: AccountContext, drafts: Sequence[Draft]) -> None:
    del db
    for draft in drafts:
        columns = draft.columns
        if draft.written.values.get(STATUS) not in (None, "draft"):
            draft.refuse(
                STATUS,
                "An invoice begins as a draft; open it once it has a contact and line items.",
                INVALID_OPTION,
            )
        days = columns.get("net_terms_days")
        if days is not None and not 0 <= days <= NET_TERMS_MAX:
            draft.refuse(
                "hs_net_payment_terms", f"Give 0 (on receipt) to {NET_TERMS_MAX} days.", INVALID_NUMBER
            )
            continue
        columns |= {
            "status": "draft",
            "subtotal_minor": 0,
            "discount_minor": 0,
            "tax_minor": 0,
            "total_minor": 0,
        }
        columns["invoice_date"] = columns.get("invoice_date") or ctx.today
        _check_dates(draft, columns)
        if not draft.written.problems and columns.get("due_date") is None:
            columns["due_date"] = date.fromordinal(columns["invoice_date"].toordinal() + (days or 0))
        columns |= own_terms(ctx, draft.written.values)
        if columns.get("allow_partial_payments") is None:
            columns["allow_partial_payments"] = ctx.settings.partial_payments


def _check_dates(asked: Draft | Change, columns: Mapping[str, Any]) -> None:
    for name, column in ((DATED, "invoice_date"), (DUE, "due_date")):
        day = columns.get(column)
        if day is not None and not EARLIEST <= day < LATEST:
            asked.refuse(name, f"Give a day from {EARLIEST} to before {LATEST}.", INVALID_DATE)
    dated, due = columns.get("invoice_date"), columns.get("due_date")
    if dated is not None and due is not None and due < dated:
        asked.refuse(DUE, f"The invoice would be due on {due}, before its date, {dated}.", INVALID_DATE)


def _check(db: Db, ctx: AccountContext, changes: Sequence[Change]) -> None:
    del db, ctx
    obj = get_object("invoice")
    for change in changes:
        status, wanted = change.row["status"], change.written.values.get(STATUS)
        if wanted not in (None, status) and wanted not in {"draft": ("open",), "open": ("voided",)}.get(
            status, ()
        ):
            change.refuse(STATUS, _no_way(status, wanted), INVALID_OPTION)
        if status == "draft":
            _check_dates(change, {**change.row, **change.columns})
            _refuse_other_currency(change)
            continue
        for name in change.written.values:
            prop = obj.by_name.get(name)
            if prop is None or name in (STATUS, "hubspot_owner_id"):
                continue
            same = prop.column is not None and change.columns.get(prop.column) == change.row.get(prop.column)
            if not same and (status != "open" or "user" not in prop.writable_by):
                change.refuse(name, f'"{name}" of an invoice that is {status} cannot be changed.', READ_ONLY)


def _refuse_other_currency(change: Change) -> None:
    if (
        change.columns.get("currency", change.row["currency"]) != change.row["currency"]
        and change.row["total_minor"]
    ):
        change.refuse(
            "hs_currency", "Its line items are priced in another currency; take them off first.", READ_ONLY
        )


def _no_way(status: str, wanted: str) -> str:
    if wanted == "paid":
        return "An invoice is paid by payments: make one and associate it with the invoice."
    if wanted == "voided" and status == "draft":
        return "A draft is not voided; delete it."
    return f"An invoice that is {status} never becomes {wanted}."


def _changed(db: Db, ctx: AccountContext, changes: Sequence[Change], actor: str) -> None:
    for change in changes:
        wanted = change.written.values.get(STATUS)
        if wanted in (None, change.row["status"]):
            continue
        try:
            if wanted == "open":
                issue_draft(db, ctx, change.id, actor=actor)
            else:
                void_invoice(db, ctx, change.id, actor=actor)
        except (CannotIssue, CannotVoid) as refusal:
            raise Refused(str(refusal)) from refusal


def _delete(db: Db, ctx: AccountContext, rows: Sequence[Mapping[str, Any]], actor: str) -> list[int]:
    del db, ctx, actor
    for row in rows:
        if row["status"] != "draft":
            raise Refused(
                f"Invoice {row['number']} is {row['status']}. Only a draft can be deleted; void an open one."
            )
    return [row["id"] for row in rows]


def _of_draft(column: str) -> Any:
    """A tie that the invoice itself tells, and that can be changed as long as it is a draft."""

    def tie(db: Db, ctx: AccountContext, change: TieChange) -> None:
        row = db.execute(
            "SELECT status FROM invoice WHERE account_id = %s AND id = %s FOR UPDATE",
            [ctx.id, change.holder.id],
        ).fetchone()
        if row is None or row[0] != "draft":
            raise CannotAssociate(
                f"Invoice {change.holder.id} is {row and row[0]}; who is billed stands fast."
            )
        if change.before is not None and change.after is not None:
            raise CannotAssociate(
                f"The invoice is for the {change.target} {change.before} already; remove that association first."
            )
        db.execute(
            f"UPDATE invoice SET {column} = %s, updated_at = %s WHERE account_id = %s AND id = %s",  # type: ignore[arg-type]
            [change.after, ctx.now, ctx.id, change.holder.id],
        )
        data = journal.changed(**{column: (change.before, change.after)})
        event = journal.NewEvent("invoice.updated", "invoice", change.holder.id, None, data)
        journal.write(db, ctx.id, ctx.now, [event], change.actor)

    return tie
