"""The course of a quote: approved if need be, published, taken back; whoever writes its status, page or program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object
from kalends.crm.record_values import Written
from kalends.crm.records import Who, archive, write_changes
from kalends.crm.rules import Change, Draft, Rules, register
from kalends.crm.rules import Refused as RuleRefused
from kalends.events import journal
from kalends.sales.quote_versions import current_version, make_version, refuse_unfit, withdraw
from kalends.sales.quotes import (
    ACCEPTED,
    APPROVED,
    DRAFT,
    PENDING,
    PLAIN,
    PUBLISHED,
    REJECTED,
    QuoteRefused,
    find_quote,
    locked,
    problems_with,
)

Db = Connection[Any]
REASON_LONGEST = 1_000
_FREE = frozenset({"status", "owner_id", "rejection", "custom", "accepted_at"})
"""What changes of a published quote without changing what the buyer reads."""


def publish(db: Db, ctx: AccountContext, quote_id: int, *, actor: str = "system") -> str:
    """Publish a draft, or where the account wants quotes approved, ask for that; returns the new status.

    Raises :class:`QuoteRefused` and ``NoSuchQuote``.
    """
    with db.transaction():
        row = locked(db, ctx, quote_id)
        if row["status"] not in (DRAFT, REJECTED):
            raise QuoteRefused("published", f"The quote is {row['status']} already.")
        refuse_unfit(db, ctx, find_quote(db, ctx, quote_id))
        status = PENDING if ctx.settings.quotes_need_approval else PLAIN
        if status == PENDING:
            _say(db, ctx, quote_id, "quote.approval_requested", {}, actor)
        _set(db, ctx, row, status, actor, rejection=None)
    return status


def approve(db: Db, ctx: AccountContext, quote_id: int, *, actor: str = "system") -> None:
    """Approve a quote that waits for it: it is published. Raises :class:`QuoteRefused` and ``NoSuchQuote``."""
    with db.transaction():
        row = _pending(db, ctx, quote_id)
        _say(db, ctx, quote_id, "quote.approved", {}, actor)
        _set(db, ctx, row, APPROVED, actor)


def reject(db: Db, ctx: AccountContext, quote_id: int, reason: str, *, actor: str = "system") -> None:
    """Refuse to approve a quote, and say why: it can be changed and handed in again. Raises as :func:`approve`."""
    reason = reason.strip()[:REASON_LONGEST]
    if not reason:
        raise QuoteRefused("no_reason", "Say why, so that the quote can be put right.")
    with db.transaction():
        row = _pending(db, ctx, quote_id)
        _say(db, ctx, quote_id, "quote.rejected", {"reason": reason}, actor)
        _set(db, ctx, row, REJECTED, actor, rejection=reason)


def recall(db: Db, ctx: AccountContext, quote_id: int, *, actor: str = "system") -> None:
    """Make a draft of a quote again; publishing it makes another version, at another address.

    Raises :class:`QuoteRefused` for what was accepted or paid, and ``NoSuchQuote``.
    """
    with db.transaction():
        row = locked(db, ctx, quote_id)
        if row["status"] == ACCEPTED:
            raise QuoteRefused(
                "accepted", "The quote was accepted: it stays as it is. Make another one of the deal."
            )
        if row["status"] == DRAFT:
            return
        _set(db, ctx, row, DRAFT, actor)


def archive_quotes(db: Db, ctx: AccountContext, ids: Sequence[int], *, actor: str = "system") -> int:
    """Archive quotes: their pages are not there any more. Returns how many were there."""
    with db.transaction():
        return len(archive(db, ctx, get_object("quote"), ids, Who(actor)))


def _pending(db: Db, ctx: AccountContext, quote_id: int) -> dict[str, Any]:
    row = locked(db, ctx, quote_id)
    if row["status"] != PENDING:
        raise QuoteRefused("not_pending", f"The quote is {row['status']}: it does not wait for approval.")
    return row


def _set(db: Db, ctx: AccountContext, row: dict[str, Any], status: str, actor: str, **more: Any) -> None:
    try:
        write_changes(
            db,
            ctx,
            get_object("quote"),
            [Change(row, Written(), {"status": status, **more})],
            Who(actor, "CRM_UI"),
        )
    except RuleRefused as refusal:
        if isinstance(refusal.__cause__, QuoteRefused):
            raise refusal.__cause__ from None
        raise


def _say(db: Db, ctx: AccountContext, quote_id: int, kind: str, data: dict[str, Any], actor: str) -> None:
    journal.write(db, ctx.id, ctx.now, [journal.NewEvent(kind, "quote", quote_id, None, data)], actor)


def register_rules() -> None:
    """Say what holds for quotes that programs write as records."""
    decided = frozenset({"hs_status"})  # who approves and publishes is answerable for what is offered
    register("quote", Rules(decided_by_people=decided, fill=_fill, check=_check, changed=_changed))


def _fill(db: Db, ctx: AccountContext, drafts: Sequence[Draft]) -> None:  # noqa: ARG001
    names = _names()
    for draft in drafts:
        for trouble in problems_with(draft.columns):
            draft.refuse(names.get(trouble.place, trouble.place), trouble.text)
        status = draft.columns.get("status", DRAFT)
        if status in PUBLISHED:
            text = "Make it as a DRAFT with its line items, a deal and a contact first, and publish it then."
            draft.refuse("hs_status", text)


def _check(db: Db, ctx: AccountContext, changes: Sequence[Change]) -> None:  # noqa: ARG001
    names = _names()
    for change in changes:
        before, after = change.row["status"], change.columns.get("status", change.row["status"])
        for trouble in problems_with({**change.row, **change.columns}):
            if trouble.place in change.columns:
                change.refuse(names.get(trouble.place, trouble.place), trouble.text)
        if before in PUBLISHED and after in PUBLISHED:
            for column in sorted(change.columns.keys() - _FREE):
                if change.columns[column] != change.row[column]:
                    text = "A published quote is locked: set hs_status to DRAFT first."
                    change.refuse(names.get(column, column), text)
        if after == ACCEPTED and before not in PUBLISHED:
            change.refuse("hs_status", "Only a published quote can be accepted.")
        if before == ACCEPTED and after != ACCEPTED:
            change.refuse("hs_status", "The quote was accepted: it stays as it is.")
        if after == PLAIN and before != PLAIN and ctx.settings.quotes_need_approval:
            change.refuse("hs_status", "The account wants quotes approved: set PENDING_APPROVAL.")


def _names() -> dict[str, str]:
    return {each.column: each.name for each in get_object("quote").properties if each.column}


def _changed(db: Db, ctx: AccountContext, changes: Sequence[Change], actor: str) -> None:
    """Keep a version of what was published, and withdraw what is published no longer."""
    for change in changes:
        before, after = change.row["status"], change.columns.get("status", change.row["status"])
        try:
            if after in PUBLISHED and before not in PUBLISHED:
                make_version(db, ctx, change.id, actor)
            elif before in PUBLISHED and after not in PUBLISHED:
                withdraw(db, ctx, change.id, actor)
        except QuoteRefused as refusal:
            raise RuleRefused(str(refusal)) from refusal
        if after == ACCEPTED and before != ACCEPTED and change.row["accepted_at"] is None:
            db.execute(
                "UPDATE quote SET accepted_at = %s WHERE account_id = %s AND id = %s AND accepted_at IS NULL",
                [ctx.now, ctx.id, change.id],
            )


def is_open_for(db: Db, ctx: AccountContext, quote_id: int) -> str | None:
    """Why nobody can agree to a quote or pay it: ``archived``, ``inactive`` or ``expired``; None if they can."""
    quote = find_quote(db, ctx, quote_id)
    if quote.archived_at is not None:
        return "archived"
    if not quote.is_published or current_version(db, ctx, quote_id) is None:
        return "inactive"
    return "expired" if quote.is_expired(ctx.today) else None
