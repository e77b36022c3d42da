"""Letters of an email to a segment, in words that are ready: one for each recipient of a mailing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load

KIND = "mailing"


class MailingLetter(NamedTuple):
    """What one contact reads of a mailing; ``unsubscribe`` is the link by which they get no more."""

    contact_id: int
    subject: str
    body: str
    unsubscribe: str


def tell(db: Connection[Any], ctx: AccountContext, mailing_id: int, letters: Sequence[MailingLetter]) -> int:
    """Put letters into the outbox, and say how many are new: each address gets one of a mailing, ever."""
    rows = [
        (
            mailing_id,
            "",
            letter.contact_id,
            json.dumps({"subject": letter.subject, "body": letter.body, "unsubscribe": letter.unsubscribe}),
        )
        for letter in letters
    ]
    if not rows:
        return 0
    params = {
        "account_id": ctx.id,
        "kind": KIND,
        "status": ctx.settings.letters,
        "at": ctx.now,
        **arrays(("objects", "occasions", "readers", "given"), rows),
    }
    return db.execute(load("kalends.messages", "tell_free_contacts"), params).rowcount
