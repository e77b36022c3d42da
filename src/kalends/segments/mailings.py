"""Emails to the contacts in a segment: written, looked at, tried, sent once to each, and told how far they are.

A mailing that is being sent is a row with a mark: each step takes the next members behind the mark, puts their letters
into the outbox and moves the mark, in one transaction. Killed at any point, the next worker goes on from the mark; and
the outbox takes one letter of a mailing for an address, ever.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.permissions import place_of
from kalends.accounts.put_back import tells_nobody
from kalends.accounts.sql import take_ids
from kalends.catalog.model import ObjectType
from kalends.crm.schema import account_object
from kalends.events import journal
from kalends.exports.make import PEOPLE, people_of
from kalends.exports.values import Words
from kalends.messages.mailing_letters import KIND, MailingLetter, tell
from kalends.messages.refusals import link_to_leave, refusing
from kalends.query import Context, compile_lookup, fetch
from kalends.segments.mail_words import MailWords, checked, filled, in_language, names_in
from kalends.segments.segment import SegmentRefused, Use, find_segment, register_uses

Db = Connection[Any]
Reason = Literal["gone", "name_missing", "not_draft", "not_sending", "segment", "nobody"]
STEP = 500
NAME_LENGTH_MAX = 200
SENDER_GONE = "Whoever sent it has no place in this account any more."
PUT_BACK = "The database was put back to an earlier state: it is not known who has had their letter."
SEGMENT_GONE = "Its segment was deleted before everybody had their letter."
_READER = ("email", "hs_email_optout", "hs_language", "country")
_COLUMNS = (
    "id, name, segment_id, words::text, status, made_by, sent_by, after, queued, skipped, problem, created_at, "
    "updated_at, started_at, ended_at"
)


class MailingRefused(ValueError):
    """Something that cannot be done to a mailing; ``reason`` is for pages."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


class Mailing(NamedTuple):
    """An email to a segment; ``words`` by language."""

    id: int
    name: str
    segment_id: int
    words: dict[str, MailWords]
    status: str
    made_by: int | None
    sent_by: int | None
    after: int
    queued: int
    skipped: int
    problem: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class Read(NamedTuple):
    """What a contact would get of a mailing; or why they get nothing: ``no_address`` or ``opted_out``."""

    contact_id: int
    address: str
    language: str
    words: MailWords
    why_not: str = ""


