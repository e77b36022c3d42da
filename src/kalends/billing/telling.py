"""Letters about what was done to a subscription: one for each time, so the event that tells of it is the occasion."""

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.compose import DueSubscription
from kalends.messages import outbox


def tell_customer(
    db: Connection[Any], ctx: AccountContext, kind: str, row: DueSubscription, event_id: int
) -> None:
    """Decide on a letter to the subscription's contact, if it has one."""
    if row.contact_id is not None:
        letter = outbox.Letter(kind, row.id, row.contact_id, str(event_id))
        outbox.queue(db, ctx.id, ctx.now, [letter], status=ctx.settings.letters)


def tell_owner(
    db: Connection[Any], ctx: AccountContext, kind: str, row: DueSubscription, event_id: int
) -> None:
    """Decide on a notice to the user who owns the subscription, if anybody does."""
    if row.contact_id is not None:
        letter = outbox.Letter(kind, row.id, row.contact_id, str(event_id))
        outbox.notify_owner(db, ctx.id, ctx.now, [letter], status=ctx.settings.letters)
