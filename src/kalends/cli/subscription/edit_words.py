"""What an edit changes besides line items: read as it was typed, and told in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kalends.cli.records import called
from kalends.cli.session import Session
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.billing.edit import Edit

_CONTACT = """
    SELECT coalesce(nullif(btrim(concat_ws(' ', first_name, last_name)), ''), email, id::text) FROM contact
    WHERE account_id = %s AND id = %s AND archived_at IS NULL
"""
_METHOD = """
    SELECT method.kind, method.brand, method.last4,
        coalesce(nullif(btrim(concat_ws(' ', c.first_name, c.last_name)), ''), c.email, c.id::text)
    FROM payment_method AS method
    LEFT JOIN contact AS c ON c.account_id = method.account_id AND c.id = method.contact_id
    WHERE method.account_id = %s AND method.id = %s
"""
_USER = """
    SELECT m.user_id FROM membership AS m
    JOIN app_user AS u ON u.id = m.user_id
    WHERE m.account_id = %(account_id)s AND (u.email = lower(%(wanted)s) OR u.id = %(id)s)
"""


def name_typed(typed: str | None) -> str | None:
    """The name, which is not empty. Raises UserFacing."""
    if typed is not None and not typed.strip():
        raise UserFacing(
            "A subscription has a name.",
            where="--name",
            value=repr(typed),
            remedy="Give at least one letter.",
        )
    return typed


def owner_typed(session: Session, ctx: AccountContext, typed: str | None) -> int | None:
    """The number of the user who is called so. Raises UserFacing."""
    if typed is None:
        return None
    wanted = typed.strip()
    id_ = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19 else None
    row = session.db.execute(_USER, {"account_id": ctx.id, "wanted": wanted, "id": id_}).fetchone()
    if row is None:
        raise _unknown("user", "--owner", ctx, typed)
    return row[0]


def address_typed(typed: Sequence[str]) -> dict[str, str] | None:
    """The parts of an address by name; None where none was given. Raises UserFacing.

    >>> address_typed(["zip=0155", "city=Oslo"])
    {'zip': '0155', 'city': 'Oslo'}
    """
    parts = [text.partition("=") for text in typed]
    for (_, equals, _), text in zip(parts, typed, strict=True):
        if not equals:
            raise UserFacing(
                "This is no part of an address.",
                where="--address",
                value=text,
                remedy="Write it like zip=0155.",
            )
    return {part.strip(): value.strip() for part, _, value in parts} or None


def other_words(session: Session, ctx: AccountContext, planned: Edit) -> list[str]:
    """What is changed besides lines, after a look at whether those records exist."""
    words: list[str] = []
    if planned.next_due is not None:
        if planned.next_due <= ctx.today:
            raise UserFacing(
                "The next payment cannot fall due before tomorrow.",
                where="--next-due",
                value=str(planned.next_due),
                remedy=f"Give a day after {ctx.today}.",
            )
        words.append(f"the next payment is due on {planned.next_due}, which becomes its day")
    if planned.contact_id is not None:
        row = session.db.execute(_CONTACT, [ctx.id, planned.contact_id]).fetchone()
        if row is None:
            raise _unknown("contact", "--contact", ctx, planned.contact_id)
        words.append(f"invoices and letters go to {row[0]}")
    if planned.payment_method_id is not None:
        row = session.db.execute(_METHOD, [ctx.id, planned.payment_method_id]).fetchone()
        if row is None:
            raise _unknown("stored payment method", "--method", ctx, planned.payment_method_id)
        words.append(f"it is charged by {called(*row[:3])} of {row[3]}")
    if planned.address is not None:
        parts = ", ".join(part for part in planned.address.values() if part)
        words.append(f"the billing address is {parts or 'empty'}")
    if planned.owner_id is not None:
        words.append(f"user {planned.owner_id} looks after it")
    if planned.name is not None:
        words.append(f"it is called {planned.name}")
    return words


def _unknown(kind: str, option: str, ctx: AccountContext, wanted: object) -> UserFacing:
    return UserFacing(
        f"There is no such {kind}.",
        where=option,
        value=str(wanted),
        remedy=f"Give the number of a {kind} of account {ctx.id} ({ctx.name}).",
    )
