"""Which records may pass a filter differently now that something changed: the one answer for segments and triggers.

A filter looks at a record, at what it is tied to, and at the segments it is a member of. So a change may concern the
record itself, every record that is tied to the one that changed, and those that came into a segment or left it. The
answer is generous, for it only says whom to ask again: what belongs to something (a payment, an invoice, a line, an
adjustment) counts as a change of all that it is tied to, since what is written or worked out there follows from it.
What changes with the day alone is not found here: :func:`follows_the_day` tells which filters need a look at midnight.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from kalends.catalog.expressions import linked_ids
from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import OBJECTS, get_object, get_property, tied_object
from kalends.query.context import Binder, Context, Cursor, Sql
from kalends.query.language import Associated, Condition, Filter, Member, Operator

MOVED = "segment.moved"
"""The event that tells who joined a segment and who left it: in its data lists of ids under ``joined`` and ``left``."""

_BELONGING = frozenset({"payment", "invoice", "line_item", "discount", "fee", "tax"})
_TABLES = {each.table: each.name for each in OBJECTS.values()}
_OF_RECORDS = {"association", "payment_method"}
"""Tables beside those of objects whose changes the journal tells at a record."""
_READ_FROM = re.compile(r"\b(?:FROM|JOIN) ([a-z_]+)")
_OF_THE_DAY = re.compile(r"\{(?:today|now)\}")
_RELATIVE = frozenset(
    {
        Operator.IN_PERIOD,
        Operator.NOT_IN_PERIOD,
        Operator.LESS_THAN_DAYS_AGO,
        Operator.MORE_THAN_DAYS_AGO,
        Operator.LESS_THAN_DAYS_AHEAD,
        Operator.MORE_THAN_DAYS_AHEAD,
        Operator.UPDATED_IN_LAST_DAYS,
        Operator.NOT_UPDATED_IN_LAST_DAYS,
    }
)


class Told(Protocol):
    """An event of the journal, as :class:`kalends.events.feed.Happened` has it; ``data`` is its JSON as text."""

    @property
    def kind(self) -> str: ...
    @property
    def object_type(self) -> str: ...
    @property
    def object_id(self) -> int: ...
    @property
    def parent_id(self) -> int | None: ...
    @property
    def data(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed: records by the name of their object, and the records that a segment took in or let go, by segment.

    Only living objects of the catalogue count; events about settings, tokens and the like change no record.
    """

    records: Mapping[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])
    moved: Mapping[int, frozenset[int]] = field(default_factory=dict[int, frozenset[int]])

    def __bool__(self) -> bool:
        return bool(self.records or self.moved)


def changes_of(events: Iterable[Told]) -> Changes:
    """What events tell of.

    The record of the event changed, the subscription beside which it happened, the other end of a tie, and both the
    record that a column named before and the one that it names now.

    >>> from types import SimpleNamespace
    >>> told = SimpleNamespace(kind="subscription.updated", object_type="subscription", object_id=7, parent_id=7,
    ...                        data='{"changes": {"contact_id": [3, 4]}}')
    >>> {name: sorted(ids) for name, ids in changes_of([told]).records.items()}
    {'subscription': [7], 'contact': [3, 4]}
    """
    records: defaultdict[str, set[int]] = defaultdict(set)
    moved: defaultdict[int, set[int]] = defaultdict(set)
    for event in events:
        data = cast("dict[str, Any]", json.loads(event.data)) if len(event.data) > 2 else {}
        if event.kind == MOVED:
            moved[event.object_id].update(data.get("joined") or (), data.get("left") or ())
            continue
        for name, id_ in _records_of(event, data):
            records[name].add(id_)
    return Changes(
        {name: frozenset(ids) for name, ids in records.items()},
        {segment: frozenset(ids) for segment, ids in moved.items()},
    )


