"""From a filter to SQL: selects with keyset paging, counts, ids.

Every statement names the account, besides the row-level security that would hold without it, and what the asker may
see (:mod:`kalends.query.sight`), of associated records too. Text of statements
comes from the catalogue and from this package only; whatever a person or a program sends is a parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from kalends.catalog.model import ObjectType, Sort
from kalends.catalog.registry import UnknownName, get_object, get_property, suggestion, tied_object
from kalends.query.conditions import condition_sql, escaped_pattern, living_sql, member_sql
from kalends.query.context import Binder, Context, Sql
from kalends.query.language import OF_HISTORY, Associated, Condition, Filter, Group, Member, Operator, Term
from kalends.query.paging import SORT, Key, after_sql, is_ordered_in_parts, order_sql, parts_sql, sort_sql
from kalends.query.sight import seen_sql
from kalends.query.ties import tied_sql

NAME = "@name"
"""A column that may be asked for besides properties: the name by which people know the record."""

_MAIN = "t"
_LAST_CHARACTER = "\U0010ffff"


class Words(NamedTuple):
    """Words to look for in records: in all of them, or in a large table so that it costs no more than a small one.

    There they are looked for anywhere in the ``newest`` records only: no index answers that, since row-level security
    lets none but leakproof operators through to one, and LIKE is not. In all of the table a record is found by its id;
    by the beginning of what has an index (``found_by_beginning``), which is compared as it is kept, in lower case and
    in upper case; and by those that it belongs to (``found_with``), when they are found so.
    """

    text: str
    newest: int | None = None


Searched = Words | str | None
"""What is searched for; a text alone is looked for in every record."""


def currency_column(name: str) -> str:
    """The column that holds the currency of an amount.

    >>> currency_column("hs_mrr")
    'hs_mrr@currency'
    """
    return f"{name}@currency"


def compile_filter(
    obj: ObjectType,
    filter: Filter,  # noqa: A002 - the domain's word
    ctx: Context,
    *,
    search: Searched = None,
) -> Sql:
    """The condition that the row ``t`` of the object's table is a living record of the account and passes."""
    binder, words = Binder(ctx), _words(search)
    if words is None or words.newest is None:
        return Sql(_where(binder, obj, filter, words), binder.params)
    found = f"SELECT {_MAIN}.id FROM {_found_rows(binder, obj, words)}"
    return Sql(f"{_MAIN}.id IN ({found}) AND {_where(binder, obj, filter, None)}", binder.params)


def compile_select(
    obj: ObjectType,
    columns: Sequence[str],
    filter: Filter,  # noqa: A002
    sort: Sort | None,
    ctx: Context,
    *,
    limit: int,
    after: Key | None = None,
    offset: int = 0,
    search: Searched = None,
) -> Sql:
    """A page of records.

    Result columns: ``id``, the columns asked for (property names, or :data:`NAME`), for each amount its currency
    (:func:`currency_column`), and :data:`SORT`. Records without a value to sort by come last, whichever way; equals
    are ordered by id. ``after`` continues behind a record (:mod:`kalends.query.paging`); ``offset`` skips a count
    and is meant for HubSpot's search only. Raises :class:`~kalends.catalog.UnknownName`.
    """
    binder = Binder(ctx)
    order = sort or obj.default_sort
    key = sort_sql(binder, obj, order, _MAIN)
    names, reads = _columns(binder, obj, columns)
    names.append(SORT)
    reads.append(key)
    selected = _selected(reads)
    never_empty = _rejects_empty(filter, order)
    words = _words(search)
    if not never_empty and is_ordered_in_parts(obj, order, after):
        most = binder.bind(limit + offset, "bigint")
        plain = f"SELECT {selected} {_passing(binder, obj, filter, words)}"
        text = parts_sql(binder, obj, order, key, after, _MAIN, plain, most)
    else:
        ordered = f"ORDER BY {order_sql(obj, order, key, _MAIN, never_empty=never_empty)}"
        wanted = [filter] if words and words.newest else _parts(obj, filter, order)
        parts = [_passing(binder, obj, each, words) for each in wanted]
        if after is not None:
            behind = after_sql(binder, obj, order, key, after, _MAIN, never_empty=never_empty)
            parts = [f"{each} AND {behind}" for each in parts]
        source = parts[0]
        if len(parts) > 1 or get_property(obj, order.property).type == "money":
            most = binder.bind(limit + offset, "bigint")
            source = _chosen_first(obj, [f"{each} {ordered} LIMIT {most}" for each in parts])
        text = f"SELECT {selected} {source} {ordered}"
    text = f"{text} LIMIT {binder.bind(limit, 'bigint')}"
    if offset:
        text = f"{text} OFFSET {binder.bind(offset, 'bigint')}"
    return Sql(text, binder.params, tuple(names))


