"""Invoices that somebody writes: a draft with its customer and its lines, changed as a whole until it is issued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.billing.agreement import EARLIEST, LATEST, NET_TERMS_MAX
from kalends.billing.draft import price_draft
from kalends.catalog import get_object
from kalends.crm.associations import End, associate, associated, dissociate
from kalends.crm.record_values import Problem
from kalends.crm.records import New, Who, Wish, prepare_changes, prepare_new, write_changes, write_new
from kalends.sales.link_lines import LinkLine
from kalends.sales.parent_lines import set_lines
from kalends.sales.trouble import Refused, Trouble

Db = Connection[Any]
ADDRESS = ("address", "address2", "city", "state", "zip", "country")
_INVOICE = get_object("invoice")
_PLACES = {"hs_currency": "currency", "hs_title": "title", "hs_language": "language"}


class NoDraft(LookupError):
    """There is no such invoice in this account, or it was issued: changes of it are credit notes."""


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """What a draft says besides its lines. It is due ``net_terms_days`` after its date.

    ``address`` has some of :data:`ADDRESS`, and is printed; ``language`` None is the contact's own.
    """

    contact_id: int
    company_id: int | None
    currency: str
    dated: date
    net_terms_days: int = 0
    title: str | None = None
    purchase_order: str | None = None
    comments: str | None = None
    language: str | None = None
    owner_id: int | None = None
    address: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def due(self) -> date:
        """The last day to pay it."""
        return date.fromordinal(self.dated.toordinal() + self.net_terms_days)


def make_draft(
    db: Db, ctx: AccountContext, wanted: InvoiceDraft, lines: Sequence[LinkLine], *, actor: str = "system"
) -> int:
    """A draft invoice of these lines, each billed once; returns its number in the database.

    Raises ``Refused`` with everything that is wrong; nothing is made then.
    """
    _check(wanted)
    with db.transaction():
        drafts = prepare_new(db, ctx, _INVOICE, [New(_properties(wanted))])
        _refuse(drafts[0].written.problems)
        (id_,) = write_new(db, ctx, _INVOICE, drafts, Who(actor, "CRM_UI"))
        _write_rest(db, ctx, id_, wanted, lines, actor)
    return id_


def change_draft(
    db: Db,
    ctx: AccountContext,
    invoice_id: int,
    wanted: InvoiceDraft,
    lines: Sequence[LinkLine],
    *,
    actor: str = "system",
) -> None:
    """Let a draft say this instead, of these lines; its currency stays.

    Raises ``Refused``, and :class:`NoDraft` for what is none (any more); nothing is changed then.
    """
    _check(wanted)
    with db.transaction():
        row = db.execute(
            "SELECT status FROM invoice WHERE account_id = %s AND id = %s AND archived_at IS NULL FOR UPDATE",
            [ctx.id, invoice_id],
        ).fetchone()
        if row is None or row[0] != "draft":
            raise NoDraft(f"There is no draft {invoice_id} in this account.")
        properties = _properties(wanted)
        del properties["hs_currency"]
        prepared = prepare_changes(db, ctx, _INVOICE, [Wish(invoice_id, properties)])
        _refuse(prepared.changes[0].written.problems)
        write_changes(db, ctx, _INVOICE, prepared.changes, Who(actor, "CRM_UI"))
        _write_rest(db, ctx, invoice_id, wanted, lines, actor)


def _check(wanted: InvoiceDraft) -> None:
    troubles: list[Trouble] = []
    if not EARLIEST <= wanted.dated < LATEST:
        text = f"Give a day from {EARLIEST} to before {LATEST}."
        troubles.append(Trouble("dated", "invalid", str(wanted.dated), text))
    if not 0 <= wanted.net_terms_days <= NET_TERMS_MAX:
        text = f"Give 0 (on receipt) to {NET_TERMS_MAX} days."
        troubles.append(Trouble("net_terms", "invalid", str(wanted.net_terms_days), text))
    if troubles:
        raise Refused(troubles)


def _properties(wanted: InvoiceDraft) -> dict[str, str]:
    said = {
        "hs_currency": wanted.currency,
        "hs_title": wanted.title,
        "hs_invoice_date": wanted.dated.isoformat(),
        "hs_due_date": wanted.due.isoformat(),
        "hs_net_payment_terms": str(wanted.net_terms_days),
        "hs_purchase_order_number": wanted.purchase_order,
        "hs_comments": wanted.comments,
        "hs_language": wanted.language,
        "hubspot_owner_id": None if wanted.owner_id is None else str(wanted.owner_id),
    }
    return {name: value or "" for name, value in said.items()}


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Refused(
            [
                Trouble(_PLACES.get(each.property, each.property), "invalid", each.value, each.message)
                for each in problems
            ]
        )


def _write_rest(
    db: Db, ctx: AccountContext, id_: int, wanted: InvoiceDraft, lines: Sequence[LinkLine], actor: str
) -> None:
    """Whom it is for, where they live, and what is billed; the draft follows its lines."""
    for name, other in (("contact", wanted.contact_id), ("company", wanted.company_id)):
        _tie(db, ctx, id_, name, other, actor)
    settings = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(f"billing_{name}"), sql.Placeholder(name))
        for name in ADDRESS
    )
    query = sql.SQL("UPDATE invoice SET {} WHERE account_id = %(account_id)s AND id = %(id)s")
    parts = {name: wanted.address.get(name) or None for name in ADDRESS}
    db.execute(query.format(settings), {**parts, "account_id": ctx.id, "id": id_})
    set_lines(db, ctx, "invoice", id_, wanted.currency, lines, actor=actor)
    # What went is of no invoice any more: the books add up every line that is of one.
    db.execute(
        "UPDATE line_item SET parent_type = NULL, parent_id = NULL WHERE account_id = %s AND parent_type = 'invoice' "
        "AND parent_id = %s AND archived_at IS NOT NULL",
        [ctx.id, id_],
    )
    price_draft(db, ctx, id_)


def _tie(db: Db, ctx: AccountContext, id_: int, name: str, other: int | None, actor: str) -> None:
    here, present = End("invoice", id_), associated(db, ctx, End("invoice", id_), name)
    for each in present:
        if each != other:
            dissociate(db, ctx, here, End(name, each), actor=actor)
    if other is not None and other not in present:
        associate(db, ctx, here, End(name, other), actor=actor)
