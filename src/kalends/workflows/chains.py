"""How workflows lead to one another: what a workflow changed carries its chain, over objects too.

An enrollment knows how many workflows had led to it. A record that a workflow changed is one further on than the
enrollment that changed it: the record's own one, or that of a record that it is tied to. Who comes to pass a filter
because of it is as far on as what was changed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from kalends.accounts.context import AccountContext
from kalends.catalog.registry import get_object
from kalends.crm.association_reads import linked
from kalends.events.feed import Happened
from kalends.query import Filter
from kalends.query.affected import MOVED, Changes, affected, looks_at
from kalends.workflows.actions.writing import TIED_MOST
from kalends.workflows.enrolling import NO_CHAIN, Chain
from kalends.workflows.flows import AT_ONCE, Db, Flow, asking

Key = tuple[str, int]
"""A record: the name of its object, and its number."""


class _Written(NamedTuple):
    """A record that a workflow changed, and when."""

    workflow: int
    object: str
    id: int
    at: datetime


def chains_of(db: Db, ctx: AccountContext, events: Sequence[Happened]) -> dict[Key, Chain]:
    """The records that workflows changed in these events, each with the longest chain that led to it."""
    by = {each.id: int(each.actor[9:]) for each in events if each.actor.startswith("workflow:")}
    if not by:
        return {}
    rows = db.execute(
        "SELECT id, object FROM workflow WHERE account_id = %s AND id = ANY(%s)",
        [ctx.id, sorted(set(by.values()))],
    ).fetchall()
    objects: dict[int, str] = dict(rows)
    written = {
        _Written(by[event.id], name, id_, event.at)
        for event in events
        if objects.get(by.get(event.id, 0))
        for name, id_ in _records_of(event, objects[by[event.id]])
    }
    found = {(each.object, each.id): NO_CHAIN._replace(depth=1) for each in written}
    own = [each for each in written if each.object == objects[each.workflow]]
    for key, chain in (*_own(db, ctx, own), *_over_ties(db, ctx, objects, written - set(own))):
        if key in found and chain.depth >= found[key].depth:
            found[key] = chain
    return found


def _records_of(event: Happened, of: str) -> list[Key]:
    """The records that an event is about, ``of`` being the object of the workflow that brought it about."""
    if event.kind == MOVED:
        data = cast("dict[str, Any]", json.loads(event.data))
        return [(of, id_) for id_ in (*(data.get("joined") or ()), *(data.get("left") or ()))]
    beside = [("subscription", event.parent_id)] if event.parent_id is not None else []
    return [(event.object_type, event.object_id), *beside]


def _own(db: Db, ctx: AccountContext, written: Collection[_Written]) -> list[tuple[Key, Chain]]:
    """Of records that were changed by their own enrollments."""
    if not written:
        return []
    rows = db.execute(
        "SELECT DISTINCT ON (workflow_id, record_id) workflow_id, record_id, id, depth FROM enrollment "
        "WHERE account_id = %s AND record_id = ANY(%s) AND workflow_id = ANY(%s) "
        "ORDER BY workflow_id, record_id, id DESC",
        [ctx.id, sorted({each.id for each in written}), sorted({each.workflow for each in written})],
    ).fetchall()
    known = {(by, record): Chain(id_, depth + 1) for by, record, id_, depth in rows}
    return [
        ((each.object, each.id), known[each.workflow, each.id])
        for each in written
        if (each.workflow, each.id) in known
    ]


def _over_ties(
    db: Db, ctx: AccountContext, objects: Mapping[int, str], written: Collection[_Written]
) -> list[tuple[Key, Chain]]:
    """Of records that were changed by the enrollments of what they are tied to.

    Only enrollments to which another workflow had led are asked for, the furthest on first: of all others the chain is
    one long, whichever it was.
    """
    groups: defaultdict[tuple[int, str], set[datetime]] = defaultdict(set)
    for each in written:
        if get_object(objects[each.workflow]).association(each.object) is not None:
            groups[each.workflow, each.object].add(each.at)
    found: list[tuple[Key, Chain]] = []
    for (workflow, name), moments in groups.items():
        rows = db.execute(
            "SELECT e.record_id, e.id, e.depth FROM enrollment AS e WHERE e.account_id = %(account_id)s "
            "AND e.workflow_id = %(workflow)s AND e.depth > 0 AND e.id IN ("
            "SELECT l.enrollment_id FROM workflow_log AS l WHERE l.account_id = %(account_id)s "
            "AND l.workflow_id = %(workflow)s AND l.at = ANY(%(moments)s) "
            "AND l.kind IN ('set_property', 'create_record')) "
            "ORDER BY e.depth DESC, e.id DESC LIMIT %(most)s",
            {"account_id": ctx.id, "workflow": workflow, "moments": sorted(moments), "most": AT_ONCE},
        ).fetchall()
        by_record = {record: Chain(id_, depth + 1) for record, id_, depth in reversed(rows)}
        if by_record:
            ties = linked(db, ctx, objects[workflow], sorted(by_record), name, limit=TIED_MOST)
            found += [((name, tie.id), by_record[record]) for record, tied in ties.items() for tie in tied]
    return found


def chains_to(
    db: Db, ctx: AccountContext, flow: Flow, wanted: Filter | None, chains: Mapping[Key, Chain]
) -> dict[int, Chain]:
    """The chains that led to a workflow's records: to those that were changed, and to those whose passing of a filter
    (``wanted``) may follow from a change of others."""
    found = {id_: chain for (name, id_), chain in chains.items() if name == flow.object.name}
    if wanted is None or not chains:
        return found
    among = looks_at(flow.object, wanted) - {flow.object.name}
    by_depth: defaultdict[int, defaultdict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for (name, id_), chain in chains.items():
        if name in among:
            by_depth[chain.depth][name].add(id_)
    for depth, records in by_depth.items():
        changes = Changes({name: frozenset(ids) for name, ids in records.items()})
        with db.cursor() as cursor:
            near = affected(cursor, flow.object, wanted, changes, asking(ctx))
        for id_ in near:
            if depth > found.get(id_, NO_CHAIN).depth:
                found[id_] = NO_CHAIN._replace(depth=depth)
    return found
