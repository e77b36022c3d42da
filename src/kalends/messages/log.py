"""The log of letters: which were decided on, what became of them, and the words that went out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.documents.logo import read_logos
from kalends.messages.kept_words import covered, to_read
from kalends.messages.letters.layout import Rendered, for_browsers
from kalends.messages.letters.render import MessageRow, render

STATUSES = ("queued", "kept", "sending", "sent", "failed")


class LetterRow(NamedTuple):
    """A letter in the log. ``subject`` is None until it has been written out."""

    id: int
    kind: str
    object_id: int
    occasion: str
    recipient: str
    contact_id: int | None
    language: str
    status: str
    created_at: datetime
    sent_at: datetime | None
    subject: str | None
    tries: int
    error: str | None


class UnknownLetter(LookupError):
    """There is no letter of this number in the account."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter with its words. ``written`` says that they are kept; else it would read so if it were written now."""

    row: LetterRow
    letter: Rendered
    html: str
    written: bool


def letters(
    db: Connection[Any],
    ctx: AccountContext,
    *,
    id_: int | None = None,
    subscription: int | None = None,
    contact: int | None = None,
    kind: str | None = None,
    status: str | None = None,
    limit: int | None = None,
) -> list[LetterRow]:
    """The account's letters, the newest first; those of one subscription, contact, kind or status if that is given."""
    params = {
        "account_id": ctx.id,
        "id": id_,
        "subscription": subscription,
        "contact": contact,
        "kind": kind,
        "status": status,
        "limit": limit,
    }
    return [LetterRow(*row) for row in fetch(db, load("kalends.messages", "letters_log"), params)]


def letter_row(db: Connection[Any], ctx: AccountContext, id_: int) -> LetterRow:
    """One letter of the log. Raises ``UnknownLetter``."""
    found = letters(db, ctx, id_=id_, limit=1)
    if not found:
        raise UnknownLetter(f"There is no letter {id_} in this account.")
    return found[0]


def show_letter(db: Connection[Any], ctx: AccountContext, id_: int) -> Shown:
    """One letter in the words that were kept, or as it would be written now.

    Raises ``UnknownLetter``, and ``CannotRender`` for one without words that cannot be written.
    """
    row = letter_row(db, ctx, id_)
    query = "SELECT subject, text, html, attached, logo, given FROM message WHERE account_id = %s AND id = %s"
    kept = db.execute(query, [ctx.id, id_]).fetchone()
    assert kept is not None
    *words, given = kept
    written = words[0] is not None
    place = MessageRow(
        row.id, row.kind, row.object_id, row.occasion, row.recipient, row.language, row.created_at, given
    )
    letter = covered(to_read(Rendered(*words)) if written else render(db, ctx, place), given)
    return Shown(row, letter, for_browsers(letter, read_logos(db, ctx.id, letter.logos)), written)