def _records_of(event: Told, data: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    if event.object_type in OBJECTS:
        yield event.object_type, event.object_id
        yield from _named_by_columns(OBJECTS[event.object_type], data.get("changes") or {})
    if event.parent_id is not None:
        yield "subscription", event.parent_id
    peer = data.get("with")
    if isinstance(peer, list):
        name, id_ = cast("tuple[str, int]", peer)
        if name in OBJECTS:
            yield name, id_
    merged = data.get("merged")
    if isinstance(merged, int) and event.object_type in OBJECTS:
        yield event.object_type, merged


def _named_by_columns(obj: ObjectType, changed: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The records that a column of a tie named before and after the change."""
    for tie in obj.associations:
        if tie.column and isinstance(changed.get(tie.column), list):
            for id_ in cast("list[int | None]", changed[tie.column]):
                if id_ is not None:
                    yield tie.to, id_


def affected(cursor: Cursor, obj: ObjectType, filter: Filter, changes: Changes, ctx: Context) -> list[int]:  # noqa: A002
    """The ids of an object whose passing of a filter may have changed, in ascending order.

    Some may be archived, or not be there any more: who passes now is what ``compile_ids(…, among=ids)`` finds of them.
    """
    sql = compile_affected(obj, filter, changes, ctx)
    if sql is None:
        return []
    cursor.execute(sql.text, sql.params)
    return [row[0] for row in cursor.fetchall()]


def compile_affected(obj: ObjectType, filter: Filter, changes: Changes, ctx: Context) -> Sql | None:  # noqa: A002
    """The statement of :func:`affected`; none where no change can concern the filter."""
    binder = Binder(ctx)
    parts: list[str] = []
    own = [term for group in filter.groups for term in group if not isinstance(term, Associated)]
    parts += _changed(binder, obj, own, changes)
    for term in (term for group in filter.groups for term in group if isinstance(term, Associated)):
        target = tied_object(obj, term.object)
        parts += [
            _through(target, obj, source)
            for source in _changed(binder, target, term.conditions, changes)
            if target.association(obj.name) is not None
        ]
    if not parts:
        return None
    distinct = " UNION ".join(dict.fromkeys(parts))
    return Sql(
        f"SELECT id FROM ({distinct}) AS c (id) WHERE id IS NOT NULL ORDER BY id", binder.params, ("id",)
    )


def _changed(
    binder: Binder, obj: ObjectType, terms: Sequence[Condition | Member], changes: Changes
) -> list[str]:
    """Queries of the ids of an object of which these terms may say something else now."""
    ids = set(changes.records.get(obj.name, ()))
    for term in terms:
        if isinstance(term, Member):
            ids |= changes.moved.get(term.segment, frozenset())
    queries = [_numbers(binder, ids)] if ids else []
    queries += _from_belongings(binder, obj, changes)
    for name in sorted(_read_besides(obj, terms)):
        other = get_object(name)
        if name == obj.name or other.association(obj.name) is None:
            continue
        own = changes.records.get(name)
        sources = [_numbers(binder, own)] if own else []
        queries += [
            _through(other, obj, each) for each in (*sources, *_from_belongings(binder, other, changes))
        ]
    return queries


def _from_belongings(binder: Binder, obj: ObjectType, changes: Changes) -> list[str]:
    """Queries of the ids of an object to which something belongs that changed."""
    return [
        _through(get_object(name), obj, _numbers(binder, changes.records[name]))
        for name in sorted(_BELONGING & changes.records.keys())
        if get_object(name).association(obj.name) is not None
    ]


def _numbers(binder: Binder, ids: Iterable[int]) -> str:
    return f"SELECT unnest({binder.bind(sorted(ids), 'bigint[]')})"


def _through(target: ObjectType, obj: ObjectType, source: str) -> str:
    """The ids of an object that are tied to the records of another one that a query names, living or not.

    Each record is looked up by itself, as :func:`kalends.query.compile.compile_lookup` does.
    """
    tie = target.association(obj.name)
    assert tie is not None, f"the catalogue ties no {target.name} to a {obj.name}"
    tied = linked_ids(tie, target.name, obj.table).format(t="u")
    return (
        f"SELECT x.id FROM ({source}) AS n (id) CROSS JOIN LATERAL (SELECT * FROM {target.table} "
        f"WHERE account_id = %(account_id)s AND id = n.id OFFSET 0) AS u CROSS JOIN LATERAL ({tied}) AS x (id)"
    )


def _read_besides(obj: ObjectType, terms: Sequence[Condition | Member]) -> frozenset[str]:
    """The other objects from whose records the properties follow that these terms ask for."""
    tables: set[str] = set()
    for prop in _properties(obj, terms):
        tables.update(_READ_FROM.findall(prop.sql))
    return frozenset(_TABLES[table] for table in tables if table in _TABLES)


def _properties(obj: ObjectType, terms: Sequence[Condition | Member]) -> Iterator[Property]:
    for term in terms:
        if isinstance(term, Condition):
            yield get_property(obj, term.property)
            if term.operator in (Operator.BEFORE_PROPERTY, Operator.AFTER_PROPERTY):
                yield get_property(obj, str(term.values[0]))


def looks_at(obj: ObjectType, filter: Filter) -> frozenset[str]:  # noqa: A002
    """The names of the objects whose records' changes may concern a filter: a cheap question before :func:`affected`.

    >>> from kalends.query.parse import parse
    >>> wanted = parse(get_object("contact"), {"groups": [[{"associated": "subscription"}]]})
    >>> "subscription" in looks_at(get_object("contact"), wanted), "deal" in looks_at(get_object("contact"), wanted)
    (True, False)
    """
    own = [term for group in filter.groups for term in group if not isinstance(term, Associated)]
    names = _concerning(obj, own)
    for group in filter.groups:
        for term in group:
            if isinstance(term, Associated):
                names |= _concerning(tied_object(obj, term.object), term.conditions)
    return frozenset(names)


def _concerning(obj: ObjectType, terms: Sequence[Condition | Member]) -> set[str]:
    read = {obj.name, *(name for name in _read_besides(obj, terms) if OBJECTS[name].association(obj.name))}
    belonging = (
        (name, of) for name in _BELONGING for of in read if OBJECTS[name].association(of) is not None
    )
    return read | {name for name, _of in belonging}


def follows_the_day(obj: ObjectType, filter: Filter) -> bool:  # noqa: A002
    """Whether records may come to pass a filter, or to fail it, without a change of any record.

    That is so of what is told from today, and of what is read from settings: exchange rates, teams, stages.

    >>> from kalends.query.parse import parse
    >>> def asks(operator, *values):
    ...     term = {"property": "hs_recurring_billing_end_date", "operator": operator, "values": list(values)}
    ...     return follows_the_day(get_object("subscription"), parse(get_object("subscription"), {"groups": [[term]]}))
    >>> asks("known"), asks("less_than_days_ahead", 30)
    (False, True)
    """
    for group in filter.groups:
        for term in group:
            of, conditions = (
                (tied_object(obj, term.object), term.conditions)
                if isinstance(term, Associated)
                else (obj, (term,))
            )
            relative = any(isinstance(each, Condition) and each.operator in _RELATIVE for each in conditions)
            if relative or any(_drifts(prop) for prop in _properties(of, conditions)):
                return True
    return False


def _drifts(prop: Property) -> bool:
    tables = set(_READ_FROM.findall(prop.sql)) - _TABLES.keys() - _OF_RECORDS
    return bool(tables or _OF_THE_DAY.search(prop.sql))


def segments_in(filter: Filter) -> frozenset[int]:  # noqa: A002
    """The segments that a filter asks for."""
    found: set[int] = set()
    for group in filter.groups:
        for term in group:
            terms = term.conditions if isinstance(term, Associated) else (term,)
            found.update(each.segment for each in terms if isinstance(each, Member))
    return frozenset(found)
