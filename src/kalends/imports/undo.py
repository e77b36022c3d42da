"""Undoing an import: what it made is archived, what it changed gets its values back, and what lived on since stays.

The journal tells what the import changed and what anybody else did afterwards; nothing but that decides.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import array, integers
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_object
from kalends.crm import records
from kalends.crm.record_history import as_written
from kalends.crm.records import Who, Wish
from kalends.crm.rules import Refused
from kalends.crm.schema import account_object
from kalends.imports.block import who_of
from kalends.imports.runs import Import

Db = Connection[Any]

UNDONE, CHANGED, BILLED = "undone", "changed", "billed"
_MONEY = ("subscription", "invoice", "payment")
_OPEN_ROWS = """
    SELECT row, verdict, record_id FROM import_row
    WHERE account_id = %s AND import_id = %s AND done AND undone = '' AND verdict IN ('created', 'updated')
    ORDER BY row DESC LIMIT %s
"""
_CHANGES = """
    SELECT id, object_id, actor, (data -> 'changes')::text
    FROM event
    WHERE account_id = %s AND object_id = ANY(%s) AND jsonb_typeof(data -> 'changes') = 'object'
    ORDER BY id
"""
_UNDONE = """
    UPDATE import_row AS r SET undone = f.undone
    FROM unnest(%(rows)s::bigint[], %(undone)s::text[]) AS f (row, undone)
    WHERE r.account_id = %(account_id)s AND r.import_id = %(import_id)s AND r.row = f.row
"""
_LOOKED_AT = 10_000


class Consequence(NamedTuple):
    """What undoing would do: records archived, records that get values back, and those that stay, with the reason.

    ``counted`` says that there were more rows than were looked at; the figures are then of the newest ones.
    """

    archived: int
    restored: int
    kept: list[tuple[int, str]]
    counted: bool = True


class _Past(NamedTuple):
    id: int
    mine: bool
    changes: Mapping[str, Sequence[Any]]


def consequence(db: Db, ctx: AccountContext, one: Import) -> Consequence:
    """What undoing an import would do now; nothing is written."""
    rows = db.execute(_OPEN_ROWS, [ctx.id, one.id, _LOOKED_AT + 1]).fetchall()
    looked = rows[:_LOOKED_AT]
    made = [record for _, verdict, record in looked if verdict == "created"]
    kept = _lived_on(db, ctx, get_object(one.object), one.id, made)
    changed = sum(verdict == "updated" for _, verdict, _ in looked)
    return Consequence(len(made) - len(kept), changed, sorted(kept.items()), len(rows) <= _LOOKED_AT)


def kept_records(db: Db, ctx: AccountContext, one: Import, limit: int = 100) -> list[tuple[int, str]]:
    """The records that an undoing left as they are, each with the reason."""
    return db.execute(
        "SELECT record_id, undone FROM import_row WHERE account_id = %s AND import_id = %s "
        "AND undone NOT IN ('', 'undone') ORDER BY row LIMIT %s",
        [ctx.id, one.id, limit],
    ).fetchall()


def undo_block(db: Db, ctx: AccountContext, one: Import, limit: int) -> int:
    """Undo the newest rows that are not undone; returns how many there were. In the caller's transaction."""
    rows = db.execute(_OPEN_ROWS, [ctx.id, one.id, limit]).fetchall()
    if not rows:
        db.execute("DELETE FROM imported_key WHERE account_id = %s AND import_id = %s", [ctx.id, one.id])
        return 0
    obj = account_object(db, ctx, one.object)
    mine = who_of(one.id)
    who = Who(f"{mine.actor}:undone", mine.source, mine.source_id)
    made = {record: row for row, verdict, record in rows if verdict == "created"}
    changed = {record: row for row, verdict, record in rows if verdict == "updated"}
    outcome = _archive(db, ctx, obj, one.id, list(made), who)
    outcome |= _restore(db, ctx, obj, mine.actor, list(changed), who)
    lines = {**made, **changed}
    db.execute(
        _UNDONE,
        {
            "account_id": ctx.id,
            "import_id": one.id,
            "rows": integers(lines[record] for record in outcome),
            "undone": array(list(outcome.values())),
        },
    )
    return len(rows)


