"""Telling a user that an export can be fetched."""

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.messages.letters.facts import Export
from kalends.messages.outbox import tell_user

KIND = "export_ready"


def tell_of_export(
    db: Connection[Any], ctx: AccountContext, *, export_id: int, user_id: int, export: Export
) -> bool:
    """Decide on the letter to the user who asked for an export, once for each; says whether it is new.

    ``export_id`` is the export's own number, and ``export.link`` a page that asks whoever comes to sign in. A user who
    has no place in the account any more, or may not sign in, gets none.
    """
    given = {**export._asdict(), "expires_on": export.expires_on.isoformat()}
    return tell_user(db, ctx, kind=KIND, object_id=export_id, user_id=user_id, given=given)