def mailings(db: Db, ctx: AccountContext) -> list[Mailing]:
    """All mailings of an account, the newest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM mailing WHERE account_id = %s ORDER BY id DESC", [ctx.id])
    return [_mailing(row) for row in rows.fetchall()]


def find_mailing(db: Db, ctx: AccountContext, id_: int, *, lock: bool = False) -> Mailing:
    """A mailing by its number. Raises :class:`MailingRefused`."""
    query = f"SELECT {_COLUMNS} FROM mailing WHERE account_id = %s AND id = %s{' FOR UPDATE' if lock else ''}"
    row = db.execute(query, [ctx.id, id_]).fetchone()
    if row is None:
        raise MailingRefused("gone", f"There is no email {id_} to a segment in this account.")
    return _mailing(row)


def _mailing(row: Sequence[Any]) -> Mailing:
    words = {language: MailWords(**each) for language, each in json.loads(row[3]).items()}
    return Mailing._make((*row[:3], words, *row[4:]))


def contact_object(db: Db, ctx: AccountContext) -> ObjectType:
    """Contacts as the account has them: their properties can stand in an email."""
    return account_object(db, ctx, "contact")


def write_mailing(
    db: Db,
    ctx: AccountContext,
    *,
    name: str,
    segment_id: int,
    words: Mapping[str, MailWords],
    made_by: int | None = None,
    id_: int | None = None,
    actor: str = "system",
) -> int:
    """Keep an email to a segment of contacts as a draft, a new one or the one of that number; returns its number.

    Raises :class:`MailingRefused` and :class:`~kalends.segments.mail_words.WordsRefused`.
    """
    name = " ".join(name.replace("\x00", "").split())[:NAME_LENGTH_MAX]
    if not name:
        raise MailingRefused("name_missing", "Give the email a name.")
    _segment_of_contacts(db, ctx, segment_id)
    kept = {language: each._asdict() for language, each in checked(contact_object(db, ctx), words).items()}
    if id_ is None:
        id_ = take_ids(db, 1)[0]
        db.execute(
            "INSERT INTO mailing (account_id, id, name, segment_id, words, made_by, created_at, updated_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [ctx.id, id_, name, segment_id, Jsonb(kept), made_by, ctx.now, ctx.now],
        )
        _tell(db, ctx, id_, "created", name, actor)
        return id_
    if find_mailing(db, ctx, id_, lock=True).status != "draft":
        raise MailingRefused("not_draft", "What is being sent, or was sent, is not changed any more.")
    db.execute(
        "UPDATE mailing SET name = %s, segment_id = %s, words = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        [name, segment_id, Jsonb(kept), ctx.now, ctx.id, id_],
    )
    _tell(db, ctx, id_, "updated", name, actor)
    return id_


def _segment_of_contacts(db: Db, ctx: AccountContext, segment_id: int) -> None:
    try:
        segment = find_segment(db, ctx, segment_id)
    except SegmentRefused as gone:
        raise MailingRefused(
            "segment", f"There is no segment {segment_id}: choose one of contacts."
        ) from gone
    if segment.object != "contact":
        raise MailingRefused("segment", f"{segment.name!r} has no contacts: choose a segment of contacts.")


def start(db: Db, ctx: AccountContext, id_: int, user_id: int, actor: str) -> None:
    """Let a draft be sent to everybody who is in its segment from now on until it is through.

    It goes to those whom the user may see. Raises :class:`MailingRefused`.
    """
    mailing = find_mailing(db, ctx, id_, lock=True)
    if mailing.status != "draft":
        raise MailingRefused("not_draft", "This email is being sent, or was sent, already.")
    _segment_of_contacts(db, ctx, mailing.segment_id)
    db.execute(
        "UPDATE mailing SET status = 'sending', sent_by = %s, started_at = %s, updated_at = %s "
        "WHERE account_id = %s AND id = %s",
        [user_id, ctx.now, ctx.now, ctx.id, id_],
    )
    _tell(db, ctx, id_, "started", mailing.name, actor)


def stop(db: Db, ctx: AccountContext, id_: int, actor: str) -> None:
    """Decide on no further letters of a mailing; those in the outbox go out. Raises :class:`MailingRefused`."""
    mailing = find_mailing(db, ctx, id_, lock=True)
    if mailing.status != "sending":
        raise MailingRefused("not_sending", "This email is not being sent.")
    _end(db, ctx, id_, "stopped")
    _tell(db, ctx, id_, "stopped", mailing.name, actor)


def stop_all(db: Db, ctx: AccountContext) -> None:
    """Stop every mailing, since the books were put back: its mark is one of before, and letters after it were sent."""
    sending = db.execute(
        "SELECT id, name FROM mailing WHERE account_id = %s AND status = 'sending' ORDER BY id", [ctx.id]
    ).fetchall()
    for id_, name in sending:
        _end(db, ctx, id_, "stopped", PUT_BACK)
        _tell(db, ctx, id_, "stopped", name, "kalends")


def delete_draft(db: Db, ctx: AccountContext, id_: int, actor: str) -> None:
    """Delete an email that was not sent. Raises :class:`MailingRefused`."""
    mailing = find_mailing(db, ctx, id_, lock=True)
    if mailing.status != "draft":
        raise MailingRefused("not_draft", "What was sent stays to be looked at.")
    db.execute("DELETE FROM mailing WHERE account_id = %s AND id = %s", [ctx.id, id_])
    _tell(db, ctx, id_, "deleted", mailing.name, actor)


def send_next(db: Db, ctx: AccountContext) -> tuple[int, bool] | None:
    """Take the next members of a mailing that is being sent: how many letters are new, and whether more are to come.

    None where nothing is being sent, others are at it, the members of the segment are still being found, or the books
    were put back and nobody has let them go on.
    """
    if tells_nobody(db, ctx.id):
        return None
    with db.transaction():
        row = db.execute(
            "SELECT id FROM mailing m WHERE account_id = %s AND status = 'sending' "
            "AND NOT EXISTS (SELECT FROM segment s WHERE s.account_id = m.account_id AND s.id = m.segment_id "
            "AND s.filter IS NOT NULL AND s.evaluated_revision <> s.revision AND s.archived_at IS NULL) "
            "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
            [ctx.id],
        ).fetchone()
        if row is None:
            return None
        mailing = find_mailing(db, ctx, row[0])
        asking = _asking(db, ctx, mailing)
        if asking is None:
            _end(db, ctx, mailing.id, "stopped", SENDER_GONE)
            return 0, False
        members = _members(db, ctx, mailing, STEP)
        # Asked after its members were read: one that is gone by now may have shown fewer than it had.
        if not _is_there(db, ctx, mailing.segment_id):
            _end(db, ctx, mailing.id, "stopped", SEGMENT_GONE)
            return 0, False
        read = read_by(db, ctx, mailing, members, asking)
        letters = [
            MailingLetter(each.contact_id, *each.words, link_to_leave(ctx.id, each.contact_id, each.address))
            for each in read
            if not each.why_not
        ]
        new = tell(db, ctx, mailing.id, letters)
        db.execute(
            "UPDATE mailing SET after = %s, queued = queued + %s, skipped = skipped + %s "
            "WHERE account_id = %s AND id = %s",
            [members[-1] if members else mailing.after, new, len(members) - new, ctx.id, mailing.id],
        )
        more = len(members) == STEP
        if not more:
            _end(db, ctx, mailing.id, "sent")
        return new, more


def _asking(db: Db, ctx: AccountContext, mailing: Mailing) -> Context | None:
    """What the user who sends may see, as their role is now."""
    with db.cursor() as cursor:
        place = place_of(cursor, ctx.id, mailing.sent_by or 0)
    if place is None:
        return None
    return Context(ctx.id, ctx.today, ctx.now, ctx.time_zone, place.user_id, sight=place.sight())


def _members(db: Db, ctx: AccountContext, mailing: Mailing, limit: int) -> list[int]:
    rows = db.execute(
        "SELECT m.record_id FROM segment_member m "
        "JOIN segment s ON s.account_id = m.account_id AND s.id = m.segment_id "
        "WHERE m.account_id = %s AND m.segment_id = %s AND m.record_id > %s AND s.archived_at IS NULL "
        "ORDER BY m.record_id LIMIT %s",
        [ctx.id, mailing.segment_id, mailing.after, limit],
    ).fetchall()
    return [row[0] for row in rows]


def _is_there(db: Db, ctx: AccountContext, segment_id: int) -> bool:
    query = "SELECT 1 FROM segment WHERE account_id = %s AND id = %s AND archived_at IS NULL"
    return db.execute(query, [ctx.id, segment_id]).fetchone() is not None


def read_by(
    db: Db, ctx: AccountContext, mailing: Mailing, contacts: Sequence[int], asking: Context
) -> list[Read]:
    """What each of the contacts that the asker may see would read, in the language that they read."""
    obj = contact_object(db, ctx)
    known = [name for name in names_in(mailing.words) if name in obj.by_name]
    columns = [name for name in (*_READER, *known) if name in obj.by_name]
    with db.cursor() as cursor:
        rows = fetch(cursor, compile_lookup(obj, columns, contacts, asking))
    refused = refusing(db, ctx, [row["email"] for row in rows if row["email"]])
    people = people_of(db, ctx.id) if any(obj.by_name[name].options_from in PEOPLE for name in known) else {}
    return [_read(ctx, obj, mailing, row, people, row["email"] in refused) for row in rows]


def _read(
    ctx: AccountContext,
    obj: ObjectType,
    mailing: Mailing,
    row: Mapping[str, Any],
    people: Mapping[str, Words],
    refused: bool,
) -> Read:
    language, words = in_language(mailing.words, row.get("hs_language") or ctx.language, ctx.language)
    country = row.get("country") or ctx.country
    said = filled(obj, words, row, language=language, country=country, time_zone=ctx.time_zone, people=people)
    why_not = "no_address" if not row["email"] else "opted_out" if refused or row["hs_email_optout"] else ""
    return Read(row["id"], row["email"] or "", language, said, why_not)


def progress(db: Db, ctx: AccountContext, id_: int) -> dict[str, int]:
    """How many letters of a mailing are in which status."""
    rows = db.execute(
        "SELECT status, count(*) FROM message WHERE account_id = %s AND kind = %s AND object_id = %s GROUP BY status",
        [ctx.id, KIND, id_],
    ).fetchall()
    return dict(rows)


def _end(db: Db, ctx: AccountContext, id_: int, status: str, problem: str = "") -> None:
    db.execute(
        "UPDATE mailing SET status = %s, problem = %s, ended_at = %s, updated_at = %s "
        "WHERE account_id = %s AND id = %s",
        [status, problem, ctx.now, ctx.now, ctx.id, id_],
    )


def _tell(db: Db, ctx: AccountContext, id_: int, what: str, name: str, actor: str) -> None:
    event = journal.NewEvent(f"mailing.{what}", "mailing", id_, None, {"name": name})
    journal.write(db, ctx.id, ctx.now, [event], actor)


@register_uses
def _uses(db: Db, ctx: AccountContext, id_: int) -> list[Use]:
    """Emails to the segment that are not through yet."""
    rows = db.execute(
        "SELECT id, name FROM mailing WHERE account_id = %s AND segment_id = %s AND status IN ('draft', 'sending') "
        "ORDER BY id",
        [ctx.id, id_],
    ).fetchall()
    return [Use("mailing", number, name) for number, name in rows]