def _lived_on(
    db: Db, ctx: AccountContext, obj: ObjectType, import_id: int, ids: Sequence[int]
) -> dict[int, str]:
    """Those of the records that an import made that somebody changed since, or that money hangs on."""
    actor = who_of(import_id).actor
    found = {
        past: CHANGED
        for past, told in _told(db, ctx, ids, actor).items()
        if any(not each.mine for each in told)
    }
    for name in _MONEY:
        tie = get_object(name).association(obj.name)
        if tie is None or tie.column is None:
            continue
        query = sql.SQL(
            "SELECT DISTINCT {0} FROM {1} WHERE account_id = %s AND {0} = ANY(%s) AND archived_at IS NULL"
        ).format(sql.Identifier(tie.column), sql.Identifier(get_object(name).table))
        found |= {row[0]: BILLED for row in db.execute(query, [ctx.id, list(ids)]).fetchall()}
    return found


def _told(db: Db, ctx: AccountContext, ids: Sequence[int], actor: str) -> dict[int, list[_Past]]:
    told: dict[int, list[_Past]] = {}
    for id_, record, who, changes in db.execute(_CHANGES, [ctx.id, list(ids)]).fetchall():
        mine = who == actor or who.startswith(f"{actor}:")
        told.setdefault(record, []).append(_Past(id_, mine, json.loads(changes)))
    return told


def _archive(
    db: Db, ctx: AccountContext, obj: ObjectType, import_id: int, ids: Sequence[int], who: Who
) -> dict[int, str]:
    kept = _lived_on(db, ctx, obj, import_id, ids)
    gone = [id_ for id_ in ids if id_ not in kept]
    return kept | _each(db, gone, lambda those: records.archive(db, ctx, obj, those, who))


def _each(db: Db, items: Sequence[int], do: Callable[[Sequence[int]], object]) -> dict[int, str]:
    """Do something to all records at once, or to one after the other where one of them is refused."""
    if not items:
        return {}
    try:
        with db.transaction():
            do(items)
    except Refused as refusal:
        if len(items) == 1:
            return {items[0]: str(refusal)}
        return {id_: told for each in items for id_, told in _each(db, [each], do).items()}
    return dict.fromkeys(items, UNDONE)


def _restore(
    db: Db, ctx: AccountContext, obj: ObjectType, actor: str, ids: Sequence[int], who: Who
) -> dict[int, str]:
    told = _told(db, ctx, ids, actor)
    rows = records.lock(db, ctx, obj, ids)
    wishes = [Wish(id_, _before(obj, rows[id_], told.get(id_, []), ctx)) for id_ in ids if id_ in rows]
    prepared = records.prepare_changes(db, ctx, obj, wishes)
    outcome = dict.fromkeys(ids, UNDONE)
    outcome |= {wish.id: CHANGED for wish in wishes if not wish.properties and told.get(wish.id)}
    outcome |= {each.id: each.problems()[0].message for each in prepared.changes if each.problems()}
    good = {each.id: each for each in prepared.changes if not each.problems()}

    def write(those: Sequence[int]) -> None:
        records.write_changes(db, ctx, obj, [good[id_] for id_ in those], who)

    refused = _each(db, list(good), write)
    return outcome | {id_: told for id_, told in refused.items() if told != UNDONE}


def _before(
    obj: ObjectType, row: Mapping[str, Any], told: Sequence[_Past], ctx: AccountContext
) -> dict[str, str]:
    """The values that a record had before the import, as far as nobody else changed them since."""
    names = {
        prop.journal_name: prop for prop in obj.properties if prop.journal_name and "api" in prop.writable_by
    }
    currency = row.get("currency") or ctx.currency
    first: dict[str, Any] = {}
    for past in told:
        for place, (before, _) in past.changes.items():
            if past.mine:
                first.setdefault(place, before)
            else:
                first.pop(place, None)
    return {
        names[place].name: as_written(names[place], before, currency) or ""
        for place, before in first.items()
        if place in names
    }
