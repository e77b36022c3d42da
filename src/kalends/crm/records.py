"""Records of any object of the catalogue, one or a hundred at once: made, changed, archived, each with its events.

Whoever calls prepares first (:func:`prepare_new`, :func:`prepare_changes`), sees everything that is wrong with each
record, and writes those that are right. Everything runs in the caller's transaction. The journal is the property
history: each change of a column stands there as ``[before, after]``, of an own property under ``custom.name``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, LiteralString, NamedTuple, cast

from psycopg import Connection, sql
from psycopg.rows import dict_row

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import integers, take_ids
from kalends.catalog.model import ObjectType
from kalends.crm import unique
from kalends.crm.record_columns import (
    Column,
    column_arrays,
    columns_of,
    landed,
    listed,
    place_values,
    rows_as_arrays,
)
from kalends.crm.record_ties import missing_ties, write_ties
from kalends.crm.record_values import INVALID_OPTION, REQUIRED, Reader, Written
from kalends.crm.rules import Change, Draft, Tie, rules_of
from kalends.events import journal

Db = Connection[Any]
_STATEMENTS_KEPT = 256
"""Of how many tables and choices of columns the text is kept that was put together for them."""


class New(NamedTuple):
    """A record that somebody wants: its properties as they came, and what it is to be tied to."""

    properties: Mapping[str, object]
    ties: tuple[Tie, ...] = ()


class Wish(NamedTuple):
    """A change that somebody wants, of the record of this number."""

    id: int
    properties: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Who:
    """Who writes: the actor that events name, and where the records come from."""

    actor: str
    source: str = "INTEGRATION"
    source_id: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Changes that were looked at, in the order of the wishes, and the numbers of records that are not there."""

    changes: list[Change]
    missing: list[int]


def prepare_new(db: Db, ctx: AccountContext, obj: ObjectType, wanted: Sequence[New]) -> list[Draft]:
    """Records to be, each with everything that is wrong with it in ``draft.written.problems``."""
    rules = rules_of(obj.name)
    table = columns_of(db, obj.table)
    reader = Reader(ctx, obj, handled=rules.handled, emails=rules.emails)
    drafts: list[Draft] = []
    for item in wanted:
        written = reader.read(item.properties)
        _lower(written, rules.lowered)
        _require(obj, written)
        columns, custom = place_values(ctx, obj, table, written, None, rules.handled)
        if custom:
            columns["custom"] = {name: value for name, value in custom.items() if value is not None}
        drafts.append(Draft(written, item.ties, columns))
    _check_owners(db, ctx, obj, [draft.written for draft in drafts])
    missing_ties(db, ctx, drafts)
    rules.fill(db, ctx, drafts)
    unique.refuse_taken(db, ctx, obj, [(None, draft.written) for draft in drafts])
    return drafts


def write_new(db: Db, ctx: AccountContext, obj: ObjectType, drafts: Sequence[Draft], who: Who) -> list[int]:
    """Write prepared records that nothing is wrong with; returns their numbers in order.

    Raises :class:`~kalends.crm.rules.Refused` when a rule of the object forbids what was asked.
    """
    if not drafts:
        return []
    ids = take_ids(db, len(drafts))
    for id_, draft in zip(ids, drafts, strict=True):
        draft.id = id_
    events = [
        journal.NewEvent(
            f"{obj.name}.created", obj.name, id_, id_ if obj.name == "subscription" else None, {}
        )
        for id_ in ids
    ]
    with db.pipeline():
        _insert(db, ctx, obj, drafts, who)
        journal.write(db, ctx.id, ctx.now, events, who.actor)
    write_ties(db, ctx, obj, drafts, who.actor)
    rules_of(obj.name).created(db, ctx, drafts, who.actor)
    return ids


def _insert(db: Db, ctx: AccountContext, obj: ObjectType, drafts: Sequence[Draft], who: Who) -> None:
    table = columns_of(db, obj.table)
    used = sorted({name for draft in drafts for name in draft.columns})
    columns = tuple(table[name] for name in used)
    params = column_arrays(columns, [draft.columns for draft in drafts])
    shared = {"account_id": ctx.id, "now": ctx.now, "source": who.source, "source_id": who.source_id}
    ids = integers(draft.id for draft in drafts)
    db.execute(_insertion(obj.table, columns), {**shared, **params, "ids": ids})


