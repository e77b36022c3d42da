"""The wordings that an account keeps: read by the kind of letter, changed and taken back with a line in the journal."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.events import journal
from kalends.messages.letters.wording import STANDARD, Wording, WordingRefused, problems_in, tidy


def read_wordings(db: Connection[Any], account_id: int, kind: str) -> dict[str, Wording]:
    """How an account words a kind of letter, by language; a language without words of its own is left out.

    One query, however many letters are to be written.
    """
    rows = db.execute(
        "SELECT language, subject, opening, closing FROM letter_wording WHERE account_id = %s AND kind = %s",
        [account_id, kind],
    ).fetchall()
    return {language: Wording(*parts) for language, *parts in rows}


def own_wordings(db: Connection[Any], account_id: int) -> dict[str, list[str]]:
    """The kinds of letters that an account words itself, each with the languages, in order."""
    rows = db.execute(
        "SELECT kind, array_agg(language ORDER BY language) FROM letter_wording WHERE account_id = %s GROUP BY kind",
        [account_id],
    ).fetchall()
    return dict(rows)


def set_wording(
    db: Connection[Any], ctx: AccountContext, kind: str, language: str, wanted: Wording, *, actor: str
) -> bool:
    """Word a kind of letter in a language from now on; says whether anything changed. ``STANDARD`` takes it back.

    Letters that are written already keep their words; those that still wait to be written are worded anew. Raises
    ``WordingRefused``, and ``KeyError`` for a kind that goes to staff or is not there.
    """
    wanted = tidy(wanted)
    if problems := problems_in(kind, wanted):
        raise WordingRefused(problems)
    with db.transaction():
        db.execute("SELECT FROM account WHERE id = %s FOR UPDATE", [ctx.id])
        before = read_wordings(db, ctx.id, kind).get(language, STANDARD)
        changes = journal.changes(
            **{part: (getattr(before, part), text) for part, text in wanted._asdict().items()}
        )
        if not changes:
            return False
        _write(db, ctx, kind, language, wanted)
        data = {"name": f"{kind}, {language}", "kind": kind, "language": language, "changes": changes}
        event = journal.NewEvent("wording.changed", "wording", ctx.id, None, data)
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return True


def _write(db: Connection[Any], ctx: AccountContext, kind: str, language: str, wanted: Wording) -> None:
    if wanted == STANDARD:
        db.execute(
            "DELETE FROM letter_wording WHERE account_id = %s AND kind = %s AND language = %s",
            [ctx.id, kind, language],
        )
        return
    db.execute(
        "INSERT INTO letter_wording (account_id, kind, language, subject, opening, closing, updated_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (account_id, kind, language) DO UPDATE "
        "SET subject = excluded.subject, opening = excluded.opening, closing = excluded.closing, "
        "updated_at = excluded.updated_at",
        [ctx.id, kind, language, *wanted, ctx.now],
    )