def _parts(obj: ObjectType, wanted: Filter, order: Sort) -> list[Filter]:
    """The filter, or one for each of the values of a choice that it names.

    The index of a choice and a time gives the records of one value in the order of time, those of several in none: a
    page is what the first pages of each value begin with.
    """
    choice, time = obj.indexed_together or ("", "")
    if order.property != time or len(wanted.groups) != 1:
        return [wanted]
    group = wanted.groups[0]
    for place, term in enumerate(group):
        if (
            isinstance(term, Condition)
            and (term.property, term.operator) == (choice, Operator.IS_ANY_OF)
            and not term.include_empty
        ):
            values = dict.fromkeys(term.values)
            ones = [replace(term, values=(each,)) for each in values]
            return [Filter(((*group[:place], one, *group[place + 1 :]),)) for one in ones]
    return [wanted]


def _chosen_first(obj: ObjectType, pages: Sequence[str]) -> str:
    """A page, chosen by number out of some before its records are read.

    No index has a list sorted by amount in its order, so everything that passes is sorted. Where an index holds what
    the filter and the order ask of a record, the records themselves are read for the page only.
    """
    chosen = " UNION ALL ".join(f"(SELECT {_MAIN}.id {page})" for page in pages)
    return f"FROM ({chosen}) AS n (id) CROSS JOIN LATERAL ({_one_by_one(obj)}) AS {_MAIN}"


def compile_lookup(obj: ObjectType, columns: Sequence[str], ids: Sequence[int], ctx: Context) -> Sql:
    """Records by number, in any order; result columns as of :func:`compile_select`, without :data:`SORT`.

    Each is looked up by itself, behind a fence. Asked for ``id = ANY (…)``, the planner takes any index that has the
    id somewhere, and walks through all of the account in it, which it expects to be a small one
    (:mod:`kalends.accounts.walls`).
    """
    binder = Binder(ctx)
    names, reads = _columns(binder, obj, columns)
    numbers = binder.bind(list(dict.fromkeys(ids)), "bigint[]")
    text = (
        f"SELECT {_selected(reads)} FROM unnest({numbers}) AS n (id) "
        f"CROSS JOIN LATERAL ({_one_by_one(obj)}) AS {_MAIN} WHERE {_scope(binder, obj, _MAIN)}"
    )
    return Sql(text, binder.params, tuple(names))


def compile_search(
    obj: ObjectType,
    columns: Sequence[str],
    search: str,
    ctx: Context,
    *,
    limit: int,
    newest: int,
) -> Sql:
    """The first few records of a large table that words fit by themselves (:class:`Words`), the newest first.

    Result columns as of :func:`compile_lookup`.
    """
    binder = Binder(ctx)
    names, reads = _columns(binder, obj, columns)
    most = binder.bind(limit, "bigint")
    found = " UNION ".join(_found(binder, obj, Words(search.strip(), newest), most))
    text = (
        f"SELECT {_selected(reads)} FROM ({found}) AS n (id) CROSS JOIN LATERAL ({_one_by_one(obj)}) AS {_MAIN} "
        f"ORDER BY {_MAIN}.id DESC LIMIT {most}"
    )
    return Sql(text, binder.params, tuple(names))


