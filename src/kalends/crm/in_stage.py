"""Where records stand in pipelines: which stages they may be moved into, and what closing one means."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_object
from kalends.core.calendar import start_of_day
from kalends.crm.record_values import INVALID_OPTION
from kalends.crm.rules import Change, Draft, Rules, register

Db = Connection[Any]
CLOSED_AT = {"deal": "close_at", "ticket": "closed_at"}
"""The columns that say when a record was closed (a deal: is expected to close, as long as it is open)."""


class _Place(NamedTuple):
    pipeline: str
    is_closed: bool


def month_end(ctx: AccountContext) -> datetime:
    """When the account's present month ends, to the last millisecond: when a new deal is expected to close."""
    last = monthrange(ctx.today.year, ctx.today.month)[1]
    after = date(ctx.today.year, ctx.today.month, last) + timedelta(days=1)
    return start_of_day(after, ctx.time_zone) - timedelta(milliseconds=1)


def register_rules() -> None:
    """Say of every object with pipelines that a record stands in a stage of its pipeline."""
    for name, rules in _RULES.items():
        register(name, rules)


def _fill(name: str, db: Db, ctx: AccountContext, drafts: Sequence[Draft]) -> None:
    obj = get_object(name)
    places = _places(db, ctx, obj, [draft.written.values for draft in drafts])
    closes = CLOSED_AT.get(obj.name)
    for draft in drafts:
        stage = str(draft.written.values.get(obj.stage) or "")
        place = places.get(stage)
        if place is not None:
            named = draft.written.values.get(obj.pipeline)
            if named is None:
                draft.columns["pipeline"] = place.pipeline
            elif named != place.pipeline:
                draft.refuse(obj.stage, _elsewhere(stage, named), INVALID_OPTION)
        if closes and draft.columns.get(closes) is None:
            if place is not None and place.is_closed:
                draft.columns[closes] = ctx.now
            elif obj.name == "deal":
                draft.columns[closes] = month_end(ctx)


def _check(name: str, db: Db, ctx: AccountContext, changes: Sequence[Change]) -> None:
    obj = get_object(name)
    moved = [
        change
        for change in changes
        if {obj.stage, obj.pipeline} & set(change.written.values) and not change.problems()
    ]
    stages = [{obj.stage: change.columns.get("stage", change.row["stage"])} for change in moved]
    former = [{obj.stage: change.row["stage"]} for change in moved]
    places = _places(db, ctx, obj, [*stages, *former])
    closes = CLOSED_AT.get(obj.name)
    for change in moved:
        stage = change.columns.get("stage", change.row["stage"])
        pipeline = change.columns.get("pipeline", change.row["pipeline"])
        place = places.get(stage)
        if place is None or place.pipeline != pipeline:
            if place is not None and obj.pipeline not in change.written.values:
                change.columns["pipeline"] = place.pipeline
            else:
                change.refuse(obj.stage, _elsewhere(stage, pipeline), INVALID_OPTION)
                continue
        before = places.get(change.row["stage"])
        now_closed = place is not None and place.is_closed and not (before is not None and before.is_closed)
        if closes and now_closed and closes not in change.columns:
            change.columns[closes] = ctx.now


def _elsewhere(stage: str, pipeline: str) -> str:
    return f"The stage {stage!r} is not one of the pipeline {pipeline!r}; give a stage of the same pipeline."


def _places(
    db: Db, ctx: AccountContext, obj: ObjectType, given: Sequence[Mapping[str, Any]]
) -> dict[str, _Place]:
    """The stages that are named, which nobody archives meanwhile."""
    names = sorted({str(values[obj.stage]) for values in given if values.get(obj.stage)})
    if not names:
        return {}
    rows = db.execute(
        "SELECT name, pipeline, is_closed FROM pipeline_stage "
        "WHERE account_id = %s AND object_type = %s AND name = ANY(%s) ORDER BY id FOR SHARE",
        [ctx.id, obj.name, names],
    ).fetchall()
    return {row[0]: _Place(row[1], row[2]) for row in rows}


_RULES = {
    name: Rules(fill=partial(_fill, name), check=partial(_check, name))
    for name in ("deal", "ticket", "order")
}