@lru_cache(maxsize=_STATEMENTS_KEPT)
def _insertion(table: str, columns: tuple[Column, ...]) -> LiteralString:
    values = [_or_default(column) for column in columns]
    names: list[sql.Composable] = [sql.Identifier(column.name) for column in columns]
    if any(column.name == "owner_id" for column in columns):
        names.append(sql.Identifier("owner_assigned_at"))
        values.append(sql.SQL("CASE WHEN f.owner_id IS NOT NULL THEN %(now)s::timestamptz END"))
    query = sql.SQL(
        "INSERT INTO {table} (account_id, id, created_at, updated_at, source_label, source_id{names}) "
        "SELECT %(account_id)s, f.id, %(now)s, %(now)s, %(source)s, %(source_id)s{values} FROM {rows}"
    )
    made = query.format(
        table=sql.Identifier(table),
        names=listed(names),
        values=listed(values),
        rows=rows_as_arrays(columns),
    )
    return cast("LiteralString", made.as_string())


def _or_default(column: Column) -> sql.Composable:
    if not column.required or column.default is None:
        return landed(column)
    return sql.SQL("coalesce({}, {})").format(landed(column), sql.SQL(column.default))  # type: ignore[arg-type]


def prepare_changes(db: Db, ctx: AccountContext, obj: ObjectType, wishes: Sequence[Wish]) -> Prepared:
    """Changes of records, which are locked, each with everything that is wrong with it."""
    rules = rules_of(obj.name)
    table = columns_of(db, obj.table)
    rows = lock(db, ctx, obj, [wish.id for wish in wishes])
    reader = Reader(ctx, obj, handled=rules.handled, emails=rules.emails)
    changes: list[Change] = []
    for wish in wishes:
        row = rows.get(wish.id)
        if row is None:
            continue
        written = reader.read(wish.properties)
        _lower(written, rules.lowered)
        columns, custom = place_values(ctx, obj, table, written, row, rules.handled)
        if custom:
            kept = {**row["custom"], **custom}
            columns["custom"] = {name: value for name, value in kept.items() if value is not None}
        changes.append(Change(row, written, columns))
    _check_owners(db, ctx, obj, [change.written for change in changes])
    rules.check(db, ctx, changes)
    unique.refuse_taken(db, ctx, obj, [(change.id, change.written) for change in changes])
    return Prepared(changes, [wish.id for wish in wishes if wish.id not in rows])


def write_changes(
    db: Db, ctx: AccountContext, obj: ObjectType, changes: Sequence[Change], who: Who
) -> list[int]:
    """Write prepared changes that nothing is wrong with; returns the numbers of records that really changed.

    Raises :class:`~kalends.crm.rules.Refused` when a rule of the object forbids what was asked.
    """
    differing = [(change, _differences(change)) for change in changes]
    differing = [(change, changed) for change, changed in differing if changed]
    if differing:
        events = [
            journal.NewEvent(
                f"{obj.name}.updated",
                obj.name,
                change.id,
                _subscription_of(obj, change.row),
                {"changes": changed},
            )
            for change, changed in differing
        ]
        with db.pipeline():
            _update(db, ctx, obj, [change for change, _ in differing])
            journal.write(db, ctx.id, ctx.now, events, who.actor)
    rules_of(obj.name).changed(db, ctx, changes, who.actor)
    return [change.id for change, _ in differing]


def _differences(change: Change) -> dict[str, list[Any]]:
    differing: dict[str, list[Any]] = {}
    for name, after in change.columns.items():
        before = change.row[name]
        if name == "custom":
            for key in {**before, **after}:
                if before.get(key) != after.get(key):
                    differing[f"custom.{key}"] = [before.get(key), after.get(key)]
        elif isinstance(after, tuple | list):
            if list(after) != list(before or ()):
                differing[name] = [before, list(after)]
        elif before != after:
            differing[name] = [before, after]
    return differing


def _update(db: Db, ctx: AccountContext, obj: ObjectType, changes: Sequence[Change]) -> None:
    table = columns_of(db, obj.table)
    used = sorted({name for change in changes for name in change.columns})
    columns = tuple(table[name] for name in used)
    values = [{name: change.columns.get(name, change.row[name]) for name in used} for change in changes]
    params = {"account_id": ctx.id, "now": ctx.now, "ids": integers(change.id for change in changes)}
    db.execute(_alteration(obj.table, columns), {**params, **column_arrays(columns, values)})