def _found(binder: Binder, obj: ObjectType, words: Words, most: str) -> list[str]:
    """Selects of the numbers of records that words fit by themselves, up to ``most`` each."""
    text, every = words.text, f"SELECT * FROM {obj.table} WHERE account_id = %(account_id)s"
    passing = f"WHERE {_scope(binder, obj, _MAIN)}"
    living = f"{every} AND archived_at {_archived(binder.context)}"  # said inside too: it is what some indexes hold
    own = replace(obj, search=tuple(each for each in obj.search if "SELECT" not in each))
    fits = f"{_search(binder, own, text)} ORDER BY {_MAIN}.id DESC LIMIT {most}"
    latest = f"{every} ORDER BY id DESC LIMIT {binder.bind(words.newest, 'bigint')}"
    found = [f"SELECT {_MAIN}.id FROM ({latest}) AS {_MAIN} {passing} AND {fits}"]
    if text.isascii() and text.isdigit() and len(text) < 19:
        known = f"{every} AND id = {binder.bind(int(text), 'bigint')}"
        found.append(f"SELECT {_MAIN}.id FROM ({known}) AS {_MAIN} {passing}")
    for column in obj.found_by_beginning:
        for begin in dict.fromkeys((text, text.lower(), text.upper())):
            first, last = binder.bind(begin, "text"), binder.bind(begin + _LAST_CHARACTER, "text")
            begins = f"{living} AND {column} >= {first} AND {column} < {last} ORDER BY {column} LIMIT {most}"
            found.append(f"SELECT {_MAIN}.id FROM ({begins}) AS {_MAIN} {passing}")
    return [f"({each})" for each in found]


def _found_rows(binder: Binder, obj: ObjectType, words: Words) -> str:
    """What stands for the table where words are looked for in a large one: the records that are found, as ``t``."""
    most = binder.bind(words.newest, "bigint")
    found = _found(binder, obj, words, most)
    for column, name in obj.found_with:
        others = " UNION ".join(_found(binder, get_object(name), words, most))
        theirs = (
            f"SELECT id FROM {obj.table} WHERE account_id = %(account_id)s AND {column} = o.id LIMIT {most}"
        )
        found.append(
            f"(SELECT b.id FROM ({others}) AS o (id) CROSS JOIN LATERAL ({theirs}) AS b LIMIT {most})"
        )
    return f"({' UNION '.join(found)}) AS n (id) CROSS JOIN LATERAL ({_one_by_one(obj)}) AS {_MAIN}"


def _one_by_one(obj: ObjectType) -> str:
    return f"SELECT * FROM {obj.table} WHERE account_id = %(account_id)s AND id = n.id OFFSET 0"


def _columns(binder: Binder, obj: ObjectType, columns: Sequence[str]) -> tuple[list[str], list[str]]:
    names, reads = ["id"], [f"{_MAIN}.id"]
    for name in dict.fromkeys(columns):
        _add_column(binder, obj, name, names, reads)
    return names, reads


def _selected(reads: Sequence[str]) -> str:
    return ", ".join(f"{read} AS c{number}" for number, read in enumerate(reads))


def _rejects_empty(wanted: Filter, order: Sort) -> bool:
    """Whether only records pass that have a value to sort by, since every group asks something of it."""
    return bool(wanted.groups) and all(
        any(
            isinstance(term, Condition)
            and term.property == order.property
            and term.operator is not Operator.UNKNOWN
            and term.operator not in OF_HISTORY
            and not term.include_empty
            for term in group
        )
        for group in wanted.groups
    )


def _add_column(binder: Binder, obj: ObjectType, name: str, names: list[str], reads: list[str]) -> None:
    names.append(name)
    if name == NAME:
        reads.append(binder.fill(obj.display, _MAIN))
        return
    prop = get_property(obj, name)
    reads.append(binder.read(prop, _MAIN))
    if prop.currency is not None:
        names.append(currency_column(name))
        reads.append(binder.fill(prop.currency, _MAIN))


def compile_count(
    obj: ObjectType,
    filter: Filter,  # noqa: A002
    ctx: Context,
    *,
    search: Searched = None,
    most: int | None = None,
) -> Sql:
    """How many records pass; one row with the column ``count``. With ``most`` it stops counting there."""
    binder = Binder(ctx)
    passing = _passing(binder, obj, filter, _words(search))
    if most is not None:
        passing = f"FROM (SELECT {passing} LIMIT {binder.bind(most, 'bigint')}) AS counted"
    return Sql(f"SELECT count(*) {passing}", binder.params, ("count",))


