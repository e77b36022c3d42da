"""What records are tied to, and how: told by columns, by the parents of line items, or by rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, LiteralString, NamedTuple, cast

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.catalog.associations import CHILD, PARENT, UPCOMING
from kalends.catalog.registry import OBJECTS
from kalends.crm.association_types import Kind, Pairing, pairing
from kalends.query import Context, Filter, compile_filter

Db = Connection[Any]

_IN_FORCE = sql.SQL(
    "((l.from_cycle <= greatest(s.next_cycle - 1, 0) "
    "AND (l.until_cycle IS NULL OR l.until_cycle > greatest(s.next_cycle - 1, 0)) "
    "OR l.from_cycle = s.next_cycle AND l.in_force_from <= %(today)s) "
    "AND (l.in_force_until IS NULL OR l.in_force_until > %(today)s))"
)
_TO_COME = sql.SQL(
    "(l.from_cycle >= s.next_cycle AND (l.until_cycle IS NULL OR l.until_cycle > l.from_cycle))"
)


class Linked(NamedTuple):
    """A record at the other end of a tie, with the kinds of the tie: the plain one first."""

    id: int
    kinds: tuple[Kind, ...]


def linked(
    db: Db,
    ctx: AccountContext,
    one: str,
    ids: Sequence[int],
    to: str,
    *,
    limit: int = 500,
    after: int = 0,
) -> dict[int, list[Linked]]:
    """The living records of an object that records of another are tied to, by record, each list in order of id.

    A list has at most ``limit + 1`` entries, so that a caller sees whether there are more, and begins behind the id
    ``after``. Of a subscription's line items those count that are in force, and those that are billed from the next
    cycle on, which have the label Upcoming. Raises ``CannotAssociate``.
    """
    pair = pairing(db, ctx, one, to)
    query = sql.SQL(
        "SELECT from_id, to_id, types FROM ("
        "SELECT f.from_id, f.to_id, array_agg(DISTINCT f.type_id) AS types, "
        "row_number() OVER (PARTITION BY f.from_id ORDER BY f.to_id) AS place "
        "FROM ({routes}) AS f JOIN {target} AS r ON r.account_id = %(account_id)s AND r.id = f.to_id "
        "WHERE r.archived_at IS NULL AND f.to_id > %(after)s GROUP BY f.from_id, f.to_id) AS p "
        "WHERE place <= %(most)s ORDER BY from_id, to_id"
    ).format(routes=sql.SQL(" UNION ALL ").join(_routes(pair)), target=sql.Identifier(OBJECTS[to].table))
    params = {
        "account_id": ctx.id,
        "ids": list(ids),
        "one": one,
        "to": to,
        "today": ctx.today,
        "after": after,
        "most": limit + 1,
    }
    found: dict[int, list[Linked]] = {}
    for from_id, to_id, types in db.execute(query, params):
        found.setdefault(from_id, []).append(_linked(pair, to_id, types))
    return found


def newest_linked(
    db: Db, ctx: AccountContext, one: str, id_: int, to: str, asking: Context, *, limit: int
) -> list[Linked]:
    """What one record is tied to, as far as the asker may see it: ties told by a column first, then the newest.

    At most ``limit``; records are looked up one by one in that order, and no more of them than it takes. Raises
    ``CannotAssociate``.
    """
    pair = pairing(db, ctx, one, to)
    seen = compile_filter(OBJECTS[to], Filter(), asking)
    query = sql.SQL(
        "SELECT n.to_id, n.types FROM (SELECT f.to_id, array_agg(DISTINCT f.type_id) AS types, "
        "bool_or(f.type_id = ANY(%(told)s::bigint[])) AS told FROM ({routes}) AS f "
        "GROUP BY f.to_id ORDER BY told DESC, to_id DESC) AS n CROSS JOIN LATERAL "
        "(SELECT * FROM {target} WHERE account_id = %(account_id)s AND id = n.to_id OFFSET 0) AS t "
        "WHERE {seen} ORDER BY n.told DESC, n.to_id DESC LIMIT %(most)s"
    ).format(
        routes=sql.SQL(" UNION ALL ").join(_routes(pair)),
        target=sql.Identifier(OBJECTS[to].table),
        seen=sql.SQL(cast("LiteralString", seen.text)),
    )
    told = [kind.type_id for kind in pair.kinds.values() if kind.primary]
    params = {**seen.params, "ids": [id_], "one": one, "to": to, "told": told, "most": limit}
    return [_linked(pair, to_id, types) for to_id, types in db.execute(query, params)]


def _linked(pair: Pairing, to_id: int, types: Sequence[int]) -> Linked:
    known = [pair.kinds[number] for number in types if number in pair.kinds]
    return Linked(to_id, (pair.plain, *(kind for kind in known if kind != pair.plain)))


def _routes(pair: Pairing) -> list[sql.Composable]:
    tie, plain = pair.forward, sql.Literal(pair.forward.type_id)
    routes: list[sql.Composable] = [*_of_columns(pair)]
    if tie.is_parent or tie.is_child:
        routes.append(_of_lines(pair, plain))
    if tie.stored or pair.kinds:
        routes.append(
            sql.SQL(
                "SELECT from_id, to_id, type_id FROM association WHERE account_id = %(account_id)s "
                "AND from_type = %(one)s AND from_id = ANY(%(ids)s) AND to_type = %(to)s"
            )
        )
    return routes


def _of_columns(pair: Pairing) -> Iterator[sql.Composable]:
    """What a column of either object tells, with the kind that it stands for besides the plain one."""
    tie, same = pair.forward, pair.one == pair.other
    told: list[tuple[str, str, str, int | None]] = []
    if tie.column:
        told.append((pair.one, "id", tie.column, PARENT if same else tie.primary_type_id))
    if tie.their_column:
        told.append((pair.other, tie.their_column, "id", CHILD if same else tie.primary_type_id))
    for holder, start, end, besides in told:
        yield sql.SQL(
            "SELECT {start} AS from_id, {end} AS to_id, unnest(ARRAY[{types}]) AS type_id FROM {holder} AS t "
            "WHERE t.account_id = %(account_id)s AND {start} = ANY(%(ids)s) AND {end} IS NOT NULL "
            "AND t.archived_at IS NULL"
        ).format(
            start=sql.Identifier("t", start),
            end=sql.Identifier("t", end),
            types=sql.SQL(", ").join(map(sql.Literal, filter(None, (tie.type_id, besides)))),
            holder=sql.Identifier(OBJECTS[holder].table),
        )


def _of_lines(pair: Pairing, plain: sql.Composable) -> sql.Composable:
    """Lines of parents, or parents of lines; of a subscription those lines that are in force or to come."""
    parent = pair.one if pair.forward.is_parent else pair.other
    ends = ("l.parent_id", "l.id") if pair.forward.is_parent else ("l.id", "l.parent_id")
    types: sql.Composable = plain
    joined: sql.Composable = sql.SQL("")
    narrowed: sql.Composable = sql.SQL("")
    if parent == "subscription":
        upcoming = next(kind for kind in pair.kinds.values() if kind.derived)
        assert UPCOMING in (upcoming.type_id, upcoming.inverse_id)
        types = sql.SQL(
            "unnest(CASE WHEN {in_force} THEN ARRAY[{plain}] ELSE ARRAY[{plain}, {upcoming}] END)"
        ).format(in_force=_IN_FORCE, plain=plain, upcoming=sql.Literal(upcoming.type_id))
        joined = sql.SQL("JOIN subscription AS s ON s.account_id = l.account_id AND s.id = l.parent_id")
        narrowed = sql.SQL("AND ({} OR {})").format(_IN_FORCE, _TO_COME)
    start, end = (sql.Identifier(*each.split(".")) for each in ends)
    return sql.SQL(
        "SELECT {start} AS from_id, {end} AS to_id, {types} AS type_id FROM line_item AS l {joined} "
        "WHERE l.account_id = %(account_id)s AND l.parent_type = {parent} AND {start} = ANY(%(ids)s) "
        "AND l.archived_at IS NULL {narrowed}"
    ).format(start=start, end=end, types=types, joined=joined, parent=sql.Literal(parent), narrowed=narrowed)