@lru_cache(maxsize=_STATEMENTS_KEPT)
def _alteration(table: str, columns: tuple[Column, ...]) -> LiteralString:
    settings: list[sql.Composable] = [
        sql.SQL("{} = {}").format(sql.Identifier(column.name), landed(column)) for column in columns
    ]
    if any(column.name == "owner_id" for column in columns):
        settings.append(
            sql.SQL(
                "owner_assigned_at = CASE WHEN f.owner_id IS NOT DISTINCT FROM t.owner_id THEN t.owner_assigned_at "
                "WHEN f.owner_id IS NOT NULL THEN %(now)s::timestamptz END"
            )
        )
    query = sql.SQL(
        "UPDATE {table} AS t SET updated_at = %(now)s{settings} FROM {rows} "
        "WHERE t.account_id = %(account_id)s AND t.id = f.id AND t.id = ANY(%(ids)s::bigint[])"
    )
    made = query.format(table=sql.Identifier(table), settings=listed(settings), rows=rows_as_arrays(columns))
    return cast("LiteralString", made.as_string())


def archive(db: Db, ctx: AccountContext, obj: ObjectType, ids: Sequence[int], who: Who) -> list[int]:
    """Archive records, or delete them where the object's rules say so; returns those that were there.

    Raises :class:`~kalends.crm.rules.Refused`.
    """
    rows = lock(db, ctx, obj, ids)
    there = list(rows)
    rules = rules_of(obj.name)
    plain = there if rules.delete is None else rules.delete(db, ctx, list(rows.values()), who.actor)
    if plain:
        query = sql.SQL(
            "UPDATE {} SET archived_at = %s, updated_at = %s WHERE account_id = %s AND id = ANY(%s)"
        ).format(sql.Identifier(obj.table))
        db.execute(query, [ctx.now, ctx.now, ctx.id, plain])
        events = [
            journal.NewEvent(f"{obj.name}.archived", obj.name, id_, _subscription_of(obj, rows[id_]), {})
            for id_ in plain
        ]
        journal.write(db, ctx.id, ctx.now, events, who.actor)
    return there


def lock(db: Db, ctx: AccountContext, obj: ObjectType, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Living records by number, whole and locked, in the order of their numbers.

    Each is looked up by itself, as in :func:`~kalends.query.compile_lookup`.
    """
    query = sql.SQL(
        "SELECT t.* FROM unnest(%s::bigint[]) AS n (id) CROSS JOIN LATERAL "
        "(SELECT * FROM {} WHERE account_id = %s AND id = n.id AND archived_at IS NULL FOR UPDATE) AS t"
    ).format(sql.Identifier(obj.table))
    with db.cursor(row_factory=dict_row) as cursor:
        return {row["id"]: row for row in cursor.execute(query, [sorted(set(ids)), ctx.id])}


def _subscription_of(obj: ObjectType, row: Mapping[str, Any]) -> int | None:
    return row["id"] if obj.name == "subscription" else row.get("subscription_id")


def _lower(written: Written, names: Iterable[str]) -> None:
    for name in names:
        if isinstance(written.values.get(name), str):
            written.values[name] = written.values[name].strip().lower()


def _require(obj: ObjectType, written: Written) -> None:
    wrong = {problem.property for problem in written.problems}
    for name in obj.required_at_creation:
        if written.values.get(name) is None and name not in wrong:
            written.wrong(name, "", REQUIRED, f'"{name}" is required.')
    one_of = obj.one_required_at_creation
    if one_of and not any(written.values.get(name) is not None or name in wrong for name in one_of):
        written.wrong(one_of[0], "", REQUIRED, f"One of {', '.join(one_of)} is required.")


def _check_owners(db: Db, ctx: AccountContext, obj: ObjectType, given: Sequence[Written]) -> None:
    """Owners are users of this account."""
    names = [prop.name for prop in obj.properties if prop.options_from == "owners"]
    asked = {
        value for written in given for name in names for value in _each(written.values.get(name)) if value
    }
    if not asked:
        return
    rows = db.execute("SELECT user_id FROM membership WHERE account_id = %s", [ctx.id]).fetchall()
    known = {str(row[0]) for row in rows}
    for written in given:
        for name in names:
            value = written.values.get(name)
            if any(each not in known for each in _each(value)):
                written.wrong(name, value, INVALID_OPTION, f"No user of this account is the owner {value}.")


def _each(value: Any) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else () if value is None else (str(value),)
