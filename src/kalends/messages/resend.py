"""Sending a letter again, because somebody asks for it."""

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import array, load
from kalends.messages.letters.kinds import KINDS
from kalends.messages.outbox import AGAIN, first_occasion


class CannotResend(ValueError):
    """A letter that cannot be sent again; the message says why and what to do instead."""


def resend(db: Connection[Any], ctx: AccountContext, message_id: int) -> int:
    """Put a letter into the outbox once more, under an occasion of its own; returns the new letter's id.

    It has the words, and the document with it, that it had when it was written, also if they were never taken. A
    customer's letter goes to the contact's present address. Raises ``CannotResend`` when there is no such letter,
    when it is on its way already (so that a double click sends one), when it is of a kind that is not written any more,
    or when its contact has no address now.
    """
    with db.transaction():
        params = {"account_id": ctx.id, "id": message_id}
        row = db.execute(load("kalends.messages", "letter_to_resend"), params).fetchone()
        if row is None:
            raise CannotResend(f"There is no letter {message_id} in this account.")
        kind, object_id, occasion, before, email, contact_id, language, status, *words = row
        if kind not in KINDS:
            raise CannotResend(f"Letter {message_id} is of a kind that is not written any more: {kind}.")
        recipient = before if KINDS[kind].to_staff or contact_id is None else email
        if recipient is None:
            raise CannotResend(
                f"The contact of letter {message_id} has no email address. Give the contact one first."
            )
        first = first_occasion(occasion)
        count, under_way = _sent_before(db, ctx, kind, object_id, first, [before, recipient])
        if under_way:
            raise CannotResend(f"Letter {message_id} is on its way already ({status}).")
        fresh = db.execute(
            "INSERT INTO message (account_id, kind, object_id, occasion, recipient, contact_id, language, status, "
            "created_at, subject, text, html, attached, logo, given) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s::jsonb) RETURNING id",
            [ctx.id, kind, object_id, f"{first}{AGAIN}{count + 1}", recipient, contact_id, language,
             ctx.settings.letters, ctx.now, *words],
        ).fetchone()  # fmt: skip
        assert fresh is not None
        return fresh[0]


def _sent_before(
    db: Connection[Any],
    ctx: AccountContext,
    kind: str,
    object_id: int,
    occasion: str,
    recipients: list[str],
) -> tuple[int, bool]:
    params = {
        "account_id": ctx.id,
        "kind": kind,
        "object_id": object_id,
        "occasion": occasion,
        "again": AGAIN,
        "recipients": array(recipients),
    }
    row = db.execute(load("kalends.messages", "letter_sent_before"), params).fetchone()
    assert row is not None
    return row[0], row[1]
