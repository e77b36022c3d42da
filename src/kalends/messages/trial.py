"""A letter with made-up people and amounts, from the account as it writes letters, sent to one of its users to try."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.events import journal
from kalends.messages.kept_words import to_keep
from kalends.messages.letters.formats import language_of
from kalends.messages.letters.joined import seller_of
from kalends.messages.letters.layout import Rendered
from kalends.messages.letters.render import Worded, preview, sample_wording, write
from kalends.messages.letters.samples import sample
from kalends.messages.letters.wording import STANDARD, Wording
from kalends.messages.wordings import read_wordings


def sample_letter(
    db: Connection[Any], ctx: AccountContext, kind: str, language: str, wording: Wording | None = None
) -> Rendered:
    """The letter as customers get it, with made-up facts: in the account's words, or in ``wording``, to try that.

    Raises ``KeyError`` for an unknown kind.
    """
    own = _worded(db, ctx, kind, language) if wording is None else wording
    return preview(kind, language, seller_of(ctx), own)


def sample_words(ctx: AccountContext, kind: str, language: str) -> Worded:
    """How Kalends words this kind of letter, and what its placeholders stand for, with made-up facts.

    Raises ``KeyError`` for a kind that cannot be worded.
    """
    return sample_wording(kind, language, seller_of(ctx))


def send_trial(
    db: Connection[Any], ctx: AccountContext, kind: str, language: str, user_id: int, *, actor: str
) -> int:
    """Put a sample into the outbox, to a user's address, marked as a test; returns the letter's number.

    It goes the way that all letters go: where the account keeps its letters, this one is kept as well. Raises
    ``KeyError`` for an unknown kind.
    """
    spoken = language_of(language)
    facts = replace(sample(kind, spoken), seller=seller_of(ctx), test=True)
    own = _worded(db, ctx, kind, language)
    letter = write(kind, facts, spoken, wording=own)._replace(
        attached=sample_letter(db, ctx, kind, language, own).attached
    )
    return keep_trial(db, ctx, kind, spoken, letter, user_id, actor=actor)


def keep_trial(
    db: Connection[Any],
    ctx: AccountContext,
    kind: str,
    language: str,
    letter: Rendered,
    user_id: int,
    *,
    actor: str,
) -> int:
    """Put a letter that is to be tried into the outbox, to a user's address; returns its number."""
    letter = to_keep(letter)
    with db.transaction():
        row = db.execute(
            "INSERT INTO message (account_id, kind, object_id, occasion, recipient, language, status, created_at, "
            "subject, text, html, attached, logo) "
            "SELECT %(account_id)s, %(kind)s, 0, 'trial ' || nextval('record_id'), u.email, %(language)s, %(status)s, "
            "%(now)s, %(subject)s, %(text)s, %(html)s, %(attached)s::jsonb, %(logo)s "
            "FROM app_user AS u WHERE u.id = %(user_id)s RETURNING id",
            {
                "account_id": ctx.id,
                "kind": kind,
                "language": language,
                "status": ctx.settings.letters,
                "now": ctx.now,
                "user_id": user_id,
                "subject": letter.subject,
                "text": letter.text,
                "html": letter.html,
                "attached": None
                if letter.attached is None
                else json.dumps(letter.attached, ensure_ascii=False),
                "logo": letter.logo,
            },
        ).fetchone()
        assert row is not None, f"there is no user {user_id}"
        event = journal.NewEvent(
            "message.tried", "message", row[0], None, {"kind": kind, "language": language}
        )
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return row[0]


def _worded(db: Connection[Any], ctx: AccountContext, kind: str, language: str) -> Wording:
    return read_wordings(db, ctx.id, kind).get(language_of(language), STANDARD)
