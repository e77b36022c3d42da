"""Who wants no emails to segments and from workflows: an address that says so once gets none again, whatever becomes
of its contact.

What is kept is a digest of the address under the installation's own key. So the refusal outlives the erasure of the
person, and tells nobody who that was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.events import journal
from kalends.messages.mailing_letters import KIND
from kalends.messages.workflow_letters import CONTACT

Db = Connection[Any]

REFUSED_KINDS = (KIND, CONTACT)
"""The kinds of letters that carry a link to unsubscribe, and that no address gets which followed it."""

WANTS_NO_MORE = "The reader wants no more of these emails."
UNSUBSCRIBE = "unsubscribe"
"""Where such a link leads: the first word of its path."""
_LONGEST = 400


def signer() -> signing.Signer:
    """What signs links to unsubscribe."""
    return signing.Signer(salt="kalends.messages.refusals", sep=".")


class Leaving(NamedTuple):
    """What a link to unsubscribe says: the account, the contact, and the digest of the address that it was sent to."""

    account_id: int
    contact_id: int
    digest: str


def digest_of(account_id: int, address: str) -> str:
    """What is kept of an address: the same for the same one in capitals or not, another in each account.

    >>> digest_of(1, "Kari@Example.com ") == digest_of(1, "kari@example.com") != digest_of(2, "kari@example.com")
    True
    """
    told = f"{account_id} {address.strip().lower()}"
    return salted_hmac("kalends.messages.refusals.address", told, algorithm="sha256").hexdigest()


def link_to_leave(account_id: int, contact_id: int, address: str) -> str:
    """The address of the page on which whoever reads the email unsubscribes; it works for good."""
    token = signer().sign_object([account_id, contact_id, digest_of(account_id, address)])
    return f"{settings.PUBLIC_URL}/{UNSUBSCRIBE}/{token}"


def read_link(token: str) -> Leaving | None:
    """What the token of a link says; None when it is not ours."""
    if len(token) > _LONGEST:
        return None
    try:
        return Leaving(*signer().unsign_object(token))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def has_left(db: Db, ctx: AccountContext, leaving: Leaving) -> bool:
    """Whether the address of a link has been refused."""
    query = "SELECT 1 FROM mail_refusal WHERE account_id = %s AND digest = %s"
    return db.execute(query, [ctx.id, leaving.digest]).fetchone() is not None


def refusing(db: Db, ctx: AccountContext, addresses: Sequence[str]) -> set[str]:
    """Those of the addresses that want no emails to segments."""
    by_digest = {digest_of(ctx.id, each): each for each in addresses}
    rows = db.execute(
        "SELECT digest FROM mail_refusal WHERE account_id = %s AND digest = ANY(%s)",
        [ctx.id, list(by_digest)],
    ).fetchall()
    return {by_digest[row[0]] for row in rows}


def leave(db: Db, ctx: AccountContext, leaving: Leaving) -> bool:
    """Take an address at its word, in one transaction; says whether it is new.

    Its contact is marked as opted out if it has that address still. What waits in the outbox for the address is not
    sent: what is found here says so at once, and delivery asks for each letter, whoever it was written to.
    """
    with db.transaction():
        new = db.execute(
            "INSERT INTO mail_refusal (account_id, digest, at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [ctx.id, leaving.digest, ctx.now],
        ).rowcount
        _stop_what_waits(db, ctx, leaving)
        row = db.execute(
            "SELECT email, email_opt_out FROM contact WHERE account_id = %s AND id = %s FOR UPDATE",
            [ctx.id, leaving.contact_id],
        ).fetchone()
        if row is not None and row[0] and digest_of(ctx.id, row[0]) == leaving.digest:
            _opt_out(db, ctx, leaving.contact_id, row[1])
    return new == 1


def _stop_what_waits(db: Db, ctx: AccountContext, leaving: Leaving) -> None:
    rows = db.execute(
        "SELECT id, recipient FROM message WHERE account_id = %s AND contact_id = %s AND kind = ANY(%s) "
        "AND status IN ('queued', 'kept')",
        [ctx.id, leaving.contact_id, list(REFUSED_KINDS)],
    ).fetchall()
    waiting = [id_ for id_, recipient in rows if digest_of(ctx.id, recipient) == leaving.digest]
    db.execute(
        "UPDATE message SET status = 'failed', error = %s "
        "WHERE account_id = %s AND id = ANY(%s) AND status IN ('queued', 'kept')",
        [WANTS_NO_MORE, ctx.id, waiting],
    )


def _opt_out(db: Db, ctx: AccountContext, contact_id: int, before: bool | None) -> None:
    if before is True:
        return
    db.execute(
        "UPDATE contact SET email_opt_out = TRUE, updated_at = %s WHERE account_id = %s AND id = %s",
        [ctx.now, ctx.id, contact_id],
    )
    data = journal.changed(email_opt_out=(before, True))
    event = journal.NewEvent("contact.unsubscribed", "contact", contact_id, None, data)
    journal.write(db, ctx.id, ctx.now, [event], f"contact:{contact_id}")
