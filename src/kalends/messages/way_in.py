"""Sending a contact the link to their own pages, because a member of staff wants it."""

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.events import journal
from kalends.messages.outbox import BY_STAFF, Letter, queue

KIND = "portal_link"


class CannotLetIn(ValueError):
    """A contact who cannot be sent the link; the message says why and what to do instead."""


def send_portal_link(
    db: Connection[Any], ctx: AccountContext, contact_id: int, *, actor: str = "system"
) -> str:
    """Send a contact the letter with the link to their own pages; returns the address that it goes to.

    Each call sends a letter; ask once for each press of a button. Raises ``CannotLetIn`` when there is no such contact,
    when it has no address, or when the account shows its customers no pages.
    """
    if not ctx.settings.portal:
        raise CannotLetIn(
            "The account shows its customers no pages of their own: switch that on in the settings."
        )
    with db.transaction():
        row = db.execute(
            "SELECT email FROM contact WHERE account_id = %s AND id = %s AND archived_at IS NULL FOR UPDATE",
            [ctx.id, contact_id],
        ).fetchone()
        if row is None:
            raise CannotLetIn(f"There is no contact {contact_id} in this account.")
        if row[0] is None:
            raise CannotLetIn(f"Contact {contact_id} has no email address. Give it one first.")
        letter = Letter(KIND, contact_id, contact_id, _occasion(db, ctx, contact_id))
        assert queue(db, ctx.id, ctx.now, [letter], status=ctx.settings.letters) == 1
        event = journal.NewEvent("contact.portal_link_sent", "contact", contact_id, None, {"email": row[0]})
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return row[0]


def _occasion(db: Connection[Any], ctx: AccountContext, contact_id: int) -> str:
    """A name that no letter of the contact has yet; who holds the contact's lock makes it alone."""
    row = db.execute(
        "SELECT count(*) FROM message WHERE account_id = %s AND kind = %s AND object_id = %s "
        "AND starts_with(occasion, %s)",
        [ctx.id, KIND, contact_id, BY_STAFF],
    ).fetchone()
    assert row is not None
    return f"{BY_STAFF}{row[0] + 1}"