def compile_ids(
    obj: ObjectType,
    filter: Filter,  # noqa: A002
    ctx: Context,
    *,
    search: Searched = None,
    limit: int | None = None,
    among: Sequence[int] | None = None,
) -> Sql:
    """The ids of all records that pass, in ascending order; rows with the column ``id``.

    ``among`` asks only about records that are known by number, and costs what they cost, however large the account is:
    each is looked up as in :func:`compile_lookup`, and so is what it is tied to.
    """
    binder, words = Binder(ctx, few=among is not None), _words(search)
    if among is None:
        passing = _passing(binder, obj, filter, words)
    else:
        numbers = binder.bind(list(dict.fromkeys(among)), "bigint[]")
        known = f"unnest({numbers}) AS n (id) CROSS JOIN LATERAL ({_one_by_one(obj)}) AS {_MAIN}"
        passing = f"FROM {known} WHERE {_where(binder, obj, filter, words)}"
    text = f"SELECT {_MAIN}.id {passing} ORDER BY {_MAIN}.id"
    if limit is not None:
        text = f"{text} LIMIT {binder.bind(limit, 'bigint')}"
    return Sql(text, binder.params, ("id",))


def _words(search: Searched) -> Words | None:
    words = Words(search) if isinstance(search, str) else search
    return words._replace(text=words.text.strip()) if words and words.text.strip() else None


def _passing(binder: Binder, obj: ObjectType, wanted: Filter, words: Words | None) -> str:
    """From where, and which: the records that words are found in and that pass."""
    if words is None or words.newest is None:
        return f"FROM {obj.table} {_MAIN} WHERE {_where(binder, obj, wanted, words)}"
    return f"FROM {_found_rows(binder, obj, words)} WHERE {_where(binder, obj, wanted, None)}"


def _where(binder: Binder, obj: ObjectType, wanted: Filter, words: Words | None) -> str:
    terms = [_scope(binder, obj, _MAIN)]
    if wanted.groups:
        terms.append("(" + " OR ".join(_group(binder, obj, group) for group in wanted.groups) + ")")
    if words is not None:
        terms.append(_search(binder, obj, words.text))
    return " AND ".join(terms)


def _scope(binder: Binder, obj: ObjectType, alias: str) -> str:
    archived = _archived(binder.context) if alias == _MAIN else "IS NULL"
    own = f"{alias}.account_id = %(account_id)s AND {alias}.archived_at {archived}"
    seen = seen_sql(binder, obj, alias)
    return f"{own} AND {seen}" if seen else own


def _archived(ctx: Context) -> str:
    return "IS NOT NULL" if ctx.archived else "IS NULL"


def _group(binder: Binder, obj: ObjectType, group: Group) -> str:
    terms = [_term(binder, obj, term, _MAIN) for term in group]
    return f"({' AND '.join(terms) or 'TRUE'})"


def _term(binder: Binder, obj: ObjectType, term: Term, alias: str) -> str:
    match term:
        case Condition():
            return condition_sql(binder, obj, term, alias)
        case Member():
            return member_sql(binder, term, alias)
        case Associated():
            return _associated(binder, obj, term)


def _search(binder: Binder, obj: ObjectType, search: str) -> str:
    pattern = f"lower({binder.bind('%' + escaped_pattern(search) + '%', 'text')})"
    exact = binder.bind(search, "text")
    found = [binder.fill(template, _MAIN, pattern=pattern, exact=exact) for template in obj.search]
    return f"({' OR '.join(found)})"


def _associated(binder: Binder, obj: ObjectType, term: Associated) -> str:
    tie = obj.association(term.object)
    if tie is None:
        ties = [each.to for each in obj.associations]
        raise UnknownName(f"A {obj.name} has no {term.object!r}. {suggestion(term.object, ties)}")
    target = tied_object(obj, term.object)
    inner = [
        _scope(binder, target, "u"),
        *(_term(binder, target, each, "u") for each in term.conditions),
    ]
    found = tied_sql(obj, target, tie, _MAIN, "u", " AND ".join(inner), few=binder.few)
    if term.quantifier == "any":
        return found
    living = [living_sql(binder, each) for each in term.conditions if isinstance(each, Member)]
    return f"({' AND '.join([f'{found} IS NOT TRUE', *living])})"
