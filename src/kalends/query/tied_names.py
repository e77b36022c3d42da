"""The records that others are tied to, by number and name: columns of lists, and of the files made of them.

A column of tied records has a word, as one of a property has its name: ``associated.contact``.
"""

from __future__ import annotations

from collections.abc import Sequence

from kalends.catalog.expressions import linked_records
from kalends.catalog.model import ObjectType
from kalends.query.context import Binder, Context, Sql
from kalends.query.sight import seen_sql

TIED = "associated."
"""What the word of a column of tied records begins with; no property's name has a point."""


def tied_word(to: str) -> str:
    """The word of the column of an object's tied records."""
    return f"{TIED}{to}"


def tied_object(word: str) -> str:
    """The object whose tied records a column shows; empty for a property's.

    >>> tied_object("associated.contact"), tied_object("hs_status")
    ('contact', '')
    """
    return word.removeprefix(TIED) if word.startswith(TIED) else ""


def tied_rows(
    binder: Binder,
    obj: ObjectType,
    target: ObjectType,
    this: str,
    *,
    further: Sequence[str] = (),
    limit: int | None,
) -> str:
    """Select of number and name of the living records of ``target`` that the row ``this`` is tied to, by number.

    Only those that the asker may see. ``further`` are more columns of the tied row ``u``.
    """
    tie = obj.association(target.name)
    assert tie is not None, f"{obj.name} is never tied to {target.name}"
    records = binder.fill(linked_records(tie, obj.name, target.table, "u"), this)
    seen = seen_sql(binder, target, "u")
    reads = [
        "u.id",
        f"coalesce(NULLIF({binder.fill(target.display, 'u')}, ''), u.id::text) AS name",
        *further,
    ]
    return (
        f"SELECT {', '.join(reads)} FROM {records}{f' AND {seen}' if seen else ''} ORDER BY u.id"
        f"{'' if limit is None else f' LIMIT {limit}'}"
    )


def compile_tied_names(
    obj: ObjectType, target: ObjectType, ids: Sequence[int], ctx: Context, *, limit: int
) -> Sql:
    """The first tied records of each of some records; result columns are the record's number, ``to`` and ``name``."""
    binder = Binder(ctx, few=True)
    numbers = binder.bind(list(ids), "bigint[]")
    one = f"SELECT * FROM {obj.table} WHERE account_id = %(account_id)s AND id = n.id OFFSET 0"
    text = (
        f"SELECT n.id, x.id, x.name FROM unnest({numbers}) AS n (id) CROSS JOIN LATERAL ({one}) AS t "
        f"CROSS JOIN LATERAL ({tied_rows(binder, obj, target, 't', limit=limit)}) AS x ORDER BY n.id, x.id"
    )
    return Sql(text, binder.params, ("id", "to", "name"))
