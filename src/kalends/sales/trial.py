"""Trying a payment link: a copy of it in a sandbox account of the same people, with a clock that can be moved.

What is bought there is bought with test cards and never reaches the books of the account. Recurring links are tried
whole: the sandbox's clock is moved, and every later charge happens.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from kalends.accounts import connections
from kalends.accounts.change import change_settings
from kalends.accounts.context import AccountContext, load_context
from kalends.accounts.create import create_account
from kalends.accounts.people import accounts_of, add_member
from kalends.accounts.permissions import ROLES
from kalends.accounts.sql import enter_account
from kalends.sales.link_lines import COPIED, CUSTOM, LinkLine
from kalends.sales.links import ACTIVE, Link, NewLink, create_link, edit_link, find_link

Db = Connection[Any]
_OF_THE_ACCOUNT = ("product_id", "variant_id", "tax_rate_group_id")
"""What a line names by a number that means nothing in another account."""
_KEPT_SAME = (
    "name one_time_use expires_on allowed_payment_methods collect_billing_address collect_shipping_address "
    "collect_tax_id take_discount_codes text_below_total custom_fields create_deal redirect_url language"
).split()


class Trial(NamedTuple):
    """Where a copy is: its account, its number and the key in its address."""

    account_id: int
    link_id: int
    public_key: UUID


def open_trial(db: Db, ctx: AccountContext, link_id: int, *, user_id: int, actor: str) -> Trial:
    """Copy a payment link into the sandbox of its account, and make that where there is none.

    A link that was tried before keeps its copy, which follows it, and can be bought again although it was for one use.
    ``db`` is in no transaction. Raises ``NoSuchLink``.
    """
    link = find_link(db, ctx, link_id)
    lines = _lines(db, ctx, link_id)
    people = db.execute(
        "SELECT user_id, role, role_id IS NOT NULL FROM membership WHERE account_id = %s", [ctx.id]
    ).fetchall()
    sandbox = _sandbox(db, ctx, user_id)
    with connections.apart(sandbox or ctx.id) as other, other.transaction():
        theirs = load_context(other, sandbox, system_now=ctx.now) if sandbox else _make(other, ctx)
        for each, role, own_role in people:
            kept = "reader" if own_role or role not in ROLES else role
            add_member(other, theirs.id, each, "admin" if each == user_id else kept)
        other.execute(
            "INSERT INTO enabled_currency (account_id, code) VALUES (%s, %s) "
            "ON CONFLICT ON CONSTRAINT enabled_currency_once DO NOTHING",
            [theirs.id, link.currency],
        )
        made = _copy(other, theirs, link, lines, f"trial of {ctx.id}/{link_id}", actor)
    if theirs.id != ctx.settings.test_account:
        change_settings(db, ctx, {"test_account": theirs.id}, actor=actor)
    return made


def _lines(db: Db, ctx: AccountContext, link_id: int) -> list[LinkLine]:
    with db.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT * FROM line_item WHERE account_id = %s AND parent_type = 'payment_link' AND parent_id = %s "
            "AND archived_at IS NULL ORDER BY position, id",
            [ctx.id, link_id],
        ).fetchall()
    return [
        LinkLine(
            CUSTOM,
            None,
            {name: row[name] for name in COPIED if name not in _OF_THE_ACCOUNT and row[name] is not None},
        )
        for row in rows
    ]


def _sandbox(db: Db, ctx: AccountContext, user_id: int) -> int | None:
    """The account that was made for trying, or else a sandbox of the user's under this account's own name."""
    with db.transaction(), db.cursor() as cursor:
        own = accounts_of(cursor, user_id)
    known = {each.id for each in own if each.is_sandbox}
    if ctx.settings.test_account in known:
        return ctx.settings.test_account
    return next((each.id for each in own if each.is_sandbox and each.name == ctx.name), None)


def _make(db: Db, ctx: AccountContext) -> AccountContext:
    made = create_account(
        db,
        name=ctx.name,
        time_zone=ctx.time_zone,
        currency=ctx.currency,
        now=ctx.now,
        language=ctx.language,
        country=ctx.country,
        clock_at=ctx.now,
    )
    enter_account(db, made.id)
    change_settings(db, made, {"letters": "kept"})
    return made


def _copy(db: Db, ctx: AccountContext, link: Link, lines: list[LinkLine], mark: str, actor: str) -> Trial:
    same = {name: getattr(link, name) for name in _KEPT_SAME}
    row = db.execute(
        "SELECT id FROM payment_link WHERE account_id = %s AND source_id = %s AND currency = %s "
        "AND archived_at IS NULL",
        [ctx.id, mark, link.currency],
    ).fetchone()
    if row is None:
        id_ = create_link(db, ctx, NewLink(currency=link.currency, lines=lines, **same), actor=actor)
    else:
        id_ = row[0]
        edit_link(db, ctx, id_, {**same, "status": ACTIVE}, lines=lines, actor=actor)
    db.execute(
        "UPDATE payment_link SET source_id = %s, uses = 0 WHERE account_id = %s AND id = %s",
        [mark, ctx.id, id_],
    )
    return Trial(ctx.id, id_, find_link(db, ctx, id_).public_key)
